//! The web's side: a small client of the API with its session's cookie.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::wait::{Deadline, look_again, wait_until};
use crate::wav;

/// The most bytes of an answer: half an hour of stereo sound.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What the box answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
    cookie: Option<String>,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One who uses the API.
pub struct Api {
    agent: ureq::Agent,
    base: String,
    cookie: Option<String>,
}

impl Api {
    /// Somebody who is not logged in.
    pub fn new(http: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Api { agent: config.into(), base: format!("http://{http}"), cookie: None }
    }

    /// Asks, with a body of this kind if there is one.
    ///
    /// # Panics
    /// The box does not answer HTTP.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Answer {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", cookie);
        }
        let answer = match body {
            Some((kind, text)) => request
                .header("Content-Type", kind)
                .body(text.to_owned())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => request.body(()).map_err(ureq::Error::from).and_then(|r| self.agent.run(r)),
        };
        let mut answer = answer.unwrap_or_else(|e| panic!("{method} {path}: {e}"));
        let header = |name| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let (content_type, cookie) = (header("content-type"), header("set-cookie"));
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        Answer {
            status: answer.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            cookie: cookie.and_then(|c| Some(c.split(';').next()?.to_owned())),
            body: body.unwrap_or_else(|e| panic!("{method} {path}: the body broke off: {e}")),
        }
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// Sends JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, Some(("application/json", &body.to_string())))
    }

    /// Logs in; from then on this is who asks.
    #[track_caller]
    pub fn log_in(&mut self, password: &str) -> Answer {
        let answer = self.post("/api/login", &json!({"name": "admin", "password": password}));
        self.cookie = answer.cookie.clone().or(self.cookie.take());
        answer
    }

    /// Reads JSON that has to be there.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        answer.json()
    }

    /// What goes on now.
    #[track_caller]
    pub fn live(&self) -> Value {
        self.json("/api/live")["state"].clone()
    }

    /// Waits until `look` finds something in what goes on.
    ///
    /// # Panics
    /// It does not in time.
    #[track_caller]
    pub fn wait_live<T>(
        &self,
        what: &str,
        seconds: u64,
        mut look: impl FnMut(&Value) -> Option<T>,
    ) -> T {
        let deadline = Deadline::seconds(seconds);
        loop {
            let live = self.live();
            if let Some(found) = look(&live) {
                return found;
            }
            assert!(!deadline.passed(), "{what}: not within {seconds} s: {live:#}");
            look_again();
        }
    }

    /// Waits until an agent is in a state.
    #[track_caller]
    pub fn wait_agent(&self, work_number: &str, state: &str) {
        self.wait_live(&format!("agent {work_number} is {state}"), 20, |live| {
            let mut agents = live["agents"].as_array()?.iter();
            let agent = agents.find(|a| a["work_number"] == work_number)?;
            (agent["state"] == state).then_some(())
        });
    }

    /// Waits until a phone is registered.
    #[track_caller]
    pub fn wait_registered(&self, extension: &str) {
        self.wait_live(&format!("{extension} is registered"), 10, |live| {
            let mut lines = live["lines"].as_array()?.iter();
            let line = lines.find(|l| l["name"] == extension)?;
            (line["state"] != "unreachable").then_some(())
        });
    }

    /// Waits until no call goes on.
    #[track_caller]
    pub fn wait_no_calls(&self) {
        self.wait_live("no call goes on", 15, |live| {
            live["calls"].as_array()?.is_empty().then_some(())
        });
    }

    /// Waits until one of the box's figures has come to `least`; they are told a few times a
    /// second.
    ///
    /// # Panics
    /// It does not, or there is none of that name.
    #[track_caller]
    pub fn wait_figure(&self, name: &str, least: u64) {
        let deadline = Deadline::seconds(5);
        loop {
            let text = self.get("/metrics").text();
            let figure = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
            let figure: u64 = figure.unwrap_or_else(|| panic!("no figure {name} in:\n{text}"));
            if figure >= least {
                return;
            }
            assert!(!deadline.passed(), "{name} is {figure}, not {least}");
            look_again();
        }
    }

    /// The record of the newest call from this number that is over.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn ended_call(&self, caller: &str) -> Value {
        let call = wait_until(&format!("a call from {caller} is over"), 15, || {
            let page = self.json("/api/calls");
            let mut calls = page["calls"].as_array()?.iter();
            let call = calls.find(|c| c["caller"] == caller)?.clone();
            (!call["ended_ms"].is_null()).then_some(call)
        });
        self.json(&format!("/api/calls/{}", call["call"]))
    }

    /// The two channels of a call's recording: caller and agent.
    ///
    /// # Panics
    /// There is none, or it is no stereo WAV.
    #[track_caller]
    pub fn recording(&self, call: &Value) -> (Vec<i16>, Vec<i16>) {
        let path = format!("/api/calls/{}/recording", call["call"]);
        let answer = self.get(&path);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        assert_eq!(answer.content_type, "audio/wav");
        let channels = wav::read(&answer.body).unwrap_or_else(|e| panic!("{path}: {e}"));
        let [left, right] = <[Vec<i16>; 2]>::try_from(channels).expect("stereo");
        (left, right)
    }
}

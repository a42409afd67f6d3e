//! Each route that is not about logging in: what it answers, and what it answers to nonsense.

mod box_under_test;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use box_under_test::TestBox;
use tipring_api::HealthNote;
use tipring_clock::{Clock, WallTime};
use tipring_events::*;
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn began(call: CallId, caller: Number) -> EventKind {
    EventKind::CallBegan {
        call,
        source: "fxo-1".into(),
        called: Some(number("96777")),
        caller: Some(caller),
        caller_name: "张三".into(),
        inbound: true,
    }
}

/// Logs `calls` finished calls, a minute apart; every third was answered by agent 1001.
fn log_calls(under_test: &TestBox, calls: u64) {
    let start = under_test.clock.wall();
    for n in 1..=calls {
        let call = CallId(n);
        let at = |s: u64| start.plus(std::time::Duration::from_secs(n * 60 + s));
        let log = |at: WallTime, kind| under_test.store.log(Event { at, kind }).unwrap();
        let (queue, agent) = (QueueId(1), n.is_multiple_of(3).then_some(AgentId(7)));
        let caller = number(&format!("1380000{n:04}"));
        log(at(0), began(call, caller));
        let segment = |n, kind, handler: &str, agent| EventKind::SegmentBegan {
            call,
            segment: SegmentId(n),
            kind,
            handler: handler.into(),
            agent,
        };
        log(at(0), segment(1, SegmentKind::Queue, "hotline", None));
        log(at(0), EventKind::CallAnswered { call, certainty: AnswerCertainty::Signalled });
        let queue_name = "hotline".to_owned();
        log(
            at(0),
            EventKind::QueueEntered {
                call,
                queue,
                queue_name,
                position: 1,
                priority: 0,
                waited_before_ms: 0,
            },
        );
        let (outcome, disposition) = match agent {
            Some(_) => (QueueOutcome::Answered, Disposition::Answered),
            None => (QueueOutcome::Abandoned, Disposition::Abandoned),
        };
        let left = EventKind::QueueLeft {
            call,
            queue,
            outcome,
            wait_ms: 9000,
            position: 1,
            agent,
            first_position: 1,
            because: None,
        };
        log(at(9), left);
        if agent.is_some() {
            log(at(9), segment(2, SegmentKind::Talk, "1001", agent));
            let path = ["a.wav", "gone.wav", "broken.wav"][n as usize / 3 % 3].to_owned();
            log(at(9), EventKind::RecordingBegan { call, path: path.clone() });
            log(at(19), EventKind::RecordingEnded { call, path, duration_ms: 10_000, bytes: 1 });
        }
        log(
            at(19),
            EventKind::CallEnded {
                call,
                cause: Cause::NormalClearing,
                by: Party::Caller,
                disposition,
            },
        );
    }
    under_test.store.flush().unwrap();
}

#[tokio::test]
async fn calls_come_newest_first_page_by_page_and_filtered() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_calls(&under_test, 25);
    let ids = |json: &serde_json::Value| -> Vec<u64> {
        json["calls"].as_array().unwrap().iter().map(|c| c["call"].as_u64().unwrap()).collect()
    };
    let page = under_test.get("/api/calls?limit=10", &cookie).await.json();
    assert_eq!(ids(&page), (16..=25).rev().collect::<Vec<_>>());
    let next = page["next"].as_str().unwrap();
    // A call that comes between two pages does not move them.
    let at = under_test.clock.wall().plus(std::time::Duration::from_secs(7200));
    under_test
        .store
        .log(Event {
            at,
            kind: EventKind::CallBegan {
                call: CallId(26),
                source: "sip:8001".into(),
                called: Some(number("8002")),
                caller: Some(number("8001")),
                caller_name: String::new(),
                inbound: false,
            },
        })
        .unwrap();
    under_test.store.flush().unwrap();
    let page = under_test.get(&format!("/api/calls?limit=15&after={next}"), &cookie).await.json();
    assert_eq!(ids(&page), (1..=15).rev().collect::<Vec<_>>());
    assert!(page["next"].is_null());

    let noon_ms = box_under_test::NOON_US / 1000;
    let (from, to) = (noon_ms + 3 * 60_000, noon_ms + 7 * 60_000);
    for (query, expected) in [
        ("agent=1001", vec![24, 21, 18, 15, 12, 9, 6, 3]),
        ("number=13800000012", vec![12]),
        ("number=1380000001&disposition=answered", vec![18, 15, 12]),
        ("number=8002", vec![26]),
        ("number=96777", vec![]),
        (&format!("from_ms={from}&to_ms={to}"), vec![6, 5, 4, 3]),
        ("disposition=busy", vec![]),
    ] {
        let page = under_test.get(&format!("/api/calls?{query}"), &cookie).await.json();
        assert_eq!(ids(&page), expected, "{query}");
    }
    for (query, word) in [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("disposition=lost", "lost"),
        ("number=%27", "number"),
        ("from_ms=1e9", "from_ms"),
    ] {
        let answer = under_test.get(&format!("/api/calls?{query}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.problem().1.contains(word), "{query}: {:?}", answer.problem());
    }
}

#[tokio::test]
async fn one_call_comes_with_all_its_parts() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_calls(&under_test, 3);
    let call = under_test.get("/api/calls/3", &cookie).await.json();
    assert_eq!(call["agent"], "1001");
    assert_eq!(call["talk_ms"], 10_000);
    assert_eq!(call["disposition"], "answered");
    assert_eq!(call["segments"][1]["kind"], "talk");
    assert_eq!(call["visits"][0]["outcome"], "answered");
    assert_eq!(call["recordings"][0]["duration_ms"], 10_000);
    assert_eq!(call["events"][0]["event"], "call-began");
    assert_eq!(call["events"].as_array().unwrap().len(), 9);
    assert_eq!(under_test.get("/api/calls/4", &cookie).await.problem().0, "no-such-call");
    assert_eq!(under_test.get("/api/calls/x", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn today_counts_what_began_since_local_midnight() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_calls(&under_test, 25);
    let today = under_test.get("/api/today", &cookie).await.json();
    assert_eq!(today["calls"], 25);
    assert_eq!((&today["talked"], &today["visits_answered"]), (&8.into(), &8.into()));
    assert_eq!(today["visits_abandoned"], 17);
    assert_eq!(today["wait_answered_ms"], 72_000);
    // Noon in UTC is 20:00 in China; four hours later it is tomorrow there.
    under_test.clock.advance(std::time::Duration::from_secs(4 * 3600));
    let again = under_test.log_in("admin", "a good long one").await;
    let cookie = again.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    let tomorrow = under_test.get("/api/today", &cookie).await.json();
    assert_eq!(tomorrow["calls"], 0);
    assert_eq!(tomorrow["from_ms"], today["from_ms"].as_i64().unwrap() + 86_400_000);
}

#[tokio::test]
async fn every_command_reaches_the_switch_and_its_refusal_the_page() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let agent = AgentId(7);
    let log_in = Command::AgentLogIn {
        work_number: number("1001"),
        password: "1234".into(),
        extension: number("8001"),
    };
    let routes = [
        (
            "/api/agents/login",
            r#"{"work_number":"1001","password":"1234","extension":"8001"}"#,
            log_in,
        ),
        ("/api/agents/7/ready", "", Command::AgentReady { agent }),
        (
            "/api/agents/7/not-ready",
            r#"{"reason":"吃饭"}"#,
            Command::AgentNotReady { agent, reason: "吃饭".into() },
        ),
        ("/api/agents/7/logout", "", Command::AgentLogOut { agent }),
        ("/api/calls/5/hangup", "", Command::HangUp { call: CallId(5), by: "admin".into() }),
    ];
    let router = under_test.router.clone();
    for (path, body, expected) in routes {
        let request = TestBox::request("POST", path, &cookie, body);
        let answer = tokio::spawn(tower::ServiceExt::oneshot(router.clone(), request));
        let (command, reply) = under_test.commands.recv().await.unwrap();
        assert_eq!(command, expected);
        reply.send(Ok(())).unwrap();
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::NO_CONTENT, "{path}");
    }
    for (refusal, status, kind) in [
        (Refusal::NoSuchCall, 404, "no-such-call"),
        (Refusal::NoSuchAgent, 404, "no-such-agent"),
        (Refusal::NoSuchExtension, 404, "no-such-extension"),
        (Refusal::ExtensionTaken, 409, "extension-taken"),
        (Refusal::NotLoggedIn, 409, "agent-not-logged-in"),
        (Refusal::WrongCredentials, 403, "wrong-agent-credentials"),
        (Refusal::Locked, 429, "locked"),
        (Refusal::Busy, 503, "busy"),
    ] {
        let body = r#"{"work_number":"1001","password":"","extension":"8001"}"#;
        let request = TestBox::request("POST", "/api/agents/login", &cookie, body);
        let commands = &mut under_test.commands;
        let refuse = async { commands.recv().await.unwrap().1.send(Err(refusal)).unwrap() };
        let answer =
            tokio::join!(tower::ServiceExt::oneshot(router.clone(), request), refuse).0.unwrap();
        assert_eq!(answer.status(), status, "{refusal:?}");
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["type"], format!("/problems/{kind}"));
        let described = under_test.document();
        let path = ("POST", "/api/agents/login");
        described.check(path, status, "application/problem+json", &body).unwrap();
    }
}

#[tokio::test]
async fn a_busy_a_stopped_and_a_misunderstood_switch_are_told_apart() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let ready = || TestBox::request("POST", "/api/agents/7/ready", &cookie, "");
    for (path, body, word) in [
        ("/api/agents/x/ready", "", "x"),
        ("/api/agents/99999999999/ready", "", "99999999999"),
        ("/api/agents/7/not-ready", r#"{"reason":"a","why":"b"}"#, "why"),
        ("/api/agents/login", r#"{"work_number":"1 0","password":"","extension":"1"}"#, "' '"),
    ] {
        let answer = under_test.post(path, &cookie, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.problem().1.contains(word), "{:?}", answer.problem());
    }
    let long = format!(r#"{{"reason":"{}"}}"#, "长".repeat(101));
    let answer = under_test.post("/api/agents/7/not-ready", &cookie, &long).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);

    // Two commands fill the channel of this box; the third is turned away at once.
    let router = under_test.router.clone();
    let first = tokio::spawn(tower::ServiceExt::oneshot(router.clone(), ready()));
    let second = tokio::spawn(tower::ServiceExt::oneshot(router.clone(), ready()));
    while under_test.commands.len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(under_test.send(ready()).await.problem().0, "busy");
    // A switch that stops takes its unanswered commands with it.
    under_test.commands.close();
    while under_test.commands.recv().await.is_some() {}
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(second.await.unwrap().unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(under_test.send(ready()).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let health = under_test.get("/healthz", "").await;
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(health.json()["status"], "down");
}

#[tokio::test]
async fn the_configuration_goes_in_and_out_or_is_refused_with_its_line() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let put = |kind: &str, body: Vec<u8>| {
        let request = Request::put("/api/config")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        under_test.send(request)
    };
    // Longer than other bodies may be.
    let document = format!("# {}\nring = 1\n", "很".repeat(50_000));
    let answer = put("application/toml", document.clone().into()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(under_test.config.0.lock().unwrap().1, "admin");
    let answer = under_test.get("/api/config", &cookie).await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/toml");
    assert_eq!(answer.text(), document);

    let answer = put("application/toml", "ring = 1\nwrong = 2\n".into()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.problem().1, "unknown key wrong, did you mean ring?");
    assert_eq!((&answer.json()["line"], &answer.json()["column"]), (&2.into(), &1.into()));
    assert_eq!(under_test.get("/api/config", &cookie).await.text(), document);

    let answer = put("application/toml", vec![b'a', 0xFF]).await;
    assert!(answer.problem().1.contains("byte 1"), "{:?}", answer.problem());
    assert_eq!(put("text/plain", "ring = 1".into()).await.problem().0, "unsupported-media-type");
    let huge = vec![b'#'; 4 * 1024 * 1024 + 1];
    assert_eq!(put("application/toml", huge).await.problem().0, "too-large");
}

#[tokio::test]
async fn health_and_figures_need_no_login() {
    let under_test = TestBox::new();
    assert_eq!(under_test.get("/healthz", "").await.json()["status"], "ok");
    let note =
        HealthNote::new(["fxo-1 has no line", "fxo-1 没有接线"], ["plug it in", "请插好电话线"]);
    under_test.notes.lock().unwrap().push(note);
    let health = under_test.get("/healthz", "").await;
    assert_eq!(health.status, StatusCode::OK);
    assert_eq!(health.json()["status"], "degraded");
    assert_eq!(health.json()["notes"][0]["advice"], "plug it in");
    assert_eq!(health.json()["notes"][0]["what_zh"], "fxo-1 没有接线");

    log_calls(&under_test, 1);
    let metrics = under_test.get("/metrics", "").await;
    assert!(metrics.header(header::CONTENT_TYPE).starts_with("text/plain; version=0.0.4"));
    for line in ["tipring_calls 3", "tipring_store_events_written_total 6"] {
        assert!(metrics.text().lines().any(|l| l == line), "{line} in\n{}", metrics.text());
    }
    let document = under_test.get("/api/openapi.json", "").await.json();
    assert_eq!(document, serde_json::to_value(tipring_api::openapi()).unwrap());
}

#[tokio::test]
async fn what_is_not_there_is_told_and_pages_are_safe() {
    let under_test = TestBox::new();
    let answer = under_test.get("/api/nothing", "").await;
    assert_eq!(
        (answer.status, answer.problem().0.as_str()),
        (StatusCode::NOT_FOUND, "no-such-route")
    );
    let answer = under_test.send(TestBox::request("DELETE", "/api/login", "", "")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.problem().0, "method-not-allowed");
    assert_eq!(under_test.get("/assets/none.js", "").await.problem().0, "no-such-file");
    assert_eq!(under_test.get("/../Cargo.toml", "").await.problem().0, "no-such-file");

    // The page answers for its own paths, built or not.
    let page = under_test.get("/calls/7", "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert!(page.text().contains("Tipring"), "{}", page.text());
    assert!(!page.text().contains("<script>"), "an inline script would not run");
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(under_test.get("/healthz", "").await.header(header::CACHE_CONTROL), "no-store");

    let request = Request::get("/api/openapi.json").header(header::ACCEPT_ENCODING, "gzip");
    let packed = under_test.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    assert_eq!(packed.body[..2], [0x1F, 0x8B]);
}

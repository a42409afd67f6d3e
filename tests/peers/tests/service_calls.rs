//! The service number, called from a SIP trunk: greeting, menu, a key by each of its three ways,
//! queue, agent, recording and record; and either side hanging up.

use serde_json::{Value, json};
use tipring_test_peers::acts::{self, Agent};
use tipring_test_peers::alike::{assert_heard, assert_not_heard};
use tipring_test_peers::api::Api;
use tipring_test_peers::ports;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::{Scenario, Sipp};
use tipring_test_peers::site::{AGENTS, SERVICE, Site};
use tipring_test_peers::speech::{self, again_and_again, prompt, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

const CALLER: &str = "13800138000";

/// How the caller presses the key.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Press {
    TelephoneEvent,
    Info,
    InBand,
}

/// A box with a trunk, an agent who is ready at a baresip, and a caller on the trunk who has
/// heard the greeting.
struct Scene {
    api: Api,
    agent: Agent,
    sound: RtpPeer,
    caller: Sipp,
    // Ends last.
    _tipring: TestBox,
}

impl Scene {
    fn begin() -> Self {
        let port = ports::one();
        let tipring = TestBox::start(&Site { trunk_port: Some(port), ..Site::default() });
        let api = tipring.api();
        let says = again_and_again(&recorded(speech::CALLEE), 0, 60);
        let agent = Agent::at_baresip(&tipring, &api, "8001", AGENTS[0], &says);
        let sound = RtpPeer::open();
        let mut caller = Scenario::new("caller", tipring.sip())
            .from_port(port)
            .key("user", CALLER)
            .key("number", SERVICE)
            .sound(&sound)
            .start();
        caller.answered(&sound);
        Scene { api, agent, sound, caller, _tipring: tipring }
    }

    /// Presses 1 at the menu; the agent answers.
    fn connect(&mut self, press: Press) {
        let greeting = prompt("en", "greeting");
        wait_until("the caller has heard the greeting", 20, || {
            (self.sound.heard_length() > greeting.len() + 8000).then_some(())
        });
        assert_heard("the greeting by the caller", &greeting, &self.sound.heard());
        match press {
            Press::TelephoneEvent => self.sound.press('1'),
            Press::Info => self.caller.word("INFO", "1"),
            Press::InBand => self.sound.press_in_band('1'),
        }
        let from = self.agent.answer();
        assert!(from.contains(CALLER), "the agent sees {from}");
        self.api.wait_agent("1001", "talking");
    }

    /// Both speak until each must have heard the other.
    fn talk(&mut self) {
        let heard = self.sound.heard_length();
        self.sound.say_all(&recorded(speech::CALLER));
        wait_until("the agent has said it twice", 20, || {
            let twice = 2 * recorded(speech::CALLEE).len() + 8000;
            (self.sound.heard_length() > heard + twice).then_some(())
        });
    }

    /// What both heard, the recording, and the record.
    fn check(self, ended_by: &str) -> Value {
        let (caller, agent) = (recorded(speech::CALLER), recorded(speech::CALLEE));
        self.api.wait_no_calls();
        assert_heard("the agent by the caller", &agent, &self.sound.heard());
        assert_heard("the caller by the agent", &caller, &self.agent.phone.heard());
        let call = self.api.ended_call(CALLER);
        assert_eq!(call["ended_by"], ended_by, "{call:#}");
        assert_eq!(call["source"], "sip:carrier");
        let (left, right) = self.api.recording(&call);
        assert_heard("the caller on the left of the recording", &caller, &left);
        assert_heard("the agent on the right of the recording", &agent, &right);
        assert_not_heard("the caller on the right of the recording", &caller, &right);
        assert_not_heard("the agent on the left of the recording", &agent, &left);
        acts::check_record(&call);
        call
    }
}

#[test]
fn key_as_telephone_event_and_the_caller_hangs_up() {
    let mut scene = Scene::begin();
    scene.connect(Press::TelephoneEvent);
    scene.talk();
    scene.caller.word("NOTIFY", "");
    scene.agent.released();
    scene.api.wait_agent("1001", "ready");
    let call = scene.check("caller");
    assert_eq!(call["called"], SERVICE);
    assert_eq!(call["agent"], "1001");
    assert_eq!(call["queue"], "service");
    assert_eq!(call["disposition"], "answered");
    assert_eq!(acts::segment_kinds(&call), ["ivr", "queue", "ring", "talk"]);
    let visits = call["visits"].as_array().expect("visits");
    assert_eq!(visits.len(), 1, "{call:#}");
    assert_eq!(visits[0]["outcome"], "answered");
    assert_eq!(call["offers"][0]["outcome"], "answered");
}

#[test]
fn key_by_info_and_the_agent_hangs_up() {
    let mut scene = Scene::begin();
    scene.connect(Press::Info);
    assert!(scene.caller.logged("done", 5).contains("press"));
    scene.talk();
    scene.agent.phone.hang_up();
    scene.caller.wait();
    scene.check("callee");
}

#[test]
fn key_as_tones() {
    let mut scene = Scene::begin();
    scene.connect(Press::InBand);
    scene.talk();
    scene.caller.word("NOTIFY", "");
    scene.agent.released();
    scene.check("caller");
}

#[test]
fn an_extension_hears_that_nobody_is_there() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let sound = RtpPeer::open();
    let mut caller = Scenario::new("caller", tipring.sip())
        .extension("8003")
        .key("number", SERVICE)
        .sound(&sound)
        .start();
    caller.answered(&sound);
    sound.press('1');
    // The box hangs up when it has said it.
    caller.wait();
    assert_heard("the notice by the caller", &prompt("en", "queue-no-agents"), &sound.heard());
    let call = api.ended_call("8003");
    assert_eq!(call["ended_by"], "box");
    assert_eq!(call["source"], "sip:8003");
    assert_eq!(call["visits"].as_array().map(Vec::len), Some(1), "{call:#}");
    assert_eq!(call["visits"][0]["outcome"], "refused");
    acts::check_record(&call);
}

#[test]
fn a_stranger_without_credentials_calls_nobody() {
    let trunk = ports::one();
    let tipring = TestBox::start(&Site { trunk_port: Some(trunk), ..Site::default() });
    for user in [CALLER, "8001", "carrier"] {
        for number in [SERVICE, "8002", "*611001#4321#"] {
            Scenario::new("stranger", tipring.sip())
                .key("user", user)
                .key("number", number.replace('#', "%23"))
                .key("sound_port", "9")
                .run();
        }
    }
    let api = tipring.api();
    assert_eq!(api.json("/api/calls")["calls"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_api_logs_an_agent_in_and_ends_the_call() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let (work_number, password) = AGENTS[1];
    let mut phone = acts::phone(&tipring, "8002", &speech::silence(60_000));
    let log_in = |password: &str| {
        let body = json!({
            "work_number": work_number, "password": password, "extension": "8002",
        });
        api.post("/api/agents/login", &body).status
    };
    assert_eq!(log_in("0000"), 403);
    assert_eq!(log_in(password), 204);
    api.wait_agent(work_number, "ready");
    let sound = RtpPeer::open();
    let mut caller = Scenario::new("caller", tipring.sip())
        .extension("8001")
        .key("number", SERVICE)
        .sound(&sound)
        .start();
    caller.answered(&sound);
    sound.press('1');
    phone.answer(1);
    api.wait_agent(work_number, "talking");
    let call = api.live()["calls"][0]["call"].clone();
    assert_eq!(api.post(&format!("/api/calls/{call}/hangup"), &json!({})).status, 204);
    phone.ended(1);
    caller.wait();
    api.wait_no_calls();
    assert_eq!(api.ended_call("8001")["ended_by"], "box");
    assert_eq!(api.post(&format!("/api/calls/{call}/hangup"), &json!({})).status, 404);
    let agent = api.live()["agents"][1]["agent"].clone();
    assert_eq!(api.post(&format!("/api/agents/{agent}/logout"), &json!({})).status, 204);
    api.wait_agent(work_number, "logged-out");
}

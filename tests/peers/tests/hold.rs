//! Hold and resume: the held side hears music, then the other again.

use tipring_test_peers::acts::{self, Agent};
use tipring_test_peers::alike::{assert_heard, assert_not_heard, find};
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::{AGENTS, SERVICE, Site};
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;
use tipring_test_peers::{ports, wav};

/// One party at a sipp.
struct Party {
    sound: RtpPeer,
    said: Vec<i16>,
}

impl Party {
    fn new(speech: &str) -> Self {
        Party { sound: RtpPeer::open(), said: recorded(speech) }
    }

    /// Says its part; returns what `other` heard meanwhile and a little after.
    fn say_to(&self, other: &Party) -> Vec<i16> {
        let before = other.sound.heard_length();
        self.sound.say_all(&self.said);
        wait_until("it came over", 10, || {
            (other.sound.heard_length() > before + self.said.len() + 2000).then_some(())
        });
        other.sound.heard_from(before)
    }
}

#[test]
fn the_caller_holds_and_resumes() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let (a, b) = (Party::new(speech::CALLER), Party::new(speech::CALLEE));
    let port = ports::one();
    let register = Scenario::new("register", tipring.sip());
    register.extension("8002").key("expires", "120").from_port(port).run();
    let mut callee = Scenario::new("agent", tipring.sip())
        .key("user", "8002")
        .sound(&b.sound)
        .from_port(port)
        .start();
    callee.ready();
    let mut caller = Scenario::new("caller", tipring.sip())
        .extension("8001")
        .key("number", "8002")
        .sound(&a.sound)
        .start();
    caller.answered(&a.sound);
    callee.answered(&b.sound);
    assert_heard("the caller by the callee", &a.said, &a.say_to(&b));
    assert_heard("the callee by the caller", &b.said, &b.say_to(&a));

    caller.word("MESSAGE", "");
    assert_eq!(caller.logged("done", 10), "hold recvonly");
    wait_until("the callee hears music", 10, || hears_music(&b).then_some(()));
    assert_not_heard("the caller, who holds", &a.said, &a.say_to(&b));
    let before = a.sound.heard_length();
    b.sound.say_all(&b.said);
    assert_not_heard("the callee, who is held", &b.said, &a.sound.heard_from(before));
    let live = api.live();
    let segments = live["calls"][0]["segments"].as_array().expect("one call").clone();
    assert!(segments.iter().any(|s| s["kind"] == "hold"), "{live:#}");

    caller.word("PUBLISH", "");
    wait_until("it is resumed", 10, || {
        (caller.logged("done", 5) == "resume sendrecv").then_some(())
    });
    assert_heard("the caller by the callee again", &a.said, &a.say_to(&b));
    assert_heard("the callee by the caller again", &b.said, &b.say_to(&a));
    caller.hang_up();
    callee.finish();
    api.wait_no_calls();
    let call = api.ended_call("8001");
    assert_eq!(acts::segment_kinds(&call), ["ring", "talk", "hold", "talk"]);
    acts::check_record(&call);
}

#[test]
fn the_agent_holds_and_resumes() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let said = recorded(speech::CALLEE);
    let says = again_and_again(&said, 0, 90);
    let mut agent = Agent::at_baresip(&tipring, &api, "8002", AGENTS[0], &says);
    let caller = Party::new(speech::CALLER);
    let mut sipp = Scenario::new("caller", tipring.sip())
        .extension("8001")
        .key("number", SERVICE)
        .sound(&caller.sound)
        .start();
    sipp.answered(&caller.sound);
    caller.sound.press('1');
    agent.answer();
    let hears_agent = |since: usize| find(&said, &caller.sound.heard_from(since)).correlation > 0.9;
    wait_until("the caller hears the agent", 20, || hears_agent(0).then_some(()));
    agent.phone.command("hold", "");
    wait_until("the caller hears music", 10, || hears_music(&caller).then_some(()));
    agent.phone.command("resume", "");
    let since = caller.sound.heard_length();
    wait_until("the caller hears the agent again", 20, || hears_agent(since).then_some(()));
    sipp.hang_up();
    agent.released();
    let call = api.ended_call("8001");
    assert_eq!(acts::segment_kinds(&call), ["ivr", "queue", "ring", "talk", "hold", "talk"]);
    acts::check_record(&call);
}

/// Whether the last second and a half were a stretch of the music on hold.
fn hears_music(party: &Party) -> bool {
    let heard = party.sound.heard();
    let Some(last) = heard.len().checked_sub(12_000).map(|from| &heard[from..]) else {
        return false;
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/tts/sounds/music/hold.wav");
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut music = wav::read(&bytes).expect("a WAV").swap_remove(0);
    music.extend_from_within(..);
    find(last, &music).correlation > 0.9
}

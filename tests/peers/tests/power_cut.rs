//! The box is killed in the middle of a recorded call and started again.

use tipring_test_peers::acts::{self, Agent};
use tipring_test_peers::alike::assert_heard;
use tipring_test_peers::ports;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::{AGENTS, SERVICE, Site};
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

const CALLER: &str = "13900139000";

#[test]
fn a_call_is_closed_as_interrupted_and_its_recording_plays() {
    let port = ports::one();
    let site = Site { trunk_port: Some(port), ..Site::default() };
    let mut tipring = TestBox::start(&site);
    let api = tipring.api();
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let says = again_and_again(&callee, 0, 60);
    let mut agent = Agent::at_baresip(&tipring, &api, "8001", AGENTS[0], &says);
    let sound = RtpPeer::open();
    let mut sipp = Scenario::new("caller", tipring.sip())
        .from_port(port)
        .key("user", CALLER)
        .key("number", SERVICE)
        .sound(&sound)
        .start();
    sipp.answered(&sound);
    sound.press('1');
    agent.answer();
    api.wait_agent("1001", "talking");
    sound.say_all(&caller);
    let heard = sound.heard_length();
    wait_until("the agent has said it twice", 20, || {
        (sound.heard_length() > heard + 2 * callee.len()).then_some(())
    });
    let talked_ms = (caller.len() + 2 * callee.len()) as i64 / 8;
    tipring.kill9();
    drop((agent, sipp));

    tipring.restart();
    let api = tipring.api();
    let call = api.ended_call(CALLER);
    assert_eq!(call["disposition"], "interrupted", "{call:#}");
    assert_eq!(call["ended_by"], "box");
    assert_eq!(call["visits"][0]["outcome"], "answered");
    acts::check_record(&call);
    assert_eq!(acts::segment_kinds(&call), ["ivr", "queue", "ring", "talk"]);
    // A power cut costs at most the last second.
    let (left, right) = api.recording(&call);
    let recorded_ms = left.len() as i64 / 8;
    assert!(recorded_ms >= talked_ms - 1000, "{recorded_ms} ms of {talked_ms} ms");
    assert_eq!(call["recordings"][0]["duration_ms"], recorded_ms);
    assert_heard("the caller on the left", &caller, &left);
    assert_heard("the agent on the right", &callee, &right);
    let live = api.live();
    assert_eq!(live["calls"].as_array().map(Vec::len), Some(0));

    // The next call gets a number of its own.
    let next = Scenario::new("caller", tipring.sip())
        .from_port(port)
        .key("user", "13700137000")
        .key("number", SERVICE)
        .sound(&sound)
        .start();
    next.hang_up_when_answered(&sound);
    let next = api.ended_call("13700137000");
    assert!(next["call"].as_u64() > call["call"].as_u64(), "{next:#}");
}

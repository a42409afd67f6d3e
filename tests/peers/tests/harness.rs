//! The tests' own tools, tried on each other without a box between them.

use tipring_test_peers::alike::{assert_heard, assert_not_heard};
use tipring_test_peers::baresip::Phone;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::{g711, ports, wav};

/// Where nobody is.
const NOWHERE: ([u8; 4], u16) = ([127, 0, 0, 1], 9);

#[test]
fn baresip_hears_baresip() {
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut a = Phone::new("8001", NOWHERE.into()).alone().start(&again_and_again(&caller, 0, 9));
    let mut b = Phone::new("8002", NOWHERE.into()).alone().start(&again_and_again(&callee, 0, 12));
    let to = format!("sip:8002@{}", b.address());
    a.command("dial", &to);
    let from = b.answer(1);
    assert!(from.contains("8001@"), "{from}");
    b.press("5");
    a.event("CALL_DTMF_START", 1, 5);
    // The call ends when the one who called has said everything.
    b.ended(1);
    a.ended(1);
    assert_heard("the caller by the callee", &caller, &b.heard());
    assert_heard("the callee by the caller", &callee, &a.heard());
    assert_not_heard("the caller by the caller", &caller, &a.heard());
}

#[test]
fn sipp_speaks_with_sipp() {
    let (caller_sound, agent_sound) = (RtpPeer::open(), RtpPeer::open());
    let port = ports::one();
    let mut agent = Scenario::new("agent", NOWHERE.into())
        .key("user", "8002")
        .sound(&agent_sound)
        .from_port(port)
        .start();
    agent.ready();
    let mut caller = Scenario::new("caller", ([127, 0, 0, 1], port).into())
        .key("user", "8001")
        .key("number", "8002")
        .sound(&caller_sound)
        .start();
    caller.answered(&caller_sound);
    agent.answered(&agent_sound);
    assert!(agent.logged("from", 5).contains("sip:8001@"));
    let said = recorded(speech::CALLER);
    caller_sound.press('3');
    caller_sound.say_all(&said);
    assert_heard("the caller by the agent", &said, &agent_sound.heard());
    assert_eq!(agent_sound.keys(), "3");
    agent.hang_up();
    caller.finish();
}

#[test]
fn coding_changes_speech_hardly() {
    let said = recorded(speech::CALLER);
    let coded: Vec<i16> = said.iter().map(|s| g711::decode(g711::encode(*s))).collect();
    assert_heard("A-law", &said, &coded);
    assert_eq!(wav::read(&wav::write(&said)).unwrap(), [said]);
}

#[test]
fn no_two_sounds_are_taken_for_each_other() {
    let names = [speech::CALLER, speech::CALLEE, speech::STRANGER];
    for one in names {
        for other in names.into_iter().filter(|other| *other != one) {
            let heard = again_and_again(&recorded(other), 700, 10);
            assert_not_heard(&format!("{one} in {other}"), &recorded(one), &heard);
        }
    }
}

//! One extension calls another: both hear each other, keys pass, and either hangs up.

use std::time::Duration;

use tipring_test_peers::alike::{assert_heard, assert_not_heard};
use tipring_test_peers::baresip::Phone;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::Site;
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::{speak_for, wait_until};
use tipring_test_peers::{acts, ports};

/// Long enough for everything said to be said twice.
const TALK: Duration = Duration::from_secs(8);

#[test]
fn two_baresips_hear_each_other_one_by_udp_and_one_by_tcp() {
    let tipring = TestBox::start(&Site { record_internal: true, ..Site::default() });
    let api = tipring.api();
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut a = acts::phone(&tipring, "8001", &again_and_again(&caller, 0, 60));
    let mut b = Phone::new("8002", tipring.sip()).tcp().start(&again_and_again(&callee, 0, 60));
    b.registered();
    a.command("dial", "8002");
    let from = b.answer(1);
    assert!(from.contains("8001@"), "the callee sees {from}");
    a.event("CALL_ESTABLISHED", 1, 10);
    a.press("5");
    b.event("CALL_DTMF_START", 1, 5);
    speak_for(TALK);
    a.hang_up();
    b.ended(1);
    api.wait_no_calls();
    assert_heard("the caller by the callee", &caller, &b.heard());
    assert_heard("the callee by the caller", &callee, &a.heard());
    assert_not_heard("the caller by the caller", &caller, &a.heard());

    let call = api.ended_call("8001");
    assert_eq!(call["called"], "8002");
    assert_eq!(call["ended_by"], "caller");
    assert_eq!(call["disposition"], "answered");
    let (left, right) = api.recording(&call);
    assert_heard("the caller on the left", &caller, &left);
    assert_heard("the callee on the right", &callee, &right);
}

#[test]
fn sipp_calls_baresip_which_speaks_another_codec() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut phone =
        Phone::new("8002", tipring.sip()).mu_law().start(&again_and_again(&callee, 0, 60));
    phone.registered();
    let sound = RtpPeer::open();
    let mut sipp = Scenario::new("caller", tipring.sip())
        .extension("8001")
        .key("number", "8002")
        .sound(&sound)
        .start();
    sipp.logged("ringing", 10);
    phone.answer(1);
    sipp.answered(&sound);
    sound.press('7');
    phone.event("CALL_DTMF_START", 1, 5);
    // The phone's own jitter buffer begins with what comes after the key.
    sound.say(&speech::silence(300));
    sound.say_all(&caller);
    let length = sound.heard_length();
    wait_until("the callee has said it twice", 15, || {
        (sound.heard_length() > length + 2 * callee.len()).then_some(())
    });
    // This time the one who was called hangs up.
    phone.hang_up();
    sipp.finish();
    api.wait_no_calls();
    assert_heard("the caller by the callee", &caller, &phone.heard());
    assert_heard("the callee by the caller", &callee, &sound.heard());
    let call = api.ended_call("8001");
    assert_eq!(call["ended_by"], "callee");
    assert_eq!(call["recordings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn one_who_is_not_there_cannot_be_called() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let mut phone = acts::phone(&tipring, "8001", &[]);
    for (count, (number, status)) in [("8004", "480 "), ("8999", "404 ")].into_iter().enumerate() {
        phone.command("dial", number);
        let closed = phone.event("CALL_CLOSED", count + 1, 10);
        let why = closed["param"].as_str().unwrap_or_default();
        assert!(why.starts_with(status), "{number}: {why}");
    }
    api.wait_no_calls();
    assert_eq!(phone.events("CALL_ESTABLISHED"), 0);
}

#[test]
fn one_who_calls_an_echo_hears_itself() {
    let tipring = TestBox::start(&Site::default());
    let port = ports::one();
    let register = Scenario::new("register", tipring.sip());
    register.extension("8002").key("expires", "120").from_port(port).run();
    let echo =
        Scenario::new("agent", tipring.sip()).key("user", "8002").echo().from_port(port).start();
    echo.ready();
    let sound = RtpPeer::open();
    let mut caller = Scenario::new("caller", tipring.sip())
        .extension("8001")
        .key("number", "8002")
        .sound(&sound)
        .start();
    caller.answered(&sound);
    let said = recorded(speech::CALLER);
    sound.say_all(&said);
    wait_until("the echo came back", 10, || {
        (sound.heard_length() > said.len() + 4000).then_some(())
    });
    assert_heard("the caller by the caller", &said, &sound.heard());
    caller.hang_up();
    echo.finish();
}

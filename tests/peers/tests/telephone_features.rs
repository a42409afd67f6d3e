//! Telephone features from real phones: transfer by REFER, parking, picking up, forwarding.

use std::time::Duration;

use tipring_test_peers::acts::{self, talker};
use tipring_test_peers::alike::{assert_heard, assert_not_heard};
use tipring_test_peers::party::{Party, phrase};
use tipring_test_peers::site::Site;
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::speak_for;

/// Long enough for everything said to be said twice.
const TALK: Duration = Duration::from_secs(8);

#[test]
fn baresip_transfers_its_caller_to_another_by_refer() {
    let tipring = TestBox::start(&Site { record_internal: true, ..Site::default() });
    let api = tipring.api();
    let (caller, target) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut a = acts::phone(&tipring, "8001", &again_and_again(&caller, 0, 60));
    let mut b = acts::phone(&tipring, "8002", &[0; 60 * 8000]);
    let mut c = acts::phone(&tipring, "8003", &again_and_again(&target, 0, 60));
    a.command("dial", "8002");
    b.answer(1);
    a.event("CALL_ESTABLISHED", 1, 10);
    b.command("transfer", &format!("sip:8003@{}", tipring.sip()));
    c.answer(1);
    // Its leg ends once it was told that the target has answered.
    b.ended(1);
    speak_for(TALK);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
    assert_heard("the caller by the target", &caller, &c.heard());
    assert_heard("the target by the caller", &target, &a.heard());
    let call = api.ended_call("8001");
    assert_eq!(acts::segment_kinds(&call), ["ring", "talk", "ring", "talk"]);
    assert_eq!(call["segments"][1]["handler"], "8002");
    assert_eq!(call["segments"][3]["handler"], "8003");
    acts::check_record(&call);
    let (left, right) = api.recording(&call);
    assert_heard("the caller on the left", &caller, &left);
    assert_heard("the target on the right", &target, &right);
}

#[test]
fn a_transfer_to_a_busy_phone_gives_the_call_back() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let said = phrase(speech::CALLEE);
    let mut b = talker(&tipring, "8002", &said);
    let mut c = acts::phone(&tipring, "8003", &[0; 60 * 8000]);
    // It talks to a queue without agents' flow: it is busy for a while.
    c.call("96777");
    let mut a = Party::dials(&tipring, "8001", "8002");
    b.answer(1);
    a.answered();
    b.command("transfer", &format!("sip:8003@{}", tipring.sip()));
    b.event("TRANSFER_FAILED", 1, 10);
    // baresip 1.0.0 hangs up of itself with that, and the box rings it for the call.
    b.answer(2);
    a.hears("the first called", &said);
    a.hang_up();
    b.ended(1);
    c.hang_up();
    api.wait_no_calls();
    let call = api.ended_call("8001");
    assert_eq!(acts::segment_kinds(&call), ["ring", "talk", "ring", "talk", "ring", "talk"]);
    acts::check_record(&call);
}

#[test]
fn parked_by_a_transfer_and_taken_by_dialling_the_place() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let (caller, taker) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut a = acts::phone(&tipring, "8001", &again_and_again(&caller, 0, 60));
    let mut b = acts::phone(&tipring, "8002", &[0; 60 * 8000]);
    let mut c = acts::phone(&tipring, "8003", &again_and_again(&taker, 0, 60));
    a.command("dial", "8002");
    b.answer(1);
    a.event("CALL_ESTABLISHED", 1, 10);
    b.command("transfer", &format!("sip:*68@{}", tipring.sip()));
    b.ended(1);
    speak_for(Duration::from_secs(2));
    c.call("*701");
    speak_for(TALK);
    c.hang_up();
    a.ended(1);
    api.wait_no_calls();
    assert_heard("the parked caller by the taker", &caller, &c.heard());
    assert_heard("the taker by the parked caller", &taker, &a.heard());
    assert_not_heard("nobody's own voice", &taker, &c.heard());
    let call = api.ended_call("8001");
    assert_eq!(acts::segment_kinds(&call), ["ring", "talk", "park", "talk"]);
}

#[test]
fn picked_up_while_it_rings_elsewhere_and_forwarded_by_code() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let caller = recorded(speech::CALLER);
    let mut a = acts::phone(&tipring, "8001", &again_and_again(&caller, 0, 60));
    let mut b = acts::phone(&tipring, "8002", &[0; 60 * 8000]);
    let mut c = acts::phone(&tipring, "8003", &[0; 60 * 8000]);
    a.command("dial", "8002");
    b.event("CALL_INCOMING", 1, 10);
    c.call("*818002");
    b.ended(1);
    speak_for(TALK);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
    assert_heard("the caller by who picked up", &caller, &c.heard());
    b.call("*218003");
    b.ended(2);
    a.command("dial", "8002");
    c.answer(1);
    a.event("CALL_ESTABLISHED", 2, 10);
    a.hang_up();
    c.ended(2);
    api.wait_no_calls();
    assert_eq!(b.events("CALL_INCOMING"), 1, "what is forwarded does not ring");
}

//! What is dialled instead of a number, and where calls go instead of to a phone: forwarding, do not
//! disturb, redial, speed dial, click to dial, accounts, classes of service, numbers not to be
//! called; from real phones, and outside by a trunk.

use serde_json::json;
use tipring_test_peers::acts::{self, talker};
use tipring_test_peers::baresip::Baresip;
use tipring_test_peers::party::{Party, phrase};
use tipring_test_peers::ports;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::{Scenario, Sipp};
use tipring_test_peers::site::Site;
use tipring_test_peers::speech::{self, silence};
use tipring_test_peers::tipring::TestBox;

const SERVICE: &str = "96777";

/// Dials a number that is refused; why, as the phone was told.
#[track_caller]
fn refused(phone: &mut Baresip, number: &str) -> String {
    let closed = phone.events("CALL_CLOSED") + 1;
    phone.command("dial", number);
    let told = phone.event("CALL_CLOSED", closed, 10);
    told["param"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn forwarded_when_busy_or_not_answered_and_not_disturbed() {
    let tipring = TestBox::start_as_it_comes();
    tipring.import(&format!("forward_no_answer_s = 5\n{}", Site::default().to_toml()));
    let api = tipring.api();
    let said = phrase(speech::CALLEE);
    let mut b = acts::phone(&tipring, "8002", &silence(60_000));
    let mut c = talker(&tipring, "8003", &said);
    b.call("*228003");
    b.ended(1);
    b.call("*238003");
    b.ended(2);
    // Not answered: the other phone rings after five seconds.
    let mut a = Party::dials(&tipring, "8001", "8002");
    b.event("CALL_INCOMING", 1, 10);
    c.answer(1);
    a.answered();
    a.hears("whom it was forwarded to", &said);
    b.ended(3);
    a.hang_up();
    c.ended(1);
    // Busy.
    b.call(SERVICE);
    let mut a = Party::dials(&tipring, "8001", "8002");
    c.answer(2);
    a.answered();
    a.hears("whom the busy one forwards to", &said);
    a.hang_up();
    b.hang_up();
    c.ended(2);
    b.call("*22");
    b.ended(5);
    b.call("*23");
    b.ended(6);
    b.call("*78");
    b.ended(7);
    let rung = b.events("CALL_INCOMING");
    assert!(refused(&mut c, "8002").contains("486"), "left alone is busy to others");
    b.call("*79");
    b.ended(8);
    c.command("dial", "8002");
    b.event("CALL_INCOMING", rung + 1, 10);
    c.hang_up();
    b.ended(9);
    api.wait_no_calls();
}

/// The far side of the trunk takes the next call; it says who was called.
fn outside(tipring: &TestBox, port: u16, sound: &RtpPeer) -> Sipp {
    let far = Scenario::new("agent", tipring.sip())
        .key("user", "street")
        .sound(sound)
        .from_port(port)
        .start();
    far.ready();
    far
}

fn with_trunk(port: u16) -> String {
    let site = Site { trunk_port: Some(port), ..Site::default() };
    let head = "do_not_call = [\"13900000000\"]\n";
    let tail = "\n[[dial]]\nnumber = \"9.\"\nfrom = \"extension\"\n\
         to = { trunk = { name = \"carrier\", strip = 1, class = \"local\" } }\n\
         [[dial]]\nnumber = \"900.\"\nfrom = \"extension\"\n\
         to = { trunk = { name = \"carrier\", strip = 1, class = \"international\" } }\n\
         [[speed_dial]]\ncode = \"01\"\nnumber = \"913800138000\"\n";
    format!("{head}{}{tail}", site.to_toml())
}

#[test]
fn outside_by_speed_dial_redial_account_and_click() {
    let port = ports::one();
    let tipring = TestBox::start_as_it_comes();
    tipring.import(&with_trunk(port));
    let api = tipring.api();
    let said = phrase(speech::CALLEE);
    let mut b = talker(&tipring, "8002", &said);
    let mut calls = 0;
    for dialled in ["*7401", "*66", "*754711*913800138000"] {
        let sound = RtpPeer::open();
        let mut far = outside(&tipring, port, &sound);
        b.command("dial", dialled);
        far.answered(&sound);
        calls += 1;
        b.event("CALL_ESTABLISHED", calls, 10);
        let party = Party::at(sound);
        party.hears(dialled, &said);
        b.hang_up();
        far.finish();
        api.wait_no_calls();
        let call = api.ended_call("8002");
        assert_eq!(call["called"], "913800138000", "{dialled}: {call:#}");
    }
    // A click: the own phone first, then the number.
    let sound = RtpPeer::open();
    let mut far = outside(&tipring, port, &sound);
    let body = json!({"to": "913800138000", "account": null});
    let answer = api.post("/api/phones/8002/dial", &body);
    assert!(answer.status < 300, "{}", answer.text());
    b.answer(1);
    far.answered(&sound);
    let party = Party::at(sound);
    party.hears("who clicked", &said);
    far.word("NOTIFY", "");
    far.finish();
    b.ended(1);
    api.wait_no_calls();
    // What may not be called: by class of service, and by the list.
    for number in ["90086123456", "913900000000"] {
        let told = refused(&mut b, number);
        assert!(told.contains("403"), "{number}: {told}");
    }
}

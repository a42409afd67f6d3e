//! The telephone features that a call goes through, with real phones: what each party hears at every
//! step. The caller is a sipp with open ears, the others are baresips that say a phrase of their own
//! again and again.

use serde_json::{Value, json};
use tipring_test_peers::acts::{self, talker};
use tipring_test_peers::alike::assert_heard;
use tipring_test_peers::api::Api;
use tipring_test_peers::baresip::{Baresip, Phone};
use tipring_test_peers::party::{Party, phrase};
use tipring_test_peers::ports;
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::Site;
use tipring_test_peers::speech;
use tipring_test_peers::tipring::TestBox;

const B: &str = speech::CALLEE;
const C: &str = speech::STRANGER;
const D: &str = "vm-goodbye";

/// A box whose phones are of one pick-up group, and supervisors.
fn start() -> (TestBox, Api) {
    let features = "pick_up_group = \"desk\", call_waiting = true, supervisor = true";
    let tipring = TestBox::start(&Site { features, ..Site::default() });
    let api = tipring.api();
    (tipring, api)
}

/// Asks the box for something at a phone.
#[track_caller]
fn at(api: &Api, extension: &str, what: &str, body: &Value) {
    let answer = api.post(&format!("/api/phones/{extension}/{what}"), body);
    assert!(answer.status < 300, "{what} at {extension}: {}", answer.text());
}

/// 8001 has called 8002, which has answered.
fn called(tipring: &TestBox, b: &mut Baresip) -> Party {
    let mut a = Party::dials(tipring, "8001", "8002");
    b.answer(1);
    a.answered();
    a
}

#[test]
fn mute_consult_swap_and_three_way() {
    let (tipring, api) = start();
    let (said_b, said_c) = (phrase(B), phrase(C));
    let mut b = talker(&tipring, "8002", &said_b);
    let mut c = talker(&tipring, "8003", &said_c);
    let a = called(&tipring, &mut b);
    a.hears("the called party", &said_b);
    at(&api, "8002", "mute", &json!({"muted": true}));
    a.does_not_hear("the muted party", &said_b);
    at(&api, "8002", "mute", &json!({"muted": false}));
    a.hears("the party unmuted", &said_b);
    at(&api, "8002", "consult", &json!({"to": "8003"}));
    c.answer(1);
    a.hears_music();
    at(&api, "8002", "consult-swap", &json!(null));
    a.hears("the party after the swap", &said_b);
    at(&api, "8002", "conference", &json!(null));
    a.hears_among(1, "the first of three", &said_b);
    a.hears_among(1, "the third of three", &said_c);
    b.hang_up();
    a.hears("who stays", &said_c);
    a.sound.say_all(&said_of_the_caller());
    a.hears("who stays, still", &said_c);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
    assert_heard("the caller by the third", &said_of_the_caller(), &c.heard());
    let call = api.ended_call("8001");
    acts::check_record(&call);
    let kinds = acts::segment_kinds(&call);
    assert!(kinds.contains(&"consult") && kinds.contains(&"conference"), "{kinds:?}");
}

fn said_of_the_caller() -> Vec<i16> {
    phrase(speech::CALLER)
}

#[test]
fn attended_transfer_by_command() {
    let (tipring, api) = start();
    let said_c = phrase(C);
    let mut b = talker(&tipring, "8002", &phrase(B));
    let mut c = talker(&tipring, "8003", &said_c);
    let a = called(&tipring, &mut b);
    at(&api, "8002", "consult", &json!({"to": "8003"}));
    c.answer(1);
    a.hears_music();
    at(&api, "8002", "consult-transfer", &json!(null));
    b.ended(1);
    a.hears("the target", &said_c);
    a.sound.say_all(&said_of_the_caller());
    a.hears("the target, still", &said_c);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
    assert_heard("the caller by the target", &said_of_the_caller(), &c.heard());
}

#[test]
fn attended_transfer_by_refer_with_replaces() {
    let (tipring, api) = start();
    let (said_b, said_c) = (phrase(B), phrase(C));
    let microphone = speech::again_and_again(&said_b, 0, 60);
    let mut b = Phone::new("8002", tipring.sip()).traced().start(&microphone);
    b.registered();
    let mut c = talker(&tipring, "8003", &said_c);
    let a = called(&tipring, &mut b);
    a.hears("the called party", &said_b);
    b.command("hold", "");
    a.hears_music();
    let held = b.dialog().replace('@', "%40").replace(';', "%3B").replace('=', "%3D");
    b.command("dial", "8003");
    c.answer(1);
    b.event("CALL_ESTABLISHED", 2, 10);
    // Of its two calls the newer one is current: baresip refers that one to the older's party,
    // which comes to the same.
    b.command("transfer", &format!("sip:8001@{}?Replaces={held}", tipring.sip()));
    a.hears("the target", &said_c);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
}

#[test]
fn a_conference_of_four() {
    let (tipring, api) = start();
    let said = [phrase(B), phrase(C), phrase(D)];
    let [mut b, mut c, mut d] =
        [0, 1, 2].map(|n| talker(&tipring, &format!("800{}", n + 2), &said[n]));
    let a = called(&tipring, &mut b);
    for (phone, number) in [(&mut c, "8003"), (&mut d, "8004")] {
        at(&api, "8002", "conference-add", &json!({"to": number}));
        phone.answer(1);
    }
    for (n, said) in said.iter().enumerate() {
        a.hears_among(2, &format!("member {n}"), said);
    }
    b.hang_up();
    a.hears_among(1, "a member that stays", &said[1]);
    d.hang_up();
    a.hears("the last who stays", &said[1]);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
}

#[test]
fn supervision_by_code_and_by_keys() {
    let (tipring, api) = start();
    let (said_b, said_c) = (phrase(B), phrase(C));
    let mut b = talker(&tipring, "8002", &said_b);
    let mut c = talker(&tipring, "8003", &said_c);
    let a = called(&tipring, &mut b);
    c.call("*848002");
    a.does_not_hear("a supervisor who listens", &said_c);
    c.press("5");
    a.does_not_hear("a supervisor who whispers", &said_c);
    c.press("6");
    a.hears_among(1, "a supervisor who barges in", &said_c);
    a.hears_among(1, "the other party meanwhile", &said_b);
    c.hang_up();
    a.hears("the other party afterwards", &said_b);
    a.hang_up();
    b.ended(1);
    api.wait_no_calls();
    assert_heard("the whisper by the supervised", &said_c, &b.heard());
    assert_heard("the supervised by the supervisor", &said_b, &c.heard());
}

#[test]
fn group_pick_up_park_and_take_over_by_code() {
    let (tipring, api) = start();
    let (said_b, said_c) = (phrase(B), phrase(C));
    let mut b = talker(&tipring, "8002", &said_b);
    let mut c = talker(&tipring, "8003", &said_c);
    let mut a = Party::dials(&tipring, "8001", "8002");
    b.event("CALL_INCOMING", 1, 10);
    c.call("*80");
    a.answered();
    a.hears("who picked up", &said_c);
    at(&api, "8003", "park", &json!({"place": "*702"}));
    c.ended(1);
    a.hears_music();
    b.call("*69*702");
    a.hears("who took it from its place", &said_b);
    c.call("*878002");
    a.hears("who took it over", &said_c);
    b.ended(2);
    a.hang_up();
    c.ended(2);
    api.wait_no_calls();
}

#[test]
fn a_call_moves_to_another_phone_by_invite_with_replaces() {
    let (tipring, api) = start();
    let (sound, port) = (RtpPeer::open(), ports::one());
    Scenario::new("register", tipring.sip())
        .extension("8002")
        .key("expires", "120")
        .from_port(port)
        .run();
    let mut first = Scenario::new("agent", tipring.sip())
        .key("user", "8002")
        .sound(&sound)
        .from_port(port)
        .start();
    first.ready();
    let mut a = Party::dials(&tipring, "8001", "8002");
    first.answered(&sound);
    a.answered();
    let (call_id, ours) = (first.logged("call-id", 5), first.logged("tag", 5));
    let theirs = first.logged("from", 5);
    let theirs = theirs.split(";tag=").nth(1).expect("the box has a tag");
    let replaces = format!("Replaces: {call_id};to-tag={theirs};from-tag={ours}");
    let newcomer = RtpPeer::open();
    let mut second = Scenario::new("caller", tipring.sip())
        .extension("8002")
        .key("number", "8002")
        .header(replaces)
        .sound(&newcomer)
        .start();
    second.answered(&newcomer);
    // The box has ended the leg whose place was taken.
    first.finish();
    let said = phrase(C);
    newcomer.say(&said);
    a.hears("the new phone", &said);
    a.hang_up();
    second.finish();
    api.wait_no_calls();
    acts::check_record(&api.ended_call("8001"));
}

#[test]
fn a_phone_that_subscribes_is_told_of_messages() {
    let (tipring, api) = start();
    let mut b = Phone::new("8002", tipring.sip()).messages().traced().start(&[0; 8000]);
    b.registered();
    b.wrote("Messages-Waiting: no");
    at(&api, "8002", "messages", &json!({"waiting": true}));
    b.wrote("Messages-Waiting: yes");
}

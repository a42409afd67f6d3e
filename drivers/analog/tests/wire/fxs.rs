//! A simulated handset on an FXS channel.

use crate::common::{FxsRig, caller, digits, fxs, level};
use tipring_analog::{Completion, DialPlan, FxsSettings};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Number, PortId};
use tipring_sim::{HandsetEvent, HandsetPlan, LineModel, Speech};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

fn settings() -> FxsSettings {
    let mut dial_plan = DialPlan::default();
    dial_plan.add("8", Completion::Length(4));
    dial_plan.add("*61", Completion::Hashes(2));
    FxsSettings { extension: Some(number("8005")), dial_plan, ..FxsSettings::default() }
}

fn rig() -> FxsRig {
    fxs(LineModel::default(), settings())
}

fn ring(rig: &mut FxsRig, who: CallerId) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.command(ChannelCommand::Ring { caller: who, pattern: 0 });
}

fn offered(rig: &mut FxsRig, ms: u64) -> (u64, String) {
    let at = rig.until(ms, "offer", |e| matches!(e, ChannelEvent::Offered { .. }));
    let called = rig.events.iter().rev().find_map(|(_, e)| match e {
        ChannelEvent::Offered { called, extension, caller, .. } => {
            assert_eq!(*extension, Some(number("8005")));
            assert_eq!(caller.number, *extension);
            *called
        }
        _ => None,
    });
    (at, called.unwrap().to_string())
}

#[test]
fn rings_shows_the_caller_is_answered_and_talks() {
    let mut rig = rig();
    let said: Vec<i16> = (0..16_000).map(|n| (n % 50 * 100 - 2500) as i16).collect();
    rig.control
        .set_plan(HandsetPlan {
            answer_after_ms: Some(6_200),
            say: Some(Speech::from_samples(&said)),
            talk_ms: Some(3_000),
            ..HandsetPlan::default()
        })
        .unwrap();
    let mut who = caller("13800138000");
    who.name.push_str("王小明");
    ring(&mut rig, who);
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
    let answered_at = rig.until(10_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
    assert!((6_240..6_320).contains(&answered_at), "{answered_at}");
    rig.tx = [700; 160];
    let from = rig.rx.len();
    rig.run(1_000);
    assert!((level(&rig.rx[from + 160..]) - (level(&said) - 3.0)).abs() < 1.5);
    let (_, cause) = rig.until_released(5_000);
    assert_eq!(cause, Cause::NormalClearing);
    let events = rig.handset();
    assert_eq!(events[0], HandsetEvent::Ringing);
    assert_eq!(events[1], HandsetEvent::Caller(who));
    assert!(matches!(events[2], HandsetEvent::Answered { .. }), "{events:?}");
    assert!(matches!(events[3], HandsetEvent::HungUp { .. }), "{events:?}");
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    assert!(heard.len() >= 20_000 && level(&heard[..8000]) > -35.0);
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut rig = rig();
    ring(&mut rig, caller("110"));
    rig.run(7_000);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    assert_eq!(rig.until_released(100).1, Cause::NormalClearing);
    rig.run(8_000);
    let events = rig.handset();
    assert_eq!(events.last(), Some(&HandsetEvent::RingingStopped), "{events:?}");
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Answered(_))), 0);
}

#[test]
fn numbers_are_complete_by_length_by_hash_or_by_pause() {
    for (keys, called, within_ms) in [
        ("8002", "8002", 2_500),
        ("12345#", "12345", 3_000),
        ("12345", "12345", 7_000),
        ("*611001#1234#", "*611001#1234#", 5_000),
        ("801#", "801", 2_500),
    ] {
        let mut rig = rig();
        rig.control.dial(digits(keys)).unwrap();
        let (at, got) = offered(&mut rig, within_ms);
        assert_eq!(got, called, "{keys} at {at}");
        let events = rig.handset();
        assert_eq!(events, [HandsetEvent::DialTone, HandsetEvent::Dialled]);
    }
}

#[test]
fn the_caller_hears_ringback_then_the_called_party_then_busy() {
    let mut rig = rig();
    rig.control.dial(digits("8002")).unwrap();
    offered(&mut rig, 3_000);
    rig.command(ChannelCommand::Alert);
    rig.run(6_000);
    assert!(rig.handset().contains(&HandsetEvent::Ringback));
    rig.command(ChannelCommand::Answer);
    let mut before = vec![];
    rig.control.take_heard(&mut before);
    rig.tx = std::array::from_fn(|n| (n as i16 % 16) * 300 - 2400);
    rig.run(2_000);
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    let sent = rig.tx;
    assert!((level(&heard[800..]) - (level(&sent) - 3.0)).abs() < 1.0);
    rig.control.press(digits("5")).unwrap();
    rig.run(500);
    assert_eq!(rig.digits(), "5");
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    assert_eq!(rig.until_released(100).1, Cause::NormalClearing);
    // The handset hears busy tone and is put back; then it can be rung again.
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    assert_eq!(rig.until_released(100).1, Cause::UserBusy);
    rig.run(5_000);
    let events = rig.handset();
    assert!(events.contains(&HandsetEvent::Busy), "{events:?}");
    assert!(matches!(events.last(), Some(HandsetEvent::HungUp { .. })), "{events:?}");
    ring(&mut rig, caller("110"));
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
}

#[test]
fn early_audio_replaces_ringback() {
    let mut rig = rig();
    rig.control.dial(digits("8002")).unwrap();
    offered(&mut rig, 3_000);
    rig.command(ChannelCommand::Alert);
    rig.command(ChannelCommand::OpenEarlyAudio);
    rig.tx = [0; 160];
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    heard.clear();
    rig.run(1_000);
    rig.control.take_heard(&mut heard);
    assert!(level(&heard[1600..]) < -55.0, "the switch sends silence, no ringback");
}

#[test]
fn a_handset_left_off_hook_hears_dial_tone_then_busy() {
    let mut rig = rig();
    rig.control.lift().unwrap();
    rig.run(15_000);
    assert_eq!(rig.handset(), [HandsetEvent::DialTone]);
    rig.run(4_000);
    assert_eq!(rig.handset()[0], HandsetEvent::Busy);
    assert!(rig.events.is_empty(), "no call was made");
}

#[test]
fn hanging_up_while_dialling_is_no_call() {
    let mut rig = rig();
    rig.control.dial(digits("80")).unwrap();
    rig.run(2_000);
    rig.control.hang_up().unwrap();
    rig.run(8_000);
    assert_eq!(rig.events, []);
    ring(&mut rig, caller("110"));
    rig.until(100, "ringing", |e| *e == ChannelEvent::Ringing);
}

#[test]
fn hanging_up_while_the_call_is_offered_releases_it() {
    let mut rig = rig();
    rig.control.dial(digits("8002")).unwrap();
    offered(&mut rig, 3_000);
    rig.control.hang_up().unwrap();
    let began = rig.ms();
    let (at, cause) = rig.until_released(1_000);
    assert_eq!(cause, Cause::NormalClearing);
    assert!((780..=880).contains(&(at - began)), "a flash is ruled out first: {at}");
}

#[test]
fn a_handset_lifted_in_the_moment_of_seizure_answers() {
    let mut rig = rig();
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
    rig.control.lift().unwrap();
    rig.until(100, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
}

#[test]
fn commands_out_of_place_are_counted_and_change_nothing() {
    let mut rig = rig();
    for command in [
        ChannelCommand::Answer,
        ChannelCommand::Alert,
        ChannelCommand::OpenEarlyAudio,
        ChannelCommand::Flash,
        ChannelCommand::CallWaiting { caller: CallerId::default() },
        ChannelCommand::CallWaitingEnd,
        ChannelCommand::Ring { caller: CallerId::default(), pattern: 0 },
        ChannelCommand::SendDigits(digits("1")),
        ChannelCommand::Release(Cause::NormalClearing),
        ChannelCommand::Dial { number: number("1"), caller: CallerId::default() },
    ] {
        rig.command(command);
    }
    rig.run(1_000);
    assert_eq!(rig.events, []);
    assert_eq!(rig.channel.faults().commands_refused, 10);
}

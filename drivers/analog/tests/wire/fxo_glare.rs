//! Both ends want the line at once, or somebody else has it.

use crate::common::{caller, fxo};
use tipring_analog::{FxoSettings, SeizeRefusal};
use tipring_clock::Duration;
use tipring_line::{Alarm, AnswerCertainty, Cause, ChannelCommand, ChannelEvent};
use tipring_sim::{
    CallPlan, CallerIdDelivery, DtmfDelivery, ExchangeEvent, Feeding, LineModel, Speech,
};

/// Somebody who speaks: sums of sines in syllables.
fn hello() -> CallPlan {
    let sample = |n: usize| {
        let t = n as f32 / 8000.0;
        let sum: f32 = [210.0, 433.0, 790.0, 1310.0, 2230.0]
            .iter()
            .map(|hz| (std::f32::consts::TAU * hz * t).sin())
            .sum();
        (sum * (t * 25.0).sin().abs() * 1500.0) as i16
    };
    let say = Speech::from_samples(&(0..80_000).map(sample).collect::<Vec<_>>());
    CallPlan { caller: caller("110"), say: Some(say), repeat: true, ..CallPlan::default() }
}

#[test]
fn a_call_at_the_moment_of_seizure_is_taken_and_offered() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.call_at_seizure(hello()).unwrap();
    rig.run(100);
    rig.seize();
    rig.dial("8001");
    let (at, cause) = rig.until_released(6_000);
    assert_eq!((at, cause), (5_100, Cause::NoChannel));
    // Both in one frame: the switch's call goes elsewhere, the caller is offered.
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Offered { .. })), 1);
    assert_eq!(rig.channel.diagnostics().refusal, Some(SeizeRefusal::Call));
    rig.command(ChannelCommand::Answer);
    let from = rig.rx.len();
    rig.run(1_000);
    assert!(crate::common::level(&rig.rx[from..]) > -30.0, "the caller is heard");
    rig.control.hang_up().unwrap();
    assert_eq!(rig.until_released(4_000).1, Cause::NormalClearing);
}

#[test]
fn a_caller_who_hangs_up_before_the_call_is_taken_is_released_in_time() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.call_at_seizure(CallPlan { talk_ms: Some(3_900), ..hello() }).unwrap();
    rig.run(100);
    rig.seize();
    assert_eq!(rig.until_released(6_000), (5_100, Cause::NoChannel));
    rig.command(ChannelCommand::Answer);
    // Four cycles of the tone that began at 4.0 s, not at 5.1.
    let (at, cause) = rig.until_released(4_000);
    assert_eq!(cause, Cause::NormalClearing);
    assert!(at <= 4_000 + 4 * 700, "{at}");
}

#[test]
fn a_taken_call_that_the_switch_does_not_want_is_hung_up() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.call_at_seizure(hello()).unwrap();
    rig.run(100);
    rig.seize();
    rig.until_released(6_000);
    rig.command(ChannelCommand::Release(Cause::Rejected));
    assert_eq!(rig.until_released(100).1, Cause::Rejected);
    rig.run(100);
    assert!(rig.street().iter().any(|e| matches!(e, ExchangeEvent::Idle { .. })));
}

#[test]
fn a_silent_caller_at_the_moment_of_seizure_is_a_dead_line() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.call_at_seizure(CallPlan::default()).unwrap();
    rig.run(100);
    rig.seize();
    assert_eq!(rig.until_released(6_000).1, Cause::NetworkOutOfOrder);
}

#[test]
fn a_caller_told_before_ringing_keeps_the_line_from_being_seized() {
    let dtmf = DtmfDelivery { reversal: true, ..DtmfDelivery::default() };
    let model = LineModel { caller_id: CallerIdDelivery::Dtmf(dtmf), ..LineModel::default() };
    for after_ms in [700, 1_200, 1_700] {
        let mut rig = fxo(model.clone(), FxoSettings::default());
        let mut call = hello();
        call.caller = caller("02164301440");
        rig.control.place_call(call).unwrap();
        rig.run(after_ms);
        rig.seize();
        assert_eq!(rig.until_released(100).1, Cause::NoChannel, "{after_ms}");
        assert_eq!(rig.until_offered(4_000).1, caller("02164301440"), "{after_ms}");
    }
}

#[test]
fn another_set_on_the_pair_is_left_alone() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.set_other_set(true).unwrap();
    rig.run(200);
    rig.seize();
    assert_eq!(rig.until_released(100).1, Cause::NoChannel);
    assert_eq!(rig.channel.diagnostics().refusal, Some(SeizeRefusal::OtherSet));
    rig.control.set_other_set(false).unwrap();
    rig.run(200);
    rig.seize();
    rig.dial("8001");
    rig.until(4_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
}

#[test]
fn a_line_without_voltage_is_an_alarm_until_it_has_some_again() {
    let dead = Feeding { idle_v: 1, ..Feeding::default() };
    let mut rig = fxo(LineModel { feeding: dead, ..LineModel::default() }, FxoSettings::default());
    rig.run(100);
    rig.seize();
    assert_eq!(rig.until_released(100).1, Cause::NoChannel);
    assert_eq!(rig.count(|e| *e == ChannelEvent::Alarm(Some(Alarm::NoBattery))), 1);
    // A private exchange that feeds 24 V is no set off-hook.
    let low = Feeding { idle_v: 24, ..Feeding::default() };
    let mut rig = fxo(LineModel { feeding: low, ..LineModel::default() }, FxoSettings::default());
    rig.run(100);
    rig.seize();
    rig.dial("8001");
    rig.until(4_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
}

#[test]
fn a_set_lifted_while_the_line_rests_stops_the_seizure() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.seize();
    rig.run(400);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.until_released(100);
    rig.run(400);
    rig.seize();
    rig.control.set_other_set(true).unwrap();
    assert_eq!(rig.until_released(3_000).1, Cause::NoChannel);
}

#[test]
fn metering_and_message_waiting_are_told() {
    let model =
        LineModel { metering_ms: Some(2_000), reversal_on_answer: true, ..LineModel::default() };
    let settings = FxoSettings {
        polarity: tipring_analog::PolarityUse::AnswerAndRelease,
        silence_release: Some(Duration::from_secs(30)),
        ..FxoSettings::default()
    };
    let mut rig = fxo(model, settings);
    rig.control.set_message_waiting(true).unwrap();
    rig.run(100);
    assert_eq!(rig.events.last().map(|(_, e)| e), Some(&ChannelEvent::MessageWaiting(true)));
    rig.seize();
    rig.dial("8001");
    let polarity = ChannelEvent::Answered(AnswerCertainty::Polarity);
    rig.until(15_000, "answer", |e| *e == polarity);
    rig.run(7_000);
    assert_eq!(rig.count(|e| *e == ChannelEvent::Metering), 4);
}

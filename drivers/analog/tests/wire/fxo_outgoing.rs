//! Calls from an FXO channel to the simulated street.

use crate::common::{FxoRig, caller, fxo, level};
use tipring_analog::{FxoSettings, PolarityUse};
use tipring_clock::Duration;
use tipring_dsp::tones;
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId,
};
use tipring_sim::{
    CallPlan, CalledOutcome, CalledPlan, EndReason, ExchangeEvent, ExchangeTones, LineModel, Speech,
};

fn seize(rig: &mut FxoRig) {
    rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(0))));
}

fn dial(rig: &mut FxoRig, number: &str) {
    let number = number.parse().unwrap();
    rig.command(ChannelCommand::Dial { number, caller: CallerId::default() });
}

/// Something that is no tone: a sum of incommensurable sines, as loud as speech.
fn voice(ms: usize) -> Speech {
    let sample = |n: usize| {
        let t = n as f32 / 8000.0;
        let syllables = (t * 25.0).sin().abs();
        let sum: f32 = [210.0, 433.0, 790.0, 1310.0, 2230.0]
            .iter()
            .map(|hz| (std::f32::consts::TAU * hz * t).sin())
            .sum();
        (sum * syllables * 1500.0) as i16
    };
    Speech::from_samples(&(0..ms * 8).map(sample).collect::<Vec<_>>())
}

fn called(outcome: CalledOutcome) -> CalledPlan {
    CalledPlan { outcome, say: Some(voice(60_000)), ..CalledPlan::default() }
}

fn answers() -> CalledPlan {
    called(CalledOutcome::Answers { after_ms: 7_000 })
}

#[test]
fn answer_is_taken_from_the_voice_after_ringback() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.set_called_party(CalledPlan { talk_ms: Some(5_000), ..answers() }).unwrap();
    seize(&mut rig);
    dial(&mut rig, "13800138000");
    rig.until(6_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    rig.until(9_000, "ringing", |e| *e == ChannelEvent::Ringing);
    let answered_at =
        rig.until(9_000, "answer", |e| *e == ChannelEvent::Answered(AnswerCertainty::Voice));
    let street = rig.street();
    assert_eq!(street[0], ExchangeEvent::Dialled("13800138000".parse().unwrap()));
    let ExchangeEvent::Answered { at_ms } = street[1] else { panic!("{street:?}") };
    assert!(answered_at - at_ms < 600, "{answered_at} for {at_ms}");
    let from = rig.rx.len();
    rig.run(1_000);
    assert!(level(&rig.rx[from..]) > -25.0);
    assert_eq!(rig.until_released(10_000).1, Cause::NormalClearing);
    assert_eq!(rig.count(|e| *e == ChannelEvent::Ringing), 1);
}

#[test]
fn answer_and_release_by_polarity_are_certain_and_prompt() {
    let model = LineModel {
        reversal_on_answer: true,
        release: tipring_sim::ReleaseSign::Polarity,
        ..LineModel::default()
    };
    let settings =
        FxoSettings { polarity: PolarityUse::AnswerAndRelease, ..FxoSettings::default() };
    let mut rig = fxo(model, settings);
    rig.control.set_called_party(CalledPlan { talk_ms: Some(5_000), ..answers() }).unwrap();
    seize(&mut rig);
    dial(&mut rig, "110");
    let answered_at =
        rig.until(20_000, "answer", |e| *e == ChannelEvent::Answered(AnswerCertainty::Polarity));
    let (released_at, cause) = rig.until_released(10_000);
    assert_eq!(cause, Cause::NormalClearing);
    assert!(released_at - answered_at <= 5_060, "{answered_at} to {released_at}");
}

#[test]
fn without_any_sign_a_timer_answers() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let silent =
        CalledPlan { outcome: CalledOutcome::Answers { after_ms: 0 }, ..CalledPlan::default() };
    rig.control.set_called_party(silent).unwrap();
    seize(&mut rig);
    dial(&mut rig, "110");
    let early = rig.until(6_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    let timed = ChannelEvent::Answered(AnswerCertainty::Timer);
    let answered = rig.until(25_000, "answer", |e| *e == timed);
    assert_eq!(answered - early, 20_000);
}

#[test]
fn refusals_are_told_apart() {
    for (outcome, cause) in [
        (CalledOutcome::Busy, Cause::UserBusy),
        (CalledOutcome::Congestion, Cause::Congestion),
        (CalledOutcome::Vacant, Cause::UnallocatedNumber),
    ] {
        let mut rig = fxo(LineModel::default(), FxoSettings::default());
        rig.control.set_called_party(called(outcome)).unwrap();
        seize(&mut rig);
        dial(&mut rig, "12345");
        assert_eq!(rig.until_released(20_000).1, cause, "{outcome:?}");
        assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Answered(_))), 0, "{outcome:?}");
        rig.run(100);
        assert!(rig.street().iter().any(|e| matches!(e, ExchangeEvent::Idle { .. })));
    }
}

#[test]
fn a_called_party_who_never_answers_rings_until_the_exchange_gives_up() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.set_called_party(called(CalledOutcome::NoAnswer)).unwrap();
    seize(&mut rig);
    dial(&mut rig, "12345");
    let (at, cause) = rig.until_released(80_000);
    assert_eq!(cause, Cause::UserBusy);
    assert!(at > 60_000);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Answered(_))), 0);
}

#[test]
fn a_slow_dial_tone_is_waited_for_and_none_is_a_fault() {
    for (delay, dialled) in [(0, true), (4_000, true), (8_000, false)] {
        let model = LineModel { dial_tone_delay_ms: delay, ..LineModel::default() };
        let mut rig = fxo(model, FxoSettings::default());
        rig.control.set_called_party(answers()).unwrap();
        seize(&mut rig);
        dial(&mut rig, "8001");
        if dialled {
            rig.until(9_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
            rig.run(4_000);
            let number = "8001".parse().unwrap();
            assert!(rig.street().contains(&ExchangeEvent::Dialled(number)), "{delay} ms");
        } else {
            let (at, cause) = rig.until_released(9_000);
            assert_eq!(cause, Cause::NetworkOutOfOrder);
            assert_eq!(at, 5_000);
        }
    }
}

#[test]
fn special_dial_tone_is_dial_tone_and_busy_tone_is_not() {
    for (tone, dialled) in [(tones::china::SPECIAL_DIAL, true), (tones::china::BUSY, false)] {
        let tones = ExchangeTones { dial: tone, ..ExchangeTones::CHINA };
        let model = LineModel { tones, ..LineModel::default() };
        let mut rig = fxo(model, FxoSettings::default());
        seize(&mut rig);
        dial(&mut rig, "8001");
        rig.run(8_000);
        let has_dialled = rig.count(|e| *e == ChannelEvent::EarlyAudio) > 0;
        assert_eq!(has_dialled, dialled, "{tone:?}");
    }
}

#[test]
fn where_set_so_the_number_is_dialled_into_silence() {
    let settings = FxoSettings {
        dial_without_tone: true,
        dial_tone_timeout: Duration::from_secs(3),
        ..FxoSettings::default()
    };
    let model = LineModel { dial_tone_delay_ms: 2_800, ..LineModel::default() };
    let mut rig = fxo(model, settings);
    rig.control.set_called_party(answers()).unwrap();
    seize(&mut rig);
    dial(&mut rig, "8001");
    rig.until(9_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    rig.run(4_000);
    assert!(rig.street().contains(&ExchangeEvent::Dialled("8001".parse().unwrap())));
}

#[test]
fn a_seizure_right_after_a_call_waits_for_the_guard_time() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.set_called_party(answers()).unwrap();
    seize(&mut rig);
    dial(&mut rig, "110");
    rig.run(3_000);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.until_released(100);
    let released_at = rig.ms();
    seize(&mut rig);
    dial(&mut rig, "119");
    rig.run(1_900);
    let idle_at = rig.street().iter().find_map(|e| match e {
        ExchangeEvent::Idle { at_ms } => Some(*at_ms),
        _ => None,
    });
    // Until then it may have been a dial pulse.
    assert!(idle_at.is_some_and(|at| at <= released_at + 260));
    let early = rig.until(6_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    assert!(early > released_at + 2_500, "{early}");
    rig.run(4_000);
    assert!(rig.street().contains(&ExchangeEvent::Dialled("119".parse().unwrap())));
}

#[test]
fn glare_goes_to_the_call_that_comes_in() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    // The exchange has begun to ring, but the burst has not been validated yet.
    rig.control.place_call(CallPlan { caller: caller("110"), ..CallPlan::default() }).unwrap();
    rig.run(60);
    seize(&mut rig);
    assert_eq!(rig.until_released(100).1, Cause::NoChannel);
    assert_eq!(rig.until_offered(10_000).1, caller("110"));
}

#[test]
fn a_call_that_comes_in_during_the_guard_time_takes_the_line() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    seize(&mut rig);
    rig.run(500);
    rig.command(ChannelCommand::Release(Cause::NormalClearing));
    rig.until_released(100);
    rig.run(300);
    seize(&mut rig);
    dial(&mut rig, "119");
    rig.control.place_call(CallPlan { caller: caller("110"), ..CallPlan::default() }).unwrap();
    assert_eq!(rig.until_released(1_000).1, Cause::NoChannel);
    assert_eq!(rig.until_offered(10_000).1, caller("110"));
    rig.command(ChannelCommand::Answer);
    rig.run(1_000);
    assert!(rig.street().iter().any(|e| matches!(e, ExchangeEvent::Answered { .. })));
}

#[test]
fn the_switch_gives_up_in_every_state() {
    for after_ms in (0..12_000).step_by(700) {
        let mut rig = fxo(LineModel::default(), FxoSettings::default());
        rig.control.set_called_party(answers()).unwrap();
        seize(&mut rig);
        dial(&mut rig, "110");
        rig.run(after_ms);
        rig.command(ChannelCommand::Release(Cause::NormalClearing));
        assert_eq!(rig.until_released(40).1, Cause::NormalClearing, "after {after_ms} ms");
        rig.run(15_000);
        assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 1);
        // The line is free for the next caller.
        rig.control.place_call(CallPlan { caller: caller("120"), ..CallPlan::default() }).unwrap();
        assert_eq!(rig.until_offered(10_000).1, caller("120"), "after {after_ms} ms");
    }
}

#[test]
fn a_number_without_digits_ends_the_call() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    seize(&mut rig);
    dial(&mut rig, "abc");
    assert_eq!(rig.until_released(100).1, Cause::InvalidNumberFormat);
    rig.run(200);
    let box_hung_up = rig
        .street()
        .iter()
        .any(|e| matches!(e, ExchangeEvent::Ended { reason: EndReason::BoxHungUp, .. }));
    assert!(!box_hung_up, "no call had begun");
}

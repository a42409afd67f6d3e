//! Calls from the simulated exchange to an FXO channel.

use crate::common::{caller, fxo, level};
use tipring_analog::{FxoSettings, PolarityUse};
use tipring_dsp::caller_id::{DtmfCallerIdStyle, MessageForm, Modem};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId, Presentation,
};
use tipring_sim::{
    CallPlan, CallerIdDelivery, DtmfDelivery, EndReason, ExchangeEvent, FskDelivery, LineModel,
    ReleaseSign, Ringing, Speech,
};

fn plan(number: &str) -> CallPlan {
    CallPlan { caller: caller(number), ..CallPlan::default() }
}

fn seize() -> ChannelCommand {
    ChannelCommand::Seize(Endpoint::Port(PortId(0)))
}

#[test]
fn a_whole_call_with_caller_id_digit_and_busy_tone_release() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let mut call = plan("13800138000");
    call.caller.name.push_str("王小明");
    call.keys = "1@4s,*@5s".parse().unwrap();
    call.talk_ms = Some(10_000);
    rig.control.place_call(call.clone()).unwrap();

    let (offered_at, who) = rig.until_offered(10_000);
    assert_eq!(who, call.caller);
    assert!((2_000..5_000).contains(&offered_at), "between the first two bursts: {offered_at}");
    rig.run(400);
    let answered_at = rig.ms();
    rig.command(ChannelCommand::Answer);

    let (released_at, cause) = rig.until_released(20_000);
    assert_eq!(cause, Cause::NormalClearing);
    assert_eq!(rig.digits(), "1*");
    let hung_up_at = answered_at + 10_000;
    assert!(
        (hung_up_at + 1_700..hung_up_at + 2_900).contains(&released_at),
        "three to four cycles of busy tone: {released_at} after {hung_up_at}"
    );
    rig.run(3_000);
    let street = rig.street();
    assert!(matches!(street[0], ExchangeEvent::Ringing), "{street:?}");
    assert!(matches!(street[1], ExchangeEvent::Answered { .. }), "{street:?}");
    assert!(
        matches!(street[2], ExchangeEvent::Ended { reason: EndReason::FarHungUp, .. }),
        "{street:?}"
    );
    assert!(matches!(street[3], ExchangeEvent::ReleaseTone { .. }), "{street:?}");
    assert!(matches!(street[4], ExchangeEvent::Idle { .. }), "{street:?}");
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 1);
    assert_eq!(rig.channel.faults().commands_refused, 0);
}

#[test]
fn both_modems_both_forms_and_dtmf_bring_the_number() {
    let fsk = |modem, form, level_dbm0| {
        CallerIdDelivery::Fsk(FskDelivery { modem, form, level_dbm0, ..FskDelivery::default() })
    };
    let dtmf = |style, reversal| {
        CallerIdDelivery::Dtmf(DtmfDelivery { style, reversal, ..DtmfDelivery::default() })
    };
    for delivery in [
        fsk(Modem::Bell202, MessageForm::Mdmf, -13.5),
        fsk(Modem::V23, MessageForm::Mdmf, -13.5),
        fsk(Modem::Bell202, MessageForm::Sdmf, -30.0),
        fsk(Modem::V23, MessageForm::Sdmf, -30.0),
        dtmf(DtmfCallerIdStyle::DNumberC, true),
        dtmf(DtmfCallerIdStyle::ANumberC, false),
        dtmf(DtmfCallerIdStyle::ANumberHash, false),
        dtmf(DtmfCallerIdStyle::NumberHash, true),
    ] {
        let model = LineModel { caller_id: delivery, ..LineModel::default() };
        let mut rig = fxo(model, FxoSettings::default());
        rig.run(1000);
        rig.control.place_call(plan("02164301440")).unwrap();
        let (at, who) = rig.until_offered(12_000);
        assert_eq!(who, caller("02164301440"), "{delivery:?}");
        let began = rig.street();
        assert_eq!(began, [ExchangeEvent::Ringing], "{delivery:?}");
        assert!(at < 6_000, "before the second burst: {at}, {delivery:?}");
    }
}

#[test]
fn a_caller_who_hides_is_told_as_restricted() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let hidden = CallerId { presentation: Presentation::Restricted, ..CallerId::default() };
    rig.control.place_call(CallPlan { caller: hidden, ..CallPlan::default() }).unwrap();
    assert_eq!(rig.until_offered(10_000).1, hidden);
}

#[test]
fn without_caller_id_the_second_burst_brings_the_offer() {
    let model = LineModel { caller_id: CallerIdDelivery::None, ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    let (at, who) = rig.until_offered(10_000);
    assert_eq!(who, CallerId::default());
    assert!((5_100..5_400).contains(&at), "{at}");
}

#[test]
fn offered_at_once_when_not_waiting_and_the_caller_follows() {
    let settings = FxoSettings { wait_for_caller_id: false, ..FxoSettings::default() };
    let mut rig = fxo(LineModel::default(), settings);
    rig.control.place_call(plan("13800138000")).unwrap();
    let (at, who) = rig.until_offered(1_000);
    assert_eq!(who, CallerId::default());
    assert!((140..240).contains(&at), "{at}");
    rig.until(5_000, "caller", |e| *e == ChannelEvent::CallerKnown(caller("13800138000")));
}

#[test]
fn a_long_pause_of_ringing_does_not_hold_the_offer_for_ever() {
    let model = LineModel {
        caller_id: CallerIdDelivery::None,
        ringing: Ringing::cadence(&[1000, 7000]),
        ..LineModel::default()
    };
    let mut rig = fxo(model, FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    let (at, _) = rig.until_offered(10_000);
    assert!((5_500..5_800).contains(&at), "{at}");
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let mut call = plan("13800138000");
    call.patience_ms = Some(12_000);
    rig.control.place_call(call).unwrap();
    rig.until_offered(10_000);
    let (at, cause) = rig.until_released(30_000);
    assert_eq!(cause, Cause::NormalUnspecified);
    // The last burst ended at 11 s; eight seconds without ringing are the end.
    assert!((18_900..19_300).contains(&at), "{at}");
    // The next call comes in as usual.
    rig.control.place_call(plan("120")).unwrap();
    assert_eq!(rig.until_offered(10_000).1, caller("120"));
}

#[test]
fn a_caller_who_gives_up_before_the_offer_is_no_call() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let mut call = plan("13800138000");
    call.patience_ms = Some(120);
    rig.control.place_call(call).unwrap();
    rig.run(15_000);
    assert_eq!(rig.events, []);
}

#[test]
fn a_refused_call_rings_on_unheeded() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let mut call = plan("13800138000");
    call.patience_ms = Some(25_000);
    rig.control.place_call(call).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Release(Cause::Rejected));
    assert_eq!(rig.until_released(100).1, Cause::Rejected);
    rig.command(seize());
    assert_eq!(rig.until_released(100).1, Cause::NoChannel);
    rig.run(40_000);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Offered { .. })), 1);
    rig.control.place_call(plan("120")).unwrap();
    assert_eq!(rig.until_offered(10_000).1, caller("120"));
}

#[test]
fn every_release_sign_releases() {
    let dropping = FxoSettings::default();
    let reversing =
        FxoSettings { polarity: PolarityUse::AnswerAndRelease, ..FxoSettings::default() };
    for (release, settings, within) in [
        (ReleaseSign::BusyTone, &dropping, 2_900),
        (ReleaseSign::CongestionTone, &dropping, 5_700),
        (ReleaseSign::BatteryDrop { ms: 500 }, &dropping, 400),
        (ReleaseSign::BatteryDrop { ms: 800 }, &dropping, 400),
        (ReleaseSign::DialTone, &dropping, 3_000),
        (ReleaseSign::Polarity, &reversing, 2_900),
    ] {
        let mut rig = fxo(LineModel { release, ..LineModel::default() }, settings.clone());
        rig.control.place_call(CallPlan { talk_ms: Some(3_000), ..plan("110") }).unwrap();
        rig.until_offered(10_000);
        rig.command(ChannelCommand::Answer);
        let hung_up_at = rig.ms() + 3_000;
        let (at, cause) = rig.until_released(12_000);
        assert_eq!(cause, Cause::NormalClearing, "{release:?}");
        assert!(at >= hung_up_at && at <= hung_up_at + within, "{release:?}: {at}");
        rig.run(5_000);
        assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 1, "{release:?}");
        assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Alarm(_))), 0, "{release:?}");
    }
}

#[test]
fn a_call_answered_after_the_caller_has_gone_ends_with_the_exchanges_dial_tone() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.place_call(CallPlan { patience_ms: Some(6_500), ..plan("110") }).unwrap();
    rig.until_offered(10_000);
    while rig.ms() < 9_000 {
        rig.step();
    }
    rig.command(ChannelCommand::Answer);
    let (at, cause) = rig.until_released(5_000);
    assert_eq!(cause, Cause::NormalClearing);
    assert!(at < 9_000 + 300 + 2_700, "{at}");
}

#[test]
fn a_battery_glitch_does_not_release() {
    let model = LineModel { release: ReleaseSign::BatteryDrop { ms: 120 }, ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    rig.control.place_call(CallPlan { talk_ms: Some(2_000), ..plan("110") }).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    let hung_up_at = rig.ms() + 2_000;
    // The glitch passes; it is the busy tone afterwards that releases.
    let (at, _) = rig.until_released(12_000);
    assert!(at > hung_up_at + 1_700, "{at}");
}

#[test]
fn the_box_hangs_up_and_the_next_call_finds_the_line_free() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    for number in ["110", "119", "120"] {
        rig.control.place_call(plan(number)).unwrap();
        assert_eq!(rig.until_offered(10_000).1, caller(number));
        rig.command(ChannelCommand::Answer);
        rig.run(2_000);
        rig.command(ChannelCommand::Release(Cause::NormalClearing));
        assert_eq!(rig.until_released(100).1, Cause::NormalClearing);
        rig.run(100);
        let ended = rig
            .street()
            .into_iter()
            .any(|e| matches!(e, ExchangeEvent::Ended { reason: EndReason::BoxHungUp, .. }));
        assert!(ended);
    }
}

#[test]
fn audio_passes_both_ways_only_while_connected() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let said: Vec<i16> = (0..80_000).map(|n| ((n * 37 % 401) * 10 - 2000) as i16).collect();
    let say = Some(Speech::from_samples(&said));
    rig.control.place_call(CallPlan { say, ..plan("110") }).unwrap();
    rig.until_offered(10_000);
    assert!(rig.rx.iter().all(|s| *s == 0), "nothing is heard on-hook");
    rig.command(ChannelCommand::Answer);
    rig.tx = std::array::from_fn(|n| (n as i16 % 20) * 200 - 2000);
    let from = rig.rx.len();
    rig.run(2_000);
    // Speech 3 dB down, with the echo of what the box sends.
    assert!((level(&rig.rx[from..]) - (level(&said) - 3.0)).abs() < 1.0);
    let mut heard = vec![];
    assert!(rig.control.take_heard(&mut heard) >= 15_000);
    let sent = rig.tx;
    assert!((level(&heard[1600..]) - (level(&sent) - 3.0)).abs() < 1.0);
}

#[test]
fn a_cut_line_ends_the_call_and_is_an_alarm_until_mended() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    rig.run(1_000);
    rig.control.set_battery(false).unwrap();
    assert_eq!(rig.until_released(500).1, Cause::NormalClearing);
    rig.until(3_000, "alarm", |e| *e == ChannelEvent::Alarm(Some(Alarm::NoBattery)));
    rig.command(seize());
    assert_eq!(rig.until_released(100).1, Cause::NoChannel);
    rig.control.set_battery(true).unwrap();
    rig.until(100, "end of alarm", |e| *e == ChannelEvent::Alarm(None));
}

#[test]
fn digits_and_flash_go_out_during_a_call() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    rig.control.place_call(plan("110")).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    rig.run(200);
    let digits = "159#".chars().filter_map(tipring_line::Digit::from_char).collect();
    rig.command(ChannelCommand::SendDigits(digits));
    rig.command(ChannelCommand::Flash);
    rig.run(2_000);
    let mut heard = vec![];
    rig.control.take_heard(&mut heard);
    let mut detector = tipring_dsp::DtmfDetector::new();
    detector.rx(&heard);
    let read: String = std::iter::from_fn(|| detector.poll())
        .filter_map(|e| match e {
            tipring_dsp::DtmfEvent::Start(digit) => Some(digit.as_char()),
            tipring_dsp::DtmfEvent::End { .. } => None,
        })
        .collect();
    assert_eq!(read, "159#");
    assert!(rig.street().contains(&ExchangeEvent::Flash));
}

#[test]
fn commands_out_of_place_are_counted_and_change_nothing() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    for command in [
        ChannelCommand::Answer,
        ChannelCommand::Flash,
        ChannelCommand::Ring { caller: CallerId::default(), pattern: 0 },
        ChannelCommand::SendDigits(Default::default()),
        ChannelCommand::Release(Cause::NormalClearing),
        ChannelCommand::Dial { number: "1".parse().unwrap(), caller: CallerId::default() },
    ] {
        rig.command(command);
    }
    rig.run(1_000);
    assert_eq!(rig.events, []);
    assert_eq!(rig.channel.faults().commands_refused, 6);
}

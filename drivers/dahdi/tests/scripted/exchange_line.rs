//! An FXO port over a scripted channel.

use crate::channel::{EBUSY, EIO, ENOTTY, Scripted, Told, frames, port, told_by, with_events};
use tipring_dahdi::{Hook, LineStats, Tended};
use tipring_line::{
    Alarm, AnalogPort, LinePolarity, LineReading, PortCommand, PortError, PortEvent, PortKind,
};

const ON_HOOK: i32 = 1;
const RING_END: i32 = 2;
const ALARM: i32 = 4;
const NO_ALARM: i32 = 5;
const POLARITY: i32 = 17;
const RING_BEGIN: i32 = 18;

#[test]
fn reversals_are_told_in_turns() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    let reversed = [PortEvent::Polarity(LinePolarity::Reverse)];
    assert_eq!(with_events(&mut fxo, &channel, &[POLARITY]), reversed);
    let back = [PortEvent::Polarity(LinePolarity::Forward)];
    assert_eq!(with_events(&mut fxo, &channel, &[POLARITY]), back);
}

#[test]
fn the_exchanges_lamp_signal_is_told() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    let lamp = [PortEvent::MessageWaiting(true), PortEvent::MessageWaiting(false)];
    assert_eq!(with_events(&mut fxo, &channel, &[21, 22]), lamp);
}

#[test]
fn a_burst_of_which_only_the_end_is_told_becomes_a_short_one() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    assert_eq!(with_events(&mut fxo, &channel, &[RING_END]), [PortEvent::Ringing(true)]);
    frames(&mut fxo, &channel, 14);
    assert_eq!(told_by(&mut fxo), []);
    frames(&mut fxo, &channel, 1);
    assert_eq!(told_by(&mut fxo), [PortEvent::Ringing(false)]);
    assert_eq!(with_events(&mut fxo, &channel, &[RING_BEGIN]), [PortEvent::Ringing(true)]);
    assert_eq!(with_events(&mut fxo, &channel, &[RING_END]), [PortEvent::Ringing(false)]);
}

#[test]
fn a_battery_that_drops_in_a_call_is_looked_for() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    channel.script().params.rxhooksig = 0;
    assert_eq!(with_events(&mut fxo, &channel, &[ON_HOOK]), [PortEvent::Battery(false)]);
    frames(&mut fxo, &channel, 20);
    assert_eq!(told_by(&mut fxo), []);
    channel.script().params.rxhooksig = 1;
    frames(&mut fxo, &channel, 5);
    assert_eq!(told_by(&mut fxo), [PortEvent::Battery(true)]);
}

#[test]
fn red_alarm_is_the_battery_and_others_are_alarms() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    channel.script().params.chan_alarms = 0x08;
    assert_eq!(with_events(&mut fxo, &channel, &[ALARM]), [PortEvent::Battery(false)]);
    channel.script().params.chan_alarms = 0;
    assert_eq!(with_events(&mut fxo, &channel, &[NO_ALARM]), [PortEvent::Battery(true)]);
    channel.script().params.chan_alarms = 0x10;
    let blue = [PortEvent::Alarm(Some(Alarm::Blue))];
    assert_eq!(with_events(&mut fxo, &channel, &[ALARM]), blue);
    channel.script().params.chan_alarms = 0;
    assert_eq!(with_events(&mut fxo, &channel, &[NO_ALARM]), [PortEvent::Alarm(None)]);
}

#[test]
fn a_line_without_battery_is_told_at_once() {
    let channel = Scripted::new();
    channel.script().params.chan_alarms = 0x08;
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    assert_eq!(told_by(&mut fxo), [PortEvent::Battery(false)]);
}

#[test]
fn commands_become_requests() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    fxo.command(PortCommand::OffHook(true)).unwrap();
    fxo.command(PortCommand::OffHook(true)).unwrap();
    fxo.command(PortCommand::Flash { ms: 120 }).unwrap();
    fxo.command(PortCommand::OffHook(false)).unwrap();
    let told = [
        Told::Hook(Hook::OffHook),
        Told::Flash(120),
        Told::Hook(Hook::Flash),
        Told::Hook(Hook::OnHook),
    ];
    assert_eq!(channel.told(), told);
    let ringing = fxo.command(PortCommand::Ring(true));
    assert!(matches!(ringing, Err(PortError::Unsupported(_))), "{ringing:?}");
}

#[test]
fn refusals_name_the_request() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    channel.script().refusal = Some(EBUSY);
    let error = fxo.command(PortCommand::OffHook(true)).unwrap_err();
    assert_eq!(error.to_string(), "DAHDI_HOOK (off-hook) failed: error 16");
    channel.script().refusal = Some(EIO);
    let error = fxo.command(PortCommand::Polarity(LinePolarity::Reverse)).unwrap_err();
    assert_eq!(error.to_string(), "DAHDI_SETPOLARITY failed: error 5");
}

#[test]
fn voltage_is_what_the_keeper_measured_last() {
    let channel = Scripted::new();
    let (mut fxo, mut keeper) = port(&channel, PortKind::Fxo);
    assert!(matches!(keeper.tend(), Tended::Working));
    assert_eq!(fxo.reading(), LineReading::default());
    for (millivolts, volts) in [(48_000, 48), (-7_000, -7), (0, 0)] {
        let [tipvolt, ringvolt, batvolt] = [millivolts; 3];
        channel.script().stats = Ok(LineStats { tipvolt, ringvolt, batvolt });
        keeper.tend();
        assert_eq!(fxo.reading().voltage_v, Some(volts));
    }
    channel.script().stats = Err(ENOTTY);
    keeper.tend();
    assert_eq!(fxo.reading().voltage_v, None);
}

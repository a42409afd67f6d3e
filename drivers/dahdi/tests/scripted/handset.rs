//! An FXS port over a scripted channel.

use crate::channel::{EBUSY, ENOTTY, Scripted, Told, frames, port, told_by, with_events};
use tipring_dahdi::{Hook, LineStats};
use tipring_line::{
    Alarm, AnalogPort, Digit, LinePolarity, PortCommand, PortError, PortEvent, PortKind,
};

const DOWN: i32 = 1;
const UP: i32 = 2;
const FLASH: i32 = 3;
const RINGER_OFF: i32 = 11;

#[test]
fn what_a_card_can_do_is_asked_of_it() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    fxs.command(PortCommand::Polarity(LinePolarity::Reverse)).unwrap();
    fxs.command(PortCommand::Polarity(LinePolarity::Forward)).unwrap();
    fxs.command(PortCommand::MessageLamp(true)).unwrap();
    fxs.command(PortCommand::MessageLamp(false)).unwrap();
    fxs.command(PortCommand::OnHookAudio(true)).unwrap();
    fxs.command(PortCommand::OnHookAudio(false)).unwrap();
    let told = [
        Told::Polarity(true),
        Told::Polarity(false),
        Told::Messages(true),
        Told::Messages(false),
        Told::OnHookTransfer(6_000),
    ];
    assert_eq!(channel.told(), told);
    channel.script().refusal = Some(ENOTTY);
    let lamp = fxs.command(PortCommand::MessageLamp(true));
    assert_eq!(lamp, Err(PortError::Unsupported("light a message lamp")));
}

#[test]
fn each_burst_is_begun_and_ended() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    for on in [true, true, false, false, true] {
        fxs.command(PortCommand::Ring(on)).unwrap();
    }
    let told = [Told::Hook(Hook::Ring), Told::Hook(Hook::RingOff), Told::Hook(Hook::Ring)];
    assert_eq!(channel.told(), told);
    // The kernel has ended the burst by itself: it must be told so to take the next.
    with_events(&mut fxs, &channel, &[RINGER_OFF]);
    assert_eq!(channel.told(), [Told::Hook(Hook::RingOff)]);
    fxs.command(PortCommand::Ring(true)).unwrap();
    // The handset is lifted in the burst.
    assert_eq!(with_events(&mut fxs, &channel, &[UP]), [PortEvent::OffHook(true)]);
    fxs.command(PortCommand::Ring(false)).unwrap();
    assert_eq!(channel.told(), [Told::Hook(Hook::Ring), Told::Hook(Hook::OffHook)]);
}

#[test]
fn a_handset_put_down_is_down_for_the_kernel_a_second_later_or_when_it_rings() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    with_events(&mut fxs, &channel, &[UP]);
    assert_eq!(channel.told(), [Told::Hook(Hook::OffHook)]);
    assert_eq!(with_events(&mut fxs, &channel, &[DOWN]), [PortEvent::OffHook(false)]);
    frames(&mut fxs, &channel, 48);
    assert_eq!(channel.told(), []);
    frames(&mut fxs, &channel, 3);
    assert_eq!(channel.told(), [Told::Hook(Hook::OnHook)]);
    with_events(&mut fxs, &channel, &[UP]);
    with_events(&mut fxs, &channel, &[DOWN]);
    fxs.command(PortCommand::Ring(true)).unwrap();
    let told = [Told::Hook(Hook::OffHook), Told::Hook(Hook::OnHook), Told::Hook(Hook::Ring)];
    assert_eq!(channel.told(), told);
}

#[test]
fn where_the_kernel_counts_flashes_are_shown_long_enough_to_be_seen() {
    let channel = Scripted::new();
    channel.script().params.rxflashtime = 210;
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    with_events(&mut fxs, &channel, &[UP]);
    // Told when it is over, or as an opening that ends at once: either way 140 ms are shown.
    for events in [&[FLASH][..], &[DOWN, UP]] {
        assert_eq!(with_events(&mut fxs, &channel, events), [PortEvent::OffHook(false)]);
        frames(&mut fxs, &channel, 6);
        assert_eq!(told_by(&mut fxs), []);
        frames(&mut fxs, &channel, 1);
        assert_eq!(told_by(&mut fxs), [PortEvent::OffHook(true)]);
    }
}

#[test]
fn where_the_kernel_does_not_count_openings_are_told_as_they_come() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    with_events(&mut fxs, &channel, &[UP]);
    let both = [PortEvent::OffHook(false), PortEvent::OffHook(true)];
    assert_eq!(with_events(&mut fxs, &channel, &[DOWN, UP]), both);
    assert_eq!(with_events(&mut fxs, &channel, &[DOWN]), both[..1]);
    assert_eq!(with_events(&mut fxs, &channel, &[UP]), both[1..]);
}

#[test]
fn pulse_digits_are_told_and_what_is_none_is_not() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    let events = [0x1_0000 + i32::from(b'7'), 0x1_0000 + i32::from(b'?'), 14];
    let seven = Digit::from_char('7').unwrap();
    assert_eq!(with_events(&mut fxs, &channel, &events), [PortEvent::PulseDigit(seven)]);
}

#[test]
fn off_hook_is_tried_again_while_the_kernel_refuses() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    channel.script().refusal = Some(EBUSY);
    assert_eq!(with_events(&mut fxs, &channel, &[UP]), [PortEvent::OffHook(true)]);
    frames(&mut fxs, &channel, 3);
    assert_eq!(channel.told(), [Told::Hook(Hook::OffHook); 4]);
    channel.script().refusal = None;
    frames(&mut fxs, &channel, 3);
    assert_eq!(channel.told(), [Told::Hook(Hook::OffHook)]);
}

#[test]
fn alarms_are_told() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    channel.script().params.chan_alarms = 0x08;
    let red = [PortEvent::Alarm(Some(Alarm::Red))];
    assert_eq!(with_events(&mut fxs, &channel, &[4]), red);
    channel.script().params.chan_alarms = 0;
    assert_eq!(with_events(&mut fxs, &channel, &[5]), [PortEvent::Alarm(None)]);
}

#[test]
fn voltage_is_that_between_the_wires() {
    let channel = Scripted::new();
    let (mut fxs, mut keeper) = port(&channel, PortKind::Fxs);
    let stats = LineStats { tipvolt: -2_256, ringvolt: -50_008, batvolt: -52_000 };
    channel.script().stats = Ok(stats);
    keeper.tend();
    assert_eq!(fxs.reading().voltage_v, Some(47));
}

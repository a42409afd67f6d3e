//! A timeslot: its bits, its alarms, its going and coming back.

use std::sync::Arc;

use tipring_dahdi::{DahdiKeeper, DahdiTimeslot, OpenError, Opened, Tended, timeslot_with};
use tipring_line::{Alarm, Law, PortError, SILENCE, Timeslot, TimeslotEvent};

use crate::channel::{ELAST, ENOTTY, Scripted, Told};

const BITS_CHANGED: i32 = 13;
const ALARM: i32 = 4;
const NO_ALARM: i32 = 5;
const REMOVED: i32 = 20;

fn timeslot(channel: &Scripted) -> (DahdiTimeslot<Scripted>, DahdiKeeper<Scripted>) {
    let channel = channel.clone();
    timeslot_with(Box::new(move || {
        let script = channel.script();
        if script.gone {
            return Err(OpenError::NoChannel(1));
        }
        let params = script.params;
        drop(script);
        Ok(Opened { device: Arc::new(channel.clone()), params, law: Law::A })
    }))
    .unwrap()
}

/// Lets a frame pass with these events, and gives what is told.
fn with_events(
    timeslot: &mut DahdiTimeslot<Scripted>,
    channel: &Scripted,
    events: &[i32],
) -> Vec<TimeslotEvent> {
    channel.script().events.extend(events);
    channel.script().received.push_back(Law::A.silence());
    timeslot.exchange(&SILENCE, &mut SILENCE.clone()).unwrap();
    core::iter::from_fn(|| timeslot.poll_event()).collect()
}

#[test]
fn bits_are_told_when_they_change_and_a_neighbours_are_not() {
    let channel = Scripted::new();
    channel.script().params.rxbits = 0xD9;
    let (mut timeslot, _keeper) = timeslot(&channel);
    assert_eq!(with_events(&mut timeslot, &channel, &[]), [TimeslotEvent::SignallingBits(9)]);
    channel.script().params.rxbits = 0x19;
    assert_eq!(with_events(&mut timeslot, &channel, &[BITS_CHANGED]), []);
    channel.script().params.rxbits = 0x11;
    let told = with_events(&mut timeslot, &channel, &[BITS_CHANGED, BITS_CHANGED]);
    assert_eq!(told, [TimeslotEvent::SignallingBits(1)]);
    // An event may be lost: the bits are looked at once a second as well.
    channel.script().params.rxbits = 0x1D;
    let told: Vec<_> = (0..50).flat_map(|_| with_events(&mut timeslot, &channel, &[])).collect();
    assert_eq!(told, [TimeslotEvent::SignallingBits(13)]);
    timeslot.set_signalling_bits(0x5).unwrap();
    assert_eq!(channel.told(), [Told::Bits(5)]);
    assert!(timeslot.stats().held_up > 0, "errno {ELAST} did not hold up audio");
}

#[test]
fn alarms_are_told_by_their_gravest_bit() {
    let channel = Scripted::new();
    let (mut timeslot, _keeper) = timeslot(&channel);
    with_events(&mut timeslot, &channel, &[]);
    for (bits, alarm) in
        [(0x108, Some(Alarm::Red)), (0x10, Some(Alarm::Blue)), (0x04, Some(Alarm::Yellow))]
    {
        channel.script().params.chan_alarms = bits;
        let told = with_events(&mut timeslot, &channel, &[ALARM]);
        assert_eq!(told, [TimeslotEvent::Alarm(alarm)]);
    }
    channel.script().params.chan_alarms = 0;
    let told = with_events(&mut timeslot, &channel, &[NO_ALARM]);
    assert_eq!(told, [TimeslotEvent::Alarm(None)]);
}

#[test]
fn a_timeslot_that_comes_back_sends_the_bits_it_should() {
    let channel = Scripted::new();
    let (mut timeslot, mut keeper) = timeslot(&channel);
    with_events(&mut timeslot, &channel, &[]);
    timeslot.set_signalling_bits(0xB).unwrap();
    let told = with_events(&mut timeslot, &channel, &[]);
    assert_eq!(told, []);
    channel.script().events.push_back(REMOVED);
    channel.script().gone = false;
    assert_eq!(timeslot.exchange(&SILENCE, &mut SILENCE.clone()), Err(PortError::Gone));
    assert_eq!(timeslot.poll_event(), Some(TimeslotEvent::Alarm(Some(Alarm::DeviceLost))));
    assert_eq!(timeslot.set_signalling_bits(0x9), Err(PortError::Gone));
    channel.told();
    assert!(matches!(keeper.tend(), Tended::Returned));
    let told = with_events(&mut timeslot, &channel, &[]);
    assert_eq!(told, [TimeslotEvent::Alarm(None)]);
    assert_eq!(channel.told(), [Told::Bits(9)]);
    assert!(matches!(keeper.tend(), Tended::Working));
    assert_eq!((timeslot.stats().losses, timeslot.stats().returns), (1, 1));
}

#[test]
fn a_card_that_refuses_bits_says_which_request() {
    let channel = Scripted::new();
    let (mut timeslot, _keeper) = timeslot(&channel);
    with_events(&mut timeslot, &channel, &[]);
    channel.script().refusal = Some(ENOTTY);
    let refused = PortError::Failed { what: "DAHDI_SETTXBITS", code: ENOTTY };
    assert_eq!(timeslot.set_signalling_bits(1), Err(refused));
}

//! A simulated span carries what is put on it, and spoils it as it is told.

use tipring_dsp::{BitErrors, PatternTest, g711};
use tipring_line::{
    Alarm, Frame, Law, SILENCE, Span, SpanAlarms, SpanErrors, SpanEvent, SpanTest, Timeslot,
    TimeslotEvent,
};
use tipring_sim::{SimSpan, SimTimeslot, SpanFault, SpanFaults, span};

/// A frame that A-law leaves as it is, different for each number.
fn frame(number: u8) -> Frame {
    let codes: [u8; 160] = core::array::from_fn(|n| (n as u8).wrapping_mul(7) ^ number);
    let mut frame = SILENCE;
    g711::decode(Law::A, &codes, &mut frame);
    frame
}

fn events(timeslot: &mut impl Timeslot) -> Vec<TimeslotEvent> {
    core::iter::from_fn(|| timeslot.poll_event()).collect()
}

#[test]
fn audio_bits_and_frames_come_out_as_they_went_in() {
    let (mut a, mut b, _) = span(SpanFaults::default(), 1);
    let mut rx = SILENCE;
    for number in 0..100u8 {
        for (slot, (one, other)) in a.timeslots.iter_mut().zip(&mut b.timeslots).enumerate() {
            one.exchange(&frame(number ^ slot as u8), &mut rx).unwrap();
            other.exchange(&frame(!number), &mut rx).unwrap();
            if number > 0 {
                assert_eq!(rx, frame((number - 1) ^ slot as u8), "timeslot {}", slot + 1);
            }
        }
    }
    a.timeslots[4].set_signalling_bits(0x39).unwrap();
    events(&mut b.timeslots[4]);
    events(&mut b.timeslots[5]);
    for slot in [4, 5] {
        b.timeslots[slot].exchange(&SILENCE, &mut rx).unwrap();
    }
    assert_eq!(events(&mut b.timeslots[4]), [TimeslotEvent::SignallingBits(9)]);
    assert_eq!(events(&mut b.timeslots[5]), []);
    let mut received = [0u8; 300];
    a.span.send_hdlc(&[1, 2, 3]).unwrap();
    a.span.send_hdlc(&[4; 264]).unwrap();
    assert_eq!(b.span.receive_hdlc(&mut received), Some(3));
    assert_eq!(received[..3], [1, 2, 3]);
    assert_eq!(b.span.receive_hdlc(&mut received), Some(264));
    assert_eq!(b.span.receive_hdlc(&mut received), None);
    assert!(a.span.send_hdlc(&[0; 265]).is_err());
    assert!((0..65).map(|_| a.span.send_hdlc(&[0])).any(|sent| sent.is_err()));
}

#[test]
fn a_cut_cable_is_told_to_both_ends_and_so_is_its_return() {
    let (mut a, mut b, control) = span(SpanFaults::default(), 1);
    let mut rx = SILENCE;
    let mut pass = |a: &mut tipring_sim::SpanEnd, b: &mut tipring_sim::SpanEnd| {
        a.timeslots[0].exchange(&frame(1), &mut rx).unwrap();
        b.timeslots[0].exchange(&frame(2), &mut rx).unwrap();
        [&mut a.timeslots[0], &mut b.timeslots[0]].map(|t| {
            let alarms = |e| if let TimeslotEvent::Alarm(alarm) = e { Some(alarm) } else { None };
            events(t).into_iter().find_map(alarms)
        })
    };
    assert_eq!(pass(&mut a, &mut b), [None, None]);
    control.fault_at_first(SpanFault::NoSignal);
    assert_eq!(pass(&mut a, &mut b), [Some(Some(Alarm::Red)), Some(Some(Alarm::Yellow))]);
    let red = SpanAlarms { red: true, no_signal: true, ..SpanAlarms::default() };
    assert_eq!(a.span.poll_event(), Some(SpanEvent::Alarms(red)));
    let rai = SpanAlarms { rai: true, ..SpanAlarms::default() };
    assert_eq!(b.span.poll_event(), Some(SpanEvent::Alarms(rai)));
    control.fault_at_first(SpanFault::None);
    assert_eq!(pass(&mut a, &mut b), [Some(None), Some(None)]);
    assert_eq!(a.span.poll_event(), Some(SpanEvent::Alarms(SpanAlarms::default())));
    control.fault_at_second(SpanFault::NoHdlc);
    a.span.send_hdlc(&[1]).unwrap();
    assert_eq!(pass(&mut a, &mut b), [None, None]);
    assert_eq!(b.span.receive_hdlc(&mut [0; 8]), None);
}

#[test]
fn faults_happen_as_often_as_told_and_are_counted() {
    let faults = SpanFaults {
        bit_error_rate: 1e-4,
        slip_rate: 0.01,
        hdlc_loss_rate: 0.1,
        ..SpanFaults::default()
    };
    let course = |seed| {
        let (mut a, mut b, _) = span(faults, seed);
        let (mut rx, mut spoilt) = (SILENCE, 0);
        for number in 0..=1000u16 {
            a.timeslots[0].exchange(&frame(number as u8), &mut rx).unwrap();
            b.timeslots[0].exchange(&SILENCE, &mut rx).unwrap();
            spoilt += u32::from(number > 0 && rx != frame((number - 1) as u8));
        }
        let mut arrived = 0;
        for _ in 0..1000 {
            a.span.send_hdlc(&[5; 10]).unwrap();
            arrived += u32::from(b.span.receive_hdlc(&mut [0; 32]).is_some());
        }
        let errors = loop {
            if let Some(SpanEvent::Errors(errors)) = b.span.poll_event() {
                break errors;
            }
        };
        assert_eq!(errors.hdlc, 1000 - arrived);
        (spoilt, arrived, errors)
    };
    let (spoilt, arrived, errors) = course(7);
    // 1,280 bits a frame at one error in ten thousand, and one slip in a hundred.
    assert!((90..170).contains(&spoilt), "{spoilt} frames spoilt");
    assert!((3..25).contains(&errors.slips), "{errors:?}");
    assert!((95..165).contains(&errors.crc4), "{errors:?}");
    assert!((850..930).contains(&arrived), "{arrived} arrived");
    assert_eq!(course(7), course(7));
    assert_ne!(course(7), course(8));
}

#[test]
fn damaged_signalling_bits_last_a_frame() {
    let faults = SpanFaults { signalling_error_rate: 0.05, ..SpanFaults::default() };
    let (_a, mut b, _) = span(faults, 3);
    let mut rx = SILENCE;
    let mut changes = 0;
    for _ in 0..1000 {
        b.timeslots[0].exchange(&SILENCE, &mut rx).unwrap();
        changes += events(&mut b.timeslots[0]).len();
    }
    assert!((70..130).contains(&changes), "{changes}");
}

/// A pattern sent at one end and looked for there, while the other has nothing to say.
fn pattern(ends: [&mut SimTimeslot; 2], test: &mut PatternTest, frames: u32) -> BitErrors {
    let [near, far] = ends;
    for _ in 0..frames {
        let (mut tx, mut rx) = (SILENCE, SILENCE);
        test.tx(&mut tx);
        near.exchange(&tx, &mut rx).unwrap();
        test.rx(&rx);
        far.exchange(&SILENCE, &mut rx).unwrap();
    }
    test.found()
}

#[test]
fn a_pattern_comes_back_through_each_loop_and_not_without() {
    for order in [SpanTest::RemoteLoop, SpanTest::LocalLoop] {
        let (mut near, mut far, _) = span(SpanFaults::default(), 1);
        let at = if order == SpanTest::LocalLoop { &mut near.span } else { &mut far.span };
        at.test(order).unwrap();
        let looped = SpanAlarms { looped: true, ..SpanAlarms::default() };
        assert_eq!(at.poll_event(), Some(SpanEvent::Alarms(looped)));
        let mut test = PatternTest::new();
        let found = pattern([&mut near.timeslots[4], &mut far.timeslots[4]], &mut test, 200);
        assert!(found.is_clean() && found.bits > 250_000, "{order:?}: {found:?}");
        near.span.test(SpanTest::Off).unwrap();
        far.span.test(SpanTest::Off).unwrap();
        let found = pattern([&mut near.timeslots[4], &mut far.timeslots[4]], &mut test, 50);
        assert!(!found.in_sync && found.losses == 1, "{order:?}: {found:?}");
    }
    assert!(span(SpanFaults::default(), 1).0.span.test(SpanTest::Prbs).is_err());
}

#[test]
fn a_pattern_counts_the_errors_that_the_wire_makes() {
    let faults = SpanFaults { bit_error_rate: 1e-4, ..SpanFaults::default() };
    let (mut near, mut far, _) = span(faults, 3);
    far.span.test(SpanTest::RemoteLoop).unwrap();
    let mut test = PatternTest::new();
    let found = pattern([&mut near.timeslots[0], &mut far.timeslots[0]], &mut test, 2_000);
    let made: u32 = [&mut near.span, &mut far.span].map(|end| errors(end).crc4).iter().sum();
    // One before the pattern was recognised, or still under way, is not seen.
    assert!((u64::from(made) - 2..=u64::from(made)).contains(&found.errors), "{made}: {found:?}");
    assert_eq!(found.losses, 0);
    let ratio = found.ratio().unwrap();
    assert!((1e-4..3e-4).contains(&ratio), "twice over the wire: {ratio}");
    let faults = SpanFaults { slip_rate: 0.01, ..SpanFaults::default() };
    let (mut near, mut far, _) = span(faults, 3);
    far.span.test(SpanTest::RemoteLoop).unwrap();
    let mut test = PatternTest::new();
    let found = pattern([&mut near.timeslots[0], &mut far.timeslots[0]], &mut test, 2_000);
    assert!(found.losses > 10 && found.bits > 2_000_000, "{found:?}");
    assert!(found.ratio().unwrap() < 1e-3, "{found:?}");
}

fn errors(span: &mut SimSpan) -> SpanErrors {
    let told = core::iter::from_fn(|| span.poll_event());
    let last =
        told.filter_map(|e| if let SpanEvent::Errors(errors) = e { Some(errors) } else { None });
    last.last().unwrap_or_default()
}

//! A simulated span carries what is put on it, and spoils it as it is told.

use tipring_dsp::g711;
use tipring_line::{
    Alarm, Frame, Law, SILENCE, Span, SpanAlarms, SpanEvent, Timeslot, TimeslotEvent,
};
use tipring_sim::{SpanFault, SpanFaults, span};

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

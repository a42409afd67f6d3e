//! Thousands of calls between two R2 channels over a wire that does wrong, and over one that sends
//! anything at all. No call may stay, and each ends once.

mod pair;

use pair::{Pair, Tally};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Frame, FrameChannel, PortError,
    PortId, SILENCE, Timeslot, TimeslotEvent,
};
use tipring_r2::{R2, R2Settings, Variant};
use tipring_sim::{SpanFault, SpanFaults};

/// So many calls on each of the thirty channels of a span.
fn storm(code: &str, faults: SpanFaults, seed: u64, calls: u32) -> Tally {
    let mut tally = Tally::default();
    let pairs = Pair::all(code, faults, seed, 10);
    for mut pair in pairs {
        for _ in 0..calls {
            pair.call(&mut tally);
        }
        pair.expect_rest(&tally);
    }
    println!("{code}: {tally:?}");
    tally
}

#[test]
fn a_good_wire_loses_no_call() {
    for code in ["cn", "itu", "mx", "br"] {
        let tally = storm(code, SpanFaults::default(), 3, 8);
        assert_eq!((tally.calls, tally.outgoing_ends, tally.senseless), (80, 80, 0), "{tally:?}");
        assert_eq!(tally.answered + tally.refused + tally.given_up, 80, "{tally:?}");
        assert!(tally.answered > 20 && tally.refused > 10, "{tally:?}");
    }
}

#[test]
fn bit_errors_glitches_and_lost_tones_leave_nothing_stuck() {
    let faults = SpanFaults {
        bit_error_rate: 1e-4,
        signalling_error_rate: 0.01,
        slip_rate: 0.01,
        dropout_rate: 0.01,
        ..SpanFaults::default()
    };
    for (code, seed) in [("cn", 11), ("itu", 12)] {
        let tally = storm(code, faults, seed, 60);
        assert_eq!(tally.calls, 600);
        assert_eq!(tally.outgoing_ends, tally.calls, "{tally:?}");
        assert_eq!(tally.incoming_ends, tally.offered, "{tally:?}");
        assert!(tally.answered > 100, "hardly any call came through: {tally:?}");
    }
}

#[test]
fn a_wire_that_is_hardly_one_leaves_nothing_stuck() {
    let faults = SpanFaults {
        bit_error_rate: 1e-3,
        signalling_error_rate: 0.15,
        slip_rate: 0.1,
        dropout_rate: 0.15,
        ..SpanFaults::default()
    };
    let tally = storm("cn", faults, 5, 30);
    assert_eq!((tally.calls, tally.outgoing_ends), (300, 300), "{tally:?}");
    assert_eq!(tally.incoming_ends, tally.offered, "{tally:?}");
    // Line signals came whose bits nobody had sent.
    assert!(tally.senseless > 0, "{tally:?}");
}

#[test]
fn a_cut_cable_ends_calls_at_both_ends_and_its_return_frees_the_channels() {
    let (pairs, control) = Pair::all_with_control("cn", SpanFaults::default(), 9, 10);
    for (number, mut pair) in pairs.into_iter().enumerate() {
        pair.begin("80020001");
        // Cut at any moment of the call: in dialling, ringing, talking.
        pair.run(20 + 17 * number as u32);
        control.fault_at_first(SpanFault::NoSignal);
        pair.run(5);
        let ends = pair.take_ends();
        assert_eq!(ends[0], [Cause::NetworkOutOfOrder], "{number}");
        assert!(ends[1].len() <= 1 && !ends[1].contains(&Cause::NormalClearing), "{ends:?}");
        assert_eq!(pair.alarms(), [Some(Alarm::Red), Some(Alarm::Yellow)]);
        control.fault_at_first(SpanFault::None);
        pair.run(20);
        assert_eq!(pair.alarms(), [None, None]);
        pair.expect_rest(&Tally::default());
    }
}

#[test]
fn both_seizing_at_once_both_give_way() {
    for mut pair in Pair::all("itu", SpanFaults::default(), 4, 5) {
        pair.seize_both();
        pair.run(40);
        let ends = pair.take_ends();
        assert_eq!(ends, [vec![Cause::NoChannel], vec![Cause::NoChannel]]);
        pair.expect_rest(&Tally::default());
    }
}

#[test]
fn metering_pulses_are_told_and_the_call_goes_on() {
    let mut pair = Pair::all("ar", SpanFaults::default(), 4, 1).remove(0);
    pair.begin("80020001");
    pair.answer();
    for _ in 0..5 {
        // Argentina's exchange pulses by clearing back for 150 ms.
        pair.pulse(7);
        pair.run(50);
    }
    assert_eq!(pair.metered(), 5);
    assert_eq!(pair.take_ends(), [vec![], vec![]]);
}

/// A far side that sends any bits and any sound at any time.
struct Anything {
    random: SmallRng,
    events: u32,
}

impl Timeslot for Anything {
    fn exchange(&mut self, _: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        match self.random.random_range(0..200u32) {
            0 => return Err(PortError::Gone),
            1 => return Err(PortError::Failed { what: "read", code: 5 }),
            _ => {}
        }
        let loud = self.random.random_range(0..3) == 0;
        rx.fill_with(|| if loud { self.random.random() } else { 0 });
        self.events = self.random.random_range(0..3);
        Ok(())
    }

    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError> {
        assert!(abcd < 16);
        if self.random.random_range(0..50) == 0 { Err(PortError::Gone) } else { Ok(()) }
    }

    fn poll_event(&mut self) -> Option<TimeslotEvent> {
        self.events = self.events.checked_sub(1)?;
        Some(match self.random.random_range(0..200u32) {
            0 => TimeslotEvent::Alarm(Some(Alarm::Red)),
            1..4 => TimeslotEvent::Alarm(None),
            _ => TimeslotEvent::SignallingBits(self.random.random()),
        })
    }
}

#[test]
fn any_bits_and_any_commands_end_every_call_once() {
    let mut ends = 0;
    for seed in 0..40u64 {
        let code = ["cn", "itu", "br", "ar"][seed as usize % 4];
        let settings = R2Settings::new(Variant::named(code).unwrap());
        let far = Anything { random: SmallRng::seed_from_u64(seed), events: 0 };
        let mut channel = R2::new(far, settings);
        let mut random = SmallRng::seed_from_u64(!seed);
        let (mut now, mut engaged) = (Instant::ZERO, false);
        for _ in 0..5_000 {
            now += Duration::from_millis(20);
            let cause = Cause::ALL[random.random_range(0..Cause::ALL.len())];
            let command = match random.random_range(0..40) {
                0 => ChannelCommand::Seize(Endpoint::Port(PortId(0))),
                1 => ChannelCommand::Dial {
                    number: "13800138000".parse().unwrap(),
                    caller: CallerId::default(),
                },
                2 => ChannelCommand::Alert,
                3 => ChannelCommand::OpenEarlyAudio,
                4 => ChannelCommand::Answer,
                5 => ChannelCommand::Release(cause),
                6 => ChannelCommand::Flash,
                _ => ChannelCommand::CallWaitingEnd,
            };
            if !matches!(command, ChannelCommand::CallWaitingEnd) {
                let seizes = matches!(command, ChannelCommand::Seize(_));
                channel.command(now, &command);
                engaged |= seizes && !engaged;
            }
            if random.random_range(0..500) == 0 {
                channel.block(random.random());
            }
            channel.tick(now, &SILENCE, &mut SILENCE.clone());
            while let Some(event) = channel.poll_event() {
                match event {
                    ChannelEvent::Offered { .. } => {
                        assert!(!engaged, "offered in a call, seed {seed}");
                        engaged = true;
                    }
                    ChannelEvent::Released(_) => {
                        assert!(engaged, "released without a call, seed {seed}");
                        engaged = false;
                        ends += 1;
                    }
                    ChannelEvent::Ringing | ChannelEvent::Answered(_) | ChannelEvent::Metering => {
                        assert!(engaged, "{event:?} without a call, seed {seed}");
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(ends > 1_000, "{ends} calls");
}

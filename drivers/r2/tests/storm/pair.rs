//! Two channels at both ends of a timeslot, and calls between them.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Duration, Instant};
use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, FrameChannel, PortId, SILENCE,
    Timeslot,
};
use tipring_r2::{R2, R2Settings, Variant};
use tipring_sim::{SimTimeslot, SpanControl, SpanFaults, span};

/// Frames after which a call must have ended by one of its timers: four minutes.
const PATIENCE: u32 = 12_000;

/// How calls came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u32,
    pub(crate) offered: u32,
    pub(crate) answered: u32,
    pub(crate) refused: u32,
    pub(crate) given_up: u32,
    pub(crate) failed: u32,
    pub(crate) outgoing_ends: u32,
    pub(crate) incoming_ends: u32,
    /// Signals of either kind that meant nothing.
    pub(crate) senseless: u32,
}

/// What the called side does.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Answer {
        alert: bool,
        caller_ends: bool,
        talk: u32,
    },
    Refuse(Cause),
    /// It rings until the caller gives up.
    Ring {
        frames: u32,
    },
    /// The caller gives up at once or in dialling.
    GiveUp {
        frames: u32,
    },
}

/// Both ends of a timeslot.
pub(crate) struct Pair {
    ends: [R2<SimTimeslot>; 2],
    now: Instant,
    random: SmallRng,
    events: [Vec<ChannelEvent>; 2],
    alarms: [Option<Alarm>; 2],
    metered: u32,
    senseless: u32,
    /// What arrives is what was sent.
    good_wire: bool,
}

impl Pair {
    /// The first so many timeslots of a span.
    pub(crate) fn all(code: &str, faults: SpanFaults, seed: u64, count: usize) -> Vec<Self> {
        Self::all_with_control(code, faults, seed, count).0
    }

    pub(crate) fn all_with_control(
        code: &str,
        faults: SpanFaults,
        seed: u64,
        count: usize,
    ) -> (Vec<Self>, SpanControl) {
        let (a, b, control) = span(faults, seed);
        let mut settings = R2Settings::new(Variant::named(code).unwrap());
        settings.called_digits = 8;
        let good_wire = faults == SpanFaults::default();
        let ends = a.timeslots.into_iter().zip(b.timeslots).take(count);
        let pairs = ends.enumerate().map(|(number, (one, other))| {
            let ends = [one, other].map(|timeslot| R2::new(timeslot, settings.clone()));
            let random = SmallRng::seed_from_u64(seed ^ (number as u64) << 32);
            let events = [Vec::new(), Vec::new()];
            let now = Instant::ZERO;
            let mut pair = Pair {
                ends,
                now,
                random,
                events,
                alarms: [None; 2],
                metered: 0,
                senseless: 0,
                good_wire,
            };
            pair.await_idle();
            pair
        });
        (pairs.collect(), control)
    }

    pub(crate) fn run(&mut self, frames: u32) {
        for _ in 0..frames {
            self.now += Duration::from_millis(20);
            for (end, events) in self.ends.iter_mut().zip(&mut self.events) {
                end.tick(self.now, &SILENCE, &mut SILENCE.clone());
                events.extend(core::iter::from_fn(|| end.poll_event()));
            }
            for (events, alarm) in self.events.iter_mut().zip(&mut self.alarms) {
                for event in events.iter() {
                    if let ChannelEvent::Alarm(told) = event {
                        *alarm = *told;
                    }
                }
                events.retain(|event| !matches!(event, ChannelEvent::Alarm(_)));
            }
        }
    }

    fn await_idle(&mut self) -> bool {
        for _ in 0..PATIENCE {
            if self.ends.iter().all(R2::is_idle) {
                return true;
            }
            self.run(1);
        }
        false
    }

    /// Seizes and dials from the first end.
    pub(crate) fn begin(&mut self, number: &str) {
        let caller = CallerId::from_number("13912345678".parse().unwrap());
        self.ends[0].command(self.now, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let number = number.parse().unwrap();
        self.ends[0].command(self.now, &ChannelCommand::Dial { number, caller });
    }

    pub(crate) fn seize_both(&mut self) {
        for end in &mut self.ends {
            end.command(self.now, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        }
    }

    /// Waits for the offer, answers it, and waits for the answer.
    pub(crate) fn answer(&mut self) {
        self.await_event(1, |event| matches!(event, ChannelEvent::Offered { .. }));
        self.ends[1].command(self.now, &ChannelCommand::Answer);
        self.await_event(0, |event| matches!(event, ChannelEvent::Answered(_)));
    }

    /// The called side's bits go to clear-back for so many frames.
    pub(crate) fn pulse(&mut self, frames: u32) {
        self.ends[1].timeslot().set_signalling_bits(0b1101).unwrap();
        self.run(frames);
        self.ends[1].timeslot().set_signalling_bits(0b0101).unwrap();
        self.run(4);
        let before = self.events[0].len();
        self.events[0].retain(|event| *event != ChannelEvent::Metering);
        self.metered += (before - self.events[0].len()) as u32;
    }

    pub(crate) fn metered(&self) -> u32 {
        self.metered
    }

    pub(crate) fn alarms(&self) -> [Option<Alarm>; 2] {
        self.alarms
    }

    /// The causes of the calls that ended since the last time.
    pub(crate) fn take_ends(&mut self) -> [Vec<Cause>; 2] {
        self.events.each_mut().map(|events| {
            let causes = events.drain(..).filter_map(|event| match event {
                ChannelEvent::Released(cause) => Some(cause),
                _ => None,
            });
            causes.collect()
        })
    }

    fn await_event(&mut self, end: usize, wanted: impl Fn(&ChannelEvent) -> bool) {
        for _ in 0..PATIENCE {
            if let Some(place) = self.events[end].iter().position(&wanted) {
                self.events[end].remove(place);
                return;
            }
            self.run(1);
        }
        panic!("not told at end {end}: {:?}", self.events);
    }

    fn plan(&mut self) -> Plan {
        let causes =
            [Cause::UserBusy, Cause::UnallocatedNumber, Cause::Congestion, Cause::NoAnswer];
        match self.random.random_range(0..10) {
            0..5 => Plan::Answer {
                alert: self.random.random(),
                caller_ends: self.random.random(),
                talk: self.random.random_range(1..100),
            },
            5..8 => Plan::Refuse(causes[self.random.random_range(0..causes.len())]),
            8 => Plan::Ring { frames: self.random.random_range(1..200) },
            _ => Plan::GiveUp { frames: self.random.random_range(0..150) },
        }
    }

    /// One call, to its end at both ends.
    pub(crate) fn call(&mut self, tally: &mut Tally) {
        assert!(self.await_idle(), "a channel stuck: {:?}", self.ends);
        self.events = [Vec::new(), Vec::new()];
        tally.calls += 1;
        let plan = self.plan();
        let number = format!("{:08}", self.random.random_range(0..100_000_000u32));
        self.begin(&number);
        let (mut answered, mut ended, mut offers) = (false, false, 0);
        let mut left = if let Plan::GiveUp { frames } = plan { frames } else { u32::MAX };
        for _ in 0..PATIENCE {
            self.run(1);
            for event in core::mem::take(&mut self.events[1]) {
                match event {
                    ChannelEvent::Offered { called, .. } => {
                        offers += 1;
                        tally.offered += 1;
                        if self.good_wire {
                            assert_eq!(called, number.parse().ok());
                        }
                        self.obey(plan);
                    }
                    ChannelEvent::Released(_) => {
                        offers -= 1;
                        assert!(offers >= 0, "released twice");
                        tally.incoming_ends += 1;
                    }
                    _ => {}
                }
            }
            for event in core::mem::take(&mut self.events[0]) {
                match event {
                    ChannelEvent::Answered(_) => {
                        answered = true;
                        if let Plan::Answer { talk, .. } = plan {
                            left = talk;
                        }
                    }
                    ChannelEvent::Ringing => {
                        if let Plan::Ring { frames } = plan {
                            left = frames;
                        }
                    }
                    ChannelEvent::Released(cause) => {
                        assert!(!ended, "released twice");
                        ended = true;
                        count(tally, answered, cause);
                    }
                    _ => {}
                }
            }
            left = left.saturating_sub(1);
            if left == 0 {
                left = u32::MAX;
                self.hang_up(plan, answered);
            }
            if ended && offers == 0 && self.ends.iter().all(R2::is_idle) {
                break;
            }
        }
        assert!(ended, "a call stuck: {plan:?}, {:?}", self.ends);
        assert_eq!(offers, 0, "an offered call stuck: {plan:?}, {:?}", self.ends);
        let senseless = |end: &R2<_>| end.faults().line_signals + end.faults().register_signals;
        tally.senseless += self.ends.iter().map(senseless).sum::<u32>() - self.senseless;
        self.senseless = self.ends.iter().map(senseless).sum();
        tally.outgoing_ends += 1;
    }

    fn obey(&mut self, plan: Plan) {
        match plan {
            Plan::Answer { alert, .. } => {
                if alert {
                    self.ends[1].command(self.now, &ChannelCommand::Alert);
                }
                self.ends[1].command(self.now, &ChannelCommand::Answer);
            }
            Plan::Refuse(cause) => {
                self.ends[1].command(self.now, &ChannelCommand::Release(cause));
            }
            Plan::Ring { .. } | Plan::GiveUp { .. } => {
                self.ends[1].command(self.now, &ChannelCommand::Alert);
            }
        }
    }

    fn hang_up(&mut self, plan: Plan, answered: bool) {
        let cause = if answered { Cause::NormalClearing } else { Cause::NormalUnspecified };
        let end = match plan {
            Plan::Answer { caller_ends: false, .. } => 1,
            _ => 0,
        };
        self.ends[end].command(self.now, &ChannelCommand::Release(cause));
    }

    /// Both ends are free, and nothing is left over.
    #[track_caller]
    pub(crate) fn expect_rest(&mut self, tally: &Tally) {
        assert!(self.await_idle(), "a channel stuck: {:?} {tally:?}", self.ends);
        assert_eq!(self.take_ends(), [vec![], vec![]]);
    }
}

fn count(tally: &mut Tally, answered: bool, cause: Cause) {
    match cause {
        _ if answered => tally.answered += 1,
        Cause::UserBusy | Cause::UnallocatedNumber | Cause::Congestion => tally.refused += 1,
        Cause::NormalUnspecified => tally.given_up += 1,
        _ => tally.failed += 1,
    }
}

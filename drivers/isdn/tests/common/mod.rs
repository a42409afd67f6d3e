//! Two ends of one span and the wire between them, under virtual time.
#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod control;

use std::collections::VecDeque;
use std::time::Duration;

use arrayvec::ArrayVec;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::{SpanSettings, SpanSignalling, fcs};
use tipring_line::{Alarm, CallerId, ChannelCommand, ChannelEvent, Endpoint, PortId};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// How bad the wire is, in parts per thousand of the frames.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Frames that do not arrive.
    pub(crate) lost: u32,
    /// Frames with one to three wrong bits.
    pub(crate) damaged: u32,
    /// How much later than a millisecond a frame may arrive, at most, in milliseconds.
    pub(crate) delay_ms_max: u64,
}

/// One end: 0 is the user, 1 the network.
pub(crate) const USER: usize = 0;
pub(crate) const NETWORK: usize = 1;

type OnTheWire = (Instant, ArrayVec<u8, 300>);

pub(crate) struct Pair {
    pub(crate) now: Instant,
    pub(crate) ends: [SpanSignalling; 2],
    pub(crate) outputs: [VecDeque<Output>; 2],
    /// Every frame that an end has sent.
    pub(crate) frames: Vec<(Instant, Side, Vec<u8>)>,
    pub(crate) keep_frames: bool,
    pub(crate) faults: Faults,
    pub(crate) cut: bool,
    pub(crate) damaged: u64,
    to: [VecDeque<OnTheWire>; 2],
    rng: ChaCha8Rng,
}

impl Pair {
    pub(crate) fn new(user: Profile, network: Profile, seed: u64) -> Self {
        let settings = |side, profile| SpanSettings::new(side, profile);
        Pair {
            now: Instant::ZERO,
            ends: [
                SpanSignalling::new(settings(Side::User, user)),
                SpanSignalling::new(settings(Side::Network, network)),
            ],
            outputs: Default::default(),
            frames: Vec::new(),
            keep_frames: false,
            faults: Faults::default(),
            cut: false,
            damaged: 0,
            to: Default::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Both ends of one profile, up and idle.
    pub(crate) fn up(profile: &Profile) -> Self {
        let mut pair = Pair::new(profile.clone(), profile.clone(), 1);
        pair.start();
        pair.run(SECOND);
        assert!(pair.ends.iter().all(SpanSignalling::is_up), "the link comes up");
        pair.outputs.iter_mut().for_each(VecDeque::clear);
        pair
    }

    pub(crate) fn start(&mut self) {
        let now = self.now;
        self.ends.iter_mut().for_each(|end| end.start(now));
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.exchange();
            let due = self.ends.iter().filter_map(SpanSignalling::poll_timeout);
            let arriving = self.to.iter().filter_map(|wire| wire.front().map(|(at, _)| *at));
            let Some(next) = due.chain(arriving).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            self.deliver();
        }
        self.now = end;
    }

    fn deliver(&mut self) {
        let now = self.now;
        for (end, wire) in self.ends.iter_mut().zip(&mut self.to) {
            while wire.front().is_some_and(|(at, _)| *at <= now) {
                let (_, frame) = wire.pop_front().expect("just seen");
                match fcs::open(&frame) {
                    Some(frame) => end.handle_frame(now, frame),
                    None => self.damaged += 1,
                }
            }
            if end.poll_timeout().is_some_and(|at| at <= now) {
                end.handle_timeout(now);
            }
        }
    }

    fn exchange(&mut self) {
        for from in [USER, NETWORK] {
            while let Some(frame) = self.ends[from].poll_frame() {
                if self.keep_frames {
                    let side = if from == USER { Side::User } else { Side::Network };
                    self.frames.push((self.now, side, frame.to_vec()));
                }
                self.put_on_wire(1 - from, &frame);
            }
            while let Some(output) = self.ends[from].poll_output() {
                self.outputs[from].push_back(output);
            }
        }
    }

    fn put_on_wire(&mut self, to: usize, frame: &[u8]) {
        let mut sealed: ArrayVec<u8, 300> = frame.iter().copied().collect();
        assert!(fcs::seal(&mut sealed));
        if self.cut || self.rng.random_range(0..1000) < self.faults.lost {
            return;
        }
        if self.rng.random_range(0..1000) < self.faults.damaged {
            for _ in 0..self.rng.random_range(1..=3) {
                let bit = self.rng.random_range(0..sealed.len() * 8);
                sealed[bit / 8] ^= 1 << (bit % 8);
            }
        }
        let late = self.rng.random_range(0..=self.faults.delay_ms_max);
        let at = self.now + Duration::from_millis(1 + late);
        // A wire does not let one frame overtake another.
        let at = self.to[to].back().map_or(at, |(before, _)| at.max(*before));
        self.to[to].push_back((at, sealed));
    }

    pub(crate) fn command(&mut self, end: usize, timeslot: u8, command: &ChannelCommand) {
        self.ends[end].command(self.now, timeslot, command);
        self.exchange();
    }

    pub(crate) fn alarm(&mut self, alarm: Option<Alarm>) {
        let now = self.now;
        self.ends.iter_mut().for_each(|end| end.handle_alarm(now, alarm));
        self.exchange();
    }

    pub(crate) fn dial(&mut self, end: usize, timeslot: u8, number: &str, caller: CallerId) {
        self.command(end, timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let number = number.parse().expect("a number");
        self.command(end, timeslot, &ChannelCommand::Dial { number, caller });
    }

    /// What an end has told of channels so far.
    pub(crate) fn events(&mut self, end: usize) -> Vec<(u8, ChannelEvent)> {
        let outputs = self.outputs[end].drain(..);
        outputs
            .filter_map(|output| match output {
                Output::Channel { timeslot, event } => Some((timeslot, event)),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn assert_idle(&self) {
        for end in &self.ends {
            assert_eq!(end.calls().calls(), 0, "a call is left");
            assert_eq!(end.calls().channels_in_use(), 0, "a channel is left");
        }
    }
}

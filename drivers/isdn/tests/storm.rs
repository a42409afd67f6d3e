//! The storm: thousands of calls on eight spans whose D-channels lose, damage and delay frames,
//! go away and come back. Every call has exactly one end on each side that knew of it, and in the
//! end no call, reference or channel is left.

mod common;

use std::time::Duration;

use common::{Faults, NETWORK, Pair, SECOND, USER};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tipring_isdn::q931::{ChannelRequest, Hunt, Output, OverlapReceiving, Profile};
use tipring_line::{Alarm, CallerId, Cause, ChannelCommand, ChannelEvent};

const SPANS: u64 = 8;
const CALLS_A_SPAN: u32 = 700;

/// The switch's books of one end: which channels have a call.
#[derive(Default)]
struct Books {
    busy: [bool; 32],
    begun: u32,
    offered: u32,
    answered: u32,
    ended: u32,
}

impl Books {
    /// What an end told, entered; gives the channels on which a call has just been offered.
    fn enter(&mut self, output: Output) -> Option<u8> {
        match output {
            Output::Channel { timeslot, event } => {
                let busy = &mut self.busy[usize::from(timeslot)];
                match event {
                    ChannelEvent::Offered { .. } => {
                        assert!(!*busy, "offered on a channel with a call, timeslot {timeslot}");
                        *busy = true;
                        self.offered += 1;
                        return Some(timeslot);
                    }
                    ChannelEvent::Released(_) => {
                        assert!(*busy, "a second end, timeslot {timeslot}");
                        *busy = false;
                        self.ended += 1;
                    }
                    ChannelEvent::Answered(_) => self.answered += 1,
                    _ => {}
                }
            }
            Output::Moved { from, to } => {
                assert!(self.busy[usize::from(from)] && !self.busy[usize::from(to)]);
                self.busy.swap(usize::from(from), usize::from(to));
            }
            _ => {}
        }
        None
    }

    fn talking(&self) -> impl Iterator<Item = u8> + use<> {
        let busy = self.busy;
        (1..32).filter(move |timeslot| busy[usize::from(*timeslot)])
    }
}

struct Span {
    pair: Pair,
    books: [Books; 2],
    rng: ChaCha8Rng,
    /// The most channels that had a call at once.
    most: usize,
}

impl Span {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let base = if seed.is_multiple_of(2) { Profile::china() } else { Profile::euro_isdn() };
        let profile = Profile {
            restart: seed % 4 < 2,
            channel_request: if seed.is_multiple_of(3) {
                ChannelRequest::Preferred
            } else {
                ChannelRequest::Exclusive
            },
            overlap_sending: (seed % 5 == 1).then_some(3),
            overlap_receiving: OverlapReceiving::On { digits: Some(8) },
            disconnect_in_band: seed % 2 == 1,
            ..base
        };
        let network = Profile { hunt: Hunt::Ascending, ..profile.clone() };
        let mut pair = Pair::new(profile, network, rng.random());
        pair.start();
        pair.run(SECOND);
        pair.faults = Faults { lost: 20, damaged: 20, delay_ms_max: 60 };
        Span { pair, books: Default::default(), rng, most: 0 }
    }

    fn begin(&mut self) {
        let end = self.rng.random_range(0..2);
        let timeslot = self.rng.random_range(1..32);
        let free = self.pair.ends[end].calls().is_free(timeslot);
        if free && !self.books[end].busy[usize::from(timeslot)] {
            self.books[end].busy[usize::from(timeslot)] = true;
            self.books[end].begun += 1;
            let number = format!("{:08}", self.rng.random_range(0..100_000_000u32));
            self.pair.dial(end, timeslot, &number, CallerId::default());
        }
    }

    /// Reads what both ends told, and answers calls as people do.
    fn attend(&mut self) {
        for end in [USER, NETWORK] {
            while let Some(output) = self.pair.outputs[end].pop_front() {
                let Some(timeslot) = self.books[end].enter(output) else { continue };
                let commands = [
                    (ChannelCommand::Alert, 0.8),
                    (ChannelCommand::OpenEarlyAudio, 0.2),
                    (ChannelCommand::Answer, 0.6),
                    (ChannelCommand::Release(Cause::UserBusy), 0.1),
                ];
                for (command, chance) in commands {
                    if self.rng.random_bool(chance) {
                        self.pair.command(end, timeslot, &command);
                    }
                }
            }
        }
    }

    fn hang_up(&mut self, chance: f64) {
        for end in [USER, NETWORK] {
            for timeslot in self.books[end].talking() {
                if self.rng.random_bool(chance) {
                    let command = ChannelCommand::Release(Cause::NormalClearing);
                    self.pair.command(end, timeslot, &command);
                }
            }
        }
    }

    /// Now and then the wire is cut, shorter or longer than calls bear, seen by an alarm or not.
    fn trouble(&mut self) {
        let seconds = self.rng.random_range(1..15);
        let seen = self.rng.random_bool(0.5);
        self.pair.cut = true;
        if seen {
            self.pair.alarm(Some(Alarm::Red));
        }
        self.pair.run(seconds * SECOND);
        self.attend();
        self.pair.cut = false;
        if seen {
            self.pair.alarm(None);
        }
    }

    fn storm(&mut self) {
        while self.books.iter().map(|books| books.begun).sum::<u32>() < CALLS_A_SPAN {
            self.begin();
            let ms = self.rng.random_range(0..150);
            self.pair.run(Duration::from_millis(ms));
            self.attend();
            self.most = self.most.max(self.books[USER].talking().count());
            self.hang_up(0.01);
            if self.rng.random_ratio(1, 150) {
                self.trouble();
            }
        }
    }

    /// The wire is good again, everybody hangs up, and time passes.
    fn wind_up(&mut self) {
        self.pair.faults = Faults::default();
        for _ in 0..40 {
            self.hang_up(1.0);
            self.pair.run(15 * SECOND);
            self.attend();
        }
    }
}

#[test]
fn thousands_of_calls_on_bad_lines() {
    let (mut begun, mut answered, mut glares, mut resets, mut most) = (0, 0, 0, 0, 0);
    for seed in 0..SPANS {
        let mut span = Span::new(seed);
        span.storm();
        most = most.max(span.most);
        span.wind_up();
        span.pair.assert_idle();
        assert!(span.pair.damaged > 50, "the wire was bad: {} frames", span.pair.damaged);
        for (end, books) in span.books.iter().enumerate() {
            assert!(!books.busy.contains(&true), "span {seed}, end {end}: a call without an end");
            assert_eq!(books.begun + books.offered, books.ended, "span {seed}, end {end}");
            begun += books.begun;
            answered += books.answered;
        }
        for end in &span.pair.ends {
            assert!(end.is_up());
            let (link, calls) = (end.link().counters(), end.calls().counters());
            assert!(link.retransmissions > 0, "frames were lost and sent again");
            assert_eq!((link.malformed, calls.unreadable, calls.overflows), (0, 0, 0));
            glares += calls.glares;
            resets += link.peer_resets;
        }
    }
    assert!(begun >= 5000, "{begun} calls");
    assert!(answered > 500, "{answered} answers");
    assert!(glares > 20 && resets > 20, "{glares} glares, {resets} resets");
    assert!(most >= 20, "{most} calls at once");
    println!(
        "{begun} calls, {answered} answered, {glares} glares, {resets} resets, {most} at once"
    );
}

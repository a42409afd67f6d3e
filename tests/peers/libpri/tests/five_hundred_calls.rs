//! Five hundred calls in each role, each direction by chance, ended in every order; some with their
//! numbers digit by digit, some on a channel that both sides want at once, while the D-channel is
//! cut for a while, channels are restarted and states asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};
use tipring_test_libpri::{Desk, Line, Manner};

const CALLS: u32 = 500;

/// What our end knows of the calls on its channels.
#[derive(Default)]
struct Ours {
    /// Calls of ours by timeslot, and whether we have released them.
    out: BTreeMap<u8, bool>,
    /// Calls of theirs by timeslot.
    incoming: BTreeMap<u8, bool>,
    finals: u32,
    answered: u32,
}

impl Ours {
    fn take(&mut self, line: &mut Line, rng: &mut ChaCha8Rng) {
        while let Some(output) = line.outputs.pop_front() {
            let Output::Channel { timeslot, event } = output else { continue };
            match event {
                ChannelEvent::Offered { called, .. } => {
                    assert!(called.is_some(), "the called number came through");
                    assert!(!self.out.contains_key(&timeslot), "one call a channel");
                    assert!(self.incoming.insert(timeslot, false).is_none());
                    for command in [
                        ChannelCommand::Alert,
                        ChannelCommand::OpenEarlyAudio,
                        ChannelCommand::Answer,
                    ] {
                        if rng.random_bool(0.7) {
                            line.command(timeslot, &command);
                        }
                    }
                }
                ChannelEvent::Answered(_) => self.answered += 1,
                ChannelEvent::Released(_) => {
                    let ours = self.out.remove(&timeslot).is_some();
                    let theirs = self.incoming.remove(&timeslot).is_some();
                    assert!(ours != theirs, "exactly one end for a call, timeslot {timeslot}");
                    self.finals += 1;
                }
                _ => {}
            }
        }
    }

    /// Hangs up one of the calls, whatever its state.
    fn hang_up(&mut self, line: &mut Line, rng: &mut ChaCha8Rng) {
        const CAUSES: [Cause; 4] =
            [Cause::NormalClearing, Cause::UserBusy, Cause::Rejected, Cause::NoAnswer];
        let all: Vec<u8> = self.out.keys().chain(self.incoming.keys()).copied().collect();
        if !all.is_empty() {
            let timeslot = all[rng.random_range(0..all.len())];
            let cause = CAUSES[rng.random_range(0..CAUSES.len())];
            line.command(timeslot, &ChannelCommand::Release(cause));
        }
    }
}

struct Storm {
    line: Line,
    desk: Desk,
    ours: Ours,
    rng: ChaCha8Rng,
    begun: u32,
    /// The ids of libpri's calls count up.
    last_id: i32,
    digits_sent: u32,
}

impl Storm {
    fn new(side: Side, seed: u64) -> Self {
        let profile = Profile { restart: false, ..Profile::euro_isdn() };
        Storm {
            line: Line::up(side, profile),
            desk: Desk::default(),
            ours: Ours::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            begun: 0,
            last_id: 0,
            digits_sent: 0,
        }
    }

    /// A timeslot that is free on both sides.
    fn free(&mut self) -> Option<u8> {
        let timeslot = self.rng.random_range(1..32);
        let free = self.line.ours.calls().is_free(timeslot) && !self.desk.is_busy(timeslot);
        free.then_some(timeslot)
    }

    fn begin_ours(&mut self, timeslot: u8) {
        let number = format!("138{:08}", self.rng.random_range(0..100_000_000u32));
        self.line.dial(timeslot, &number, CallerId::default());
        assert!(self.ours.out.insert(timeslot, false).is_none());
        self.begun += 1;
    }

    fn begin_theirs(&mut self, timeslot: u8) {
        self.last_id += 1;
        let (id, complete) = (self.last_id, u8::from(self.rng.random_bool(0.8)));
        let setup = format!("setup {id} {timeslot} 1 13912345678 8001 {complete} 33 1 0 -");
        self.line.theirs.command(&setup);
        self.line.exchange();
        self.desk.outgoing.insert(id, timeslot);
        self.begun += 1;
        if complete == 0 {
            // The last digit comes at once, or never: then T302 does.
            self.line.run(Duration::from_millis(5));
            self.line.theirs.command(&format!("info {id} #"));
            self.digits_sent += 1;
        }
    }

    fn act(&mut self) {
        match self.rng.random_range(0..60) {
            0..15 => {
                if let Some(timeslot) = self.free() {
                    self.begin_ours(timeslot);
                }
            }
            15..30 => {
                if let Some(timeslot) = self.free() {
                    self.begin_theirs(timeslot);
                }
            }
            30..33 => {
                if let Some(timeslot) = self.free() {
                    self.begin_ours(timeslot);
                    self.begin_theirs(timeslot);
                }
            }
            33..44 => self.ours.hang_up(&mut self.line, &mut self.rng),
            44..54 => hang_up_theirs(&mut self.line, &self.desk, &mut self.rng),
            54 => {
                if let Some(timeslot) = self.free() {
                    self.line.theirs.command(&format!("restart {timeslot}"));
                }
            }
            55 if self.rng.random_bool(0.3) => {
                self.line.cut = true;
                let now = self.line.now;
                self.line.ours.enquire_status(now, self.rng.random_range(1..32));
                self.line.run(Duration::from_millis(self.rng.random_range(100..4000)));
                self.line.cut = false;
            }
            _ => {
                let now = self.line.now;
                self.line.ours.enquire_status(now, self.rng.random_range(1..32));
            }
        }
    }

    fn attend(&mut self) {
        let rng = &mut self.rng;
        self.desk.serve(&mut self.line.theirs, |_| Manner::by_chance(rng));
        self.ours.take(&mut self.line, &mut self.rng);
    }

    fn run(mut self) {
        while self.begun < CALLS {
            self.act();
            let pause = self.rng.random_range(0..60);
            self.line.run(Duration::from_millis(pause));
            self.attend();
        }
        // What still stands is hung up on both sides.
        for _ in 0..300 {
            self.ours.hang_up(&mut self.line, &mut self.rng);
            hang_up_theirs(&mut self.line, &self.desk, &mut self.rng);
            self.line.run(Duration::from_secs(1));
            self.attend();
        }
        self.check();
    }

    fn check(&mut self) {
        self.line.assert_idle();
        let ours = &self.ours;
        assert!(ours.out.is_empty() && ours.incoming.is_empty(), "every call had its end");
        assert!(ours.finals >= CALLS * 9 / 10, "{} ends", ours.finals);
        assert!(ours.answered > 30, "{} answers", ours.answered);
        assert!(self.digits_sent > 20, "{} numbers in pieces", self.digits_sent);
        let (calls, link) = (self.line.ours.calls().counters(), self.line.ours.link().counters());
        assert_eq!((calls.unreadable, calls.overflows), (0, 0));
        assert!(calls.glares > 10, "{} glares", calls.glares);
        assert!(link.retransmissions > 0, "the cuts were felt");
    }
}

fn hang_up_theirs(line: &mut Line, desk: &Desk, rng: &mut ChaCha8Rng) {
    let ids: Vec<i32> = desk.outgoing.keys().copied().collect();
    if !ids.is_empty() {
        let id = ids[rng.random_range(0..ids.len())];
        line.theirs.command(&format!("hangup {id} 16"));
        line.exchange();
    }
}

#[test]
fn our_user_against_its_network() {
    Storm::new(Side::User, 11).run();
}

#[test]
fn our_network_against_its_user() {
    Storm::new(Side::Network, 12).run();
}

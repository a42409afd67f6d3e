//! Five hundred calls in each role, each direction by chance, ended in every order.

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

fn storm(side: Side, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let profile = Profile { restart: false, ..Profile::euro_isdn() };
    let mut line = Line::up(side, profile);
    let (mut desk, mut ours) = (Desk::default(), Ours::default());
    let (mut begun, mut theirs_begun) = (0, 0);
    let mut chance = ChaCha8Rng::seed_from_u64(seed + 1);
    while begun < CALLS {
        match rng.random_range(0..4) {
            0 => {
                let timeslot = rng.random_range(1..32);
                if line.ours.calls().is_free(timeslot) {
                    let number = format!("138{:08}", rng.random_range(0..100_000_000u32));
                    line.dial(timeslot, &number, CallerId::default());
                    assert!(ours.out.insert(timeslot, false).is_none());
                    begun += 1;
                }
            }
            1 => {
                let timeslot = rng.random_range(1..32);
                if line.ours.calls().is_free(timeslot) && !desk_has(&desk, timeslot) {
                    theirs_begun += 1;
                    let id = theirs_begun;
                    line.theirs
                        .command(&format!("setup {id} {timeslot} 1 13912345678 8001 1 33 1 0 -"));
                    desk.outgoing.insert(id, true);
                    begun += 1;
                }
            }
            2 => ours.hang_up(&mut line, &mut rng),
            _ => hang_up_theirs(&mut line, &desk, &mut rng),
        }
        line.run(Duration::from_millis(rng.random_range(0..40)));
        desk.serve(&mut line, |_| Manner::by_chance(&mut chance));
        ours.take(&mut line, &mut rng);
    }
    // What still stands is hung up on our side.
    for _ in 0..200 {
        ours.hang_up(&mut line, &mut rng);
        line.run(Duration::from_secs(1));
        desk.serve(&mut line, |_| Manner::Refuse(16));
        ours.take(&mut line, &mut rng);
    }
    line.assert_idle();
    assert!(ours.out.is_empty() && ours.incoming.is_empty(), "every call had its end");
    assert!(ours.finals >= CALLS * 9 / 10, "{} ends", ours.finals);
    assert!(ours.answered > 30, "{} answers", ours.answered);
    let counters = line.ours.calls().counters();
    assert_eq!((counters.unreadable, counters.overflows), (0, 0));
}

/// Whether libpri's side still has a call on this timeslot.
fn desk_has(desk: &Desk, timeslot: u8) -> bool {
    desk.calls.values().any(|c| c.channel == i32::from(timeslot) && c.ended.is_none())
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
    storm(Side::User, 11);
}

#[test]
fn our_network_against_its_user() {
    storm(Side::Network, 12);
}

//! ISDN over the kernel's own D-channels: our end against our own other side, and against libpri,
//! which holds the D-channel of the far span itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail, ensure};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Clock, Instant, RealClock};
use tipring_dahdi::{DahdiSpan, FrameClock, SpanKeeper};
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_test_libpri::{Desk, LibPri, Manner};

use crate::rig::{SECOND, next_frame};
use crate::span::{D_CHANNEL, FIRST, whole};
use crate::{Trial, report};

/// Where the machine's file system has libpri's program.
const LIBPRI: &str = "/bin/pri_peer";
/// The clear channels of the spans: timeslots 1–15. The others have signalling bits.
pub(crate) const CHANNELS: u32 = 0xFFFE;
const CALLS: u32 = 100;
const SEED: u64 = 5;

/// An end of ours on a span of DAHDI, and what its switch knows.
pub(crate) struct End {
    pub(crate) signalling: SpanSignalling,
    pub(crate) span: DahdiSpan,
    pub(crate) keeper: SpanKeeper,
    /// The timeslots with calls.
    pub(crate) calls: BTreeSet<u8>,
    pub(crate) offered: u32,
    pub(crate) answered: u32,
    pub(crate) released: Vec<Cause>,
    random: SmallRng,
}

impl End {
    pub(crate) fn open(place: usize, side: Side, now: Instant) -> Result<Self> {
        let profile = Profile { restart: false, ..Profile::euro_isdn() };
        let mut settings = SpanSettings::new(side, profile);
        settings.calls.channels = CHANNELS;
        let mut signalling = SpanSignalling::new(settings);
        signalling.start(now);
        let (span, keeper) = whole(place)?;
        Ok(End {
            signalling,
            span,
            keeper,
            calls: BTreeSet::new(),
            offered: 0,
            answered: 0,
            released: Vec::new(),
            random: SmallRng::seed_from_u64(SEED + place as u64),
        })
    }

    /// Lets a frame pass, and serves what it brings.
    pub(crate) fn frame(&mut self, now: Instant) -> Result<()> {
        self.signalling.drive(now, &mut self.span);
        while let Some(output) = self.signalling.poll_output() {
            match output {
                Output::Channel { timeslot, event } => self.on_event(now, timeslot, &event)?,
                Output::Moved { from, to } => bail!("a call moved from {from} to {to}"),
                _ => {}
            }
        }
        Ok(())
    }

    fn on_event(&mut self, now: Instant, timeslot: u8, event: &ChannelEvent) -> Result<()> {
        match event {
            ChannelEvent::Offered { called, .. } => {
                ensure!(self.calls.insert(timeslot), "two calls on timeslot {timeslot}");
                ensure!(called.is_some(), "a call without its number");
                self.offered += 1;
                let steps = self.random.random_range(0..4);
                let all = [ChannelCommand::Alert, ChannelCommand::Answer];
                match steps {
                    0 => self.release(now, timeslot, Cause::UserBusy),
                    steps => {
                        for step in &all[..steps.min(2)] {
                            self.signalling.command(now, timeslot, step);
                        }
                    }
                }
            }
            ChannelEvent::Answered(_) => self.answered += 1,
            ChannelEvent::Released(cause) => {
                ensure!(self.calls.remove(&timeslot), "timeslot {timeslot} was released twice");
                self.released.push(*cause);
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn dial(&mut self, now: Instant, timeslot: u8) {
        self.calls.insert(timeslot);
        let seize = ChannelCommand::Seize(Endpoint::Port(PortId(0)));
        self.signalling.command(now, timeslot, &seize);
        let number = "13800138000".parse().expect("it is a number");
        let dial = ChannelCommand::Dial { number, caller: CallerId::default() };
        self.signalling.command(now, timeslot, &dial);
    }

    fn release(&mut self, now: Instant, timeslot: u8, cause: Cause) {
        self.signalling.command(now, timeslot, &ChannelCommand::Release(cause));
    }

    pub(crate) fn hang_up(&mut self, now: Instant) {
        let place = self.random.random_range(0..self.calls.len().max(1));
        if let Some(timeslot) = self.calls.iter().nth(place).copied() {
            self.release(now, timeslot, Cause::NormalClearing);
        }
    }

    /// Calls and channels that its call control has.
    fn left(&self) -> usize {
        self.signalling.calls().calls() + self.signalling.calls().channels_in_use()
    }
}

/// The far end.
enum Far {
    Ours(Box<End>),
    LibPri { program: Box<LibPri>, desk: Desk, begun: i32, random: SmallRng },
}

impl Far {
    fn libpri(side: Side) -> Self {
        let channel = FIRST[1] + D_CHANNEL - 1;
        Far::LibPri {
            program: Box::new(LibPri::start_on_device(Path::new(LIBPRI), side, channel)),
            desk: Desk::default(),
            begun: 0,
            random: SmallRng::seed_from_u64(SEED),
        }
    }

    fn frame(&mut self, now: Instant) -> Result<()> {
        match self {
            Far::Ours(end) => end.frame(now)?,
            Far::LibPri { program, desk, random, .. } => {
                program.advance(now);
                desk.serve(program, |_| Manner::by_chance(random));
            }
        }
        Ok(())
    }

    fn is_busy(&self, timeslot: u8) -> bool {
        match self {
            Far::Ours(end) => end.calls.contains(&timeslot),
            Far::LibPri { desk, .. } => desk.is_busy(timeslot),
        }
    }

    fn dial(&mut self, now: Instant, timeslot: u8) {
        match self {
            Far::Ours(end) => end.dial(now, timeslot),
            Far::LibPri { program, desk, begun, .. } => {
                *begun += 1;
                let call = format!("setup {begun} {timeslot} 1 13912345678 8001 1 33 1 0 -");
                program.command(&call);
                desk.outgoing.insert(*begun, timeslot);
            }
        }
    }

    fn hang_up(&mut self, now: Instant) {
        match self {
            Far::Ours(end) => end.hang_up(now),
            Far::LibPri { program, desk, .. } => {
                if let Some(id) = desk.outgoing.keys().next() {
                    program.command(&format!("hangup {id} 16"));
                }
            }
        }
    }

    fn left(&mut self) -> usize {
        match self {
            Far::Ours(end) => end.left(),
            Far::LibPri { program, .. } => program.calls(),
        }
    }
}

/// A hundred calls, begun at either end, with up to fifteen at a time and each end hanging up when
/// it likes.
fn calls(mut near: End, mut far: Far, time: &RealClock) -> Trial {
    let clock = FrameClock::open()?;
    let mut random = SmallRng::seed_from_u64(SEED + near.signalling.link().side() as u64);
    let (mut begun, mut most, mut frames) = (BTreeMap::from([(false, 0), (true, 0)]), 0, 0);
    for _ in 0..600 * SECOND {
        next_frame(&clock)?;
        let now = time.now();
        near.frame(now)?;
        far.frame(now)?;
        frames += 1;
        let total: u32 = begun.values().sum();
        if !near.signalling.is_up() {
            ensure!(total == 0, "the D-channel went down in call {total}");
            ensure!(frames < 20 * SECOND, "the D-channel did not come up in twenty seconds");
            continue;
        }
        most = most.max(near.calls.len());
        if total == CALLS && near.left() == 0 && far.left() == 0 {
            break;
        }
        let timeslot = random.random_range(1..16);
        let is_free = !near.calls.contains(&timeslot) && !far.is_busy(timeslot);
        if total < CALLS && is_free && random.random_bool(0.4) {
            let ours = random.random();
            *begun.entry(ours).or_default() += 1;
            if ours { near.dial(now, timeslot) } else { far.dial(now, timeslot) }
        }
        match random.random_range(0..8) {
            0 => near.hang_up(now),
            1 => far.hang_up(now),
            _ => {}
        }
    }
    let (link, counters) = (near.signalling.link().counters(), near.signalling.calls().counters());
    let left = (near.left(), far.left(), near.calls.len());
    ensure!(left == (0, 0, 0), "left when all were hung up: {left:?}; {begun:?}; {counters:?}");
    ensure!(near.released.len() == CALLS as usize, "{} ends", near.released.len());
    ensure!(near.offered == begun[&false], "{} offered of {begun:?}", near.offered);
    ensure!(near.answered > 5 && most > 3, "{} answered, {most} at once", near.answered);
    ensure!(counters.unreadable + counters.overflows == 0, "{counters:?}");
    let refused = near.released.iter().filter(|cause| **cause != Cause::NormalClearing).count();
    Ok(format!(
        "{CALLS} calls, {} of ours, {} answered, {refused} ended by another cause, {most} at once; \
         none left at either end after {} s; {} frames repeated",
        begun[&true],
        near.answered,
        frames / SECOND,
        link.retransmissions,
    ))
}

fn own(side: Side) -> Trial {
    let time = RealClock::start();
    let far = End::open(1, side.other(), time.now())?;
    calls(End::open(0, side, time.now())?, Far::Ours(Box::new(far)), &time)
}

fn libpri(side: Side) -> Trial {
    let time = RealClock::start();
    calls(End::open(0, side, time.now())?, Far::libpri(side.other()), &time)
}

pub(crate) fn trials() -> bool {
    type Run = fn() -> Trial;
    let trials: [(&str, Run); 3] = [
        ("isdn-own", || own(Side::User)),
        ("isdn-libpri-network", || libpri(Side::User)),
        ("isdn-libpri-user", || libpri(Side::Network)),
    ];
    trials.into_iter().fold(true, |fine, (name, trial)| report(name, trial()) && fine)
}

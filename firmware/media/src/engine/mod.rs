//! The real-time core of the media side: sans-IO, with the time handed in.
//!
//! Its driver calls [`Engine::handle_rtp`] and [`Engine::handle_rtcp`] with what the sockets
//! gave, [`Engine::handle_commands`] when woken, [`Engine::tick`] every 20 ms; sends what
//! [`Engine::outgoing`] holds; and follows [`Engine::poll_io`]. Nothing here allocates, locks,
//! logs or blocks.

mod commands;
mod frames;
mod leg;
mod mix;
mod output;
mod receive;
mod recordings;
mod routes;
mod timers;

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rtrb::{Consumer, Producer};
use tipring_clock::{Instant, WallTime};
use tipring_line::{ChannelId, SILENCE};

pub(crate) use self::leg::{Leg, PacketLeg, Route, Wire};
pub use self::output::{IoChange, Outgoing, Stream};
use self::output::{IoChanges, OutgoingBatch};
use crate::MediaConfig;
use crate::command::{Command, Garbage, Members};
use crate::event::MediaEvent;
use crate::metrics::Metrics;
use crate::tap::record::{Chunk, RecordingSlot};
use crate::wake::Wake;

/// Where a leg lives in the engine, from its opening until its sockets are closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LegSlot(pub u16);

impl LegSlot {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The engine's ends of the rings.
pub(crate) struct EngineEnds {
    pub(crate) commands: Consumer<Command>,
    pub(crate) events: Producer<MediaEvent>,
    pub(crate) garbage: Producer<Garbage>,
    pub(crate) chunks: Producer<Chunk>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) core_wake: Arc<Wake>,
}

/// A recording as the engine knows it.
#[derive(Clone, Debug)]
struct Recording {
    began: Instant,
    left: Option<LegSlot>,
    right: Members,
    /// It has ended at this position, which the recorder must still be told.
    ended: Option<u32>,
}

/// The real-time core.
pub struct Engine {
    legs: Vec<Option<Box<Leg>>>,
    /// Legs whose sockets are being closed.
    closing: Vec<Option<Box<Leg>>>,
    /// Legs that the tick serves.
    framed: Vec<LegSlot>,
    conferences: Vec<mix::Conference>,
    recordings: Vec<Option<Recording>>,
    /// Recordings whose end waits for room in the ring.
    ending: Vec<RecordingSlot>,
    out: OutgoingBatch,
    io: IoChanges,
    ends: EngineEnds,
    metrics: Arc<Metrics>,
    wall_at_zero: WallTime,
    ticks: usize,
    /// Counts the moments at which what everybody says is new: two a tick.
    moment: u64,
    /// The next leg of the tick under way.
    tick_place: Option<usize>,
    /// Legs whose player has ended in this frame.
    ended: Vec<LegSlot>,
    /// Events were pushed since the core was last woken.
    told: bool,
}

impl Engine {
    pub(crate) fn new(config: &MediaConfig, ends: EngineEnds, metrics: Arc<Metrics>) -> Self {
        let legs = usize::from(config.legs_max);
        let recordings = usize::from(config.recordings_max);
        Engine {
            legs: std::iter::repeat_with(|| None).take(legs).collect(),
            closing: std::iter::repeat_with(|| None).take(legs).collect(),
            framed: Vec::with_capacity(legs),
            conferences: vec![mix::Conference::default(); legs.div_ceil(2)],
            recordings: vec![None; recordings],
            ending: Vec::with_capacity(recordings),
            out: OutgoingBatch::new(),
            io: IoChanges::new(legs),
            ends,
            metrics,
            wall_at_zero: config.wall_at_zero,
            ticks: 0,
            moment: 0,
            tick_place: None,
            // One may end what it plays and its beep in one frame.
            ended: Vec::with_capacity(2 * legs),
            told: false,
        }
    }

    /// The figures of the media side.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// A descriptor that becomes readable when commands wait.
    pub(crate) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.ends.wake.as_fd()
    }

    pub(crate) fn wake(&self) -> Arc<Wake> {
        Arc::clone(&self.ends.wake)
    }

    pub(crate) fn legs_max(&self) -> u16 {
        self.legs.len() as u16
    }

    pub(crate) fn clear_wake(&self) {
        self.ends.wake.clear();
    }

    /// Wakes the core if it has been told anything since. Call it after each round of inputs.
    pub fn wake_core(&mut self) {
        if self.told {
            self.told = false;
            self.ends.core_wake.wake();
        }
    }

    /// What is to be sent now, oldest first. It takes at most [`Engine::OUTGOING_MAX`] packets:
    /// send and clear it at least after that many packets have been handled, and after each tick.
    pub fn outgoing(&self) -> &[Outgoing] {
        self.out.packets()
    }

    /// Forgets what has been sent.
    pub fn clear_outgoing(&mut self) {
        self.out.clear();
    }

    /// Whether another handled packet might not find room for what it leads to.
    pub fn is_outgoing_full(&self) -> bool {
        self.out.is_nearly_full()
    }

    /// Packets that wait to be sent at most.
    pub const OUTGOING_MAX: usize = output::BATCH;

    /// The next socket to be opened or closed. Answer a closing by [`Engine::io_closed`].
    pub fn poll_io(&mut self) -> Option<IoChange> {
        self.io.pop()
    }

    /// The leg's sockets are no longer used: its slot and its port become free.
    pub fn io_closed(&mut self, slot: LegSlot) {
        if let Some(leg) = self.closing[slot.index()].take() {
            self.discard(Garbage::Leg(slot, leg));
        }
    }

    fn leg(&self, slot: LegSlot) -> Option<&Leg> {
        self.legs.get(slot.index())?.as_deref()
    }

    fn leg_mut(&mut self, slot: LegSlot) -> Option<&mut Leg> {
        self.legs.get_mut(slot.index())?.as_deref_mut()
    }

    fn discard(&mut self, garbage: Garbage) {
        if let Err(rtrb::PushError::Full(garbage)) = self.ends.garbage.push(garbage) {
            // Dropping it here could block in the allocator.
            std::mem::forget(garbage);
            Metrics::bump(&self.metrics.garbage_leaked);
        }
    }

    fn tell(&mut self, event: MediaEvent) {
        self.told = true;
        if self.ends.events.push(event).is_err() {
            Metrics::bump(&self.metrics.events_dropped);
        }
    }

    fn unix_us(&self, now: Instant) -> u64 {
        let wall = self.wall_at_zero.plus(now - Instant::ZERO).unix_micros();
        u64::try_from(wall).unwrap_or(0)
    }

    /// The channel of a leg, for those who look into the engine from outside.
    pub fn channel(&self, slot: LegSlot) -> Option<ChannelId> {
        self.leg(slot).map(|leg| leg.channel)
    }

    fn silence_said(&mut self, slot: LegSlot) {
        if let Some(leg) = self.leg_mut(slot) {
            leg.said = SILENCE;
            leg.said_kind = crate::rtp::jitter::Popped::Nothing;
        }
    }
}

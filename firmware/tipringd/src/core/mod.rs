//! The core: switch, flows and queues composed into one sans-IO machine, the single owner of the
//! call-handling state.
//!
//! Channel events, media events and people's commands go in with the time; channel commands,
//! media requests, events for the log and replies come out, in the order in which they happened.
//! It does no I/O, reads no clock and never blocks.

mod config;

use std::collections::VecDeque;

use tipring_clock::{Instant, WallTime};
use tipring_events::{Command, EventKind, LiveState, Refusal, Reply};
use tipring_line::{ChannelCommand, ChannelEvent, ChannelId, Number};
use tipring_switch::{MediaEvent, MediaRequest};

pub use config::CoreConfig;

/// What the core wants done or known.
#[derive(Clone, PartialEq, Debug)]
pub enum CoreOutput {
    /// Tell a channel.
    Channel(ChannelId, ChannelCommand),
    /// Ask the media.
    Media(MediaRequest),
    /// Write into the log and show.
    Event(WallTime, EventKind),
    /// Answer the command with this token.
    Reply(u64, Reply),
}

/// What the core counts, for `/metrics`. All but the first two only ever grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CoreCounters {
    /// Calls in progress.
    pub calls: u64,
    /// Channels that carry a leg, those still being released included.
    pub channels: u64,
    /// Calls that began.
    pub calls_began: u64,
    /// Calls refused because `max_calls` were in progress.
    pub calls_refused: u64,
    /// Channel events for a channel the core knows nothing of.
    pub stray_events: u64,
}

/// The core.
#[derive(Debug)]
pub struct Core {
    out: VecDeque<CoreOutput>,
    counters: CoreCounters,
}

impl Core {
    /// A core without calls, all agents logged out and all phones unregistered. The first call
    /// gets the id `first_call_id`, the next ones count up.
    pub fn new(now: Instant, wall: WallTime, config: CoreConfig, first_call_id: u64) -> Self {
        let _ = (now, wall, config, first_call_id);
        Core { out: VecDeque::new(), counters: CoreCounters::default() }
    }

    /// Takes a new configuration. Calls in progress go on and nobody is logged out, but agents
    /// who are no longer in it.
    pub fn reconfigure(&mut self, now: Instant, wall: WallTime, config: CoreConfig) {
        let _ = (now, wall, config);
    }

    /// A channel told something.
    pub fn channel_event(
        &mut self,
        now: Instant,
        wall: WallTime,
        channel: ChannelId,
        event: ChannelEvent,
    ) {
        let _ = (now, wall, channel, event);
    }

    /// The media told something.
    pub fn media_event(&mut self, now: Instant, wall: WallTime, event: MediaEvent) {
        let _ = (now, wall, event);
    }

    /// A SIP phone has registered (`true`), or its registration has ended.
    pub fn set_registered(
        &mut self,
        now: Instant,
        wall: WallTime,
        extension: Number,
        registered: bool,
    ) {
        let _ = (now, wall, extension, registered);
    }

    /// A person asks for something. Answered by exactly one [`CoreOutput::Reply`] with `token`.
    pub fn command(&mut self, now: Instant, wall: WallTime, token: u64, command: Command) {
        let _ = (now, wall, command);
        self.out.push_back(CoreOutput::Reply(token, Err(Refusal::Busy)));
    }

    /// The time of [`poll_timeout`](Core::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant, wall: WallTime) {
        let _ = (now, wall);
    }

    /// When the core next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next output, oldest first.
    pub fn poll_output(&mut self) -> Option<CoreOutput> {
        self.out.pop_front()
    }

    /// Everything that is going on. Made anew at each call: ask a few times a second, not more.
    pub fn live(&self, now: Instant, wall: WallTime) -> LiveState {
        let _ = (now, wall);
        LiveState::default()
    }

    /// What was counted.
    pub fn counters(&self) -> CoreCounters {
        self.counters
    }
}

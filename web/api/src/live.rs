//! What goes on now, shared by the switch's side, which tells, and the web's, which shows.
//!
//! One bounded ring of recent events serves every listener: each has a cursor into it, and one that
//! falls behind the ring's tail is cut off and told so. A listener who comes back within the ring
//! goes on where it was; everybody else starts from the last snapshot of the state and hears all
//! that came after it, so that there is never a gap.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tipring_clock::WallTime;
use tipring_events::{Event, LiveEvent, LiveState};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::scope::Scope;
use crate::screen_pop::{ScreenPop, screen_pops};
use crate::state::Directory;

/// How many events the ring keeps.
pub(crate) const RING_EVENTS_MAX: usize = 8_192;

/// The state at one moment, with its place among the events.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct LiveSnapshot {
    /// The last event that is contained in the state; what comes after has a higher number.
    pub sequence: u64,
    /// When it was taken, milliseconds since 1970.
    pub at_ms: i64,
    /// The state, as far as the asker may see it.
    pub state: LiveState,
    /// What desktops open for the calls that agents are offered or have.
    pub pops: Vec<ScreenPop>,
}

impl LiveSnapshot {
    /// The snapshot as this scope sees it.
    pub(crate) fn within(&self, scope: &Scope, directory: &Directory) -> Self {
        let state = scope.state(&self.state);
        let pops = screen_pops(&state, directory);
        LiveSnapshot { state, pops, ..*self }
    }
}

struct Ring {
    /// The number of the last event.
    sequence: u64,
    events: VecDeque<Arc<LiveEvent>>,
    snapshot: Arc<LiveSnapshot>,
    closed: bool,
}

/// The place where the live state is published and listened to. Clones are the same place.
#[derive(Clone)]
pub struct Live {
    ring: Arc<Mutex<Ring>>,
    /// Changes with every event and every snapshot.
    changed: watch::Sender<u64>,
    /// Tells this run of the box from every other one.
    run: i64,
}

/// Why a listener hears nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unheard {
    /// It fell behind, or asks for what is no longer, or not yet, there.
    Behind,
    /// Nothing more will be told.
    Closed,
}

impl Live {
    /// An empty state at the calendar time `now`.
    pub fn new(now: WallTime) -> Self {
        let snapshot = LiveSnapshot {
            sequence: 0,
            at_ms: now.unix_millis(),
            state: LiveState::default(),
            pops: Vec::new(),
        };
        let ring = Ring {
            sequence: 0,
            events: VecDeque::new(),
            snapshot: Arc::new(snapshot),
            closed: false,
        };
        Live {
            ring: Arc::new(Mutex::new(ring)),
            changed: watch::Sender::new(0),
            run: now.unix_millis(),
        }
    }

    /// The ring is sound at every moment, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happened, in order. Never waits for a listener.
    pub fn publish_events<'a>(&self, events: impl IntoIterator<Item = &'a Event>) {
        let mut ring = self.lock();
        let before = ring.sequence;
        for event in events {
            ring.sequence += 1;
            let event =
                LiveEvent { sequence: ring.sequence, at: event.at, kind: event.kind.clone() };
            if ring.events.len() == RING_EVENTS_MAX {
                ring.events.pop_front();
            }
            ring.events.push_back(Arc::new(event));
        }
        let any = ring.sequence != before;
        drop(ring);
        if any {
            self.changed.send_modify(|n| *n += 1);
        }
    }

    /// Tells how things stand after every event published so far. Do so after every change of a
    /// line, a call, a queue or an agent, though no more than a few times a second, and at least
    /// once for every 4,096 events: the ring holds twice as many, and a listener starts from here.
    pub fn publish_state(&self, now: WallTime, state: LiveState) {
        let mut ring = self.lock();
        let sequence = ring.sequence;
        let (at_ms, pops) = (now.unix_millis(), Vec::new());
        ring.snapshot = Arc::new(LiveSnapshot { sequence, at_ms, state, pops });
        drop(ring);
        self.changed.send_modify(|n| *n += 1);
    }

    /// Tells every listener that the box stops, and lets them go, so that a server which waits for
    /// its answers to end can stop.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.send_modify(|n| *n += 1);
    }

    /// Whether the box stops.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The last published state.
    pub fn snapshot(&self) -> Arc<LiveSnapshot> {
        self.lock().snapshot.clone()
    }

    /// Wakes whenever there is something new.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Which run of the box this is.
    pub(crate) fn run(&self) -> i64 {
        self.run
    }

    /// The events after `cursor`, at most `limit`, and the snapshot as of now.
    pub(crate) fn after(
        &self,
        cursor: u64,
        limit: usize,
    ) -> Result<(Vec<Arc<LiveEvent>>, Arc<LiveSnapshot>), Unheard> {
        let ring = self.lock();
        if ring.closed {
            return Err(Unheard::Closed);
        }
        let oldest = ring.sequence + 1 - ring.events.len() as u64;
        if cursor > ring.sequence || cursor + 1 < oldest {
            return Err(Unheard::Behind);
        }
        let skip = (cursor + 1 - oldest) as usize;
        let events = ring.events.iter().skip(skip).take(limit).cloned().collect();
        Ok((events, ring.snapshot.clone()))
    }
}

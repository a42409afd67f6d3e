//! What waits for the writer: a bounded queue of events and a few jobs.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use thiserror::Error;
use tipring_events::Event;

use crate::StoreError;

/// How many events may wait: over a second of the fastest box, a few megabytes.
pub const QUEUE_EVENTS_MAX: usize = 32_768;

/// How many waiting events end the pause between two transactions early.
const BATCH_SOON: usize = 2_048;

/// How many jobs may wait.
const JOBS_MAX: usize = 64;

/// The event queue is full; the event was dropped and counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the store's queue is full, the event was dropped")]
pub struct Full;

/// Something the writer does between two batches. It gets an error in the connection's stead where
/// events before it could not be written.
pub(crate) type Job = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// What the writer found.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) events: Vec<Event>,
    pub(crate) jobs: VecDeque<Job>,
    pub(crate) closing: bool,
}

#[derive(Default)]
struct State {
    events: Vec<Event>,
    jobs: VecDeque<Job>,
    closing: bool,
    /// The writer waits for anything at all.
    idle: bool,
    /// The writer pauses; only a long queue or a job shall wake it.
    pausing: bool,
    longest: usize,
}

/// The queue between everybody and the writer.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    wake: Condvar,
}

impl Inbox {
    /// The state is sound at every moment, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event; never waits for the disk.
    pub(crate) fn push(&self, event: Event) -> Result<(), Full> {
        let mut state = self.lock();
        if state.closing || state.events.len() >= QUEUE_EVENTS_MAX {
            return Err(Full);
        }
        state.events.push(event);
        state.longest = state.longest.max(state.events.len());
        let wake = state.idle || (state.pausing && state.events.len() >= BATCH_SOON);
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Queues a job.
    pub(crate) fn push_job(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.closing {
            return Err(StoreError::Closed);
        }
        if state.jobs.len() >= JOBS_MAX {
            return Err(StoreError::Busy);
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Lets nothing more in and tells the writer to finish.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// How many events wait, and the most that ever did.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        let state = self.lock();
        (state.events.len(), state.longest)
    }

    /// Waits for anything, at most `limit` if there is one. `None` when the limit passed first.
    ///
    /// `spare` is the emptied buffer of the last batch, so that two buffers go back and forth and
    /// nothing is allocated in the long run.
    pub(crate) fn wait(&self, limit: Option<Duration>, spare: Vec<Event>) -> Option<Work> {
        let nothing = |s: &mut State| s.events.is_empty() && s.jobs.is_empty() && !s.closing;
        let mut state = self.lock();
        state.idle = true;
        let mut state = match limit {
            None => self.wake.wait_while(state, nothing).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.wake
                    .wait_timeout_while(state, limit, nothing)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        state.idle = false;
        if nothing(&mut state) {
            return None;
        }
        Some(Work {
            events: std::mem::replace(&mut state.events, spare),
            jobs: std::mem::take(&mut state.jobs),
            closing: state.closing,
        })
    }

    /// Lets events gather for `pause`, or until they are many or a job comes.
    pub(crate) fn gather(&self, pause: Duration) {
        let mut state = self.lock();
        state.pausing = true;
        let few = |s: &mut State| s.events.len() < BATCH_SOON && s.jobs.is_empty() && !s.closing;
        let (mut state, _) =
            self.wake.wait_timeout_while(state, pause, few).unwrap_or_else(PoisonError::into_inner);
        state.pausing = false;
    }

    /// Waits for `pause`, or until a job comes; takes nothing. For the time in which nothing can be
    /// written.
    pub(crate) fn wait_for_job(&self, pause: Duration) {
        let none = |s: &mut State| s.jobs.is_empty() && !s.closing;
        let waited = self.wake.wait_timeout_while(self.lock(), pause, none);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes the jobs; events stay queued.
    pub(crate) fn take_jobs(&self) -> Work {
        let mut state = self.lock();
        let (jobs, closing) = (std::mem::take(&mut state.jobs), state.closing);
        Work { events: Vec::new(), jobs, closing }
    }
}

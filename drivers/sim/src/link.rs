//! The bounded rings between a port, in the real-time thread, and its control, in any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};
use thiserror::Error;

use crate::exchange::NewLine;
use crate::talker::Speech;

/// Commands that may wait.
const COMMANDS_MAX: usize = 16;
/// Events that may wait.
const EVENTS_MAX: usize = 64;
/// Samples heard that may wait: ten seconds.
const HEARD_MAX: usize = 80_000;
/// Recordings done with that may wait to be freed.
const SPENT_MAX: usize = 4 * COMMANDS_MAX;

/// Why a control could not pass on a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// Sixteen commands wait already.
    #[error("the simulated port does not take commands: sixteen wait, is its thread running?")]
    Full,
    /// The port has gone.
    #[error("the simulated port has gone")]
    Gone,
}

/// What the real-time thread has done with, to be freed outside.
#[expect(dead_code, reason = "it is handed over only to be freed")]
#[derive(Debug)]
enum Spent {
    Speech(Speech),
    Line(Box<NewLine>),
}

/// The half in the real-time thread.
#[derive(Debug)]
pub(crate) struct PortLink<C, E> {
    commands: Consumer<C>,
    events: Producer<E>,
    heard: Producer<i16>,
    spent: Producer<Spent>,
    lost: Arc<AtomicU64>,
}

/// The half outside.
#[derive(Debug)]
pub(crate) struct ControlLink<C, E> {
    commands: Producer<C>,
    events: Consumer<E>,
    heard: Consumer<i16>,
    spent: Consumer<Spent>,
    lost: Arc<AtomicU64>,
}

pub(crate) fn link<C, E>() -> (PortLink<C, E>, ControlLink<C, E>) {
    let (command_tx, commands) = RingBuffer::new(COMMANDS_MAX);
    let (events, event_rx) = RingBuffer::new(EVENTS_MAX);
    let (heard, heard_rx) = RingBuffer::new(HEARD_MAX);
    let (spent, spent_rx) = RingBuffer::new(SPENT_MAX);
    let lost = Arc::new(AtomicU64::new(0));
    let port = PortLink { commands, events, heard, spent, lost: lost.clone() };
    let control = ControlLink {
        commands: command_tx,
        events: event_rx,
        heard: heard_rx,
        spent: spent_rx,
        lost,
    };
    (port, control)
}

impl<C, E> PortLink<C, E> {
    pub(crate) fn next_command(&mut self) -> Option<C> {
        self.commands.pop().ok()
    }

    /// Tells the control; an event that finds no room is counted as lost.
    pub(crate) fn tell(&mut self, event: E) {
        if self.events.push(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Passes on what was heard; samples that find no room are counted as lost.
    pub(crate) fn heard(&mut self, samples: &[i16]) {
        let room = self.heard.slots().min(samples.len());
        if let Ok(chunk) = self.heard.write_chunk_uninit(room) {
            chunk.fill_from_iter(samples.iter().copied());
        }
        let lost = (samples.len() - room) as u64;
        if lost > 0 {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
    }

    /// Hands a recording over to be freed outside. There is room for several times
    /// as many as commands can bring at once; only when the control has gone is it freed here.
    pub(crate) fn spend(&mut self, speech: Option<Speech>) {
        if let Some(speech) = speech {
            let _ = self.spent.push(Spent::Speech(speech));
        }
    }

    /// Hands a line that was exchanged for another over to be freed outside, as a recording.
    pub(crate) fn spend_line(&mut self, line: Box<NewLine>) {
        let _ = self.spent.push(Spent::Line(line));
    }
}

impl<C, E> ControlLink<C, E> {
    pub(crate) fn send(&mut self, command: C) -> Result<(), ControlError> {
        while self.spent.pop().is_ok() {}
        if self.commands.is_abandoned() {
            return Err(ControlError::Gone);
        }
        self.commands.push(command).map_err(|_| ControlError::Full)
    }

    pub(crate) fn poll_event(&mut self) -> Option<E> {
        while self.spent.pop().is_ok() {}
        self.events.pop().ok()
    }

    pub(crate) fn take_heard(&mut self, into: &mut Vec<i16>) -> usize {
        let waiting = self.heard.slots();
        let Ok(chunk) = self.heard.read_chunk(waiting) else { return 0 };
        into.extend(chunk);
        waiting
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_kept_and_losses_counted() {
        let (mut port, mut control) = link::<u32, u32>();
        for n in 0..16 {
            assert_eq!(control.send(n), Ok(()));
        }
        assert_eq!(control.send(16), Err(ControlError::Full));
        assert_eq!(port.next_command(), Some(0));
        for n in 0..70 {
            port.tell(n);
        }
        assert_eq!(control.lost(), 6);
        port.heard(&[1; 80_100]);
        assert_eq!(control.lost(), 106);
        let mut heard = vec![];
        assert_eq!(control.take_heard(&mut heard), 80_000);
        assert_eq!(control.poll_event(), Some(0));
        drop(port);
        assert_eq!(control.send(1), Err(ControlError::Gone));
    }

    #[test]
    fn recordings_are_freed_outside() {
        let (mut port, mut control) = link::<u32, u32>();
        let samples: std::sync::Arc<[i16]> = [1i16; 4].into();
        let speech = Speech::from_samples(&samples);
        port.spend(Some(speech.clone()));
        port.spend(None);
        let _ = control.poll_event();
        assert_eq!(speech.samples(), &samples[..]);
    }
}

//! One data link connection: its states, queues, timers and primitives (Q.921, 5.5–5.9 and
//! annex B). What frames do to it is in `receive`.
//!
//! The TEI is fixed on a primary rate access, so states 1–3 of the standard do not exist here.

use std::collections::VecDeque;

use arrayvec::ArrayVec;
use thiserror::Error;
use tipring_clock::{Instant, TimerName, Timers};

use super::frame::{Octets, SAPI_CALL_CONTROL, cr_bit};
use super::peer::PeerView;
use super::{Control, Counters, INFO_MAX, Repr, Settings, Side};

/// The states of Q.921, 5.5 and annex B, with their numbers there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// 4: nothing is established.
    TeiAssigned,
    /// 5: SABME sent, UA awaited.
    AwaitingEstablishment,
    /// 6: DISC sent, UA awaited.
    AwaitingRelease,
    /// 7: frames flow.
    MultipleFrameEstablished,
    /// 8: an acknowledgement is overdue; we asked what the peer has got.
    TimerRecovery,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// T200 (5.9.1): a frame waits for its acknowledgement; in state 4, the next try is due.
    T200,
    /// T203 (5.9.8): nothing came for so long that we ask.
    T203,
}

impl TimerName for Timer {
    const ALL: &'static [Timer] = &[Timer::T200, Timer::T203];
}

/// What the link tells layer 3.
#[expect(clippy::large_enum_variant, reason = "a box would allocate for every message")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkEvent {
    /// The link is up (DL-ESTABLISH confirm or indication).
    Established,
    /// The link began anew while it was up: messages may be lost (DL-ESTABLISH indication).
    Reset,
    /// The link is down (DL-RELEASE indication or confirm). It is tried again until told not to.
    Released,
    /// A message has come (DL-DATA indication).
    Data(ArrayVec<u8, INFO_MAX>),
}

/// The link's queue of messages is full: the peer takes none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the D-channel does not take the message: {MESSAGES_MAX} wait already")]
pub struct QueueFull;

/// Messages that may wait to be sent or acknowledged.
pub(super) const MESSAGES_MAX: usize = 128;
/// Frames that may wait for the hardware.
const FRAMES_MAX: usize = 160;
/// Events that may wait; messages stop earlier, so that a change of state always has a place.
pub(super) const EVENTS_MAX: usize = 64;
pub(super) const DATA_EVENTS_MAX: usize = EVENTS_MAX - 8;

/// One end of a data link. Frames come in by [`handle_frame`](Self::handle_frame), time by
/// [`handle_timeout`](Self::handle_timeout); afterwards [`poll_frame`](Self::poll_frame) and
/// [`poll_event`](Self::poll_event) say what is to be done. It does not allocate after its making.
#[derive(Debug)]
pub struct Link {
    pub(super) settings: Settings,
    pub(super) state: State,
    pub(super) timers: Timers<Timer, 2>,
    /// RC: how often the frame under T200 was repeated.
    pub(super) retries: u8,
    /// V(S).
    pub(super) vs: u8,
    /// V(A).
    pub(super) va: u8,
    /// V(R).
    pub(super) vr: u8,
    pub(super) peer_busy: bool,
    /// We told the peer to be quiet, because events wait to be taken.
    pub(super) own_busy: bool,
    /// A REJ of ours is not answered yet.
    pub(super) reject_exception: bool,
    /// Layer 3 asked for the establishment that goes on.
    pub(super) layer3_initiated: bool,
    /// Layer 3 wants the link up.
    pub(super) wanted: bool,
    /// Layer 3 believes that the link is up.
    told_up: bool,
    /// The wire is there.
    physical: bool,
    /// Messages, the first `V(S) - V(A)` of them sent and not acknowledged.
    pub(super) messages: VecDeque<ArrayVec<u8, INFO_MAX>>,
    frames: VecDeque<Octets>,
    events: VecDeque<LinkEvent>,
    pub(super) peer: PeerView,
    pub(super) counters: Counters,
}

impl Link {
    /// A link that is down and not wanted.
    pub fn new(settings: Settings) -> Self {
        Link {
            settings,
            state: State::TeiAssigned,
            timers: Timers::new(),
            retries: 0,
            vs: 0,
            va: 0,
            vr: 0,
            peer_busy: false,
            own_busy: false,
            reject_exception: false,
            layer3_initiated: false,
            wanted: false,
            told_up: false,
            physical: true,
            messages: VecDeque::with_capacity(MESSAGES_MAX),
            frames: VecDeque::with_capacity(FRAMES_MAX),
            events: VecDeque::with_capacity(EVENTS_MAX),
            peer: PeerView::default(),
            counters: Counters::default(),
        }
    }

    /// The state it is in.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Which end it is.
    pub const fn side(&self) -> Side {
        self.settings.side
    }

    /// What went wrong since its making.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether both ends seem to be set to the same side: every frame has our own C/R bit. A
    /// technician has to change one of them.
    pub const fn same_side_suspected(&self) -> bool {
        self.peer.same_side_suspected()
    }

    /// Brings the link up (DL-ESTABLISH request) and keeps trying for ever.
    pub fn establish(&mut self, now: Instant) {
        self.wanted = true;
        if !self.physical {
            return;
        }
        match self.state {
            State::TeiAssigned => self.begin_establishment(now, true),
            State::MultipleFrameEstablished | State::TimerRecovery => {
                self.messages.clear();
                self.begin_establishment(now, true);
            }
            State::AwaitingEstablishment => self.layer3_initiated = true,
            // It is tried as soon as the release is done.
            State::AwaitingRelease => {}
        }
    }

    /// Takes the link down (DL-RELEASE request) and keeps it so until the peer begins it.
    pub fn release(&mut self, now: Instant) {
        self.wanted = false;
        match self.state {
            State::TeiAssigned => self.timers.stop_all(),
            State::AwaitingRelease => {}
            _ => {
                self.messages.clear();
                self.retries = 0;
                self.timers.stop(Timer::T203);
                self.transmit(true, Control::Disc { p: true });
                self.start_t200(now);
                self.state = State::AwaitingRelease;
            }
        }
    }

    /// Tells the link that the wire is gone (`false`) or back. A span in alarm carries nothing, so
    /// waiting for N200 repetitions would only lose time.
    pub fn set_physical(&mut self, now: Instant, up: bool) {
        if up == self.physical {
            return;
        }
        self.physical = up;
        if !up {
            self.go_down();
            self.timers.stop_all();
        } else if self.wanted {
            self.begin_establishment(now, true);
        }
    }

    /// Sends a message (DL-DATA request). It is kept until acknowledged, or lost with the link.
    ///
    /// # Errors
    /// [`QueueFull`] when 128 messages wait, or the message is longer than 260 octets.
    pub fn send(&mut self, now: Instant, message: &[u8]) -> Result<(), QueueFull> {
        let message = ArrayVec::try_from(message).map_err(|_| QueueFull)?;
        if self.messages.len() >= MESSAGES_MAX {
            self.counters.overflows += 1;
            return Err(QueueFull);
        }
        self.messages.push_back(message);
        self.send_waiting(now);
        Ok(())
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.poll_timeout()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.expire(now) {
            match timer {
                Timer::T200 => self.t200_expired(now),
                Timer::T203 => {
                    self.retries = 0;
                    self.enquire(now);
                }
            }
        }
    }

    /// The next frame for the wire, without FCS.
    pub fn poll_frame(&mut self) -> Option<Octets> {
        self.frames.pop_front()
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<LinkEvent> {
        let event = self.events.pop_front()?;
        if self.own_busy && self.events.len() <= DATA_EVENTS_MAX / 2 {
            self.own_busy = false;
            if self.is_up() {
                self.transmit(false, Control::Rr { nr: self.vr, pf: false });
            }
        }
        Some(event)
    }

    fn t200_expired(&mut self, now: Instant) {
        let exhausted = self.retries >= self.settings.n200;
        match self.state {
            State::TeiAssigned if self.wanted => self.begin_establishment(now, true),
            State::TeiAssigned => {}
            State::AwaitingEstablishment if exhausted => {
                self.counters.establishments_failed += 1;
                self.fall_back(now);
            }
            State::AwaitingEstablishment => {
                self.retries += 1;
                self.transmit(true, Control::Sabme { p: true });
                self.start_t200(now);
            }
            State::AwaitingRelease if exhausted => self.fall_back(now),
            State::AwaitingRelease => {
                self.retries += 1;
                self.transmit(true, Control::Disc { p: true });
                self.start_t200(now);
            }
            State::MultipleFrameEstablished => {
                self.retries = 1;
                self.enquire(now);
            }
            State::TimerRecovery if exhausted => {
                self.counters.enquiries_failed += 1;
                self.begin_establishment(now, false);
            }
            State::TimerRecovery => {
                self.retries += 1;
                self.enquire(now);
            }
        }
    }

    /// Asks what the peer has received (5.6.7): RR or RNR command with P = 1.
    fn enquire(&mut self, now: Instant) {
        self.transmit_ready(true, true);
        self.timers.stop(Timer::T203);
        self.start_t200(now);
        self.state = State::TimerRecovery;
    }

    /// Begins the establishment (5.5.1); by layer 3, or by the link after an error (5.7).
    pub(super) fn begin_establishment(&mut self, now: Instant, by_layer3: bool) {
        self.clear_exceptions();
        self.layer3_initiated = by_layer3;
        self.retries = 0;
        self.timers.stop(Timer::T203);
        self.transmit(true, Control::Sabme { p: true });
        self.start_t200(now);
        self.state = State::AwaitingEstablishment;
    }

    /// The link is established: sequence numbers start at 0 (5.5.1.2).
    pub(super) fn established(&mut self, now: Instant) {
        // What was sent and not acknowledged may have been lost or not; only layer 3 can tell.
        if self.vs != self.va || self.layer3_initiated {
            self.messages.clear();
        }
        self.clear_exceptions();
        self.layer3_initiated = false;
        (self.vs, self.va, self.vr) = (0, 0, 0);
        self.timers.stop(Timer::T200);
        self.start_t203(now);
        self.state = State::MultipleFrameEstablished;
        let event = if self.told_up { LinkEvent::Reset } else { LinkEvent::Established };
        self.told_up = true;
        self.push_event(event);
        self.send_waiting(now);
    }

    /// Back to state 4; tried again after T200 if layer 3 wants the link.
    pub(super) fn fall_back(&mut self, now: Instant) {
        self.go_down();
        self.timers.stop_all();
        if self.wanted && self.physical {
            self.start_t200(now);
        }
    }

    fn go_down(&mut self) {
        self.messages.clear();
        (self.vs, self.va, self.vr) = (0, 0, 0);
        self.clear_exceptions();
        self.state = State::TeiAssigned;
        if core::mem::take(&mut self.told_up) {
            self.push_event(LinkEvent::Released);
        }
    }

    fn clear_exceptions(&mut self) {
        self.peer_busy = false;
        self.reject_exception = false;
        self.own_busy = false;
    }

    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::MultipleFrameEstablished | State::TimerRecovery)
    }

    pub(super) fn start_t200(&mut self, now: Instant) {
        self.timers.set(Timer::T200, now + self.settings.t200);
    }

    pub(super) fn start_t203(&mut self, now: Instant) {
        self.timers.set(Timer::T203, now + self.settings.t203);
    }

    /// How many frames are sent and not acknowledged.
    pub(super) fn outstanding(&self) -> u8 {
        self.vs.wrapping_sub(self.va) & 127
    }

    /// Sends what the window lets through (5.6.1).
    pub(super) fn send_waiting(&mut self, now: Instant) {
        while self.state == State::MultipleFrameEstablished
            && !self.peer_busy
            && self.outstanding() < self.settings.window.clamp(1, 127)
            && usize::from(self.outstanding()) < self.messages.len()
        {
            let message = &self.messages[usize::from(self.outstanding())];
            let control = Control::I { ns: self.vs, nr: self.vr, p: false };
            let frame = frame(&self.settings, true, control, message).emit();
            self.push_frame(frame);
            self.vs = self.vs.wrapping_add(1) & 127;
            if self.timers.due(Timer::T200).is_none() {
                self.timers.stop(Timer::T203);
                self.start_t200(now);
            }
        }
    }

    pub(super) fn transmit(&mut self, command: bool, control: Control) {
        let frame = frame(&self.settings, command, control, &[]).emit();
        self.push_frame(frame);
    }

    /// RR, or RNR while we are busy.
    pub(super) fn transmit_ready(&mut self, command: bool, pf: bool) {
        let nr = self.vr;
        let control = if self.own_busy { Control::Rnr { nr, pf } } else { Control::Rr { nr, pf } };
        self.transmit(command, control);
    }

    fn push_frame(&mut self, frame: Octets) {
        // A frame dropped here is as one lost on the wire: the link recovers from it.
        if self.frames.len() < FRAMES_MAX {
            self.frames.push_back(frame);
        } else {
            self.counters.overflows += 1;
        }
    }

    pub(super) fn events_waiting(&self) -> usize {
        self.events.len()
    }

    pub(super) fn push_event(&mut self, event: LinkEvent) {
        if self.events.len() >= EVENTS_MAX {
            self.counters.overflows += 1;
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

fn frame<'a>(settings: &Settings, command: bool, control: Control, info: &'a [u8]) -> Repr<'a> {
    let cr = cr_bit(settings.side, command);
    Repr { sapi: SAPI_CALL_CONTROL, cr, tei: 0, control, info }
}

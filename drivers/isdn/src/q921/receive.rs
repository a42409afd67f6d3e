//! What received frames do to a link, by state (Q.921, 5.5–5.8 and annex B).

use arrayvec::ArrayVec;
use tipring_clock::Instant;

use super::frame::{Control, Repr, SAPI_CALL_CONTROL};
use super::link::{DATA_EVENTS_MAX, Link, LinkEvent, State, Timer};

/// A supervisory frame, or the acknowledging part of an I frame.
#[derive(Clone, Copy)]
struct Supervisory {
    nr: u8,
    pf: bool,
    command: bool,
}

impl Link {
    /// Takes a frame from the wire, without FCS. What is no frame for us is counted and dropped.
    pub fn handle_frame(&mut self, now: Instant, octets: &[u8]) {
        let frame = match Repr::parse(octets) {
            Ok(frame) => frame,
            Err(_) => {
                self.counters.malformed += 1;
                return;
            }
        };
        if frame.sapi != SAPI_CALL_CONTROL || frame.tei != 0 {
            self.counters.not_for_us += 1;
            return;
        }
        let command = frame.is_command_to(self.settings.side);
        if !self.direction_fits(&frame, command) {
            return;
        }
        match frame.control {
            Control::Sabme { p } => self.on_sabme(now, p),
            Control::Disc { p } => self.on_disc(now, p),
            Control::Ua { f } => self.on_ua(now, f),
            Control::Dm { f } => self.on_dm(now, f),
            Control::Frmr { .. } => self.on_frmr(now),
            Control::I { ns, nr, p } => self.on_information(now, ns, nr, p, frame.info),
            Control::Rr { nr, pf } => self.on_ready(now, Supervisory { nr, pf, command }),
            Control::Rnr { nr, pf } => self.on_not_ready(now, Supervisory { nr, pf, command }),
            Control::Rej { nr, pf } => self.on_reject(now, Supervisory { nr, pf, command }),
            // XID is not answered, UI carries nothing point to point (5.4, 5.5.4).
            Control::Ui { .. } | Control::Xid { .. } => {}
            Control::UnknownUnnumbered(_) | Control::UnknownSupervisory(..) => {
                self.counters.malformed += 1;
            }
        }
        self.send_waiting(now);
    }

    /// Commands must come as commands, responses as responses; a peer set to our own side sends
    /// them the wrong way round.
    fn direction_fits(&mut self, frame: &Repr<'_>, command: bool) -> bool {
        let must_be_command = match frame.control {
            Control::Sabme { .. } | Control::Disc { .. } | Control::I { .. } => true,
            Control::Ua { .. } | Control::Dm { .. } | Control::Frmr { .. } => false,
            _ => return true,
        };
        if command == must_be_command {
            self.peer.saw_right_direction();
            return true;
        }
        self.peer.saw_wrong_direction();
        self.counters.same_side += 1;
        false
    }

    fn on_sabme(&mut self, now: Instant, p: bool) {
        match self.state {
            State::AwaitingRelease => self.transmit(false, Control::Dm { f: p }),
            // Both sent SABME at once: each answers the other's and waits for its own (5.5.5.1).
            State::AwaitingEstablishment => self.transmit(false, Control::Ua { f: p }),
            State::TeiAssigned => {
                self.transmit(false, Control::Ua { f: p });
                self.established(now);
            }
            State::MultipleFrameEstablished | State::TimerRecovery => {
                self.counters.peer_resets += 1;
                self.transmit(false, Control::Ua { f: p });
                self.established(now);
            }
        }
    }

    fn on_disc(&mut self, now: Instant, p: bool) {
        match self.state {
            State::TeiAssigned | State::AwaitingEstablishment => {
                self.transmit(false, Control::Dm { f: p });
            }
            State::AwaitingRelease => self.transmit(false, Control::Ua { f: p }),
            State::MultipleFrameEstablished | State::TimerRecovery => {
                self.transmit(false, Control::Ua { f: p });
                self.fall_back(now);
            }
        }
    }

    fn on_ua(&mut self, now: Instant, f: bool) {
        match self.state {
            State::AwaitingEstablishment if f => self.established(now),
            State::AwaitingRelease if f => self.fall_back(now),
            _ => self.counters.unsolicited += 1,
        }
    }

    fn on_dm(&mut self, now: Instant, f: bool) {
        match self.state {
            State::AwaitingEstablishment | State::AwaitingRelease if f => self.fall_back(now),
            State::AwaitingEstablishment | State::AwaitingRelease => {}
            State::TeiAssigned if !f && self.wanted => self.begin_establishment(now, true),
            State::TeiAssigned => self.counters.unsolicited += 1,
            // The peer has lost the link (5.8.7); F = 1 in state 7 answers nothing of ours.
            State::MultipleFrameEstablished if f => self.counters.unsolicited += 1,
            State::MultipleFrameEstablished | State::TimerRecovery => {
                self.counters.unsolicited += 1;
                self.begin_establishment(now, false);
            }
        }
    }

    fn on_frmr(&mut self, now: Instant) {
        if self.is_up() {
            self.counters.frame_rejects += 1;
            self.begin_establishment(now, false);
        }
    }

    fn on_information(&mut self, now: Instant, ns: u8, nr: u8, p: bool, info: &[u8]) {
        if !self.is_up() {
            return;
        }
        if ns == self.vr {
            self.take_in_sequence(p, info);
        } else {
            self.miss(p);
        }
        self.acknowledge(now, nr);
    }

    fn take_in_sequence(&mut self, p: bool, info: &[u8]) {
        if self.events_waiting() >= DATA_EVENTS_MAX {
            // Not taken, so not acknowledged: the peer keeps it until we are ready again (5.6.5).
            self.own_busy = true;
            self.counters.overflows += 1;
        } else {
            self.vr = self.vr.wrapping_add(1) & 127;
            self.reject_exception = false;
            let message: ArrayVec<u8, { super::INFO_MAX }> = info.iter().copied().collect();
            self.push_event(LinkEvent::Data(message));
        }
        self.transmit_ready(false, p);
    }

    /// A frame before this one was lost (5.8.1): it is asked for once.
    fn miss(&mut self, p: bool) {
        if !self.reject_exception {
            self.reject_exception = true;
            self.counters.rejects_sent += 1;
            self.transmit(false, Control::Rej { nr: self.vr, pf: p });
        } else if p {
            self.transmit_ready(false, true);
        }
    }

    /// Takes the N(R) of an I frame.
    fn acknowledge(&mut self, now: Instant, nr: u8) {
        if !self.nr_is_possible(nr) {
            self.sequence_error(now);
        } else if self.state == State::TimerRecovery || self.peer_busy {
            self.advance(nr);
        } else {
            self.advance_and_time(now, nr);
        }
    }

    fn on_ready(&mut self, now: Instant, s: Supervisory) {
        if !self.is_up() {
            return;
        }
        self.peer_busy = false;
        if self.state == State::TimerRecovery {
            self.recover(now, s);
            return;
        }
        self.answer_poll(s);
        if self.nr_is_possible(s.nr) {
            self.advance_and_time(now, s.nr);
        } else {
            self.sequence_error(now);
        }
    }

    fn on_not_ready(&mut self, now: Instant, s: Supervisory) {
        if !self.is_up() {
            return;
        }
        self.peer_busy = true;
        if self.state == State::TimerRecovery {
            self.recover(now, s);
            return;
        }
        self.answer_poll(s);
        if self.nr_is_possible(s.nr) {
            self.advance(s.nr);
            self.timers.stop(Timer::T203);
            self.start_t200(now);
        } else {
            self.sequence_error(now);
        }
    }

    fn on_reject(&mut self, now: Instant, s: Supervisory) {
        if !self.is_up() {
            return;
        }
        self.peer_busy = false;
        if self.state == State::TimerRecovery {
            self.recover(now, s);
            return;
        }
        self.answer_poll(s);
        if self.nr_is_possible(s.nr) {
            self.advance(s.nr);
            self.rewind();
            self.timers.stop(Timer::T200);
            self.start_t203(now);
        } else {
            self.sequence_error(now);
        }
    }

    /// A supervisory frame in state 8 (5.6.7): the response with F = 1 ends it.
    fn recover(&mut self, now: Instant, s: Supervisory) {
        if !self.nr_is_possible(s.nr) {
            self.answer_poll(s);
            self.sequence_error(now);
            return;
        }
        self.advance(s.nr);
        if s.command || !s.pf {
            self.answer_poll(s);
            return;
        }
        self.rewind();
        self.retries = 0;
        self.state = State::MultipleFrameEstablished;
        if self.peer_busy {
            self.start_t200(now);
        } else {
            self.timers.stop(Timer::T200);
            self.start_t203(now);
        }
    }

    fn answer_poll(&mut self, s: Supervisory) {
        if s.command && s.pf {
            self.transmit_ready(false, true);
        } else if !s.command && s.pf && self.state == State::MultipleFrameEstablished {
            self.counters.unsolicited += 1;
        }
    }

    /// Whether V(A) ≤ N(R) ≤ V(S), modulo 128 (5.6.3.2).
    fn nr_is_possible(&self, nr: u8) -> bool {
        nr.wrapping_sub(self.va) & 127 <= self.outstanding()
    }

    fn sequence_error(&mut self, now: Instant) {
        self.counters.sequence_errors += 1;
        self.begin_establishment(now, false);
    }

    /// Forgets what is acknowledged.
    fn advance(&mut self, nr: u8) {
        let acknowledged = usize::from(nr.wrapping_sub(self.va) & 127);
        self.messages.drain(..acknowledged.min(self.messages.len()));
        self.va = nr;
    }

    fn advance_and_time(&mut self, now: Instant, nr: u8) {
        let news = nr != self.va;
        self.advance(nr);
        if self.vs == self.va {
            self.timers.stop(Timer::T200);
            self.start_t203(now);
        } else if news {
            self.start_t200(now);
        }
    }

    /// Sends again from V(A) on.
    fn rewind(&mut self) {
        self.counters.retransmissions += u64::from(self.outstanding());
        self.vs = self.va;
    }
}

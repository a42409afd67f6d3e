//! Client transactions (RFC 3261, section 17.1; RFC 6026, section 7.2).

use tipring_clock::{Duration, Instant};

use super::Peer;
use crate::TimerConfig;

/// What a client transaction wants when time has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClientAction {
    /// Nothing: the timer was stopped.
    Nothing,
    /// Send the request again.
    Retransmit,
    /// No final response came; the transaction is over, and its user is to be told.
    TimedOut,
    /// The transaction is over.
    Terminated,
}

/// What a response means to the transaction's user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Receipt {
    /// It is news.
    New,
    /// It came again: of a failure, send the ACK again.
    Repeated,
}

/// A request that may be sent again.
#[derive(Debug)]
pub(crate) struct KeptRequest {
    pub(crate) bytes: Vec<u8>,
    pub(crate) peer: Peer,
}

/// INVITE client transaction (figure 5 of RFC 3261 as RFC 6026, figure 4, amends it).
#[derive(Debug)]
pub(crate) enum InviteClient {
    /// Nothing has come back yet.
    Calling {
        kept: Box<KeptRequest>,
        /// Timer A's interval.
        interval: Duration,
        /// When to send the INVITE again (timer A); never on reliable transports.
        a: Option<Instant>,
        /// When to give up (timer B).
        b: Instant,
    },
    /// A provisional response has come: no more repeats, no more limit of the transaction's.
    Proceeding {
        /// The INVITE, from which CANCEL and ACK are made.
        kept: Box<KeptRequest>,
        /// When to stop waiting for the response to what was cancelled (RFC 3261, section 9.1).
        end: Option<Instant>,
    },
    /// A failure has come and was acknowledged.
    Completed {
        /// The ACK, for a failure that comes again.
        kept: Box<KeptRequest>,
        /// When to stop waiting for that (timer D).
        d: Instant,
    },
    /// A 2xx has come; more of them are the call's business.
    Accepted {
        /// When to stop waiting for them (timer M).
        m: Instant,
    },
}

impl InviteClient {
    pub(crate) fn new(now: Instant, timers: &TimerConfig, bytes: Vec<u8>, peer: Peer) -> Self {
        InviteClient::Calling {
            a: (!peer.is_reliable()).then(|| now + timers.t1),
            b: now + timers.give_up(),
            interval: timers.t1,
            kept: Box::new(KeptRequest { bytes, peer }),
        }
    }

    /// The INVITE while it has no final response, the ACK of a failure afterwards.
    pub(crate) fn kept(&self) -> Option<&KeptRequest> {
        match self {
            InviteClient::Calling { kept, .. }
            | InviteClient::Proceeding { kept, .. }
            | InviteClient::Completed { kept, .. } => Some(kept),
            InviteClient::Accepted { .. } => None,
        }
    }

    /// Whether a provisional response has come, and no final one: only then may a CANCEL be sent
    /// (RFC 3261, section 9.1).
    pub(crate) const fn may_cancel(&self) -> bool {
        matches!(self, InviteClient::Proceeding { .. })
    }

    /// A CANCEL was sent: the final response must come within 64·T1.
    pub(crate) fn cancelled(&mut self, now: Instant, timers: &TimerConfig) {
        if let InviteClient::Proceeding { end, .. } = self {
            *end = Some(now + timers.give_up());
        }
    }

    /// A response has come. `ack` makes the ACK of a failure out of the INVITE.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        timers: &TimerConfig,
        status: u16,
        ack: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Option<Receipt> {
        let (kept, end) = match self {
            InviteClient::Calling { kept, .. } => (kept, None),
            InviteClient::Proceeding { kept, end } => (kept, *end),
            InviteClient::Completed { .. } => return (status >= 300).then_some(Receipt::Repeated),
            InviteClient::Accepted { .. } => {
                return (200..300).contains(&status).then_some(Receipt::New);
            }
        };
        if (200..300).contains(&status) {
            *self = InviteClient::Accepted { m: now + timers.give_up() };
            return Some(Receipt::New);
        }
        let peer = kept.peer;
        let empty = Box::new(KeptRequest { bytes: Vec::new(), peer });
        let mut kept = std::mem::replace(kept, empty);
        *self = if status < 200 {
            InviteClient::Proceeding { kept, end }
        } else {
            kept.bytes = ack(&kept.bytes);
            // Timer D is "more than 32 seconds": 64·T1.
            let d = now + TimerConfig::linger(peer.is_reliable(), timers.give_up());
            InviteClient::Completed { kept, d }
        };
        Some(Receipt::New)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> ClientAction {
        match self {
            InviteClient::Calling { b: end, .. }
            | InviteClient::Proceeding { end: Some(end), .. }
                if *end <= now =>
            {
                ClientAction::TimedOut
            }
            InviteClient::Calling { interval, a: Some(a), .. } if *a <= now => {
                *interval *= 2;
                *a = now + *interval;
                ClientAction::Retransmit
            }
            InviteClient::Completed { d: end, .. } | InviteClient::Accepted { m: end }
                if *end <= now =>
            {
                ClientAction::Terminated
            }
            _ => ClientAction::Nothing,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            InviteClient::Calling { a, b, .. } => Some(a.map_or(*b, |a| a.min(*b))),
            InviteClient::Proceeding { end, .. } => *end,
            InviteClient::Completed { d, .. } => Some(*d),
            InviteClient::Accepted { m } => Some(*m),
        }
    }
}

/// Non-INVITE client transaction (figure 6).
#[derive(Debug)]
pub(crate) enum NonInviteClient {
    /// No final response yet. Trying until a provisional one comes, Proceeding afterwards.
    Trying {
        kept: Box<KeptRequest>,
        /// Whether a provisional response has come.
        proceeding: bool,
        /// Timer E's interval.
        interval: Duration,
        /// When to send the request again (timer E); never on reliable transports.
        e: Option<Instant>,
        /// When to give up (timer F).
        f: Instant,
    },
    /// The final response has come; copies of it are absorbed.
    Completed {
        /// When to stop absorbing (timer K).
        k: Instant,
    },
}

impl NonInviteClient {
    pub(crate) fn new(now: Instant, timers: &TimerConfig, bytes: Vec<u8>, peer: Peer) -> Self {
        NonInviteClient::Trying {
            e: (!peer.is_reliable()).then(|| now + timers.t1),
            f: now + timers.give_up(),
            proceeding: false,
            interval: timers.t1,
            kept: Box::new(KeptRequest { bytes, peer }),
        }
    }

    /// The request, while it has no final response.
    pub(crate) fn kept(&self) -> Option<&KeptRequest> {
        match self {
            NonInviteClient::Trying { kept, .. } => Some(kept),
            NonInviteClient::Completed { .. } => None,
        }
    }

    /// A response has come; says whether it is the final one and news.
    pub(crate) fn receive(&mut self, now: Instant, timers: &TimerConfig, status: u16) -> bool {
        let NonInviteClient::Trying { kept, proceeding, interval, .. } = self else { return false };
        if status < 200 {
            *proceeding = true;
            *interval = timers.t2;
            return false;
        }
        let linger = TimerConfig::linger(kept.peer.is_reliable(), timers.t4);
        *self = NonInviteClient::Completed { k: now + linger };
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, timers: &TimerConfig) -> ClientAction {
        match self {
            NonInviteClient::Trying { f, .. } if *f <= now => ClientAction::TimedOut,
            NonInviteClient::Trying { interval, e: Some(e), proceeding, .. } if *e <= now => {
                *interval = if *proceeding { timers.t2 } else { (*interval * 2).min(timers.t2) };
                *e = now + *interval;
                ClientAction::Retransmit
            }
            NonInviteClient::Completed { k } if *k <= now => ClientAction::Terminated,
            _ => ClientAction::Nothing,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        match self {
            NonInviteClient::Trying { e, f, .. } => e.map_or(*f, |e| e.min(*f)),
            NonInviteClient::Completed { k } => *k,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Transport;

    fn peer(transport: Transport) -> Peer {
        Peer { transport, address: "192.0.2.1:5060".parse().unwrap(), connection: None }
    }

    fn ms(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    /// Runs the timers of a transaction that hears nothing; the times of its repeats and its end.
    fn silence(mut due: impl FnMut() -> (Instant, ClientAction)) -> (Vec<u64>, u64) {
        let mut sent = Vec::new();
        loop {
            match due() {
                (at, ClientAction::Retransmit) => sent.push(at.as_millis()),
                (at, ClientAction::TimedOut) => return (sent, at.as_millis()),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_invite_nobody_answers() {
        let t = TimerConfig::default();
        for (transport, repeats) in
            [(Transport::Udp, &[500, 1500, 3500, 7500, 15_500, 31_500][..]), (Transport::Tcp, &[])]
        {
            let mut tx = InviteClient::new(ms(0), &t, b"INVITE".to_vec(), peer(transport));
            assert!(!tx.may_cancel());
            let (sent, end) = silence(|| {
                let at = tx.poll_timeout().unwrap();
                (at, tx.handle_timeout(at))
            });
            assert_eq!((&sent[..], end), (repeats, 32_000));
        }
    }

    #[test]
    fn an_invite_that_fails_is_acknowledged_each_time() {
        let t = TimerConfig::default();
        let mut tx = InviteClient::new(ms(0), &t, b"INVITE".to_vec(), peer(Transport::Udp));
        let no_ack = |_: &[u8]| unreachable!();
        assert_eq!(tx.receive(ms(1), &t, 180, no_ack), Some(Receipt::New));
        assert!(tx.may_cancel());
        assert_eq!(tx.poll_timeout(), None);
        tx.cancelled(ms(1), &t);
        assert_eq!(tx.poll_timeout(), Some(ms(32_001)));
        let ack = |invite: &[u8]| [b"ACK of ", invite].concat();
        assert_eq!(tx.receive(ms(2), &t, 486, ack), Some(Receipt::New));
        assert_eq!(tx.kept().unwrap().bytes, b"ACK of INVITE");
        assert_eq!(tx.receive(ms(3), &t, 486, no_ack), Some(Receipt::Repeated));
        assert_eq!(tx.receive(ms(3), &t, 180, no_ack), None);
        assert_eq!(tx.handle_timeout(ms(32_002)), ClientAction::Terminated);
    }

    #[test]
    fn every_2xx_goes_up_and_nothing_else_does() {
        let t = TimerConfig::default();
        let mut tx = InviteClient::new(ms(0), &t, Vec::new(), peer(Transport::Udp));
        let no_ack = |_: &[u8]| unreachable!();
        assert_eq!(tx.receive(ms(1), &t, 200, no_ack), Some(Receipt::New));
        assert_eq!(tx.receive(ms(2), &t, 200, no_ack), Some(Receipt::New));
        assert_eq!(tx.receive(ms(2), &t, 486, no_ack), None);
        assert_eq!(tx.receive(ms(2), &t, 180, no_ack), None);
        assert_eq!(tx.poll_timeout(), Some(ms(32_001)));
    }

    #[test]
    fn a_request_nobody_answers() {
        let t = TimerConfig::default();
        let mut tx = NonInviteClient::new(ms(0), &t, Vec::new(), peer(Transport::Udp));
        let (sent, end) = silence(|| {
            let at = tx.poll_timeout();
            (at, tx.handle_timeout(at, &t))
        });
        let expected = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
        assert_eq!((&sent[..], end), (&expected[..], 32_000));
    }

    #[test]
    fn a_request_answered_late() {
        let t = TimerConfig::default();
        let mut tx = NonInviteClient::new(ms(0), &t, Vec::new(), peer(Transport::Udp));
        assert!(!tx.receive(ms(100), &t, 100));
        assert_eq!(tx.handle_timeout(ms(500), &t), ClientAction::Retransmit);
        assert_eq!(tx.poll_timeout(), ms(4500));
        assert!(tx.receive(ms(600), &t, 200));
        assert!(!tx.receive(ms(700), &t, 200));
        assert_eq!(tx.handle_timeout(ms(5600), &t), ClientAction::Terminated);
    }
}

//! Server transactions (RFC 3261, section 17.2; RFC 6026, section 7.1).

use tipring_clock::{Duration, Instant};

use super::Peer;
use crate::TimerConfig;

/// What a server transaction wants when time has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ServerAction {
    /// Nothing: the timer was stopped.
    Nothing,
    /// Send the last response again.
    Retransmit,
    /// The peer never acknowledged the failure response; the transaction is over.
    TimedOut,
    /// The transaction is over.
    Terminated,
}

/// A response kept for being sent again, and where it goes.
#[derive(Debug)]
pub(crate) struct KeptResponse {
    pub(crate) bytes: Vec<u8>,
    pub(crate) peer: Peer,
}

/// INVITE server transaction (figure 7 of RFC 3261 as RFC 6026, figure 5, amends it).
#[derive(Debug)]
pub(crate) enum InviteServer {
    /// No final response yet. The box sends a 100 at once, so there is always one to repeat.
    Proceeding { kept: Box<KeptResponse> },
    /// A failure was sent and is not acknowledged yet.
    Completed {
        kept: Box<KeptResponse>,
        /// Timer G's interval.
        interval: Duration,
        /// When to send the response again (timer G); never on reliable transports.
        g: Option<Instant>,
        /// When to give up waiting for the ACK (timer H).
        h: Instant,
    },
    /// The failure was acknowledged; further ACKs are absorbed.
    Confirmed {
        /// When to stop absorbing (timer I).
        i: Instant,
    },
    /// A 2xx was sent; repeated INVITEs are absorbed, the 2xx is the call's business.
    Accepted {
        /// When to stop absorbing (timer L).
        l: Instant,
    },
}

impl InviteServer {
    pub(crate) fn new(bytes: Vec<u8>, peer: Peer) -> Self {
        InviteServer::Proceeding { kept: Box::new(KeptResponse { bytes, peer }) }
    }

    /// The INVITE has come again: the response to repeat, if any.
    pub(crate) fn repeated(&self) -> Option<&KeptResponse> {
        match self {
            InviteServer::Proceeding { kept } | InviteServer::Completed { kept, .. } => Some(kept),
            InviteServer::Confirmed { .. } | InviteServer::Accepted { .. } => None,
        }
    }

    /// Whether a final response may still be sent.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, InviteServer::Proceeding { .. })
    }

    /// The user has sent this response. Only a transaction that is open takes one.
    pub(crate) fn respond(
        &mut self,
        now: Instant,
        timers: &TimerConfig,
        status: u16,
        bytes: &[u8],
    ) {
        let InviteServer::Proceeding { kept } = self else { return };
        kept.bytes.clear();
        if (200..300).contains(&status) {
            *self = InviteServer::Accepted { l: now + timers.give_up() };
            return;
        }
        kept.bytes.extend_from_slice(bytes);
        if status < 200 {
            return;
        }
        let peer = kept.peer;
        let kept = std::mem::replace(kept, Box::new(KeptResponse { bytes: Vec::new(), peer }));
        *self = InviteServer::Completed {
            g: (!peer.is_reliable()).then(|| now + timers.t1),
            kept,
            interval: timers.t1,
            h: now + timers.give_up(),
        };
    }

    /// An ACK of this transaction has come.
    pub(crate) fn acknowledged(&mut self, now: Instant, timers: &TimerConfig) {
        if let InviteServer::Completed { kept, .. } = self {
            let linger = TimerConfig::linger(kept.peer.is_reliable(), timers.t4);
            *self = InviteServer::Confirmed { i: now + linger };
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, timers: &TimerConfig) -> ServerAction {
        match self {
            InviteServer::Proceeding { .. } => ServerAction::Nothing,
            InviteServer::Completed { h, .. } if *h <= now => ServerAction::TimedOut,
            InviteServer::Completed { interval, g: Some(g), .. } if *g <= now => {
                *interval = (*interval * 2).min(timers.t2);
                *g = now + *interval;
                ServerAction::Retransmit
            }
            InviteServer::Completed { .. } => ServerAction::Nothing,
            InviteServer::Confirmed { i: end } | InviteServer::Accepted { l: end } => {
                if *end <= now { ServerAction::Terminated } else { ServerAction::Nothing }
            }
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            InviteServer::Proceeding { .. } => None,
            InviteServer::Completed { g, h, .. } => Some(g.map_or(*h, |g| g.min(*h))),
            InviteServer::Confirmed { i } => Some(*i),
            InviteServer::Accepted { l } => Some(*l),
        }
    }
}

/// What of a final response is kept for a request that comes again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The response has no headers of its own: it is made anew from the request.
    Bare { status: u16 },
    /// The whole response.
    Whole(Box<[u8]>),
}

/// Non-INVITE server transaction (figure 8). Requests are answered at once, so Trying and
/// Proceeding do not last: a transaction is born Completed.
#[derive(Debug)]
pub(crate) struct NonInviteServer {
    pub(crate) kept: Kept,
    /// When to forget the response (timer J).
    j: Instant,
}

impl NonInviteServer {
    pub(crate) fn new(now: Instant, timers: &TimerConfig, kept: Kept, reliable: bool) -> Self {
        NonInviteServer { kept, j: now + TimerConfig::linger(reliable, timers.give_up()) }
    }

    pub(crate) fn handle_timeout(&self, now: Instant) -> ServerAction {
        if self.j <= now { ServerAction::Terminated } else { ServerAction::Nothing }
    }

    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.j
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

    #[test]
    fn a_failure_is_repeated_until_acknowledged() {
        let t = TimerConfig::default();
        let mut tx = InviteServer::new(b"100".to_vec(), peer(Transport::Udp));
        assert_eq!(tx.repeated().unwrap().bytes, b"100");
        assert_eq!(tx.poll_timeout(), None);
        tx.respond(ms(0), &t, 180, b"180");
        assert_eq!(tx.repeated().unwrap().bytes, b"180");
        tx.respond(ms(0), &t, 486, b"486");
        let mut sent = Vec::new();
        for _ in 0..5 {
            let at = tx.poll_timeout().unwrap();
            assert_eq!(tx.handle_timeout(at, &t), ServerAction::Retransmit);
            sent.push(at.as_millis());
        }
        assert_eq!(sent, [500, 1500, 3500, 7500, 11_500]);
        tx.acknowledged(ms(12_000), &t);
        assert!(matches!(tx, InviteServer::Confirmed { .. }));
        assert_eq!(tx.poll_timeout(), Some(ms(17_000)));
        assert_eq!(tx.handle_timeout(ms(17_000), &t), ServerAction::Terminated);
    }

    #[test]
    fn a_failure_never_acknowledged_times_out() {
        let t = TimerConfig::default();
        for transport in [Transport::Udp, Transport::Tcp] {
            let mut tx = InviteServer::new(Vec::new(), peer(transport));
            tx.respond(ms(0), &t, 404, b"404");
            let mut repeats = 0;
            let end = loop {
                let at = tx.poll_timeout().unwrap();
                match tx.handle_timeout(at, &t) {
                    ServerAction::Retransmit => repeats += 1,
                    ServerAction::TimedOut => break at,
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(end, ms(32_000));
            assert_eq!(repeats, if transport == Transport::Udp { 10 } else { 0 });
        }
    }

    #[test]
    fn after_a_2xx_invites_are_absorbed_for_timer_l() {
        let t = TimerConfig::default();
        let mut tx = InviteServer::new(Vec::new(), peer(Transport::Tcp));
        assert!(tx.is_open());
        tx.respond(ms(0), &t, 200, b"200");
        assert!(tx.repeated().is_none() && !tx.is_open());
        tx.respond(ms(0), &t, 486, b"486");
        tx.acknowledged(ms(1), &t);
        assert!(matches!(tx, InviteServer::Accepted { l } if l == ms(32_000)));
        assert_eq!(tx.handle_timeout(ms(31_999), &t), ServerAction::Nothing);
        assert_eq!(tx.handle_timeout(ms(32_000), &t), ServerAction::Terminated);
    }

    #[test]
    fn a_non_invite_answer_is_kept_for_timer_j() {
        let t = TimerConfig::default();
        let kept = Kept::Bare { status: 200 };
        let tx = NonInviteServer::new(ms(0), &t, kept, false);
        assert_eq!(tx.poll_timeout(), ms(32_000));
        assert_eq!(tx.handle_timeout(ms(1)), ServerAction::Nothing);
        assert_eq!(tx.handle_timeout(ms(32_000)), ServerAction::Terminated);
        let tcp = NonInviteServer::new(ms(5), &t, Kept::Whole(Box::default()), true);
        assert_eq!(tcp.poll_timeout(), ms(5));
    }
}

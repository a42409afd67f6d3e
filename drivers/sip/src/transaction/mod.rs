//! Transactions: RFC 3261, section 17, with the Accepted state of RFC 6026.
//!
//! Four state machines, named as there: [`InviteServer`], [`NonInviteServer`], [`InviteClient`],
//! [`NonInviteClient`]. Each is told of messages and of time and says what to send again and when
//! it is over. The timers A–M are derived from [`TimerConfig`] as in table 4.

mod client;
mod server;

pub(crate) use client::{ClientAction, InviteClient, NonInviteClient, Receipt};
pub(crate) use server::{InviteServer, Kept, NonInviteServer, ServerAction};

use tipring_clock::Duration;

use crate::{ConnectionId, TimerConfig, Transport};
use std::net::SocketAddr;

/// Where a message goes, or came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Peer {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    pub(crate) connection: Option<ConnectionId>,
}

impl Peer {
    pub(crate) const fn is_reliable(&self) -> bool {
        self.transport.is_reliable()
    }
}

impl TimerConfig {
    /// How long a transaction tries: timers B, F, H, J, L, M (64·T1).
    pub(crate) fn give_up(&self) -> Duration {
        self.t1 * 64
    }

    /// How long a transaction lingers that a reliable transport makes superfluous: zero there,
    /// `lingering` elsewhere.
    pub(crate) const fn linger(reliable: bool, lingering: Duration) -> Duration {
        if reliable { Duration::ZERO } else { lingering }
    }
}

//! What the agent gives out, and what it asks of whoever drives it.

use std::net::SocketAddr;

use tipring_clock::{Duration, Instant};
use tipring_line::{ChannelEvent, ChannelId, Digits, Number, RtpSession};

/// How a message travels. TLS and WebSocket will be further variants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[non_exhaustive]
pub enum Transport {
    /// Datagrams (RFC 3261, section 18).
    #[default]
    Udp,
    /// A byte stream (RFC 3261, section 18.3).
    Tcp,
}

impl Transport {
    /// Whether the transport itself retransmits.
    pub const fn is_reliable(self) -> bool {
        match self {
            Transport::Udp => false,
            Transport::Tcp => true,
        }
    }

    /// The name in Via (RFC 3261, section 25.1, `transport`).
    pub const fn via_name(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        }
    }

    /// The value of the URI parameter `transport`.
    pub const fn uri_name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        }
    }
}

/// One stream connection, numbered by whoever owns the sockets; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConnectionId(pub u64);

/// Where the agent gets UDP ports for RTP from. Ports are even; RTCP takes the next one.
pub trait MediaPorts {
    /// A free port, or `None` when all are taken.
    fn allocate(&mut self) -> Option<u16>;
    /// Gives a port back once its call is over.
    fn release(&mut self, port: u16);
}

/// What is to be done outside the agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send these bytes. Give the buffer back with [`crate::UserAgent::recycle`] once sent.
    Transmit {
        /// The transport to use.
        transport: Transport,
        /// The peer's address.
        to: SocketAddr,
        /// The stream to send on, if it still stands; otherwise find one to `to`, or open one.
        connection: Option<ConnectionId>,
        /// A whole SIP message, or a keep-alive.
        bytes: Vec<u8>,
    },
    /// Close this stream: its peer sends what cannot be framed.
    CloseStream(ConnectionId),
    /// Tell the switch.
    Channel(ChannelId, ChannelEvent),
    /// Tell the media.
    Media(ChannelId, MediaChange),
    /// Have the media send these keys as telephone-events (RFC 4733).
    SendEvents(ChannelId, Digits),
    /// Have the media send these keys as tones.
    SendTones(ChannelId, Digits),
    /// A phone has registered, or renewed.
    Registered(Registration),
    /// A phone's contact has gone: it unregistered, or its time ran out.
    Unregistered {
        /// The extension.
        extension: Number,
        /// The contact's URI, as text.
        contact: String,
    },
    /// A trunk's state has changed.
    Trunk {
        /// The trunk's index in the configuration.
        index: u16,
        /// Its state now.
        state: TrunkState,
    },
    /// A request was refused; for a log that limits its rate.
    Refused {
        /// Where it came from.
        source: SocketAddr,
        /// Why.
        why: Refusal,
    },
}

/// What becomes of a channel's audio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaChange {
    /// The stream has been agreed for the first time.
    Open(RtpSession),
    /// The peer has changed it: hold, resume, another address.
    Update(RtpSession),
    /// The call is over; its port is free again.
    Close,
}

/// One contact of a registered phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The extension.
    pub extension: Number,
    /// The contact's URI as the phone gave it, made text.
    pub contact: String,
    /// Where the phone's request came from, and calls to it go.
    pub source: SocketAddr,
    /// How it came.
    pub transport: Transport,
    /// For how long it holds from now.
    pub expires: Duration,
    /// When it ends.
    pub expires_at: Instant,
    /// What the phone says it is (`User-Agent`), at most 128 bytes.
    pub product: String,
}

/// How a trunk stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TrunkState {
    /// Nothing is known yet, or it is neither registered with nor asked.
    Unknown,
    /// It answers, and where we register, we are registered.
    Up,
    /// It does not answer.
    Unreachable,
    /// It refuses our registration with this status.
    Refused(u16),
}

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The bytes are no SIP message we can answer; the text says what is wrong.
    Malformed(&'static str),
    /// Credentials were given, and they are wrong.
    WrongCredentials,
    /// The user is not one of our extensions.
    UnknownUser,
    /// A call or registration in somebody else's name.
    NotAllowed,
    /// A request in a dialog from an address that has no part in it.
    WrongSource,
    /// A table is full.
    Overload,
    /// A request to nothing we know: no dialog, no transaction.
    NoDialog,
}

/// What has been counted since the start, for `/metrics`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Messages received, whole ones.
    pub messages_in: u64,
    /// Messages sent, retransmissions included.
    pub messages_out: u64,
    /// Messages sent once more by a timer or because the peer repeated itself.
    pub retransmissions: u64,
    /// Messages that could not be understood.
    pub malformed: u64,
    /// Challenges sent (401).
    pub challenges: u64,
    /// Wrong passwords.
    pub wrong_credentials: u64,
    /// Requests refused for another reason of trust.
    pub refused: u64,
    /// Requests refused, or requests not sent, because a table was full.
    pub overload: u64,
    /// Finished transactions dropped early to make room.
    pub transactions_dropped: u64,
    /// Transactions that ended because the peer did not answer.
    pub timeouts: u64,
    /// Calls begun, either way.
    pub calls: u64,
}

//! The D-channels of the box's E1 spans, as a technician looks at them. What keeps their frames is
//! handed in by the box.

use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

/// One field of a frame.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TraceField {
    /// What it is: `called party number`.
    pub name: String,
    /// What it says, with its octets.
    pub value: String,
}

/// A frame in the words of one language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TraceWords {
    /// In one line.
    pub line: String,
    /// Field by field, as they are on the wire.
    pub fields: Vec<TraceField>,
}

/// A frame that went over a D-channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TraceFrame {
    /// Its number on this D-channel since the box started, from 1.
    pub number: u64,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Whether the box sent it; otherwise it was received.
    pub sent: bool,
    /// Whether it carries a message of call control, and is not of the data link alone.
    pub call_control: bool,
    /// In Chinese.
    pub zh: TraceWords,
    /// In English.
    pub en: TraceWords,
    /// Its octets without FCS, in hexadecimal.
    pub octets: String,
}

/// Keeps the last frames of each D-channel. Calls return at once.
pub trait SpanTraces: Send + Sync {
    /// The spans that have a D-channel, by name.
    fn spans(&self) -> Vec<String>;

    /// The frames after this number that are still kept, at most `limit`, oldest first; `None`
    /// where there is no such span with a D-channel.
    fn after(&self, span: &str, number: u64, limit: usize) -> Option<Vec<TraceFrame>>;

    /// All frames that are kept, as a capture in pcap's format, link type LINUX_LAPD.
    fn capture(&self, span: &str) -> Option<Vec<u8>>;

    /// Wakes whenever there is a new frame on any span.
    fn changes(&self) -> watch::Receiver<u64>;
}

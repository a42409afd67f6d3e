//! The E1 spans as they are now, for the status page and for technicians.

use serde::{Deserialize, Serialize};

/// How a span signals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// ISDN primary rate, this box the subscriber.
    PriUser,
    /// ISDN primary rate, this box the network.
    PriNetwork,
    /// MFC-R2.
    R2,
}

/// What is wrong with a span, as its hardware tells it (G.775, G.704).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SpanAlarm {
    /// The driver has taken it away.
    Gone,
    /// No signal (LOS).
    NoSignal,
    /// No frame alignment (LFA).
    NoFrame,
    /// No multiframe alignment (LMFA).
    NoMultiframe,
    /// A bad signal that the hardware does not tell apart (RED).
    Red,
    /// The far side sends AIS.
    Ais,
    /// The far side does not receive us (RAI).
    Rai,
    /// It has come back, and the hardware waits whether it stays so.
    Recovering,
    /// A loop is closed.
    Looped,
}

/// The data link of a span's D-channel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SpanLink {
    /// The span has none: R2.
    #[default]
    None,
    /// No call can be made: nobody answers, or the span is down.
    Down,
    /// Calls can be made.
    Up,
}

/// What a span's hardware has counted since its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SpanErrorCounts {
    /// Bipolar or code violations.
    pub line_code: u32,
    /// CRC-4 blocks received bad.
    pub crc4: u32,
    /// CRC-4 blocks that the far side received bad (E bits).
    pub far_end: u32,
    /// Frame alignment signals received bad.
    pub frame_alignment: u32,
    /// Octets lost or repeated because the clocks do not agree.
    pub slips: u32,
    /// D-channel frames received bad.
    pub hdlc: u32,
}

/// The state of a span's line, apart from its calls.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SpanStatus {
    /// Its alarms, the gravest first; empty if it is well.
    pub alarms: Vec<SpanAlarm>,
    /// Its D-channel's data link.
    pub link: SpanLink,
    /// What is wrong with it and what to change, in one line; empty if nothing is.
    pub trouble: String,
    /// The same in Chinese.
    #[serde(default)]
    pub trouble_zh: String,
    /// What its hardware counted.
    pub errors: SpanErrorCounts,
}

/// What a channel of a span does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SpanChannelState {
    /// Free.
    Idle,
    /// A call is being set up or released on it.
    Ringing,
    /// It carries a talk.
    Busy,
    /// It is out of service: by the configuration, by command, or blocked by the far side.
    OutOfService,
    /// Its span is in alarm.
    Alarm,
}

/// One channel of a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveSpanChannel {
    /// Its timeslot, 1–31.
    pub timeslot: u8,
    /// What it does.
    pub state: SpanChannelState,
}

/// One E1 span.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveSpan {
    /// What it is called.
    pub name: String,
    /// How it signals.
    pub signalling: SpanKind,
    /// How many channels carry a call.
    pub in_use: u32,
    /// Its channels, by timeslot.
    pub channels: Vec<LiveSpanChannel>,
    /// The state of its line.
    pub status: SpanStatus,
}

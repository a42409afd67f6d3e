//! What the switch is told about an E1 span.

use serde::{Deserialize, Serialize};
use tipring_events::SpanKind;
use tipring_line::Number;

use crate::config::{Direction, Hunt};
use crate::dial::Pattern;

/// What a caller from outside is told to have reached (COLP).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectedNumber {
    /// Nothing.
    #[default]
    Off,
    /// The number that was called.
    Called,
    /// The span's number shown outside; the number called where it has none.
    Unified,
}

/// An E1 span, known by its place in the list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanConfig {
    /// What it is called.
    pub name: String,
    /// How it signals.
    pub signalling: SpanKind,
    /// The timeslots that carry calls: bit *n* stands for timeslot *n*.
    pub channels: u32,
    /// Those of them that carry none for now.
    #[serde(default)]
    pub out_of_service: u32,
    /// In which order a free channel is looked for, by timeslot.
    #[serde(default)]
    pub hunt: Hunt,
    /// Which way calls may go on it. An emergency call goes out on any span.
    #[serde(default)]
    pub direction: Direction,
    /// How many calls may come in at once; one more is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_max: Option<u8>,
    /// How many calls may go out at once; one more goes another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outgoing_max: Option<u8>,
    /// The number taken as called where the exchange tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The numbers that are the box's; a call to another is refused. Empty: all.
    #[serde(default)]
    pub numbers: Vec<Pattern>,
    /// Of a number called, so many digits at its end are looked at; 0: all.
    #[serde(default)]
    pub did_digits: u8,
    /// The number shown outside for calls that go out on it; without one the extension's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Number>,
    /// Whether the number that a call was led on from goes before the number called.
    #[serde(default)]
    pub did_original: bool,
    /// What a caller is told to have reached. Where another network tells who answered, that is
    /// passed on unless this is off.
    #[serde(default)]
    pub connected: ConnectedNumber,
    /// The flow that takes its calls when no dial rule matches the number called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
}

//! The dial plan: which number leads where, as data.

mod groups;
mod pattern;
mod plan;

pub(crate) use groups::{Carrier, Groups};
pub use pattern::{Pattern, PatternError};
pub(crate) use plan::{DialPlan, Dialler, Outgoing, Route};
use serde::{Deserialize, Serialize};
use tipring_line::Number;

use crate::config::Class;

/// Where a call has to come from for a rule to apply.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// Anywhere.
    #[default]
    Any,
    /// An exchange line.
    Line,
    /// A SIP trunk or an E1 span.
    Trunk,
    /// An extension.
    Extension,
}

/// What a feature code does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Log an agent in at the extension that dialled.
    AgentLogIn,
    /// Log the extension's agent out.
    AgentLogOut,
    /// Make the extension's agent ready.
    AgentReady,
    /// Make the extension's agent not ready.
    AgentNotReady,
    /// Take a call that rings at a phone of the own pick-up group.
    PickUpGroup,
    /// Take a call that rings at the extension dialled after the code.
    PickUp,
    /// Park the other party at the place dialled after the code, or at the next free one: a target
    /// of transfers.
    Park,
    /// Take the call at the place dialled after the code.
    Unpark,
    /// Forward all calls to the number dialled after the code; without one, no longer.
    ForwardAlways,
    /// Forward calls while busy.
    ForwardBusy,
    /// Forward calls that are not answered.
    ForwardNoAnswer,
    /// Not to be rung.
    DoNotDisturbOn,
    /// To be rung again.
    DoNotDisturbOff,
    /// Dial the last number again.
    Redial,
    /// Dial the number of the speed-dial code dialled after this one.
    SpeedDial,
    /// Book a call: the account, `*` and the number follow.
    Account,
    /// Listen to the call of the extension dialled after the code; for supervisors.
    Listen,
    /// Listen, heard by the extension alone; for supervisors.
    Whisper,
    /// Join the call; for supervisors.
    Barge,
    /// Take the call over; for supervisors.
    TakeOver,
    /// End the call; for supervisors.
    ForceRelease,
    /// Put the other party of the own call on hold, or take it back.
    Hold,
    /// Let the own call's microphone not be heard, or be heard again.
    Mute,
    /// Begin to record the own call, or end the recording.
    Record,
    /// Pause the recording of the own call, or go on with it.
    RecordPause,
}

impl Feature {
    /// Whether it is the queues' to do.
    pub(crate) fn is_of_agent(self) -> bool {
        matches!(
            self,
            Feature::AgentLogIn
                | Feature::AgentLogOut
                | Feature::AgentReady
                | Feature::AgentNotReady
        )
    }

    /// Whether it is for supervisors only.
    pub(crate) fn supervises(self) -> bool {
        matches!(
            self,
            Feature::Listen
                | Feature::Whisper
                | Feature::Barge
                | Feature::TakeOver
                | Feature::ForceRelease
        )
    }

    /// Whether it is about the call that the extension has already: dialled after a hook flash,
    /// or from a SIP phone's second line.
    pub(crate) fn is_of_call(self) -> bool {
        matches!(self, Feature::Hold | Feature::Mute | Feature::Record | Feature::RecordPause)
    }

    /// Whether a call can be transferred to it.
    pub(crate) fn takes_transfers(self) -> bool {
        self == Feature::Park
    }
}

/// A call to the outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The name of the group, SIP trunk, E1 span or exchange line.
    pub name: String,
    /// How many leading characters of the number dialled are taken off.
    #[serde(default)]
    pub strip: u8,
    /// What is put before the rest.
    #[serde(default)]
    pub prepend: String,
    /// The class an extension needs for it.
    #[serde(default = "class_local")]
    pub class: Class,
}

/// Where a rule leads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A flow, by its name.
    Flow(String),
    /// A queue, by its name.
    Queue(String),
    /// An extension, by its number.
    Extension(Number),
    /// Outside; only for calls from extensions.
    Trunk(Outside),
    /// A feature; only for calls from extensions.
    Feature(Feature),
}

/// One dial rule.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialRule {
    /// The numbers it applies to.
    pub number: Pattern,
    /// Where from.
    #[serde(default)]
    pub from: From,
    /// Where to.
    pub to: Target,
    /// How phones ring for these calls: 0 as usual, *n* in their *n*-th distinctive way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<u8>,
}

const fn class_local() -> Class {
    Class::Local
}

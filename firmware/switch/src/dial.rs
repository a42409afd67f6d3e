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
    /// A SIP trunk.
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
}

/// A call to the outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The name of the group, SIP trunk or exchange line.
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

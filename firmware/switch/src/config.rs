//! What the switch is told about the box: extensions, lines, trunks, dial rules, feature codes.

use serde::{Deserialize, Serialize};
use tipring_line::{Number, PortId};
use tipring_tts::Lang;

use crate::dial::DialRule;
use crate::ringing::{LineNumber, RingingRules};

/// What an extension may call outside. Each class includes those before it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Other extensions, queues and flows only.
    Internal,
    /// Numbers of the same area.
    Local,
    /// The whole country.
    #[default]
    National,
    /// Abroad too.
    International,
}

/// An inside number.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionConfig {
    /// The number, which is also the SIP user.
    pub number: Number,
    /// The name shown to those who are called from it.
    #[serde(default)]
    pub name: String,
    /// What it may call.
    #[serde(default)]
    pub class: Class,
    /// The FXS port of its handset; without one it is a SIP phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortId>,
}

/// Which way calls may go on a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the street to the box only.
    In,
    /// From the box to the street only: a call that comes in is refused.
    Out,
}

/// An exchange line (FXO port).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineConfig {
    /// The port.
    pub port: PortId,
    /// What it is called: `fxo-1`.
    pub name: String,
    /// The line's own number, taken as the called number of calls that come in on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The flow that takes its calls. Without one the dial rules decide by `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// How long a call that comes in without a caller waits for one before it is taken, in
    /// milliseconds: for signalling that offers a call with its first ring. 0 where the
    /// signalling itself offers a call only once its caller id has come, or will not come.
    #[serde(default)]
    pub caller_id_ms: u32,
    /// Which way calls may go on it. An emergency call goes out on any line.
    #[serde(default)]
    pub direction: Direction,
    /// How phones ring for its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<u8>,
    /// The line's further numbers.
    #[serde(default)]
    pub numbers: Vec<LineNumber>,
}

/// A SIP trunk, known to the SIP driver by its place in the list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunkConfig {
    /// What it is called.
    pub name: String,
    /// The flow that takes its calls when no dial rule matches the number called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The number shown outside for calls that go out on it; without one the extension's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Number>,
}

/// In which order the members of a group are tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hunt {
    /// From the first on: an exchange that hunts downwards for its calls meets it last.
    #[default]
    Ascending,
    /// From the last back.
    Descending,
    /// From the one after the last taken, so that all are used alike.
    Cyclic,
    /// From the one before the last taken.
    CyclicDescending,
}

/// Lines, trunks and groups that carry the same calls outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupConfig {
    /// What it is called.
    pub name: String,
    /// The names of lines, trunks, and groups that stand before this one: calls overflow from
    /// the first member to the next.
    pub members: Vec<String>,
    /// In which order they are tried.
    #[serde(default)]
    pub hunt: Hunt,
}

/// Emergency calls. They go out from every extension, whatever its class and however many calls
/// there are, and take a line that is in use if none is free.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmergencyConfig {
    /// The numbers, dialled as they are.
    pub numbers: Vec<Number>,
    /// The line, trunk or group that carries them; where empty, every line and then every trunk.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub via: String,
}

impl Default for EmergencyConfig {
    /// China's: police, fire, ambulance, traffic accident, rescue at sea, forest fire.
    fn default() -> Self {
        let numbers = ["110", "119", "120", "122", "12395", "12119"];
        let numbers = numbers.map(|n| n.parse().expect("these are numbers"));
        EmergencyConfig { numbers: numbers.to_vec(), via: String::new() }
    }
}

/// Which calls that no flow or queue speaks for are recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordingRules {
    /// Whether anything is recorded at all.
    pub enabled: bool,
    /// Calls from extension to extension.
    pub internal: bool,
    /// Calls from an extension to the outside.
    pub outgoing: bool,
}

impl Default for RecordingRules {
    fn default() -> Self {
        RecordingRules { enabled: true, internal: false, outgoing: true }
    }
}

/// The feature codes: what an extension dials to tell the box something.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureCodes {
    /// Agent log-in; the work number, `#`, the password and `#` may follow.
    pub agent_log_in: String,
    /// Agent log-out.
    pub agent_log_out: String,
    /// Agent ready.
    pub agent_ready: String,
    /// Agent not ready.
    pub agent_not_ready: String,
}

impl Default for FeatureCodes {
    fn default() -> Self {
        FeatureCodes {
            agent_log_in: "*61".into(),
            agent_log_out: "*62".into(),
            agent_ready: "*63".into(),
            agent_not_ready: "*64".into(),
        }
    }
}

/// Everything the switch is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SwitchConfig {
    /// The language a call begins with.
    pub language: Lang,
    /// Minutes east of UTC of the dates in recordings' paths (China: 480).
    pub offset_minutes: i32,
    /// Calls at once; one more is refused with [`Cause::Congestion`](tipring_line::Cause).
    pub max_calls: u32,
    /// How long an extension or an outside number is rung, in seconds.
    pub ring_s: u32,
    /// How phones ring.
    pub ringing: RingingRules,
    /// What is recorded.
    pub recording: RecordingRules,
    /// The extensions.
    pub extensions: Vec<ExtensionConfig>,
    /// The exchange lines.
    pub lines: Vec<LineConfig>,
    /// The SIP trunks, in the order of the SIP driver's.
    pub trunks: Vec<TrunkConfig>,
    /// The groups of lines and trunks.
    pub groups: Vec<GroupConfig>,
    /// Emergency calls.
    pub emergency: EmergencyConfig,
    /// The dial rules; the most specific match wins, and of equals the first.
    pub dial: Vec<DialRule>,
    /// The feature codes.
    pub features: FeatureCodes,
}

impl Default for SwitchConfig {
    fn default() -> Self {
        SwitchConfig {
            language: Lang::ZhCn,
            offset_minutes: 480,
            max_calls: 2000,
            ring_s: 60,
            ringing: RingingRules::default(),
            recording: RecordingRules::default(),
            extensions: Vec::new(),
            lines: Vec::new(),
            trunks: Vec::new(),
            groups: Vec::new(),
            emergency: EmergencyConfig::default(),
            dial: Vec::new(),
            features: FeatureCodes::default(),
        }
    }
}

//! What the switch is told about the box: extensions, lines, trunks, dial rules, feature codes.

use serde::{Deserialize, Serialize};
use tipring_line::{Number, PortId};
use tipring_tts::Lang;

use crate::dial::{DialRule, Feature, Pattern};
use crate::ringing::{LineNumber, RingingRules};
use crate::span_config::SpanConfig;

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
    /// What its telephone may do.
    #[serde(default)]
    pub features: ExtensionFeatures,
}

/// What an extension's telephone may do, and where its calls go instead.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionFeatures {
    /// Its pick-up group: whoever is in it may take the calls that ring at the others.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pick_up_group: String,
    /// Whether a second call may wait while it is busy.
    pub call_waiting: bool,
    /// Whether it may monitor, take over and end other extensions' calls by code.
    pub supervisor: bool,
    /// Whether its number is hidden from whoever it calls outside, and who calls it from there
    /// (CLIR, COLR). Emergency calls show it.
    pub hide_number: bool,
    /// Where all its calls go, unless set otherwise at the phone or by the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_always: Option<Number>,
    /// Where its calls go while it is busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_busy: Option<Number>,
    /// Where its calls go that are not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_no_answer: Option<Number>,
}

/// Parking places.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParkingConfig {
    /// The places, by number; dialling one takes the call that waits there.
    pub places: Vec<Number>,
    /// After this a parked call goes back to whoever parked it, in seconds.
    pub return_s: u32,
}

impl Default for ParkingConfig {
    fn default() -> Self {
        let places = (1..=9).map(|n| format!("*70{n}").parse().expect("this is a number"));
        ParkingConfig { places: places.collect(), return_s: 120 }
    }
}

/// One number of the box-wide speed-dial list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeedDial {
    /// What is dialled after the feature code: `01`.
    pub code: Number,
    /// The number, as an extension would dial it.
    pub number: Number,
    /// Whose it is.
    #[serde(default)]
    pub name: String,
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
    /// The extension whose messages they are when the exchange tells of messages on the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Number>,
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

/// Lines, spans, trunks and groups that carry the same calls outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupConfig {
    /// What it is called.
    pub name: String,
    /// The names of lines, spans, trunks, and groups that stand before this one: calls overflow from
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
    /// The line, span, trunk or group that carries them; where empty, every line, then every span,
    /// then every trunk.
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

/// Why a call is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingRule {
    /// Its queue records its calls.
    Queue,
    /// It goes from extension to extension.
    Internal,
    /// It goes from an extension to the outside.
    Outgoing,
    /// It comes from the outside to an extension.
    Incoming,
    /// One of its extensions is always recorded.
    Extension,
    /// One of its agents is always recorded.
    Agent,
}

/// How an agent is told that a supervisor listens to the call or whispers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TellAgent {
    /// Not at all.
    #[default]
    Not,
    /// By the reminder tone, once when it begins, heard by the agent alone.
    Tone,
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
    /// Calls from the outside to an extension.
    pub incoming: bool,
    /// Every call of these extensions, whatever its direction.
    pub extensions: Vec<Number>,
    /// Every call of these agents, by work number, wherever they sit and whoever leads it there.
    pub agents: Vec<Number>,
    /// By which rules the parties hear that the call is recorded before they talk, unless its
    /// flow has said so already.
    pub announce: Vec<RecordingRule>,
}

impl Default for RecordingRules {
    fn default() -> Self {
        RecordingRules {
            enabled: true,
            internal: false,
            outgoing: true,
            incoming: false,
            extensions: Vec::new(),
            agents: Vec::new(),
            announce: Vec::new(),
        }
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
    /// Take a call that rings in the own pick-up group.
    pub pick_up_group: String,
    /// Take a call that rings at an extension, whose number follows.
    pub pick_up: String,
    /// Park the other party: as the target of a transfer; a place may follow.
    pub park: String,
    /// Take a parked call; the place follows.
    pub unpark: String,
    /// Forward all calls; the target follows, nothing ends it.
    pub forward_always: String,
    /// Forward calls while busy.
    pub forward_busy: String,
    /// Forward calls that are not answered.
    pub forward_no_answer: String,
    /// Not to be rung.
    pub do_not_disturb_on: String,
    /// To be rung again.
    pub do_not_disturb_off: String,
    /// Dial the last number again.
    pub redial: String,
    /// Dial from the speed-dial list; the entry's code follows.
    pub speed_dial: String,
    /// Book a call: the account, `*` and the number follow.
    pub account: String,
    /// Listen to an extension's call; its number follows.
    pub listen: String,
    /// Listen, heard by the extension alone.
    pub whisper: String,
    /// Join an extension's call.
    pub barge: String,
    /// Take an extension's call over.
    pub take_over: String,
    /// End an extension's call.
    pub force_release: String,
    /// Put the other party of the own call on hold, or take it back.
    pub hold: String,
    /// Mute the own microphone, or no longer.
    pub mute: String,
    /// Record the own call, or no longer.
    pub record: String,
    /// Pause the recording of the own call, or go on with it.
    pub record_pause: String,
}

impl FeatureCodes {
    /// Every code with its key in the configuration. An empty code switches the feature off.
    pub fn each(&self) -> [(&'static str, &str, Feature); 25] {
        [
            ("agent_log_in", &self.agent_log_in, Feature::AgentLogIn),
            ("agent_log_out", &self.agent_log_out, Feature::AgentLogOut),
            ("agent_ready", &self.agent_ready, Feature::AgentReady),
            ("agent_not_ready", &self.agent_not_ready, Feature::AgentNotReady),
            ("pick_up_group", &self.pick_up_group, Feature::PickUpGroup),
            ("pick_up", &self.pick_up, Feature::PickUp),
            ("park", &self.park, Feature::Park),
            ("unpark", &self.unpark, Feature::Unpark),
            ("forward_always", &self.forward_always, Feature::ForwardAlways),
            ("forward_busy", &self.forward_busy, Feature::ForwardBusy),
            ("forward_no_answer", &self.forward_no_answer, Feature::ForwardNoAnswer),
            ("do_not_disturb_on", &self.do_not_disturb_on, Feature::DoNotDisturbOn),
            ("do_not_disturb_off", &self.do_not_disturb_off, Feature::DoNotDisturbOff),
            ("redial", &self.redial, Feature::Redial),
            ("speed_dial", &self.speed_dial, Feature::SpeedDial),
            ("account", &self.account, Feature::Account),
            ("listen", &self.listen, Feature::Listen),
            ("whisper", &self.whisper, Feature::Whisper),
            ("barge", &self.barge, Feature::Barge),
            ("take_over", &self.take_over, Feature::TakeOver),
            ("force_release", &self.force_release, Feature::ForceRelease),
            ("hold", &self.hold, Feature::Hold),
            ("mute", &self.mute, Feature::Mute),
            ("record", &self.record, Feature::Record),
            ("record_pause", &self.record_pause, Feature::RecordPause),
        ]
    }
}

impl Default for FeatureCodes {
    fn default() -> Self {
        FeatureCodes {
            agent_log_in: "*61".into(),
            agent_log_out: "*62".into(),
            agent_ready: "*63".into(),
            agent_not_ready: "*64".into(),
            pick_up_group: "*80".into(),
            pick_up: "*81".into(),
            park: "*68".into(),
            unpark: "*69".into(),
            forward_always: "*21".into(),
            forward_busy: "*22".into(),
            forward_no_answer: "*23".into(),
            do_not_disturb_on: "*78".into(),
            do_not_disturb_off: "*79".into(),
            redial: "*66".into(),
            speed_dial: "*74".into(),
            account: "*75".into(),
            listen: "*84".into(),
            whisper: "*85".into(),
            barge: "*86".into(),
            take_over: "*87".into(),
            force_release: "*88".into(),
            hold: "*71".into(),
            mute: "*72".into(),
            record: "*73".into(),
            record_pause: "*77".into(),
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
    /// How agents are told of supervisors.
    pub tell_agent: TellAgent,
    /// The extensions.
    pub extensions: Vec<ExtensionConfig>,
    /// The exchange lines.
    pub lines: Vec<LineConfig>,
    /// The SIP trunks, in the order of the SIP driver's.
    pub trunks: Vec<TrunkConfig>,
    /// The E1 spans, in the order of their numbers in [`ChannelId::of_span`].
    ///
    /// [`ChannelId::of_span`]: tipring_line::ChannelId::of_span
    pub spans: Vec<SpanConfig>,
    /// The groups of lines, spans and trunks.
    pub groups: Vec<GroupConfig>,
    /// Emergency calls.
    pub emergency: EmergencyConfig,
    /// The dial rules; the most specific match wins, and of equals the first.
    pub dial: Vec<DialRule>,
    /// The feature codes.
    pub features: FeatureCodes,
    /// How long a phone is rung before a call that is not answered is forwarded, in seconds.
    pub forward_no_answer_s: u32,
    /// The parking places.
    pub parking: ParkingConfig,
    /// The box-wide speed-dial list.
    pub speed_dial: Vec<SpeedDial>,
    /// Outside numbers that are not called, as they would go out on the line.
    pub do_not_call: Vec<Pattern>,
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
            tell_agent: TellAgent::Not,
            extensions: Vec::new(),
            lines: Vec::new(),
            trunks: Vec::new(),
            spans: Vec::new(),
            groups: Vec::new(),
            emergency: EmergencyConfig::default(),
            dial: Vec::new(),
            features: FeatureCodes::default(),
            forward_no_answer_s: 20,
            parking: ParkingConfig::default(),
            speed_dial: Vec::new(),
            do_not_call: Vec::new(),
        }
    }
}

//! The document's shape, as it stands in the TOML file.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use tipring_acd::{
    AgentConfig, AgentGroup, CalledConfig, DeskConfig, LockOut, QueueConfig, ReasonConfig,
    VipConfig,
};
use tipring_calendar::CalendarConfig;
use tipring_ivr::Flow;
use tipring_line::Number;
use tipring_switch::{
    Class, DialRule, Direction, EmergencyConfig, ExtensionFeatures, FeatureCodes, GroupConfig,
    ParkingConfig, Pattern, RecordingRules, SpeedDial, TellAgent,
};
use tipring_tts::Lang;

use crate::ConfigError;
use crate::handset::{HandsetEntry, RingingEntry};
use crate::numbering::NumberingEntry;
use crate::prompt::PromptEntry;
use crate::retention::RetentionConfig;
use crate::span::SpanEntry;

/// The whole configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Document {
    /// The language a call begins with.
    pub language: Lang,
    /// The country whose tones, ringing and caller id the analog lines have: `cn`.
    pub country: String,
    /// Local time: minutes east of UTC (China: 480).
    pub offset_minutes: i32,
    /// Calls at once; one more is refused.
    pub max_calls: u32,
    /// How long an extension or an outside number is rung, in seconds.
    pub ring_s: u32,
    /// How handsets ring.
    pub ringing: RingingEntry,
    /// What is recorded beside what flows and queues say.
    pub recording: RecordingRules,
    /// How long recordings and records are kept.
    pub retention: RetentionConfig,
    /// How agents are told that a supervisor hears their call.
    pub tell_agent: TellAgent,
    /// Feature codes.
    pub features: FeatureCodes,
    /// How long a phone is rung before a call that is not answered is forwarded, in seconds.
    pub forward_no_answer_s: u32,
    /// Parking places.
    pub parking: ParkingConfig,
    /// Outside numbers that are not called, as they go out on the line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub do_not_call: Vec<Pattern>,
    /// Wrong agent passwords and what they lead to.
    pub lock_out: LockOut,
    /// How phones prove who they are.
    pub sip: SipEntry,
    /// Inside numbers.
    #[serde(rename = "extension")]
    pub extensions: Vec<ExtensionEntry>,
    /// Agents.
    #[serde(rename = "agent")]
    pub agents: Vec<AgentConfig>,
    /// Queues.
    #[serde(rename = "queue")]
    pub queues: Vec<QueueConfig>,
    /// Groups of agents.
    #[serde(rename = "agent_group")]
    pub agent_groups: Vec<AgentGroup>,
    /// Reasons for not being ready.
    #[serde(rename = "reason")]
    pub reasons: Vec<ReasonConfig>,
    /// Customers who come before others.
    #[serde(rename = "vip")]
    pub vips: Vec<VipConfig>,
    /// Numbers whose callers come before others.
    #[serde(rename = "called")]
    pub called: Vec<CalledConfig>,
    /// Opening hours.
    #[serde(rename = "calendar")]
    pub calendars: Vec<CalendarConfig>,
    /// How agents' work is counted and watched.
    pub desk: DeskConfig,
    /// Exchange lines.
    #[serde(rename = "line")]
    pub lines: Vec<LineEntry>,
    /// SIP trunks.
    #[serde(rename = "trunk")]
    pub trunks: Vec<TrunkEntry>,
    /// E1 spans.
    #[serde(rename = "span", skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<SpanEntry>,
    /// Groups of lines, spans and trunks.
    #[serde(rename = "group")]
    pub groups: Vec<GroupConfig>,
    /// Emergency calls.
    pub emergency: EmergencyConfig,
    /// How calls to the outside are dialled, by the country's numbering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbering: Option<NumberingEntry>,
    /// Dial rules.
    #[serde(rename = "dial")]
    pub dial: Vec<DialRule>,
    /// The speed-dial list that all extensions share.
    #[serde(rename = "speed_dial")]
    pub speed_dial: Vec<SpeedDial>,
    /// The site's own prompts.
    #[serde(rename = "prompt")]
    pub prompts: Vec<PromptEntry>,
    /// Flows.
    #[serde(rename = "flow")]
    pub flows: Vec<Flow>,
    /// What agents' desktops open when a call is offered.
    #[serde(rename = "screen_pop", skip_serializing_if = "Vec::is_empty")]
    pub screen_pops: Vec<ScreenPop>,
}

impl Default for Document {
    fn default() -> Self {
        Document {
            language: Lang::ZhCn,
            country: "cn".to_owned(),
            offset_minutes: 480,
            max_calls: 2000,
            ring_s: 60,
            ringing: RingingEntry::default(),
            recording: RecordingRules::default(),
            retention: RetentionConfig::default(),
            tell_agent: TellAgent::Not,
            features: FeatureCodes::default(),
            forward_no_answer_s: 20,
            parking: ParkingConfig::default(),
            do_not_call: Vec::new(),
            lock_out: LockOut::default(),
            sip: SipEntry::default(),
            extensions: Vec::new(),
            agents: Vec::new(),
            queues: Vec::new(),
            agent_groups: Vec::new(),
            reasons: Vec::new(),
            vips: Vec::new(),
            called: Vec::new(),
            calendars: Vec::new(),
            desk: DeskConfig::default(),
            lines: Vec::new(),
            trunks: Vec::new(),
            spans: Vec::new(),
            groups: Vec::new(),
            emergency: EmergencyConfig::default(),
            numbering: None,
            dial: Vec::new(),
            speed_dial: Vec::new(),
            prompts: Vec::new(),
            flows: Vec::new(),
            screen_pops: Vec::new(),
        }
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// With line, column and, for an unknown name, the nearest known one.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut document: Document =
            toml::from_str(text).map_err(|e| ConfigError::from_toml(text, &e))?;
        document.give_ids();
        Ok(document)
    }

    /// Writes the document as TOML.
    ///
    /// # Panics
    /// Never: every part of a document can be written as TOML, which a test asserts.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a document can be written as TOML")
    }

    /// Gives every queue and agent without an id the smallest free one.
    fn give_ids(&mut self) {
        let mut acd = tipring_acd::AcdConfig {
            queues: std::mem::take(&mut self.queues),
            agents: std::mem::take(&mut self.agents),
            ..tipring_acd::AcdConfig::default()
        };
        acd.give_ids();
        self.queues = acd.queues;
        self.agents = acd.agents;
    }
}

/// A digest algorithm (RFC 7616).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Digest {
    /// Every phone knows it.
    #[serde(rename = "MD5")]
    Md5,
    /// The better one.
    #[serde(rename = "SHA-256")]
    Sha256,
}

/// What concerns every SIP phone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SipEntry {
    /// The digest algorithms offered to phones, in this order. Some phones fail on a challenge
    /// they do not know, so MD5 alone is offered unless all of them are known to do better.
    pub digest: Vec<Digest>,
}

impl Default for SipEntry {
    fn default() -> Self {
        SipEntry { digest: vec![Digest::Md5] }
    }
}

/// An inside number, or a range of them with one secret.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionEntry {
    /// The number. Either this or `range`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// First and last number, of the same length: `8001-8100`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// The name shown to those who are called from it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The password of its SIP account. Required unless `port` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// What it may call.
    pub class: Class,
    /// The label of the handset socket it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// What its handset is like, where that differs from what is usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handset: Option<HandsetEntry>,
    /// What its telephone may do, and where its calls go instead.
    #[serde(skip_serializing_if = "has_usual_features")]
    pub features: ExtensionFeatures,
}

fn has_usual_features(features: &ExtensionFeatures) -> bool {
    *features == ExtensionFeatures::default()
}

/// What an agent's desktop opens when a call of a queue is offered: other software's page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenPop {
    /// The queue, by name.
    pub queue: String,
    /// The page, `http` or `https`. `{caller}`, `{name}`, `{called}`, `{call}`, `{queue}` and
    /// `{agent}` (the work number) are filled in.
    pub url: String,
}

/// An exchange line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineEntry {
    /// The label of its socket.
    pub port: String,
    /// Its own number, taken as the number called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The flow that takes its calls; without one the dial rules decide by `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Which way calls may go on it.
    #[serde(default)]
    pub direction: Direction,
    /// How numbers are dialled.
    #[serde(default)]
    pub dialling: Dialling,
    /// Whether the operator reverses polarity when the called party answers (反极).
    #[serde(default)]
    pub polarity: bool,
    /// Gain towards the line, in dB, −12 to 12.
    #[serde(default)]
    pub gain_tx_db: i8,
    /// Gain from the line, in dB, −12 to 12.
    #[serde(default)]
    pub gain_rx_db: i8,
    /// The hybrid balance that fits it, from 0, where its socket offers several; a line test finds
    /// it.
    #[serde(default, skip_serializing_if = "is_first")]
    pub balance: u8,
    /// How long an echo is cancelled, in milliseconds: 32, 64, or 0 for none.
    #[serde(default = "echo_default")]
    pub echo_ms: u8,
    /// A call silent both ways for this long is ended, in seconds; 0 for never.
    #[serde(default = "silence_default")]
    pub silence_s: u16,
    /// Whether its exchange tells who calls. A call on a line without it is taken with the first
    /// ring. As usual in the country where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<bool>,
    /// The hook flash sent on it, in milliseconds; the country's where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_ms: Option<u16>,
    /// How handsets ring for its calls: 0 as usual, *n* by the *n*-th of `ringing.cadences`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<u8>,
    /// Its further numbers, which the exchange tells by how it rings; at most four.
    #[serde(default, rename = "ring", skip_serializing_if = "Vec::is_empty")]
    pub rings: Vec<LineRingEntry>,
    /// The extension whose messages they are when its exchange tells of messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Number>,
    /// The tones its exchange was heard to release with, at most two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learnt: Vec<LearntTone>,
}

/// A further number of an exchange line (distinctive ringing).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRingEntry {
    /// How the exchange rings for it: on and off in turn, in milliseconds.
    pub cadence: Vec<u16>,
    /// The number.
    pub number: Number,
    /// The flow that takes its calls; without one the dial rules decide by `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// How handsets ring for its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<u8>,
}

/// How numbers are dialled on an exchange line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialling {
    /// By tones (DTMF).
    #[default]
    Tone,
    /// By pulses.
    Pulse,
}

/// A tone by which an exchange says that the far side has gone, as learnt on the line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearntTone {
    /// One or two frequencies, in Hz.
    pub hz: Vec<u16>,
    /// The frequency that modulates it, in Hz; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub am_hz: u16,
    /// On and off in turn, in milliseconds; continuous where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_off_ms: Vec<u16>,
}

/// How keys are sent on a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrunkDtmf {
    /// Whatever the other side understands.
    #[default]
    Auto,
    /// Telephone-events (RFC 4733).
    Rfc4733,
    /// SIP INFO.
    Info,
    /// Tones in the audio.
    InBand,
}

/// The transport towards a trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrunkTransport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
}

/// The account the box registers with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The account's user.
    pub user: String,
    /// Its digest user name, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_user: Option<String>,
    /// Its password.
    pub secret: String,
    /// For how long to register, in seconds.
    #[serde(default = "expires_default")]
    pub expires_s: u32,
}

/// A SIP trunk, by address or by registration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunkEntry {
    /// Its name.
    pub name: String,
    /// Where requests go: address and port.
    pub proxy: SocketAddr,
    /// The transport towards it.
    #[serde(default)]
    pub transport: TrunkTransport,
    /// The addresses its calls come from: hosts, networks (`192.0.2.0/24`) or one port of a host
    /// (`192.0.2.1:5080`). Either this or `register`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<String>,
    /// The account to register with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Registration>,
    /// The host in SIP addresses; the proxy's address where empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// The number shown outside for calls that go out on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Number>,
    /// Whether the caller's number is taken from the network's assertion.
    #[serde(default)]
    pub trust_identity: bool,
    /// How keys are sent.
    #[serde(default)]
    pub dtmf: TrunkDtmf,
    /// How often it is asked whether it lives, in seconds; 0 for never.
    #[serde(default = "qualify_default")]
    pub qualify_s: u32,
    /// The flow that takes its calls when no dial rule matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
}

const fn expires_default() -> u32 {
    600
}

const fn is_zero(n: &u16) -> bool {
    *n == 0
}

fn is_first(n: &u8) -> bool {
    *n == 0
}

const fn echo_default() -> u8 {
    32
}

const fn silence_default() -> u16 {
    120
}

const fn qualify_default() -> u32 {
    30
}

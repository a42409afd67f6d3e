//! The box as it is now: what the status page shows and the figures count.

use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_line::{CallId, Number, RedirectReason};

use crate::{AgentId, AgentState, ForwardWhen, LiveSpan, MonitorMode, QueueId, SegmentKind};

/// Everything that is going on, at one moment.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveState {
    /// Every port, SIP trunk and extension.
    pub lines: Vec<LiveLine>,
    /// Every call in progress, the oldest first.
    pub calls: Vec<LiveCall>,
    /// Every queue.
    pub queues: Vec<LiveQueue>,
    /// Every agent.
    pub agents: Vec<LiveAgent>,
    /// Every E1 span.
    #[serde(default)]
    pub spans: Vec<LiveSpan>,
    /// The reasons for not being ready.
    #[serde(default)]
    pub reasons: Vec<LiveReason>,
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// An exchange line.
    Fxo,
    /// A handset.
    Fxs,
    /// An E1 span.
    E1,
    /// A SIP trunk.
    SipTrunk,
    /// A SIP phone.
    SipPhone,
}

/// What a line does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LineState {
    /// Free.
    Idle,
    /// Rings, or is being rung.
    Ringing,
    /// Carries a call.
    Busy,
    /// Not registered, or the trunk does not answer.
    Unreachable,
    /// Out of order: no battery, no device.
    Alarm,
}

/// One line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveLine {
    /// `fxo-1`, `trunk:name`, `8001`.
    pub name: String,
    /// What it is.
    pub kind: LineKind,
    /// What it does.
    pub state: LineState,
    /// How many calls it carries.
    pub calls: u32,
    /// What is wrong or worth knowing, in words; empty if nothing.
    pub note: String,
    /// Whether an extension is left alone.
    #[serde(default)]
    pub do_not_disturb: bool,
    /// Where calls to an extension go instead.
    #[serde(default)]
    pub forwards: Vec<LiveForward>,
}

/// Where calls to an extension go instead.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveForward {
    /// When.
    pub when: ForwardWhen,
    /// Where to.
    pub to: Number,
}

/// What a party of a call does: the connection states of ECMA-269, and more exactly what is heard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PartyState {
    /// Its phone, or its number, is being called.
    Alerting,
    /// It is in a flow, in a queue, or hears a prompt or ringback.
    Waiting,
    /// It hears and is heard.
    Talking,
    /// It hears, and is not heard.
    Muted,
    /// Somebody has put it on hold: it hears music.
    Held,
    /// It has put the others on hold, or talks in another call.
    Away,
    /// It waits at a parking place.
    Parked,
}

/// One party of a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveParty {
    /// Its name, empty if unknown.
    pub name: String,
    /// Its number, if known: an extension's, or one outside.
    pub number: Option<Number>,
    /// The extension, if it is one.
    pub extension: Option<Number>,
    /// The agent there, if a queue gave the call to one.
    pub agent: Option<AgentId>,
    /// What it does.
    pub state: PartyState,
}

/// A supervisor who takes part in a call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveMonitor {
    /// The supervisor's phone.
    pub extension: Number,
    /// How.
    pub mode: MonitorMode,
    /// Who.
    pub by: String,
}

/// A stretch of a call with one handler.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveSegment {
    /// What handles the call.
    pub kind: SegmentKind,
    /// Who.
    pub handler: String,
    /// Since when, milliseconds since 1970.
    pub began_ms: i64,
    /// Until when; `null` while it lasts.
    pub ended_ms: Option<i64>,
}

/// Who led a call to the box.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveRedirection {
    /// The number that led it on last, where told and not hidden.
    pub by: Option<Number>,
    /// Why.
    pub reason: RedirectReason,
    /// The number that was called first, where told.
    pub original: Option<Number>,
}

/// One call in progress.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveCall {
    /// The call.
    pub call: CallId,
    /// Where it came in.
    pub source: String,
    /// The number called.
    pub called: Option<Number>,
    /// The number that calls.
    pub caller: Option<Number>,
    /// The name that calls.
    pub caller_name: String,
    /// Since when, milliseconds since 1970.
    pub began_ms: i64,
    /// Whether the caller has been answered.
    pub answered: bool,
    /// Whether it is being recorded.
    pub recording: bool,
    /// Whether the recording holds silence just now.
    #[serde(default)]
    pub recording_paused: bool,
    /// The parking place it waits at.
    #[serde(default)]
    pub parked: Option<Number>,
    /// The account it is booked to.
    #[serde(default)]
    pub account: Option<Number>,
    /// Who led it here, where it was for another number first.
    #[serde(default)]
    pub redirection: Option<LiveRedirection>,
    /// Who takes part, the caller first.
    #[serde(default)]
    pub parties: Vec<LiveParty>,
    /// The supervisors who take part.
    #[serde(default)]
    pub monitors: Vec<LiveMonitor>,
    /// What handled it, the current segment last.
    pub segments: Vec<LiveSegment>,
}

/// One who waits in a queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveWaiting {
    /// The call.
    pub call: CallId,
    /// The number that calls.
    pub caller: Option<Number>,
    /// Place, from 1.
    pub position: u32,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// The agent who is being rung for this caller.
    pub offered_to: Option<AgentId>,
    /// The customer's name, empty if unknown.
    #[serde(default)]
    pub caller_name: String,
    /// The priority, 0 the lowest, without what waiting has added.
    #[serde(default)]
    pub priority: u32,
    /// Since when in the box's queues, milliseconds since 1970: moves and callbacks keep it.
    #[serde(default)]
    pub joined_ms: i64,
    /// How long the wait is expected to last from now on; `null` when too little is known.
    #[serde(default)]
    pub estimate_ms: Option<u64>,
}

/// A number that is to be called back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveCallback {
    /// The number.
    pub number: Number,
    /// Place among those who wait, from 1; `null` while it rests between two attempts.
    pub position: Option<u32>,
    /// Since when the customer waits, milliseconds since 1970.
    pub joined_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// The agent who is on it just now.
    pub agent: Option<AgentId>,
}

/// A caller who gave up and has not been reached since.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveAbandoned {
    /// The number.
    pub number: Number,
    /// The last call given up.
    pub call: CallId,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// How often it was given up.
    pub times: u32,
}

/// A reason for not being ready, to be chosen from.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveReason {
    /// The name in Chinese.
    pub zh: String,
    /// The name in English.
    pub en: String,
    /// What is sent to choose it, and logged.
    pub key: String,
    /// For how long it may last; 0 for no limit.
    pub limit_ms: u64,
    /// Whether a supervisor's leave is needed.
    pub needs_leave: bool,
}

/// One queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveQueue {
    /// The queue.
    pub queue: QueueId,
    /// Its name.
    pub name: String,
    /// Who waits, the next to be served first.
    pub waiting: Vec<LiveWaiting>,
    /// How many agents of it are logged in.
    pub agents_logged_in: u32,
    /// How many of them are ready.
    pub agents_ready: u32,
    /// Who is to be called back, the next first.
    #[serde(default)]
    pub callbacks: Vec<LiveCallback>,
    /// Who gave up and has not been reached since, the oldest first.
    #[serde(default)]
    pub abandoned: Vec<LiveAbandoned>,
    /// How many wait, those not shown included.
    #[serde(default)]
    pub waiting_count: u32,
    /// Whether it is outside its opening hours.
    #[serde(default)]
    pub closed: bool,
}

/// One agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveAgent {
    /// The agent.
    pub agent: AgentId,
    /// The work number.
    pub work_number: Number,
    /// The name.
    pub name: String,
    /// The state.
    pub state: AgentState,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Where the agent is logged in.
    pub extension: Option<Number>,
    /// Why not ready; empty otherwise.
    pub reason: String,
    /// The call being offered, talked in or settled.
    pub call: Option<CallId>,
    /// When wrap-up ends, or the reason's time is over, milliseconds since 1970.
    #[serde(default)]
    pub until_ms: Option<i64>,
    /// The break whose leave was asked for and not yet decided.
    #[serde(default)]
    pub leave_asked: Option<String>,
    /// Calls answered since the shift began.
    #[serde(default)]
    pub answered: u32,
    /// Talking since the shift began.
    #[serde(default)]
    pub talk_ms: u64,
    /// The queues served.
    #[serde(default)]
    pub queues: Vec<QueueId>,
}

/// One live event, as the web's event stream carries it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LiveEvent {
    /// Counts up by one from event to event within one run of the box; lets a page see a gap.
    pub sequence: u64,
    /// When it happened.
    #[serde(with = "wall_ms")]
    #[cfg_attr(feature = "schema", schema(value_type = i64))]
    pub at: WallTime,
    /// What happened.
    #[serde(flatten)]
    pub kind: crate::EventKind,
}

mod wall_ms {
    use serde::{Deserialize, Deserializer, Serializer};
    use tipring_clock::WallTime;

    pub(super) fn serialize<S: Serializer>(t: &WallTime, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(t.unix_millis())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<WallTime, D::Error> {
        Ok(WallTime::from_unix_micros(i64::deserialize(d)?.saturating_mul(1000)))
    }
}

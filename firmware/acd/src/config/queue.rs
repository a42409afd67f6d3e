//! What one queue is told.

use serde::{Deserialize, Serialize};
use tipring_events::QueueId;
use tipring_line::Number;

/// Which eligible agent is offered the next caller. Each is applied within the lowest tier that
/// has an eligible agent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Every eligible agent; the first to answer gets the call.
    RingAll,
    /// The agent whose last call, wrap-up included, ended longest ago; never called is longest.
    #[default]
    LongestIdle,
    /// Fewest answered since the shift began.
    FewestCalls,
    /// Least talking since the shift began.
    LeastTalkTime,
    /// The next after the one last offered, in the order of the configuration.
    RoundRobin,
    /// In the order of the configuration, each caller from its beginning.
    Linear,
    /// One more agent every `progressive_s`, in the order of the configuration.
    Progressive,
    /// Any, with equal chances.
    Random,
    /// Any, by the level in the queue.
    WeightedRandom,
    /// Who is best at what the caller needs.
    SkillMatch,
}

/// When something is announced. In TOML `"on"`, `"off"`, or the number it has to be above.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "ThresholdForm", into = "ThresholdForm")]
pub enum Threshold {
    /// Never.
    #[default]
    Off,
    /// Always.
    On,
    /// Only when it is above this.
    Above(u32),
}

impl Threshold {
    /// Whether a value is announced.
    pub fn says(self, value: u32) -> bool {
        match self {
            Threshold::Off => false,
            Threshold::On => true,
            Threshold::Above(limit) => value > limit,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ThresholdForm {
    Above(u32),
    Word(String),
}

impl TryFrom<ThresholdForm> for Threshold {
    type Error = String;
    fn try_from(form: ThresholdForm) -> Result<Self, String> {
        match form {
            ThresholdForm::Above(limit) => Ok(Threshold::Above(limit)),
            ThresholdForm::Word(word) if word == "on" => Ok(Threshold::On),
            ThresholdForm::Word(word) if word == "off" => Ok(Threshold::Off),
            ThresholdForm::Word(word) => {
                Err(format!("{word:?} is neither \"on\", \"off\" nor a number to be above"))
            }
        }
    }
}

impl From<Threshold> for ThresholdForm {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Above(limit) => ThresholdForm::Above(limit),
            Threshold::On => ThresholdForm::Word("on".into()),
            Threshold::Off => ThresholdForm::Word("off".into()),
        }
    }
}

/// What a caller who waits is told.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnnounceConfig {
    /// The place: `above` counts places.
    pub position: Threshold,
    /// The expected wait: `above` counts seconds.
    pub estimate: Threshold,
    /// How many wait: `above` counts callers.
    pub waiting: Threshold,
}

impl Default for AnnounceConfig {
    fn default() -> Self {
        AnnounceConfig {
            position: Threshold::On,
            estimate: Threshold::Off,
            waiting: Threshold::Off,
        }
    }
}

/// Which key does what while a caller waits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaitKeys {
    /// Waits on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<char>,
    /// Leaves by the flow's edge `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<char>,
    /// Is called back and keeps the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<char>,
    /// Leaves by the flow's edge `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<char>,
    /// May be served by the escalation group at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalate: Option<char>,
}

impl WaitKeys {
    /// Whether no key does anything.
    pub fn is_empty(&self) -> bool {
        *self == WaitKeys::default()
    }

    /// What the shipped prompt `queue-choice` says.
    pub fn shipped() -> Self {
        let (keep, message, callback) = (Some('1'), Some('2'), Some('3'));
        WaitKeys { keep, message, callback, ..WaitKeys::default() }
    }
}

/// When callers may not join, or may not wait on. What is 0 or `false` does not count.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Everybody who is logged in is not ready.
    pub none_ready: bool,
    /// So many wait for each agent who is logged in.
    pub waiting_per_agent: u32,
    /// The expected wait is longer, in seconds.
    pub expected_wait_s: u32,
    /// Outside the opening hours.
    pub closed: bool,
}

/// Where callers overflow to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// Another queue, by name. The place is kept.
    Queue(String),
    /// A number: an extension, a hunt group, or outside, as the dial rules lead.
    Number(Number),
    /// The flow's edge `overflow`.
    Flow,
}

/// When callers go elsewhere.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overflow {
    /// After so many seconds in this queue; 0 for not by time.
    #[serde(default)]
    pub after_s: u32,
    /// Whoever would join while so many wait already; 0 for not by length.
    #[serde(default)]
    pub above: u32,
    /// Where to.
    pub to: Destination,
}

/// One step of asking less of the agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relax {
    /// After so many seconds in the queue.
    pub after_s: u32,
    /// Every level asked for is lower by this, in all; one that comes to 0 is not asked for.
    pub by: u8,
}

/// Who is rung first for a callback.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallbackFirst {
    /// The agent, who then hears the customer's phone ring.
    #[default]
    Agent,
    /// The customer, who then waits at the kept place.
    Customer,
}

/// How callers are called back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallbackConfig {
    /// Who is rung first.
    pub first: CallbackFirst,
    /// How often it is tried.
    pub tries: u32,
    /// The time between two attempts, in seconds.
    pub interval_s: u32,
    /// What is dialled before the number, so that the dial rules lead it outside.
    pub prefix: String,
    /// How many may be kept; one more is not taken.
    pub max: u32,
}

impl Default for CallbackConfig {
    fn default() -> Self {
        CallbackConfig {
            first: CallbackFirst::Agent,
            tries: 3,
            interval_s: 300,
            prefix: String::new(),
            max: 500,
        }
    }
}

/// Where a caller goes who asked for one agent who does not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedOverflow {
    /// To any agent of the queue, by its strategy.
    #[default]
    Queue,
    /// Out, by the flow's edge `agent_away`.
    Flow,
}

/// A whole group of agents in a queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupMembership {
    /// The group, by name.
    pub group: String,
    /// Its tier.
    #[serde(default = "super::tier_first")]
    pub tier: u8,
    /// Its agents' level.
    #[serde(default = "super::level_full")]
    pub level: u8,
}

/// The second level (LV2): agents who serve this queue only for callers who have been escalated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The group, by name.
    pub group: String,
    /// Callers are escalated after so many seconds; 0 for only by key or by command.
    #[serde(default)]
    pub after_s: u32,
}

/// One queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// The id that never changes. 0 means that none was given yet: see
    /// [`AcdConfig::give_ids`](crate::AcdConfig::give_ids).
    pub id: QueueId,
    /// The name.
    pub name: String,
    /// Which agent is offered the next caller.
    pub strategy: Strategy,
    /// Decides between queues that want the same agent: the greater first.
    pub weight: u32,
    /// What a minute of waiting adds to a caller's priority.
    pub priority_gain_per_minute: u32,
    /// How long an agent is rung, in seconds.
    pub ring_s: u32,
    /// How long an agent who did not answer is left alone, in seconds.
    pub retry_s: u32,
    /// How long an agent who refused is left alone, in seconds.
    pub reject_retry_s: u32,
    /// How long an agent whose phone was busy or out of reach is left alone, in seconds.
    pub busy_retry_s: u32,
    /// After so many unanswered offers in a row the agent is made not ready; 0 for never.
    pub max_no_answer: u32,
    /// How long an agent settles a call after it, in seconds; 0 for none.
    pub wrap_up_s: u32,
    /// The strategy [`Strategy::Progressive`] adds an agent every so many seconds.
    pub progressive_s: u32,
    /// After so many seconds the next tier is open too; 0 opens all at once.
    pub tier_wait_s: u32,
    /// For how long the agent who last talked with the customer is preferred, in seconds.
    pub sticky_wait_s: u32,
    /// For how long a caller waits for the agent asked for, in seconds.
    pub named_wait_s: u32,
    /// What follows then, or at once when that agent is not logged in.
    pub named_overflow: NamedOverflow,
    /// How what callers need is relaxed, step by step.
    pub relax: Vec<Relax>,
    /// Groups whose agents serve this queue.
    pub groups: Vec<GroupMembership>,
    /// The second level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// After so many seconds the caller is asked whether to wait on, and again; 0 for never.
    pub timeout_s: u32,
    /// What is said then.
    pub timeout_say: Vec<String>,
    /// Which key does what. Where none is set and callers are asked, those of `queue-choice`.
    pub keys: WaitKeys,
    /// The longest wait, in seconds, after which the caller is handed back; 0 for no limit.
    pub max_wait_s: u32,
    /// How many may wait.
    pub max_waiting: u32,
    /// Whether callers may join, and stay, while no agent of the queue is logged in.
    pub wait_without_agents: bool,
    /// The opening hours: a calendar, by name; always open without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// When callers may not join.
    pub refuse: Conditions,
    /// When callers may not wait on.
    pub leave: Conditions,
    /// When callers go elsewhere: the first that fits.
    pub overflow: Vec<Overflow>,
    /// How callers are called back.
    pub callback: CallbackConfig,
    /// Whoever gave up waiting and calls again within so many seconds has the old place back;
    /// 0 for not.
    pub reentry_s: u32,
    /// A caller who hangs up within this many seconds is a short abandon (θ).
    pub short_abandon_s: u32,
    /// Announce to the caller every so many seconds; 0 for never.
    pub announce_s: u32,
    /// What is announced.
    pub announce: AnnounceConfig,
    /// Agents who talk hear a soft beep every so many seconds while callers wait; 0 for never.
    pub beep_s: u32,
    /// Whether breaks whose reason needs a supervisor's leave need it here.
    pub breaks_need_leave: bool,
    /// Whether calls are recorded from the moment an agent answers.
    pub record: bool,
}

impl Default for QueueConfig {
    fn default() -> Self {
        QueueConfig {
            id: QueueId(0),
            name: String::new(),
            strategy: Strategy::LongestIdle,
            weight: 0,
            priority_gain_per_minute: 0,
            ring_s: 20,
            retry_s: 1,
            reject_retry_s: 5,
            busy_retry_s: 5,
            max_no_answer: 3,
            wrap_up_s: 0,
            progressive_s: 10,
            tier_wait_s: 0,
            sticky_wait_s: 0,
            named_wait_s: 60,
            named_overflow: NamedOverflow::Queue,
            relax: Vec::new(),
            groups: Vec::new(),
            escalation: None,
            timeout_s: 0,
            timeout_say: vec!["queue-timeout".into(), "queue-choice".into()],
            keys: WaitKeys::default(),
            max_wait_s: 0,
            max_waiting: 1000,
            wait_without_agents: false,
            hours: None,
            refuse: Conditions { closed: true, ..Conditions::default() },
            leave: Conditions::default(),
            overflow: Vec::new(),
            callback: CallbackConfig::default(),
            reentry_s: 0,
            short_abandon_s: 5,
            announce_s: 30,
            announce: AnnounceConfig::default(),
            beep_s: 0,
            breaks_need_leave: false,
            record: true,
        }
    }
}

//! What queues and agents are told.

mod queue;

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tipring_calendar::CalendarConfig;
use tipring_events::{AgentId, QueueId};
use tipring_line::Number;

pub use queue::{
    AnnounceConfig, CallbackConfig, CallbackFirst, Conditions, Destination, Escalation,
    GroupMembership, NamedOverflow, Overflow, QueueConfig, Relax, Strategy, Threshold, WaitKeys,
};

/// A password. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// An agent's place in a queue. In TOML the queue's name alone, or
/// `{ queue = "service", tier = 2, level = 70 }`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "MembershipForm", into = "MembershipForm")]
pub struct Membership {
    /// The queue, by name.
    pub queue: String,
    /// The tier: callers are offered to the lowest first. From 1.
    pub tier: u8,
    /// How well the agent serves this queue, 0–100: the weight of a weighted random choice.
    pub level: u8,
}

impl From<&str> for Membership {
    fn from(queue: &str) -> Self {
        String::from(queue).into()
    }
}

impl From<String> for Membership {
    fn from(queue: String) -> Self {
        Membership { queue, tier: TIER_FIRST, level: LEVEL_FULL }
    }
}

const TIER_FIRST: u8 = 1;
const LEVEL_FULL: u8 = 100;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum MembershipForm {
    Name(String),
    Full(FullMembership),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FullMembership {
    queue: String,
    #[serde(default = "tier_first")]
    tier: u8,
    #[serde(default = "level_full")]
    level: u8,
}

const fn tier_first() -> u8 {
    TIER_FIRST
}

const fn level_full() -> u8 {
    LEVEL_FULL
}

impl From<MembershipForm> for Membership {
    fn from(form: MembershipForm) -> Self {
        match form {
            MembershipForm::Name(queue) => queue.into(),
            MembershipForm::Full(FullMembership { queue, tier, level }) => {
                Membership { queue, tier, level }
            }
        }
    }
}

impl From<Membership> for MembershipForm {
    fn from(m: Membership) -> Self {
        if m.tier == TIER_FIRST && m.level == LEVEL_FULL {
            return MembershipForm::Name(m.queue);
        }
        MembershipForm::Full(FullMembership { queue: m.queue, tier: m.tier, level: m.level })
    }
}

/// One agent.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The id that never changes. 0 means that none was given yet: see [`AcdConfig::give_ids`].
    #[serde(default)]
    pub id: AgentId,
    /// The work number, digits, as keyed at log-in.
    pub work_number: Number,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The password, digits, as keyed at log-in.
    pub password: Secret,
    /// The queues the agent serves.
    #[serde(default)]
    pub queues: Vec<Membership>,
    /// What the agent can do, and how well, 0–100: `{ english = 80 }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
}

/// Agents under one name: a team, or the second level (LV2) that calls escalate to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentGroup {
    /// The name.
    pub name: String,
    /// Who is in it, by work number.
    pub agents: Vec<Number>,
}

/// A reason for not being ready.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonConfig {
    /// The key that is sent and logged: `lunch`.
    pub key: String,
    /// The name in Chinese.
    #[serde(default)]
    pub zh: String,
    /// The name in English.
    #[serde(default)]
    pub en: String,
    /// For how long it may last, in seconds; 0 for no limit. Who stays longer is shown so.
    #[serde(default)]
    pub limit_s: u32,
    /// Whether a supervisor's leave is needed, where a queue of the agent asks for it.
    #[serde(default)]
    pub needs_leave: bool,
}

/// A customer who comes before others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VipConfig {
    /// The number.
    pub number: Number,
    /// The customer's name.
    #[serde(default)]
    pub name: String,
    /// What is added to the priority of the customer's calls.
    pub priority: u32,
}

/// A number whose callers come before others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalledConfig {
    /// The number called.
    pub number: Number,
    /// What is added to the priority of its callers.
    pub priority: u32,
}

/// Wrong passwords and what they lead to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockOut {
    /// After so many wrong passwords in a row nobody can log in with the work number for a time.
    pub failures: u32,
    /// For how long, in seconds.
    pub lock_s: u32,
}

impl Default for LockOut {
    fn default() -> Self {
        LockOut { failures: 5, lock_s: 300 }
    }
}

/// How agents' work is counted and watched.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskConfig {
    /// An agent whose desktop has been gone for so long is made not ready, in seconds.
    pub desktop_grace_s: u32,
    /// A shift ends when the agent has been logged out for so long, in seconds: who logs in again
    /// before goes on with the same counts.
    pub shift_gap_s: u32,
}

impl Default for DeskConfig {
    fn default() -> Self {
        DeskConfig { desktop_grace_s: 30, shift_gap_s: 4 * 3600 }
    }
}

/// Queues and agents.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AcdConfig {
    /// The queues.
    pub queues: Vec<QueueConfig>,
    /// The agents.
    pub agents: Vec<AgentConfig>,
    /// Wrong passwords.
    pub lock_out: LockOut,
    /// Groups of agents.
    pub groups: Vec<AgentGroup>,
    /// Reasons for not being ready. Any other is accepted too, without limit or leave.
    pub reasons: Vec<ReasonConfig>,
    /// Customers who come before others.
    pub vips: Vec<VipConfig>,
    /// Numbers whose callers come before others.
    pub called: Vec<CalledConfig>,
    /// The calendars that queues name by `hours`.
    pub calendars: Vec<CalendarConfig>,
    /// How agents' work is counted and watched.
    pub desk: DeskConfig,
}

impl AcdConfig {
    /// Gives every queue and agent without an id the smallest free one, in the order of the list.
    pub fn give_ids(&mut self) {
        let mut next = 1;
        for at in 0..self.queues.len() {
            if self.queues[at].id.0 == 0 {
                while self.queues.iter().any(|q| q.id.0 == next) {
                    next += 1;
                }
                self.queues[at].id = QueueId(next);
            }
        }
        let mut next = 1;
        for at in 0..self.agents.len() {
            if self.agents[at].id.0 == 0 {
                while self.agents.iter().any(|a| a.id.0 == next) {
                    next += 1;
                }
                self.agents[at].id = AgentId(next);
            }
        }
    }
}

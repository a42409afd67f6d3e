//! What queues and agents are told.

use core::fmt;

use serde::{Deserialize, Serialize};
use tipring_events::{AgentId, QueueId};
use tipring_line::Number;

/// Which eligible agent is offered the next caller (shared vocabulary of call centres).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Strategy {
    /// The agent whose last call, wrap-up included, ended longest ago; never called is longest.
    #[default]
    LongestIdle,
}

/// A password. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
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
    /// The queues the agent serves, by name.
    #[serde(default)]
    pub queues: Vec<String>,
}

/// One queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// The id that never changes. 0 means that none was given yet: see [`AcdConfig::give_ids`].
    pub id: QueueId,
    /// The name.
    pub name: String,
    /// Which agent is offered the next caller.
    pub strategy: Strategy,
    /// Decides between queues that want the same agent: the greater first.
    pub weight: u32,
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
    /// The longest wait, in seconds; 0 for no limit.
    pub max_wait_s: u32,
    /// How many may wait.
    pub max_waiting: u32,
    /// Whether callers may join, and stay, while no agent of the queue is logged in.
    pub wait_without_agents: bool,
    /// A caller who hangs up within this many seconds is a short abandon (θ).
    pub short_abandon_s: u32,
    /// Announce the caller's place every so many seconds; 0 for never.
    pub announce_s: u32,
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
            ring_s: 20,
            retry_s: 1,
            reject_retry_s: 5,
            busy_retry_s: 5,
            max_no_answer: 3,
            wrap_up_s: 0,
            max_wait_s: 0,
            max_waiting: 1000,
            wait_without_agents: false,
            short_abandon_s: 5,
            announce_s: 30,
            record: true,
        }
    }
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

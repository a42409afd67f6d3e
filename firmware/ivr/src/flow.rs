//! A flow as data: nodes by name, each with its edges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tipring_line::{Digit, Number};
use tipring_tts::Lang;

/// What happens when no key comes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tries {
    /// How long to wait for a key after the prompts have ended, in seconds.
    pub timeout_s: u32,
    /// How often the prompts are played at most, the first time included. A wrong key counts.
    pub tries: u32,
}

impl Default for Tries {
    fn default() -> Self {
        Tries { timeout_s: 5, tries: 3 }
    }
}

/// A key as it stands in a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(pub Digit);

impl TryFrom<String> for Key {
    type Error = String;
    fn try_from(s: String) -> Result<Self, String> {
        let mut chars = s.chars();
        match (chars.next().and_then(Digit::from_char), chars.next()) {
            (Some(digit), None) => Ok(Key(digit)),
            _ => Err(format!("{s:?} is not a key: use one of 0-9, *, #, A-D")),
        }
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.0.as_char().to_string()
    }
}

/// Where a caller waits for an agent, and the node for each way of not getting one. Those that are
/// left out are taken for the one named with them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueNode {
    /// The queue's name.
    pub queue: String,
    /// The node when nobody may join because the queue is full.
    pub full: String,
    /// The node when no agent is logged in.
    pub no_agents: String,
    /// The node when the longest wait is over.
    pub timeout: String,
    /// Every agent is not ready: `no_agents`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none_ready: Option<String>,
    /// Too many wait for each agent: `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<String>,
    /// The expected wait is too long: `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_wait: Option<String>,
    /// Outside the opening hours: `no_agents`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    /// The caller wants to leave a message: `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The caller leaves by key: `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The caller will be called back: told so, and the call ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// The agent asked for does not come: `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_away: Option<String>,
    /// The queue's overflow leads back to the flow: `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<String>,
    /// What the flow adds to the caller's priority.
    #[serde(default)]
    pub priority: u32,
    /// The agent asked for, by work number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Number>,
    /// The skills asked for, with the lowest levels that will do: `{ english = 50 }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
}

/// One node of a flow. In TOML the table's name says the kind: `[flow.node.hello.play]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Node {
    /// Plays prompts and goes on.
    Play {
        /// The prompts, by their keys in the catalogue.
        say: Vec<String>,
        /// The node after it.
        next: String,
    },
    /// Plays prompts and goes where the key says.
    Menu {
        /// The prompts.
        say: Vec<String>,
        /// Which key leads to which node.
        keys: BTreeMap<Key, String>,
        /// The prompts after a wrong key.
        #[serde(default = "wrong_key")]
        wrong_key: Vec<String>,
        /// The prompts when no key came.
        #[serde(default = "no_key")]
        no_key: Vec<String>,
        /// How long and how often to wait for a key.
        #[serde(default)]
        wait: Tries,
        /// The node when the last try has failed.
        next: String,
    },
    /// Lets the caller wait for an agent.
    Queue(Box<QueueNode>),
    /// Goes where the opening hours say.
    Hours {
        /// The calendar, by name.
        calendar: String,
        /// The node while it is open.
        open: String,
        /// The node while it is closed.
        closed: String,
        /// The node on a holiday; `closed` if it is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holiday: Option<String>,
    },
    /// Changes the language of the prompts.
    Language {
        /// The language.
        language: Lang,
        /// The node after it.
        next: String,
    },
    /// Ends the call.
    Hangup {
        /// The prompts before that.
        #[serde(default)]
        say: Vec<String>,
    },
}

fn wrong_key() -> Vec<String> {
    vec!["wrong-key".into()]
}

fn no_key() -> Vec<String> {
    vec!["no-key".into()]
}

/// A flow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// The node it begins with.
    pub start: String,
    /// Whether the call is recorded from the moment the flow answers it.
    #[serde(default)]
    pub record: bool,
    /// The nodes, by name.
    #[serde(rename = "node")]
    pub nodes: BTreeMap<String, Node>,
}

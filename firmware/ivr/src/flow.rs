//! A flow as data: nodes by name, each with its edges.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tipring_line::Digit;
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
    Queue {
        /// The queue's name.
        queue: String,
        /// The node when nobody may join because the queue is full.
        full: String,
        /// The node when no agent is logged in.
        no_agents: String,
        /// The node when the longest wait is over.
        timeout: String,
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

//! A flow made ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tipring_clock::Duration;
use tipring_line::Digit;
use tipring_tts::{Lang, Utterance};

use crate::check::{FlowFault, missing_nodes};
use crate::flow::{Flow, Key, Node, Tries};

/// A place in a [`Program`].
pub(crate) type Place = usize;

/// What a menu does.
#[derive(Debug)]
pub(crate) struct Menu {
    pub(crate) say: Arc<[Utterance]>,
    pub(crate) keys: BTreeMap<Key, Place>,
    /// The wrong-key prompts and the menu's own after them, without a gap.
    pub(crate) wrong_key: Arc<[Utterance]>,
    pub(crate) no_key: Arc<[Utterance]>,
    pub(crate) timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) next: Place,
}

impl Menu {
    pub(crate) fn key(&self, digit: Digit) -> Option<Place> {
        self.keys.get(&Key(digit)).copied()
    }
}

/// A node with its edges resolved.
#[derive(Debug)]
pub(crate) enum Step {
    Play { say: Arc<[Utterance]>, next: Place },
    Menu(Menu),
    Queue { queue: Arc<str>, full: Place, no_agents: Place, timeout: Place },
    Language { language: Lang, next: Place },
    Hangup { say: Arc<[Utterance]> },
}

/// A flow ready to run. Calls share it.
#[derive(Debug)]
pub struct Program {
    pub(crate) name: Arc<str>,
    pub(crate) record: bool,
    pub(crate) start: Place,
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) steps: Vec<Step>,
}

impl Program {
    /// Makes a flow ready.
    ///
    /// # Errors
    /// The edges that lead nowhere. See [`check`](crate::check) for everything else that can be wrong.
    pub fn new(flow: &Flow) -> Result<Self, Vec<FlowFault>> {
        let faults = missing_nodes(flow);
        if !faults.is_empty() {
            return Err(faults);
        }
        let places: BTreeMap<&str, Place> =
            flow.nodes.keys().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let steps = flow.nodes.values().map(|node| step(node, &places)).collect();
        Ok(Program {
            name: flow.name.as_str().into(),
            record: flow.record,
            start: places[flow.start.as_str()],
            names: flow.nodes.keys().map(|name| name.as_str().into()).collect(),
            steps,
        })
    }

    /// The flow's name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
}

fn prompts(keys: &[String]) -> Arc<[Utterance]> {
    keys.iter().map(|key| Utterance::Prompt(key.clone())).collect()
}

fn step(node: &Node, places: &BTreeMap<&str, Place>) -> Step {
    // Every edge was looked up before.
    let at = |name: &String| places[name.as_str()];
    match node {
        Node::Play { say, next } => Step::Play { say: prompts(say), next: at(next) },
        Node::Language { language, next } => Step::Language { language: *language, next: at(next) },
        Node::Hangup { say } => Step::Hangup { say: prompts(say) },
        Node::Queue { queue, full, no_agents, timeout } => Step::Queue {
            queue: queue.as_str().into(),
            full: at(full),
            no_agents: at(no_agents),
            timeout: at(timeout),
        },
        Node::Menu { say, keys, wrong_key, no_key, wait: Tries { timeout_s, tries }, next } => {
            let again = |before: &[String]| prompts(&[before, say].concat());
            Step::Menu(Menu {
                say: prompts(say),
                keys: keys.iter().map(|(key, node)| (*key, at(node))).collect(),
                wrong_key: again(wrong_key),
                no_key: again(no_key),
                timeout: Duration::from_secs((*timeout_s).into()),
                tries: *tries,
                next: at(next),
            })
        }
    }
}

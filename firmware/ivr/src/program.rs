//! A flow made ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tipring_clock::Duration;
use tipring_line::Digit;
use tipring_tts::{Lang, Utterance};

use crate::check::{FlowFault, missing_nodes};
use crate::flow::{Flow, Key, Node, QueueNode, Tries};
use crate::interpreter::{QueueEdge, QueueWait};

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

/// Where a caller waits, and where each way out leads.
#[derive(Debug)]
pub(crate) struct QueueStep {
    pub(crate) wait: Arc<QueueWait>,
    edges: [(QueueEdge, Option<Place>); QUEUE_EDGES],
}

const QUEUE_EDGES: usize = 12;

impl QueueStep {
    /// Where an edge leads; `None` ends the call.
    pub(crate) fn edge(&self, edge: QueueEdge) -> Option<Place> {
        self.edges.iter().find(|(e, _)| *e == edge).and_then(|(_, place)| *place)
    }
}

fn queue_step(node: &QueueNode, at: impl Fn(&String) -> Place) -> QueueStep {
    let or = |edge: &Option<String>, other: &String| Some(at(edge.as_ref().unwrap_or(other)));
    QueueStep {
        wait: Arc::new(QueueWait {
            queue: node.queue.as_str().into(),
            priority: node.priority,
            agent: node.agent,
            skills: node.skills.iter().map(|(skill, at)| (skill.as_str().into(), *at)).collect(),
        }),
        edges: [
            (QueueEdge::Full, Some(at(&node.full))),
            (QueueEdge::NoAgents, Some(at(&node.no_agents))),
            (QueueEdge::Timeout, Some(at(&node.timeout))),
            (QueueEdge::NoneReady, or(&node.none_ready, &node.no_agents)),
            (QueueEdge::Ratio, or(&node.ratio, &node.full)),
            (QueueEdge::ExpectedWait, or(&node.expected_wait, &node.full)),
            (QueueEdge::Closed, or(&node.closed, &node.no_agents)),
            (QueueEdge::Message, or(&node.message, &node.timeout)),
            (QueueEdge::Key, or(&node.key, &node.timeout)),
            (QueueEdge::Callback, node.callback.as_ref().map(&at)),
            (QueueEdge::AgentAway, or(&node.agent_away, &node.timeout)),
            (QueueEdge::Overflow, or(&node.overflow, &node.timeout)),
        ],
    }
}

/// A node with its edges resolved.
#[derive(Debug)]
pub(crate) enum Step {
    Play { say: Arc<[Utterance]>, next: Place },
    Menu(Menu),
    Queue(QueueStep),
    Hours { calendar: Arc<str>, open: Place, closed: Place, holiday: Place },
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
        Node::Queue(node) => Step::Queue(queue_step(node, at)),
        Node::Hours { calendar, open, closed, holiday } => Step::Hours {
            calendar: calendar.as_str().into(),
            open: at(open),
            closed: at(closed),
            holiday: at(holiday.as_ref().unwrap_or(closed)),
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

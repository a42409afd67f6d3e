//! Everything that can be wrong with a flow, said so that its author can mend it.

use core::fmt;

use crate::flow::{Flow, Node, QueueNode};

/// What is wrong with a flow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlowFault {
    /// An edge leads to a node that is not there.
    #[error("flow {flow:?}, {place}: there is no node {missing:?}{}", hint(.nearest))]
    MissingNode {
        /// The flow.
        flow: String,
        /// The node and edge: `node "menu", key 1`.
        place: String,
        /// The node that is not there.
        missing: String,
        /// The node with the most similar name.
        nearest: Option<String>,
    },
    /// A queue node names a queue that is not there.
    #[error("flow {flow:?}, node {node:?}: there is no queue {missing:?}{}", hint(.nearest))]
    MissingQueue {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// The queue that is not there.
        missing: String,
        /// The queue with the most similar name.
        nearest: Option<String>,
    },
    /// An hours node names a calendar that is not there.
    #[error("flow {flow:?}, node {node:?}: there is no calendar {missing:?}{}", hint(.nearest))]
    MissingCalendar {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// The calendar that is not there.
        missing: String,
        /// The calendar with the most similar name.
        nearest: Option<String>,
    },
    /// A node names a prompt that is not there.
    #[error("flow {flow:?}, node {node:?}: there is no prompt {missing:?}{}", hint(.nearest))]
    MissingPrompt {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
        /// The prompt that is not there.
        missing: String,
        /// The prompt with the most similar name.
        nearest: Option<String>,
    },
    /// No way leads to a node.
    #[error("flow {flow:?}: no way leads to node {node:?}; lead an edge to it or take it out")]
    Unreachable {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
    },
    /// Nodes lead in a circle without ever waiting for the caller.
    #[error(
        "flow {flow:?}: node {node:?} comes back to itself without waiting for a key or an agent; \
         put a menu, a queue or a hangup into the circle"
    )]
    EndlessLoop {
        /// The flow.
        flow: String,
        /// A node of the circle.
        node: String,
    },
    /// A menu that no key leads out of.
    #[error("flow {flow:?}, node {node:?}: a menu needs at least one key")]
    NoKeys {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
    },
    /// A menu that never plays its prompts, or never waits.
    #[error("flow {flow:?}, node {node:?}: `tries` and `timeout_s` must be at least 1")]
    NoTries {
        /// The flow.
        flow: String,
        /// The node.
        node: String,
    },
}

fn hint(nearest: &Option<String>) -> impl fmt::Display {
    match nearest {
        Some(name) => format!("; did you mean {name:?}?"),
        None => String::new(),
    }
}

/// What a flow may name.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The queues.
    pub queues: &'a [&'a str],
    /// The calendars.
    pub calendars: &'a [&'a str],
    /// The prompts; `None` when they cannot be known here.
    pub prompts: Option<&'a [&'a str]>,
}

/// Everything that is wrong with a flow, given what it may name.
pub fn check(flow: &Flow, names: Names<'_>) -> Vec<FlowFault> {
    let mut faults = missing_nodes(flow);
    let whole = faults.is_empty();
    for (name, node) in &flow.nodes {
        faults.extend(node_faults(flow, name, node, names));
    }
    // Where an edge leads nowhere, what lies behind it only seems to be out of reach.
    if whole {
        faults.extend(unreachable(flow));
    }
    faults.extend(endless_loop(flow));
    faults
}

/// A node's edges, with their names.
fn edges(node: &Node) -> Vec<(String, &String)> {
    match node {
        Node::Play { next, .. } | Node::Language { next, .. } => vec![("next".into(), next)],
        Node::Queue(node) => queue_edges(node),
        Node::Hours { open, closed, holiday, .. } => {
            let holiday = holiday.iter().map(|to| ("holiday".to_owned(), to));
            [("open".into(), open), ("closed".into(), closed)].into_iter().chain(holiday).collect()
        }
        Node::Menu { keys, next, .. } => {
            let keys = keys.iter().map(|(key, to)| (format!("key {}", key.0), to));
            keys.chain([("next".to_owned(), next)]).collect()
        }
        Node::Hangup { .. } => Vec::new(),
    }
}

fn queue_edges(node: &QueueNode) -> Vec<(String, &String)> {
    let always = [("full", &node.full), ("no_agents", &node.no_agents), ("timeout", &node.timeout)];
    let others = [
        ("none_ready", &node.none_ready),
        ("ratio", &node.ratio),
        ("expected_wait", &node.expected_wait),
        ("closed", &node.closed),
        ("message", &node.message),
        ("key", &node.key),
        ("callback", &node.callback),
        ("agent_away", &node.agent_away),
        ("overflow", &node.overflow),
    ];
    let others = others.into_iter().filter_map(|(edge, to)| Some((edge, to.as_ref()?)));
    always.into_iter().chain(others).map(|(edge, to)| (edge.to_owned(), to)).collect()
}

pub(crate) fn missing_nodes(flow: &Flow) -> Vec<FlowFault> {
    let start = [("start".to_owned(), &flow.start)];
    let all = flow.nodes.iter().flat_map(|(name, node)| {
        edges(node).into_iter().map(move |(edge, to)| (format!("node {name:?}, {edge}"), to))
    });
    start
        .into_iter()
        .chain(all)
        .filter(|(_, to)| !flow.nodes.contains_key(*to))
        .map(|(place, missing)| FlowFault::MissingNode {
            flow: flow.name.clone(),
            place,
            missing: missing.clone(),
            nearest: nearest(missing, flow.nodes.keys().map(String::as_str)),
        })
        .collect()
}

/// The most similar name, if one is similar at all.
fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    names
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

fn node_faults(flow: &Flow, name: &str, node: &Node, names: Names<'_>) -> Vec<FlowFault> {
    let mut faults = Vec::new();
    let (flow, node_name) = (flow.name.clone(), name.to_owned());
    if let Node::Queue(queue) = node
        && !names.queues.contains(&queue.queue.as_str())
    {
        faults.push(FlowFault::MissingQueue {
            flow: flow.clone(),
            node: node_name.clone(),
            missing: queue.queue.clone(),
            nearest: nearest(&queue.queue, names.queues.iter().copied()),
        });
    }
    if let Node::Hours { calendar, .. } = node
        && !names.calendars.contains(&calendar.as_str())
    {
        faults.push(FlowFault::MissingCalendar {
            flow: flow.clone(),
            node: node_name.clone(),
            missing: calendar.clone(),
            nearest: nearest(calendar, names.calendars.iter().copied()),
        });
    }
    if let Node::Menu { keys, wait, .. } = node {
        if keys.is_empty() {
            faults.push(FlowFault::NoKeys { flow: flow.clone(), node: node_name.clone() });
        }
        if wait.tries == 0 || wait.timeout_s == 0 {
            faults.push(FlowFault::NoTries { flow: flow.clone(), node: node_name.clone() });
        }
    }
    let Some(known) = names.prompts else { return faults };
    let missing = said(node).into_iter().filter(|key| !known.contains(&key.as_str()));
    faults.extend(missing.map(|key| FlowFault::MissingPrompt {
        flow: flow.clone(),
        node: node_name.clone(),
        missing: key.clone(),
        nearest: nearest(key, known.iter().copied()),
    }));
    faults
}

fn said(node: &Node) -> Vec<&String> {
    match node {
        Node::Play { say, .. } | Node::Hangup { say } => say.iter().collect(),
        Node::Menu { say, wrong_key, no_key, .. } => {
            say.iter().chain(wrong_key).chain(no_key).collect()
        }
        Node::Queue(_) | Node::Language { .. } | Node::Hours { .. } => Vec::new(),
    }
}

fn unreachable(flow: &Flow) -> Vec<FlowFault> {
    let mut seen: Vec<&str> = Vec::new();
    let mut ahead = vec![flow.start.as_str()];
    while let Some(name) = ahead.pop() {
        let Some(node) = flow.nodes.get(name) else { continue };
        if !seen.contains(&name) {
            seen.push(name);
            ahead.extend(edges(node).into_iter().map(|(_, to)| to.as_str()));
        }
    }
    let lost = flow.nodes.keys().filter(|name| !seen.contains(&name.as_str()));
    lost.map(|node| FlowFault::Unreachable { flow: flow.name.clone(), node: node.clone() })
        .collect()
}

/// The edges by which a caller leaves a queue only after having waited, or pressed a key.
const AWAITED: [&str; 4] = ["timeout", "message", "key", "callback"];

/// Follows the nodes that go on by themselves. A menu waits for a key; a queue may refuse at once,
/// so only its edges from there on wait for nobody.
fn endless_loop(flow: &Flow) -> Option<FlowFault> {
    for start in flow.nodes.keys() {
        let mut ahead = vec![start];
        let mut seen: Vec<&String> = Vec::new();
        while let Some(name) = ahead.pop() {
            let onward = match flow.nodes.get(name) {
                Some(Node::Play { next, .. } | Node::Language { next, .. }) => vec![next],
                Some(node @ (Node::Queue(_) | Node::Hours { .. })) => edges(node)
                    .into_iter()
                    .filter(|(edge, _)| !AWAITED.contains(&edge.as_str()))
                    .map(|(_, to)| to)
                    .collect(),
                _ => vec![],
            };
            if onward.contains(&start) {
                return Some(FlowFault::EndlessLoop {
                    flow: flow.name.clone(),
                    node: start.clone(),
                });
            }
            for next in onward {
                if !seen.contains(&next) {
                    seen.push(next);
                    ahead.push(next);
                }
            }
        }
    }
    None
}

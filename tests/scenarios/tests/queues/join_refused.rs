//! Joining is refused when no agent is logged in, none is ready, too many wait, too many for each
//! agent, the expected wait is too long, or it is closed; each leads to a node of the flow.

use tipring_acd::AcdConfig;
use tipring_events::{AgentId, Command, EventKind, QueueCause, QueueOutcome};
use tipring_ivr::Node;
use tipring_test_scenarios::Phone;

use crate::{Box, all_hang_up, call, causes, config, opened, rest, s, waits};

/// Every edge of the queue node leads to a node of its own name.
fn refusing(agents: u32, change: impl FnOnce(&mut AcdConfig)) -> Box {
    let mut config = config(change);
    let flow = &mut config.flows[0];
    for edge in ["none-ready", "ratio", "expected", "full"] {
        flow.nodes.insert(edge.into(), Node::Hangup { say: vec!["goodbye".into()] });
    }
    let wait = flow.nodes.get_mut("wait").expect("the flow has a queue node");
    let Node::Queue(node) = wait else { panic!("not a queue node") };
    node.none_ready = Some("none-ready".into());
    node.ratio = Some("ratio".into());
    node.expected_wait = Some("expected".into());
    node.full = "full".into();
    opened(agents, config)
}

/// Somebody calls; gives the node where the call is then.
fn node(w: &mut Box) -> String {
    let caller = w.trunk_call("13700137000", "95588");
    w.press(caller, "1");
    let nodes = w.all(|e| match e {
        EventKind::FlowNode { node, .. } => Some(node.clone()),
        _ => None,
    });
    nodes.last().expect("a flow took the call").clone()
}

#[test]
fn no_agent_is_logged_in() {
    let mut w = refusing(0, |_| {});
    assert_eq!(node(&mut w), "nobody");
    assert_eq!(
        (waits(&w)[0].1, causes(&w)[0]),
        (QueueOutcome::Refused, Some(QueueCause::NoAgents))
    );
    all_hang_up(&mut w);
}

#[test]
fn none_is_ready() {
    let mut w = refusing(2, |acd| acd.queues[0].refuse.none_ready = true);
    assert_eq!(node(&mut w), "wait");
    rest(&mut w, 1);
    rest(&mut w, 2);
    all_hang_up(&mut w);
    let mut w = refusing(1, |acd| acd.queues[0].refuse.none_ready = true);
    rest(&mut w, 1);
    assert_eq!(node(&mut w), "none-ready");
    all_hang_up(&mut w);
}

#[test]
fn too_many_wait() {
    let mut w = refusing(1, |acd| acd.queues[0].max_waiting = 2);
    rest(&mut w, 1);
    assert_eq!([node(&mut w), node(&mut w), node(&mut w)], ["wait", "wait", "full"]);
    all_hang_up(&mut w);
}

#[test]
fn too_many_for_each_agent() {
    let mut w = refusing(2, |acd| acd.queues[0].refuse.waiting_per_agent = 1);
    rest(&mut w, 1);
    rest(&mut w, 2);
    assert_eq!([node(&mut w), node(&mut w), node(&mut w)], ["wait", "wait", "ratio"]);
    w.command(Command::AgentLogOut { agent: AgentId(2) }).unwrap();
    all_hang_up(&mut w);
}

#[test]
fn the_expected_wait_is_too_long() {
    let mut w = refusing(1, |acd| acd.queues[0].refuse.expected_wait_s = 200);
    w.phone("8001", Phone { hangs_up_after: Some(s(57)), ..Phone::default() });
    for n in 0..9 {
        call(&mut w, &format!("1380013800{n}"));
    }
    assert_eq!(node(&mut w), "wait", "too little is known yet");
    w.run(s(300));
    assert_eq!(node(&mut w), "expected");
    assert_eq!(causes(&w).last(), Some(&Some(QueueCause::ExpectedWait)));
    all_hang_up(&mut w);
}

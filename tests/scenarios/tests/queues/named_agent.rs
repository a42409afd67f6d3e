//! Named agent: the one asked for, with its own overflow.

use tipring_acd::NamedOverflow;
use tipring_events::{QueueCause, QueueOutcome};
use tipring_ivr::Node;
use tipring_test_scenarios::number;

use crate::{Box, all_hang_up, causes, config, offers, opened, ready, rest, s, waits};

fn asks_for_the_second(overflow: NamedOverflow) -> Box {
    let mut config = config(|acd| {
        acd.queues[0].named_wait_s = 30;
        acd.queues[0].named_overflow = overflow;
    });
    let wait = config.flows[0].nodes.get_mut("wait").expect("the flow has a queue node");
    let Node::Queue(node) = wait else { panic!("not a queue node") };
    node.agent = Some(number("1002"));
    node.agent_away = Some("nobody".into());
    let mut w = opened(2, config);
    rest(&mut w, 2);
    let caller = w.trunk_call("13800138000", "95588");
    w.press(caller, "1");
    w
}

#[test]
fn only_the_one_asked_for() {
    let mut w = asks_for_the_second(NamedOverflow::Queue);
    w.run(s(25));
    assert_eq!(offers(&w), [], "the first is ready, and not asked for");
    ready(&mut w, 2);
    assert_eq!(offers(&w), [(1, 2)]);
    all_hang_up(&mut w);
}

#[test]
fn then_anybody() {
    let mut w = asks_for_the_second(NamedOverflow::Queue);
    w.run(s(30));
    assert_eq!(offers(&w), [(1, 1)]);
    all_hang_up(&mut w);
}

#[test]
fn or_back_to_the_flow() {
    let mut w = asks_for_the_second(NamedOverflow::Flow);
    w.run(s(30));
    assert_eq!(waits(&w), [(1, QueueOutcome::Overflowed, None)]);
    assert_eq!(causes(&w), [Some(QueueCause::AgentAway)]);
    assert_eq!(offers(&w), []);
    all_hang_up(&mut w);
}

//! A dial rule leads straight into a queue, without a flow.

use tipring_events::{QueueOutcome, SegmentKind};
use tipring_line::Cause;
use tipring_test_scenarios::World;

use crate::{endings, s, waits};

#[test]
fn the_caller_is_answered_and_served() {
    let mut w = World::new();
    w.agent(1);
    let caller = w.trunk_call("13800138000", "600");
    assert!(w.around.is_up(caller));
    w.run(s(10));
    assert_eq!(waits(&w), [(1, QueueOutcome::Answered, 3000)]);
    w.hang_up(caller);
    assert_eq!(w.segments(1)[0].0, SegmentKind::Queue);
    w.close();
}

#[test]
fn without_agents_it_is_refused_before_the_answer() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "600");
    assert!(!w.around.is_up(caller));
    assert_eq!(waits(&w), [(1, QueueOutcome::Refused, 0)]);
    assert_eq!(endings(&w)[0].1, Cause::NoAnswer);
    w.close();
}

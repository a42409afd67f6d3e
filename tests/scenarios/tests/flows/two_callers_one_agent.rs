//! Two callers, one agent: the second waits, hears the place, and is offered the moment the
//! agent's wrap-up is over.

use tipring_events::{EventKind, QueueOutcome};
use tipring_test_scenarios::World;

use crate::{queued_caller, s, waits};

#[test]
fn the_second_is_next() {
    let mut w = World::new();
    w.agent(1);
    let first = queued_caller(&mut w, "13800138000");
    w.run(s(1));
    let second = queued_caller(&mut w, "13900139000");
    assert!(w.hears_prompt(second, "queue-position"), "one is still ahead, being rung for");
    w.run(s(20));
    w.hang_up(first);
    let freed = w.now() + s(10);
    w.run(s(10));
    assert_eq!(
        w.log.iter().rev().find_map(|(at, e)| match e {
            EventKind::OfferBegan { call, .. } => Some((*at, call.0)),
            _ => None,
        }),
        Some((freed, 2)),
        "offered in the very moment the wrap-up ends"
    );
    w.run(s(3));
    assert_eq!(waits(&w)[1].1, QueueOutcome::Answered);
    w.hang_up(second);
    w.close();
}

#[test]
fn the_place_is_told_every_half_minute() {
    let mut w = World::new();
    w.agent(1);
    let first = queued_caller(&mut w, "13800138000");
    w.run(s(10));
    let second = queued_caller(&mut w, "13900139000");
    let third = queued_caller(&mut w, "13700137000");
    w.run(s(6));
    w.hang_up(second);
    w.run(s(30));
    assert!(w.hears_prompt(third, "queue-next"));
    let moved = w.find(|e| match e {
        EventKind::PositionChanged { call, position, .. } => Some((call.0, *position)),
        _ => None,
    });
    assert_eq!(moved, Some((3, 1)));
    w.hang_up(first);
    w.hang_up(third);
    w.close();
}

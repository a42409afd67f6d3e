//! A full queue lets nobody in; the longest wait hands the caller back to the flow.

use tipring_events::QueueOutcome;
use tipring_test_scenarios::{Scripted, World, site};

use crate::{queued_caller, s, waits};

#[test]
fn a_full_queue_refuses_by_its_edge() {
    let mut config = site();
    config.acd.queues[0].max_waiting = 1;
    let mut w = World::with(config, Scripted::default());
    w.set_registered("8001", true);
    w.agent(1);
    queued_caller(&mut w, "13800138000");
    w.run(s(5));
    queued_caller(&mut w, "13800138001");
    let refused = queued_caller(&mut w, "13800138002");
    assert!(w.hears_prompt(refused, "goodbye"));
    assert_eq!(waits(&w)[1], (3, QueueOutcome::Refused, 0));
}

#[test]
fn the_longest_wait_is_five_minutes() {
    let mut w = World::new();
    w.agent(1);
    queued_caller(&mut w, "13800138000");
    w.run(s(5));
    let waiting = queued_caller(&mut w, "13800138001");
    w.run(s(300));
    assert!(w.hears_prompt(waiting, "goodbye"));
    assert_eq!(waits(&w)[1], (2, QueueOutcome::TimedOut, 300_000));
}

//! A full queue lets nobody in; the longest wait hands the caller back to the flow.

use tipring_events::{OfferOutcome, QueueOutcome};
use tipring_test_scenarios::{Phone, Scripted, World, site};

use crate::{offers, queued_caller, s, waits};

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

#[test]
fn a_phone_that_rings_when_the_wait_is_over_stops_ringing() {
    let mut config = site();
    config.acd.queues[0].max_wait_s = 10;
    let mut w = World::with(config, Scripted::default());
    w.set_registered("8001", true);
    w.agent(1);
    w.phone("8001", Phone { answers_after: None, ..Phone::default() });
    queued_caller(&mut w, "13800138000");
    w.run(s(9));
    let phone = w.at("8001");
    w.run(s(1));
    assert!(!w.around.is_there(phone));
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::Cancelled, 10_000)]);
    w.close();
}

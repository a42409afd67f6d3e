//! Callers who wait leave when no agent is logged in any more, none is ready, they are too many
//! for the agents, the expected wait is too long, or it closes.

use tipring_events::{AgentId, Command, QueueCause, QueueOutcome};
use tipring_test_scenarios::Phone;

use crate::{all_hang_up, call, causes, desk, places, rest, s, silent, waits};

#[test]
fn none_is_ready_any_more() {
    let mut w = desk(2, |acd| acd.queues[0].leave.none_ready = true);
    w.phone("8001", silent());
    w.phone("8002", silent());
    call(&mut w, "13800138000");
    rest(&mut w, 1);
    assert_eq!(waits(&w), []);
    rest(&mut w, 2);
    assert_eq!(waits(&w), [(1, QueueOutcome::LeftEmpty, None)]);
    assert_eq!(causes(&w), [Some(QueueCause::NoneReady)]);
    all_hang_up(&mut w);
}

#[test]
fn too_many_for_the_agents_who_stay() {
    let mut w = desk(2, |acd| acd.queues[0].leave.waiting_per_agent = 2);
    rest(&mut w, 1);
    rest(&mut w, 2);
    for n in 0..4 {
        call(&mut w, &format!("1380013800{n}"));
    }
    w.run(s(30));
    assert_eq!(places(&w), [1, 2, 3, 4]);
    w.command(Command::AgentLogOut { agent: AgentId(2) }).unwrap();
    w.run(s(10));
    assert_eq!(places(&w), [1, 2], "the last leave");
    assert_eq!(causes(&w), [Some(QueueCause::Ratio); 2]);
    all_hang_up(&mut w);
}

#[test]
fn the_expected_wait_has_become_too_long() {
    let mut w = desk(1, |acd| acd.queues[0].leave.expected_wait_s = 250);
    w.phone("8001", Phone { hangs_up_after: Some(s(57)), ..Phone::default() });
    for n in 0..12 {
        call(&mut w, &format!("138001380{n:02}"));
    }
    w.run(s(230));
    assert!(causes(&w).iter().all(Option::is_none), "four answers say nothing");
    w.run(s(30));
    assert_eq!(causes(&w).last(), Some(&Some(QueueCause::ExpectedWait)));
    let estimates: Vec<_> = w.live().queues[0].waiting.iter().map(|w| w.estimate_ms).collect();
    assert!(!estimates.is_empty() && estimates.iter().all(|ms| *ms <= Some(250_000)));
    all_hang_up(&mut w);
}

//! A new configuration while callers wait and agents talk: nobody is lost, nobody is logged out.

use tipring_clock::WallTime;
use tipring_events::{AgentId, AgentState, QueueOutcome};
use tipring_test_scenarios::{World, site};

use crate::{queued_caller, s, waits};

#[test]
fn renaming_a_queue_loses_nobody() {
    let mut w = World::new();
    w.agent(1);
    let first = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    let second = queued_caller(&mut w, "13900139000");
    let mut config = site();
    config.acd.queues[0].name = "desk".into();
    for agent in &mut config.acd.agents {
        agent.queues = vec!["desk".into()];
    }
    let now = w.now();
    w.core.reconfigure(now, WallTime::default(), config);
    w.settle();
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking);
    assert_eq!(w.live().queues[0].waiting.len(), 1);
    w.hang_up(first);
    w.run(s(14));
    assert_eq!(waits(&w)[1].1, QueueOutcome::Answered);
    w.hang_up(second);
    w.close();
}

#[test]
fn an_agent_taken_out_is_logged_out_and_the_rest_stay() {
    let mut w = World::new();
    w.agent(1);
    w.agent(2);
    let mut config = site();
    config.acd.agents.remove(0);
    let now = w.now();
    w.core.reconfigure(now, WallTime::default(), config);
    w.settle();
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::LoggedOut);
    assert_eq!(w.ledger.agent_state(AgentId(2)), AgentState::Ready);
    w.close();
}

#[test]
fn a_queue_taken_out_hands_its_callers_back_to_the_flow() {
    let mut w = World::new();
    w.agent(1);
    queued_caller(&mut w, "13800138000");
    w.run(s(5));
    let waiting = queued_caller(&mut w, "13900139000");
    let mut config = site();
    config.acd.queues.clear();
    let now = w.now();
    w.core.reconfigure(now, WallTime::default(), config);
    w.settle();
    assert_eq!(waits(&w)[1].1, QueueOutcome::LeftEmpty);
    assert!(w.hears_prompt(waiting, "queue-no-agents"));
}

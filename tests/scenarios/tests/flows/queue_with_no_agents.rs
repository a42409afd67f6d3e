//! Nobody is logged in: the caller is told and the wait is refused; who waits already is told too.

use tipring_events::{AgentId, Command, QueueOutcome};
use tipring_test_scenarios::{Scripted, World, site};

use crate::{queued_caller, s, waits};

#[test]
fn nobody_may_join() {
    let mut w = World::new();
    let caller = queued_caller(&mut w, "13800138000");
    assert!(w.hears_prompt(caller, "queue-no-agents"));
    assert_eq!(waits(&w), [(1, QueueOutcome::Refused, 0)]);
    w.run(s(5));
    assert!(!w.around.is_there(caller));
    w.close();
}

#[test]
fn the_last_agent_to_log_out_empties_the_queue() {
    let mut w = World::new();
    w.agent(1);
    queued_caller(&mut w, "13900139000");
    w.run(s(5));
    let waiting = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    assert_eq!(w.command(Command::AgentLogOut { agent: AgentId(1) }), Ok(()));
    assert!(w.hears_prompt(waiting, "queue-no-agents"));
    assert_eq!(waits(&w)[1].1, QueueOutcome::LeftEmpty);
}

#[test]
fn a_queue_may_let_callers_wait_for_the_first_agent() {
    let mut config = site();
    config.acd.queues[0].wait_without_agents = true;
    let mut w = World::with(config, Scripted::default());
    w.set_registered("8001", true);
    queued_caller(&mut w, "13800138000");
    w.run(s(20));
    w.agent(1);
    w.run(s(4));
    assert_eq!(waits(&w), [(1, QueueOutcome::Answered, 23_200)]);
}

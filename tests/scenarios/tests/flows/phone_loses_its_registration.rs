//! An agent at a phone that cannot be reached is offered nothing, and comes back with the phone.

use tipring_events::{AgentId, AgentState, Command, Refusal};
use tipring_test_scenarios::{World, number};

use crate::{offers, queued_caller, s};

#[test]
fn the_agent_is_not_ready_until_the_phone_is_back() {
    let mut w = World::new();
    w.agent(1);
    w.set_registered("8001", false);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::NotReady);
    assert_eq!(w.live().agents[0].reason, "unreachable");
    queued_caller(&mut w, "13800138000");
    w.run(s(10));
    assert_eq!(offers(&w), []);
    w.set_registered("8001", true);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Offered);
}

#[test]
fn while_talking_it_counts_afterwards() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    w.set_registered("8001", false);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking);
    w.hang_up(caller);
    w.run(s(11));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::NotReady);
}

#[test]
fn nobody_logs_in_at_a_phone_that_is_not_there() {
    let mut w = World::new();
    w.set_registered("8001", false);
    let reply = w.command(Command::AgentLogIn {
        work_number: number("1001"),
        password: "4321".into(),
        extension: number("8001"),
    });
    assert_eq!(reply, Err(Refusal::NoSuchExtension));
}

//! 代接: a ringing call is answered by, a talking one moves to, the supervisor; the agent's leg
//! ends.

use tipring_events::{AgentId, AgentState, Command, EventKind, MonitorMode, QueueOutcome, Refusal};
use tipring_line::CallId;
use tipring_test_scenarios::{Hears, Phone};

use crate::{ext, monitoring, refused, s, supervised};

fn take_over(call: u64) -> Command {
    Command::TakeOver { call: CallId(call), extension: ext("8003"), by: "wang".into() }
}

#[test]
fn a_talking_call_moves_and_the_agents_leg_ends() {
    for monitors in [false, true] {
        let (mut w, customer, agent) = supervised();
        if monitors {
            monitoring(&mut w, MonitorMode::Listen);
        }
        assert_eq!(w.command(take_over(1)), Ok(()));
        w.run(s(2));
        let supervisor = w.at("8003");
        assert_eq!(w.hears(customer), Hears::Party(supervisor));
        assert!(!w.around.is_there(agent));
        assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
        let taken = w.find(|e| match e {
            EventKind::TakenOver { call, extension, by, agent } => {
                Some((call.0, *extension, by.clone(), *agent))
            }
            _ => None,
        });
        assert_eq!(taken, Some((1, ext("8003"), "wang".to_owned(), Some(AgentId(1)))));
        w.hang_up(supervisor);
        w.run(s(1));
        assert!(!w.around.is_there(customer));
        w.close();
    }
}

#[test]
fn a_ringing_call_is_answered_and_leaves_its_queue() {
    let (mut w, first, _) = supervised();
    w.hang_up(first);
    w.run(s(20));
    w.phone("8001", Phone { answers_after: None, ..Phone::default() });
    let customer = w.trunk_call("13800138001", "600");
    w.run(s(2));
    assert_eq!(w.command(take_over(2)), Ok(()));
    w.run(s(2));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8003")));
    assert!(!w.around.is_occupied(ext("8001")));
    let outcomes = w.all(|e| match e {
        EventKind::QueueLeft { outcome, .. } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcomes, [QueueOutcome::Answered, QueueOutcome::TransferredAway]);
    w.hang_up(customer);
    w.close();
}

#[test]
fn every_refusal_is_exact() {
    let (mut w, customer, _) = supervised();
    refused(&mut w, take_over(7), Refusal::NoSuchCall);
    let own = Command::TakeOver { call: CallId(1), extension: ext("8001"), by: String::new() };
    refused(&mut w, own, Refusal::NotPossible);
    let gone = Command::TakeOver { call: CallId(1), extension: ext("8004"), by: String::new() };
    refused(&mut w, gone, Refusal::NoSuchExtension);
    w.hang_up(customer);
    w.close();
}

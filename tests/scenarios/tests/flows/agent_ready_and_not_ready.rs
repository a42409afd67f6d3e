//! Ready, not ready and log-out, by code and by command, at rest, while rung and while talking.

use tipring_events::{AgentId, AgentState, Command, OfferOutcome, Refusal};
use tipring_test_scenarios::World;

use crate::{offers, queued_caller, s};

fn not_ready(w: &mut World) {
    let command = Command::AgentNotReady { agent: AgentId(1), reason: "lunch".into() };
    assert_eq!(w.command(command), Ok(()));
}

#[test]
fn by_code() {
    let mut w = World::new();
    w.agent(1);
    for (code, prompt, state) in [
        ("*64", "agent-not-ready", AgentState::NotReady),
        ("*63", "agent-ready", AgentState::Ready),
        ("*62", "agent-logged-out", AgentState::LoggedOut),
        ("*63", "feature-failed", AgentState::LoggedOut),
    ] {
        let phone = w.dial("8001", code);
        assert!(w.hears_prompt(phone, prompt), "{code}");
        assert_eq!(w.ledger.agent_state(AgentId(1)), state);
        w.run(s(3));
    }
    w.close();
}

#[test]
fn not_ready_gets_no_calls_until_ready() {
    let mut w = World::new();
    w.agent(1);
    not_ready(&mut w);
    queued_caller(&mut w, "13800138000");
    w.run(s(10));
    assert_eq!(offers(&w), []);
    assert_eq!(w.command(Command::AgentReady { agent: AgentId(1) }), Ok(()));
    w.run(s(4));
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::Answered, 3000)]);
}

#[test]
fn not_ready_while_talking_comes_after_the_call() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    not_ready(&mut w);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking);
    w.hang_up(caller);
    w.run(s(11));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::NotReady);
    assert_eq!(w.live().agents[0].reason, "lunch");
}

#[test]
fn not_ready_while_rung_refuses_the_call_and_the_next_agent_gets_it() {
    let mut w = World::new();
    w.agent(1);
    w.agent(2);
    queued_caller(&mut w, "13800138000");
    w.run(s(1));
    not_ready(&mut w);
    w.run(s(4));
    let next = (1, 2, OfferOutcome::Answered, 3000);
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::Rejected, 1200), next]);
}

#[test]
fn ready_ends_wrap_up() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    w.hang_up(caller);
    w.run(s(1));
    assert_eq!(w.command(Command::AgentReady { agent: AgentId(1) }), Ok(()));
    queued_caller(&mut w, "13900139000");
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Offered);
}

#[test]
fn who_logs_out_while_talking_talks_on_and_gets_no_more() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    let agent = w.at("8001");
    assert_eq!(w.command(Command::AgentLogOut { agent: AgentId(1) }), Ok(()));
    w.run(s(5));
    assert!(w.around.is_up(agent) && w.around.is_up(caller));
    assert_eq!(w.command(Command::AgentReady { agent: AgentId(1) }), Err(Refusal::NotLoggedIn));
    assert_eq!(w.command(Command::AgentReady { agent: AgentId(9) }), Err(Refusal::NoSuchAgent));
    w.hang_up(caller);
    w.close();
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::LoggedOut);
}

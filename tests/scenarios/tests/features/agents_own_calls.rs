//! Calls that no queue gave an agent: they count for who sits at the extension, and are recorded
//! by the agent's rule.

use tipring_events::{AgentId, AgentState, Command, EventKind, SegmentKind};
use tipring_line::CallId;
use tipring_test_scenarios::{Scripted, World, site};

use crate::{all_hang_up, call, ext, quick, s};

/// Whom the log names in the talk segments of a call.
fn talkers(w: &World<Scripted>, of: u64) -> Vec<Option<AgentId>> {
    w.all(|e| match e {
        EventKind::SegmentBegan { call, kind: SegmentKind::Talk, agent, .. }
            if *call == CallId(of) =>
        {
            Some(*agent)
        }
        _ => None,
    })
}

fn began(w: &World<Scripted>) -> usize {
    w.all(|e| matches!(e, EventKind::RecordingBegan { .. }).then_some(())).len()
}

#[test]
fn a_call_straight_to_the_extension_is_the_agents_who_sits_there() {
    let mut w = World::new();
    w.agent(1);
    w.phone("8001", quick());
    w.phone("8002", quick());
    let customer = w.trunk_call("13800138000", "8001");
    w.run(s(3));
    assert_eq!(talkers(&w, 1), [Some(AgentId(1))]);
    assert_eq!(w.live().calls[0].parties.iter().filter(|p| p.agent.is_some()).count(), 1);
    let transfer = Command::Transfer { extension: ext("8001"), to: ext("8002") };
    assert_eq!(w.command(transfer), Ok(()));
    w.run(s(3));
    assert_eq!(talkers(&w, 1), [Some(AgentId(1)), None], "nobody is logged in at 8002");
    w.hang_up(customer);
    w.run(s(1));
    let log_out = Command::AgentLogOut { agent: AgentId(1) };
    assert_eq!(w.command(log_out), Ok(()));
    let customer = w.trunk_call("13800138000", "8001");
    w.run(s(3));
    assert_eq!(talkers(&w, 2), [None]);
    w.hang_up(customer);
    w.close();
}

#[test]
fn who_moves_desks_takes_the_calls_along() {
    let mut w = World::new();
    w.agent(1);
    let moved = Command::AgentLogIn {
        work_number: ext("1001"),
        password: "4321".into(),
        extension: ext("8002"),
    };
    assert_eq!(w.command(moved), Ok(()));
    for (n, to) in [(1, "8001"), (2, "8002")] {
        w.phone(to, quick());
        let customer = w.trunk_call("13800138000", to);
        w.run(s(3));
        w.hang_up(customer);
        w.run(s(1));
        assert_eq!(talkers(&w, n), [(to == "8002").then_some(AgentId(1))]);
    }
    w.close();
}

#[test]
fn every_call_of_a_recorded_agent_is_recorded() {
    let mut config = site();
    let rules = &mut config.switch.recording;
    (rules.outgoing, rules.agents) = (false, vec![ext("1001")]);
    config.acd.queues[0].record = false;
    let mut w = World::with(config, Scripted::default());
    for n in ["8001", "8002", "8003"] {
        w.set_registered(n, true);
        w.phone(n, quick());
    }
    w.agent(1);
    w.agent(2);
    w.around.outside = quick();
    let mut expected = 0;
    // To the agent, by the agent, inside and outside; and the same without the agent.
    for (from, to, is_recorded) in [
        ("13800138000", "8001", true),
        ("8001", "913900139000", true),
        ("8003", "8001", true),
        ("13800138000", "8002", false),
        ("8003", "8002", false),
    ] {
        let caller = if from.len() > 4 { w.trunk_call(from, to) } else { w.dial(from, to) };
        w.run(s(5));
        expected += usize::from(is_recorded);
        assert_eq!(began(&w), expected, "{from} to {to}");
        w.hang_up(caller);
        w.run(s(1));
    }
    // From the queue, which itself records nothing: the one of the two who is recorded.
    for _ in 0..2 {
        let caller = w.trunk_call("13800138000", "600");
        w.run(s(5));
        let by_first = talkers(&w, w.live().calls[0].call.0) == [Some(AgentId(1))];
        expected += usize::from(by_first);
        assert_eq!(began(&w), expected);
        w.hang_up(caller);
        w.run(s(1));
    }
    assert_eq!(expected, 4, "one of the two queue calls was the recorded agent's");
    all_hang_up(&mut w);
}

#[test]
fn an_agent_who_is_joined_to_another_call_is_told_with_it() {
    let mut w = World::new();
    w.agent(1);
    w.phone("8002", quick());
    w.phone("8001", quick());
    let customer = w.trunk_call("13800138000", "8002");
    w.run(s(3));
    let consult = Command::Consult { extension: ext("8002"), to: ext("600") };
    assert_eq!(w.command(consult), Ok(()));
    w.run(s(4));
    let of_agent = |e: &EventKind| match e {
        EventKind::AgentChanged { agent: AgentId(1), state, call, .. } => Some((*state, *call)),
        _ => None,
    };
    assert_eq!(w.all(of_agent).last(), Some(&(AgentState::Talking, Some(call(2)))));
    let transfer = Command::ConsultTransfer { extension: ext("8002") };
    assert_eq!(w.command(transfer), Ok(()));
    w.run(s(2));
    assert_eq!(w.all(of_agent).last(), Some(&(AgentState::Talking, Some(call(1)))));
    w.hang_up(customer);
    w.run(s(1));
    assert_eq!(w.all(of_agent).last().map(|(state, _)| *state), Some(AgentState::WrapUp));
    w.close();
}

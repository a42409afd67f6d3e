//! Wrap-up is per queue, begins when the customer's leg ends, can be ended or extended by the
//! agent, and is never reset by another queue's call.

use tipring_events::{AgentId, AgentState, Command, Refusal};

use crate::{Box, agent, all_hang_up, call, desk, s, state};

fn talked(change: impl FnOnce(&mut tipring_acd::AcdConfig)) -> Box {
    let mut w = desk(1, |acd| {
        acd.agents[0].queues.push("second".into());
        acd.queues[0].wrap_up_s = 30;
        acd.queues[1].wrap_up_s = 10;
        change(acd);
    });
    let caller = call(&mut w, "13800138000");
    w.run(s(5));
    assert_eq!(state(&w, 1), AgentState::Talking);
    w.hang_up(caller);
    assert_eq!(state(&w, 1), AgentState::WrapUp, "with the customer's leg");
    w
}

fn order(w: &mut Box, extend_s: Option<u32>) -> Result<(), Refusal> {
    w.command(Command::AgentWrapUp { agent: AgentId(1), extend_s })
}

#[test]
fn by_its_own_queue() {
    let mut w = talked(|_| {});
    let shown = agent(&w, 1);
    assert_eq!(shown.until_ms, Some(shown.since_ms + 30_000));
    w.run(s(29));
    assert_eq!(state(&w, 1), AgentState::WrapUp);
    w.run(s(1));
    assert_eq!(state(&w, 1), AgentState::Ready);
    let caller = w.trunk_call("13800138000", "601");
    w.run(s(5));
    w.hang_up(caller);
    w.run(s(10));
    assert_eq!(state(&w, 1), AgentState::Ready, "ten seconds in the other queue");
    all_hang_up(&mut w);
}

#[test]
fn ended_and_extended_by_the_agent() {
    let mut w = talked(|_| {});
    w.run(s(20));
    assert_eq!(order(&mut w, Some(60)), Ok(()));
    w.run(s(69));
    assert_eq!(state(&w, 1), AgentState::WrapUp);
    assert_eq!(order(&mut w, None), Ok(()));
    assert_eq!(state(&w, 1), AgentState::Ready);
    assert_eq!(order(&mut w, Some(60)), Err(Refusal::NotPossible));
    all_hang_up(&mut w);
}

#[test]
fn no_other_call_resets_it() {
    let mut w = talked(|_| {});
    w.run(s(10));
    // Callers of the other queue wait, and a colleague calls the phone itself.
    let waits = w.trunk_call("13900139000", "601");
    let colleague = w.dial("8005", "8001");
    w.run(s(10));
    w.hang_up(colleague);
    assert_eq!(state(&w, 1), AgentState::WrapUp);
    w.run(s(10));
    assert_eq!(state(&w, 1), AgentState::Offered, "thirty seconds after its own call, not later");
    w.hang_up(waits);
    all_hang_up(&mut w);
}

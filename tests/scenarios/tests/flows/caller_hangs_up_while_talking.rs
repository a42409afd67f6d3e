//! The caller hangs up first: the agent's phone is released, the recording is closed.

use tipring_events::{AgentId, AgentState, Party};
use tipring_line::{Cause, Disposition};
use tipring_test_scenarios::World;

use crate::{endings, queued_caller, s};

#[test]
fn the_agent_is_released_and_wraps_up() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(10));
    let agent = w.at("8001");
    assert!(w.around.is_up(agent));
    w.hang_up(caller);
    let ended = (1, Cause::NormalClearing, Party::Caller, Disposition::Answered);
    assert_eq!(endings(&w), [ended]);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    w.run(s(1));
    assert!(!w.around.is_there(agent));
    assert_eq!(w.around.recordings_closed, 1);
    w.close();
}

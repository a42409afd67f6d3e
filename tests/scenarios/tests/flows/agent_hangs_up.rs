//! The agent hangs up first: the caller is released at once.

use tipring_events::{AgentId, AgentState, Party};
use tipring_line::{Cause, Disposition};
use tipring_test_scenarios::{Phone, World};

use crate::{endings, queued_caller, s};

#[test]
fn the_caller_is_released() {
    let mut w = World::new();
    w.agent(1);
    let talk = Phone { hangs_up_after: Some(s(20)), ..Phone::default() };
    w.phone("8001", talk);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(22));
    assert!(w.around.is_up(caller));
    w.run(s(2));
    assert!(!w.around.is_there(caller));
    let ended = (1, Cause::NormalClearing, Party::Callee, Disposition::Answered);
    assert_eq!(endings(&w), [ended]);
    assert_eq!(w.segments(1)[3].2, 20_000, "talk");
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    w.close();
}

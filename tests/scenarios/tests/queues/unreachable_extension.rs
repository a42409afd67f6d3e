//! An unreachable extension turns the agent not ready at once; the phone's return makes ready.

use tipring_events::AgentState;

use crate::{agent, all_hang_up, call, desk, offers, state};

#[test]
fn at_once_and_back() {
    let mut w = desk(1, |_| {});
    w.set_registered("8001", false);
    assert_eq!((state(&w, 1), agent(&w, 1).reason.as_str()), (AgentState::NotReady, "unreachable"));
    call(&mut w, "13800138000");
    assert_eq!(offers(&w), []);
    w.set_registered("8001", true);
    assert_eq!(offers(&w), [(1, 1)], "offered in the moment the phone is there");
    all_hang_up(&mut w);
}

//! The desktop's loss turns the agent not ready after thirty seconds.

use tipring_events::{AgentId, AgentState, Command};

use crate::{Box, agent, all_hang_up, call, desk, s, state};

fn desktop(w: &mut Box, present: bool) {
    assert_eq!(w.command(Command::AgentDesktop { agent: AgentId(1), present }), Ok(()));
}

#[test]
fn after_thirty_seconds() {
    let mut w = desk(1, |_| {});
    desktop(&mut w, false);
    w.run(s(29));
    assert_eq!(state(&w, 1), AgentState::Ready);
    w.run(s(1));
    assert_eq!(state(&w, 1), AgentState::NotReady);
    assert_eq!(agent(&w, 1).reason, "desktop lost");
    all_hang_up(&mut w);
}

#[test]
fn a_page_loaded_anew_changes_nothing() {
    let mut w = desk(1, |_| {});
    desktop(&mut w, false);
    w.run(s(5));
    desktop(&mut w, true);
    w.run(s(120));
    assert_eq!(state(&w, 1), AgentState::Ready);
    all_hang_up(&mut w);
}

#[test]
fn who_talks_becomes_so_after_the_call() {
    let mut w = desk(1, |_| {});
    let caller = call(&mut w, "13800138000");
    w.run(s(5));
    desktop(&mut w, false);
    w.run(s(60));
    assert_eq!(state(&w, 1), AgentState::Talking);
    w.hang_up(caller);
    w.run(s(1));
    assert_eq!(agent(&w, 1).reason, "desktop lost");
    all_hang_up(&mut w);
}

//! Several waiting callers are served at once; one slow ring never holds up the next.

use tipring_events::QueueOutcome;

use crate::{all_hang_up, call, desk, offers, s, silent, waits};

#[test]
fn each_free_agent_rings_for_another_caller() {
    let mut w = desk(3, |_| {});
    w.phone("8001", silent());
    for from in ["13800138000", "13800138001", "13800138002"] {
        call(&mut w, from);
    }
    assert_eq!(offers(&w), [(1, 1), (2, 2), (3, 3)]);
    w.run(s(4));
    let answered = [(2, QueueOutcome::Answered, Some(2)), (3, QueueOutcome::Answered, Some(3))];
    assert_eq!(waits(&w), answered, "while the first caller's ring goes on");
    all_hang_up(&mut w);
}

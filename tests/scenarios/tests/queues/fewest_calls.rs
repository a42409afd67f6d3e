//! Fewest calls: fewest answered since the agent's shift began.

use tipring_acd::Strategy;
use tipring_events::{AgentId, Command};

use crate::{agent, by, ready, rest, s, talk};

#[test]
fn whoever_answered_least_is_next() {
    let mut w = by(Strategy::FewestCalls, 3);
    rest(&mut w, 3);
    let order: Vec<u32> = (0..4).map(|_| talk(&mut w, 5)).collect();
    assert_eq!(order, [1, 2, 1, 2]);
    ready(&mut w, 3);
    let order: Vec<u32> = (0..3).map(|_| talk(&mut w, 5)).collect();
    assert_eq!(order, [3, 3, 1], "two each, and the first has waited longest since");
}

#[test]
fn a_shift_goes_on_over_a_short_absence_and_begins_anew_after_a_long_one() {
    let mut w = by(Strategy::FewestCalls, 1);
    talk(&mut w, 5);
    let log_out = Command::AgentLogOut { agent: AgentId(1) };
    w.command(log_out.clone()).unwrap();
    w.run(s(3600));
    w.agent(1);
    assert_eq!(agent(&w, 1).answered, 1);
    w.command(log_out).unwrap();
    w.run(s(5 * 3600));
    w.agent(1);
    assert_eq!(agent(&w, 1).answered, 0);
}

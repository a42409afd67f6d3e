//! Longest idle: the agent whose last call, in any queue and wrap-up included, ended longest ago;
//! never called is longest.

use tipring_acd::Strategy;

use crate::{by, desk, talk};

#[test]
fn each_in_turn_and_the_never_called_first() {
    let mut w = by(Strategy::LongestIdle, 3);
    let order: Vec<u32> = (0..6).map(|_| talk(&mut w, 5)).collect();
    assert_eq!(order, [1, 2, 3, 1, 2, 3]);
    w.agent(4);
    assert_eq!(talk(&mut w, 5), 4);
}

#[test]
fn wrap_up_counts_as_part_of_the_call() {
    let mut w = desk(2, |acd| acd.queues[0].wrap_up_s = 60);
    assert_eq!(talk(&mut w, 50), 1);
    // The second talks and settles while the first still settles.
    assert_eq!(talk(&mut w, 1), 2);
    let second = tipring_events::AgentId(2);
    let end = tipring_events::Command::AgentWrapUp { agent: second, extend_s: None };
    assert_eq!(w.command(end), Ok(()));
    w.run(crate::s(70));
    assert_eq!(talk(&mut w, 1), 2, "whose last call ended first, though it began later");
}

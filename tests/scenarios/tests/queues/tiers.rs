//! The lowest eligible tier first; the next opens after `tier_wait_s`, or at once when nobody in
//! the lower one is logged in.

use tipring_acd::{AcdConfig, Membership};
use tipring_events::{AgentId, Command};

use crate::{all_hang_up, call, desk, offers, ready, rest, s, talk};

fn tiered(acd: &mut AcdConfig) {
    acd.queues[0].tier_wait_s = 15;
    for (agent, tier) in acd.agents.iter_mut().zip([1, 1, 2, 4]) {
        agent.queues = vec![Membership { tier, ..Membership::from("service") }];
    }
}

#[test]
fn the_lowest_tier_first() {
    let mut w = desk(4, tiered);
    let order: Vec<u32> = (0..4).map(|_| talk(&mut w, 2)).collect();
    assert_eq!(order, [1, 2, 1, 2], "the higher tiers stay out while the lowest has somebody");
}

#[test]
fn the_next_opens_after_its_time() {
    let mut w = desk(4, tiered);
    rest(&mut w, 1);
    rest(&mut w, 2);
    call(&mut w, "13800138000");
    w.run(s(14));
    assert_eq!(offers(&w), []);
    w.run(s(1));
    assert_eq!(offers(&w), [(1, 3)]);
    rest(&mut w, 3);
    w.run(s(14));
    assert_eq!(offers(&w).len(), 1);
    w.run(s(1));
    assert_eq!(offers(&w)[1..], [(1, 4)]);
    all_hang_up(&mut w);
}

#[test]
fn at_once_when_nobody_of_the_lower_is_logged_in() {
    let mut w = desk(4, tiered);
    rest(&mut w, 1);
    w.command(Command::AgentLogOut { agent: AgentId(2) }).unwrap();
    call(&mut w, "13800138000");
    w.run(s(3));
    assert_eq!(offers(&w), []);
    w.command(Command::AgentLogOut { agent: AgentId(1) }).unwrap();
    assert_eq!(offers(&w), [(1, 3)], "in the very moment the last of the lower tier leaves");
    rest(&mut w, 3);
    ready(&mut w, 3);
    all_hang_up(&mut w);
}

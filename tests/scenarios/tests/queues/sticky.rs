//! Sticky: the agent who last handled this customer, for `sticky_wait_s`, then the strategy.

use tipring_events::{AgentId, Command};

use crate::{Box, all_hang_up, call, desk, offers, ready, rest, s};

fn known() -> Box {
    let mut w = desk(2, |acd| acd.queues[0].sticky_wait_s = 20);
    let first = call(&mut w, "13800138000");
    w.run(s(5));
    w.hang_up(first);
    w.run(s(1));
    assert_eq!(offers(&w), [(1, 1)]);
    w
}

#[test]
fn to_the_one_who_knows_the_customer() {
    let mut w = known();
    // The same number, as it is dialled from another town. Longest idle would be the second.
    call(&mut w, "013800138000");
    assert_eq!(offers(&w)[1..], [(2, 1)]);
    all_hang_up(&mut w);
}

#[test]
fn then_by_the_strategy() {
    let mut w = known();
    rest(&mut w, 1);
    call(&mut w, "13800138000");
    w.run(s(19));
    assert_eq!(offers(&w).len(), 1);
    w.run(s(1));
    assert_eq!(offers(&w)[1..], [(2, 2)]);
    ready(&mut w, 1);
    all_hang_up(&mut w);
}

#[test]
fn who_has_gone_home_is_not_awaited() {
    let mut w = known();
    rest(&mut w, 1);
    call(&mut w, "13800138000");
    w.run(s(5));
    w.command(Command::AgentLogOut { agent: AgentId(1) }).unwrap();
    assert_eq!(offers(&w)[1..], [(2, 2)]);
    call(&mut w, "13800138000");
    w.run(s(1));
    all_hang_up(&mut w);
}

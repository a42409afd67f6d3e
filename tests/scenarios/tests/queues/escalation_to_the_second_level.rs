//! Callers can be escalated to the second level (LV2): a group that serves a queue only for them,
//! after a time, by key, or while nobody of the first is logged in.

use tipring_acd::{AgentGroup, Escalation, GroupMembership, WaitKeys};
use tipring_events::{AgentId, Command};
use tipring_test_scenarios::number;

use crate::{Box, all_hang_up, call, desk, offers, rest, s};

/// Agent 1 is the first level of `service`; 2 and 3 are the group `lv2`, and `second`'s by group.
fn levels() -> Box {
    let mut w = desk(3, |acd| {
        acd.groups =
            vec![AgentGroup { name: "lv2".into(), agents: vec![number("1002"), number("1003")] }];
        for agent in &mut acd.agents[1..3] {
            agent.queues.clear();
        }
        acd.agents.truncate(3);
        acd.queues[0].escalation = Some(Escalation { group: "lv2".into(), after_s: 60 });
        acd.queues[0].keys = WaitKeys { escalate: Some('9'), ..WaitKeys::default() };
        acd.queues[1].groups = vec![GroupMembership { group: "lv2".into(), tier: 1, level: 100 }];
    });
    rest(&mut w, 1);
    w
}

#[test]
fn after_a_time() {
    let mut w = levels();
    call(&mut w, "13800138000");
    w.run(s(59));
    assert_eq!(offers(&w), []);
    w.run(s(1));
    assert_eq!(offers(&w), [(1, 2)]);
    all_hang_up(&mut w);
}

#[test]
fn by_key_at_once() {
    let mut w = levels();
    let caller = call(&mut w, "13800138000");
    w.run(s(5));
    w.press(caller, "9");
    assert_eq!(offers(&w), [(1, 2)]);
    all_hang_up(&mut w);
}

#[test]
fn while_nobody_of_the_first_is_logged_in() {
    let mut w = levels();
    w.command(Command::AgentLogOut { agent: AgentId(1) }).unwrap();
    call(&mut w, "13800138000");
    assert_eq!(offers(&w), [(1, 2)]);
    all_hang_up(&mut w);
}

#[test]
fn a_group_serves_a_queue_as_one() {
    let mut w = levels();
    w.trunk_call("13800138000", "601");
    w.trunk_call("13800138001", "601");
    assert_eq!(offers(&w), [(1, 2), (2, 3)]);
    all_hang_up(&mut w);
}

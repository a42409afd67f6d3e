//! Keys cut prompts short, and those typed ahead of the menu count in it.

use tipring_events::EventKind;
use tipring_test_scenarios::World;

use crate::{s, waits};

#[test]
fn a_key_during_the_greeting_counts_in_the_menu() {
    let mut w = World::new();
    w.agent(1);
    let caller = w.trunk_call("13800138000", "95588");
    assert!(w.hears_prompt(caller, "greeting"));
    w.press(caller, "1");
    assert!(w.hears_prompt(caller, "queue-wait"), "the menu's prompts are skipped");
    let nodes = w.all(|e| match e {
        EventKind::FlowNode { node, .. } => Some(node.clone()),
        _ => None,
    });
    assert_eq!(nodes, ["welcome", "menu", "wait"]);
    w.run(s(5));
    assert_eq!(waits(&w).len(), 1);
}

#[test]
fn star_plays_the_menu_again() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "95588");
    w.run(s(5));
    w.press(caller, "*");
    assert!(w.hears_prompt(caller, "menu-main") && !w.hears_prompt(caller, "wrong-key"));
}

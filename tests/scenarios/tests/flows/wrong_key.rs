//! A wrong key is named as one and the menu is played again; the third ends the call.

use tipring_events::Party;
use tipring_test_scenarios::World;

use crate::{endings, s, waits};

#[test]
fn a_wrong_key_and_then_the_right_one() {
    let mut w = World::new();
    w.agent(1);
    let caller = w.trunk_call("13800138000", "95588");
    w.run(s(3));
    w.press(caller, "7");
    assert!(w.hears_prompt(caller, "wrong-key") && w.hears_prompt(caller, "menu-main"));
    w.press(caller, "1");
    w.run(s(10));
    assert_eq!(waits(&w).len(), 1);
}

#[test]
fn three_wrong_keys_end_the_call_politely() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "95588");
    w.run(s(3));
    w.press(caller, "789");
    assert!(w.hears_prompt(caller, "goodbye"));
    w.run(s(3));
    assert_eq!(endings(&w)[0].2, Party::Box);
    w.close();
}

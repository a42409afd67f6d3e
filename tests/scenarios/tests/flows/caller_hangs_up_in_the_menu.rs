//! Who hangs up in the menu was answered by the flow: no abandoned wait, nobody was rung.

use tipring_events::{Party, SegmentKind};
use tipring_line::{Cause, Disposition};
use tipring_test_scenarios::World;

use crate::{endings, s, waits};

#[test]
fn the_call_ends_in_the_flow() {
    let mut w = World::new();
    w.agent(1);
    let caller = w.trunk_call("13800138000", "95588");
    w.run(s(3));
    assert!(w.hears_prompt(caller, "menu-main"));
    w.hang_up(caller);
    let ended = (1, Cause::NormalClearing, Party::Caller, Disposition::Answered);
    assert_eq!(endings(&w), [ended]);
    assert_eq!(w.segments(1), [(SegmentKind::Ivr, "main".to_owned(), 3000)]);
    assert_eq!(waits(&w), []);
    w.close();
}

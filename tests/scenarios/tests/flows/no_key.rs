//! Without a key the menu waits 5 s after its prompts and plays them again, three times in all.

use tipring_clock::Duration;
use tipring_events::{Party, SegmentKind};
use tipring_test_scenarios::{Hears, World};

use crate::{endings, s};

#[test]
fn the_menu_is_played_three_times() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "95588");
    w.run(s(4) + Duration::from_millis(4999));
    assert_eq!(w.hears(caller), Hears::Nothing);
    w.run(Duration::from_millis(1));
    assert!(w.hears_prompt(caller, "no-key") && w.hears_prompt(caller, "menu-main"));
    w.run(s(9));
    assert!(w.hears_prompt(caller, "no-key"));
    w.run(s(9));
    assert!(w.hears_prompt(caller, "goodbye"));
    w.run(s(2));
    assert_eq!(endings(&w)[0].2, Party::Box);
    // Greeting 2 s, menu 2 + 5 s, twice no-key and menu 4 + 5 s, goodbye 2 s.
    assert_eq!(w.segments(1), [(SegmentKind::Ivr, "main".to_owned(), 29_000)]);
    w.close();
}

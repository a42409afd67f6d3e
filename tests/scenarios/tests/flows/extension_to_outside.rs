//! 9 and a number leads outside by the trunk, for extensions of the class only.

use tipring_events::SegmentKind;
use tipring_line::{Cause, ChannelCommand};
use tipring_test_scenarios::{Phone, World, number};

use crate::{endings, s};

#[test]
fn the_nine_is_taken_off_and_the_call_recorded() {
    let mut w = World::new();
    w.around.outside = Phone { answers_after: Some(s(5)), ..Phone::default() };
    let caller = w.dial("8001", "913800138000");
    w.run(s(10));
    let dialled = w.around.told.iter().find_map(|(_, command)| match command {
        ChannelCommand::Dial { number, caller } => Some((*number, caller.number)),
        _ => None,
    });
    assert_eq!(dialled, Some((number("13800138000"), Some(number("87654321")))));
    assert!(w.around.is_up(caller));
    w.hang_up(caller);
    w.close();
    assert_eq!(w.around.recordings_closed, 1);
    let segments: Vec<_> = w.segments(1).into_iter().map(|s| (s.0, s.1)).collect();
    let city = |kind| (kind, "city".to_owned());
    assert_eq!(segments, [city(SegmentKind::Ring), city(SegmentKind::Talk)]);
}

#[test]
fn an_inside_extension_and_a_stranger_may_not() {
    let mut w = World::new();
    w.dial("8004", "913800138000");
    w.trunk_call("13900139000", "913800138000");
    let causes: Vec<_> = endings(&w).iter().map(|e| e.1).collect();
    assert_eq!(causes, [Cause::NotAuthorised, Cause::UnallocatedNumber]);
    w.close();
}

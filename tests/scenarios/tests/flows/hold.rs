//! The agent puts the caller on hold: music, a segment of its own, and back.

use tipring_events::SegmentKind;
use tipring_line::ChannelEvent;
use tipring_test_scenarios::{Hears, World};

use crate::{queued_caller, s};

#[test]
fn the_caller_hears_music_and_the_time_is_counted_apart() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    let (agent, now) = (w.at("8001"), w.now());
    w.around.soon(now, agent, s(0), ChannelEvent::Held(true));
    w.run(s(7));
    assert_eq!((w.hears(caller), w.hears(agent)), (Hears::Music, Hears::Nothing));
    let now = w.now();
    w.around.soon(now, agent, s(0), ChannelEvent::Held(false));
    w.run(s(4));
    assert_eq!((w.hears(caller), w.hears(agent)), (Hears::Party(agent), Hears::Party(caller)));
    w.hang_up(caller);
    let segments = w.segments(1).split_off(3);
    let by_agent = |kind, ms| (kind, "1001".to_owned(), ms);
    let talk = SegmentKind::Talk;
    assert_eq!(
        segments,
        [by_agent(talk, 2200), by_agent(SegmentKind::Hold, 7000), by_agent(talk, 4000)]
    );
    w.close();
}

#[test]
fn hanging_up_on_hold_ends_the_call() {
    let mut w = World::new();
    let caller = w.dial("8001", "8002");
    w.run(s(5));
    let (callee, now) = (w.at("8002"), w.now());
    for channel in [caller, callee] {
        w.around.soon(now, channel, s(0), ChannelEvent::Held(true));
    }
    w.run(s(1));
    let now = w.now();
    w.around.soon(now, caller, s(0), ChannelEvent::Held(false));
    w.run(s(1));
    assert_eq!((w.hears(caller), w.hears(callee)), (Hears::Music, Hears::Nothing));
    w.hang_up(callee);
    w.close();
}

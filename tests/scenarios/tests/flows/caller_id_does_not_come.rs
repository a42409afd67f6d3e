//! A line is answered once its caller id has come, and without it after 6 s.

use tipring_line::{CallerId, ChannelId, PortId};
use tipring_test_scenarios::World;

use crate::{endings, s};

#[test]
fn the_line_is_answered_after_six_seconds() {
    let mut w = World::new();
    let (line, now) = (ChannelId::port(PortId(0)), w.now());
    w.around.offer(now, line, None, CallerId::default(), None, None);
    w.run(s(5));
    assert!(!w.around.is_up(line));
    w.run(s(1));
    assert!(w.around.is_up(line) && w.hears_prompt(line, "greeting"));
    w.hang_up(line);
    w.close();
}

#[test]
fn who_gives_up_before_is_abandoned() {
    let mut w = World::new();
    let (line, now) = (ChannelId::port(PortId(0)), w.now());
    w.around.offer(now, line, None, CallerId::default(), None, None);
    w.run(s(3));
    w.hang_up(line);
    assert_eq!(endings(&w)[0].3, tipring_line::Disposition::Abandoned);
    w.run(s(10));
    w.close();
}

//! An abandoned caller who rings again within the queue's time gets the old place back.

use crate::{Box, all_hang_up, call, desk, places, rest, s};

fn second_of_three_gives_up(reentry_s: u32) -> Box {
    let mut w = desk(1, |acd| acd.queues[0].reentry_s = reentry_s);
    rest(&mut w, 1);
    call(&mut w, "13800138000");
    w.run(s(1));
    let second = call(&mut w, "13900139000");
    w.run(s(1));
    call(&mut w, "13700137000");
    w.run(s(20));
    w.hang_up(second);
    assert_eq!(places(&w), [1, 3]);
    w
}

#[test]
fn within_the_time() {
    let mut w = second_of_three_gives_up(60);
    w.run(s(59));
    call(&mut w, "13900139000");
    assert_eq!(places(&w), [1, 4, 3]);
    all_hang_up(&mut w);
}

#[test]
fn too_late_or_not_at_all() {
    for reentry_s in [60, 0] {
        let mut w = second_of_three_gives_up(reentry_s);
        w.run(s(61));
        call(&mut w, "13900139000");
        assert_eq!(places(&w), [1, 3, 4]);
        all_hang_up(&mut w);
    }
}

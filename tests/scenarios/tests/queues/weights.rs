//! Queue weight decides when two queues want the same agent; at equal weights the longest wait.

use crate::{all_hang_up, call, desk, offers, ready, rest, s};

fn two_queues(weights: [u32; 2]) -> crate::Box {
    let mut w = desk(1, |acd| {
        acd.agents[0].queues.push("second".into());
        for (queue, weight) in acd.queues.iter_mut().zip(weights) {
            queue.weight = weight;
        }
    });
    rest(&mut w, 1);
    call(&mut w, "13800138000");
    w.run(s(10));
    w.trunk_call("13800138001", "601");
    w.run(s(10));
    ready(&mut w, 1);
    w
}

#[test]
fn the_heavier_first() {
    let mut w = two_queues([1, 5]);
    assert_eq!(offers(&w), [(2, 1)]);
    all_hang_up(&mut w);
}

#[test]
fn at_equal_weights_the_longest_wait() {
    let mut w = two_queues([1, 1]);
    assert_eq!(offers(&w), [(1, 1)]);
    all_hang_up(&mut w);
}

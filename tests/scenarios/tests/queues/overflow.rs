//! Overflow to another queue, a number, or the flow, by waiting time or by length.

use tipring_acd::{AcdConfig, Destination, Overflow};
use tipring_events::{EventKind, QueueCause, QueueId, QueueOutcome};
use tipring_line::Endpoint;
use tipring_test_scenarios::number;

use crate::{Box, all_hang_up, call, causes, config, desk, opened, places, rest, s, waits};

fn overflowing(after_s: u32, above: u32, to: Destination) -> impl FnOnce(&mut AcdConfig) {
    move |acd| {
        acd.queues[0].overflow = vec![Overflow { after_s, above, to }];
        acd.queues[1].wait_without_agents = true;
    }
}

fn full(change: impl FnOnce(&mut AcdConfig)) -> Box {
    let mut w = desk(1, change);
    rest(&mut w, 1);
    w
}

fn second(w: &Box) -> Vec<u64> {
    w.live().queues[1].waiting.iter().map(|waiting| waiting.call.0).collect()
}

#[test]
fn to_another_queue_by_waiting_time() {
    let mut w = full(overflowing(40, 0, Destination::Queue("second".into())));
    call(&mut w, "13800138000");
    w.run(s(39));
    assert_eq!(places(&w), [1]);
    w.run(s(1));
    assert_eq!((places(&w), second(&w)), (vec![], vec![1]));
    assert_eq!(waits(&w), [(1, QueueOutcome::Overflowed, None)]);
    assert_eq!(causes(&w), [Some(QueueCause::OverflowWait)]);
    let moved = w.find(|e| match e {
        EventKind::QueueMoved { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    assert_eq!(moved, Some((QueueId(1), QueueId(2))));
    let live = w.live();
    assert_eq!(live.calls[0].segments.last().expect("a segment").handler, "second");
    all_hang_up(&mut w);
}

#[test]
fn to_another_queue_by_length() {
    let mut w = full(overflowing(0, 2, Destination::Queue("second".into())));
    for n in 0..3 {
        call(&mut w, &format!("1380013800{n}"));
    }
    assert_eq!((places(&w), second(&w)), (vec![1, 2], vec![3]));
    assert_eq!(causes(&w), [Some(QueueCause::OverflowLength)]);
    all_hang_up(&mut w);
}

#[test]
fn where_the_other_takes_nobody_the_wait_goes_on() {
    let mut w = full(|acd| {
        overflowing(10, 0, Destination::Queue("second".into()))(acd);
        acd.queues[1].wait_without_agents = false;
    });
    call(&mut w, "13800138000");
    w.run(s(60));
    assert_eq!((places(&w), waits(&w)), (vec![1], vec![]));
    all_hang_up(&mut w);
}

#[test]
fn to_a_number_inside_and_outside() {
    let inside = number("8007");
    let mut w = full(overflowing(10, 0, Destination::Number(inside)));
    call(&mut w, "13800138000");
    w.run(s(10));
    assert_eq!(w.around.seized().last(), Some(&Endpoint::SipPhone(inside)));
    w.run(s(4));
    assert!(w.around.is_up(w.at("8007")), "the two talk");
    all_hang_up(&mut w);

    let mut w = full(overflowing(0, 1, Destination::Number(number("913600136000"))));
    call(&mut w, "13800138000");
    call(&mut w, "13800138001");
    assert_eq!(w.around.seized().last(), Some(&Endpoint::SipTrunk(0)));
    all_hang_up(&mut w);
}

#[test]
fn to_a_node_of_the_flow() {
    let site = config(overflowing(10, 0, Destination::Flow));
    let mut w = opened(1, site);
    rest(&mut w, 1);
    let caller = w.trunk_call("13800138000", "95588");
    w.press(caller, "1");
    w.run(s(10));
    assert!(w.hears_prompt(caller, "goodbye"), "the edge falls back to the time-out's");
    all_hang_up(&mut w);
}

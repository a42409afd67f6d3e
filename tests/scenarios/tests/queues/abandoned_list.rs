//! Abandoned callers form a list to work off; one leaves it when reached by anyone.

use tipring_events::{EventKind, LiveAbandoned};

use crate::{Box, all_hang_up, call, desk, ready, rest, s};

fn listed(w: &Box) -> Vec<LiveAbandoned> {
    w.live().queues[0].abandoned.clone()
}

fn given_up(w: &mut Box, from: &str) {
    let caller = call(w, from);
    w.run(s(10));
    w.hang_up(caller);
}

fn desk_with_two_missed() -> Box {
    let mut w = desk(1, |_| {});
    rest(&mut w, 1);
    given_up(&mut w, "13800138000");
    given_up(&mut w, "013900139000");
    given_up(&mut w, "13800138000");
    let numbers: Vec<_> =
        listed(&w).iter().map(|missed| (missed.number.to_string(), missed.times)).collect();
    assert_eq!(numbers, [("13900139000".to_owned(), 1), ("13800138000".to_owned(), 2)]);
    w
}

#[test]
fn an_answered_call_from_the_number_takes_it_off() {
    let mut w = desk_with_two_missed();
    ready(&mut w, 1);
    call(&mut w, "13900139000");
    w.run(s(4));
    assert_eq!(listed(&w).len(), 1);
    let reached = w.find(|e| match e {
        EventKind::AbandonedReached { number, call } => {
            Some((number.to_string(), call.map(|c| c.0)))
        }
        _ => None,
    });
    assert_eq!(reached, Some(("13900139000".into(), Some(4))));
    all_hang_up(&mut w);
}

#[test]
fn anybodys_call_to_the_number_takes_it_off_once_it_is_answered() {
    let mut w = desk_with_two_missed();
    w.dial("8005", "913800138000");
    w.run(s(1));
    assert_eq!(listed(&w).len(), 2, "ringing reaches nobody");
    w.run(s(3));
    let left: Vec<_> = listed(&w).iter().map(|missed| missed.number.to_string()).collect();
    assert_eq!(left, ["13900139000"]);
    all_hang_up(&mut w);
}

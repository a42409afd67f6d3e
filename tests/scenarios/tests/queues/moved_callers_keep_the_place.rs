//! A caller moved between queues keeps the time of joining the box's service.

use tipring_events::{Command, EventKind, QueueId, QueueOutcome, Refusal};
use tipring_line::CallId;

use crate::{all_hang_up, call, desk, newest, places, rest, s, waits};

#[test]
fn first_in_the_other_queue_too() {
    let mut w = desk(1, |acd| acd.queues[1].wait_without_agents = true);
    rest(&mut w, 1);
    w.trunk_call("13800138000", "601");
    w.run(s(30));
    call(&mut w, "13800138001");
    w.run(s(10));
    let order = Command::QueueMove { call: CallId(1), queue: QueueId(1), by: "boss".into() };
    assert_eq!(w.command(order.clone()), Ok(()));
    assert_eq!(places(&w), [1, 2], "who has waited longer comes first");
    assert_eq!(waits(&w), [(1, QueueOutcome::TransferredAway, None)]);
    let entered = w.all(|e| match e {
        EventKind::QueueEntered { call, waited_before_ms, .. } => Some((call.0, *waited_before_ms)),
        _ => None,
    });
    assert_eq!(entered, [(1, 0), (2, 0), (1, 40_000)]);
    let _ = newest(&w);
    assert_eq!(w.command(order), Err(Refusal::NotPossible), "it is there already");
    let nowhere = Command::QueueMove { call: CallId(1), queue: QueueId(9), by: "boss".into() };
    assert_eq!(w.command(nowhere), Err(Refusal::NoSuchQueue));
    all_hang_up(&mut w);
}

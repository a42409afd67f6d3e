//! Progressive: one more agent every `progressive_s`, ten seconds.

use tipring_acd::Strategy;
use tipring_events::{EventKind, QueueOutcome};
use tipring_test_scenarios::Phone;

use crate::{all_hang_up, by, call, s, silent, waits};

#[test]
fn one_more_every_ten_seconds() {
    let mut w = by(Strategy::Progressive, 3);
    for phone in ["8001", "8002"] {
        w.phone(phone, silent());
    }
    w.phone("8003", Phone { answers_after: Some(s(1)), ..Phone::default() });
    let began = w.now();
    call(&mut w, "13800138000");
    w.run(s(25));
    let rung: Vec<_> = w
        .log
        .iter()
        .filter_map(|(at, e)| match e {
            EventKind::OfferBegan { agent, .. } => Some(((*at - began).as_secs(), agent.0)),
            _ => None,
        })
        .collect();
    // The first, unanswered for twenty seconds, rests when the third is added.
    assert_eq!(rung, [(0, 1), (10, 2), (20, 3)]);
    assert_eq!(waits(&w), [(1, QueueOutcome::Answered, Some(3))]);
    all_hang_up(&mut w);
}

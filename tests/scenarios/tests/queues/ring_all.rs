//! Ring all: every eligible agent; the first answer wins, and exactly one gets the call.

use tipring_acd::Strategy;
use tipring_events::{EventKind, OfferOutcome, QueueOutcome};
use tipring_test_scenarios::Phone;

use crate::{all_hang_up, by, call, offers, s, silent, waits};

fn outcomes(w: &crate::Box) -> Vec<(u32, OfferOutcome)> {
    w.all(|e| match e {
        EventKind::OfferEnded { agent, outcome, .. } => Some((agent.0, *outcome)),
        _ => None,
    })
}

#[test]
fn the_first_to_answer_gets_the_call_and_only_one() {
    let mut w = by(Strategy::RingAll, 3);
    w.phone("8002", Phone { answers_after: Some(s(1)), ..Phone::default() });
    call(&mut w, "13800138000");
    assert_eq!(offers(&w), [(1, 1), (1, 2), (1, 3)]);
    w.run(s(10));
    assert_eq!(waits(&w), [(1, QueueOutcome::Answered, Some(2))]);
    let ended = outcomes(&w);
    assert_eq!(ended[0], (2, OfferOutcome::Answered));
    assert_eq!(ended.len(), 3);
    assert!(ended[1..].iter().all(|(_, outcome)| *outcome == OfferOutcome::Cancelled));
    all_hang_up(&mut w);
}

#[test]
fn two_who_answer_in_the_same_moment_are_still_one() {
    let mut w = by(Strategy::RingAll, 3);
    for phone in ["8001", "8002", "8003"] {
        w.phone(phone, Phone { answers_after: Some(s(2)), ..Phone::default() });
    }
    call(&mut w, "13800138000");
    w.run(s(5));
    assert_eq!(w.ledger.answered, 1);
    all_hang_up(&mut w);
}

#[test]
fn who_becomes_free_is_rung_along() {
    let mut w = by(Strategy::RingAll, 3);
    crate::rest(&mut w, 3);
    for phone in ["8001", "8002"] {
        w.phone(phone, silent());
    }
    call(&mut w, "13800138000");
    w.run(s(5));
    crate::ready(&mut w, 3);
    assert_eq!(offers(&w), [(1, 1), (1, 2), (1, 3)]);
    all_hang_up(&mut w);
}

#[test]
fn a_slow_ring_does_not_hold_up_the_next_caller() {
    let mut w = by(Strategy::RingAll, 3);
    for phone in ["8001", "8002", "8003"] {
        w.phone(phone, silent());
    }
    call(&mut w, "13800138000");
    w.run(s(1));
    w.phone("8003", Phone::default());
    call(&mut w, "13900139000");
    w.run(s(1));
    assert_eq!(offers(&w)[3..], [(2, 3)], "one of the three goes over to the second caller");
    w.run(s(4));
    assert_eq!(waits(&w), [(2, QueueOutcome::Answered, Some(3))]);
    all_hang_up(&mut w);
}

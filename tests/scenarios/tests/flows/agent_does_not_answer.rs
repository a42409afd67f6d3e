//! An agent who does not answer is rung for 20 s, left alone for 1 s, and after three times made
//! not ready; the caller goes to the next agent without losing the place.

use tipring_events::{AgentId, AgentState, OfferOutcome, QueueOutcome, SegmentKind};
use tipring_line::Cause;
use tipring_test_scenarios::{Phone, World};

use crate::{offers, queued_caller, s, waits};

fn silent() -> Phone {
    Phone { answers_after: None, ..Phone::default() }
}

#[test]
fn three_times_unanswered_makes_not_ready() {
    let mut w = World::new();
    w.agent(1);
    w.phone("8001", silent());
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(70));
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::NoAnswer, 20_000); 3]);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::NotReady);
    assert_eq!(w.live().agents[0].reason, "no answer");
    let kinds: Vec<_> = w.segments(1).iter().map(|s| (s.0, s.2)).collect();
    let (queue, ring) = (SegmentKind::Queue, SegmentKind::Ring);
    assert_eq!(
        kinds[1..],
        [(queue, 0), (ring, 20_000), (queue, 1000), (ring, 20_000), (queue, 1000), (ring, 20_000)]
    );
    w.hang_up(caller);
    w.close();
}

#[test]
fn the_next_agent_gets_the_call() {
    let mut w = World::new();
    w.agent(1);
    w.agent(2);
    w.phone("8001", silent());
    queued_caller(&mut w, "13800138000");
    w.run(s(30));
    let answered = (1, 2, OfferOutcome::Answered, 3000);
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::NoAnswer, 20_000), answered]);
    assert_eq!(waits(&w), [(1, QueueOutcome::Answered, 23_000)]);
}

#[test]
fn refusing_and_busy_phones_rest_five_seconds() {
    for (cause, outcome) in [
        (Cause::Rejected, OfferOutcome::Rejected),
        (Cause::UserBusy, OfferOutcome::Busy),
        (Cause::NoUserResponding, OfferOutcome::Unreachable),
    ] {
        let mut w = World::new();
        w.agent(1);
        w.phone("8001", Phone { refuses: Some(cause), ..Phone::default() });
        queued_caller(&mut w, "13800138000");
        w.run(s(4));
        assert_eq!(offers(&w), [(1, 1, outcome, 50)]);
        w.run(s(2));
        assert_eq!(offers(&w), [(1, 1, outcome, 50); 2]);
    }
}

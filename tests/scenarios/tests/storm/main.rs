//! Thousands of calls with random hang-ups, phones and agents, from seeds that reproduce them.
//!
//! The [`Ledger`](tipring_test_scenarios::Ledger) checks every event, the scripted media every
//! request; after each step nobody may wait while an agent who could serve idles. A failure names
//! the seed and the step.

mod actions;
mod big_site;
mod features;

use std::panic::{AssertUnwindSafe, catch_unwind};

use actions::Storm;
use tipring_clock::Duration;

/// Runs one seed, and says which when it fails.
fn run(seed: u64, steps: u32) -> Storm {
    let mut storm = Storm::new(seed);
    for step in 0..steps {
        let done = catch_unwind(AssertUnwindSafe(|| storm.step()));
        assert!(done.is_ok(), "seed {seed}, step {step}");
    }
    let closed = catch_unwind(AssertUnwindSafe(|| storm.close()));
    assert!(closed.is_ok(), "seed {seed}, at the end");
    storm
}

#[test]
fn thousands_of_calls_leave_nothing_behind() {
    let (mut calls, mut answered, mut visits, mut offers) = (0, 0, 0, 0);
    for seed in 0..60 {
        let storm = run(seed, 600);
        let ledger = &storm.world.ledger;
        calls += ledger.calls_ended;
        answered += ledger.answered;
        visits += ledger.visits_ended;
        offers += ledger.offers_ended;
    }
    // The storm is worth something only if much has really happened in it.
    assert!(calls > 10_000, "{calls} calls");
    assert!(visits > 3_500 && offers > 3_000 && answered > 1_000, "{visits} {offers} {answered}");
}

#[test]
fn a_seed_reproduces_its_storm() {
    let log = |seed| {
        let mut storm = Storm::remembering(seed);
        for _ in 0..300 {
            storm.step();
        }
        storm.world.log
    };
    assert_eq!(log(7), log(7));
    assert_ne!(log(7), log(8));
}

#[test]
fn a_quiet_box_stays_quiet() {
    let mut storm = run(1, 200);
    let before = storm.world.ledger.calls_ended;
    storm.world.run(Duration::from_secs(24 * 3600));
    assert_eq!(storm.world.ledger.calls_ended, before);
    assert_eq!(storm.world.core.poll_timeout(), None, "a box without calls has no timers");
}

//! Random queues, agents, callers and hang-ups: what must hold, holds after every step.
//!
//! - Every visit, every offer and every callback has exactly one outcome, and the sums are equal.
//! - Nobody waits unoffered while an agent who may serve idles.
//! - No agent has two calls, no caller two agents.
//! - An agent is never offered a caller while one with a higher rank waits whom that agent may
//!   serve.
//! - What the box keeps of agents' work is what the log tells of it.

mod model;
mod site;
mod steps;

use steps::Run;

/// How many random days there are.
const RUNS: u64 = 10_000;
/// How many things happen in each.
const STEPS: u32 = 60;

#[test]
fn whatever_happens_the_rules_hold() {
    let (mut visits, mut offers, mut callbacks) = (0, 0, 0);
    for seed in 0..RUNS {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step();
        }
        run.close();
        visits += run.model.visits_ended;
        offers += run.model.offers_ended;
        callbacks += run.model.callbacks_ended;
    }
    // The runs have to have met what they are about.
    assert!(
        visits > 50_000 && offers > 50_000 && callbacks > 2_000,
        "{visits} {offers} {callbacks}"
    );
}

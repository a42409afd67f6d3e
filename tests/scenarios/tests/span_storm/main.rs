//! Thousands of calls at once over eight spans, through the real signalling and the real core, while
//! wires fail, D-channels go and come back, channels are restarted and taken out of service, and
//! people hang up at every moment; from seeds that reproduce them.
//!
//! The [`Ledger`](tipring_test_scenarios::Ledger) checks every event as it is logged, the scripted
//! phones and media every command; at the end nothing may be left at either end of any wire, and
//! what the store makes of the log must be what happened.

mod actions;
mod records;
mod street;

use actions::{Storm, Summary};

/// Calls of the great storm.
const CALLS: u64 = 5_500;

/// Runs one seed until so many calls have ended and nobody calls any more, and checks its records.
/// Gives what has come to pass, how many calls there were, and how many channels were in use at
/// once.
fn run(seed: u64, calls: u64) -> (Summary, u64, usize) {
    let mut storm = Storm::new(seed);
    let mut most = 0;
    while storm.world.ledger.calls_ended < calls {
        storm.step();
        most = most.max(storm.channels_in_use());
    }
    storm.wind_up();
    let told = records::told(&storm.world.log);
    let records = records::of_the_store(&storm.world.log);
    assert_eq!(records.len() as u64, storm.world.ledger.calls_ended, "seed {seed}");
    records::agree(&told, &records);
    let of_spans = told.values().filter(|call| call.inbound && call.source.starts_with("e1-"));
    assert_eq!(of_spans.count() as u64, storm.world.around.offered, "one record an offered call");
    (storm.summary(&told), records.len() as u64, most)
}

#[test]
fn other_seeds_leave_nothing_behind_either() {
    for seed in 2..5 {
        run(seed, 800);
    }
}

#[test]
fn thousands_of_calls_on_eight_spans_leave_nothing_behind() {
    let (sum, calls, most) = run(1, CALLS);
    println!("{calls} calls, {most} channels at once, {sum:?}");
    assert!(calls >= CALLS && most > 160);
    // The storm is worth something only if much has really happened in it.
    assert!(sum.answered > 1_500 && sum.out > 800 && sum.r2 > 150, "{sum:?}");
    assert!(sum.by_t309 > 20 && sum.by_alarm > 20 && sum.refused > 50, "{sum:?}");
    assert!(sum.restarts > 20 && sum.glares > 10 && sum.busy_outs > 50, "{sum:?}");
}

#[test]
fn a_seed_reproduces_its_storm() {
    let log = |seed| {
        let mut storm = Storm::new(seed);
        for _ in 0..300 {
            storm.step();
        }
        storm.world.log
    };
    assert_eq!(log(7), log(7));
    assert_ne!(log(7), log(8));
}

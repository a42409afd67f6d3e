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

use actions::Storm;

/// Calls of the great storm.
const CALLS: u64 = 5_500;

#[test]
fn thousands_of_calls_on_eight_spans_leave_nothing_behind() {
    let mut storm = Storm::new(1);
    let mut most = 0;
    while storm.world.ledger.calls_ended < CALLS {
        storm.step();
        most = most.max(storm.channels_in_use());
    }
    storm.wind_up();
    let told = records::told(&storm.world.log);
    let records = records::of_the_store(&storm.world.log);
    assert_eq!(records.len() as u64, storm.world.ledger.calls_ended);
    records::agree(&told, &records);
    let of_spans = told.values().filter(|call| call.inbound && call.source.starts_with("e1-"));
    assert_eq!(of_spans.count() as u64, storm.world.around.offered, "one record an offered call");
    let sum = storm.summary(&told);
    println!("{} calls, {most} channels at once, {sum:?}", records.len());
    assert!(records.len() as u64 >= CALLS && most > 120);
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

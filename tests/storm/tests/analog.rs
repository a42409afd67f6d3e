//! The storm over exchange lines: 300 calls, or as many as `TIPRING_STORM_CALLS` says.

use tipring_test_storm::{Sounds, Table, run};

#[test]
fn no_line_is_stuck_no_call_is_cut_and_no_caller_is_wrong() {
    let calls = match std::env::var("TIPRING_STORM_CALLS") {
        Ok(text) => text.parse().expect("TIPRING_STORM_CALLS is a number of calls"),
        Err(_) => 300,
    };
    let sounds = Sounds::load().unwrap_or_else(|e| panic!("{e:#}"));
    let mut table = Table::default();
    for seed in 0..calls {
        table.add(run(seed, &sounds));
    }
    println!("{table}");
    assert!(table.failed().is_empty(), "{table}");
    assert!(table.readable_ids_right() >= 0.995, "{table}");
    assert_eq!(table.false_digits(), 0, "{table}");
}

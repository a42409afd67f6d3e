//! The derived tables hold what they promise, for made-up days of every seed, and come out the same
//! when they are made again from the log.

mod check;
mod day;

use std::collections::BTreeSet;

use proptest::prelude::*;
use tipring_clock::WallTime;
use tipring_events::{Event, EventKind};
use tipring_line::CallId;
use tipring_store::{RecordingLength, Store};

fn later() -> WallTime {
    WallTime::from_unix_micros(day::NOON_US + 86_400_000_000)
}

fn open_calls(events: &[Event]) -> Vec<CallId> {
    let mut open = BTreeSet::new();
    for event in events {
        match &event.kind {
            EventKind::CallBegan { call, .. } => open.insert(*call),
            EventKind::CallEnded { call, .. } => open.remove(call),
            _ => false,
        };
    }
    open.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn tables_made_again_are_the_same(seed: u64, calls in 1u64..25, cut in 0.0..1.0f64) {
        let dir = tempfile::tempdir().unwrap();
        let mut events = day::day(seed, 1, calls);
        events.truncate((events.len() as f64 * cut) as usize);
        let (store, _) = Store::open(dir.path(), later(), |_| None).unwrap();
        for event in &events {
            store.log(event.clone()).unwrap();
        }
        store.flush().unwrap();
        check::sound(dir.path());
        let written = check::dump(dir.path());
        prop_assert_eq!(store.rebuild().unwrap(), events.len() as u64);
        prop_assert_eq!(&check::dump(dir.path()), &written);
        store.close().unwrap();

        // The box stopped here, in the middle of the day.
        let length = RecordingLength { duration_ms: 1500, bytes: 24_000 };
        let (store, opened) = Store::open(dir.path(), later(), |_| Some(length)).unwrap();
        prop_assert_eq!(&opened.interrupted, &open_calls(&events));
        check::sound(dir.path());
        let open = "SELECT (SELECT count(*) FROM call WHERE ended_at_us IS NULL)
            + (SELECT count(*) FROM segment WHERE ended_at_us IS NULL)
            + (SELECT count(*) FROM queue_visit WHERE outcome IS NULL)
            + (SELECT count(*) FROM offer WHERE outcome IS NULL)
            + (SELECT count(*) FROM recording WHERE bytes IS NULL)
            + (SELECT count(*) FROM agent_state
               WHERE ended_at_us IS NULL AND state <> 'logged-out')";
        prop_assert_eq!(check::count(dir.path(), open), 0);
        let closed = check::dump(dir.path());
        store.rebuild().unwrap();
        prop_assert_eq!(&check::dump(dir.path()), &closed);
        store.close().unwrap();

        let (store, opened) = Store::open(dir.path(), later(), |_| Some(length)).unwrap();
        prop_assert!(opened.interrupted.is_empty() && opened.agents.is_empty());
        prop_assert_eq!(&check::dump(dir.path()), &closed);
        store.close().unwrap();
    }

    /// Whatever order events come in, with whatever calendar time, nothing but the log grows wrong:
    /// every time runs forward and the tables can be made again.
    #[test]
    fn nonsense_is_logged_and_does_no_harm(
        seed: u64,
        shuffle in prop::collection::vec((any::<prop::sample::Index>(), -100_000_000i64..100_000_000), 1..80),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let events = day::day(seed, 1, 4);
        let (store, _) = Store::open(dir.path(), later(), |_| None).unwrap();
        for (index, shift_us) in &shuffle {
            let mut event = index.get(&events).clone();
            event.at = WallTime::from_unix_micros(event.at.unix_micros() + shift_us);
            store.log(event).unwrap();
        }
        store.flush().unwrap();
        prop_assert_eq!(store.stats().written, shuffle.len() as u64);
        prop_assert_eq!(store.stats().rejected, 0);
        let backward = "SELECT (SELECT count(*) FROM call WHERE ended_at_us < began_at_us)
            + (SELECT count(*) FROM segment WHERE ended_at_us < began_at_us)
            + (SELECT count(*) FROM offer WHERE ended_at_us < began_at_us)";
        prop_assert_eq!(check::count(dir.path(), backward), 0);
        let written = check::dump(dir.path());
        store.rebuild().unwrap();
        prop_assert_eq!(&check::dump(dir.path()), &written);
    }
}

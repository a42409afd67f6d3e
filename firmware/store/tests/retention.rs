//! Records go when their time is over: the figures stay, the tables can still be made again, and
//! what is on hold is there.

mod check;
mod day;

use std::path::Path;

use proptest::prelude::*;
use tipring_clock::WallTime;
use tipring_events::{Event, EventKind, ForwardWhen, Removal};
use tipring_line::{CallId, Number};
use tipring_store::{
    AuditEntry, AuditFilter, By, CallFilter, FigureQuery, FigureRow, LegalHold, Step, Store,
};

const DAY_US: i64 = 86_400_000_000;

fn at(us: i64) -> WallTime {
    WallTime::from_unix_micros(us)
}

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// Days of calls of a few customers, who come again, and what is set of an extension.
fn days(seed: u64, days: u64, calls: u64) -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..days {
        let shift_us = n as i64 * DAY_US;
        let mut day = day::day(seed.wrapping_add(n), 1 + n * calls, calls);
        for event in &mut day {
            event.at = at(event.at.unix_micros() + shift_us);
            if let EventKind::CallBegan { call, caller, .. }
            | EventKind::CallerKnown { call, caller, .. } = &mut event.kind
            {
                *caller = Some(number(&format!("1380000000{}", call.0 % 4)));
            }
        }
        let extension = number("8001");
        let kind = match n % 3 {
            0 => EventKind::DoNotDisturbChanged { extension, on: n % 2 == 0 },
            _ => {
                let to = (n % 2 == 0).then(|| number("8002"));
                EventKind::ForwardChanged { extension, when: ForwardWhen::Busy, to }
            }
        };
        events.push(Event { at: at(day::NOON_US + shift_us - 1), kind });
        events.extend(day);
    }
    events
}

/// Says of every recording but some that its file was removed.
fn remove_recordings(store: &Store, before: WallTime, kept: Option<CallId>) {
    let reader = store.reader();
    for recording in reader.kept_recordings(before, None, 500).unwrap() {
        if Some(recording.call) != kept {
            let (call, path, because) = (recording.call, recording.path, Removal::Age);
            let kind = EventKind::RecordingRemoved { call, path, because };
            store.log(Event { at: at(day::NOON_US + 90 * DAY_US), kind }).unwrap();
        }
    }
    store.flush().unwrap();
}

fn figures(store: &Store) -> Vec<FigureRow> {
    let of = |by, step| {
        let (from, to) = (at(day::NOON_US - 9 * DAY_US), at(day::NOON_US + 99 * DAY_US));
        let query = FigureQuery { from, to, now: to, by, step, ..FigureQuery::default() };
        store.reader().figures(&query).unwrap()
    };
    [(By::Queue, Step::Day), (By::Agent, Step::HourOfDay), (By::Line, Step::Quarter)]
        .into_iter()
        .flat_map(|(by, step)| of(by, step))
        .collect()
}

fn told(action: &str) -> AuditEntry {
    AuditEntry::new(at(1), "admin", action, "call")
}

fn hold(call: CallId, part: u32) -> LegalHold {
    LegalHold { call, part, at: at(2), who: "admin".into(), reason: "court".into() }
}

/// How many rows there are of what is known of a call.
fn rows_of(dir: &Path, call: CallId) -> i64 {
    let tables = ["event", "segment", "queue_visit", "offer", "recording"];
    let count =
        |table| check::count(dir, &format!("SELECT count(*) FROM {table} WHERE call_id = {call}"));
    tables.into_iter().map(count).sum()
}

fn remove_all(store: &Store) -> u64 {
    let mut calls = 0;
    for _ in 0..1000 {
        let removed = store.remove_records().unwrap();
        calls += removed.calls;
        if !removed.more {
            return calls;
        }
    }
    panic!("removing does not come to an end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn figures_stay_and_the_tables_can_be_made_again(
        seed: u64, calls in 2u64..9, steps in prop::collection::vec((1i64..12, 0i64..DAY_US), 1..4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), at(0), |_| None).unwrap();
        for event in days(seed, 14, calls) {
            store.log(event).unwrap();
        }
        store.flush().unwrap();
        let figures_before = figures(&store);
        let settings = store.reader().settings().unwrap();
        let held = CallId(1 + calls);
        prop_assert!(store.hold(hold(held, 0), told("held")).unwrap());
        let held_rows = rows_of(dir.path(), held);
        let mut latest = 0;
        for (days, rest) in steps {
            let time = at(day::NOON_US + days * DAY_US + rest);
            remove_recordings(&store, time, None);
            store.begin_log_at(time).unwrap();
            // In the middle of the removal, too.
            store.remove_records().unwrap();
            let between = check::dump(dir.path());
            store.rebuild().unwrap();
            prop_assert_eq!(&check::dump(dir.path()), &between);
            remove_all(&store);
            let removed = check::dump(dir.path());
            store.rebuild().unwrap();
            prop_assert_eq!(&check::dump(dir.path()), &removed);
            prop_assert_eq!(&figures(&store), &figures_before);
            prop_assert_eq!(&store.reader().settings().unwrap(), &settings);
            latest = latest.max(days);
        }
        let oldest = day::NOON_US + (latest - 2) * DAY_US;
        let old = format!("SELECT count(*) FROM call WHERE began_at_us < {oldest} AND id <> {held}");
        prop_assert_eq!(check::count(dir.path(), &old), 0);
        let events = format!(
            "SELECT count(*) FROM event WHERE at_us < {oldest} AND call_id IS NOT {held}"
        );
        prop_assert_eq!(check::count(dir.path(), &events), 0);
        prop_assert_eq!(rows_of(dir.path(), held), held_rows);
        let all = "SELECT count(*) FROM call";
        let later = check::count(dir.path(), &format!("{all} WHERE began_at_us >= {}", oldest + 3 * DAY_US));
        prop_assert_eq!(later, (14 - latest - 1).max(0) * calls as i64);
        store.close().unwrap();
    }
}

#[test]
fn a_call_goes_after_its_recordings_and_not_while_it_is_on_hold() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), at(0), |_| None).unwrap();
    for event in days(7, 6, 6) {
        store.log(event).unwrap();
    }
    store.flush().unwrap();
    let end = at(day::NOON_US + 99 * DAY_US);
    let recordings = store.reader().kept_recordings(end, None, 500).unwrap();
    let first = recordings[0].clone();
    assert_eq!(store.reader().kept_recordings(end, Some(&first), 500).unwrap(), recordings[1..]);
    assert_eq!(store.reader().kept_recordings(first.began, None, 500).unwrap(), []);
    let bytes: u64 = recordings.iter().map(|r| r.bytes).sum();
    assert_eq!(store.reader().recordings_bytes().unwrap(), bytes);

    // The hold of a recording keeps it, and with it the call.
    assert!(store.hold(hold(first.call, 1), told("hold-set")).unwrap());
    assert!(!store.hold(hold(first.call, 2), told("hold-set")).unwrap(), "there is one recording");
    assert!(!store.hold(hold(CallId(999), 0), told("hold-set")).unwrap(), "there is no such call");
    assert_eq!(store.reader().kept_recordings(end, None, 500).unwrap(), recordings[1..]);
    let detail = store.reader().call(first.call).unwrap().unwrap();
    assert_eq!(detail.holds, [hold(first.call, 1)]);

    // A call whose recording is still there stays, until that is gone.
    let second = recordings[1].call;
    let time = at(day::NOON_US + 4 * DAY_US);
    remove_recordings(&store, time, Some(second));
    store.begin_log_at(time).unwrap();
    remove_all(&store);
    let there = |call| store.reader().call(call).unwrap();
    assert!(there(first.call).is_some() && there(second).is_some());
    assert_eq!(there(recordings[2].call), None);
    remove_recordings(&store, time, None);
    let gone = &there(second).unwrap().recordings[0];
    assert_eq!(gone.removed, Some((at(day::NOON_US + 90 * DAY_US), Removal::Age)));
    let list = store.reader().calls(&CallFilter { limit: 200, ..Default::default() }).unwrap();
    let recorded = |call| list.calls.iter().find(|c| c.call == call).map(|c| c.recorded);
    assert_eq!((recorded(second), recorded(first.call)), (Some(false), Some(true)));
    remove_all(&store);
    assert_eq!(there(second), None);

    // Without the hold it goes like all others, and the audit log tells of both.
    assert!(store.release_hold(first.call, 1, told("hold-released")).unwrap());
    assert!(!store.release_hold(first.call, 1, told("hold-released")).unwrap());
    remove_recordings(&store, time, None);
    remove_all(&store);
    assert_eq!(there(first.call), None);
    let rows = store.reader().audit(&AuditFilter { limit: 9, ..Default::default() }).unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row.entry.action.as_str()).collect();
    assert_eq!(actions, ["hold-released", "hold-set"]);
    assert_eq!(rows[0].entry.before.as_deref(), Some(r#"{"reason":"court","who":"admin"}"#));
    store.close().unwrap();
}

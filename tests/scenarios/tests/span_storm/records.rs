//! What the log tells of each call, and what the store has made of it.

use std::collections::BTreeMap;

use tipring_clock::{Instant, WallTime};
use tipring_events::{Event, EventKind, Party, SegmentKind};
use tipring_line::{CallId, Cause, Disposition, Number};
use tipring_store::{CALLS_PER_PAGE_MAX, CallFilter, CallSummary, Store};

/// When the log begins.
const EPOCH: WallTime = WallTime::from_unix_micros(1_795_222_800_000_000);

/// One call, as its events tell.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) source: String,
    pub(crate) inbound: bool,
    called: Option<Number>,
    began: Instant,
    pub(crate) answered: bool,
    talk_us: u64,
    talks_since: Option<Instant>,
    pub(crate) ended: Option<(Instant, Cause, Disposition)>,
    by: Option<Party>,
}

/// Every call of the log.
pub(crate) fn told(log: &[(Instant, EventKind)]) -> BTreeMap<CallId, Told> {
    let mut calls: BTreeMap<CallId, Told> = BTreeMap::new();
    for (at, event) in log {
        if let EventKind::CallBegan { call, source, inbound, called, .. } = event {
            let told = Told {
                source: source.clone(),
                inbound: *inbound,
                called: *called,
                began: *at,
                answered: false,
                talk_us: 0,
                talks_since: None,
                ended: None,
                by: None,
            };
            assert!(calls.insert(*call, told).is_none(), "call {call} began twice");
            continue;
        }
        let Some(call) = event.call().and_then(|call| calls.get_mut(&call)) else { continue };
        match event {
            EventKind::CallAnswered { .. } => call.answered = true,
            EventKind::SegmentBegan { kind: SegmentKind::Talk, .. } => call.talks_since = Some(*at),
            EventKind::SegmentEnded { .. } => {
                let since = call.talks_since.take();
                call.talk_us += since.map_or(0, |since| at.as_micros() - since.as_micros());
            }
            EventKind::CallEnded { cause, disposition, by, .. } => {
                let before = call.ended.replace((*at, *cause, *disposition));
                assert_eq!(before, None, "a second end");
                call.by = Some(*by);
            }
            _ => {}
        }
    }
    calls
}

/// Every call as the store has it once the log is written there.
pub(crate) fn of_the_store(log: &[(Instant, EventKind)]) -> Vec<CallSummary> {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(folder.path(), EPOCH, |_| None).expect("a new store");
    for (at, kind) in log {
        let event = Event { at: EPOCH.plus(*at - Instant::ZERO), kind: kind.clone() };
        if store.log(event.clone()).is_err() {
            store.flush().expect("the log is written");
            store.log(event).expect("there is room again");
        }
    }
    store.flush().expect("the log is written");
    let mut filter = CallFilter { limit: CALLS_PER_PAGE_MAX, ..CallFilter::default() };
    let mut calls = Vec::new();
    loop {
        let page = store.reader().calls(&filter).expect("the calls can be read");
        calls.extend(page.calls);
        filter.after = page.next;
        if filter.after.is_none() {
            return calls;
        }
    }
}

/// The records are what happened.
pub(crate) fn agree(told: &BTreeMap<CallId, Told>, records: &[CallSummary]) {
    for record in records {
        let call = &told[&record.call];
        let wall = |at: Instant| EPOCH.plus(at - Instant::ZERO);
        let (ended, cause, disposition) = call.ended.expect("every call has ended");
        assert_eq!((record.began, record.ended), (wall(call.began), Some(wall(ended))));
        assert_eq!((record.cause, record.ended_by), (Some(cause), call.by), "{call:?}");
        assert_eq!(record.disposition, Some(disposition), "{call:?}");
        assert_eq!(record.answered.is_some(), call.answered, "{call:?}");
        assert_eq!((&record.source, record.inbound), (&call.source, call.inbound));
        assert_eq!((record.called, record.talk_ms), (call.called, call.talk_us / 1000));
    }
}

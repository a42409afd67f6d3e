//! What is removed when, and what happens on a full disk, under virtual time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use tipring_clock::WallTime;
use tipring_config::Document;
use tipring_events::{
    Event, EventKind, Party, QueueId, QueueOutcome, Removal, SegmentId, SegmentKind,
};
use tipring_line::{CallId, Cause, Disposition};
use tipring_store::{AuditEntry, AuditFilter, CallFilter, LegalHold, Store};
use tipring_tipringd::retention::{RecordingFiles, Retention, Storage};

const DAY_US: i64 = 86_400_000_000;
const MB: u64 = 1_000_000;

/// A disk of the test's own: files with sizes, and so much space in all.
#[derive(Default)]
struct FakeDisk {
    files: BTreeMap<String, u64>,
    size: u64,
    /// Cannot be removed.
    stuck: Option<String>,
}

#[derive(Clone, Default)]
struct Disk(Arc<Mutex<FakeDisk>>);

impl RecordingFiles for Disk {
    fn remove(&mut self, path: &str) -> io::Result<()> {
        let mut disk = self.0.lock().unwrap();
        if disk.stuck.as_deref() == Some(path) {
            return Err(io::Error::other("stuck"));
        }
        disk.files.remove(path);
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = self.0.lock().unwrap();
        Ok(disk.size.saturating_sub(disk.files.values().sum()))
    }
}

struct TestBox {
    _dir: tempfile::TempDir,
    store: Store,
    disk: Disk,
    storage: Storage,
    job: RefCell<Retention<Disk>>,
}

fn day(n: i64) -> WallTime {
    WallTime::from_unix_micros(n * DAY_US + DAY_US / 2)
}

impl TestBox {
    fn new(retention: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), day(0), |_| None).unwrap();
        let disk = Disk::default();
        disk.0.lock().unwrap().size = 10_000 * MB;
        let storage = Storage::default();
        let job = Retention::new(store.clone(), disk.clone(), storage.clone());
        let this = TestBox { _dir: dir, store, disk, storage, job: job.into() };
        this.configure(retention);
        this
    }

    fn configure(&self, retention: &str) {
        let queues = "[[queue]]\nid = 1\nname = \"gas\"\n[[queue]]\nid = 2\nname = \"water\"\n";
        let document = Document::parse(&format!("{queues}[retention]\n{retention}")).unwrap();
        self.storage.configure(&document);
    }

    /// A recorded call of one hour on that day, of so many megabytes.
    fn call(&self, call: u64, on: i64, queue: u32, inbound: bool, megabytes: u64) {
        let (id, path) = (CallId(call), format!("{call}.wav"));
        let log = |s: i64, kind| {
            let at = WallTime::from_unix_micros(day(on).unix_micros() + s * 1_000_000);
            self.store.log(Event { at, kind }).unwrap();
        };
        let source = "fxo-1".to_owned();
        let (called, caller, caller_name) = (None, None, String::new());
        log(0, EventKind::CallBegan { call: id, source, called, caller, caller_name, inbound });
        let queue_name = format!("queue {queue}");
        let (queue, position) = (QueueId(queue), 1);
        let entered = EventKind::QueueEntered {
            call: id,
            queue,
            queue_name,
            position,
            priority: 0,
            waited_before_ms: 0,
        };
        log(1, entered);
        let left = EventKind::QueueLeft {
            call: id,
            queue,
            outcome: QueueOutcome::TimedOut,
            because: None,
            wait_ms: 1000,
            position,
            first_position: 1,
            agent: None,
        };
        log(2, left);
        let (segment, kind, handler) = (SegmentId(1), SegmentKind::Talk, "8001".to_owned());
        log(2, EventKind::SegmentBegan { call: id, segment, kind, handler, agent: None });
        log(2, EventKind::RecordingBegan { call: id, path: path.clone() });
        let (duration_ms, bytes) = (3_598_000, megabytes * MB);
        let ended = EventKind::RecordingEnded { call: id, path: path.clone(), duration_ms, bytes };
        log(3600, ended);
        let (cause, by, disposition) =
            (Cause::NormalClearing, Party::Caller, Disposition::Answered);
        log(3600, EventKind::CallEnded { call: id, cause, by, disposition });
        self.store.flush().unwrap();
        self.disk.0.lock().unwrap().files.insert(path, bytes);
    }

    fn hold(&self, call: u64, part: u32) {
        let hold = LegalHold {
            call: CallId(call),
            part,
            at: day(0),
            who: "admin".into(),
            reason: "court".into(),
        };
        let told = AuditEntry::new(day(0), "admin", "hold-set", "call");
        assert!(self.store.hold(hold, told).unwrap());
    }

    /// Lets the job do all there is to do at that time; how many pieces it took.
    fn run(&self, on: i64) -> u32 {
        let mut job = self.job.borrow_mut();
        (1..1000).find(|_| !job.tick(day(on)).unwrap()).expect("the job comes to rest")
    }

    fn files(&self) -> Vec<String> {
        self.disk.0.lock().unwrap().files.keys().cloned().collect()
    }

    fn calls(&self) -> Vec<u64> {
        let filter = CallFilter { limit: 200, ..CallFilter::default() };
        let mut calls: Vec<u64> =
            self.store.reader().calls(&filter).unwrap().calls.iter().map(|c| c.call.0).collect();
        calls.sort_unstable();
        calls
    }

    fn why_removed(&self, call: u64) -> Option<Removal> {
        let recordings = self.store.reader().recordings(CallId(call)).unwrap();
        recordings[0].removed.map(|(_, because)| because)
    }

    fn audit(&self) -> Vec<(String, String)> {
        let filter = AuditFilter { who: Some("retention".into()), limit: 99, ..Default::default() };
        let rows = self.store.reader().audit(&filter).unwrap();
        rows.into_iter().map(|r| (r.entry.action, r.entry.after.unwrap_or_default())).collect()
    }
}

#[test]
fn each_recording_goes_when_the_first_rule_that_fits_says_so() {
    let b = TestBox::new(
        r#"recordings_days = 10
           [[retention.rule]]
           queue = "gas"
           days = 100
           [[retention.rule]]
           calls = "outgoing"
           days = 0"#,
    );
    b.call(1, 0, 2, true, 1);
    b.call(2, 0, 1, true, 1);
    b.call(3, 0, 2, false, 1);
    b.call(4, 5, 2, true, 1);
    b.call(5, 0, 2, true, 1);
    b.hold(5, 1);
    b.run(9);
    assert_eq!(b.files().len(), 5, "nothing is over yet");
    b.run(11);
    assert_eq!(b.files(), ["2.wav", "3.wav", "4.wav", "5.wav"]);
    assert_eq!(b.why_removed(1), Some(Removal::Age));
    b.run(50);
    assert_eq!(b.files(), ["2.wav", "3.wav", "5.wav"]);
    b.run(101);
    assert_eq!(b.files(), ["3.wav", "5.wav"]);
    assert_eq!(b.calls(), [1, 2, 3, 4, 5], "the records stay");
    let one = ("recordings-removed".to_owned(), r#"{"bytes":1000000,"recordings":1}"#.to_owned());
    assert_eq!(b.audit(), [one.clone(), one.clone(), one]);
    b.configure("recordings_days = 1\n");
    b.run(102);
    assert_eq!(b.files(), ["5.wav"], "a new configuration counts from the next round on");
}

#[test]
fn the_job_waits_an_hour_between_rounds_and_does_a_bounded_piece_at_a_time() {
    let b = TestBox::new("recordings_days = 1");
    for call in 1..=450 {
        b.call(call, 0, 1, true, 1);
    }
    assert!(b.run(5) >= 450 / 200 + 2, "several pieces");
    assert_eq!(b.files(), [""; 0]);
    b.call(451, 1, 1, true, 1);
    let later = |us| WallTime::from_unix_micros(day(5).unix_micros() + us);
    assert!(!b.job.borrow_mut().tick(later(3_599_000_000)).unwrap());
    assert_eq!(b.files(), ["451.wav"]);
    while b.job.borrow_mut().tick(later(3_600_000_000)).unwrap() {}
    assert_eq!(b.files(), [""; 0]);
}

#[test]
fn the_oldest_go_when_all_together_are_too_large() {
    let b = TestBox::new("recordings_mb_max = 100");
    for n in 1..=6 {
        b.call(n, n as i64, 1, true, 30);
    }
    b.hold(1, 0);
    b.run(20);
    assert_eq!(b.files(), ["1.wav", "5.wav", "6.wav"]);
    assert_eq!(b.why_removed(4), Some(Removal::TotalSize));
    b.hold(5, 0);
    b.hold(6, 0);
    b.configure("recordings_mb_max = 10\n");
    b.run(21);
    assert_eq!(b.files(), ["1.wav", "5.wav", "6.wav"], "what is on hold stays, however large");
}

#[test]
fn records_go_with_their_recordings() {
    let b = TestBox::new("records_days = 31");
    for n in 1..=40 {
        b.call(n, n as i64, 1, true, 1);
    }
    b.hold(2, 0);
    b.run(50);
    // A day more than asked, and up to that quarter hour.
    assert_eq!(b.calls(), [vec![2], (18..=40).collect()].concat());
    assert_eq!(b.files().len(), 1 + 22, "no recording outlasts its call's time");
    let actions: Vec<_> = b.audit().into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["records-removed", "recordings-removed"]);
    assert_eq!(b.run(50), 1, "nothing more to do");
}

#[test]
fn a_full_disk_stops_recording_with_one_alarm_until_there_is_room() {
    let b = TestBox::new("free_mb_min = 500");
    b.call(1, 0, 1, true, 100);
    b.run(1);
    assert!(b.storage.may_record() && b.storage.note().is_none());
    b.disk.0.lock().unwrap().size = 599 * MB;
    b.run(1);
    assert!(!b.storage.may_record());
    let alarm = b.storage.note().expect("it is told");
    assert!(alarm.what.contains("499 MB"), "{alarm:?}");
    assert!(alarm.advice.starts_with("calls go on"), "{alarm:?}");
    assert_eq!(b.files(), ["1.wav"], "nothing is removed that was not asked for");
    // A little room is not enough to begin again at once.
    b.disk.0.lock().unwrap().size = 620 * MB;
    b.run(1);
    assert!(!b.storage.may_record());
    b.disk.0.lock().unwrap().size = 650 * MB;
    b.run(1);
    assert!(b.storage.may_record() && b.storage.note().is_none());
}

#[test]
fn the_oldest_not_on_hold_make_room_where_that_is_configured() {
    let b = TestBox::new("free_mb_min = 500\nwhen_full = \"remove-oldest\"");
    for n in 1..=30 {
        b.call(n, n as i64, 1, true, 10);
    }
    b.hold(1, 1);
    b.disk.0.lock().unwrap().size = 590 * MB;
    b.run(40);
    // 300 MB are there, 210 too many: 21 go in pieces of 20.
    assert!(b.storage.may_record() && b.storage.note().is_none());
    let files = b.files();
    assert_eq!(files.len(), 9, "{files:?}");
    assert!(files.contains(&"1.wav".to_owned()) && files.contains(&"30.wav".to_owned()));
    assert_eq!(b.why_removed(2), Some(Removal::DiskFull));
    let freed: u64 = b
        .audit()
        .iter()
        .map(|(action, after)| {
            assert_eq!(action, "recordings-removed");
            serde_json::from_str::<serde_json::Value>(after).unwrap()["recordings"]
                .as_u64()
                .unwrap()
        })
        .sum();
    assert_eq!(freed, 21);
    // Nothing is left but what is on hold.
    b.disk.0.lock().unwrap().size = 100 * MB;
    b.run(41);
    assert_eq!(b.files(), ["1.wav"]);
    assert!(!b.storage.may_record());
    assert!(b.storage.note().expect("it is told").advice.contains("hold"));
}

#[test]
fn a_file_that_cannot_be_removed_is_told_and_tried_again() {
    let b = TestBox::new("recordings_days = 1");
    b.call(1, 0, 1, true, 1);
    b.call(2, 0, 1, true, 1);
    b.disk.0.lock().unwrap().stuck = Some("1.wav".into());
    assert!(b.job.borrow_mut().tick(day(5)).is_ok(), "the round begins");
    let stuck = b.job.borrow_mut().tick(day(5)).unwrap_err();
    assert!(format!("{stuck:#}").contains("1.wav cannot be removed: stuck"), "{stuck:#}");
    assert_eq!((b.why_removed(1), b.why_removed(2)), (None, Some(Removal::Age)));
    b.run(5);
    b.disk.0.lock().unwrap().stuck = None;
    b.run(6);
    assert_eq!((b.files(), b.why_removed(1)), (vec![], Some(Removal::Age)));
}

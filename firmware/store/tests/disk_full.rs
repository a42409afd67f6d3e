//! The disk takes nothing more: the store says so, keeps what it can, counts what it cannot, and
//! goes on by itself when there is space again.
//!
//! The full disk is the system's own limit on the size of a process's files, in a process apart.

mod check;
mod day;

use std::path::Path;
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use tipring_clock::WallTime;
use tipring_store::{AuditEntry, Full, QUEUE_EVENTS_MAX, Store, StoreError};

const CHILD: &str = "TIPRING_TEST_DISK";

fn fill_and_recover(dir: &Path) {
    // Without this the system would end the process; the writer's thread inherits it.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    signals.thread_block().unwrap();
    let now = WallTime::from_unix_micros(day::NOON_US);
    let (store, _) = Store::open(dir, now, |_| None).unwrap();
    let mut events = day::day(3, 1, 6_000).into_iter();
    for event in events.by_ref().take(100) {
        store.log(event).unwrap();
    }
    store.flush().unwrap();
    let (soft, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
    let wal = std::fs::metadata(dir.join("tipring.db-wal")).unwrap().len();
    setrlimit(Resource::RLIMIT_FSIZE, wal, hard).unwrap();

    for event in events.by_ref().take(100) {
        store.log(event).unwrap();
    }
    let refused = store.flush();
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    let trouble = store.stats().trouble.expect("the trouble is told");
    assert!(trouble.contains("disk"), "{trouble}");
    let told = AuditEntry::new(now, "admin", "configuration-changed", "configuration");
    assert!(store.save_configuration("", told).is_err());
    for event in events.by_ref().take(QUEUE_EVENTS_MAX) {
        store.log(event).unwrap();
    }
    assert_eq!(store.log(events.next().unwrap()), Err(Full));
    let stats = store.stats();
    assert_eq!((stats.written, stats.dropped), (100, 1));
    assert_eq!(stats.queued, QUEUE_EVENTS_MAX as u64 + 100);
    // Reading goes on.
    assert!(store.reader().calls(&Default::default()).is_ok());

    setrlimit(Resource::RLIMIT_FSIZE, soft, hard).unwrap();
    store.flush().unwrap();
    let stats = store.stats();
    assert_eq!((stats.queued, stats.trouble), (0, None));
    assert_eq!(stats.written, QUEUE_EVENTS_MAX as u64 + 200);
    check::sound(dir);
    store.close().unwrap();
}

#[test]
fn a_full_disk_is_told_bounded_counted_and_recovered_from() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return fill_and_recover(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_is_told_bounded_counted_and_recovered_from", "--nocapture"])
        .env(CHILD, dir.path())
        .status()
        .unwrap();
    assert!(status.success(), "see above what the process with the small disk says");
}

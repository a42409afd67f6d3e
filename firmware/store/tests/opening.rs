//! Files that are not what they should be, and everything a store keeps besides calls.

mod check;
mod day;

use std::path::Path;

use rand::SeedableRng;
use rusqlite::Connection;
use tipring_clock::WallTime;
use tipring_store::{AuditEntry, PasswordError, Reader, Role, Store, StoreError};

fn now() -> WallTime {
    WallTime::from_unix_micros(day::NOON_US)
}

fn told(who: &str) -> AuditEntry {
    AuditEntry::new(now(), who, "changed", "it")
}

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, now(), |_| None).map(|(store, _)| store)
}

fn with_day(dir: &Path) {
    let store = open(dir).unwrap();
    for event in day::day(1, 1, 100) {
        store.log(event).unwrap();
    }
    store.close().unwrap();
}

#[test]
fn the_log_is_read_again_in_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let events: Vec<_> = day::day(1, 1, 100).into_iter().collect();
    for event in &events {
        store.log(event.clone()).unwrap();
    }
    store.flush().unwrap();
    let read = |since| {
        let mut read = Vec::new();
        store.reader().replay(since, |event| read.push(event.clone())).unwrap();
        read
    };
    assert_eq!(read(WallTime::from_unix_micros(0)), events);
    let since = events[events.len() / 2].at;
    let later: Vec<_> = events.iter().filter(|event| event.at >= since).cloned().collect();
    assert_eq!(read(since), later);
}

#[test]
fn a_strangers_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tipring.db");
    let text = "not a database at all, but long enough to look at. ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains("--state"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    std::fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1;").unwrap();
    drop(other);
    assert!(matches!(open(dir.path()), Err(StoreError::Foreign { .. })));
}

#[test]
fn a_newer_file_is_refused_with_both_numbers() {
    let dir = tempfile::tempdir().unwrap();
    with_day(dir.path());
    let file = Connection::open(dir.path().join("tipring.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(matches!(Reader::open(dir.path()), Err(StoreError::Newer { .. })));
}

#[test]
fn a_damaged_file_is_told_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    with_day(dir.path());
    let path = dir.path().join("tipring.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5A);
    std::fs::write(&path, bytes).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("backups"), "{error}");
}

#[test]
fn one_folder_has_one_writer_and_any_number_of_readers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store.save_configuration("a = 1", told("admin")).unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::InUse { .. })));
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.configuration().unwrap().unwrap().toml, "a = 1");
    store.close().unwrap();
    assert!(open(dir.path()).is_ok());
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let error = open(&dir.path().join("file/state")).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
}

#[test]
fn call_ids_go_on_after_an_orderly_close_and_skip_after_a_cut() {
    let dir = tempfile::tempdir().unwrap();
    let next = || Store::open(dir.path(), now(), |_| None).unwrap();
    let (store, opened) = next();
    assert!(opened.created);
    assert_eq!(opened.next_call_id.0, 1);
    day::day(1, 1, 5).into_iter().for_each(|event| store.log(event).unwrap());
    store.close().unwrap();
    let (store, opened) = next();
    assert_eq!(opened.next_call_id.0, 6);
    store.flush().unwrap();
    // What a cut leaves behind is a copy of the files of an open store.
    let copy = tempfile::tempdir().unwrap();
    for name in ["tipring.db", "tipring.db-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    let (_cut, opened) = Store::open(copy.path(), now(), |_| None).unwrap();
    assert_eq!(opened.next_call_id.0, 10_006);
}

#[test]
fn a_backup_opens_as_a_store_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    day::day(5, 1, 50).into_iter().for_each(|event| store.log(event).unwrap());
    std::fs::write(copy.path().join("tipring.db.part"), "left over from a backup cut off").unwrap();
    store.backup(&copy.path().join("tipring.db")).unwrap();
    assert_eq!(check::dump(copy.path()), check::dump(dir.path()));
    drop(open(copy.path()).unwrap());
    let nowhere = store.backup(&copy.path().join("none/tipring.db"));
    assert!(nowhere.is_err());
}

#[test]
fn the_configuration_keeps_every_version() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    assert_eq!(store.reader().configuration().unwrap(), None);
    assert_eq!(store.save_configuration("a = 1", told("sample")).unwrap(), 1);
    assert_eq!(store.save_configuration("a = 2", told("admin")).unwrap(), 2);
    let latest = store.reader().configuration().unwrap().unwrap();
    assert_eq!((latest.version, latest.who.as_str(), latest.at), (2, "admin", now()));
    let first = store.reader().configuration_version(1).unwrap().unwrap();
    assert_eq!(first.toml, "a = 1");
    store.set_setting("greeting", Some("您好")).unwrap();
    assert_eq!(store.reader().setting("greeting").unwrap().as_deref(), Some("您好"));
    store.set_setting("greeting", None).unwrap();
    assert_eq!(store.reader().setting("greeting").unwrap(), None);
}

#[test]
fn the_first_password_is_random_and_must_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let password = store.first_administrator(now(), &mut rng).unwrap().unwrap();
    assert_eq!(store.first_administrator(now(), &mut rng).unwrap(), None);
    let reader = store.reader();
    assert!(reader.verify_password("admin", "wrong").unwrap().is_none());
    assert!(reader.verify_password("nobody", &password).unwrap().is_none());
    let user = reader.verify_password("admin", &password).unwrap().unwrap();
    assert!(user.must_change && user.role == Role::Administrator);
    let change = |old: &str, new: &str| {
        store.change_password("admin", old, new, [1; 16], told("admin")).unwrap()
    };
    assert_eq!(change("wrong", "a good long one"), Err(PasswordError::Wrong));
    assert_eq!(change(&password, "short"), Err(PasswordError::TooShort));
    assert_eq!(change(&password, "a good long one"), Ok(()));
    let user = reader.verify_password("admin", "a good long one").unwrap().unwrap();
    assert!(!user.must_change);
    assert!(reader.verify_password("admin", &password).unwrap().is_none());
}

//! The box is killed in the middle of writing, again and again, and what the disk had not been made
//! to keep is lost: the database opens, what was forced to the disk is there, and every call is
//! closed once.

mod check;
mod day;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_clock::WallTime;
use tipring_store::Store;

const CHILD: &str = "TIPRING_TEST_WRITER";
const ROUNDS: u64 = 25;
/// Few enough that SQLite does not fold its write-ahead log into the database meanwhile, so that
/// the log's tail is all that a power cut can take.
const FLUSHES_MAX: u32 = 12;

fn now() -> WallTime {
    WallTime::from_unix_micros(day::NOON_US + 86_400_000_000)
}

/// The process to be killed: writes, and says after each flush what is now safe.
fn write_until_killed(dir: &Path) {
    let (store, opened) = Store::open(dir, now(), |_| None).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(opened.next_call_id.0);
    let events = day::day(rng.random(), opened.next_call_id.0, 200);
    let mut events = events.into_iter();
    let mut written = check::count(dir, "SELECT count(*) FROM event");
    println!("open {} {}", opened.next_call_id, opened.interrupted.len());
    for _ in 0..FLUSHES_MAX {
        for event in events.by_ref().take(rng.random_range(1..40)) {
            store.log(event).unwrap();
            written += 1;
        }
        store.flush().unwrap();
        let wal = std::fs::metadata(dir.join("tipring.db-wal")).unwrap().len();
        println!("\nflushed {written} {wal}");
        std::io::stdout().flush().unwrap();
        // What is logged now is written at some time, or not, as the kill comes.
        for event in events.by_ref().take(rng.random_range(0..40)) {
            store.log(event).unwrap();
            written += 1;
        }
    }
    // Wait to be killed.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

fn start_writer(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_power_cut_at_any_instant_costs_only_what_was_not_flushed"])
        .arg("--nocapture")
        .env(CHILD, dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Lets the writer run until it has flushed `flushes` times, kills it, and returns how many events
/// and how many bytes of the write-ahead log were safe.
fn kill_after(dir: &Path, flushes: u32) -> (i64, u64) {
    let mut child = start_writer(dir);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut safe = None;
    for _ in 0..flushes {
        safe = lines.by_ref().map(|line| line.unwrap()).find_map(|line| {
            let mut words = line.strip_prefix("flushed ")?.split(' ');
            Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        });
    }
    child.kill().unwrap();
    child.wait().unwrap();
    safe.expect("the writer said what is safe before it was killed")
}

/// Takes away, or fills with noise, a part of the write-ahead log that was not forced to the disk.
fn lose_tail(dir: &Path, safe: u64, rng: &mut ChaCha8Rng) {
    let path = dir.join("tipring.db-wal");
    let mut bytes = std::fs::read(&path).unwrap();
    let keep = rng.random_range(safe as usize..=bytes.len());
    if rng.random() {
        bytes.truncate(keep);
    } else {
        rng.fill_bytes(&mut bytes[keep..]);
    }
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn a_power_cut_at_any_instant_costs_only_what_was_not_flushed() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut next_call = 0;
    let mut interrupted = 0;
    for round in 0..ROUNDS {
        let (safe_events, safe_bytes) = kill_after(dir.path(), rng.random_range(1..FLUSHES_MAX));
        if round % 2 == 1 {
            lose_tail(dir.path(), safe_bytes, &mut rng);
        }
        let before = check::count(dir.path(), "SELECT count(*) FROM event");
        assert!(before >= safe_events, "round {round}: {before} events, {safe_events} were safe");
        let (store, opened) = Store::open(dir.path(), now(), |_| None).unwrap();
        check::sound(dir.path());
        assert!(opened.next_call_id.0 > next_call, "round {round}: a call id may come twice");
        next_call = opened.next_call_id.0;
        interrupted += opened.interrupted.len();
        let open = check::count(dir.path(), "SELECT count(*) FROM call WHERE ended_at_us IS NULL");
        assert_eq!(open, 0, "round {round}");
        let written = check::dump(dir.path());
        store.rebuild().unwrap();
        assert_eq!(check::dump(dir.path()), written, "round {round}");
        store.close().unwrap();
    }
    let closed = "SELECT count(*) FROM call WHERE disposition = 'interrupted'";
    assert_eq!(check::count(dir.path(), closed), interrupted as i64);
    assert!(interrupted > 0, "the kills came in the middle of calls");
}

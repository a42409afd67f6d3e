//! What the box tells the system's journal: one line each, at a bounded rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tipring_clock::{Duration, Instant};

/// Lines of one kind in a while; the rest is counted and told with the next.
const LINES_MAX: u32 = 5;
const WHILE: Duration = Duration::from_secs(10);

/// How bad it is (syslog's severities).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// Something does not work.
    Error = 3,
    /// Something unusual.
    Notice = 5,
}

/// Writes a line: to the journal when systemd runs the box, else to standard error.
pub(crate) fn note(level: Level, text: &str) {
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        // A journal that does not take a line has nobody to be told.
        let _ = systemd::journal::print(level as u32, text);
    } else {
        eprintln!("{text}");
    }
}

struct Kind {
    since: Instant,
    written: u32,
    held_back: u64,
}

static KINDS: Mutex<Option<HashMap<&'static str, Kind>>> = Mutex::new(None);

/// Writes a line of a kind that may come very often (whatever a stranger can cause).
pub(crate) fn limited(
    now: Instant,
    level: Level,
    kind: &'static str,
    text: impl FnOnce() -> String,
) {
    let mut kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    let kinds = kinds.get_or_insert_with(HashMap::new);
    let state = kinds.entry(kind).or_insert(Kind { since: now, written: 0, held_back: 0 });
    if now - state.since >= WHILE {
        *state = Kind { since: now, written: 0, held_back: state.held_back };
    }
    if state.written >= LINES_MAX {
        state.held_back += 1;
        return;
    }
    state.written += 1;
    let held_back = std::mem::take(&mut state.held_back);
    let text = text();
    match held_back {
        0 => note(level, &text),
        n => note(level, &format!("{text} (and {n} more like it before)")),
    }
}

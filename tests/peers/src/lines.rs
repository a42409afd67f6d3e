//! The lines a process writes, kept as they come and waited for.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::wait::Deadline;

/// The most lines kept of one process; later ones are dropped.
const LINES_MAX: usize = 20_000;

#[derive(Default)]
struct Kept {
    lines: Vec<String>,
    writers: usize,
}

/// Lines written by one process to one or more pipes. Clones share them.
#[derive(Clone, Default)]
pub struct Lines {
    kept: Arc<(Mutex<Kept>, Condvar)>,
}

impl Lines {
    /// Reads `pipe` to its end on a thread of its own.
    pub fn follow(&self, pipe: impl Read + Send + 'static) {
        self.with(|kept| kept.writers += 1);
        let lines = self.clone();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut bytes = Vec::new();
            while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
                lines.push(String::from_utf8_lossy(&bytes).trim_end().to_owned());
                bytes.clear();
            }
            lines.with(|kept| kept.writers -= 1);
        });
    }

    fn push(&self, line: String) {
        self.with(|kept| {
            if kept.lines.len() < LINES_MAX {
                kept.lines.push(line);
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let (kept, changed) = &*self.kept;
        let result = change(&mut kept.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_all();
        result
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.with(|kept| kept.lines.join("\n"))
    }

    /// Waits for a line that `find` takes something from; `None` when none came in time or the
    /// pipes were closed without one.
    pub fn wait_for<T>(
        &self,
        deadline: Deadline,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let (kept, changed) = &*self.kept;
        let mut seen = 0;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = kept.lines[seen..].iter().find_map(|line| find(line)) {
                return Some(found);
            }
            seen = kept.lines.len();
            if kept.writers == 0 || deadline.passed() {
                return None;
            }
            kept = changed
                .wait_timeout(kept, deadline.left())
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

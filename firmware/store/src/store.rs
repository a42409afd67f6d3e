//! The store as the box sees it: opened once, logged to, asked.

use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tipring_clock::WallTime;
use tipring_events::{Event, EventKind};
use tipring_line::CallId;

use crate::figures::ledger::{self, Ledger};
use crate::figures::slot::Offset;
use crate::inbox::{Full, Inbox};
use crate::interrupted::{self, Interrupted, InterruptedAgent, RecordingLength};
use crate::writer::{Counters, Writer};
use crate::{Reader, StoreError, apply, jobs, schema};

/// Where the first free call id is kept when the store is closed in order, and only then.
const NEXT_CALL: &str = "next-call-id";

/// How many call ids are skipped when the box was cut off: more than it can have handed out in the
/// second or so of log that a power cut may take, so that none is ever used twice.
const CALLS_SKIPPED: u64 = 10_000;

/// What the store found when it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The database was made just now.
    pub created: bool,
    /// Calls that were cut off, now closed as interrupted.
    pub interrupted: Vec<CallId>,
    /// Agents who were logged in, now logged out; whoever wants may log them in again.
    pub agents: Vec<InterruptedAgent>,
    /// The first free call id.
    pub next_call_id: CallId,
}

/// What the writer has done, for the figures and the health page.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Events that wait to be written.
    pub queued: u64,
    /// The most that ever waited.
    pub queued_max: u64,
    /// Events written since the start.
    pub written: u64,
    /// Events dropped because the queue was full.
    pub dropped: u64,
    /// Events that the schema refused.
    pub rejected: u64,
    /// Transactions since the start.
    pub transactions: u64,
    /// How often the log was forced to the disk.
    pub syncs: u64,
    /// What keeps the writer from writing, in words; it goes on trying.
    pub trouble: Option<String>,
}

struct Inner {
    path: PathBuf,
    inbox: Arc<Inbox>,
    counters: Arc<Counters>,
    reader: Reader,
    /// One past the highest call id that came by.
    next_call: AtomicU64,
    thread: Mutex<Option<JoinHandle<Connection>>>,
    /// Held as long as the store is open, so that no second box writes here.
    _lock: File,
}

/// The open store. Clones are the same store; it closes when the last goes, or by
/// [`Store::close`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database in the state folder `dir`, makes it if there is none, and closes what
    /// was cut off when the box last stopped. `now` is the calendar time; `recording_length` tells
    /// how much of a recording (by its path relative to the recordings folder) is on the disk.
    pub fn open(
        dir: &Path,
        now: WallTime,
        mut recording_length: impl FnMut(&str) -> Option<RecordingLength>,
    ) -> Result<(Store, Opened), StoreError> {
        let lock = lock_folder(dir)?;
        let path = schema::database_path(dir);
        let created = !path.exists();
        let mut connection = schema::open_writer(&path)?;
        let at = |e| StoreError::at(&path, e);
        let closed = interrupted::find(&connection, now, &mut recording_length).map_err(at)?;
        let next_event = write_closing(&mut connection, &closed).map_err(at)?;
        let next_call = next_call_id(&connection, created).map_err(at)?;
        let opened = Opened {
            created,
            interrupted: closed.calls,
            agents: closed.agents,
            next_call_id: CallId(next_call),
        };
        let store = Store::start(path, connection, next_event, next_call, lock)?;
        Ok((store, opened))
    }

    fn start(
        path: PathBuf,
        connection: Connection,
        next_event: i64,
        next_call: u64,
        lock: File,
    ) -> Result<Store, StoreError> {
        let inbox = Arc::new(Inbox::default());
        let counters = Arc::new(Counters::default());
        let mut wal = path.clone().into_os_string();
        wal.push("-wal");
        let writer = Writer {
            connection,
            inbox: inbox.clone(),
            counters: counters.clone(),
            wal: wal.into(),
            next_event,
            pending: Vec::new(),
            json: Vec::new(),
            ledger: Ledger::default(),
            unsynced: 0,
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| StoreError::Folder { path: path.clone(), source })?;
        let inner = Inner {
            reader: Reader::new(path.clone()),
            path,
            inbox,
            counters,
            next_call: AtomicU64::new(next_call),
            thread: Mutex::new(Some(thread)),
            _lock: lock,
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Queues an event for the log. Never waits for the disk; a full queue drops the event and
    /// counts it.
    pub fn log(&self, event: Event) -> Result<(), Full> {
        if let EventKind::CallBegan { call, .. } = &event.kind {
            self.inner.next_call.fetch_max(call.0.saturating_add(1), Relaxed);
        }
        self.inner.inbox.push(event).inspect_err(|_| {
            self.inner.counters.dropped.fetch_add(1, Relaxed);
        })
    }

    /// Waits until everything logged before is written and on the disk.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.run(|_| Ok(()))
    }

    /// Reads, apart from the writer.
    pub fn reader(&self) -> Reader {
        self.inner.reader.clone()
    }

    /// What the writer has done so far.
    pub fn stats(&self) -> Stats {
        let counters = &self.inner.counters;
        let (queued, longest) = self.inner.inbox.lengths();
        Stats {
            queued: queued as u64 + counters.pending.load(Relaxed),
            queued_max: longest as u64,
            written: counters.written.load(Relaxed),
            dropped: counters.dropped.load(Relaxed),
            rejected: counters.rejected.load(Relaxed),
            transactions: counters.transactions.load(Relaxed),
            syncs: counters.syncs.load(Relaxed),
            trouble: counters.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Makes every derived table again from the log; returns how many events it has. Logging goes
    /// on meanwhile and waits in the queue.
    pub fn rebuild(&self) -> Result<u64, StoreError> {
        self.run(apply::rebuild)
    }

    /// Says how many minutes east of UTC local time is, by which days and months are cut; what is
    /// no whole quarter hour is rounded down to one. Where that is new, the figures of past days
    /// are added up again, which takes seconds on a full store.
    pub fn set_offset_minutes(&self, minutes: i32) -> Result<(), StoreError> {
        let offset = Offset::minutes(minutes);
        self.run(move |connection| Ok(ledger::change_offset(connection, offset)?))
    }

    /// Writes a compact copy of the database to `to`, which appears whole or not at all. To put it
    /// back: stop the box, and put it in the state folder as `tipring.db` in place of that and its
    /// `-wal` and `-shm` files.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.flush()?;
        let failed = |source| StoreError::Backup { path: to.to_owned(), source };
        let mut part = to.to_owned().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        match std::fs::remove_file(&part) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
            _ => {}
        }
        let name = part.to_string_lossy().into_owned();
        self.inner.reader.with(|c| c.execute("VACUUM INTO ?1", [name]).map(|_| ()))?;
        let file = File::open(&part).map_err(failed)?;
        file.sync_all().and_then(|()| std::fs::rename(&part, to)).map_err(failed)
    }

    /// Writes what is queued and closes the database in order. Later calls on a clone fail.
    pub fn close(self) -> Result<(), StoreError> {
        self.inner.stop()
    }

    /// Has the writer do `work` after everything logged before, and waits for it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.inner.inbox.push_job(Box::new(move |connection| {
            // Nobody waiting any more is no error.
            let _ = reply.send(connection.and_then(work));
        }))?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Inner {
    fn stop(&self) -> Result<(), StoreError> {
        self.inbox.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(connection) = thread.and_then(|thread| thread.join().ok()) else {
            return Err(StoreError::Closed);
        };
        let next_call = self.next_call.load(Relaxed).to_string();
        jobs::put_setting(&connection, NEXT_CALL, Some(&next_call))?;
        connection.close().map_err(|(_, e)| StoreError::at(&self.path, e))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // There is nobody left to tell; an unclean close is mended at the next opening.
        let _ = self.stop();
    }
}

/// Makes the folder and takes its lock, which the system gives back whatever ends the process.
fn lock_folder(dir: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Folder { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let lock = File::create(dir.join("tipring.lock")).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// Logs what closes the interrupted calls, in one transaction; returns the next row's number.
fn write_closing(connection: &mut Connection, closed: &Interrupted) -> rusqlite::Result<i64> {
    let transaction = connection.transaction()?;
    let mut id: i64 =
        transaction
            .query_row("SELECT coalesce(max(id), 0) + 1 FROM event", [], |row| row.get(0))?;
    let (mut json, mut ledger) = (Vec::new(), Ledger::default());
    for event in &closed.events {
        apply::log(&transaction, id, event, &mut json, &mut ledger)?;
        id += 1;
    }
    ledger.write(&transaction)?;
    transaction.commit()?;
    Ok(id)
}

/// The first free call id: the one kept at an orderly close, or well past the last one known.
fn next_call_id(connection: &Connection, created: bool) -> rusqlite::Result<u64> {
    let last: i64 =
        connection.query_row("SELECT coalesce(max(id), 0) FROM call", [], |row| row.get(0))?;
    let kept = jobs::setting(connection, NEXT_CALL)?.and_then(|kept| kept.parse().ok());
    let after_last = last.unsigned_abs() + 1;
    let next = match kept {
        Some(kept) => after_last.max(kept),
        None if created => 1,
        None => after_last + CALLS_SKIPPED,
    };
    jobs::put_setting(connection, NEXT_CALL, None)?;
    Ok(next)
}

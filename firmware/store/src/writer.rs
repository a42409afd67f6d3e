//! The one thread that writes.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tipring_events::Event;

use crate::StoreError;
use crate::apply;
use crate::figures::ledger::Ledger;
use crate::inbox::{Inbox, Work};

/// How long events gather before they are written together.
const GATHER: Duration = Duration::from_millis(20);

/// The most rows of the log in one transaction.
const BATCH_EVENTS_MAX: usize = 4_096;

/// How long after the last event the log is forced to the disk.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// After how many transactions the log is forced to the disk under load; with the pause between
/// two of them this is about a second.
const SYNC_TRANSACTIONS: u32 = 50;

/// How long the writer waits before it tries again what the disk refused.
const RETRY: Duration = Duration::from_secs(1);

/// What the writer counts, for everybody to read.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) written: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) transactions: AtomicU64,
    pub(crate) syncs: AtomicU64,
    /// Events taken from the queue and not yet written.
    pub(crate) pending: AtomicU64,
    pub(crate) trouble: Mutex<Option<String>>,
}

impl Counters {
    /// Why nothing can be written now.
    fn refusal(&self) -> StoreError {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        StoreError::Refused { trouble: trouble.clone().unwrap_or_default() }
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// The writing side: the connection and what is not yet on the disk.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) counters: Arc<Counters>,
    /// The write-ahead log's file.
    pub(crate) wal: PathBuf,
    /// The number of the next row of the log.
    pub(crate) next_event: i64,
    pub(crate) pending: Vec<Event>,
    pub(crate) json: Vec<u8>,
    /// The figures of the transaction at hand.
    pub(crate) ledger: Ledger,
    pub(crate) unsynced: u32,
}

impl Writer {
    /// Writes until the inbox is closed and empty; gives the connection back.
    pub(crate) fn run(mut self) -> Connection {
        loop {
            let work = self.next_work();
            let closing = work.closing;
            if self.pending.is_empty() {
                self.pending = work.events;
            }
            self.write_pending();
            for job in work.jobs {
                if self.pending.is_empty() {
                    job(Ok(&mut self.connection));
                    self.unsynced = SYNC_TRANSACTIONS;
                } else {
                    job(Err(self.counters.refusal()));
                }
            }
            if self.unsynced >= SYNC_TRANSACTIONS {
                self.sync();
            }
            if closing {
                let (queued, _) = self.inbox.lengths();
                let lost = self.pending.len() + queued;
                self.counters.dropped.fetch_add(lost as u64, Relaxed);
                self.sync();
                return self.connection;
            }
        }
    }

    /// Waits for the next thing to do.
    fn next_work(&mut self) -> Work {
        if !self.pending.is_empty() {
            self.inbox.wait_for_job(RETRY);
            self.write_pending();
            if !self.pending.is_empty() {
                return self.inbox.take_jobs();
            }
        }
        if self.unsynced > 0 {
            self.inbox.gather(GATHER);
            // The buffer of the last batch goes back for the next.
            let spare = std::mem::take(&mut self.pending);
            if let Some(work) = self.inbox.wait(Some(SYNC_AFTER), spare) {
                return work;
            }
            self.sync();
        }
        let spare = std::mem::take(&mut self.pending);
        self.inbox.wait(None, spare).unwrap_or_default()
    }

    /// Writes what is pending, as much as the disk takes.
    fn write_pending(&mut self) {
        while !self.pending.is_empty() {
            let count = self.pending.len().min(BATCH_EVENTS_MAX);
            match self.write_batch(count) {
                Ok(()) => {}
                Err(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    self.write_singly(count);
                }
                Err(e) => {
                    self.counters.set_trouble(Some(StoreError::from(e).to_string()));
                    break;
                }
            }
            self.pending.drain(..count);
            self.counters.set_trouble(None);
        }
        self.counters.pending.store(self.pending.len() as u64, Relaxed);
    }

    /// Writes the first `count` pending events in one transaction, all or none.
    fn write_batch(&mut self, count: usize) -> rusqlite::Result<()> {
        self.write_range(0..count)?;
        self.unsynced += 1;
        Ok(())
    }

    fn write_range(&mut self, range: std::ops::Range<usize>) -> rusqlite::Result<()> {
        let (count, mut id) = (range.len() as u64, self.next_event);
        // What is left from a transaction that did not come about must not be counted.
        self.ledger.clear();
        let transaction = self.connection.transaction()?;
        for event in &self.pending[range] {
            apply::log(&transaction, id, event, &mut self.json, &mut self.ledger)?;
            id += 1;
        }
        self.ledger.write(&transaction)?;
        transaction.commit()?;
        self.next_event = id;
        self.counters.written.fetch_add(count, Relaxed);
        self.counters.transactions.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Writes the first `count` pending events one by one and leaves out those the schema refuses,
    /// so that one bad event does not hold up the log for ever.
    fn write_singly(&mut self, count: usize) {
        for index in 0..count {
            if self.write_range(index..index + 1).is_err() {
                self.counters.rejected.fetch_add(1, Relaxed);
            }
        }
        self.unsynced += 1;
    }

    /// Forces the write-ahead log to the disk. With `synchronous = NORMAL` SQLite itself does so
    /// only at checkpoints, which may be hours apart in a quiet box.
    fn sync(&mut self) {
        self.unsynced = 0;
        self.counters.syncs.fetch_add(1, Relaxed);
        if let Err(e) = File::open(&self.wal).and_then(|wal| wal.sync_data())
            && e.kind() != std::io::ErrorKind::NotFound
        {
            self.counters.set_trouble(Some(format!("the log cannot be forced to the disk: {e}")));
        }
    }
}

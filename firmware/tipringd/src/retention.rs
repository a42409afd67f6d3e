//! Keeps the recordings and records within their times and the disk within its limits.
//!
//! A small job that is called again and again and does a bounded piece of work each time: it looks
//! at the disk, and once an hour goes through what is older than it may be. Files go first, then the
//! log is told; a cut in between is mended by the next round, which finds the file gone. Nothing
//! here touches a call: the worst that happens is that nothing more is recorded, which is told
//! once, in one line.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use tipring_api::HealthNote;
use tipring_clock::{Clock, WallTime};
use tipring_config::{CallsOf, Document, RetentionConfig, WhenFull};
use tipring_events::{Event, EventKind, QueueId, Removal};
use tipring_store::{AuditEntry, KeptRecording, Store, StoreError};

use crate::journal::{Level, note};

/// How often the job is called.
const TICK: std::time::Duration = std::time::Duration::from_secs(2);
/// How long after one round through everything the next begins.
const ROUND_US: i64 = 3_600_000_000;
/// Recordings looked at in one piece of work, and those removed to make room.
const LOOKED_AT: u32 = 200;
const REMOVED_AT_ONCE: u32 = 20;
/// Recording begins again when so much more is free than the limit, in percent of it.
const FREE_AGAIN_PERCENT: u64 = 110;

const DAY_US: i64 = 86_400_000_000;
const MEGABYTE: u64 = 1_000_000;

/// Where recordings lie; a test puts a disk of its own in its place.
pub trait RecordingFiles: Send {
    /// Removes a recording, by its path relative to the recordings folder.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    fn remove(&mut self, path: &str) -> io::Result<()>;
    /// What the disk has left for everybody.
    ///
    /// # Errors
    /// The system does not say.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// The recordings folder.
pub(crate) struct Folder(pub PathBuf);

impl RecordingFiles for Folder {
    fn remove(&mut self, path: &str) -> io::Result<()> {
        match std::fs::remove_file(self.0.join(path)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = nix::sys::statvfs::statvfs(&self.0)?;
        Ok(disk.blocks_available() as u64 * disk.fragment_size() as u64)
    }
}

/// How long what is kept, with queues by their ids.
#[derive(Clone, Debug, Default)]
struct Rules {
    config: RetentionConfig,
    queues: Vec<Option<QueueId>>,
}

impl Rules {
    fn new(document: &Document) -> Self {
        let id_of = |name: &String| document.queues.iter().find(|q| q.name == *name).map(|q| q.id);
        let config = document.retention.clone();
        let queues = config.rules.iter().map(|rule| rule.queue.as_ref().and_then(id_of)).collect();
        Rules { config, queues }
    }

    /// For how many days a recording is kept; 0 for ever. It never outlasts its call's records.
    fn days(&self, recording: &KeptRecording) -> u32 {
        let fits = |(rule, queue): &(&tipring_config::RetentionRule, &Option<QueueId>)| {
            let calls = match rule.calls {
                Some(CallsOf::Incoming) => recording.inbound,
                Some(CallsOf::Outgoing) => !recording.inbound,
                None => true,
            };
            calls
                && (rule.queue.is_none()
                    || queue.is_some_and(|queue| recording.queues.contains(&queue)))
        };
        let rule = self.config.rules.iter().zip(&self.queues).find(fits);
        let days = rule.map_or(self.config.recordings_days, |(rule, _)| rule.days);
        match (days, self.config.records_days) {
            (0, days) | (days, 0) => days,
            (days, records) => days.min(records),
        }
    }

    /// The fewest days after which any recording goes; 0 for none.
    fn days_min(&self) -> u32 {
        let rules = self.config.rules.iter().map(|rule| rule.days);
        let all = rules.chain([self.config.recordings_days, self.config.records_days]);
        all.filter(|days| *days > 0).min().unwrap_or(0)
    }
}

/// What other threads see of it.
#[derive(Clone, Default)]
pub struct Storage {
    rules: Arc<Mutex<Rules>>,
    full: Arc<AtomicBool>,
    trouble: Arc<Mutex<Option<HealthNote>>>,
}

impl Storage {
    /// Keeps things as this document says, from now on.
    pub fn configure(&self, document: &Document) {
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = Rules::new(document);
    }

    /// Whether anything may be recorded.
    pub fn may_record(&self) -> bool {
        !self.full.load(Relaxed)
    }

    /// What is wrong, and what to do.
    pub fn note(&self) -> Option<HealthNote> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn rules(&self) -> Rules {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is wrong, in one line when it is new.
    fn tell(&self, trouble: Option<HealthNote>) {
        let mut told = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*told, &trouble) {
            (None, Some(new)) => note(Level::Error, &format!("{}: {}", new.what, new.advice)),
            (Some(_), None) => note(Level::Notice, "there is room for recordings again"),
            _ => {}
        }
        *told = trouble;
    }
}

/// A round through everything.
#[derive(Clone, Debug)]
enum Round {
    /// Waits for its time.
    Rests,
    /// Recordings whose time is over, after this one.
    Ages(Option<KeptRecording>),
    /// The oldest recordings, while all together are too large.
    Shrinks,
    /// Records whose time is over.
    Records,
}

/// What was removed in one round.
#[derive(Clone, Copy, Default, Debug)]
struct Removed {
    recordings: u64,
    bytes: u64,
    calls: u64,
}

/// The job.
pub struct Retention<F> {
    store: Store,
    files: F,
    storage: Storage,
    round: Round,
    removed: Removed,
    next_round_us: i64,
    /// A file that could not be removed just now.
    stuck: Option<anyhow::Error>,
}

impl<F: RecordingFiles> Retention<F> {
    /// A job that begins its first round at once.
    pub fn new(store: Store, files: F, storage: Storage) -> Self {
        let (round, removed) = (Round::Rests, Removed::default());
        Retention { store, files, storage, round, removed, next_round_us: i64::MIN, stuck: None }
    }

    /// Does a piece of work. `true` where there is more to do at once.
    ///
    /// # Errors
    /// The database refuses, or a file, which is passed over until the next round.
    pub fn tick(&mut self, now: WallTime) -> anyhow::Result<bool> {
        let rules = self.storage.rules();
        let makes_room = self.look_at_disk(now, &rules)?;
        let more = self.go_on(now, &rules)? || makes_room;
        self.stuck.take().map_or(Ok(more), Err)
    }

    /// Looks at the disk, and makes room or stops recording.
    fn look_at_disk(&mut self, now: WallTime, rules: &Rules) -> anyhow::Result<bool> {
        let least = rules.config.free_mb_min.saturating_mul(MEGABYTE);
        let free = self.files.free_bytes()?;
        let enough = match self.storage.may_record() {
            true => least,
            false => least.saturating_mul(FREE_AGAIN_PERCENT) / 100,
        };
        if free >= enough {
            self.storage.full.store(false, Relaxed);
            self.storage.tell(None);
            return Ok(false);
        }
        if rules.config.when_full == WhenFull::RemoveOldest {
            let oldest = self.oldest(now, enough - free)?;
            if !oldest.is_empty() {
                self.remove(now, &oldest, Removal::DiskFull)?;
                self.told(now)?;
                return Ok(true);
            }
        }
        self.storage.full.store(true, Relaxed);
        let advice = match rules.config.when_full {
            WhenFull::StopRecording => [
                "calls go on; remove what is not needed, or set `when_full` or `recordings_days` in [retention]",
                "通话照常进行；请删除不需要的内容，或在 [retention] 中设置 `when_full` 或 `recordings_days`",
            ],
            WhenFull::RemoveOldest => [
                "calls go on; every recording left is on hold: take holds away, or get a larger disk",
                "通话照常进行；剩下的录音都被保留：请解除保留，或更换更大的磁盘",
            ],
        };
        let free = free / MEGABYTE;
        let what = [
            format!("nothing is recorded, because only {free} MB of the disk are free"),
            format!("已停止录音：磁盘只剩 {free} MB"),
        ];
        self.storage.tell(Some(HealthNote::new(what, advice)));
        Ok(false)
    }

    /// Goes on with the round, or begins one if it is time.
    fn go_on(&mut self, now: WallTime, rules: &Rules) -> anyhow::Result<bool> {
        self.round = match self.round.clone() {
            Round::Rests if now.unix_micros() < self.next_round_us => return Ok(false),
            Round::Rests => {
                self.next_round_us = now.unix_micros().saturating_add(ROUND_US);
                Round::Ages(None)
            }
            Round::Ages(after) => self.age(now, rules, after)?,
            Round::Shrinks => self.shrink(now, rules)?,
            Round::Records => self.remove_records(now, rules)?,
        };
        Ok(!matches!(self.round, Round::Rests))
    }

    fn age(
        &mut self,
        now: WallTime,
        rules: &Rules,
        after: Option<KeptRecording>,
    ) -> anyhow::Result<Round> {
        let days = rules.days_min();
        if days == 0 {
            return Ok(Round::Shrinks);
        }
        let page = self.store.reader().kept_recordings(
            days_before(now, days),
            after.as_ref(),
            LOOKED_AT,
        )?;
        let Some(last) = page.last().cloned() else { return Ok(Round::Shrinks) };
        let over = |r: &KeptRecording| match rules.days(r) {
            0 => false,
            days => r.began < days_before(now, days),
        };
        let over: Vec<KeptRecording> = page.into_iter().filter(over).collect();
        self.remove(now, &over, Removal::Age)?;
        Ok(Round::Ages(Some(last)))
    }

    fn shrink(&mut self, now: WallTime, rules: &Rules) -> anyhow::Result<Round> {
        let most = rules.config.recordings_mb_max.saturating_mul(MEGABYTE);
        let bytes = if most == 0 { 0 } else { self.store.reader().recordings_bytes()? };
        if bytes <= most {
            return Ok(Round::Records);
        }
        let go = self.oldest(now, bytes - most)?;
        if go.is_empty() {
            // What is left is on hold.
            return Ok(Round::Records);
        }
        self.remove(now, &go, Removal::TotalSize)?;
        Ok(Round::Shrinks)
    }

    /// The oldest recordings that make up so many bytes, or some of them.
    fn oldest(&self, now: WallTime, mut bytes: u64) -> Result<Vec<KeptRecording>, StoreError> {
        let mut oldest = self.store.reader().kept_recordings(now, None, REMOVED_AT_ONCE)?;
        let needed = |recording: &KeptRecording| {
            let needed = bytes > 0;
            bytes = bytes.saturating_sub(recording.bytes);
            needed
        };
        let count = oldest.iter().map(needed).take_while(|needed| *needed).count();
        oldest.truncate(count);
        Ok(oldest)
    }

    fn remove_records(&mut self, now: WallTime, rules: &Rules) -> anyhow::Result<Round> {
        let days = rules.config.records_days;
        if days > 0 {
            self.store.begin_log_at(days_before(now, days))?;
            let removed = self.store.remove_records()?;
            self.removed.calls += removed.calls;
            if removed.more {
                return Ok(Round::Records);
            }
        }
        self.told(now)?;
        Ok(Round::Rests)
    }

    /// Removes files, and logs that they were; returns when the log has it.
    fn remove(
        &mut self,
        now: WallTime,
        recordings: &[KeptRecording],
        because: Removal,
    ) -> anyhow::Result<()> {
        for recording in recordings {
            if let Err(e) = self.files.remove(&recording.path) {
                let why = format!("{} cannot be removed", recording.path);
                self.stuck = Some(anyhow::Error::new(e).context(why));
                continue;
            }
            let (call, path) = (recording.call, recording.path.clone());
            let kind = EventKind::RecordingRemoved { call, path, because };
            // Where the queue is full, the next round finds the file gone and logs it then.
            if self.store.log(Event { at: now, kind }).is_ok() {
                self.removed.recordings += 1;
                self.removed.bytes += recording.bytes;
            }
        }
        Ok(self.store.flush()?)
    }

    /// Writes into the audit log what was removed.
    fn told(&mut self, now: WallTime) -> Result<(), StoreError> {
        let Removed { recordings, bytes, calls } = std::mem::take(&mut self.removed);
        for (count, action, after) in [
            (
                recordings,
                "recordings-removed",
                serde_json::json!({ "recordings": recordings, "bytes": bytes }),
            ),
            (calls, "records-removed", serde_json::json!({ "calls": calls })),
        ] {
            if count > 0 {
                let mut told = AuditEntry::new(now, "retention", action, "retention");
                told.after = Some(after.to_string());
                self.store.audit(told)?;
            }
        }
        Ok(())
    }
}

fn days_before(now: WallTime, days: u32) -> WallTime {
    WallTime::from_unix_micros(now.unix_micros().saturating_sub(i64::from(days) * DAY_US))
}

/// Runs the job until the runtime ends. Its pieces of work wait for the disk, so they run on the
/// threads that may.
pub(crate) async fn run(store: Store, files: Folder, storage: Storage, clock: Arc<dyn Clock>) {
    let mut job = Retention::new(store, files, storage);
    let mut beat = tokio::time::interval(TICK);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told: Option<String> = None;
    loop {
        beat.tick().await;
        let clock = Arc::clone(&clock);
        let piece = tokio::task::spawn_blocking(move || {
            let done = job.tick(clock.wall());
            (job, done)
        });
        // A job that panicked is not started again: the next start of the box does.
        let Ok((after, done)) = piece.await else { return };
        job = after;
        match done {
            Ok(more) => {
                told = None;
                if more {
                    // Others get their turn at the database in between.
                    beat.reset_after(std::time::Duration::from_millis(50));
                }
            }
            Err(e) => {
                let text = format!("retention waits: {e:#}");
                if told.as_ref() != Some(&text) {
                    note(Level::Error, &text);
                    told = Some(text);
                }
            }
        }
    }
}

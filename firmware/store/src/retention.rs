//! What may be removed because its time is over, and its removal, a bounded piece at a time.
//!
//! A recording is removed by whoever owns the files, who then logs that it was. Records are removed
//! here: the log gets a new beginning, and what is older is taken out call by call. What was derived
//! from it and is still there (figures, names, calls on hold) is not derived again from then on:
//! [`Store::rebuild`] begins where the log does and leaves the rest as it was.

use rusqlite::{Connection, OptionalExtension};
use tipring_clock::WallTime;
use tipring_events::QueueId;
use tipring_line::CallId;

use crate::figures::slot::{QUARTER_US, quarter_of};
use crate::rows::Columns;
use crate::value::integer;
use crate::{Reader, Store, StoreError, places};

/// The most recordings on a page.
pub const KEPT_RECORDINGS_PER_PAGE_MAX: u32 = 500;

/// How many calls are removed in one transaction, and how many other rows of the log.
const CALLS_AT_ONCE: u32 = 50;
const EVENTS_AT_ONCE: u32 = 500;

/// Calls go a day after the log's beginning has passed them, so that what an agent still settled of
/// one then finds it when the tables are made again.
const MARGIN_US: i64 = 86_400_000_000;

/// How long before a quarter hour a call may have begun that is still looked for across it.
const CALL_US_MAX: i64 = 2 * 86_400_000_000;

/// How many quarter hours are tried as the log's beginning.
const QUARTERS_TRIED: i64 = 96;

/// A recording whose file is there, and which nobody holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptRecording {
    /// The call.
    pub call: CallId,
    /// The file, relative to the recordings folder.
    pub path: String,
    /// When it began.
    pub began: WallTime,
    /// How large it is.
    pub bytes: u64,
    /// Whether its call came from outside.
    pub inbound: bool,
    /// The queues its call waited in.
    pub queues: Vec<QueueId>,
    event: i64,
}

/// What was removed of the records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RemovedRecords {
    /// Calls.
    pub calls: u64,
    /// Rows of the log, those of the calls among them.
    pub events: u64,
    /// Whether there is more to remove.
    pub more: bool,
}

/// Where the log begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LogBegin {
    /// The first event that is kept for certain.
    pub(crate) event: i64,
    /// The first quarter hour whose figures can be made again.
    pub(crate) quarter: i64,
}

impl LogBegin {
    /// Where the log begins, if not with its first event.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        connection
            .query_row("SELECT event_id, quarter FROM log_begin", [], |row| {
                Ok(LogBegin { event: row.get(0)?, quarter: row.get(1)? })
            })
            .optional()
    }

    /// Empties of the derived tables what can be made again from here on.
    pub(crate) fn forget_later(self, connection: &Connection) -> rusqlite::Result<()> {
        let from_us = self.quarter * QUARTER_US;
        for sql in [
            "DELETE FROM call WHERE began_at_us >= ?2 AND ?1 > 0",
            "DELETE FROM segment WHERE began_at_us >= ?2 AND ?1 > 0",
            "DELETE FROM call_place WHERE began_at_us >= ?2 AND ?1 > 0",
            "DELETE FROM queue_visit WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM offer WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM recording WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM agent_state WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM extension_setting WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM span_setting WHERE event_id >= ?1 AND ?2 IS NOT NULL",
            "DELETE FROM figure WHERE (level > 0 OR slot >= ?2 / 900000000) AND ?1 > 0",
            // What an agent did when the log begins ends by a later event.
            "UPDATE agent_state SET ended_at_us = NULL WHERE ?1 > 0 AND ?2 IS NOT NULL AND event_id =
                 (SELECT max(event_id) FROM agent_state AS a WHERE a.agent_id = agent_state.agent_id)",
        ] {
            connection.execute(sql, (self.event, from_us))?;
        }
        Ok(())
    }
}

impl Reader {
    /// Recordings that are there and not on hold, the oldest first, that began before a time; those
    /// after `after` where it is given. At most [`KEPT_RECORDINGS_PER_PAGE_MAX`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn kept_recordings(
        &self,
        before: WallTime,
        after: Option<&KeptRecording>,
        limit: u32,
    ) -> Result<Vec<KeptRecording>, StoreError> {
        let sql = "SELECT r.call_id, r.path, r.began_at_us, coalesce(r.bytes, 0), r.event_id,
                coalesce(c.inbound, 1), (SELECT json_group_array(DISTINCT v.queue_id)
                    FROM queue_visit AS v WHERE v.call_id = r.call_id)
            FROM recording AS r INDEXED BY recording_kept LEFT JOIN call AS c ON c.id = r.call_id
            WHERE r.removed_at_us IS NULL AND r.ended_at_us IS NOT NULL AND r.began_at_us < ?1
                AND (r.began_at_us, r.call_id, r.event_id) > (?2, ?3, ?4)
                AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.call_id = r.call_id
                    AND h.part IN (0, (SELECT count(*) FROM recording AS p
                        WHERE p.call_id = r.call_id AND p.event_id <= r.event_id)))
            ORDER BY r.began_at_us, r.call_id, r.event_id LIMIT ?5";
        let place =
            after.map_or((i64::MIN, 0, 0), |r| (r.began.unix_micros(), integer(r.call.0), r.event));
        let limit = limit.min(KEPT_RECORDINGS_PER_PAGE_MAX);
        self.with(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let place = (before.unix_micros(), place.0, place.1, place.2, limit);
            let rows = statement.query_map(place, |row| kept(&mut Columns::of(row)))?;
            rows.collect()
        })
    }

    /// How much the recordings take that are there, those on hold included.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn recordings_bytes(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(bytes), 0) FROM recording INDEXED BY recording_kept
            WHERE removed_at_us IS NULL AND ended_at_us IS NOT NULL";
        self.with(|connection| {
            let bytes: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            Ok(bytes.unsigned_abs())
        })
    }

    /// Where the log may begin so that everything from `time` on is kept: at a quarter hour across
    /// which no call goes. `None` where it begins there already, or no such quarter was found.
    fn log_begin_at(&self, time: WallTime) -> Result<Option<LogBegin>, StoreError> {
        self.with(|connection| {
            let begun = LogBegin::read(connection)?;
            let across = "SELECT EXISTS (SELECT 1 FROM call WHERE began_at_us < ?1
                    AND began_at_us >= ?2 AND coalesce(ended_at_us, ?1) >= ?1)
                OR EXISTS (SELECT 1 FROM call WHERE ended_at_us IS NULL AND began_at_us < ?1)";
            let mut across = connection.prepare_cached(across)?;
            let last = quarter_of(time.unix_micros());
            let first = begun.map_or(i64::MIN, |begin| begin.quarter + 1);
            for quarter in (first.max(last - QUARTERS_TRIED)..=last).rev() {
                let at_us = quarter * QUARTER_US;
                if across.query_row((at_us, at_us - CALL_US_MAX), |row| row.get(0))? {
                    continue;
                }
                // The log is in the order of time, so this stops soon after where it last began.
                let event =
                    "SELECT id FROM event WHERE id >= ?1 AND at_us >= ?2 ORDER BY id LIMIT 1";
                let from = begun.map_or(0, |begin| begin.event);
                let event: Option<i64> = connection
                    .prepare_cached(event)?
                    .query_row((from, at_us), |row| row.get(0))
                    .optional()?;
                return Ok(event.filter(|e| *e > from).map(|event| LogBegin { event, quarter }));
            }
            Ok(None)
        })
    }
}

fn kept(c: &mut Columns<'_, '_>) -> rusqlite::Result<KeptRecording> {
    let (call, path, began, bytes) = (CallId(c.count()?), c.get()?, c.time()?, c.count()?);
    let (event, inbound, queues) = (c.get()?, c.get()?, c.get::<String>()?);
    let queues = crate::word::list(6, &queues)?;
    Ok(KeptRecording { call, path, began, bytes, inbound, queues, event })
}

impl Store {
    /// Says that records from before `time` may go. They are removed piece by piece, by
    /// [`Store::remove_records`]; calls that last across that time, or nearly, stay. The last event
    /// stays in any case.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn begin_log_at(&self, time: WallTime) -> Result<(), StoreError> {
        // Looked for beside the writer, since there may be much to look through.
        let Some(begin) = self.reader().log_begin_at(time)? else { return Ok(()) };
        self.run(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO log_begin (id, event_id, quarter) VALUES (1, ?1, ?2)",
                (begin.event, begin.quarter),
            )?;
            Ok(())
        })
    }

    /// Removes some of what lies before the log's beginning, in one short transaction: calls that
    /// are not on hold and whose recordings are gone, and what agents and extensions did.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_records(&self) -> Result<RemovedRecords, StoreError> {
        self.run(|connection| {
            let Some(begin) = LogBegin::read(connection)? else {
                return Ok(RemovedRecords::default());
            };
            let transaction = connection.transaction()?;
            let mut removed = remove_calls(&transaction, begin)?;
            if !removed.more {
                let events = remove_loose(&transaction, begin)?;
                removed.events += events;
                removed.more = events > 0;
            }
            transaction.commit()?;
            Ok(removed)
        })
    }
}

/// Removes some calls with all that is known of them.
fn remove_calls(connection: &Connection, begin: LogBegin) -> rusqlite::Result<RemovedRecords> {
    let old = "SELECT id FROM call WHERE began_at_us < ?1 AND ended_at_us IS NOT NULL
            AND id < (SELECT max(id) FROM call)
            AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.call_id = call.id)
            AND NOT EXISTS (SELECT 1 FROM recording AS r
                WHERE r.call_id = call.id AND r.removed_at_us IS NULL)
        ORDER BY began_at_us, id LIMIT ?2";
    let before_us = begin.quarter * QUARTER_US - MARGIN_US;
    let mut old = connection.prepare_cached(old)?;
    let calls: Vec<i64> =
        old.query_map((before_us, CALLS_AT_ONCE), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut removed =
        RemovedRecords { more: calls.len() == CALLS_AT_ONCE as usize, ..Default::default() };
    for call in calls {
        let events = remove_events(connection, begin, "call_id = ?1 AND id < ?2", call)?;
        places::forget(connection, call)?;
        for sql in [
            "DELETE FROM segment WHERE call_id = ?1",
            "DELETE FROM queue_visit WHERE call_id = ?1",
            "DELETE FROM offer WHERE call_id = ?1",
            "DELETE FROM recording WHERE call_id = ?1",
            "DELETE FROM call WHERE id = ?1",
        ] {
            connection.prepare_cached(sql)?.execute([call])?;
        }
        removed.calls += 1;
        removed.events += events;
    }
    Ok(removed)
}

/// Removes some of what is about no call that is still there; returns how many events.
fn remove_loose(connection: &Connection, begin: LogBegin) -> rusqlite::Result<u64> {
    let which = "id IN (SELECT id FROM event WHERE id < ?2
        AND NOT EXISTS (SELECT 1 FROM call WHERE call.id = event.call_id) ORDER BY id LIMIT ?1)";
    remove_events(connection, begin, which, EVENTS_AT_ONCE.into())
}

/// Removes events and the agents' states that they began; `which` has a value of its own for `?1`
/// and the log's beginning for `?2`.
fn remove_events(
    connection: &Connection,
    begin: LogBegin,
    which: &str,
    value: i64,
) -> rusqlite::Result<u64> {
    let sql = format!(
        "DELETE FROM event WHERE {which}
         RETURNING id, CASE kind WHEN 'agent-changed' THEN body ->> '$.agent' END"
    );
    let mut events = connection.prepare_cached(&sql)?;
    let events: Vec<(i64, Option<u32>)> = events
        .query_map((value, begin.event), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    // The last state of each agent before the log's beginning lasts into it, and stays.
    let sql = "DELETE FROM agent_state WHERE agent_id = ?1 AND event_id <= ?2 AND event_id <
        (SELECT max(event_id) FROM agent_state WHERE agent_id = ?1 AND event_id < ?3)";
    let mut states = connection.prepare_cached(sql)?;
    for (event, agent) in &events {
        if let Some(agent) = agent {
            states.execute((agent, event, begin.event))?;
        }
    }
    Ok(events.len() as u64)
}

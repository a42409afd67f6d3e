//! Past and present calls, the newest first, a page at a time.

use std::fmt;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use tipring_clock::WallTime;
use tipring_events::{AgentId, QueueId};
use tipring_line::{CallId, Disposition, Number};

use crate::holds::holds;
use crate::places::{self, Place};
use crate::rows::{
    AgentStateRow, CallDetail, CallSummary, Columns, LoggedEvent, OfferRow, QueueVisitRow,
    RecordingRow, SegmentRow, rows_of,
};
use crate::value::{Value, integer};
use crate::{Reader, StoreError, word};

/// The most calls on a page.
pub const CALLS_PER_PAGE_MAX: u32 = 200;

/// The most events of one call that are read; a call with more is cut off there.
pub const CALL_EVENTS_MAX: u32 = 2_000;

/// Which calls to read. Everything that is set must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallFilter {
    /// The caller's number begins like this; for a call that did not come from outside, the caller's
    /// or the called number.
    pub number: Option<Number>,
    /// The same number ends like this.
    pub number_end: Option<Number>,
    /// The work number of an agent who talked.
    pub agent: Option<Number>,
    /// It began at this time or later.
    pub from: Option<WallTime>,
    /// It began before this time.
    pub to: Option<WallTime>,
    /// How it turned out.
    pub disposition: Option<Disposition>,
    /// It waited in one of these queues, or one of these agents was in it.
    pub within: Option<(Vec<QueueId>, Vec<AgentId>)>,
    /// Calls after this place in the list.
    pub after: Option<Cursor>,
    /// How many calls, at most [`CALLS_PER_PAGE_MAX`]; 0 reads none.
    pub limit: u32,
}

/// A place in the list of calls: right after the call that began then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    pub(crate) began_us: i64,
    pub(crate) call: CallId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.began_us, self.call)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let (began, call) = s.split_once('.').ok_or(())?;
        let began_us = began.parse().map_err(|_| ())?;
        Ok(Cursor { began_us, call: CallId(call.parse().map_err(|_| ())?) })
    }
}

/// Some calls, and where the next page begins.
#[derive(Clone, PartialEq, Debug)]
pub struct CallPage {
    /// The calls, the newest first.
    pub calls: Vec<CallSummary>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

const SUMMARY: &str =
    "SELECT call.id, began_at_us, answered_at_us, answer_certainty, ended_at_us, source, called,
    caller, caller_name, inbound, cause, ended_by, disposition,
    (SELECT handler FROM segment s WHERE s.call_id = call.id AND s.kind = 'talk'
        AND s.agent_id IS NOT NULL ORDER BY s.segment DESC LIMIT 1),
    (SELECT queue_name FROM queue_visit v WHERE v.call_id = call.id
        ORDER BY v.event_id DESC LIMIT 1),
    (SELECT coalesce(sum(s.ended_at_us - s.began_at_us), 0) / 1000 FROM segment s
        WHERE s.call_id = call.id AND s.kind = 'talk' AND s.ended_at_us IS NOT NULL),
    EXISTS (SELECT 1 FROM recording r WHERE r.call_id = call.id AND r.removed_at_us IS NULL)
    FROM call";

fn summary(c: &mut Columns<'_, '_>) -> rusqlite::Result<CallSummary> {
    Ok(CallSummary {
        call: CallId(c.count()?),
        began: c.time()?,
        answered: c.time_opt()?,
        answer_certainty: c.word_opt()?,
        ended: c.time_opt()?,
        source: c.get()?,
        called: c.number_opt()?,
        caller: c.number_opt()?,
        caller_name: c.get()?,
        inbound: c.get()?,
        cause: c.word_opt()?,
        ended_by: c.word_opt()?,
        disposition: c.word_opt()?,
        agent: c.get()?,
        queue: c.get()?,
        talk_ms: c.count()?,
        recorded: c.get()?,
    })
}

/// The conditions of a filter and their values, in order.
#[derive(Default)]
struct Conditions<'a> {
    sql: String,
    values: Vec<Value<'a>>,
}

impl<'a> Conditions<'a> {
    /// The caller's or the called number begins, or ends, like this.
    fn number(&mut self, number: &Number, place: Place, few: bool) {
        if few {
            let begins = match place {
                Place::Reversed => places::reversed(number),
                _ => number.to_string(),
            };
            // No character of a number sorts after '~'.
            let end = format!("{begins}~");
            let sql = "id IN (SELECT call_id FROM call_place
                WHERE kind = ? AND who >= ? AND who < ?)";
            return self.add(sql, [(place as u32).into(), begins.into(), end.into()]);
        }
        let length = number.as_str().len() as i64;
        let from = if place == Place::Reversed { -length } else { 1 };
        self.add(
            "? IN (substr(caller, ?, ?), CASE inbound WHEN 0 THEN substr(called, ?, ?) END)",
            [number.to_string().into(), from.into(), length.into(), from.into(), length.into()],
        );
    }

    fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value<'a>>) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    fn of(filter: &'a CallFilter, few: Few) -> Self {
        let mut all = Conditions::default();
        if let Some(from) = filter.from {
            all.add("began_at_us >= ?", [from.unix_micros().into()]);
        }
        if let Some(to) = filter.to {
            all.add("began_at_us < ?", [to.unix_micros().into()]);
        }
        if let Some(after) = filter.after {
            all.add("(began_at_us, id) < (?, ?)", [after.began_us.into(), after.call.into()]);
        }
        if let Some(disposition) = filter.disposition {
            all.add("disposition = ?", [word::word(disposition).into()]);
        }
        if let Some((queues, agents)) = &filter.within {
            all.add(
                "(EXISTS (SELECT 1 FROM queue_visit v WHERE v.call_id = call.id
                    AND v.queue_id IN (SELECT value FROM json_each(?)))
                 OR EXISTS (SELECT 1 FROM segment s WHERE s.call_id = call.id
                    AND s.agent_id IN (SELECT value FROM json_each(?))))",
                [word::json(queues).into(), word::json(agents).into()],
            );
        }
        if let Some(agent) = &filter.agent {
            all.add(
                "EXISTS (SELECT 1 FROM segment AS s WHERE s.call_id = call.id
                 AND s.handler = ? AND s.agent_id IS NOT NULL AND s.kind = 'talk')",
                [agent.into()],
            );
        }
        for (number, place) in
            [(&filter.number, Place::Number), (&filter.number_end, Place::Reversed)]
        {
            let Some(number) = number else { continue };
            all.number(number, place, few.is(place));
        }
        all
    }
}

/// Up to so many calls are looked up one by one and sorted; where more fit, going through the list
/// from the newest on soon fills a page.
const FEW_CALLS_MAX: u32 = 2_000;

/// Which conditions of a filter fit few calls.
#[derive(Clone, Copy)]
struct Few {
    number: bool,
    number_end: bool,
}

impl Few {
    fn is(self, place: Place) -> bool {
        match place {
            Place::Reversed => self.number_end,
            _ => self.number,
        }
    }

    fn of(connection: &Connection, filter: &CallFilter) -> rusqlite::Result<Self> {
        let few = |place: Place, begins: Option<String>| {
            let Some(begins) = begins else { return Ok(false) };
            let sql = "SELECT count(*) FROM (SELECT 1 FROM call_place
                WHERE kind = ?1 AND who >= ?2 AND who < ?3 LIMIT ?4)";
            let count: u32 = connection.prepare_cached(sql)?.query_row(
                (place as u8, &begins, format!("{begins}~"), FEW_CALLS_MAX + 1),
                |row| row.get(0),
            )?;
            Ok::<bool, rusqlite::Error>(count <= FEW_CALLS_MAX)
        };
        Ok(Few {
            number: few(Place::Number, filter.number.map(|n| n.to_string()))?,
            number_end: few(Place::Reversed, filter.number_end.as_ref().map(places::reversed))?,
        })
    }
}

/// The calls that were found otherwise, in the order of the list.
fn listed(connection: &Connection, calls: &[i64]) -> rusqlite::Result<Vec<CallSummary>> {
    let sql = format!(
        "{SUMMARY} WHERE id IN (SELECT value FROM json_each(?))
         ORDER BY began_at_us DESC, id DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([word::json(calls)], |row| summary(&mut Columns::of(row)))?;
    rows.collect()
}

impl Reader {
    /// A page of calls, the newest first.
    pub fn calls(&self, filter: &CallFilter) -> Result<CallPage, StoreError> {
        let limit = filter.limit.min(CALLS_PER_PAGE_MAX);
        let mut calls: Vec<CallSummary> = self.with(|connection| {
            // One transaction, so that what is found is there.
            let transaction = connection.unchecked_transaction()?;
            let connection = &*transaction;
            if let Some(calls) = places::page(connection, filter, limit + 1)? {
                return listed(connection, &calls);
            }
            let mut conditions = Conditions::of(filter, Few::of(connection, filter)?);
            // One more than asked for tells whether there is a next page.
            conditions.values.push((limit + 1).into());
            let sql =
                format!("{SUMMARY}{} ORDER BY began_at_us DESC, id DESC LIMIT ?", conditions.sql);
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(&conditions.values), |row| {
                summary(&mut Columns::of(row))
            })?;
            rows.collect()
        })?;
        let more = calls.len() > limit as usize;
        calls.truncate(limit as usize);
        let next = calls.last().filter(|_| more);
        let next = next.map(|c| Cursor { began_us: c.began.unix_micros(), call: c.call });
        Ok(CallPage { calls, next })
    }

    /// One call with everything known of it, if there is such a call.
    pub fn call(&self, call: CallId) -> Result<Option<CallDetail>, StoreError> {
        self.with(|connection| detail(connection, integer(call.0)))
    }

    /// The recordings of a call.
    pub fn recordings(&self, call: CallId) -> Result<Vec<RecordingRow>, StoreError> {
        self.with(|connection| recordings(connection, integer(call.0)))
    }

    /// What an agent has done, the newest first, at most `limit` states.
    pub fn agent_history(
        &self,
        agent: AgentId,
        limit: u32,
    ) -> Result<Vec<AgentStateRow>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT work_number, state, extension, reason, call_id, began_at_us, ended_at_us
                 FROM agent_state WHERE agent_id = ?1 ORDER BY event_id DESC LIMIT ?2",
            )?;
            let rows = statement.query_map((agent.0, limit), |row| {
                let c = &mut Columns::of(row);
                Ok(AgentStateRow {
                    agent,
                    work_number: c.number()?,
                    state: c.word()?,
                    extension: c.number_opt()?,
                    reason: c.get()?,
                    call: c.count_opt()?.map(CallId),
                    began: c.time()?,
                    ended: c.time_opt()?,
                })
            })?;
            rows.collect()
        })
    }
}

fn detail(connection: &Connection, id: i64) -> rusqlite::Result<Option<CallDetail>> {
    // One transaction, so that the parts agree while the writer goes on.
    let transaction = connection.unchecked_transaction()?;
    let call = transaction
        .prepare_cached(&format!("{SUMMARY} WHERE id = ?1"))?
        .query_row([id], |row| summary(&mut Columns::of(row)))
        .optional()?;
    let Some(call) = call else { return Ok(None) };
    let holds = holds(&transaction, call.call)?;
    Ok(Some(CallDetail {
        call,
        segments: segments(&transaction, id)?,
        visits: visits(&transaction, id)?,
        offers: offers(&transaction, id)?,
        recordings: recordings(&transaction, id)?,
        holds,
        events: events(&transaction, id)?,
    }))
}

fn segments(connection: &Connection, id: i64) -> rusqlite::Result<Vec<SegmentRow>> {
    let sql = "SELECT segment, kind, handler, agent_id, began_at_us, ended_at_us
               FROM segment WHERE call_id = ?1 ORDER BY segment";
    rows_of(connection, sql, id, |c| {
        Ok(SegmentRow {
            segment: tipring_events::SegmentId(c.get()?),
            kind: c.word()?,
            handler: c.get()?,
            agent: c.get::<Option<u32>>()?.map(AgentId),
            began: c.time()?,
            ended: c.time_opt()?,
        })
    })
}

fn visits(connection: &Connection, id: i64) -> rusqlite::Result<Vec<QueueVisitRow>> {
    let sql = "SELECT queue_id, queue_name, entered_at_us, first_position, left_at_us, outcome,
               wait_ms, last_position, agent_id
               FROM queue_visit WHERE call_id = ?1 ORDER BY event_id";
    rows_of(connection, sql, id, |c| {
        Ok(QueueVisitRow {
            queue: tipring_events::QueueId(c.get()?),
            queue_name: c.get()?,
            entered: c.time()?,
            first_position: c.get()?,
            left: c.time_opt()?,
            outcome: c.word_opt()?,
            wait_ms: c.count_opt()?,
            last_position: c.get()?,
            agent: c.get::<Option<u32>>()?.map(AgentId),
        })
    })
}

fn offers(connection: &Connection, id: i64) -> rusqlite::Result<Vec<OfferRow>> {
    let sql = "SELECT queue_id, agent_id, extension, began_at_us, ended_at_us, outcome, rang_ms
               FROM offer WHERE call_id = ?1 ORDER BY event_id";
    rows_of(connection, sql, id, |c| {
        Ok(OfferRow {
            queue: tipring_events::QueueId(c.get()?),
            agent: AgentId(c.get()?),
            extension: c.number()?,
            began: c.time()?,
            ended: c.time_opt()?,
            outcome: c.word_opt()?,
            rang_ms: c.count_opt()?,
        })
    })
}

fn recordings(connection: &Connection, id: i64) -> rusqlite::Result<Vec<RecordingRow>> {
    let sql = "SELECT path, began_at_us, ended_at_us, duration_ms, bytes, removed_at_us,
               removed_because FROM recording WHERE call_id = ?1 ORDER BY event_id";
    rows_of(connection, sql, id, |c| {
        Ok(RecordingRow {
            path: c.get()?,
            began: c.time()?,
            ended: c.time_opt()?,
            duration_ms: c.count_opt()?,
            bytes: c.count_opt()?,
            removed: c.time_opt()?.zip(c.word_opt()?),
        })
    })
}

fn events(connection: &Connection, id: i64) -> rusqlite::Result<Vec<LoggedEvent>> {
    let sql = format!(
        "SELECT id, at_us, body FROM event WHERE call_id = ?1 ORDER BY id LIMIT {CALL_EVENTS_MAX}"
    );
    rows_of(connection, &sql, id, |c| {
        let (id, at, body) = (c.count()?, c.time()?, c.get::<String>()?);
        let kind = serde_json::from_str(&body).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, Box::new(e))
        })?;
        Ok(LoggedEvent { id, at, kind })
    })
}

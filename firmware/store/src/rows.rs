//! What the store answers with: typed rows of its tables.

use rusqlite::{Connection, Row};
use tipring_clock::WallTime;
use tipring_events::{
    AgentId, AgentState, EventKind, OfferOutcome, Party, QueueId, QueueOutcome, Removal, SegmentId,
    SegmentKind,
};
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};

use crate::{LegalHold, word};

/// One call, as a list shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct CallSummary {
    /// The call.
    pub call: CallId,
    /// When it began.
    pub began: WallTime,
    /// When the caller was answered.
    pub answered: Option<WallTime>,
    /// How surely that is known; `None` before it.
    pub answer_certainty: Option<AnswerCertainty>,
    /// When it ended; `None` while it lasts.
    pub ended: Option<WallTime>,
    /// Where it came in.
    pub source: String,
    /// The number called.
    pub called: Option<Number>,
    /// The number that calls.
    pub caller: Option<Number>,
    /// The name that calls, empty if unknown.
    pub caller_name: String,
    /// Whether it came from outside.
    pub inbound: bool,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// Who ended it.
    pub ended_by: Option<Party>,
    /// How it turned out.
    pub disposition: Option<Disposition>,
    /// The work number of the agent who talked last, if one did.
    pub agent: Option<String>,
    /// The queue it waited in last, by its name at that time.
    pub queue: Option<String>,
    /// How long two parties talked, milliseconds.
    pub talk_ms: u64,
    /// Whether there is a recording that can be heard.
    pub recorded: bool,
}

/// A stretch of a call with one handler.
#[derive(Clone, PartialEq, Debug)]
pub struct SegmentRow {
    /// Counted from 1 within the call.
    pub segment: SegmentId,
    /// What handled the call.
    pub kind: SegmentKind,
    /// Who.
    pub handler: String,
    /// The agent, where one was in it.
    pub agent: Option<AgentId>,
    /// When it began.
    pub began: WallTime,
    /// When it ended.
    pub ended: Option<WallTime>,
}

/// One wait in one queue.
#[derive(Clone, PartialEq, Debug)]
pub struct QueueVisitRow {
    /// The queue.
    pub queue: QueueId,
    /// Its name at that time.
    pub queue_name: String,
    /// When the caller entered.
    pub entered: WallTime,
    /// The place at first.
    pub first_position: u32,
    /// When the caller left.
    pub left: Option<WallTime>,
    /// How the visit ended.
    pub outcome: Option<QueueOutcome>,
    /// How long the caller waited, milliseconds.
    pub wait_ms: Option<u64>,
    /// The place at last.
    pub last_position: Option<u32>,
    /// The agent who answered.
    pub agent: Option<AgentId>,
}

/// One offer of a call to an agent.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferRow {
    /// The queue.
    pub queue: QueueId,
    /// The agent.
    pub agent: AgentId,
    /// Where the agent was rung.
    pub extension: Number,
    /// When it began.
    pub began: WallTime,
    /// When it ended.
    pub ended: Option<WallTime>,
    /// How it ended.
    pub outcome: Option<OfferOutcome>,
    /// How long it rang, milliseconds.
    pub rang_ms: Option<u64>,
}

/// One recording.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordingRow {
    /// The file, relative to the recordings folder.
    pub path: String,
    /// When it began.
    pub began: WallTime,
    /// When it ended.
    pub ended: Option<WallTime>,
    /// How long it is, milliseconds.
    pub duration_ms: Option<u64>,
    /// How large it is, or was.
    pub bytes: Option<u64>,
    /// When its file was removed, and why; `None` while it is there.
    pub removed: Option<(WallTime, Removal)>,
}

/// One row of the log.
#[derive(Clone, PartialEq, Debug)]
pub struct LoggedEvent {
    /// The row's number; counts up for ever.
    pub id: u64,
    /// When it happened.
    pub at: WallTime,
    /// What happened.
    pub kind: EventKind,
}

/// One call and everything known of it.
#[derive(Clone, PartialEq, Debug)]
pub struct CallDetail {
    /// The call itself.
    pub call: CallSummary,
    /// What handled it, in order.
    pub segments: Vec<SegmentRow>,
    /// Its waits, in order.
    pub visits: Vec<QueueVisitRow>,
    /// Its offers, in order.
    pub offers: Vec<OfferRow>,
    /// Its recordings, in order, those that were removed included.
    pub recordings: Vec<RecordingRow>,
    /// What keeps it, or one of its recordings, from being removed.
    pub holds: Vec<LegalHold>,
    /// Everything logged about it, in order; at most [`crate::calls::CALL_EVENTS_MAX`].
    pub events: Vec<LoggedEvent>,
}

/// What an agent is, or was, doing since when.
#[derive(Clone, PartialEq, Debug)]
pub struct AgentStateRow {
    /// The agent.
    pub agent: AgentId,
    /// The work number at that time.
    pub work_number: Number,
    /// The state.
    pub state: AgentState,
    /// Where the agent is logged in.
    pub extension: Option<Number>,
    /// Why not ready; empty otherwise.
    pub reason: String,
    /// The call offered, talked in or settled.
    pub call: Option<CallId>,
    /// Since when.
    pub began: WallTime,
    /// Until when.
    pub ended: Option<WallTime>,
}

/// Reads typed values out of a row, column after column.
pub(crate) struct Columns<'a, 'b> {
    row: &'a Row<'b>,
    next: usize,
}

impl<'a, 'b> Columns<'a, 'b> {
    pub(crate) fn of(row: &'a Row<'b>) -> Self {
        Columns { row, next: 0 }
    }

    pub(crate) fn get<T: rusqlite::types::FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.next);
        self.next += 1;
        value
    }

    pub(crate) fn count(&mut self) -> rusqlite::Result<u64> {
        Ok(self.get::<i64>()?.unsigned_abs())
    }

    pub(crate) fn count_opt(&mut self) -> rusqlite::Result<Option<u64>> {
        Ok(self.get::<Option<i64>>()?.map(i64::unsigned_abs))
    }

    pub(crate) fn time(&mut self) -> rusqlite::Result<WallTime> {
        self.get().map(WallTime::from_unix_micros)
    }

    pub(crate) fn time_opt(&mut self) -> rusqlite::Result<Option<WallTime>> {
        Ok(self.get::<Option<i64>>()?.map(WallTime::from_unix_micros))
    }

    pub(crate) fn word<T: serde::de::DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        let column = self.next;
        word::parse(column, &self.get::<String>()?)
    }

    pub(crate) fn word_opt<T: serde::de::DeserializeOwned>(
        &mut self,
    ) -> rusqlite::Result<Option<T>> {
        let column = self.next;
        self.get::<Option<String>>()?.map(|text| word::parse(column, &text)).transpose()
    }

    pub(crate) fn number(&mut self) -> rusqlite::Result<Number> {
        let column = self.next;
        word::number(column, &self.get::<String>()?)
    }

    pub(crate) fn number_opt(&mut self) -> rusqlite::Result<Option<Number>> {
        let column = self.next;
        self.get::<Option<String>>()?.map(|text| word::number(column, &text)).transpose()
    }
}

/// All rows of `sql`, which has the call's or agent's id as its one parameter.
pub(crate) fn rows_of<T>(
    connection: &Connection,
    sql: &str,
    id: i64,
    read: impl Fn(&mut Columns<'_, '_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([id], |row| read(&mut Columns::of(row)))?;
    rows.collect()
}

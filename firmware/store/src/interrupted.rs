//! Closing what was cut off when the box last stopped.
//!
//! The closing is done by events like any other, written to the log, so that the tables made again
//! from it agree.

use rusqlite::{Connection, OptionalExtension};
use tipring_clock::WallTime;
use tipring_events::{
    AgentId, AgentState, Event, EventKind, OfferOutcome, Party, QueueId, QueueOutcome, SegmentId,
};
use tipring_line::{CallId, Cause, Disposition, Number};

use crate::word;

/// How much of a recording is on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordingLength {
    /// How long it plays.
    pub duration_ms: u64,
    /// How large its file is.
    pub bytes: u64,
}

/// An agent who was logged in when the box stopped, and whom the log now has logged out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterruptedAgent {
    /// The agent.
    pub agent: AgentId,
    /// The work number.
    pub work_number: Number,
    /// Where the agent was logged in.
    pub extension: Option<Number>,
    /// The state at that time.
    pub state: AgentState,
    /// Why not ready, if so.
    pub reason: String,
}

/// Everything that was open, and the events that close it.
#[derive(Default)]
pub(crate) struct Interrupted {
    pub(crate) events: Vec<Event>,
    pub(crate) calls: Vec<CallId>,
    pub(crate) agents: Vec<InterruptedAgent>,
}

struct Closing<'a> {
    connection: &'a Connection,
    /// When the box was last seen alive.
    alive: WallTime,
    found: Interrupted,
}

/// Finds what is open and the events that close it, at the time of the last event or, where a
/// recording goes on longer, at its end; never later than `now`.
pub(crate) fn find(
    connection: &Connection,
    now: WallTime,
    recording_length: &mut dyn FnMut(&str) -> Option<RecordingLength>,
) -> rusqlite::Result<Interrupted> {
    let last: Option<i64> = connection
        .query_row("SELECT at_us FROM event ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let alive = WallTime::from_unix_micros(last.unwrap_or(0));
    let mut closing = Closing { connection, alive, found: Interrupted::default() };
    closing.recordings(now, recording_length)?;
    closing.offers()?;
    closing.visits()?;
    closing.segments()?;
    closing.calls()?;
    closing.agents()?;
    Ok(closing.found)
}

fn call_id(row: &rusqlite::Row<'_>) -> rusqlite::Result<CallId> {
    Ok(CallId(row.get::<_, i64>(0)?.unsigned_abs()))
}

fn ms_between(from_us: i64, to: WallTime) -> u64 {
    u64::try_from(to.unix_micros().saturating_sub(from_us) / 1000).unwrap_or(0)
}

impl Closing<'_> {
    fn push(&mut self, kind: EventKind) {
        self.found.events.push(Event { at: self.alive, kind });
    }

    /// Runs `sql` and queues the event that `close` makes of each row.
    fn each(
        &mut self,
        sql: &str,
        close: impl Fn(&rusqlite::Row<'_>, WallTime) -> rusqlite::Result<EventKind>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at = self.end_of(call_id(row)?)?;
            let kind = close(row, at)?;
            self.found.events.push(Event { at, kind });
        }
        Ok(())
    }

    /// When a cut-off call ended: when the box was last seen alive, or, where its last segment had
    /// ended already and only the call's own end was missing, at that segment's end.
    fn end_of(&self, call: CallId) -> rusqlite::Result<WallTime> {
        let ended: Option<i64> = self
            .connection
            .query_row(
                "SELECT CASE WHEN EXISTS
                     (SELECT 1 FROM segment WHERE call_id = call.id AND ended_at_us IS NULL)
                 THEN NULL
                 ELSE coalesce((SELECT max(ended_at_us) FROM segment WHERE call_id = call.id),
                     began_at_us)
                 END FROM call WHERE id = ?1",
                [crate::value::integer(call.0)],
                |row| row.get(0),
            )
            .optional()?
            .flatten();
        Ok(ended.map_or(self.alive, WallTime::from_unix_micros))
    }

    /// Recordings come first: the longest of them may show that the box lived on a little.
    fn recordings(
        &mut self,
        now: WallTime,
        recording_length: &mut dyn FnMut(&str) -> Option<RecordingLength>,
    ) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(
            "SELECT call_id, path, began_at_us FROM recording WHERE ended_at_us IS NULL",
        )?;
        let mut kinds = Vec::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let path: String = row.get(1)?;
            let began = WallTime::from_unix_micros(row.get(2)?);
            let length =
                recording_length(&path).unwrap_or(RecordingLength { duration_ms: 0, bytes: 0 });
            let end = began.plus(std::time::Duration::from_millis(length.duration_ms));
            self.alive = self.alive.max(end.min(now));
            kinds.push(EventKind::RecordingEnded {
                call: call_id(row)?,
                path,
                duration_ms: length.duration_ms,
                bytes: length.bytes,
            });
        }
        kinds.into_iter().for_each(|kind| self.push(kind));
        Ok(())
    }

    fn offers(&mut self) -> rusqlite::Result<()> {
        self.each(
            "SELECT call_id, queue_id, agent_id, began_at_us FROM offer WHERE ended_at_us IS NULL",
            |row, at| {
                Ok(EventKind::OfferEnded {
                    call: call_id(row)?,
                    queue: QueueId(row.get(1)?),
                    agent: AgentId(row.get(2)?),
                    outcome: OfferOutcome::Cancelled,
                    rang_ms: ms_between(row.get(3)?, at),
                })
            },
        )
    }

    fn visits(&mut self) -> rusqlite::Result<()> {
        self.each(
            "SELECT call_id, queue_id, entered_at_us, first_position FROM queue_visit
             WHERE left_at_us IS NULL",
            |row, at| {
                Ok(EventKind::QueueLeft {
                    call: call_id(row)?,
                    queue: QueueId(row.get(1)?),
                    outcome: QueueOutcome::Interrupted,
                    wait_ms: ms_between(row.get(2)?, at),
                    position: row.get(3)?,
                    agent: None,
                    first_position: row.get(3)?,
                    because: None,
                })
            },
        )
    }

    fn segments(&mut self) -> rusqlite::Result<()> {
        self.each("SELECT call_id, segment FROM segment WHERE ended_at_us IS NULL", |row, _| {
            Ok(EventKind::SegmentEnded { call: call_id(row)?, segment: SegmentId(row.get(1)?) })
        })
    }

    fn calls(&mut self) -> rusqlite::Result<()> {
        let mut statement =
            self.connection.prepare("SELECT id FROM call WHERE ended_at_us IS NULL ORDER BY id")?;
        let calls: Vec<CallId> =
            statement.query_map([], call_id)?.collect::<rusqlite::Result<_>>()?;
        for call in &calls {
            let kind = EventKind::CallEnded {
                call: *call,
                cause: Cause::TemporaryFailure,
                by: Party::Box,
                disposition: Disposition::Interrupted,
            };
            let at = self.end_of(*call)?;
            self.found.events.push(Event { at, kind });
        }
        self.found.calls = calls;
        Ok(())
    }

    fn agents(&mut self) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(
            "SELECT agent_id, work_number, state, extension, reason FROM agent_state
             WHERE ended_at_us IS NULL AND state <> 'logged-out' ORDER BY agent_id",
        )?;
        let agents = statement.query_map([], |row| {
            Ok(InterruptedAgent {
                agent: AgentId(row.get(0)?),
                work_number: word::number(1, &row.get::<_, String>(1)?)?,
                state: word::parse(2, &row.get::<_, String>(2)?)?,
                extension: row
                    .get::<_, Option<String>>(3)?
                    .map(|e| word::number(3, &e))
                    .transpose()?,
                reason: row.get(4)?,
            })
        })?;
        let agents: Vec<InterruptedAgent> = agents.collect::<rusqlite::Result<_>>()?;
        for agent in &agents {
            self.push(EventKind::AgentChanged {
                agent: agent.agent,
                work_number: agent.work_number,
                state: AgentState::LoggedOut,
                extension: None,
                reason: "the box stopped".to_owned(),
                call: None,
            });
        }
        self.found.agents = agents;
        Ok(())
    }
}

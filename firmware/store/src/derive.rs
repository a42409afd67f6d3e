//! What an event changes in the derived tables: one pure function.
//!
//! It looks at nothing but the event and its row number, so that the tables can be made again from
//! the log. Every statement is written so that an event which does not fit (a second beginning, an
//! end without a beginning) changes nothing rather than failing: the log keeps it, the tables stay
//! sound. Times never run backwards within a call, even where the calendar clock was set back.

use std::borrow::Cow;

use arrayvec::ArrayVec;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tipring_events::{Event, EventKind};
use tipring_line::{CallId, Number};

use crate::figures::work::Work;
use crate::word::word;

/// The tables that are derived, to be emptied before they are made again.
pub(crate) const DERIVED_TABLES: [&str; 8] = [
    "call",
    "segment",
    "queue_visit",
    "offer",
    "agent_state",
    "recording",
    "figure",
    "figure_name",
];

/// One value bound to a statement.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(i) => ValueRef::Integer(*i),
            Value::Text(t) => ValueRef::Text(t.as_bytes()),
        }))
    }
}

/// One statement to run, with its values.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) sql: &'static str,
    pub(crate) values: ArrayVec<Value<'a>, 9>,
    /// What the rows it returns have completed, where it returns any.
    pub(crate) completes: Option<Work>,
}

/// The statements of one event, in order.
pub(crate) type Changes<'a> = ArrayVec<Change<'a>, 3>;

fn change<'a, const N: usize>(sql: &'static str, values: [Value<'a>; N]) -> Change<'a> {
    Change { sql, values: values.into_iter().collect(), completes: None }
}

/// A change that returns the rows it has completed.
fn completion<'a, const N: usize>(
    completes: Work,
    sql: &'static str,
    values: [Value<'a>; N],
) -> Change<'a> {
    Change { completes: Some(completes), ..change(sql, values) }
}

/// A count or an id as SQLite keeps it. None comes near the limit in a box's life.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl From<CallId> for Value<'_> {
    fn from(call: CallId) -> Self {
        Value::Integer(integer(call.0))
    }
}
impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Integer(integer(value))
    }
}
impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}
impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Value::Integer(value.into())
    }
}
impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::Text(Cow::Owned(value))
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}
impl<'a> From<&'a Number> for Value<'a> {
    fn from(value: &'a Number) -> Self {
        Value::Text(Cow::Borrowed(value.as_str()))
    }
}
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// What the event in row `id` of the log changes.
pub(crate) fn derive(id: i64, event: &Event) -> Changes<'_> {
    let at = event.at.unix_micros();
    match &event.kind {
        EventKind::CallBegan { .. }
        | EventKind::CallerKnown { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::CallTransferred { .. }
        | EventKind::CallEnded { .. } => of_call(at, &event.kind),
        EventKind::SegmentBegan { .. } | EventKind::SegmentEnded { .. } => {
            of_segment(at, &event.kind)
        }
        EventKind::QueueEntered { .. } | EventKind::QueueLeft { .. } => {
            of_visit(id, at, &event.kind)
        }
        EventKind::OfferBegan { .. } | EventKind::OfferEnded { .. } => {
            of_offer(id, at, &event.kind)
        }
        EventKind::RecordingBegan { .. } | EventKind::RecordingEnded { .. } => {
            of_recording(id, at, &event.kind)
        }
        EventKind::AgentChanged { .. } => of_agent(id, at, &event.kind),
        EventKind::FlowNode { .. }
        | EventKind::KeyPressed { .. }
        | EventKind::PositionChanged { .. }
        | EventKind::TransferFailed { .. }
        | EventKind::CallParked { .. }
        | EventKind::CallUnparked { .. }
        | EventKind::CallPickedUp { .. }
        | EventKind::CallForwarded { .. }
        | EventKind::ConferenceJoined { .. }
        | EventKind::ConferenceLeft { .. }
        | EventKind::PartyMuted { .. }
        | EventKind::MonitorBegan { .. }
        | EventKind::MonitorChanged { .. }
        | EventKind::MonitorEnded { .. }
        | EventKind::TakenOver { .. }
        | EventKind::ForceReleased { .. }
        | EventKind::RecordingPaused { .. }
        | EventKind::RecordingResumed { .. }
        | EventKind::RecordingDiscarded { .. }
        | EventKind::AccountGiven { .. }
        | EventKind::DoNotCallHit { .. }
        | EventKind::ForwardChanged { .. }
        | EventKind::DoNotDisturbChanged { .. }
        | EventKind::LegReplaced { .. }
        | EventKind::RecordingAnnounced { .. }
        | EventKind::MessageWaitingChanged { .. }
        | EventKind::WrapUpExtended { .. }
        | EventKind::LeaveAsked { .. }
        | EventKind::LeaveDecided { .. }
        | EventKind::AgentOverdue { .. }
        | EventKind::AgentForced { .. }
        | EventKind::PriorityChanged { .. }
        | EventKind::QueueMoved { .. }
        | EventKind::CallbackAsked { .. }
        | EventKind::CallbackTried { .. }
        | EventKind::CallbackEnded { .. }
        | EventKind::AbandonedListed { .. }
        | EventKind::AbandonedReached { .. }
        | EventKind::AgentRefused { .. } => Changes::new(),
    }
}

/// An update that returns the columns by which work is counted.
macro_rules! completing {
    ($update:literal, Segment) => {
        concat!($update, " RETURNING call_id, segment, kind, agent_id, began_at_us, ended_at_us")
    };
    ($update:literal, Visit) => {
        concat!(
            $update,
            " RETURNING call_id, event_id, queue_id, entered_at_us, outcome, wait_ms, agent_id"
        )
    };
    ($update:literal, Offer) => {
        concat!($update, " RETURNING queue_id, agent_id, began_at_us, outcome, rang_ms")
    };
    ($update:literal, State) => {
        concat!($update, " RETURNING agent_id, state, reason, call_id, began_at_us, ended_at_us")
    };
    ($update:literal, Call) => {
        concat!($update, " RETURNING id, began_at_us, source, inbound, cause, disposition")
    };
}

fn end_segments<'a>(call: CallId, at: i64) -> Change<'a> {
    completion(
        Work::Segment,
        completing!(
            "UPDATE segment SET ended_at_us = max(?2, began_at_us)
             WHERE call_id = ?1 AND ended_at_us IS NULL",
            Segment
        ),
        [call.into(), at.into()],
    )
}

fn of_call(at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    match kind {
        EventKind::CallBegan { call, source, called, caller, caller_name, inbound } => {
            changes.push(change(
                "INSERT OR IGNORE INTO call
                 (id, began_at_us, source, called, caller, caller_name, inbound, agent_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE WHEN ?7 = 0 THEN
                     (SELECT agent_id FROM agent_state INDEXED BY agent_state_open
                      WHERE ended_at_us IS NULL AND extension = ?5 AND state <> 'logged-out'
                      ORDER BY agent_id LIMIT 1) END)",
                [
                    (*call).into(),
                    at.into(),
                    source.into(),
                    called.as_ref().into(),
                    caller.as_ref().into(),
                    caller_name.into(),
                    Value::Integer((*inbound).into()),
                ],
            ));
        }
        EventKind::CallerKnown { call, caller, caller_name } => changes.push(change(
            "UPDATE call SET caller = ?2, caller_name = ?3 WHERE id = ?1",
            [(*call).into(), caller.as_ref().into(), caller_name.into()],
        )),
        EventKind::CallAnswered { call, certainty } => changes.push(change(
            "UPDATE call SET answered_at_us = max(?2, began_at_us), answer_certainty = ?3
             WHERE id = ?1 AND answered_at_us IS NULL",
            [(*call).into(), at.into(), word(certainty).into()],
        )),
        EventKind::CallTransferred { call, .. } => {
            // What follows is not the placing agent's any more.
            changes.push(change(
                "UPDATE call SET agent_segment = (SELECT max(segment) FROM segment
                     WHERE call_id = ?1)
                 WHERE id = ?1 AND agent_segment IS NULL",
                [(*call).into()],
            ));
        }
        EventKind::CallEnded { call, cause, by, disposition } => {
            changes.push(end_segments(*call, at));
            changes.push(completion(
                Work::Call,
                completing!(
                    "UPDATE call SET cause = ?3, ended_by = ?4, disposition = ?5,
                     ended_at_us = max(?2, began_at_us, coalesce(answered_at_us, 0), coalesce(
                         (SELECT max(ended_at_us) FROM segment WHERE call_id = ?1), 0))
                     WHERE id = ?1 AND ended_at_us IS NULL",
                    Call
                ),
                [
                    (*call).into(),
                    at.into(),
                    word(cause).into(),
                    word(by).into(),
                    word(disposition).into(),
                ],
            ));
        }
        _ => {}
    }
    changes
}

fn of_segment(at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    match kind {
        EventKind::SegmentBegan { call, segment, kind, handler, agent } => {
            changes.push(end_segments(*call, at));
            changes.push(change(
                "INSERT OR IGNORE INTO segment
                 (call_id, segment, kind, handler, agent_id, began_at_us)
                 VALUES (?1, ?2, ?3, ?4, ?5, max(?6, coalesce(
                     (SELECT max(ended_at_us) FROM segment WHERE call_id = ?1),
                     (SELECT began_at_us FROM call WHERE id = ?1), ?6)))",
                [
                    (*call).into(),
                    u32::from(segment.0).into(),
                    word(kind).into(),
                    handler.into(),
                    agent.map(|a| a.0).into(),
                    at.into(),
                ],
            ));
        }
        EventKind::SegmentEnded { call, segment } => changes.push(completion(
            Work::Segment,
            completing!(
                "UPDATE segment SET ended_at_us = max(?3, began_at_us)
                 WHERE call_id = ?1 AND segment = ?2 AND ended_at_us IS NULL",
                Segment
            ),
            [(*call).into(), u32::from(segment.0).into(), at.into()],
        )),
        _ => {}
    }
    changes
}

fn of_visit(id: i64, at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    match kind {
        EventKind::QueueEntered { call, queue, queue_name, position, .. } => {
            changes.push(change(
                "INSERT OR IGNORE INTO queue_visit
                 (call_id, event_id, queue_id, queue_name, entered_at_us, first_position)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                [
                    (*call).into(),
                    id.into(),
                    queue.0.into(),
                    queue_name.into(),
                    at.into(),
                    (*position).into(),
                ],
            ));
            changes.push(name(0, queue.0, queue_name.into()));
        }
        EventKind::QueueLeft { call, queue, outcome, wait_ms, position, agent, .. } => {
            changes.push(completion(
                Work::Visit,
                completing!(
                    "UPDATE queue_visit SET left_at_us = max(?3, entered_at_us), outcome = ?4,
                     wait_ms = ?5, last_position = ?6, agent_id = ?7
                     WHERE call_id = ?1 AND queue_id = ?2 AND left_at_us IS NULL",
                    Visit
                ),
                [
                    (*call).into(),
                    queue.0.into(),
                    at.into(),
                    word(outcome).into(),
                    (*wait_ms).into(),
                    (*position).into(),
                    agent.map(|a| a.0).into(),
                ],
            ));
        }
        _ => {}
    }
    changes
}

fn of_offer(id: i64, at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    match kind {
        EventKind::OfferBegan { call, queue, agent, extension } => changes.push(change(
            "INSERT OR IGNORE INTO offer
             (call_id, event_id, queue_id, agent_id, extension, began_at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [
                (*call).into(),
                id.into(),
                queue.0.into(),
                agent.0.into(),
                extension.into(),
                at.into(),
            ],
        )),
        EventKind::OfferEnded { call, agent, outcome, rang_ms, .. } => changes.push(completion(
            Work::Offer,
            completing!(
                "UPDATE offer SET ended_at_us = max(?3, began_at_us), outcome = ?4, rang_ms = ?5
                 WHERE call_id = ?1 AND agent_id = ?2 AND ended_at_us IS NULL",
                Offer
            ),
            [(*call).into(), agent.0.into(), at.into(), word(outcome).into(), (*rang_ms).into()],
        )),
        _ => {}
    }
    changes
}

fn of_recording(id: i64, at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    match kind {
        EventKind::RecordingBegan { call, path } => changes.push(change(
            "INSERT OR IGNORE INTO recording (call_id, event_id, path, began_at_us)
             VALUES (?1, ?2, ?3, ?4)",
            [(*call).into(), id.into(), path.into(), at.into()],
        )),
        EventKind::RecordingEnded { call, path, duration_ms, bytes } => changes.push(change(
            "UPDATE recording SET ended_at_us = max(?3, began_at_us), duration_ms = ?4, bytes = ?5
             WHERE call_id = ?1 AND path = ?2 AND ended_at_us IS NULL",
            [(*call).into(), path.into(), at.into(), (*duration_ms).into(), (*bytes).into()],
        )),
        _ => {}
    }
    changes
}

/// Remembers what a queue (0) or an agent (1) is called, where that is new.
fn name(subject: u32, id: u32, name: Value<'_>) -> Change<'_> {
    change(
        "INSERT INTO figure_name (subject, id, name) VALUES (?1, ?2, ?3)
         ON CONFLICT (subject, id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
        [subject.into(), id.into(), name],
    )
}

fn of_agent(id: i64, at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    if let EventKind::AgentChanged { agent, work_number, state, extension, reason, call } = kind {
        changes.push(completion(
            Work::State,
            completing!(
                "UPDATE agent_state INDEXED BY agent_state_open
                 SET ended_at_us = max(?2, began_at_us)
                 WHERE agent_id = ?1 AND ended_at_us IS NULL",
                State
            ),
            [agent.0.into(), at.into()],
        ));
        changes.push(change(
            "INSERT OR IGNORE INTO agent_state
             (agent_id, event_id, work_number, state, extension, reason, call_id, began_at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            [
                agent.0.into(),
                id.into(),
                work_number.into(),
                word(state).into(),
                extension.as_ref().into(),
                reason.into(),
                (*call).into(),
                at.into(),
            ],
        ));
        changes.push(name(1, agent.0, work_number.into()));
    }
    changes
}

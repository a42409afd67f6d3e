//! What an event changes in the derived tables: one pure function.
//!
//! It looks at nothing but the event and its row number, so that the tables can be made again from
//! the log. Every statement is written so that an event which does not fit (a second beginning, an
//! end without a beginning) changes nothing rather than failing: the log keeps it, the tables stay
//! sound. Times never run backwards within a call, even where the calendar clock was set back.

use arrayvec::ArrayVec;
use tipring_events::{Event, EventKind, Removal, SegmentKind};
use tipring_line::{CallId, Number};

use crate::figures::work::Work;
use crate::places::{self, Place};
use crate::value::Value;
use crate::word::word;

/// The tables that are derived, to be emptied before they are made again.
pub(crate) const DERIVED_TABLES: [&str; 11] = [
    "call",
    "segment",
    "queue_visit",
    "offer",
    "agent_state",
    "recording",
    "figure",
    "figure_name",
    "extension_setting",
    "span_setting",
    "call_place",
];

/// One statement to run, with its values.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) sql: &'static str,
    pub(crate) values: ArrayVec<Value<'a>, 9>,
    /// What the rows it returns have completed, where it returns any.
    pub(crate) completes: Option<Work>,
}

/// The statements of one event, in order.
pub(crate) type Changes<'a> = ArrayVec<Change<'a>, 7>;

pub(crate) fn change<'a, const N: usize>(sql: &'static str, values: [Value<'a>; N]) -> Change<'a> {
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
        EventKind::RecordingBegan { .. }
        | EventKind::RecordingEnded { .. }
        | EventKind::RecordingDiscarded { .. }
        | EventKind::RecordingRemoved { .. } => of_recording(id, at, &event.kind),
        EventKind::ForwardChanged { .. }
        | EventKind::DoNotDisturbChanged { .. }
        | EventKind::MessageWaitingChanged { .. } => of_extension(id, &event.kind),
        EventKind::SpanServiceChanged { span, .. } => of_span(id, span),
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
        | EventKind::AccountGiven { .. }
        | EventKind::DoNotCallHit { .. }
        | EventKind::LegReplaced { .. }
        | EventKind::CallRedirected { .. }
        | EventKind::PartyConnected { .. }
        | EventKind::PartyNotified { .. }
        | EventKind::ComponentsReceived { .. }
        | EventKind::RecordingAnnounced { .. }
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
        EventKind::CallBegan { .. } => return call_began(at, kind),
        EventKind::CallerKnown { call, caller, caller_name } => {
            changes.extend(places::not_by_caller(*call));
            changes.push(change(
                "UPDATE call SET caller = ?2, caller_name = ?3, caller_reversed = ?4 WHERE id = ?1",
                [
                    (*call).into(),
                    caller.as_ref().into(),
                    caller_name.into(),
                    caller.as_ref().map(places::reversed).into(),
                ],
            ));
            changes.extend(numbers(*call, [caller.as_ref()]));
        }
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

fn call_began(at: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    let EventKind::CallBegan { call, source, called, caller, caller_name, inbound } = kind else {
        return changes;
    };
    changes.push(change(
        "INSERT OR IGNORE INTO call
         (id, began_at_us, source, called, caller, caller_name, inbound, caller_reversed,
          agent_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN ?7 = 0 THEN
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
            caller.as_ref().map(places::reversed).into(),
        ],
    ));
    changes.extend(numbers(*call, [caller.as_ref(), called.as_ref().filter(|_| !inbound)]));
    changes
}

/// A call is found by these numbers, from the beginning and from the end on.
fn numbers<'a, const N: usize>(
    call: CallId,
    numbers: [Option<&'a Number>; N],
) -> impl Iterator<Item = Change<'a>> {
    let both = move |number: &Number| {
        [Place::Number, Place::Reversed].map(|place| places::by_number(place, call, number))
    };
    numbers.into_iter().flatten().flat_map(both).collect::<ArrayVec<_, 4>>().into_iter()
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
            if let Some(agent) = agent {
                changes.push(places::by(Place::Agent, *call, agent.0.to_string()));
                if *kind == SegmentKind::Talk {
                    changes.push(places::by(Place::Talker, *call, handler.clone()));
                }
            }
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
            changes.push(places::by(Place::Queue, *call, queue.0.to_string()));
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
        EventKind::RecordingDiscarded { call, path } => {
            changes.push(removed(*call, path, at, Removal::TooShort));
        }
        EventKind::RecordingRemoved { call, path, because } => {
            changes.push(removed(*call, path, at, *because));
        }
        _ => {}
    }
    changes
}

fn removed(call: CallId, path: &String, at: i64, because: Removal) -> Change<'_> {
    change(
        "UPDATE recording SET removed_at_us = max(?3, began_at_us), removed_because = ?4
         WHERE call_id = ?1 AND path = ?2 AND removed_at_us IS NULL",
        [call.into(), path.into(), at.into(), word(because).into()],
    )
}

/// Remembers what was set of an extension last, as the event says it.
fn of_extension(id: i64, kind: &EventKind) -> Changes<'_> {
    let mut changes = Changes::new();
    let (extension, setting) = match kind {
        EventKind::ForwardChanged { extension, when, .. } => {
            (extension, format!("forward-{}", word(when)))
        }
        EventKind::DoNotDisturbChanged { extension, .. } => {
            (extension, "do-not-disturb".to_owned())
        }
        EventKind::MessageWaitingChanged { extension, .. } => {
            (extension, "message-waiting".to_owned())
        }
        _ => return changes,
    };
    changes.push(change(
        "INSERT OR REPLACE INTO extension_setting (extension, setting, event_id, body)
         SELECT ?1, ?2, id, body FROM event WHERE id = ?3",
        [extension.into(), setting.into(), id.into()],
    ));
    changes
}

/// Remembers which channels of a span were taken out of service last.
fn of_span(id: i64, span: &String) -> Changes<'_> {
    let remembered = change(
        "INSERT OR REPLACE INTO span_setting (span, event_id, body)
         SELECT ?1, id, body FROM event WHERE id = ?2",
        [span.into(), id.into()],
    );
    Changes::from_iter([remembered])
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

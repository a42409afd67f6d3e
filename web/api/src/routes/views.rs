//! Past calls as the API shows them.

use serde::Serialize;
use tipring_clock::WallTime;
use tipring_events::{
    AgentId, EventKind, OfferOutcome, Party, QueueId, QueueOutcome, Removal, SegmentId, SegmentKind,
};
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};
use tipring_store as store;
use utoipa::ToSchema;

fn ms(time: Option<WallTime>) -> Option<i64> {
    time.map(WallTime::unix_millis)
}

/// One call, as the list shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Call {
    /// The call.
    call: CallId,
    /// When it began.
    began_ms: i64,
    /// When the caller was answered.
    answered_ms: Option<i64>,
    /// How surely the called party answered: a line without polarity service only lets it be
    /// estimated.
    answer_certainty: Option<AnswerCertainty>,
    /// When it ended; null while it lasts.
    ended_ms: Option<i64>,
    /// Where it came in.
    source: String,
    /// The number called.
    called: Option<Number>,
    /// The number that calls.
    caller: Option<Number>,
    /// The name that calls, empty if unknown.
    caller_name: String,
    /// Whether it came from outside.
    inbound: bool,
    /// Why it ended.
    cause: Option<Cause>,
    /// Who ended it.
    ended_by: Option<Party>,
    /// How it turned out.
    disposition: Option<Disposition>,
    /// The work number of the agent who talked last, if one did.
    agent: Option<String>,
    /// The queue it waited in last.
    queue: Option<String>,
    /// How long two parties talked.
    talk_ms: u64,
    /// Whether there is a recording that can be heard.
    recorded: bool,
}

impl From<store::CallSummary> for Call {
    fn from(row: store::CallSummary) -> Self {
        Call {
            call: row.call,
            began_ms: row.began.unix_millis(),
            answered_ms: ms(row.answered),
            answer_certainty: row.answer_certainty,
            ended_ms: ms(row.ended),
            source: row.source,
            called: row.called,
            caller: row.caller,
            caller_name: row.caller_name,
            inbound: row.inbound,
            cause: row.cause,
            ended_by: row.ended_by,
            disposition: row.disposition,
            agent: row.agent,
            queue: row.queue,
            talk_ms: row.talk_ms,
            recorded: row.recorded,
        }
    }
}

/// A page of calls, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallList {
    /// The calls.
    calls: Vec<Call>,
    /// What to give as `after` to go on; null at the end.
    next: Option<String>,
}

impl From<store::CallPage> for CallList {
    fn from(page: store::CallPage) -> Self {
        CallList {
            calls: page.calls.into_iter().map(Call::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// A stretch of a call with one handler.
#[derive(Serialize, ToSchema)]
pub(crate) struct Segment {
    /// Counted from 1 within the call.
    segment: SegmentId,
    /// What handled the call.
    kind: SegmentKind,
    /// Who: flow name, queue name, agent's work number or extension.
    handler: String,
    /// The agent, where one was in it.
    agent: Option<AgentId>,
    /// When it began.
    began_ms: i64,
    /// When it ended.
    ended_ms: Option<i64>,
}

/// One wait in one queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueueVisit {
    /// The queue.
    queue: QueueId,
    /// Its name at that time.
    queue_name: String,
    /// When the caller entered.
    entered_ms: i64,
    /// The place at first, from 1.
    first_position: u32,
    /// When the caller left.
    left_ms: Option<i64>,
    /// How the visit ended.
    outcome: Option<QueueOutcome>,
    /// How long the caller waited.
    wait_ms: Option<u64>,
    /// The place at last.
    last_position: Option<u32>,
    /// The agent who answered.
    agent: Option<AgentId>,
}

/// One offer of a call to an agent.
#[derive(Serialize, ToSchema)]
pub(crate) struct Offer {
    /// The queue.
    queue: QueueId,
    /// The agent.
    agent: AgentId,
    /// Where the agent was rung.
    extension: Number,
    /// When it began.
    began_ms: i64,
    /// When it ended.
    ended_ms: Option<i64>,
    /// How it ended.
    outcome: Option<OfferOutcome>,
    /// How long it rang.
    rang_ms: Option<u64>,
}

/// One recording. Its sound is at `/api/calls/{call}/recording?part=` and its place in the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recording {
    /// The file, relative to the recordings folder.
    path: String,
    /// When it began.
    began_ms: i64,
    /// When it ended; null while it goes on.
    ended_ms: Option<i64>,
    /// How long it is.
    duration_ms: Option<u64>,
    /// How large its file is, or was.
    bytes: Option<u64>,
    /// When its file was removed; null while it is there.
    removed_ms: Option<i64>,
    /// Why its file was removed.
    removed_because: Option<Removal>,
}

/// What keeps a call from being removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct LegalHold {
    /// Which of its recordings, from 1; 0 for the call with all that is known of it.
    part: u32,
    /// Since when.
    since_ms: i64,
    /// Who set it.
    who: String,
    /// Why.
    reason: String,
}

/// One logged event of a call.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedEvent {
    /// The row's number in the log.
    id: u64,
    /// When it happened.
    at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    kind: EventKind,
}

/// One call and everything known of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallDetail {
    /// The call itself.
    #[serde(flatten)]
    call: Call,
    /// What handled it, in order.
    segments: Vec<Segment>,
    /// Its waits, in order.
    visits: Vec<QueueVisit>,
    /// Its offers to agents, in order.
    offers: Vec<Offer>,
    /// Its recordings, in order.
    recordings: Vec<Recording>,
    /// What keeps it, or one of its recordings, from being removed.
    holds: Vec<LegalHold>,
    /// Everything logged about it, in order; at most 2,000.
    events: Vec<LoggedEvent>,
}

impl From<store::CallDetail> for CallDetail {
    fn from(detail: store::CallDetail) -> Self {
        CallDetail {
            call: detail.call.into(),
            segments: detail.segments.into_iter().map(Segment::from).collect(),
            visits: detail.visits.into_iter().map(QueueVisit::from).collect(),
            offers: detail.offers.into_iter().map(Offer::from).collect(),
            recordings: detail.recordings.into_iter().map(Recording::from).collect(),
            holds: detail.holds.into_iter().map(LegalHold::from).collect(),
            events: detail.events.into_iter().map(LoggedEvent::from).collect(),
        }
    }
}

impl From<store::SegmentRow> for Segment {
    fn from(row: store::SegmentRow) -> Self {
        Segment {
            segment: row.segment,
            kind: row.kind,
            handler: row.handler,
            agent: row.agent,
            began_ms: row.began.unix_millis(),
            ended_ms: ms(row.ended),
        }
    }
}

impl From<store::QueueVisitRow> for QueueVisit {
    fn from(row: store::QueueVisitRow) -> Self {
        QueueVisit {
            queue: row.queue,
            queue_name: row.queue_name,
            entered_ms: row.entered.unix_millis(),
            first_position: row.first_position,
            left_ms: ms(row.left),
            outcome: row.outcome,
            wait_ms: row.wait_ms,
            last_position: row.last_position,
            agent: row.agent,
        }
    }
}

impl From<store::OfferRow> for Offer {
    fn from(row: store::OfferRow) -> Self {
        Offer {
            queue: row.queue,
            agent: row.agent,
            extension: row.extension,
            began_ms: row.began.unix_millis(),
            ended_ms: ms(row.ended),
            outcome: row.outcome,
            rang_ms: row.rang_ms,
        }
    }
}

impl From<store::RecordingRow> for Recording {
    fn from(row: store::RecordingRow) -> Self {
        Recording {
            path: row.path,
            began_ms: row.began.unix_millis(),
            ended_ms: ms(row.ended),
            duration_ms: row.duration_ms,
            bytes: row.bytes,
            removed_ms: ms(row.removed.map(|(at, _)| at)),
            removed_because: row.removed.map(|(_, because)| because),
        }
    }
}

impl From<store::LegalHold> for LegalHold {
    fn from(hold: store::LegalHold) -> Self {
        let since_ms = hold.at.unix_millis();
        LegalHold { part: hold.part, since_ms, who: hold.who, reason: hold.reason }
    }
}

impl From<store::LoggedEvent> for LoggedEvent {
    fn from(row: store::LoggedEvent) -> Self {
        LoggedEvent { id: row.id, at_ms: row.at.unix_millis(), kind: row.kind }
    }
}

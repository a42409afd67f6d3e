//! The vocabulary of the call-event log (seam 5): everything that can happen to a call, a queue
//! visit and an agent, as one serialisable enum.
//!
//! The machines (`switch`, `ivr`, `acd`) say these words, `store` writes each as one row in the
//! append-only log together with the state it changes, and the web shows them live. Compare
//! Asterisk's `queue_log` and CEL, FreeSWITCH's `CC-Action`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod callback;
mod command;
mod event_table;
mod live;
mod span;
mod words;

pub use callback::{CallbackOutcome, QueueCause};
pub use command::{Command, ForwardWhen, MonitorMode, RecordingOrder, Refusal, Reply};
pub use event_table::EventKind;
pub use live::{
    LineKind, LineState, LiveAbandoned, LiveAgent, LiveCall, LiveCallback, LiveEvent, LiveForward,
    LiveLine, LiveMonitor, LiveParty, LiveQueue, LiveReason, LiveRedirection, LiveSegment,
    LiveState, LiveWaiting, PartyState,
};
pub use span::{
    LiveSpan, LiveSpanChannel, SpanAlarm, SpanChannelState, SpanErrorCounts, SpanKind, SpanLink,
    SpanStatus,
};
use tipring_clock::WallTime;
use tipring_line::CallId;
pub use words::{
    AgentId, AgentState, OfferOutcome, Party, QueueId, QueueOutcome, Removal, SegmentId,
    SegmentKind,
};

/// One event, as it is logged.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When it happened.
    pub at: WallTime,
    /// What happened.
    pub kind: EventKind,
}

impl EventKind {
    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            EventKind::CallBegan { call, .. }
            | EventKind::CallerKnown { call, .. }
            | EventKind::CallAnswered { call, .. }
            | EventKind::SegmentBegan { call, .. }
            | EventKind::SegmentEnded { call, .. }
            | EventKind::FlowNode { call, .. }
            | EventKind::KeyPressed { call, .. }
            | EventKind::QueueEntered { call, .. }
            | EventKind::PositionChanged { call, .. }
            | EventKind::QueueLeft { call, .. }
            | EventKind::OfferBegan { call, .. }
            | EventKind::OfferEnded { call, .. }
            | EventKind::RecordingBegan { call, .. }
            | EventKind::RecordingEnded { call, .. }
            | EventKind::CallTransferred { call, .. }
            | EventKind::TransferFailed { call, .. }
            | EventKind::CallParked { call, .. }
            | EventKind::CallUnparked { call, .. }
            | EventKind::CallPickedUp { call, .. }
            | EventKind::CallForwarded { call, .. }
            | EventKind::ConferenceJoined { call, .. }
            | EventKind::ConferenceLeft { call, .. }
            | EventKind::PartyMuted { call, .. }
            | EventKind::MonitorBegan { call, .. }
            | EventKind::MonitorChanged { call, .. }
            | EventKind::MonitorEnded { call, .. }
            | EventKind::TakenOver { call, .. }
            | EventKind::ForceReleased { call, .. }
            | EventKind::RecordingPaused { call, .. }
            | EventKind::RecordingResumed { call, .. }
            | EventKind::RecordingDiscarded { call, .. }
            | EventKind::RecordingRemoved { call, .. }
            | EventKind::AccountGiven { call, .. }
            | EventKind::DoNotCallHit { call, .. }
            | EventKind::LegReplaced { call, .. }
            | EventKind::CallRedirected { call, .. }
            | EventKind::PartyConnected { call, .. }
            | EventKind::PartyNotified { call, .. }
            | EventKind::ComponentsReceived { call, .. }
            | EventKind::RecordingAnnounced { call }
            | EventKind::CallEnded { call, .. } => Some(*call),
            EventKind::PriorityChanged { call, .. }
            | EventKind::QueueMoved { call, .. }
            | EventKind::CallbackTried { call, .. }
            | EventKind::AbandonedListed { call, .. } => Some(*call),
            EventKind::CallbackAsked { call, .. }
            | EventKind::CallbackEnded { call, .. }
            | EventKind::AbandonedReached { call, .. } => *call,
            EventKind::WrapUpExtended { .. }
            | EventKind::LeaveAsked { .. }
            | EventKind::LeaveDecided { .. }
            | EventKind::AgentOverdue { .. }
            | EventKind::AgentForced { .. } => None,
            EventKind::AgentChanged { call, .. } => *call,
            EventKind::AgentRefused { .. }
            | EventKind::ForwardChanged { .. }
            | EventKind::DoNotDisturbChanged { .. }
            | EventKind::SpanServiceChanged { .. }
            | EventKind::MessageWaitingChanged { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_from_its_json() {
        let kind = EventKind::QueueLeft {
            call: CallId(7),
            queue: QueueId(1),
            outcome: QueueOutcome::ShortAbandoned,
            wait_ms: 1200,
            position: 2,
            agent: None,
            first_position: 4,
            because: None,
        };
        let json = serde_json::to_string(&kind).unwrap();
        assert!(json.starts_with(r#"{"event":"queue-left","call":7,"#), "{json}");
        assert_eq!(serde_json::from_str::<EventKind>(&json).unwrap(), kind);
        assert_eq!(kind.call(), Some(CallId(7)));
        // A row written before the last two fields were known.
        let old = r#"{"event":"queue-left","call":7,"queue":1,"outcome":"answered","wait_ms":1,
            "position":1,"agent":3}"#;
        let read = serde_json::from_str::<EventKind>(old).unwrap();
        assert!(matches!(read, EventKind::QueueLeft { first_position: 0, because: None, .. }));
    }
}

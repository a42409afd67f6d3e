//! What must hold for every call, whatever happens: checked against the log as it is written.

use std::collections::{HashMap, HashSet};

use tipring_clock::{Duration, Instant};
use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, QueueId, SegmentId};
use tipring_line::{CallId, Number};

#[derive(Default)]
struct CallAccount {
    began: Instant,
    segment: Option<(SegmentId, Instant)>,
    last_segment_end: Option<Instant>,
    segments_us: u64,
    visit: Option<QueueId>,
    talks_with: Option<AgentId>,
    recording: Option<String>,
}

/// Follows the log and complains, by panicking, about the first thing that must not be.
#[derive(Default)]
pub struct Ledger {
    open: HashMap<CallId, CallAccount>,
    offers: HashMap<AgentId, CallId>,
    /// Until when an agent who missed, or refused, an offer is left alone.
    rests: HashMap<AgentId, Instant>,
    agents: HashMap<AgentId, (AgentState, Option<CallId>)>,
    monitors: HashSet<(CallId, Number)>,
    parked: HashMap<Number, CallId>,
    /// Calls that have ended.
    pub calls_ended: u64,
    /// Queue visits that have ended.
    pub visits_ended: u64,
    /// Offers that have ended.
    pub offers_ended: u64,
    /// Calls that were answered by an agent.
    pub answered: u64,
}

impl Ledger {
    /// Takes one event of the log.
    pub fn write(&mut self, now: Instant, event: &EventKind) {
        match event {
            EventKind::CallBegan { call, .. } => {
                let account = CallAccount { began: now, ..CallAccount::default() };
                assert!(self.open.insert(*call, account).is_none(), "call {call} began twice");
            }
            EventKind::CallEnded { call, .. } => self.call_ended(now, *call),
            EventKind::SegmentBegan { call, segment, .. } => {
                let account = self.account(*call);
                assert!(account.segment.is_none(), "call {call}: two segments at once");
                let gap = account.last_segment_end.unwrap_or(account.began) != now;
                assert!(!gap, "call {call}: a gap before segment {segment:?}");
                account.segment = Some((*segment, now));
            }
            EventKind::SegmentEnded { call, segment } => {
                let account = self.account(*call);
                let (id, began) = account.segment.take().expect("a segment that began");
                assert_eq!(id, *segment, "call {call}: another segment ended");
                account.segments_us += now.as_micros() - began.as_micros();
                account.last_segment_end = Some(now);
            }
            EventKind::QueueEntered { call, queue, .. } => {
                let before = self.account(*call).visit.replace(*queue);
                assert_eq!(before, None, "call {call} waits twice");
            }
            EventKind::QueueLeft { call, queue, .. } => {
                let before = self.account(*call).visit.take();
                assert_eq!(before, Some(*queue), "call {call} left where it did not wait");
                self.visits_ended += 1;
            }
            EventKind::OfferBegan { call, agent, .. } => {
                assert!(self.account(*call).visit.is_some(), "call {call} is offered, not waiting");
                let before = self.offers.insert(*agent, *call);
                assert_eq!(before, None, "agent {agent:?} is offered two calls");
            }
            EventKind::OfferEnded { call, agent, outcome, .. } => {
                let rest = match outcome {
                    OfferOutcome::Answered | OfferOutcome::Cancelled => Duration::ZERO,
                    OfferOutcome::NoAnswer => Duration::from_secs(1),
                    _ => Duration::from_secs(5),
                };
                self.rests.insert(*agent, now + rest);
                let before = self.offers.remove(agent);
                assert_eq!(before, Some(*call), "agent {agent:?}: another offer ended");
                self.offers_ended += 1;
            }
            EventKind::AgentChanged { agent, state, call, .. } => {
                self.agent_changed(*agent, *state, *call);
            }
            EventKind::RecordingBegan { call, path } => {
                let before = self.account(*call).recording.replace(path.clone());
                assert_ne!(before.as_ref(), Some(path), "call {call}: a file is written twice");
            }
            event => self.of_a_feature(event),
        }
    }

    /// What telephone features and supervision say.
    fn of_a_feature(&mut self, event: &EventKind) {
        match event {
            EventKind::CallTransferred { call, consulted, .. } => {
                assert!(self.open.contains_key(call), "call {call} is transferred, but no more");
                if let Some(other) = consulted {
                    assert!(
                        self.open.contains_key(other),
                        "call {other} was consulted, but no more"
                    );
                    assert_ne!(call, other, "a call is its own consultation");
                }
            }
            EventKind::MonitorBegan { call, extension, .. } => {
                let new = self.monitors.insert((*call, *extension));
                assert!(new && self.open.contains_key(call), "call {call} is monitored twice");
            }
            EventKind::MonitorEnded { call, extension } => {
                let was = self.monitors.remove(&(*call, *extension));
                assert!(was, "call {call}: monitoring that never began has ended");
            }
            EventKind::CallParked { call, place, .. } => {
                let before = self.parked.insert(*place, *call);
                assert_eq!(before, None, "two calls at parking place {place}");
            }
            EventKind::CallUnparked { call, place, .. } => {
                let before = self.parked.remove(place);
                assert_eq!(before, Some(*call), "another call left parking place {place}");
            }
            event => {
                if let Some(call) = event.call() {
                    let after_the_end = matches!(
                        event,
                        EventKind::RecordingEnded { .. } | EventKind::RecordingDiscarded { .. }
                    );
                    assert!(after_the_end || self.open.contains_key(&call), "{event:?} of no call");
                }
            }
        }
    }

    fn account(&mut self, call: CallId) -> &mut CallAccount {
        self.open.get_mut(&call).unwrap_or_else(|| panic!("an event of call {call}, not begun"))
    }

    fn call_ended(&mut self, now: Instant, call: CallId) {
        let monitored = self.monitors.iter().any(|(monitored, _)| *monitored == call);
        assert!(!monitored, "call {call} ended, but its monitoring did not");
        let account = self.open.remove(&call).unwrap_or_else(|| panic!("call {call} ended twice"));
        assert!(account.segment.is_none(), "call {call} ended within a segment");
        assert_eq!(account.visit, None, "call {call} ended within a queue visit");
        let duration_us = now.as_micros() - account.began.as_micros();
        assert_eq!(account.segments_us, duration_us, "call {call}: segments do not add up");
        self.calls_ended += 1;
    }

    fn agent_changed(&mut self, agent: AgentId, state: AgentState, call: Option<CallId>) {
        let (before, with) = self.agents.insert(agent, (state, call)).unwrap_or_default();
        if before == AgentState::Talking
            && let Some(account) = with.and_then(|call| self.open.get_mut(&call))
        {
            // The agent has left a call that may go on with another.
            account.talks_with.take_if(|other| *other == agent);
        }
        if state != AgentState::Talking {
            return;
        }
        let call = call.expect("who talks has a call");
        let taken = self.account(call).talks_with.replace(agent);
        assert_eq!(taken, None, "call {call} is connected with two agents");
        if before == AgentState::Talking {
            // The agent's call has been joined to another.
            assert_ne!(with, Some(call), "agent {agent:?} is told of the same call twice");
        } else {
            assert_eq!(before, AgentState::Offered, "agent {agent:?} talks without an offer");
            self.answered += 1;
        }
    }

    /// An agent's last logged state.
    pub fn agent_state(&self, agent: AgentId) -> AgentState {
        self.agents.get(&agent).map_or(AgentState::LoggedOut, |(state, _)| *state)
    }

    /// Whether an agent is left alone after an offer that came to nothing: for 1 s when it was not
    /// answered, for 5 s when it was refused or the phone was busy or out of reach.
    pub fn rests(&self, now: Instant, agent: AgentId) -> bool {
        self.rests.get(&agent).is_some_and(|until| now < *until)
    }

    /// Nothing may be open any more.
    pub fn close(&self) {
        assert!(self.open.is_empty(), "{} calls never ended", self.open.len());
        assert!(self.offers.is_empty(), "{} offers never ended", self.offers.len());
        assert!(self.monitors.is_empty(), "monitoring never ended: {:?}", self.monitors);
        assert!(self.parked.is_empty(), "parked for ever: {:?}", self.parked);
    }
}

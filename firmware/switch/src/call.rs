//! A call and its legs, as the switch keeps them.

use std::sync::Arc;

use tipring_events::{AgentId, SegmentId, SegmentKind};
use tipring_line::{CallId, CallerId, ChannelId, Number};
use tipring_tts::Lang;

use crate::dial::{From, Route};
use crate::digits::DigitFilter;
use crate::feature::FeatureMachine;
use crate::hunt::Hunting;
use crate::media::PlayId;
use crate::moment::Moment;

/// How many past segments of a call are kept to be shown. The log has them all.
const SEGMENTS_SHOWN_MAX: usize = 32;

/// Which part a leg plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It began the call.
    Caller,
    /// It was called by number.
    Called,
    /// A queue offers, or has given, the call to this agent.
    Agent(AgentId),
}

/// How far a leg has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LegPhase {
    /// It came in and has not been answered.
    Incoming,
    /// It was begun by the box and has not been answered.
    Calling,
    /// Its audio is open both ways.
    Up,
    /// It was told to end, and has not yet said that it has.
    Releasing,
}

/// What a leg occupies besides its channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// An extension, by number.
    Extension(Number),
    /// A SIP trunk, by its index.
    Trunk(u16),
    /// An exchange line: its channel says which.
    Line,
    /// Nothing the box knows.
    Unknown,
}

/// One party's part in a call.
#[derive(Debug)]
pub(crate) struct Leg {
    /// The call; a leg that is being released belongs to none any more.
    pub(crate) call: Option<CallId>,
    pub(crate) role: Role,
    pub(crate) phase: LegPhase,
    pub(crate) place: Place,
    /// Whether it hears a prompt, music or a tone.
    pub(crate) sounding: bool,
    /// Whether this side has put the other on hold.
    pub(crate) holds: bool,
    pub(crate) digits: DigitFilter,
}

impl Leg {
    /// A leg of `call` that has just begun.
    pub(crate) fn new(call: CallId, role: Role, phase: LegPhase, place: Place) -> Self {
        let digits = DigitFilter::default();
        Leg { call: Some(call), role, phase, place, sounding: false, holds: false, digits }
    }

    /// A leg that belongs to no call: it was refused at once.
    pub(crate) fn refused() -> Self {
        Leg { call: None, ..Leg::new(CallId(0), Role::Caller, LegPhase::Releasing, Place::Unknown) }
    }
}

/// One stretch of a call with one handler.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) kind: SegmentKind,
    pub(crate) handler: Arc<str>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) began: Moment,
    pub(crate) ended: Option<Moment>,
}

/// Who has the caller's leg.
#[derive(Debug)]
pub(crate) enum Owner {
    /// Nobody yet: the box waits for the caller id before it takes the call.
    Arriving(Route),
    /// A flow.
    Flow,
    /// The queue of this name.
    Queue(Arc<str>),
    /// A feature code's dialogue.
    Feature(FeatureMachine),
    /// The switch itself: a number is being called.
    Dialling,
    /// The party on this channel: they talk.
    Talk(ChannelId),
}

/// Everything that happens to one caller.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) source: Arc<str>,
    pub(crate) from: From,
    pub(crate) called: Option<Number>,
    pub(crate) caller: CallerId,
    pub(crate) lang: Lang,
    pub(crate) began: Moment,
    /// Whether the caller's channel has been answered.
    pub(crate) answered: bool,
    /// Whether the caller has talked to somebody.
    pub(crate) talked: bool,
    pub(crate) caller_leg: ChannelId,
    /// The other legs: rung, or talking.
    pub(crate) callees: Vec<ChannelId>,
    /// What is still to be tried for a call to the outside that has not reached its number.
    pub(crate) hunting: Option<Hunting>,
    /// Whether it is an emergency call, which nothing may end for another's sake.
    pub(crate) emergency: bool,
    /// The callee whose audio is bridged with the caller's.
    pub(crate) bridged: Option<ChannelId>,
    pub(crate) owner: Owner,
    /// What is being played to the caller to its end.
    pub(crate) play: Option<PlayId>,
    /// The recording's file.
    pub(crate) recording: Option<Arc<str>>,
    /// The last segments, the current one last.
    pub(crate) segments: Vec<Segment>,
    pub(crate) segment_count: u16,
}

impl Call {
    /// Ends the current segment, if one lasts, and gives its id.
    pub(crate) fn end_segment(&mut self, m: Moment) -> Option<SegmentId> {
        let last = self.segments.last_mut()?;
        if last.ended.is_some() {
            return None;
        }
        last.ended = Some(m);
        Some(SegmentId(self.segment_count))
    }

    /// Begins a segment and gives its id.
    pub(crate) fn begin_segment(
        &mut self,
        m: Moment,
        kind: SegmentKind,
        handler: Arc<str>,
        agent: Option<AgentId>,
    ) -> SegmentId {
        if self.segments.len() >= SEGMENTS_SHOWN_MAX {
            self.segments.remove(0);
        }
        self.segments.push(Segment { kind, handler, agent, began: m, ended: None });
        self.segment_count = self.segment_count.saturating_add(1);
        SegmentId(self.segment_count)
    }

    /// The current segment's kind.
    pub(crate) fn segment_kind(&self) -> Option<SegmentKind> {
        self.segments.last().filter(|s| s.ended.is_none()).map(|s| s.kind)
    }
}

//! A call and its legs, as the switch keeps them.

use std::sync::Arc;

use tipring_clock::Instant;
use tipring_events::{AgentId, ForwardWhen, MonitorMode, SegmentId, SegmentKind};
use tipring_line::{CallId, CallerId, ChannelId, Number, Redirection};
use tipring_tts::Lang;

use crate::config::RecordingRule;
use crate::dial::{From, Route};
use crate::digits::DigitFilter;
use crate::feature::FeatureMachine;
use crate::hunt::Hunting;
use crate::media::PlayId;
use crate::moment::Moment;

/// How many past segments of a call are kept to be shown. The log has them all.
const SEGMENTS_SHOWN_MAX: usize = 32;

/// Which part a leg plays in the call it is active in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It began the call, or has taken the place of the one who did.
    Caller,
    /// It was called by number, or has joined.
    Called,
    /// A queue offers, or has given, the call to this agent.
    Agent(AgentId),
    /// It monitors the call; [`Call::monitors`] says how.
    Supervisor,
}

impl Role {
    /// The agent, if it is one's.
    pub(crate) fn agent(self) -> Option<AgentId> {
        if let Role::Agent(agent) = self { Some(agent) } else { None }
    }
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
    /// The E1 span of this index.
    Span(u8),
    /// Nothing the box knows.
    Unknown,
}

/// A call that a leg has put aside to talk in another: a held connection of ECMA-269.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) call: CallId,
    pub(crate) role: Role,
}

/// One device's part in a call, on one channel. It is active in at most one call, and may keep
/// another aside.
#[derive(Debug)]
pub(crate) struct Leg {
    /// The call it is active in; a leg that is being released belongs to none any more.
    pub(crate) call: Option<CallId>,
    /// Its part in that call.
    pub(crate) role: Role,
    /// The call it has put aside.
    pub(crate) kept: Option<Kept>,
    /// A second call that waits until the one who talks takes it (an analog handset's).
    pub(crate) waiting: Option<CallId>,
    /// What its segments are named after, where not its place: an agent's work number.
    pub(crate) handler: Option<Arc<str>>,
    pub(crate) phase: LegPhase,
    pub(crate) place: Place,
    /// Whether it hears a prompt, music or a tone.
    pub(crate) sounding: bool,
    /// Whether this side has put the other on hold.
    pub(crate) holds: bool,
    /// Whether the others do not hear it.
    pub(crate) muted: bool,
    /// Until when a key after a hook flash is a command.
    pub(crate) flashed: Option<Instant>,
    /// Who answered at its far end, where the network has told.
    pub(crate) connected: Option<CallerId>,
    /// When it was told that its transfer has failed.
    pub(crate) told_failed: Option<Instant>,
    pub(crate) digits: DigitFilter,
}

impl Leg {
    /// A leg of `call` that has just begun.
    pub(crate) fn new(call: CallId, role: Role, phase: LegPhase, place: Place) -> Self {
        let digits = DigitFilter::default();
        Leg {
            call: Some(call),
            role,
            kept: None,
            waiting: None,
            handler: None,
            phase,
            place,
            sounding: false,
            holds: false,
            muted: false,
            flashed: None,
            connected: None,
            told_failed: None,
            digits,
        }
    }

    /// What it was in, for whoever settles that once the leg itself has gone.
    pub(crate) fn as_it_was(&self) -> Leg {
        Leg {
            call: self.call,
            kept: self.kept,
            waiting: self.waiting,
            told_failed: self.told_failed,
            ..Leg::new(CallId(0), self.role, self.phase, self.place)
        }
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
    /// The switch itself: the phone that the call is made for is being rung, and then leads here,
    /// or is handed to the application that had it called.
    Originating(Option<Route>),
    /// The switch itself: the parties hear that they are recorded, and then talk.
    Announcing(RecordingRule),
    /// The switch itself: a handset that has flashed hears the dial tone and keys a number.
    Collecting(String),
    /// The other parties: they talk.
    Talk,
    /// A parking place.
    Parked(Parked),
}

/// A call at a parking place.
#[derive(Debug)]
pub(crate) struct Parked {
    pub(crate) place: Number,
    /// Who gets it back when nobody takes it.
    pub(crate) by: Number,
}

/// Who hears whom in a call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Mix {
    /// Nobody anybody.
    #[default]
    Apart,
    /// Two each other.
    Pair(ChannelId, ChannelId),
    /// Three or more each other.
    Many(Vec<ChannelId>),
}

impl Mix {
    /// The channels in it.
    pub(crate) fn members(&self) -> Vec<ChannelId> {
        match self {
            Mix::Apart => Vec::new(),
            Mix::Pair(a, b) => vec![*a, *b],
            Mix::Many(members) => members.clone(),
        }
    }
}

/// A supervisor's part in a call.
#[derive(Debug)]
pub(crate) struct Monitor {
    pub(crate) channel: ChannelId,
    pub(crate) extension: Number,
    pub(crate) mode: MonitorMode,
    /// The call moves to the supervisor as soon as the phone is there.
    pub(crate) takes_over: bool,
    pub(crate) by: String,
    /// Whether `MonitorBegan` was said.
    pub(crate) began: bool,
    /// What the media were last told: whom it listens to, and whether that one hears it.
    pub(crate) tap: Option<(ChannelId, bool)>,
}

/// A recording under way.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) path: Arc<str>,
    pub(crate) began: Moment,
    pub(crate) paused: bool,
    /// Whether it is kept however short it is.
    pub(crate) wanted: bool,
    /// What the media were last told of its left and right.
    pub(crate) sides: (Option<ChannelId>, Vec<ChannelId>),
}

/// Who transferred a call, and gets it back if its new target does not take it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transferrer {
    pub(crate) extension: Number,
    /// The channel of the phone that waits to be told how its transfer went.
    pub(crate) told: Option<ChannelId>,
}

/// Everything that happens to one caller.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) source: Arc<str>,
    pub(crate) from: From,
    pub(crate) called: Option<Number>,
    pub(crate) caller: CallerId,
    /// The number called as the network sent it, whole.
    pub(crate) number_called: Option<Number>,
    /// Who led it here.
    pub(crate) redirection: Option<Redirection>,
    pub(crate) lang: Lang,
    pub(crate) began: Moment,
    /// Whether the caller has been answered.
    pub(crate) answered: bool,
    /// Whether the caller has talked to somebody.
    pub(crate) talked: bool,
    /// The caller's, or once the caller has left by a transfer, that of whoever stayed.
    pub(crate) caller_leg: ChannelId,
    /// The other legs: rung, talking, away in another call, or monitoring.
    pub(crate) callees: Vec<ChannelId>,
    /// What is still to be tried for a call to the outside that has not reached its number.
    pub(crate) hunting: Option<Hunting>,
    /// Whether it is an emergency call, which nothing may end for another's sake.
    pub(crate) emergency: bool,
    pub(crate) owner: Owner,
    /// The callee that is heard before it has answered.
    pub(crate) early: Option<ChannelId>,
    /// Who hears whom, as the media were last told.
    pub(crate) mix: Mix,
    pub(crate) monitors: Vec<Monitor>,
    /// What is being played to the caller to its end.
    pub(crate) play: Option<PlayId>,
    pub(crate) recording: Option<Recording>,
    /// How many recordings of it have begun.
    pub(crate) recordings: u16,
    /// Who gets the call back, while a transfer has not found its target.
    pub(crate) transferrer: Option<Transferrer>,
    /// Whether its parties are joined with those of the call kept aside once it is answered.
    pub(crate) joins: bool,
    /// Whether it was made for a callback, and the queues want to know how far it has come.
    pub(crate) is_callback: bool,
    /// Whether the caller has heard that the call is recorded.
    pub(crate) told_recorded: bool,
    /// Extensions whose forwarding has led it on: none does twice.
    pub(crate) forwarded: Vec<Number>,
    /// Which forwarding led it on last.
    pub(crate) forwarded_when: Option<ForwardWhen>,
    /// How many notices and components of networks were logged.
    pub(crate) network_words: u16,
    pub(crate) account: Option<Number>,
    /// The last segments, the current one last.
    pub(crate) segments: Vec<Segment>,
    pub(crate) segment_count: u16,
}

impl Call {
    /// A call of nobody, to nobody, by the leg on `channel`.
    pub(crate) fn new(m: Moment, channel: ChannelId) -> Self {
        Call {
            source: "".into(),
            from: From::Extension,
            called: None,
            caller: CallerId::default(),
            number_called: None,
            redirection: None,
            lang: Lang::ZhCn,
            began: m,
            answered: false,
            talked: false,
            caller_leg: channel,
            callees: Vec::new(),
            hunting: None,
            emergency: false,
            owner: Owner::Dialling,
            early: None,
            mix: Mix::Apart,
            monitors: Vec::new(),
            play: None,
            recording: None,
            recordings: 0,
            transferrer: None,
            joins: false,
            is_callback: false,
            told_recorded: false,
            forwarded: Vec::new(),
            forwarded_when: None,
            network_words: 0,
            account: None,
            segments: Vec::new(),
            segment_count: 0,
        }
    }

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

    /// The current segment.
    pub(crate) fn segment(&self) -> Option<&Segment> {
        self.segments.last().filter(|s| s.ended.is_none())
    }

    /// The current segment's kind.
    pub(crate) fn segment_kind(&self) -> Option<SegmentKind> {
        self.segment().map(|s| s.kind)
    }
}

//! The exchange at the far end of a simulated span: it calls the box, is called by it, talks,
//! presses keys and hangs up. Sans-IO: whoever drives it ticks it once every 20 ms.

use std::collections::VecDeque;

use tipring_clock::{Duration, Instant};
use tipring_isdn::q921::Side;
use tipring_isdn::q931::Output;
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Components, Endpoint, FRAME_SAMPLES, Frame,
    FrameChannel, Notice, Number, PortId, Redirection, SILENCE, Span as _, Timeslot as _,
};
use tipring_r2::R2;
use tipring_sim::{
    CallPlan, CalledOutcome, CalledPlan, HDLC_BYTES_MAX, Script, SimSpan, SimTimeslot, SpanEnd,
    Talker,
};

use super::settings::SpanPlan;

/// What was heard in one call is kept for so long at most: ten minutes.
const HEARD_MAX: usize = 10 * 60 * 8000;
/// How long a called party that does not answer is rung.
const RUNG: Duration = Duration::from_secs(60);

/// What happened on a channel, seen from the exchange.
#[derive(Clone, PartialEq, Debug)]
pub enum FarEvent {
    /// The box rings whoever is called.
    Ringing,
    /// The box, or whom it called, has answered.
    Answered,
    /// The box calls this number.
    Called(Option<Number>),
    /// Who led that call on, as the box tells; follows `Called`.
    Redirected(Redirection),
    /// The box tells who answered.
    Connected(CallerId),
    /// The box sends components.
    Facility(Components),
    /// The box says what its other party does.
    Notified(Notice),
    /// The call is over.
    Ended(Cause),
}

/// What the exchange tells of calls besides who calls whom.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct FarWords {
    /// Who has led the calls to the box on.
    pub redirection: Option<Redirection>,
    /// Who answers the box's calls.
    pub connected: Option<CallerId>,
}

/// What a channel does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FarState {
    Idle,
    /// The exchange calls the box, until then.
    Calling {
        until: Option<Instant>,
    },
    /// The box calls; the called party answers then, if at all.
    Ringing {
        answers: bool,
        at: Instant,
    },
    /// Until then, if not for ever.
    Talking {
        until: Option<Instant>,
    },
    /// Told to end.
    Ending,
}

struct FarChannel {
    state: FarState,
    talker: Talker,
    script: Script,
    talk_ms: Option<u32>,
    heard: Vec<i16>,
}

enum Way {
    Isdn { signalling: Box<SpanSignalling>, timeslots: Vec<SimTimeslot> },
    R2(Vec<R2<SimTimeslot>>),
}

/// The exchange's end of one span.
pub struct FarEnd {
    span: SimSpan,
    way: Way,
    channels: Vec<FarChannel>,
    usable: u32,
    called: CalledPlan,
    words: FarWords,
    events: VecDeque<(u8, FarEvent)>,
}

impl FarEnd {
    /// The exchange of a span whose box's end has this plan; `channels` are those that carry
    /// calls.
    pub fn new(now: Instant, end: SpanEnd, plan: &SpanPlan, channels: u32) -> Self {
        let SpanEnd { span, timeslots } = end;
        let way = match plan {
            SpanPlan::Isdn(near) => {
                let side = match near.calls.side {
                    Side::User => Side::Network,
                    Side::Network => Side::User,
                };
                let mut settings = SpanSettings::new(side, near.calls.profile.clone());
                settings.calls.channels = channels;
                let mut signalling = Box::new(SpanSignalling::new(settings));
                signalling.start(now);
                Way::Isdn { signalling, timeslots }
            }
            SpanPlan::R2(settings) => Way::R2(
                timeslots
                    .into_iter()
                    .map(|timeslot| R2::new(timeslot, (**settings).clone()))
                    .collect(),
            ),
        };
        let idle = || FarChannel {
            state: FarState::Idle,
            talker: Talker::default(),
            script: Script::default(),
            talk_ms: None,
            heard: Vec::new(),
        };
        FarEnd {
            span,
            way,
            channels: std::iter::repeat_with(idle).take(32).collect(),
            usable: channels,
            called: CalledPlan::default(),
            words: FarWords::default(),
            events: VecDeque::new(),
        }
    }

    /// What becomes of the box's calls from now on.
    pub fn set_called_party(&mut self, plan: CalledPlan) {
        self.called = plan;
    }

    /// What is told of calls from now on.
    pub fn set_words(&mut self, words: FarWords) {
        self.words = words;
    }

    /// Sends components in the call on this channel.
    pub fn send_components(&mut self, now: Instant, timeslot: u8, components: Components) {
        self.command(now, timeslot, &ChannelCommand::Facility(components));
    }

    /// Says what the exchange's party of the call on this channel does.
    pub fn notify(&mut self, now: Instant, timeslot: u8, notice: Notice) {
        self.command(now, timeslot, &ChannelCommand::Notify(notice));
    }

    /// Calls the box on the first free channel, of whose timeslot it tells; `None` if there is none.
    pub fn call(&mut self, now: Instant, number: Number, plan: CallPlan) -> Option<u8> {
        let timeslot = (1..32u8).find(|timeslot| self.is_free(*timeslot))?;
        self.call_on(now, timeslot, number, plan);
        Some(timeslot)
    }

    /// Calls the box on this channel, whether it is free or not.
    pub fn call_on(&mut self, now: Instant, timeslot: u8, number: Number, plan: CallPlan) {
        let until = plan.patience_ms.map(|ms| now + Duration::from_millis(ms.into()));
        let channel = &mut self.channels[usize::from(timeslot & 31)];
        channel.state = FarState::Calling { until };
        channel.talk_ms = plan.talk_ms;
        channel.heard.clear();
        channel.script = Script {
            say: plan.say,
            say_after_ms: plan.say_after_ms,
            repeat: plan.repeat,
            keys: plan.keys,
        };
        self.command(now, timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        if let Some(by) = self.words.redirection {
            self.command(now, timeslot, &ChannelCommand::Redirected(by));
        }
        self.command(now, timeslot, &ChannelCommand::Dial { number, caller: plan.caller });
    }

    /// Whether a call can be made on this channel.
    fn is_free(&self, timeslot: u8) -> bool {
        let idle = self.channels[usize::from(timeslot & 31)].state == FarState::Idle;
        let free = match &self.way {
            Way::Isdn { signalling, .. } => signalling.calls().is_free(timeslot),
            Way::R2(channels) => channels[usize::from(timeslot - 1)].is_idle(),
        };
        self.usable >> timeslot & 1 == 1 && idle && free
    }

    /// The signalling of an ISDN span's exchange, to look at.
    pub fn signalling(&self) -> Option<&SpanSignalling> {
        match &self.way {
            Way::Isdn { signalling, .. } => Some(signalling),
            Way::R2(_) => None,
        }
    }

    /// Whether there is a call on this channel, one that is being ended included.
    pub fn has_call(&self, timeslot: u8) -> bool {
        self.channels[usize::from(timeslot & 31)].state != FarState::Idle
    }

    /// Restarts a channel of an ISDN span, ending its call.
    pub fn restart(&mut self, now: Instant, timeslot: u8) {
        if let Way::Isdn { signalling, .. } = &mut self.way {
            signalling.restart_channel(now, timeslot);
        }
        self.tick_signalling(now);
    }

    /// Ends the call on this channel.
    pub fn hang_up(&mut self, now: Instant, timeslot: u8, cause: Cause) {
        self.channels[usize::from(timeslot & 31)].state = FarState::Ending;
        self.command(now, timeslot, &ChannelCommand::Release(cause));
    }

    /// The next thing that happened, with its timeslot.
    pub fn poll_event(&mut self) -> Option<(u8, FarEvent)> {
        self.events.pop_front()
    }

    /// Takes what was heard in the talk on this channel, its last one if it is over.
    pub fn take_heard(&mut self, timeslot: u8) -> Vec<i16> {
        std::mem::take(&mut self.channels[usize::from(timeslot & 31)].heard)
    }

    /// How many channels are not idle.
    pub fn in_use(&self) -> usize {
        self.channels.iter().filter(|channel| channel.state != FarState::Idle).count()
    }

    /// Whether calls can be made.
    pub fn is_up(&self) -> bool {
        match &self.way {
            Way::Isdn { signalling, .. } => signalling.is_up(),
            Way::R2(channels) => channels.iter().any(R2::is_idle),
        }
    }

    /// The next 20 ms: signalling and audio.
    pub fn tick(&mut self, now: Instant) {
        self.tick_signalling(now);
        let count = self.channels.len() as u8 - 1;
        for timeslot in 1..=count {
            self.exchange(now, timeslot);
        }
        self.settle(now);
    }

    /// The same without audio, for whom only calls matter.
    pub fn tick_signalling(&mut self, now: Instant) {
        if let Way::Isdn { signalling, .. } = &mut self.way {
            signalling.drive(now, &mut self.span);
        }
        self.take_outputs(now);
        self.settle(now);
    }

    fn exchange(&mut self, now: Instant, timeslot: u8) {
        let place = usize::from(timeslot - 1);
        let channel = &mut self.channels[usize::from(timeslot)];
        let talks = matches!(channel.state, FarState::Talking { .. });
        let (mut tx, mut rx): (Frame, Frame) = (SILENCE, SILENCE);
        if talks {
            channel.talker.tx(&mut tx);
        }
        match &mut self.way {
            // A wire that has gone is silent.
            Way::Isdn { timeslots, .. } => drop(timeslots[place].exchange(&tx, &mut rx)),
            Way::R2(channels) => channels[place].tick(now, &tx, &mut rx),
        }
        if talks && channel.heard.len() + FRAME_SAMPLES <= HEARD_MAX {
            channel.heard.extend_from_slice(&rx);
        }
        while let Way::R2(channels) = &mut self.way
            && let Some(event) = channels[place].poll_event()
        {
            self.event(now, timeslot, event);
        }
    }

    fn command(&mut self, now: Instant, timeslot: u8, command: &ChannelCommand) {
        match &mut self.way {
            Way::Isdn { signalling, .. } => {
                signalling.command(now, timeslot, command);
                while let Some(frame) = signalling.poll_frame() {
                    debug_assert!(frame.len() <= HDLC_BYTES_MAX);
                    // A frame for which the wire has no room is lost on it.
                    let _ = self.span.send_hdlc(&frame);
                }
                self.take_outputs(now);
            }
            Way::R2(channels) => channels[usize::from(timeslot - 1)].command(now, command),
        }
    }

    fn take_outputs(&mut self, now: Instant) {
        while let Way::Isdn { signalling, .. } = &mut self.way
            && let Some(output) = signalling.poll_output()
        {
            match output {
                Output::Channel { timeslot, event } => self.event(now, timeslot, event),
                Output::Moved { from, to } => self.channels.swap(from.into(), to.into()),
                _ => {}
            }
        }
    }

    fn event(&mut self, now: Instant, timeslot: u8, event: ChannelEvent) {
        match event {
            ChannelEvent::Ringing => self.tell(timeslot, FarEvent::Ringing),
            ChannelEvent::Answered(_) => {
                self.begin_talk(now, timeslot);
                self.tell(timeslot, FarEvent::Answered);
            }
            ChannelEvent::Offered { called, redirection, .. } => {
                self.tell(timeslot, FarEvent::Called(called));
                if let Some(by) = redirection {
                    self.tell(timeslot, FarEvent::Redirected(*by));
                }
                self.called(now, timeslot);
            }
            ChannelEvent::Connected(party) => self.tell(timeslot, FarEvent::Connected(party)),
            ChannelEvent::Facility(components) => {
                self.tell(timeslot, FarEvent::Facility(components));
            }
            ChannelEvent::Notified(notice) => self.tell(timeslot, FarEvent::Notified(notice)),
            ChannelEvent::Released(cause) => {
                self.channels[usize::from(timeslot)].state = FarState::Idle;
                self.tell(timeslot, FarEvent::Ended(cause));
            }
            _ => {}
        }
    }

    fn tell(&mut self, timeslot: u8, event: FarEvent) {
        self.events.push_back((timeslot, event));
    }

    /// The box calls somebody.
    fn called(&mut self, now: Instant, timeslot: u8) {
        let refused = match self.called.outcome {
            CalledOutcome::Busy => Some(Cause::UserBusy),
            CalledOutcome::Congestion => Some(Cause::Congestion),
            CalledOutcome::Vacant => Some(Cause::UnallocatedNumber),
            _ => None,
        };
        if let Some(cause) = refused {
            return self.hang_up(now, timeslot, cause);
        }
        let (answers, after) = match self.called.outcome {
            CalledOutcome::Answers { after_ms } => (true, Duration::from_millis(after_ms.into())),
            _ => (false, RUNG),
        };
        if self.called.outcome != CalledOutcome::Silence {
            self.command(now, timeslot, &ChannelCommand::Alert);
        }
        let (say, repeat) = (self.called.say.clone(), self.called.repeat);
        let channel = &mut self.channels[usize::from(timeslot)];
        channel.state = FarState::Ringing { answers, at: now + after };
        channel.script = Script { say, repeat, ..Script::default() };
        channel.talk_ms = self.called.talk_ms;
        channel.heard.clear();
    }

    fn begin_talk(&mut self, now: Instant, timeslot: u8) {
        let channel = &mut self.channels[usize::from(timeslot)];
        let until = channel.talk_ms.map(|ms| now + Duration::from_millis(ms.into()));
        channel.state = FarState::Talking { until };
        channel.talker.start(std::mem::take(&mut channel.script));
    }

    /// Does what is due.
    fn settle(&mut self, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        for timeslot in 1..self.channels.len() as u8 {
            match self.channels[usize::from(timeslot)].state {
                FarState::Calling { until } if due(until) => {
                    self.hang_up(now, timeslot, Cause::NormalUnspecified);
                }
                FarState::Talking { until } if due(until) => {
                    self.hang_up(now, timeslot, Cause::NormalClearing);
                }
                FarState::Ringing { answers: false, at } if due(Some(at)) => {
                    self.hang_up(now, timeslot, Cause::NoAnswer);
                }
                FarState::Ringing { answers: true, at } if due(Some(at)) => {
                    self.begin_talk(now, timeslot);
                    if let Some(party) = self.words.connected {
                        self.command(now, timeslot, &ChannelCommand::Connected(party));
                    }
                    self.command(now, timeslot, &ChannelCommand::Answer);
                    self.tell(timeslot, FarEvent::Answered);
                }
                _ => {}
            }
        }
    }
}

//! The switch itself: its tables, and where each input goes.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_clock::{Duration, Instant, TimerQueue};
use tipring_events::{AgentId, EventKind, SegmentKind};
use tipring_line::{
    CallId, Cause, ChannelCommand, ChannelEvent, ChannelId, Digit, DigitSource, Digits, Number,
    PortId,
};

use crate::call::{Call, Leg, LegPhase, Mix, Owner, Place, Role};
use crate::config::SwitchConfig;
use crate::dial::DialPlan;
use crate::incoming::Offer;
use crate::media::{MediaEvent, MediaRequest};
use crate::moment::Moment;
use crate::output::{App, AppInput, SwitchOutput};
use crate::places::{Extension, Line, Seat, Trunk};
use crate::spans::Span;

/// What the switch counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SwitchCounters {
    /// Calls that began, refused ones included.
    pub calls_began: u64,
    /// Calls refused because `max_calls` were in progress.
    pub calls_refused: u64,
    /// Calls from a place that is neither a line, a trunk nor an extension of the box.
    pub unknown_sources: u64,
    /// Events of a channel that carries no leg.
    pub stray_events: u64,
    /// Calls that came in on a channel that still carried one.
    pub glare: u64,
    /// SIP channels that never said that they had ended, and were forgotten.
    pub channels_forgotten: u64,
    /// Calls ended because an emergency call took their line.
    pub preempted: u64,
    /// A network's notices and components that the log has not: more than a call may have, or
    /// of one that had ended.
    pub network_words_unlogged: u64,
}

/// What a call's timers are for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Timer {
    /// When to take the call without its caller id.
    CallerId(CallId),
    /// When the called party has been rung long enough.
    NoAnswer(CallId),
    /// When a feature code's dialogue has waited long enough for a key.
    Key(CallId),
    /// When a parked call goes back to whoever parked it.
    Park(CallId),
    /// When a channel that was told to end must have done so.
    Forget(ChannelId),
}

/// The switch. See the crate's introduction.
#[derive(Debug)]
pub struct Switch {
    pub(crate) config: SwitchConfig,
    pub(crate) plan: DialPlan,
    pub(crate) lines: FxHashMap<PortId, Line>,
    pub(crate) trunks: Vec<Trunk>,
    pub(crate) spans: Vec<Span>,
    pub(crate) extensions: FxHashMap<Number, Extension>,
    /// Which agents sit where.
    pub(crate) seats: FxHashMap<Number, Seat>,
    pub(crate) handsets: FxHashMap<PortId, Number>,
    pub(crate) calls: FxHashMap<CallId, Call>,
    pub(crate) legs: FxHashMap<ChannelId, Leg>,
    pub(crate) timers: TimerQueue<Timer>,
    /// Lines taken from other calls that are not free yet, and the emergency calls they are for.
    pub(crate) awaited: Vec<(ChannelId, CallId)>,
    pub(crate) next_call: u64,
    pub(crate) next_out: u32,
    pub(crate) next_play: u64,
    /// Recordings that are kept however short they turn out to be.
    pub(crate) wanted_recordings: Vec<Arc<str>>,
    pub(crate) out: VecDeque<SwitchOutput>,
    pub(crate) counters: SwitchCounters,
}

impl Switch {
    /// A switch without calls; no phone is registered. Call ids begin with `first_call_id`.
    pub fn new(config: SwitchConfig, first_call_id: u64) -> Self {
        let mut switch = Switch {
            plan: DialPlan::default(),
            lines: FxHashMap::default(),
            trunks: Vec::new(),
            spans: Vec::new(),
            extensions: FxHashMap::default(),
            seats: FxHashMap::default(),
            handsets: FxHashMap::default(),
            calls: FxHashMap::default(),
            legs: FxHashMap::default(),
            timers: TimerQueue::new(),
            awaited: Vec::new(),
            next_call: first_call_id,
            next_out: 0,
            next_play: 0,
            wanted_recordings: Vec::new(),
            out: VecDeque::new(),
            counters: SwitchCounters::default(),
            config: SwitchConfig::default(),
        };
        switch.reconfigure(config);
        switch
    }

    /// A channel told something.
    pub fn channel_event(&mut self, m: Moment, channel: ChannelId, event: ChannelEvent) {
        match event {
            ChannelEvent::Offered { called, caller, trunk, extension, redirection } => {
                let redirection = redirection.map(|by| *by);
                self.offered(m, channel, Offer { called, caller, trunk, extension, redirection });
            }
            ChannelEvent::Replaces { leg, extension } => self.replaces(m, channel, leg, extension),
            ChannelEvent::Alarm(alarm) => self.alarm(channel, alarm),
            ChannelEvent::Moved(to) => self.moved(m, channel, to),
            ChannelEvent::MessageWaiting(waiting) => self.line_tells_messages(channel, waiting),
            ChannelEvent::Released(cause) => match self.drop_leg(channel) {
                Some(leg) => {
                    self.leg_gone(m, channel, &leg, cause);
                    self.channel_free(m, channel);
                }
                None => self.counters.stray_events += 1,
            },
            event => match self.legs.get(&channel).and_then(|leg| Some((leg.call?, leg.role))) {
                Some((call, role)) => self.leg_event(m, channel, call, role, event),
                // A leg that is being released may still speak: the charge comes with its last word.
                None if let ChannelEvent::Facility(_) = event
                    && self.legs.contains_key(&channel) =>
                {
                    self.counters.network_words_unlogged += 1;
                }
                None if self.legs.contains_key(&channel) => {}
                None => self.counters.stray_events += 1,
            },
        }
    }

    fn leg_event(
        &mut self,
        m: Moment,
        channel: ChannelId,
        call: CallId,
        role: Role,
        event: ChannelEvent,
    ) {
        match event {
            ChannelEvent::Digit { digit, source } => self.digit(m, channel, call, digit, source),
            ChannelEvent::Held(held) => self.held(m, channel, call, held),
            ChannelEvent::HookFlash => self.hook_flash(m, channel),
            ChannelEvent::Transfer { to, consulted } => {
                self.phone_transfers(m, channel, to, consulted);
            }
            ChannelEvent::CallerKnown(caller) if role == Role::Caller => {
                self.caller_known(m, call, caller);
            }
            ChannelEvent::Ringing if role == Role::Called => self.callee_rings(call),
            ChannelEvent::EarlyAudio if role == Role::Called => {
                self.callee_early_audio(m, channel, call);
            }
            ChannelEvent::Connected(party) if role != Role::Supervisor => {
                self.party_connected(channel, call, party);
            }
            ChannelEvent::Facility(components) => self.components(channel, call, components),
            ChannelEvent::Notified(notice) => self.notified(m, channel, call, notice),
            ChannelEvent::Answered(certainty) => {
                self.callee_answered(m, channel, call, role, certainty);
            }
            // The rest says nothing new about this role's leg.
            _ => {}
        }
    }

    /// The media told something. [`MediaEvent::RecordingClosed`] becomes an event of the log.
    pub fn media_event(&mut self, m: Moment, event: MediaEvent) {
        match event {
            MediaEvent::PlayDone { ch, id } => {
                let Some(leg) = self.legs.get_mut(&ch) else { return };
                let Some(call_id) = leg.call else { return };
                let Some(call) = self.calls.get_mut(&call_id) else { return };
                if call.play != Some(id) {
                    return;
                }
                call.play = None;
                leg.sounding = false;
                self.play_done(m, call_id);
            }
            MediaEvent::RtpStopped { ch } => {
                self.peer_lost(m, ch);
            }
            MediaEvent::RecordingClosed { call, path, duration_ms, bytes } => {
                self.recording_closed(call, path, duration_ms, bytes);
            }
        }
    }

    /// The time of [`poll_timeout`](Switch::poll_timeout) has come.
    pub fn handle_timeout(&mut self, m: Moment) {
        while let Some(timer) = self.timers.expire(m.now) {
            match timer {
                Timer::CallerId(call) => self.take_arriving(m, call),
                Timer::NoAnswer(call) => self.no_answer(m, call),
                Timer::Key(call) => self.key_timeout(m, call),
                Timer::Park(call) => self.parked_too_long(m, call),
                Timer::Forget(channel) => {
                    self.counters.channels_forgotten += 1;
                    self.drop_leg(channel);
                }
            }
        }
    }

    /// When the switch next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.poll_timeout()
    }

    /// The next output, oldest first.
    pub fn poll_output(&mut self) -> Option<SwitchOutput> {
        self.out.pop_front()
    }

    /// What was counted.
    pub fn counters(&self) -> SwitchCounters {
        self.counters
    }

    /// Calls in progress.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Channels that carry a leg, those still being released included.
    pub fn channels(&self) -> usize {
        self.legs.len()
    }

    /// Whether this call is in progress.
    pub fn has_call(&self, call: CallId) -> bool {
        self.calls.contains_key(&call)
    }

    /// Puts an application's event into the log, in its order among the switch's own.
    pub fn log(&mut self, event: EventKind) {
        self.event(event);
    }

    fn digit(&mut self, m: Moment, ch: ChannelId, id: CallId, digit: Digit, source: DigitSource) {
        let Some(leg) = self.legs.get_mut(&ch) else { return };
        if !leg.digits.accept(m.now, digit, source) {
            return;
        }
        let role = leg.role;
        if role == Role::Supervisor {
            return self.supervisor_key(m, ch, id, digit);
        }
        if self.key_after_flash(m, ch, digit) {
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        match &mut call.owner {
            Owner::Talk => self.pass_digit(ch, id, digit, source),
            _ if role != Role::Caller => {}
            Owner::Flow => self.app_digit(id, App::Flow, digit),
            Owner::Queue(_) => self.app_digit(id, App::Queue, digit),
            Owner::Feature(machine) => {
                let step = machine.key(m.now, digit);
                self.feature_step(m, id, step);
            }
            Owner::Collecting(_) => self.collect(m, id, digit),
            Owner::Arriving(_)
            | Owner::Originating(_)
            | Owner::Announcing(_)
            | Owner::Dialling
            | Owner::Parked(_) => {}
        }
    }

    fn key_timeout(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if matches!(call.owner, Owner::Collecting(_)) {
            self.collected(m, id);
        } else {
            self.feature_key_timeout(m, id);
        }
    }

    fn app_digit(&mut self, call: CallId, app: App, digit: Digit) {
        self.event(EventKind::KeyPressed { call, digit: digit.as_char() });
        self.app(AppInput::Digit { call, app, digit });
    }

    /// Passes a key on where the audio does not carry it: an event never reaches an analog line
    /// as a tone, and an INFO request never is audio.
    fn pass_digit(&mut self, from: ChannelId, id: CallId, digit: Digit, source: DigitSource) {
        let Some(call) = self.calls.get(&id) else { return };
        let in_pair = matches!(call.mix, Mix::Pair(..));
        for to in call.mix.members().into_iter().filter(|to| *to != from) {
            let audio_carries_it = match source {
                DigitSource::InBand => true,
                DigitSource::Rfc4733 => in_pair && to.is_sip(),
                DigitSource::SipInfo | DigitSource::Pulse => false,
            };
            if !audio_carries_it {
                let digits = Digits::from_iter([digit]);
                self.channel(to, ChannelCommand::SendDigits(digits));
            }
        }
    }

    fn play_done(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match &mut call.owner {
            Owner::Flow => self.app(AppInput::PlayDone { call: id, app: App::Flow }),
            Owner::Queue(_) => self.app(AppInput::PlayDone { call: id, app: App::Queue }),
            Owner::Feature(machine) => {
                let step = machine.play_done(m.now);
                self.feature_step(m, id, step);
            }
            Owner::Announcing(rule) => {
                let rule = *rule;
                self.recording_announced(m, id, rule);
            }
            _ => {}
        }
    }

    // The small change everything is paid in.

    pub(crate) fn channel(&mut self, channel: ChannelId, command: ChannelCommand) {
        self.out.push_back(SwitchOutput::Channel(channel, command));
    }

    pub(crate) fn media(&mut self, request: MediaRequest) {
        self.out.push_back(SwitchOutput::Media(request));
    }

    pub(crate) fn event(&mut self, event: EventKind) {
        self.out.push_back(SwitchOutput::Event(event));
    }

    pub(crate) fn app(&mut self, input: AppInput) {
        self.out.push_back(SwitchOutput::App(input));
    }

    /// Begins a segment; the one before it ends in the same moment.
    pub(crate) fn segment(
        &mut self,
        m: Moment,
        id: CallId,
        kind: SegmentKind,
        handler: Arc<str>,
        agent: Option<AgentId>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let ended = call.end_segment(m);
        let segment = call.begin_segment(m, kind, handler.clone(), agent);
        if let Some(segment) = ended {
            self.event(EventKind::SegmentEnded { call: id, segment });
        }
        let handler = handler.as_ref().to_owned();
        self.event(EventKind::SegmentBegan { call: id, segment, kind, handler, agent });
    }

    pub(crate) fn add_leg(&mut self, channel: ChannelId, leg: Leg) {
        if let Place::Extension(number) = leg.place
            && let Some(extension) = self.extensions.get_mut(&number)
        {
            extension.legs += 1;
            if extension.legs == 1 {
                self.app(AppInput::ExtensionInUse { extension: number, in_use: true });
            }
        }
        self.legs.insert(channel, leg);
    }

    pub(crate) fn drop_leg(&mut self, channel: ChannelId) -> Option<Leg> {
        let leg = self.legs.remove(&channel)?;
        if leg.muted {
            // A port's audio outlives the call.
            self.media(MediaRequest::Mute { ch: channel, muted: false });
        }
        if leg.phase == LegPhase::Releasing {
            self.timers.stop(&Timer::Forget(channel));
        }
        if let Place::Extension(number) = leg.place
            && let Some(extension) = self.extensions.get_mut(&number)
        {
            extension.legs = extension.legs.saturating_sub(1);
            if extension.legs == 0 {
                self.app(AppInput::ExtensionInUse { extension: number, in_use: false });
            }
        }
        Some(leg)
    }

    /// Tells a leg to end. It belongs to no call from now on, and occupies its channel until the
    /// channel says that it is free.
    pub(crate) fn release_leg(&mut self, m: Moment, channel: ChannelId, cause: Cause) {
        self.quiet(channel);
        if channel.is_sip() {
            self.timers.set(Timer::Forget(channel), m.now + FORGET_AFTER);
        }
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        leg.call = None;
        leg.kept = None;
        leg.phase = LegPhase::Releasing;
        self.channel(channel, ChannelCommand::Release(cause));
    }

    /// Stops what a leg hears.
    pub(crate) fn quiet(&mut self, channel: ChannelId) {
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        if core::mem::take(&mut leg.sounding) {
            self.media(MediaRequest::Stop { ch: channel });
        }
    }
}

/// After this a SIP channel that was told to end is taken for ended, so that a word lost on the way
/// does not occupy its extension for ever. Longer than any SIP transaction: 64 × T1 is 32 s
/// (RFC 3261, section 17). A port stays occupied as long as its handset lies beside the phone.
const FORGET_AFTER: Duration = Duration::from_secs(60);

pub(crate) const BY_BOX: tipring_events::Party = tipring_events::Party::Box;

//! The core: switch, flows and queues composed into one sans-IO machine, the single owner of the
//! call-handling state.
//!
//! Channel events, media events and people's commands go in with the time; channel commands,
//! media requests, events for the log and replies come out, in the order in which they happened.
//! It does no I/O, reads no clock and never blocks.

mod callbacks;
mod config;
mod flows;
mod people;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_acd::{Acd, AcdOutput, Memory};
use tipring_clock::{Instant, TimerQueue, WallTime};
use tipring_events::{Command, EventKind, LiveState, Reply};
use tipring_ivr::{IvrInput, Program};
use tipring_line::{CallId, Cause, ChannelCommand, ChannelEvent, ChannelId, Number};
use tipring_switch::{App, AppInput, MediaEvent, MediaRequest, Moment, Seat, Switch, SwitchOutput};

pub use config::CoreConfig;
use flows::Session;

/// What the core wants done or known.
#[derive(Clone, PartialEq, Debug)]
pub enum CoreOutput {
    /// Tell a channel.
    Channel(ChannelId, ChannelCommand),
    /// Ask the media.
    Media(MediaRequest),
    /// Write into the log and show.
    Event(WallTime, EventKind),
    /// Answer the command with this token.
    Reply(u64, Reply),
    /// Tell a SIP phone that messages wait for its extension (`true`), or no more.
    MessageWaiting {
        /// The extension.
        extension: Number,
        /// Whether messages wait.
        waiting: bool,
    },
}

/// What the core counts, for `/metrics`. All but the first three only ever grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CoreCounters {
    /// Calls in progress.
    pub calls: u64,
    /// Channels that carry a leg, those still being released included.
    pub channels: u64,
    /// Callers who wait in queues.
    pub waiting: u64,
    /// Calls that began.
    pub calls_began: u64,
    /// Calls refused because `max_calls` were in progress.
    pub calls_refused: u64,
    /// Calls from a place the box does not know.
    pub unknown_sources: u64,
    /// Channel events for a channel the core knows nothing of.
    pub stray_events: u64,
    /// Calls that came in on a channel that still carried one.
    pub glare: u64,
    /// SIP channels that never said that they had ended, and were forgotten.
    pub channels_forgotten: u64,
    /// A network's notices and components that the log has not.
    pub network_words_unlogged: u64,
}

/// The core.
#[derive(Debug)]
pub struct Core {
    switch: Switch,
    acd: Acd,
    flows: FxHashMap<Arc<str>, Arc<Program>>,
    sessions: FxHashMap<CallId, Session>,
    flow_timers: TimerQueue<CallId>,
    /// The outside numbers being called, until they answer or their channel is free.
    dialled: FxHashMap<ChannelId, Number>,
    out: VecDeque<CoreOutput>,
}

impl Core {
    /// A core without calls, all agents logged out and all phones unregistered. The first call
    /// gets the id `first_call_id`, the next ones count up; the random strategies begin with it.
    pub fn new(now: Instant, wall: WallTime, config: CoreConfig, first_call_id: u64) -> Self {
        let m = Moment { now, wall };
        let seed = first_call_id;
        let mut core = Core {
            switch: Switch::new(config.switch, first_call_id),
            acd: Acd::new(m, config.acd, seed),
            flows: flows::programs(&config.flows),
            sessions: FxHashMap::default(),
            flow_timers: TimerQueue::new(),
            dialled: FxHashMap::default(),
            out: VecDeque::new(),
        };
        core.pump(m);
        core
    }

    /// Takes a new configuration. Calls in progress go on, in the flow as it was when they began
    /// it; nobody is logged out but agents who are no longer in the configuration.
    pub fn reconfigure(&mut self, now: Instant, wall: WallTime, config: CoreConfig) {
        let m = Moment { now, wall };
        self.flows = flows::programs(&config.flows);
        self.switch.reconfigure(config.switch);
        self.acd.reconfigure(m, config.acd);
        self.pump(m);
    }

    /// Takes up where the log left off, before anything else happens.
    pub fn recall(&mut self, now: Instant, wall: WallTime, memory: Memory) {
        let m = Moment { now, wall };
        self.acd.recall(m, memory);
        self.pump(m);
    }

    /// A channel told something.
    pub fn channel_event(
        &mut self,
        now: Instant,
        wall: WallTime,
        channel: ChannelId,
        event: ChannelEvent,
    ) {
        let m = Moment { now, wall };
        self.watch_answer(channel, &event);
        self.switch.channel_event(m, channel, event);
        self.pump(m);
    }

    /// The media told something.
    pub fn media_event(&mut self, now: Instant, wall: WallTime, event: MediaEvent) {
        let m = Moment { now, wall };
        self.switch.media_event(m, event);
        self.pump(m);
    }

    /// A SIP phone has registered (`true`), or its registration has ended. Handsets are in order
    /// unless their port is in alarm.
    pub fn set_registered(
        &mut self,
        now: Instant,
        wall: WallTime,
        extension: Number,
        registered: bool,
    ) {
        self.switch.set_registered(extension, registered);
        self.pump(Moment { now, wall });
    }

    /// Puts extensions' forwarding, do-not-disturb and waiting messages back, as these events of
    /// the log, in their order, left them.
    pub fn restore(&mut self, now: Instant, wall: WallTime, events: &[EventKind]) {
        for event in events {
            self.switch.restore(event);
        }
        self.pump(Moment { now, wall });
    }

    /// A person asks for something. Answered by exactly one [`CoreOutput::Reply`] with `token`.
    pub fn command(&mut self, now: Instant, wall: WallTime, token: u64, command: Command) {
        let m = Moment { now, wall };
        let reply = self.obey(m, command);
        self.pump(m);
        self.out.push_back(CoreOutput::Reply(token, reply));
    }

    /// The time of [`poll_timeout`](Core::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant, wall: WallTime) {
        let m = Moment { now, wall };
        self.switch.handle_timeout(m);
        self.pump(m);
        self.acd.handle_timeout(m);
        self.pump(m);
        while let Some(call) = self.flow_timers.expire(now) {
            self.flow_timeout(m, call);
            self.pump(m);
        }
    }

    /// When the core next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timeouts =
            [self.switch.poll_timeout(), self.acd.poll_timeout(), self.flow_timers.poll_timeout()];
        timeouts.into_iter().flatten().min()
    }

    /// The next output, oldest first.
    pub fn poll_output(&mut self) -> Option<CoreOutput> {
        self.out.pop_front()
    }

    /// Everything that is going on. Made anew at each call: ask a few times a second, not more.
    pub fn live(&self, now: Instant, wall: WallTime) -> LiveState {
        let m = Moment { now, wall };
        LiveState {
            lines: self.switch.live_lines(),
            calls: self.switch.live_calls(),
            queues: self.acd.live_queues(m, |call| {
                (self.switch.caller_number(call), self.switch.caller_name(call))
            }),
            agents: self.acd.live_agents(m),
            reasons: self.acd.reasons(),
            spans: self.switch.live_spans(),
        }
    }

    /// What was counted.
    pub fn counters(&self) -> CoreCounters {
        let switch = self.switch.counters();
        CoreCounters {
            calls: self.switch.calls() as u64,
            channels: self.switch.channels() as u64,
            waiting: self.acd.waiting() as u64,
            calls_began: switch.calls_began,
            calls_refused: switch.calls_refused,
            unknown_sources: switch.unknown_sources,
            stray_events: switch.stray_events,
            glare: switch.glare,
            channels_forgotten: switch.channels_forgotten,
            network_words_unlogged: switch.network_words_unlogged,
        }
    }

    /// Carries what the machines put out to where it goes, until nothing is left. The queues'
    /// outputs go first: what they say of a call's wait comes before the switch's word that the
    /// call is over.
    fn pump(&mut self, m: Moment) {
        loop {
            if let Some(output) = self.acd.poll_output() {
                self.acd_output(m, output);
            } else if let Some(output) = self.switch.poll_output() {
                self.switch_output(m, output);
            } else {
                return;
            }
        }
    }

    fn switch_output(&mut self, m: Moment, output: SwitchOutput) {
        match output {
            SwitchOutput::Channel(channel, command) => {
                self.watch_dialled(channel, &command);
                self.out.push_back(CoreOutput::Channel(channel, command));
            }
            SwitchOutput::Media(request) => self.out.push_back(CoreOutput::Media(request)),
            SwitchOutput::Event(event) => self.out.push_back(CoreOutput::Event(m.wall, event)),
            SwitchOutput::App(input) => self.app_input(m, input),
            SwitchOutput::MessageWaiting { extension, waiting } => {
                self.out.push_back(CoreOutput::MessageWaiting { extension, waiting });
            }
        }
    }

    fn acd_output(&mut self, m: Moment, output: AcdOutput) {
        match output {
            AcdOutput::Event(event) => self.out.push_back(CoreOutput::Event(m.wall, event)),
            AcdOutput::Offer { call, agent, work_number, extension } => {
                self.switch.offer(m, call, agent, work_number.as_str(), extension);
            }
            AcdOutput::CancelOffer { call, agent, cause } => {
                self.switch.cancel_offer(m, call, agent, cause);
            }
            AcdOutput::Connect { call, agent, record } => {
                // Both legs were there when the answer came in, a moment ago in this very call.
                self.switch.connect(m, call, agent, record);
            }
            AcdOutput::Announce { call, say } => self.switch.play(call, say, false),
            AcdOutput::Music { call } => self.switch.music(call),
            AcdOutput::Moved { call, queue } => self.switch.enter_queue(m, call, queue),
            AcdOutput::Left { call, why } => self.queue_left(m, call, why),
            AcdOutput::CallBack { callback, extension, number, .. } => {
                self.call_back(m, callback, extension, number);
            }
            AcdOutput::HangUp { call } => {
                self.switch.hang_up(m, call, Cause::NormalUnspecified);
            }
            AcdOutput::Seated { extension, agent } => {
                let seat = agent.map(|(agent, work_number)| Seat { agent, work_number });
                self.switch.seat(extension, seat);
            }
            AcdOutput::WaitingBeep { call, agent } => self.switch.beep(call, agent),
        }
    }

    fn app_input(&mut self, m: Moment, input: AppInput) {
        match input {
            AppInput::StartFlow { call, flow } => self.start_flow(m, call, &flow),
            AppInput::StartQueue { call, queue } => self.start_queue(m, call, &queue),
            AppInput::Digit { call, app: App::Flow, digit } => {
                self.flow_input(m, call, IvrInput::Digit(digit));
            }
            AppInput::Digit { call, app: App::Queue, digit } => self.acd.digit(m, call, digit),
            AppInput::PlayDone { call, app: App::Flow } => {
                self.flow_input(m, call, IvrInput::PlayDone);
            }
            AppInput::PlayDone { call, app: App::Queue } => self.acd.announced(m, call),
            AppInput::CallOver { call, by } => {
                self.end_session(call);
                self.acd.call_over(m, call, by);
            }
            AppInput::OfferAnswered { call, agent } => self.acd.offer_answered(m, call, agent),
            AppInput::OfferFailed { call, agent, cause } => {
                self.acd.offer_failed(m, call, agent, cause);
            }
            AppInput::AgentLeft { call, agent } => self.acd.agent_left(m, call, agent),
            AppInput::AgentMoved { from, to, agent } => self.acd.agent_moved(m, from, to, agent),
            AppInput::Originated { call } => self.acd.callback_agent_answered(m, call),
            AppInput::Reached { call } => self.callback_reached(m, call),
            AppInput::TakenFromQueue { call } => self.acd.taken_away(m, call),
            AppInput::Feature { call, extension, request } => {
                let result = self.feature(m, extension, request);
                self.switch.feature_done(m, call, result);
            }
            AppInput::ExtensionInUse { extension, in_use } => {
                self.acd.extension_in_use(m, extension, in_use);
            }
            AppInput::ExtensionReachable { extension, reachable } => {
                self.acd.extension_reachable(m, extension, reachable);
            }
        }
    }
}

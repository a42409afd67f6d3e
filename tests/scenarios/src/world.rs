//! Drives the core: hands its outputs to the surroundings, theirs to it, and moves the time on.

use tipring_clock::{Duration, Instant, WallTime};
use tipring_events::{Command, EventKind, LiveState, Reply, SegmentKind};
use tipring_line::{
    CallId, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Digit, Number, PortId,
};
use tipring_switch::{MediaEvent, MediaRequest};
use tipring_tipringd::core::{Core, CoreConfig, CoreOutput};

use crate::{Hears, Ledger, Phone, Scripted};

/// What the surroundings tell the core.
#[derive(Clone, PartialEq, Debug)]
pub enum Stimulus {
    /// A channel told something.
    Channel(ChannelId, ChannelEvent),
    /// The media told something.
    Media(MediaEvent),
}

/// Whatever plays the channels and the media.
pub trait Surroundings {
    /// The core tells a channel.
    fn channel(&mut self, now: Instant, channel: ChannelId, command: &ChannelCommand);
    /// The core asks the media.
    fn media(&mut self, now: Instant, request: &MediaRequest);
    /// When something next happens.
    fn poll_timeout(&self) -> Option<Instant>;
    /// What happens at `now`, one thing after another.
    fn poll(&mut self, now: Instant) -> Option<Stimulus>;
}

/// How often at most the core and the surroundings may answer each other in one moment.
const ROUNDS_IN_A_MOMENT_MAX: u32 = 100_000;

/// 2026-11-21T01:00:00Z: nine in the morning in China.
const EPOCH: WallTime = WallTime::from_unix_micros(1_795_222_800_000_000);

/// A box and its surroundings.
pub struct World<S = Scripted> {
    /// The box.
    pub core: Core,
    /// What is around it.
    pub around: S,
    /// What must hold.
    pub ledger: Ledger,
    /// The log, unless [`World::forgetful`].
    pub log: Vec<(Instant, EventKind)>,
    /// The answers to commands.
    pub replies: Vec<(u64, Reply)>,
    /// What SIP phones were told of messages.
    pub messages: Vec<(Number, bool)>,
    now: Instant,
    forgetful: bool,
    token: u64,
}

impl<S: Surroundings> World<S> {
    /// A box with this configuration.
    pub fn with(config: CoreConfig, around: S) -> Self {
        let mut world = World {
            core: Core::new(Instant::ZERO, EPOCH, config, 1),
            around,
            ledger: Ledger::default(),
            log: Vec::new(),
            replies: Vec::new(),
            messages: Vec::new(),
            now: Instant::ZERO,
            forgetful: false,
            token: 0,
        };
        world.settle();
        world
    }

    /// Keeps no log: for runs too long to be looked at.
    pub fn forgetful(mut self) -> Self {
        self.forgetful = true;
        self
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    fn wall(&self) -> WallTime {
        EPOCH.plus(self.now - Instant::ZERO)
    }

    /// Lets everything happen that happens at this moment.
    pub fn settle(&mut self) {
        for _ in 0..ROUNDS_IN_A_MOMENT_MAX {
            while let Some(output) = self.core.poll_output() {
                self.output(output);
            }
            let wall = self.wall();
            match self.around.poll(self.now) {
                Some(Stimulus::Channel(ch, event)) => {
                    self.core.channel_event(self.now, wall, ch, event);
                }
                Some(Stimulus::Media(event)) => self.core.media_event(self.now, wall, event),
                None if self.core.poll_timeout().is_some_and(|at| at <= self.now) => {
                    self.core.handle_timeout(self.now, wall);
                }
                None => return,
            }
        }
        panic!("the box and its surroundings never come to rest at {:?}", self.now);
    }

    fn output(&mut self, output: CoreOutput) {
        match output {
            CoreOutput::Channel(channel, command) => {
                self.around.channel(self.now, channel, &command);
            }
            CoreOutput::Media(request) => self.around.media(self.now, &request),
            CoreOutput::Event(_, event) => {
                self.ledger.write(self.now, &event);
                if !self.forgetful {
                    self.log.push((self.now, event));
                }
            }
            CoreOutput::Reply(token, reply) => self.replies.push((token, reply)),
            CoreOutput::MessageWaiting { extension, waiting } => {
                self.messages.push((extension, waiting));
            }
        }
    }

    /// Moves the time on by `d`, stopping wherever something happens.
    pub fn run(&mut self, d: Duration) {
        self.run_to(self.now + d);
    }

    /// Moves the time on to `end`.
    pub fn run_to(&mut self, end: Instant) {
        self.settle();
        loop {
            let next = [self.core.poll_timeout(), self.around.poll_timeout()];
            match next.into_iter().flatten().min().filter(|at| *at <= end) {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.settle();
                }
                None => break,
            }
        }
        self.now = self.now.max(end);
    }

    /// Asks the box for something and gives its answer.
    pub fn command(&mut self, command: Command) -> Reply {
        self.token += 1;
        let wall = self.wall();
        self.core.command(self.now, wall, self.token, command);
        self.settle();
        let replies: Vec<_> = self.replies.iter().filter(|(t, _)| *t == self.token).collect();
        assert_eq!(replies.len(), 1, "a command is answered once");
        replies[0].1
    }

    /// Puts extensions' settings back, as a start of the box does.
    pub fn restore(&mut self, settings: &[EventKind]) {
        let wall = self.wall();
        self.core.restore(self.now, wall, settings);
        self.settle();
    }

    /// A phone registers, or its registration ends.
    pub fn set_registered(&mut self, extension: &str, registered: bool) {
        let wall = self.wall();
        self.core.set_registered(self.now, wall, number(extension), registered);
        self.settle();
    }

    /// The first event that `pick` finds something in, counted from the start.
    pub fn find<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> Option<T> {
        self.log.iter().find_map(|(_, event)| pick(event))
    }

    /// Everything that `pick` finds in the log.
    pub fn all<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> Vec<T> {
        self.log.iter().filter_map(|(_, event)| pick(event)).collect()
    }

    /// The box as a screen shows it.
    pub fn live(&self) -> LiveState {
        self.core.live(self.now, self.wall())
    }
}

/// A number of a scenario.
pub fn number(s: &str) -> Number {
    s.parse().expect("the scenarios' numbers are numbers")
}

impl World<Scripted> {
    /// The usual site with its SIP phones registered.
    pub fn new() -> Self {
        let mut world = World::with(crate::site(), Scripted::default());
        for extension in ["8001", "8002", "8003", "8004"] {
            world.set_registered(extension, true);
        }
        world
    }

    /// How an extension's phone behaves.
    pub fn phone(&mut self, extension: &str, phone: Phone) {
        self.around.set_phone(number(extension), phone);
    }

    /// Logs agent `n` (1–3) in at extension 800`n`.
    pub fn agent(&mut self, n: u32) {
        let reply = self.command(Command::AgentLogIn {
            work_number: number(&format!("100{n}")),
            password: format!("432{n}"),
            extension: number(&format!("800{n}")),
        });
        assert_eq!(reply, Ok(()));
    }

    /// Somebody rings line 1; the caller id comes 1.5 s later.
    pub fn line_call(&mut self, from: &str) -> ChannelId {
        let channel = ChannelId::port(PortId(0));
        self.around.offer(self.now, channel, None, CallerId::default(), None, None);
        let known = ChannelEvent::CallerKnown(CallerId::from_number(number(from)));
        self.around.soon(self.now, channel, Duration::from_millis(1500), known);
        self.settle();
        channel
    }

    /// A call comes in by the SIP trunk.
    pub fn trunk_call(&mut self, from: &str, to: &str) -> ChannelId {
        let channel = self.around.new_sip_channel();
        let caller = CallerId::from_number(number(from));
        self.around.offer(self.now, channel, Some(number(to)), caller, Some(0), None);
        self.settle();
        channel
    }

    /// An extension dials.
    pub fn dial(&mut self, extension: &str, to: &str) -> ChannelId {
        let channel = self.around.new_sip_channel();
        let (from, to) = (number(extension), Some(number(to)));
        let caller = CallerId::from_number(from);
        self.around.offer(self.now, channel, to, caller, None, Some(from));
        self.settle();
        channel
    }

    /// Presses keys, 200 ms apart.
    pub fn press(&mut self, channel: ChannelId, keys: &str) {
        for key in keys.chars() {
            let digit = Digit::from_char(key).expect("a key");
            self.around.press(self.now, channel, digit);
            self.run(Duration::from_millis(200));
        }
    }

    /// The far side of a channel hangs up.
    pub fn hang_up(&mut self, channel: ChannelId) {
        let up = self.around.is_up(channel);
        let cause = if up { Cause::NormalClearing } else { Cause::NormalUnspecified };
        self.around.hang_up(self.now, channel, cause);
        self.settle();
    }

    /// What a channel hears.
    pub fn hears(&self, channel: ChannelId) -> Hears {
        self.around.hears(channel)
    }

    /// Whether a channel hears this prompt, alone or with others.
    pub fn hears_prompt(&self, channel: ChannelId, key: &str) -> bool {
        let Hears::Prompt(_, say) = self.hears(channel) else { return false };
        let is = |piece: &tipring_tts::Utterance| match piece {
            tipring_tts::Utterance::Prompt(k) => k == key,
            tipring_tts::Utterance::Template { key: k, .. } => k == key,
            _ => false,
        };
        say.iter().any(is)
    }

    /// The channel at an extension.
    pub fn at(&self, extension: &str) -> ChannelId {
        let there = self.around.channel_at(number(extension));
        there.unwrap_or_else(|| panic!("nothing rings or talks at {extension}"))
    }

    /// The segments of a call: kind, handler and length in milliseconds.
    pub fn segments(&self, call: u64) -> Vec<(SegmentKind, String, u64)> {
        let mut segments = Vec::new();
        let mut open = None;
        for (at, event) in &self.log {
            match event {
                EventKind::SegmentBegan { call: CallId(c), kind, handler, .. } if *c == call => {
                    open = Some((*at, *kind, handler.clone()));
                }
                EventKind::SegmentEnded { call: CallId(c), .. } if *c == call => {
                    let (began, kind, handler) = open.take().expect("a segment that began");
                    let ms = at.saturating_since(began).as_millis() as u64;
                    segments.push((kind, handler, ms));
                }
                _ => {}
            }
        }
        segments
    }

    /// Runs until nothing goes on any more, and checks that nothing is left behind.
    pub fn close(&mut self) {
        self.run(Duration::from_secs(600));
        self.ledger.close();
        self.around.close();
        let counters = self.core.counters();
        assert_eq!((counters.calls, counters.channels, counters.waiting), (0, 0, 0));
        assert_eq!(self.live().calls, vec![]);
    }
}

impl Default for World<Scripted> {
    fn default() -> Self {
        World::new()
    }
}

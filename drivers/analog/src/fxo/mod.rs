//! The FXO channel: one line of the exchange.
//!
//! ```text
//!            ring ≥ 150 ms              Answer
//! Idle ───────────────────▶ Ringing ───────────────▶ Connected ──▶ Guard ──▶ Idle
//!   │                          │ refused, or no ring     ▲  ▲
//!   │                          ▼ for 8 s          Answer │  │ answered
//!   │ Seize                                            Taken│
//!   │                            glare, voice instead    ▲  │
//!   └──▶ (Guarded) ▶ AwaitingDialTone ───────────────────┘  │
//!                            └──────────▶ Dialling ▶ Proceeding
//! ```
//! A call is released by the switch, by the exchange's tone (three cycles), by battery drop, by
//! polarity, by dial tone that has come back, or by silence on both sides. `Released` is told at
//! once; the guard time is kept by holding back the next seizure.
//!
//! `incoming` and `outgoing` are the two ways into a call, `connected` watches over it, `wire`
//! takes what the hardware reports, `leg` is the audio.

mod connected;
mod delay;
mod duck;
mod incoming;
mod leg;
mod listen;
mod outgoing;
mod pulse;
mod renew;
mod ring;
mod service;
mod settings;
mod silence;
mod timer;
mod voice;
mod wire;

use tipring_clock::{Instant, Timers};
use tipring_dsp::{DtmfDetector, DtmfGenerator, FaxTone, ProgressDetector};
use tipring_line::{
    Alarm, AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, Digits, Frame, FrameChannel,
    LinePolarity, PortCommand, PortError, SILENCE,
};

use crate::events::{EventQueue, Faults};
use crate::plans::CallerIdKind;
use crate::renewal::{RenewalEnd, renewal};
use delay::Delay;
use duck::Duck;
use leg::AudioLeg;
pub use listen::CallerSource;
use listen::OnHookEar;
pub use outgoing::SeizeRefusal;
use outgoing::{DialToneMeter, Progress};
use pulse::PulseDialler;
pub use renew::LineRenewal;
use renew::Parts;
pub use ring::RingReport;
use ring::{Cadence, RingMeter};
use service::ServiceEnd;
pub use service::{LineService, ServiceError, ServiceReport};
pub use settings::{Dialling, FxoSettings, LineRing, PolarityUse};
use silence::SilenceMeter;
use timer::Timer;
use voice::VoiceMeter;

/// Where the line stands.
#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// On-hook, nothing happens.
    Idle,
    /// Ringing came in.
    Ringing {
        /// Whether the switch has been told.
        offered: bool,
    },
    /// The switch does not want the call; it rings on until the caller gives up.
    Refused,
    /// Off-hook with a call that came in at the moment of seizure; the switch has not answered.
    Taken,
    /// Off-hook, both sides talk.
    Connected {
        /// Since when.
        since: Instant,
    },
    /// The switch wants the line, which still rests after the last call.
    Guarded,
    /// Off-hook, waiting for dial tone and for the number.
    AwaitingDialTone {
        /// Since when.
        since: Instant,
        /// Whether dial tone was heard.
        heard: bool,
    },
    /// Sending the number.
    Dialling,
    /// The number is sent; the exchange connects, rings, or refuses.
    Proceeding {
        /// What was heard of it.
        heard: Progress,
    },
    /// A technician tests the line.
    Testing,
}

/// What a channel knows beyond what it tells the switch: for the line test and the technician.
#[derive(Clone, PartialEq, Debug)]
pub struct FxoDiagnostics {
    /// What ringing was like when it last rang.
    pub ringing: RingReport,
    /// How the caller of the moment was learnt.
    pub caller_source: Option<CallerSource>,
    /// Polarity of the battery.
    pub polarity: LinePolarity,
    /// Why the line was last not seized.
    pub refusal: Option<SeizeRefusal>,
    /// The fax tone heard in this call, which turned the echo canceller off.
    pub fax: Option<FaxTone>,
    /// Echo return loss as learnt, in dB.
    pub erl_db: Option<f32>,
    /// What the canceller adds to it, in dB.
    pub erle_db: Option<f32>,
}

/// A channel over an exchange line.
#[derive(Debug)]
pub struct Fxo<P: AnalogPort> {
    port: P,
    settings: FxoSettings,
    state: State,
    timers: Timers<Timer, { Timer::COUNT }>,
    events: EventQueue,
    ear: OnHookEar,
    ring: RingMeter,
    cadence: Cadence,
    leg: AudioLeg,
    /// What was sent, when its echo can come.
    sent: Delay,
    duck: Duck,
    digits: DtmfDetector,
    progress: ProgressDetector,
    voice: VoiceMeter,
    silence: SilenceMeter,
    dial_tone: DialToneMeter,
    generator: DtmfGenerator,
    pulses: PulseDialler,
    caller: Option<(CallerId, CallerSource)>,
    /// How the last call that came in told its caller, for the technician.
    caller_id_heard: Option<CallerIdKind>,
    number: Option<Digits>,
    polarity: LinePolarity,
    battery: bool,
    alarm: Option<Alarm>,
    refusal: Option<SeizeRefusal>,
    faults: Faults,
    service: ServiceEnd,
    renewal: RenewalEnd<Parts>,
}

impl<P: AnalogPort> Fxo<P> {
    /// A channel over this port, on-hook. Allocates; nothing afterwards does.
    pub fn new(port: P, settings: FxoSettings) -> Self {
        Fxo::with_service(port, settings).0
    }

    /// The same, and the technician's end of it.
    pub fn with_service(port: P, settings: FxoSettings) -> (Self, LineService) {
        let (line, technician, _) = Fxo::with_links(port, settings);
        (line, technician)
    }

    /// The same, the technician's end of it, and the end by which it gets new settings.
    pub fn with_links(port: P, settings: FxoSettings) -> (Self, LineService, LineRenewal) {
        let is_buffered = port.echo_delay_samples() > 0;
        let (service, technician) = service::service(port.balances());
        let (renewal, renewing) = renewal();
        let parts = Parts::new(settings, is_buffered);
        let line = Fxo::of_parts(port, parts, service, renewal);
        (line, technician, LineRenewal { link: renewing, is_buffered })
    }

    fn of_parts(port: P, parts: Parts, service: ServiceEnd, renewal: RenewalEnd<Parts>) -> Self {
        let mut line = Fxo {
            sent: Delay::new(port.echo_delay_samples()),
            leg: parts.leg,
            port,
            duck: Duck::new(),
            cadence: Cadence::default(),
            settings: parts.settings,
            state: State::Idle,
            timers: Timers::new(),
            events: EventQueue::default(),
            ear: OnHookEar::new(),
            ring: RingMeter::default(),
            digits: DtmfDetector::new(),
            progress: parts.progress,
            voice: VoiceMeter::new(),
            silence: SilenceMeter::new(),
            dial_tone: DialToneMeter::default(),
            generator: parts.generator,
            pulses: parts.pulses,
            caller: None,
            caller_id_heard: None,
            number: None,
            polarity: LinePolarity::Forward,
            battery: true,
            alarm: None,
            refusal: None,
            faults: Faults::default(),
            service,
            renewal,
        };
        line.set_balance();
        line
    }

    /// Sets the port to the balance that was chosen for the line.
    fn set_balance(&mut self) {
        if self.port.balances() > 0 {
            self.order(PortCommand::Balance(self.settings.balance));
        }
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Faults {
        Faults {
            events_dropped: self.events.dropped(),
            caller_id_damaged: self.ear.damaged(),
            ..self.faults
        }
    }

    /// What the switch is not told.
    pub fn diagnostics(&self) -> FxoDiagnostics {
        let (erl_db, erle_db) = self.leg.echo_db();
        FxoDiagnostics {
            ringing: self.ring.report().clone(),
            caller_source: self.caller.map(|(_, source)| source),
            polarity: self.polarity,
            refusal: self.refusal,
            fax: self.leg.fax(),
            erl_db,
            erle_db,
        }
    }

    /// The port, for drivers that have more to tell than the channel's seam carries.
    pub fn port(&self) -> &P {
        &self.port
    }

    fn order(&mut self, command: PortCommand) {
        if self.port.command(command).is_err() {
            self.faults.port_errors = self.faults.port_errors.saturating_add(1);
        }
    }

    /// Goes off-hook with fresh ears.
    fn go_off_hook(&mut self) {
        self.order(PortCommand::OffHook(true));
        self.progress.reset();
        self.voice.reset();
        self.silence.reset();
        self.duck.reset();
        self.leg.begin(self.settings.echo_tail.is_some());
        self.generator.stop();
        self.pulses.stop();
        self.timers.stop_all();
        self.ring.forget();
        while self.digits.poll().is_some() {}
        // What was half heard on-hook is no part of the next call's caller id.
        self.ear.end_digits();
    }

    fn is_off_hook(&self) -> bool {
        // A line under test is off-hook too, but nobody's call is on it.
        !matches!(
            self.state,
            State::Idle | State::Ringing { .. } | State::Refused | State::Guarded | State::Testing
        )
    }

    /// Whether the switch's audio passes.
    fn is_open(&self) -> bool {
        matches!(self.state, State::Connected { .. } | State::Proceeding { .. })
    }

    /// Ends the call and lets the line rest.
    fn release(&mut self, now: Instant, cause: Cause) {
        if self.is_off_hook() {
            self.order(PortCommand::OffHook(false));
            self.timers.stop_all();
            self.timers.set(Timer::Guard, now + self.settings.guard);
            if !self.battery {
                self.timers.set(Timer::BatteryAlarm, now + self.settings.battery_alarm);
            }
        }
        self.state = State::Idle;
        self.caller = None;
        self.number = None;
        self.generator.stop();
        self.pulses.stop();
        self.ring.forget();
        self.events.push(ChannelEvent::Released(cause));
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::CallerIdWait => self.offer_anyway(),
            Timer::RingTimeout => self.on_ring_timeout(),
            Timer::DigitsEnd => self.on_digits_end(now),
            Timer::BatteryRelease => self.release(now, Cause::NormalClearing),
            Timer::BatteryAlarm => self.set_alarm(Some(Alarm::NoBattery)),
            Timer::Guard => self.on_guard_over(now),
            Timer::DialTone => self.on_dial_tone_timeout(now),
            Timer::Answer => self.on_answer_timer(now),
        }
    }

    fn listen(&mut self, now: Instant, sent: &Frame, rx: &Frame) {
        match self.state {
            State::Idle | State::Ringing { .. } => self.listen_on_hook(now, rx),
            State::Refused | State::Guarded | State::Testing => {}
            State::Taken | State::Connected { .. } => self.listen_connected(now, sent, rx),
            State::AwaitingDialTone { .. } | State::Dialling | State::Proceeding { .. } => {
                self.listen_outgoing(now, sent, rx);
            }
        }
    }

    /// What goes to the line instead of, or as, the switch's audio.
    fn fill_tx(&mut self, now: Instant, tx: &Frame) -> Frame {
        let mut out = SILENCE;
        if self.is_open() {
            out = *tx;
            self.leg.send(&mut out);
            self.duck.apply(now, &mut out);
        }
        if !self.generator.is_idle() {
            let written = self.generator.tx(&mut out);
            // A frame that begins with digits has nothing else in it.
            out[written..].fill(0);
        }
        out
    }
}

impl<P: AnalogPort> FrameChannel for Fxo<P> {
    fn tick(&mut self, now: Instant, tx: &Frame, rx: &mut Frame) {
        self.serve(now);
        self.renew();
        if self.state == State::Testing {
            rx.fill(0);
            return self.tick_test(now);
        }
        let out = self.fill_tx(now, tx);
        match self.port.exchange(&out, rx) {
            Ok(()) => {}
            Err(PortError::Gone) => {
                rx.fill(0);
                self.on_alarm(now, Some(Alarm::DeviceLost));
            }
            Err(_) => {
                self.faults.port_errors = self.faults.port_errors.saturating_add(1);
            }
        }
        while let Some(event) = self.port.poll_event() {
            self.on_port_event(now, event);
        }
        let sent = self.sent.frame(&out);
        self.validate_ring(now, rx);
        if self.is_off_hook() {
            self.leg.receive(&sent, rx);
        }
        self.listen(now, &sent, rx);
        while let Some(timer) = self.timers.expire(now) {
            self.on_timer(now, timer);
        }
        if let Some(closed) = self.pulses.frame() {
            self.order(PortCommand::OffHook(closed));
        }
        if self.is_open() {
            self.leg.deliver(rx);
        } else {
            rx.fill(0);
        }
    }

    fn command(&mut self, now: Instant, command: &ChannelCommand) {
        let fits = match command {
            ChannelCommand::Answer => self.answer(now),
            ChannelCommand::Seize(_) => self.seize(now),
            ChannelCommand::Dial { number, .. } => self.dial(now, number),
            ChannelCommand::SendDigits(digits) => self.send_digits(digits),
            ChannelCommand::Flash => self.flash(),
            ChannelCommand::Release(cause) => self.release_by_switch(now, *cause),
            // An analog exchange line has no way to say these.
            ChannelCommand::Alert
            | ChannelCommand::OpenEarlyAudio
            | ChannelCommand::Redirected(_)
            | ChannelCommand::Connected(_) => true,
            ChannelCommand::Ring { .. }
            | ChannelCommand::Facility(_)
            | ChannelCommand::Notify(_)
            | ChannelCommand::CallWaiting { .. }
            | ChannelCommand::CallWaitingEnd
            | ChannelCommand::MessageWaiting(_)
            | ChannelCommand::Forwarded(_)
            | ChannelCommand::Block(_)
            | ChannelCommand::Transferred(_) => false,
        };
        if !fits {
            self.faults.commands_refused = self.faults.commands_refused.saturating_add(1);
        }
    }

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.events.pop()
    }
}

impl<P: AnalogPort> Fxo<P> {
    fn send_digits(&mut self, digits: &Digits) -> bool {
        let connected = matches!(self.state, State::Connected { .. });
        connected && digits.iter().all(|d| self.generator.push(*d))
    }

    fn flash(&mut self) -> bool {
        let connected = matches!(self.state, State::Connected { .. });
        if connected {
            self.order(PortCommand::Flash { ms: self.settings.flash_ms });
        }
        connected
    }

    fn release_by_switch(&mut self, now: Instant, cause: Cause) -> bool {
        match self.state {
            State::Idle | State::Refused | State::Ringing { offered: false } => false,
            // The exchange cannot be told: the line rings on, unheeded.
            State::Ringing { offered: true } => {
                self.caller = None;
                self.state = State::Refused;
                self.events.push(ChannelEvent::Released(cause));
                true
            }
            _ => {
                self.release(now, cause);
                true
            }
        }
    }
}

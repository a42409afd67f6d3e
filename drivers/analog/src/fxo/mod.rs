//! The FXO channel: one line of the exchange.
//!
//! ```text
//!            ring ≥ 150 ms              Answer
//! Idle ───────────────────▶ Ringing ───────────────▶ Connected ──▶ Guard ──▶ Idle
//!   │                          │ refused, or no ring        ▲
//!   │ Seize                    ▼ for 8 s                    │ answered
//!   └──▶ (Guarded) ▶ AwaitingDialTone ▶ Dialling ▶ Proceeding
//! ```
//! A call is released by the switch, by the exchange's tone (three cycles), by battery drop, by
//! polarity, or by dial tone that has come back. `Released` is told at once; the guard time is
//! kept by holding back the next seizure.

mod incoming;
mod listen;
mod outgoing;
mod settings;
mod timer;
mod voice;

use tipring_clock::{Instant, Timers};
use tipring_dsp::{DtmfDetector, DtmfEvent, DtmfGenerator, ProgressDetector, ProgressTone};
use tipring_line::{
    Alarm, AnalogPort, AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, DigitSource,
    Digits, Frame, FrameChannel, LinePolarity, PortCommand, PortError, PortEvent, SILENCE,
};

use crate::events::{EventQueue, Faults};
use listen::OnHookEar;
use outgoing::DialToneMeter;
pub use settings::{FxoSettings, PolarityUse};
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
        /// Whether ringback was heard.
        ringback: bool,
    },
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
    digits: DtmfDetector,
    progress: ProgressDetector,
    voice: VoiceMeter,
    dial_tone: DialToneMeter,
    generator: DtmfGenerator,
    /// Since when ringing current flows.
    ringing_since: Option<Instant>,
    ring_counted: bool,
    caller: Option<CallerId>,
    number: Option<Digits>,
    polarity: LinePolarity,
    battery: bool,
    alarm: Option<Alarm>,
    faults: Faults,
}

impl<P: AnalogPort> Fxo<P> {
    /// A channel over this port, on-hook. Allocates; nothing afterwards does.
    pub fn new(port: P, settings: FxoSettings) -> Self {
        let generator = DtmfGenerator::with(settings.dtmf_levels, settings.dtmf_timing);
        let progress = ProgressDetector::new(&settings.tones);
        Fxo {
            port,
            settings,
            state: State::Idle,
            timers: Timers::new(),
            events: EventQueue::default(),
            ear: OnHookEar::new(),
            digits: DtmfDetector::new(),
            progress,
            voice: VoiceMeter::new(),
            dial_tone: DialToneMeter::default(),
            generator,
            ringing_since: None,
            ring_counted: false,
            caller: None,
            number: None,
            polarity: LinePolarity::Forward,
            battery: true,
            alarm: None,
            faults: Faults::default(),
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
        self.generator.stop();
        self.timers.stop_all();
        while self.digits.poll().is_some() {}
        // What was half heard on-hook is no part of the next call's caller id.
        self.ear.end_digits();
    }

    fn is_off_hook(&self) -> bool {
        !matches!(self.state, State::Idle | State::Ringing { .. } | State::Refused | State::Guarded)
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
        self.events.push(ChannelEvent::Released(cause));
    }

    fn on_port_event(&mut self, now: Instant, event: PortEvent) {
        match event {
            PortEvent::Ringing(on) => self.on_ringing(now, on),
            PortEvent::Battery(there) => self.on_battery(now, there),
            PortEvent::Polarity(polarity) => self.on_polarity(now, polarity),
            PortEvent::Alarm(alarm) => self.on_alarm(now, alarm),
            PortEvent::MeteringPulse => self.events.push(ChannelEvent::Metering),
            PortEvent::MessageWaiting(on) => self.events.push(ChannelEvent::MessageWaiting(on)),
            // These are a handset's.
            PortEvent::OffHook(_) | PortEvent::PulseDigit(_) => {}
        }
    }

    fn on_battery(&mut self, now: Instant, there: bool) {
        self.battery = there;
        if there {
            self.timers.stop(Timer::BatteryRelease);
            self.timers.stop(Timer::BatteryAlarm);
            self.set_alarm(None);
        } else {
            if self.is_off_hook() {
                self.timers.set(Timer::BatteryRelease, now + self.settings.battery_release);
            }
            self.timers.set(Timer::BatteryAlarm, now + self.settings.battery_alarm);
        }
    }

    fn on_alarm(&mut self, now: Instant, alarm: Option<Alarm>) {
        if alarm.is_some() && self.state != State::Idle {
            self.release(now, Cause::NetworkOutOfOrder);
        }
        self.set_alarm(alarm);
    }

    fn set_alarm(&mut self, alarm: Option<Alarm>) {
        if self.alarm != alarm {
            self.alarm = alarm;
            self.events.push(ChannelEvent::Alarm(alarm));
        }
    }

    fn on_polarity(&mut self, now: Instant, polarity: LinePolarity) {
        let before = core::mem::replace(&mut self.polarity, polarity);
        if self.settings.polarity == PolarityUse::Ignore || before == polarity {
            return;
        }
        match self.state {
            State::Proceeding { .. } if polarity == LinePolarity::Reverse => {
                self.answered(now, AnswerCertainty::Polarity);
            }
            State::Connected { since }
                if polarity == LinePolarity::Forward
                    && now - since >= self.settings.polarity_settle =>
            {
                self.release(now, Cause::NormalClearing);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::CallerIdWait => self.offer(),
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
            State::Refused | State::Guarded => {}
            State::Connected { .. } => self.listen_connected(now, sent, rx),
            State::AwaitingDialTone { .. } | State::Dialling | State::Proceeding { .. } => {
                self.listen_outgoing(now, sent, rx);
            }
        }
    }

    fn listen_connected(&mut self, now: Instant, sent: &Frame, rx: &Frame) {
        if self.settings.detect_digits {
            self.digits.rx(rx);
            while let Some(event) = self.digits.poll() {
                if let DtmfEvent::Start(digit) = event {
                    let source = DigitSource::InBand;
                    self.events.push(ChannelEvent::Digit { digit, source });
                }
            }
        }
        self.progress.rx_beside(rx, sent);
        while let Some(tone) = self.progress.poll() {
            // Ringback in a call is somebody's music; everything else says that the far side,
            // or the whole call, has gone.
            if tone != ProgressTone::Ringback {
                return self.release(now, Cause::NormalClearing);
            }
        }
    }

    /// What goes to the line instead of, or as, the switch's audio.
    fn fill_tx(&mut self, tx: &Frame) -> Frame {
        let mut out = match self.state {
            State::Connected { .. } | State::Proceeding { .. } => *tx,
            _ => SILENCE,
        };
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
        let out = self.fill_tx(tx);
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
        self.validate_ring(now);
        self.listen(now, &out, rx);
        while let Some(timer) = self.timers.expire(now) {
            self.on_timer(now, timer);
        }
        if !matches!(self.state, State::Connected { .. } | State::Proceeding { .. }) {
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
            // An analog exchange line has no way to say these before it is answered.
            ChannelCommand::Alert | ChannelCommand::OpenEarlyAudio => true,
            ChannelCommand::Ring { .. } => false,
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

//! The FXS channel: one handset.
//!
//! ```text
//!        Ring            off-hook
//! OnHook ─────▶ Ringing ──────────▶ Talking ◀──── Answer ──── Offered ◀─┐
//!   │ off-hook                          │                       │       │ number complete
//!   └──────────▶ Collecting ────────────┼───────────────────────┼───────┘
//!                    │ no key           ▼ Release               ▼ Release
//!                    └──────────────▶ Parting (busy tone) ▶ howler ▶ silence ▶ on-hook ▶ OnHook
//! ```
//! `Released` is told at once when a call ends, also while the handset is still off-hook and hears
//! busy tone; until it is put back, `Seize` is answered by `Released(UserBusy)`.

mod dialling;
mod ringing;
mod settings;
mod timer;

use tipring_clock::{Duration, Instant, Timers};
use tipring_dsp::caller_id::FskTransmitter;
use tipring_dsp::{DtmfDetector, DtmfEvent, DtmfGenerator, ToneCadence, ToneGenerator};
use tipring_line::{
    Alarm, AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, DigitSource, Digits, Frame,
    FrameChannel, PortCommand, PortError, PortEvent, SILENCE,
};

use crate::events::{EventQueue, Faults};
pub use settings::{CallerIdSending, FxsSettings, FxsTones, WallReference};
use timer::Timer;

/// What the caller hears before the call is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Early {
    Silence,
    Ringback,
    Audio,
}

/// Where the handset stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// On-hook, nothing happens.
    OnHook,
    /// The switch has taken the channel and will ring.
    Seized,
    /// The handset rings.
    Ringing {
        /// Whether ringing current flows.
        burst: bool,
    },
    /// Off-hook, dial tone or keys.
    Collecting,
    /// The number is with the switch.
    Offered(Early),
    /// Both sides talk.
    Talking,
    /// The call is over, the handset still off-hook.
    Parting,
    /// It hears the howler.
    Howling,
    /// It was left alone.
    Abandoned,
}

/// A channel over a handset's line.
#[derive(Debug)]
pub struct Fxs<P: AnalogPort> {
    port: P,
    settings: FxsSettings,
    state: State,
    timers: Timers<Timer, { Timer::COUNT }>,
    events: EventQueue,
    detector: DtmfDetector,
    generator: DtmfGenerator,
    tone: Option<ToneGenerator>,
    keys: Digits,
    caller: CallerId,
    fsk: Option<FskTransmitter>,
    caller_id_sent: bool,
    off_hook: bool,
    open_since: Option<Instant>,
    alarm: Option<Alarm>,
    faults: Faults,
}

impl<P: AnalogPort> Fxs<P> {
    /// A channel over this port, on-hook. Allocates; nothing afterwards does.
    pub fn new(port: P, settings: FxsSettings) -> Self {
        let generator = DtmfGenerator::with(settings.dtmf_levels, settings.dtmf_timing);
        Fxs {
            port,
            settings,
            state: State::OnHook,
            timers: Timers::new(),
            events: EventQueue::default(),
            detector: DtmfDetector::new(),
            generator,
            tone: None,
            keys: Digits::new(),
            caller: CallerId::default(),
            fsk: None,
            caller_id_sent: false,
            off_hook: false,
            open_since: None,
            alarm: None,
            faults: Faults::default(),
        }
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Faults {
        Faults { events_dropped: self.events.dropped(), ..self.faults }
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

    fn play(&mut self, cadence: ToneCadence) {
        self.tone = Some(ToneGenerator::new(cadence));
    }

    fn on_port_event(&mut self, now: Instant, event: PortEvent) {
        match event {
            PortEvent::OffHook(true) => self.on_loop_closed(now),
            PortEvent::OffHook(false) => self.on_loop_opened(now),
            PortEvent::PulseDigit(digit) if self.state == State::Collecting => {
                self.on_key(now, digit);
            }
            PortEvent::Alarm(alarm) => self.on_alarm(now, alarm),
            // A digit fits no other state; the others are an exchange line's.
            PortEvent::PulseDigit(_)
            | PortEvent::Ringing(_)
            | PortEvent::Battery(_)
            | PortEvent::Polarity(_)
            | PortEvent::MeteringPulse
            | PortEvent::MessageWaiting(_) => {}
        }
    }

    fn on_loop_closed(&mut self, now: Instant) {
        self.off_hook = true;
        if let Some(since) = self.open_since.take() {
            self.timers.stop(Timer::Hook);
            if now - since >= self.settings.flash_min {
                self.events.push(ChannelEvent::HookFlash);
            }
            return;
        }
        match self.state {
            State::OnHook => self.start_collecting(now),
            // The handset was lifted in the moment between: whoever lifts answers.
            State::Ringing { .. } | State::Seized => self.answered_by_handset(),
            _ => {}
        }
    }

    fn on_loop_opened(&mut self, now: Instant) {
        if !core::mem::replace(&mut self.off_hook, false) {
            return;
        }
        if self.state == State::Talking {
            self.open_since = Some(now);
            self.timers.set(Timer::Hook, now + self.settings.flash_max);
        } else {
            self.on_hung_up();
        }
    }

    fn on_hung_up(&mut self) {
        self.open_since = None;
        let in_call = matches!(self.state, State::Offered(_) | State::Talking);
        self.rest();
        if in_call {
            self.events.push(ChannelEvent::Released(Cause::NormalClearing));
        }
    }

    /// Back to on-hook, all silent.
    fn rest(&mut self) {
        self.state = State::OnHook;
        self.timers.stop_all();
        self.tone = None;
        self.generator.stop();
        self.keys.clear();
    }

    fn on_alarm(&mut self, now: Instant, alarm: Option<Alarm>) {
        if self.alarm == alarm {
            return;
        }
        self.alarm = alarm;
        if alarm.is_some() {
            self.release(now, Cause::NetworkOutOfOrder);
        }
        self.events.push(ChannelEvent::Alarm(alarm));
    }

    /// Ends the call; the handset, if off-hook, hears why. `false` if there is none.
    fn release(&mut self, now: Instant, cause: Cause) -> bool {
        match self.state {
            State::Seized => self.rest(),
            State::Ringing { .. } => {
                self.stop_ringing();
                self.rest();
            }
            State::Offered(_) | State::Talking => self.part(now, cause),
            _ => return false,
        }
        self.events.push(ChannelEvent::Released(cause));
        true
    }

    fn part(&mut self, now: Instant, cause: Cause) {
        self.rest();
        if !self.off_hook {
            // It hung up just now, or flashes: either way it is on-hook.
            self.open_since = None;
            return;
        }
        self.state = State::Parting;
        let tones = self.settings.tones;
        self.play(match cause {
            Cause::UnallocatedNumber | Cause::InvalidNumberFormat | Cause::NoRoute => tones.vacant,
            Cause::Congestion | Cause::NoChannel | Cause::NetworkOutOfOrder => tones.congestion,
            _ => tones.busy,
        });
        self.timers.set(Timer::Tone, now + self.settings.busy_max);
    }

    fn on_tone_timer(&mut self, now: Instant) {
        match self.state {
            State::Parting => {
                self.state = State::Howling;
                self.play(self.settings.tones.howler);
                self.timers.set(Timer::Tone, now + self.settings.howler_max);
            }
            State::Howling => {
                self.state = State::Abandoned;
                self.tone = None;
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Hook => self.on_hung_up(),
            Timer::Cadence => self.on_cadence(now),
            Timer::CallerId => self.send_caller_id(now),
            Timer::CallerIdEnd => self.order(PortCommand::OnHookAudio(false)),
            Timer::Key => self.on_key_timer(now),
            Timer::Tone => self.on_tone_timer(now),
        }
    }

    fn listen(&mut self, now: Instant, rx: &Frame) {
        let wanted = match self.state {
            State::Collecting => true,
            State::Offered(_) | State::Talking => self.settings.detect_digits,
            _ => false,
        };
        if !wanted {
            return;
        }
        self.detector.rx(rx);
        while let Some(event) = self.detector.poll() {
            let DtmfEvent::Start(digit) = event else { continue };
            if self.state == State::Collecting {
                self.on_key(now, digit);
            } else {
                let source = DigitSource::InBand;
                self.events.push(ChannelEvent::Digit { digit, source });
            }
        }
    }

    /// What goes to the handset instead of, or as, the switch's audio.
    fn fill_tx(&mut self, now: Instant, tx: &Frame) -> Frame {
        let mut out = SILENCE;
        if self.passes_audio() {
            out = *tx;
        } else if let Some(tone) = &mut self.tone {
            tone.tx(&mut out);
        } else if let Some(fsk) = &mut self.fsk {
            fsk.tx(&mut out);
            if fsk.is_finished() {
                self.fsk = None;
                self.timers.set(Timer::CallerIdEnd, now + CALLER_ID_DRAIN);
            }
        }
        if !self.generator.is_idle() {
            let written = self.generator.tx(&mut out);
            out[written..].fill(0);
        }
        out
    }

    fn passes_audio(&self) -> bool {
        matches!(self.state, State::Talking | State::Offered(Early::Audio))
    }
}

impl<P: AnalogPort> FrameChannel for Fxs<P> {
    fn tick(&mut self, now: Instant, tx: &Frame, rx: &mut Frame) {
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
        self.listen(now, rx);
        while let Some(timer) = self.timers.expire(now) {
            self.on_timer(now, timer);
        }
        if !self.passes_audio() {
            rx.fill(0);
        }
    }

    fn command(&mut self, now: Instant, command: &ChannelCommand) {
        let fits = match command {
            ChannelCommand::Seize(_) => self.seize(),
            ChannelCommand::Ring { caller } => self.ring(now, caller),
            ChannelCommand::Alert => self.early(Early::Ringback),
            ChannelCommand::OpenEarlyAudio => self.early(Early::Audio),
            ChannelCommand::Answer => self.answer(),
            ChannelCommand::SendDigits(digits) => {
                self.state == State::Talking && digits.iter().all(|d| self.generator.push(*d))
            }
            ChannelCommand::Release(cause) => self.release(now, *cause),
            ChannelCommand::Dial { .. } | ChannelCommand::Flash => false,
        };
        if !fits {
            self.faults.commands_refused = self.faults.commands_refused.saturating_add(1);
        }
    }

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.events.pop()
    }
}

/// What the port may still hold when the last of a caller id has been handed to it.
const CALLER_ID_DRAIN: Duration = Duration::from_millis(100);

/// Milliseconds of a setting as a duration.
fn millis(ms: u16) -> Duration {
    Duration::from_millis(u64::from(ms))
}

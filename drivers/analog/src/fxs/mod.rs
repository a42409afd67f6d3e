//! The FXS channel: one handset.
//!
//! ```text
//!        Ring  (Announcing)   lifted
//! OnHook ─────▶ Ringing ──────────▶ Talking ◀──── Answer ──── Offered ◀─┐
//!   │ lifted                            │                       │       │ number complete
//!   └──────────▶ Collecting ────────────┼───────────────────────┼───────┘
//!                    │ no key           ▼ Release               ▼ Release
//!                    └──────────────▶ Parting (busy tone) ▶ howler ▶ silence ▶ on-hook ▶ OnHook
//! ```
//! `Released` is told at once when a call ends, also while the handset is still off-hook and hears
//! busy tone; until it is put back, `Seize` is answered by `Released(UserBusy)`.

mod audio;
mod caller_id;
mod dialling;
mod hook;
mod lamp;
mod parting;
mod ringing;
mod settings;
mod timer;
mod waiting;

use tipring_clock::{Duration, Instant, Timers};
use tipring_dsp::{DtmfDetector, DtmfGenerator, ToneCadence, ToneGenerator};
use tipring_line::{
    Alarm, AnalogPort, CallerId, Cause, ChannelCommand, ChannelEvent, DigitSource, Digits, Frame,
    FrameChannel, LinePolarity, PortCommand, PortError, PortEvent,
};

use crate::events::{EventQueue, Faults};
use crate::plans::PulseDigits;
use crate::renewal::{Renewal, RenewalEnd, renewal};
use audio::Sound;
use hook::{Hook, HookEvent, HookUse};
pub use settings::{
    CallerIdSending, FskSending, FxsSettings, FxsTones, HookTiming, HotLine, Howler, MessageLamp,
    RingCadence, WallReference,
};
use timer::Timer;
use waiting::Waiting;

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
    /// The handset is told who calls before it rings.
    Announcing {
        /// Whether a short ring says that this comes.
        ring_pulse: bool,
    },
    /// The handset rings.
    Ringing {
        /// Which of the cadence's times runs: ringing current flows in the even ones.
        place: usize,
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
    Howling {
        /// Which step of the howler's level, from 0.
        step: u8,
        /// When it falls silent.
        until: Instant,
    },
    /// It was left alone.
    Abandoned,
}

/// A channel over a handset's line.
#[derive(Debug)]
pub struct Fxs<P: AnalogPort> {
    port: P,
    settings: FxsSettings,
    state: State,
    hook: Hook,
    timers: Timers<Timer, { Timer::COUNT }>,
    events: EventQueue,
    detector: DtmfDetector,
    generator: DtmfGenerator,
    sound: Sound,
    keys: Digits,
    caller: CallerId,
    ringing: RingCadence,
    caller_id_due: bool,
    waiting: Option<Waiting>,
    messages_wait: bool,
    forwarded: bool,
    /// The lamp is to be told by FSK once the handset rests.
    lamp_due: bool,
    parting_tone: ToneCadence,
    reversed: bool,
    on_hook_audio: bool,
    /// Gains of the call's audio as factors, to the handset and from it.
    gains: [f32; 2],
    gone: bool,
    alarm: Option<Alarm>,
    faults: Faults,
    renewal: RenewalEnd<Parts>,
}

/// What the settings make, apart from the port and the state of the handset.
#[derive(Debug)]
struct Parts {
    settings: FxsSettings,
    generator: DtmfGenerator,
    gains: [f32; 2],
}

impl Parts {
    fn new(settings: FxsSettings) -> Self {
        let factor = |db: f32| 10f32.powf(db / 20.0);
        Parts {
            generator: DtmfGenerator::with(settings.dtmf_levels, settings.dtmf_timing),
            gains: [factor(settings.gain_to_handset_db), factor(settings.gain_from_handset_db)],
            settings,
        }
    }
}

/// The end by which a handset's line gets new settings; usable from any thread.
#[derive(Debug)]
pub struct HandsetRenewal {
    link: Renewal<Parts>,
}

impl HandsetRenewal {
    /// Has the handset's line take these settings when the handset rests; of several the last.
    pub fn renew(&mut self, settings: FxsSettings) {
        self.link.renew(Parts::new(settings));
    }

    /// Whether it has taken what it was given since last asked; told once. To be asked now and
    /// then, which also gives it what found no room before.
    pub fn is_taken(&mut self) -> bool {
        self.link.is_taken()
    }
}

impl<P: AnalogPort> Fxs<P> {
    /// A channel over this port, on-hook. Allocates; nothing afterwards does.
    pub fn new(port: P, settings: FxsSettings) -> Self {
        Fxs::with_renewal(port, settings).0
    }

    /// The same, and the end by which it gets new settings.
    pub fn with_renewal(port: P, settings: FxsSettings) -> (Self, HandsetRenewal) {
        let (renewal, renewing) = renewal();
        (Fxs::of_parts(port, Parts::new(settings), renewal), HandsetRenewal { link: renewing })
    }

    fn of_parts(port: P, parts: Parts, renewal: RenewalEnd<Parts>) -> Self {
        let Parts { settings, generator, gains } = parts;
        Fxs {
            port,
            state: State::OnHook,
            hook: Hook::new(settings.hook),
            timers: Timers::new(),
            events: EventQueue::default(),
            detector: DtmfDetector::new(),
            generator,
            sound: Sound::None,
            keys: Digits::new(),
            caller: CallerId::default(),
            ringing: settings.ringing,
            caller_id_due: false,
            waiting: None,
            messages_wait: false,
            forwarded: false,
            lamp_due: false,
            parting_tone: settings.tones.busy,
            reversed: false,
            on_hook_audio: false,
            gains,
            gone: false,
            alarm: None,
            faults: Faults::default(),
            settings,
            renewal,
        }
    }

    /// Takes new settings, if there are any and the handset rests.
    fn renew(&mut self) {
        let rests = self.state == State::OnHook && !self.hook.is_closed() && !self.on_hook_audio;
        let Some(mut parts) = self.renewal.take(rests) else { return };
        core::mem::swap(&mut self.settings, &mut parts.settings);
        core::mem::swap(&mut self.generator, &mut parts.generator);
        self.gains = parts.gains;
        self.hook.set_timing(self.settings.hook);
        self.renewal.give_back(parts);
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Faults {
        Faults {
            events_dropped: self.events.dropped(),
            loop_disturbances: self.hook.disturbances(),
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

    fn set_reversed(&mut self, reversed: bool) {
        if self.reversed != reversed {
            self.reversed = reversed;
            let polarity = if reversed { LinePolarity::Reverse } else { LinePolarity::Forward };
            self.order(PortCommand::Polarity(polarity));
        }
    }

    fn play(&mut self, cadence: ToneCadence) {
        self.sound = Sound::Tone(ToneGenerator::new(cadence));
    }

    fn hook_use(&self) -> HookUse {
        match self.state {
            State::Collecting => HookUse::Dialling,
            State::Offered(_) | State::Talking => HookUse::InCall,
            _ => HookUse::Idle,
        }
    }

    fn on_port_event(&mut self, now: Instant, event: PortEvent) {
        match event {
            PortEvent::OffHook(closed) => {
                let used = self.hook_use();
                let told = self.hook.on_loop(now, closed, used);
                if closed {
                    self.trip_ringing();
                }
                if let Some(event) = told {
                    self.on_hook_event(now, event);
                }
            }
            PortEvent::PulseDigit(digit) => {
                self.hook.leave_counting_to_port();
                // Ports count as most countries do; how this one does is the plan's business.
                let pulses = PulseDigits::default().pulses_of(digit).unwrap_or(0);
                if self.state == State::Collecting || self.hook.is_enough_in_call(pulses) {
                    self.on_pulses(now, pulses);
                }
            }
            PortEvent::Alarm(alarm) => self.on_alarm(now, alarm),
            // These are an exchange line's.
            PortEvent::Ringing(_)
            | PortEvent::Battery(_)
            | PortEvent::Polarity(_)
            | PortEvent::MeteringPulse
            | PortEvent::MessageWaiting(_) => {}
        }
    }

    fn on_hook_event(&mut self, now: Instant, event: HookEvent) {
        match event {
            HookEvent::Lifted => match self.state {
                State::OnHook => self.start_collecting(now),
                // The handset was lifted in the moment between: whoever lifts answers.
                State::Seized | State::Announcing { .. } | State::Ringing { .. } => {
                    self.answered_by_handset();
                }
                _ => {}
            },
            HookEvent::Pulses(pulses) => self.on_pulses(now, pulses),
            HookEvent::Flash => match self.state {
                State::Collecting => self.start_collecting(now),
                State::Offered(_) | State::Talking => self.events.push(ChannelEvent::HookFlash),
                _ => {}
            },
            HookEvent::HungUp => self.on_hung_up(now),
        }
    }

    fn on_pulses(&mut self, now: Instant, pulses: u8) {
        let Some(digit) = self.settings.pulse_digits.digit_of(pulses) else {
            self.faults.pulses_unread = self.faults.pulses_unread.saturating_add(1);
            return;
        };
        match self.state {
            State::Collecting => self.on_key(now, digit),
            State::Offered(_) | State::Talking => {
                self.events.push(ChannelEvent::Digit { digit, source: DigitSource::Pulse });
            }
            _ => {}
        }
    }

    fn on_hung_up(&mut self, now: Instant) {
        let in_call = matches!(self.state, State::Offered(_) | State::Talking);
        self.rest();
        self.light_lamp_soon(now);
        if in_call {
            self.events.push(ChannelEvent::Released(Cause::NormalClearing));
        }
    }

    /// Back to on-hook, all silent.
    fn rest(&mut self) {
        self.stop_on_hook_audio();
        self.state = State::OnHook;
        self.timers.stop_all();
        self.sound = Sound::None;
        self.generator.stop();
        self.keys.clear();
        self.waiting = None;
        self.set_reversed(false);
        self.forget_keys();
    }

    fn on_alarm(&mut self, now: Instant, alarm: Option<Alarm>) {
        if self.alarm == alarm {
            return;
        }
        self.alarm = alarm;
        if alarm.is_some() {
            let in_call = !matches!(
                self.state,
                State::OnHook
                    | State::Collecting
                    | State::Parting
                    | State::Howling { .. }
                    | State::Abandoned
            );
            self.stop_ringing();
            self.rest();
            self.hook.reset();
            if in_call {
                self.events.push(ChannelEvent::Released(Cause::NetworkOutOfOrder));
            }
        } else {
            // The port tells anew whether the handset is off-hook; what it shows is told again.
            self.order(PortCommand::Polarity(LinePolarity::Forward));
            if self.settings.battery_drop.is_some() {
                self.order(PortCommand::Battery(true));
            }
            self.light_lamp(now);
        }
        self.events.push(ChannelEvent::Alarm(alarm));
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Cadence => self.on_cadence(now),
            Timer::CallerId => self.on_caller_id_timer(now),
            Timer::OnHookAudioEnd => self.end_on_hook_audio(),
            Timer::Key => self.on_key_timer(now),
            Timer::HotLine => self.call_hot_line(now),
            Timer::Tone => self.on_tone_timer(now),
            Timer::Battery => self.restore_battery(now),
            Timer::BatterySettled => {
                if let Some(event) = self.hook.battery_back(now) {
                    self.on_hook_event(now, event);
                }
            }
            Timer::Waiting => self.on_waiting_timer(now),
            Timer::Lamp => self.send_lamp_message(),
        }
    }

    fn exchange(&mut self, now: Instant, out: &Frame, rx: &mut Frame) {
        match self.port.exchange(out, rx) {
            Ok(()) => {
                if core::mem::take(&mut self.gone) && self.alarm == Some(Alarm::DeviceLost) {
                    self.on_alarm(now, None);
                }
            }
            Err(PortError::Gone) => {
                rx.fill(0);
                self.gone = true;
                self.on_alarm(now, Some(Alarm::DeviceLost));
            }
            Err(_) => {
                self.faults.port_errors = self.faults.port_errors.saturating_add(1);
            }
        }
    }
}

impl<P: AnalogPort> FrameChannel for Fxs<P> {
    fn tick(&mut self, now: Instant, tx: &Frame, rx: &mut Frame) {
        self.renew();
        let out = self.fill_tx(now, tx);
        self.exchange(now, &out, rx);
        while let Some(event) = self.port.poll_event() {
            self.on_port_event(now, event);
        }
        let used = self.hook_use();
        if let Some(event) = self.hook.advance(now, used) {
            self.on_hook_event(now, event);
        }
        self.quiet_while_pulsing();
        self.listen(now, rx);
        while let Some(timer) = self.timers.expire(now) {
            self.on_timer(now, timer);
        }
        self.pass_rx(rx);
    }

    fn command(&mut self, now: Instant, command: &ChannelCommand) {
        let fits = match command {
            ChannelCommand::Seize(_) => self.seize(),
            ChannelCommand::Ring { caller, pattern } => self.ring(now, caller, *pattern),
            ChannelCommand::Alert => self.early(Early::Ringback),
            ChannelCommand::OpenEarlyAudio => self.early(Early::Audio),
            ChannelCommand::Answer => self.answer(),
            ChannelCommand::SendDigits(digits) => {
                self.state == State::Talking && digits.iter().all(|d| self.generator.push(*d))
            }
            ChannelCommand::CallWaiting { caller } => self.call_waiting(caller),
            ChannelCommand::CallWaitingEnd => self.end_call_waiting(),
            ChannelCommand::MessageWaiting(waiting) => {
                if self.settings.shows_messages {
                    self.messages_wait = *waiting;
                    self.light_lamp(now);
                }
                true
            }
            ChannelCommand::Forwarded(forwarded) => {
                self.forwarded = *forwarded;
                true
            }
            ChannelCommand::Release(cause) => self.release(now, *cause),
            // A handset's display shows who calls, not who answered.
            ChannelCommand::Connected(_) => true,
            ChannelCommand::Dial { .. }
            | ChannelCommand::Redirected(_)
            | ChannelCommand::Facility(_)
            | ChannelCommand::Notify(_)
            | ChannelCommand::Flash
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

/// What the port may still hold when the last of a message has been handed to it.
const DRAIN: Duration = Duration::from_millis(100);

/// Milliseconds of a setting as a duration.
fn millis(ms: u16) -> Duration {
    Duration::from_millis(u64::from(ms))
}

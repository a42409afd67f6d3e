//! The exchange's end of the line, as the box's port sees it.
//!
//! Times count samples, in frames of 20 ms: `at` is the sample the next frame begins with.

use arrayvec::ArrayVec;
use tipring_dsp::{DtmfDetector, ToneCadence};
use tipring_line::{
    AnalogPort, Digits, FRAME_SAMPLES, Frame, LinePolarity, LineReading, PortCommand, PortError,
    PortEvent, PortKind,
};

use super::calling::Step;
use super::control::{CallPlan, CalledPlan, EndReason, ExchangeCommand, ExchangeEvent};
use super::pulses::PulseCounter;
use super::signals::{Signal, blot_out};
use crate::link::PortLink;
use crate::model::LineModel;
use crate::talker::{Recording, Talker};
use crate::two_wire::TwoWire;

/// How many hybrid balances the simulated port offers.
const BALANCES: u8 = 3;

pub(super) const fn ms(ms: u32) -> u64 {
    ms as u64 * 8
}

/// Where the exchange stands with this line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum State {
    Idle,
    /// The caller is told before anything rings.
    Prelude(Step),
    /// Ringing current flows.
    Burst,
    /// Between bursts.
    Pause,
    /// A call came in at the moment of seizure; the loop's current trips its ringing.
    Tripping,
    Talking,
    /// The battery is away to say that the far side has gone.
    Dropped,
    /// The far side has gone; the line has not been released.
    FarGone,
    /// The box is off-hook; dial tone comes.
    Seized,
    DialTone,
    Collecting,
    Ringback,
    /// The special information tone sounds.
    Special,
    /// An announcement is said.
    Announcing,
    /// The call was refused with a tone.
    Refused,
}

/// The box's FXO port on a line of the simulated exchange.
#[derive(Debug)]
pub struct SimFxoPort {
    pub(super) link: PortLink<ExchangeCommand, ExchangeEvent>,
    pub(super) model: LineModel,
    wire: TwoWire,
    pub(super) off_hook: bool,
    pub(super) battery: bool,
    reversed: bool,
    pub(super) other_set: bool,
    events: ArrayVec<PortEvent, 16>,
    pub(super) state: State,
    /// The sample at which the state changes by itself.
    until: Option<u64>,
    pub(super) at: u64,
    pub(super) call_began: u64,
    /// The burst or pause of ringing, counted from the first.
    pub(super) ring_step: usize,
    /// When caller id is sent in a pause of ringing.
    pub(super) caller_id_at: Option<u64>,
    /// Samples of caller id sent so far.
    pub(super) caller_id_sent: u64,
    pub(super) signal: Signal,
    pub(super) call: CallPlan,
    /// The call that comes in when the box next seizes the line.
    pub(super) at_seizure: Option<CallPlan>,
    pub(super) called: CalledPlan,
    pub(super) talk_ms: Option<u32>,
    pub(super) talker: Talker,
    /// Music instead of ringback, or an announcement.
    pub(super) recording: Recording,
    /// What follows an announcement.
    pub(super) afterwards: Option<(ToneCadence, State)>,
    pub(super) metering_at: Option<u64>,
    pub(super) digits: DtmfDetector,
    pub(super) pulses: PulseCounter,
    pub(super) dialled: Digits,
}

impl SimFxoPort {
    pub(super) fn new(
        seed: u64,
        model: LineModel,
        link: PortLink<ExchangeCommand, ExchangeEvent>,
    ) -> Self {
        SimFxoPort {
            link,
            wire: TwoWire::new(seed, &model),
            model,
            off_hook: false,
            battery: true,
            reversed: false,
            other_set: false,
            events: ArrayVec::new(),
            state: State::Idle,
            until: None,
            at: 0,
            call_began: 0,
            ring_step: 0,
            caller_id_at: None,
            caller_id_sent: 0,
            signal: Signal::None,
            call: CallPlan::default(),
            at_seizure: None,
            called: CalledPlan::default(),
            talk_ms: None,
            talker: Talker::default(),
            recording: Recording::default(),
            afterwards: None,
            metering_at: None,
            digits: DtmfDetector::new(),
            pulses: PulseCounter::default(),
            dialled: Digits::new(),
        }
    }

    /// Milliseconds of audio exchanged since the line was made.
    pub fn at_ms(&self) -> u64 {
        self.at / 8
    }

    /// Tells the box; sixteen events can wait between two frames, more cannot come.
    pub(super) fn report(&mut self, event: PortEvent) {
        let _ = self.events.try_push(event);
    }

    /// Enters a state, for so many samples if it ends by itself.
    pub(super) fn enter(&mut self, state: State, lasts: Option<u64>) {
        self.state = state;
        self.until = lasts.map(|samples| self.at + samples);
    }

    fn on_command(&mut self, command: ExchangeCommand) {
        match command {
            ExchangeCommand::Place(plan) => self.place(plan),
            ExchangeCommand::Called(plan) => {
                let last = core::mem::replace(&mut self.called, plan);
                self.link.spend(last.say);
                self.link.spend(last.music);
            }
            ExchangeCommand::HangUp => self.far_hangs_up(),
            ExchangeCommand::Battery(there) => self.set_battery(there),
            ExchangeCommand::Glare(plan) => {
                if let Some(last) = self.at_seizure.replace(plan) {
                    self.link.spend(last.say);
                }
            }
            ExchangeCommand::OtherSet(off_hook) => self.set_other_set(off_hook),
            ExchangeCommand::MessageWaiting(waiting) => {
                self.report(PortEvent::MessageWaiting(waiting));
            }
            ExchangeCommand::Line(mut other) => {
                core::mem::swap(&mut self.model, &mut other.model);
                core::mem::swap(&mut self.wire, &mut other.wire);
                self.link.spend_line(other);
            }
        }
    }

    pub(super) fn set_battery(&mut self, there: bool) {
        if self.battery == there {
            return;
        }
        self.battery = there;
        self.report(PortEvent::Battery(there));
        if !there && self.state != State::Idle && self.state != State::Dropped {
            self.finish(EndReason::FarHungUp);
        }
    }

    pub(super) fn set_reversed(&mut self, reversed: bool) {
        if self.reversed != reversed {
            self.reversed = reversed;
            let polarity = if reversed { LinePolarity::Reverse } else { LinePolarity::Forward };
            self.report(PortEvent::Polarity(polarity));
        }
    }

    /// Somebody at another set on the pair listens to dial tone, or has put the set back.
    fn set_other_set(&mut self, off_hook: bool) {
        self.other_set = off_hook;
        if self.state == State::Idle {
            self.signal = if off_hook { Signal::tone(self.model.tones.dial) } else { Signal::None };
        }
    }

    fn on_hook_change(&mut self, off_hook: bool) {
        if self.off_hook == off_hook {
            return;
        }
        self.off_hook = off_hook;
        if !self.battery {
            return;
        }
        match (self.state, off_hook) {
            (State::Idle, true) => self.on_seizure(),
            // Before it rings too: a box that seizes in that moment has the call.
            (State::Burst | State::Pause | State::Prelude(_), true) => {
                self.stop_ringing();
                self.talk_with_caller();
            }
            (State::DialTone | State::Collecting, closed) => self.on_loop(closed),
            (State::Talking | State::Ringback | State::Tripping, false) => {
                self.finish(EndReason::BoxHungUp);
            }
            (State::Idle, false) | (_, true) => {}
            (_, false) => self.become_idle(),
        }
    }

    /// The state's time is up.
    fn on_time(&mut self) {
        match self.state {
            State::Prelude(step) => self.on_prelude(step),
            State::Burst | State::Pause => self.ring(self.ring_step + 1),
            State::Tripping => {
                self.signal = Signal::None;
                self.talk_with_caller();
            }
            State::Dropped => self.on_battery_back(),
            State::Seized => self.give_dial_tone(),
            State::DialTone => self.on_nobody_dials(),
            State::Collecting => self.route(),
            State::Ringback => self.on_ringback_over(),
            _ => self.until = None,
        }
    }

    /// What is due at the beginning of a frame.
    fn advance(&mut self) {
        while let Some(command) = self.link.next_command() {
            self.on_command(command);
        }
        if self.until.is_some_and(|until| self.at >= until) {
            self.on_time();
        }
        if self.caller_id_at.is_some_and(|due| self.at >= due) {
            self.caller_id_at = None;
            self.send_fsk();
        }
        self.count_pulses();
        self.follow_announcement();
        self.check_patience();
        self.follow_talk();
    }

    fn far_tx(&mut self) -> Frame {
        let mut frame = [0; FRAME_SAMPLES];
        match self.state {
            State::Talking => self.talker.tx(&mut frame),
            State::Announcing => self.recording.tx(&self.model.announcement, false, &mut frame),
            State::Ringback if self.called.music.is_some() => {
                self.recording.tx(&self.called.music, true, &mut frame);
            }
            _ => {
                self.signal.tx(&mut frame);
                self.damage_caller_id(&mut frame);
            }
        }
        frame
    }

    fn damage_caller_id(&mut self, frame: &mut Frame) {
        if !matches!(self.signal, Signal::Fsk(_) | Signal::Dtmf(_)) {
            return;
        }
        if let Some(gap) = self.model.caller_id_gap {
            blot_out(gap, self.caller_id_sent, frame);
        }
        self.caller_id_sent += FRAME_SAMPLES as u64;
    }

    fn far_rx(&mut self, heard: &Frame) {
        match self.state {
            State::Talking => self.link.heard(heard),
            State::DialTone | State::Collecting => self.collect(heard),
            _ => {}
        }
    }
}

impl AnalogPort for SimFxoPort {
    fn kind(&self) -> PortKind {
        PortKind::Fxo
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        self.advance();
        // An open loop takes no audio from the box, a cut one none from anybody.
        let from_box = if self.off_hook && self.battery { *tx } else { [0; FRAME_SAMPLES] };
        let mut from_far = self.far_tx();
        if !self.battery {
            from_far.fill(0);
        }
        let (at_box, at_far) = match self.state {
            State::DialTone | State::Collecting => self.wire.carry_digits(&from_box, &from_far),
            _ => self.wire.carry(&from_box, &from_far),
        };
        *rx = at_box;
        self.far_rx(&at_far);
        self.at += FRAME_SAMPLES as u64;
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        match command {
            PortCommand::OffHook(off_hook) => self.on_hook_change(off_hook),
            PortCommand::Flash { .. } => self.link.tell(ExchangeEvent::Flash),
            PortCommand::Ring(_) => return Err(PortError::Unsupported("ring an exchange")),
            PortCommand::Polarity(_) => {
                return Err(PortError::Unsupported("set an exchange's polarity"));
            }
            PortCommand::OnHookAudio(_) => {
                return Err(PortError::Unsupported("switch on-hook audio: it is always on"));
            }
            PortCommand::MessageLamp(_) => return Err(PortError::Unsupported("light a lamp")),
            PortCommand::Balance(n) => self.wire.set_balance(n == self.model.fitting_balance),
            PortCommand::Battery(_) => return Err(PortError::Unsupported("feed an exchange")),
        }
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        if self.events.is_empty() { None } else { Some(self.events.remove(0)) }
    }

    fn balances(&self) -> u8 {
        BALANCES
    }

    fn reading(&mut self) -> LineReading {
        let feeding = self.model.feeding;
        let (voltage, current) = match (self.battery, self.off_hook, self.other_set) {
            (false, _, _) => (0, 0),
            (true, true, _) => (feeding.closed_v, feeding.loop_ma),
            (true, false, true) => (feeding.closed_v, 0),
            (true, false, false) => (feeding.idle_v, 0),
        };
        let voltage = if self.reversed { -voltage } else { voltage };
        LineReading { voltage_v: Some(voltage), current_ma: Some(current) }
    }
}

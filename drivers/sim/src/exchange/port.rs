//! The exchange's end of the line, as the box's port sees it.
//!
//! Times count samples, in frames of 20 ms: `at` is the sample the next frame begins with.

use arrayvec::ArrayVec;
use tipring_dsp::{DtmfDetector, DtmfEvent, tones};
use tipring_line::{
    AnalogPort, Digits, FRAME_SAMPLES, Frame, LinePolarity, Number, PortCommand, PortError,
    PortEvent, PortKind,
};

use super::control::{
    CallPlan, CalledOutcome, CalledPlan, EndReason, ExchangeCommand, ExchangeEvent,
};
use super::signals::Signal;
use crate::link::PortLink;
use crate::model::{CallerIdDelivery, LineModel, ReleaseSign};
use crate::talker::{Script, Talker};
use crate::two_wire::TwoWire;

const fn ms(ms: u32) -> u64 {
    ms as u64 * 8
}

/// From the burst's end to caller id (GR-30: 500–1,500 ms).
const FSK_DELAY: u64 = ms(600);
/// From reversal to DTMF caller id, and from its end to the first burst (YD/T 1277.1).
const DTMF_GAP: u64 = ms(300);
/// Dial tone without a digit for this long ends in busy tone.
const FIRST_DIGIT_MAX: u64 = ms(20_000);
/// Unanswered ringback ends in busy tone.
const RINGBACK_MAX: u64 = ms(60_000);

/// Where the exchange stands with this line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    /// Before caller id by DTMF.
    Reversed,
    /// Caller id by DTMF is being sent.
    Announcing,
    /// Between caller id and the first burst.
    Announced,
    /// Ringing current flows.
    Burst,
    /// Between bursts.
    Pause,
    Talking,
    /// The far side has gone; the line has not been released.
    FarGone,
    /// The battery is away to say so.
    Dropped,
    /// The box is off-hook; dial tone comes.
    Seized,
    DialTone,
    Collecting,
    Ringback,
    /// The call was refused with a tone.
    Refused,
}

/// The box's FXO port on a line of the simulated exchange.
#[derive(Debug)]
pub struct SimFxoPort {
    link: PortLink<ExchangeCommand, ExchangeEvent>,
    model: LineModel,
    wire: TwoWire,
    off_hook: bool,
    battery: bool,
    reversed: bool,
    events: ArrayVec<PortEvent, 16>,
    state: State,
    /// The sample at which the state changes by itself.
    until: Option<u64>,
    at: u64,
    call_began: u64,
    caller_id_at: Option<u64>,
    signal: Signal,
    call: CallPlan,
    called: CalledPlan,
    talk_ms: Option<u32>,
    talker: Talker,
    digits: DtmfDetector,
    dialled: Digits,
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
            events: ArrayVec::new(),
            state: State::Idle,
            until: None,
            at: 0,
            call_began: 0,
            caller_id_at: None,
            signal: Signal::None,
            call: CallPlan::default(),
            called: CalledPlan::default(),
            talk_ms: None,
            talker: Talker::default(),
            digits: DtmfDetector::new(),
            dialled: Digits::new(),
        }
    }

    /// Milliseconds of audio exchanged since the line was made.
    pub fn at_ms(&self) -> u64 {
        self.at / 8
    }

    /// Tells the box; sixteen events can wait between two frames, more cannot come.
    fn report(&mut self, event: PortEvent) {
        let _ = self.events.try_push(event);
    }

    fn enter(&mut self, state: State, lasts: Option<u64>) {
        self.state = state;
        self.until = lasts.map(|samples| self.at + samples);
    }

    fn on_command(&mut self, command: ExchangeCommand) {
        match command {
            ExchangeCommand::Place(plan) => self.place(plan),
            ExchangeCommand::Called(plan) => {
                let last = core::mem::replace(&mut self.called, plan);
                self.link.spend(last.say);
            }
            ExchangeCommand::HangUp => self.far_hangs_up(),
            ExchangeCommand::Battery(there) => self.set_battery(there),
        }
    }

    fn set_battery(&mut self, there: bool) {
        if self.battery == there {
            return;
        }
        self.battery = there;
        self.report(PortEvent::Battery(there));
        if !there && self.state != State::Idle && self.state != State::Dropped {
            self.finish(EndReason::FarHungUp);
        }
    }

    fn set_reversed(&mut self, reversed: bool) {
        if self.reversed != reversed {
            self.reversed = reversed;
            let polarity = if reversed { LinePolarity::Reverse } else { LinePolarity::Forward };
            self.report(PortEvent::Polarity(polarity));
        }
    }

    fn place(&mut self, plan: CallPlan) {
        if self.state != State::Idle || self.off_hook || !self.battery {
            self.link.spend(plan.say);
            return self.link.tell(ExchangeEvent::LineBusy);
        }
        let last = core::mem::replace(&mut self.call, plan);
        self.link.spend(last.say);
        self.call_began = self.at;
        match self.model.caller_id {
            CallerIdDelivery::Dtmf { reversal, .. } => {
                self.set_reversed(reversal);
                self.enter(State::Reversed, Some(DTMF_GAP));
            }
            _ => self.burst(true),
        }
    }

    fn burst(&mut self, first: bool) {
        self.enter(State::Burst, Some(ms(u32::from(self.model.ringing_ms[0]))));
        self.signal = Signal::ringing();
        self.report(PortEvent::Ringing(true));
        if first {
            self.set_reversed(false);
            self.link.tell(ExchangeEvent::Ringing);
            let by_fsk = matches!(self.model.caller_id, CallerIdDelivery::Fsk { .. });
            let delay = ms(u32::from(self.model.ringing_ms[0])) + FSK_DELAY;
            self.caller_id_at = by_fsk.then_some(self.at + delay);
        }
    }

    fn pause(&mut self) {
        self.enter(State::Pause, Some(ms(u32::from(self.model.ringing_ms[1]))));
        self.signal = Signal::None;
        self.report(PortEvent::Ringing(false));
    }

    fn stop_ringing(&mut self) {
        if self.state == State::Burst {
            self.report(PortEvent::Ringing(false));
        }
        self.signal = Signal::None;
        self.caller_id_at = None;
    }

    fn talk(&mut self, script: Script, talk_ms: Option<u32>) {
        self.signal = Signal::None;
        let last = self.talker.start(script);
        self.link.spend(last);
        self.talk_ms = talk_ms;
        self.enter(State::Talking, None);
        self.link.tell(ExchangeEvent::Answered { at_ms: self.at_ms() });
    }

    fn far_hangs_up(&mut self) {
        match self.state {
            State::Talking => {
                self.end(EndReason::FarHungUp);
                self.give_release_sign();
            }
            State::Reversed
            | State::Announcing
            | State::Announced
            | State::Burst
            | State::Pause => {
                self.stop_ringing();
                self.finish(EndReason::GaveUp);
            }
            _ => {}
        }
    }

    fn give_release_sign(&mut self) {
        self.signal = match self.model.release {
            ReleaseSign::CongestionTone => Signal::tone(tones::china::CONGESTION),
            ReleaseSign::DialTone => Signal::tone(self.model.dial_tone),
            _ => Signal::busy(),
        };
        self.enter(State::FarGone, None);
        match self.model.release {
            ReleaseSign::BatteryDrop { ms: away } => {
                self.enter(State::Dropped, Some(ms(u32::from(away))));
                self.set_battery(false);
            }
            ReleaseSign::Polarity => self.set_reversed(false),
            _ => {}
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.link.tell(ExchangeEvent::Ended { reason, at_ms: self.at_ms() });
    }

    /// The call is over and the line with it.
    fn finish(&mut self, reason: EndReason) {
        self.end(reason);
        self.become_idle();
    }

    fn become_idle(&mut self) {
        self.signal = Signal::None;
        self.caller_id_at = None;
        self.set_reversed(false);
        self.enter(State::Idle, None);
        self.link.tell(ExchangeEvent::Idle { at_ms: self.at_ms() });
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
            (State::Idle, true) => {
                let delay = ms(u32::from(self.model.dial_tone_delay_ms));
                self.enter(State::Seized, Some(delay));
            }
            (State::Burst | State::Pause, true) => {
                self.stop_ringing();
                self.talk(self.call.script(), self.call.talk_ms);
            }
            // The box seized in the moment in which a call was about to ring: it has the call.
            (State::Reversed | State::Announcing | State::Announced, true) => {
                self.talk(self.call.script(), self.call.talk_ms);
            }
            (State::Talking | State::Ringback, false) => self.finish(EndReason::BoxHungUp),
            (State::Idle, false) => {}
            (_, false) => self.become_idle(),
            (_, true) => {}
        }
    }

    /// The state's time is up.
    fn on_time(&mut self) {
        match self.state {
            State::Reversed => {
                self.signal = Signal::dtmf_caller_id(&self.model, &self.call.caller);
                self.enter(State::Announcing, None);
            }
            State::Announced => self.burst(true),
            State::Burst => self.pause(),
            State::Pause => self.burst(false),
            State::Dropped => {
                self.enter(State::FarGone, None);
                self.set_battery(true);
                if !self.off_hook {
                    self.become_idle();
                }
            }
            State::Seized => {
                self.dialled.clear();
                self.signal = Signal::tone(self.model.dial_tone);
                self.enter(State::DialTone, Some(FIRST_DIGIT_MAX));
            }
            State::DialTone => {
                self.signal = Signal::busy();
                self.enter(State::FarGone, None);
            }
            State::Collecting => self.route(),
            State::Ringback => match self.called.outcome {
                CalledOutcome::Answers { .. } => {
                    self.set_reversed(self.model.reversal_on_answer);
                    self.talk(self.called.script(), self.called.talk_ms);
                }
                _ => self.refuse(Signal::busy()),
            },
            _ => self.until = None,
        }
    }

    fn route(&mut self) {
        let mut text: arrayvec::ArrayString<32> = arrayvec::ArrayString::new();
        self.dialled.iter().for_each(|d| text.push(d.as_char()));
        if let Ok(number) = text.parse::<Number>() {
            self.link.tell(ExchangeEvent::Dialled(number));
        }
        match self.called.outcome {
            CalledOutcome::Answers { after_ms } => self.ring_called_party(ms(after_ms)),
            CalledOutcome::NoAnswer => self.ring_called_party(RINGBACK_MAX),
            CalledOutcome::Busy => self.refuse(Signal::busy()),
            CalledOutcome::Congestion => self.refuse(Signal::tone(tones::china::CONGESTION)),
            CalledOutcome::Vacant => self.refuse(Signal::tone(tones::china::VACANT)),
        }
    }

    fn ring_called_party(&mut self, lasts: u64) {
        self.signal = Signal::tone(tones::china::RINGBACK);
        self.enter(State::Ringback, Some(lasts));
    }

    fn refuse(&mut self, signal: Signal) {
        self.signal = signal;
        self.enter(State::Refused, None);
        self.end(EndReason::Refused);
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
            self.signal = Signal::fsk_caller_id(&self.model, &self.call.caller);
        }
        if self.state == State::Announcing && self.signal.is_finished() {
            self.enter(State::Announced, Some(DTMF_GAP));
        }
        self.check_patience();
        let talked_enough =
            self.talk_ms.is_some_and(|talk| self.talker.elapsed_ms() >= u64::from(talk));
        if self.state == State::Talking && talked_enough {
            self.far_hangs_up();
        }
    }

    fn check_patience(&mut self) {
        let waiting = matches!(
            self.state,
            State::Reversed | State::Announcing | State::Announced | State::Burst | State::Pause
        );
        let patience = self.call.patience_ms.map(|p| self.call_began + ms(p));
        if waiting && patience.is_some_and(|end| self.at >= end) {
            self.far_hangs_up();
        }
    }

    fn far_tx(&mut self) -> Frame {
        let mut frame = [0; FRAME_SAMPLES];
        if self.state == State::Talking {
            self.talker.tx(&mut frame);
        } else {
            self.signal.tx(&mut frame);
        }
        frame
    }

    fn far_rx(&mut self, heard: &Frame) {
        match self.state {
            State::Talking => self.link.heard(heard),
            State::DialTone | State::Collecting => self.collect(heard),
            _ => {}
        }
    }

    fn collect(&mut self, heard: &Frame) {
        self.digits.rx(heard);
        while let Some(event) = self.digits.poll() {
            if let DtmfEvent::Start(digit) = event {
                self.signal = Signal::None;
                // More than 32 digits are no number; the rest is ignored.
                let _ = self.dialled.try_push(digit);
            }
            let pause = ms(u32::from(self.model.digit_pause_ms));
            self.enter(State::Collecting, Some(pause));
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
        let (at_box, at_far) = self.wire.carry(&from_box, &from_far);
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
            PortCommand::Battery(_) => return Err(PortError::Unsupported("feed an exchange")),
        }
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        if self.events.is_empty() { None } else { Some(self.events.remove(0)) }
    }
}

//! The handset, as the box's port sees it.

use arrayvec::ArrayVec;
use tipring_dsp::caller_id::{FskReceiver, MessageContent};
use tipring_dsp::{ProgressDetector, ProgressPlan, ProgressTone, Sound};
use tipring_line::{
    AnalogPort, Digits, FRAME_SAMPLES, Frame, PortCommand, PortError, PortEvent, PortKind,
};

use super::control::{HandsetCommand, HandsetEvent, HandsetPlan};
use crate::link::PortLink;
use crate::model::LineModel;
use crate::talker::{Script, Talker};
use crate::two_wire::TwoWire;

/// Between two bursts there are at most 4.4 s of pause; more, and nobody rings any more.
const RINGING_GONE: u64 = 8 * 6_000;
/// People need this long to believe a busy tone and put the handset back.
const BUSY_REACTION: u64 = 8 * 500;
/// Dial tone heard for this long is dial tone.
const DIAL_TONE_MS: u32 = 300;

/// What the handset does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    OnHook,
    /// It has rung, first at this sample.
    Ringing {
        since: u64,
    },
    /// Lifted to dial.
    Dialling,
    /// Lifted.
    Talking,
}

/// The box's FXS port on the line of a simulated handset.
#[derive(Debug)]
pub struct SimFxsPort {
    link: PortLink<HandsetCommand, HandsetEvent>,
    wire: TwoWire,
    plan: HandsetPlan,
    state: State,
    events: ArrayVec<PortEvent, 16>,
    at: u64,
    ring_on: bool,
    ring_ended_at: u64,
    on_hook_audio: bool,
    display: FskReceiver,
    ear: ProgressDetector,
    talker: Talker,
    to_dial: Option<Digits>,
    hang_up_at: Option<u64>,
    loop_closes_at: Option<u64>,
}

impl SimFxsPort {
    pub(super) fn new(
        seed: u64,
        model: &LineModel,
        link: PortLink<HandsetCommand, HandsetEvent>,
    ) -> Self {
        SimFxsPort {
            link,
            wire: TwoWire::new(seed, model),
            plan: HandsetPlan::default(),
            state: State::OnHook,
            events: ArrayVec::new(),
            at: 0,
            ring_on: false,
            ring_ended_at: 0,
            on_hook_audio: false,
            display: FskReceiver::new(),
            ear: ProgressDetector::new(&ProgressPlan::china()),
            talker: Talker::default(),
            to_dial: None,
            hang_up_at: None,
            loop_closes_at: None,
        }
    }

    /// Milliseconds of audio exchanged since the line was made.
    pub fn at_ms(&self) -> u64 {
        self.at / 8
    }

    fn report(&mut self, event: PortEvent) {
        let _ = self.events.try_push(event);
    }

    fn is_lifted(&self) -> bool {
        matches!(self.state, State::Dialling | State::Talking)
    }

    fn on_command(&mut self, command: HandsetCommand) {
        match command {
            HandsetCommand::Plan(plan) => {
                let last = core::mem::replace(&mut self.plan, plan);
                self.link.spend(last.say);
            }
            HandsetCommand::Dial(digits) => {
                self.to_dial = Some(digits);
                if !self.is_lifted() {
                    self.lift(State::Dialling);
                }
            }
            HandsetCommand::Press(digits) => {
                self.talker.press(&digits);
            }
            HandsetCommand::Lift => self.lift_or_answer(),
            HandsetCommand::HangUp => self.hang_up(),
            HandsetCommand::Flash { ms } => {
                if self.is_lifted() && self.loop_closes_at.is_none() {
                    self.report(PortEvent::OffHook(false));
                    self.loop_closes_at = Some(self.at + u64::from(ms) * 8);
                }
            }
        }
    }

    fn lift_or_answer(&mut self) {
        match self.state {
            State::OnHook => self.lift(State::Dialling),
            State::Ringing { .. } => self.answer(),
            _ => {}
        }
    }

    fn lift(&mut self, state: State) {
        self.state = state;
        self.ear.reset();
        self.hang_up_at = None;
        let last = self.talker.start(Script::default());
        self.link.spend(last);
        self.report(PortEvent::OffHook(true));
    }

    fn answer(&mut self) {
        self.lift(State::Talking);
        let script =
            Script { say: self.plan.say.clone(), repeat: self.plan.repeat, ..Script::default() };
        let last = self.talker.start(script);
        self.link.spend(last);
        self.hang_up_at = self.plan.talk_ms.map(|talk| self.at + u64::from(talk) * 8);
        self.link.tell(HandsetEvent::Answered { at_ms: self.at_ms() });
    }

    fn hang_up(&mut self) {
        if !self.is_lifted() {
            return;
        }
        self.state = State::OnHook;
        self.to_dial = None;
        self.hang_up_at = None;
        if self.loop_closes_at.take().is_none() {
            self.report(PortEvent::OffHook(false));
        }
        self.link.tell(HandsetEvent::HungUp { at_ms: self.at_ms() });
    }

    fn on_ring(&mut self, on: bool) {
        if !on && self.ring_on {
            self.ring_ended_at = self.at;
        }
        self.ring_on = on;
        if on && self.state == State::OnHook {
            self.state = State::Ringing { since: self.at };
            self.link.tell(HandsetEvent::Ringing);
        }
    }

    /// What is due at the beginning of a frame.
    fn advance(&mut self) {
        while let Some(command) = self.link.next_command() {
            self.on_command(command);
        }
        if self.loop_closes_at.is_some_and(|due| self.at >= due) {
            self.loop_closes_at = None;
            self.report(PortEvent::OffHook(true));
        }
        if self.hang_up_at.is_some_and(|due| self.at >= due) {
            self.hang_up();
        }
        let State::Ringing { since } = self.state else { return };
        let answer_at = self.plan.answer_after_ms.map(|after| since + u64::from(after) * 8);
        if answer_at.is_some_and(|due| self.at >= due) {
            self.answer();
        } else if !self.ring_on && self.at >= self.ring_ended_at + RINGING_GONE {
            self.state = State::OnHook;
            self.link.tell(HandsetEvent::RingingStopped);
        }
    }

    fn hear(&mut self, heard: &Frame) {
        if self.is_lifted() {
            self.link.heard(heard);
            self.hear_tones(heard);
        } else if self.on_hook_audio {
            self.display.rx(heard);
            if let Some(message) = self.display.poll()
                && let MessageContent::Call { caller, .. } = message.content()
            {
                self.link.tell(HandsetEvent::Caller(caller));
            }
        }
    }

    fn hear_tones(&mut self, heard: &Frame) {
        self.ear.rx(heard);
        while let Some(tone) = self.ear.poll() {
            if tone.is_disconnect() {
                self.link.tell(HandsetEvent::Busy);
                self.hang_up_at = Some(self.at + BUSY_REACTION);
            } else if tone == ProgressTone::Ringback {
                self.link.tell(HandsetEvent::Ringback);
            }
        }
        let (sound, ms) = self.ear.current();
        let dial_tone = matches!(sound, Sound::Tone(_)) && ms >= DIAL_TONE_MS;
        if dial_tone && self.state == State::Dialling {
            self.state = State::Talking;
            self.link.tell(HandsetEvent::DialTone);
            if let Some(digits) = self.to_dial.take() {
                self.talker.dial(&digits);
                self.link.tell(HandsetEvent::Dialled);
            }
        }
    }
}

impl AnalogPort for SimFxsPort {
    fn kind(&self) -> PortKind {
        PortKind::Fxs
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        self.advance();
        let loop_closed = self.is_lifted() && self.loop_closes_at.is_none();
        let mut said = [0; FRAME_SAMPLES];
        if loop_closed {
            self.talker.tx(&mut said);
        }
        let carried = loop_closed || self.on_hook_audio;
        let from_box = if carried { *tx } else { [0; FRAME_SAMPLES] };
        let (at_box, at_handset) = self.wire.carry(&from_box, &said);
        *rx = at_box;
        self.hear(&at_handset);
        self.at += FRAME_SAMPLES as u64;
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        match command {
            PortCommand::Ring(on) => self.on_ring(on),
            PortCommand::OnHookAudio(on) => self.on_hook_audio = on,
            PortCommand::MessageLamp(on) => self.link.tell(HandsetEvent::MessageLamp(on)),
            // A simulated handset works either way round.
            PortCommand::Polarity(_) => {}
            PortCommand::OffHook(_) => return Err(PortError::Unsupported("lift a handset")),
            PortCommand::Flash { .. } => {
                return Err(PortError::Unsupported("flash a handset's hook"));
            }
        }
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        if self.events.is_empty() { None } else { Some(self.events.remove(0)) }
    }
}

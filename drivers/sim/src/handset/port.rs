//! The telephone, as the box's port sees it.
//!
//! Times count samples: `at` is the sample the next frame begins with.

use arrayvec::ArrayVec;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{DtmfGenerator, DtmfTiming, ProgressDetector, ProgressPlan, ProgressTone, Sound};
use tipring_line::{
    AnalogPort, Digit, Digits, FRAME_SAMPLES, Frame, PortCommand, PortError, PortEvent, PortKind,
};

use super::contacts::Contacts;
use super::control::{HandsetCommand, HandsetEvent, HandsetPlan};
use super::display::{Read, ReadingDisplay};
use super::telephone::{Dialling, Display, EndsOn, Telephone};
use crate::link::PortLink;
use crate::model::LineModel;
use crate::talker::{Script, Talker};
use crate::two_wire::TwoWire;

/// Between two bursts there are at most 4.4 s of pause; more, and nobody rings any more.
const RINGING_GONE: u64 = 8 * 6_000;
/// People need this long to believe a busy tone and put the handset back.
const BUSY_REACTION: u64 = 8 * 500;
/// Equipment believes that the loop's current has gone after this long.
const LOOP_DROP_MIN: u64 = 8 * 150;
/// Dial tone heard for this long is dial tone.
const DIAL_TONE_MS: u32 = 300;
/// The acknowledgement of an alerting signal (GR-30: 55–65 ms).
const ACKNOWLEDGEMENT: DtmfTiming = DtmfTiming { on_ms: 60, off_ms: 0 };

/// What the telephone does.
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

/// The box's FXS port on the line of a simulated telephone.
#[derive(Debug)]
pub struct SimFxsPort {
    link: PortLink<HandsetCommand, HandsetEvent>,
    wire: TwoWire,
    telephone: Telephone,
    plan: HandsetPlan,
    state: State,
    contacts: Contacts,
    /// The loop as last reported: current flows.
    reported: bool,
    events: ArrayVec<PortEvent, 64>,
    at: u64,
    ring_on: bool,
    ring_ended_at: u64,
    on_hook_audio: bool,
    battery_gone_at: Option<u64>,
    gone_until: u64,
    display: ReadingDisplay,
    acknowledgement: DtmfGenerator,
    ear: ProgressDetector,
    talker: Talker,
    to_dial: Option<Digits>,
    dial_at: Option<u64>,
    hang_up_at: Option<u64>,
    rng: SmallRng,
}

impl SimFxsPort {
    pub(super) fn new(
        seed: u64,
        model: &LineModel,
        telephone: Telephone,
        link: PortLink<HandsetCommand, HandsetEvent>,
    ) -> Self {
        let (talker, levels) = match telephone.dialling {
            Dialling::Tones { levels, timing } => (Talker::with_keypad(levels, timing), levels),
            Dialling::Pulses { .. } => (Talker::default(), Default::default()),
        };
        SimFxsPort {
            link,
            wire: TwoWire::new(seed, model),
            telephone,
            plan: HandsetPlan::default(),
            state: State::OnHook,
            contacts: Contacts::new(seed ^ 0xC0_17AC, &telephone),
            reported: false,
            events: ArrayVec::new(),
            at: 0,
            ring_on: false,
            ring_ended_at: 0,
            on_hook_audio: false,
            battery_gone_at: None,
            gone_until: 0,
            display: ReadingDisplay::new(),
            acknowledgement: DtmfGenerator::with(levels, ACKNOWLEDGEMENT),
            ear: ProgressDetector::new(&ProgressPlan::china()),
            talker,
            to_dial: None,
            dial_at: None,
            hang_up_at: None,
            rng: SmallRng::seed_from_u64(seed ^ 0xD157),
        }
    }

    /// Milliseconds of audio exchanged since the line was made.
    pub fn at_ms(&self) -> u64 {
        self.at / 8
    }

    /// Whether ringing current flows.
    pub fn is_ringing(&self) -> bool {
        self.ring_on
    }

    /// Tells the box what the loop does, if that is news.
    fn report_loop(&mut self) {
        let current = self.contacts.is_closed() && self.battery_gone_at.is_none();
        if self.reported != current {
            self.reported = current;
            let _ = self.events.try_push(PortEvent::OffHook(current));
        }
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
            HandsetCommand::Press(digits) => self.press(&digits),
            HandsetCommand::Lift => match self.state {
                State::OnHook => self.lift(State::Dialling),
                State::Ringing { .. } => self.answer(),
                _ => {}
            },
            HandsetCommand::HangUp => self.hang_up(),
            HandsetCommand::Flash { ms } => {
                if self.is_lifted() && !self.contacts.is_busy() {
                    self.contacts.open_for(self.at, u64::from(ms) * 8);
                }
            }
            HandsetCommand::Outage { ms } => self.gone_until = self.at + u64::from(ms) * 8,
        }
    }

    /// Presses keys in the way this telephone dials.
    fn press(&mut self, digits: &[Digit]) {
        match self.telephone.dialling {
            Dialling::Tones { .. } => {
                self.talker.press(digits);
            }
            Dialling::Pulses { .. } if self.is_lifted() => {
                // Not in the frame that is being exchanged.
                self.contacts.pulse(self.at + FRAME_SAMPLES as u64, digits);
            }
            Dialling::Pulses { .. } => {}
        }
    }

    fn lift(&mut self, state: State) {
        self.state = state;
        self.ear.reset();
        self.display.reset();
        self.hang_up_at = None;
        let last = self.talker.start(Script::default());
        self.link.spend(last);
        self.contacts.set(self.at, true);
        let blind = self.telephone.blind_ms.filter(|_| state == State::Dialling);
        self.dial_at = blind.map(|ms| self.at + u64::from(ms) * 8);
    }

    fn answer(&mut self) {
        self.lift(State::Talking);
        self.speak();
        self.hang_up_at = self.plan.talk_ms.map(|talk| self.at + u64::from(talk) * 8);
        self.link.tell(HandsetEvent::Answered { at_ms: self.at_ms() });
    }

    /// Begins to say what the plan says.
    fn speak(&mut self) {
        let say = self.plan.say.clone();
        let script = Script { say, repeat: self.plan.repeat, ..Script::default() };
        let last = self.talker.start(script);
        self.link.spend(last);
    }

    fn hang_up(&mut self) {
        if !self.is_lifted() {
            return;
        }
        self.state = State::OnHook;
        self.to_dial = None;
        self.dial_at = None;
        self.hang_up_at = None;
        self.display.reset();
        self.acknowledgement.stop();
        self.contacts.set(self.at, false);
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

    fn on_battery(&mut self, there: bool) {
        match (there, self.battery_gone_at) {
            (false, None) => self.battery_gone_at = Some(self.at),
            (true, Some(since)) => {
                self.battery_gone_at = None;
                let ms = ((self.at - since) / 8) as u32;
                self.link.tell(HandsetEvent::LoopDropped { ms });
            }
            _ => {}
        }
        self.report_loop();
    }

    /// What is due at the beginning of a frame.
    fn advance(&mut self) {
        while let Some(command) = self.link.next_command() {
            self.on_command(command);
        }
        if self.hang_up_at.is_some_and(|due| self.at >= due) {
            self.hang_up();
        }
        let dropped = self.battery_gone_at.is_some_and(|since| self.at >= since + LOOP_DROP_MIN);
        if dropped && self.telephone.ends_on == EndsOn::LoopDrop {
            self.hang_up();
        }
        if self.dial_at.is_some_and(|due| self.at >= due) {
            self.dial();
        }
        self.disturb();
        let State::Ringing { since } = self.state else { return };
        let answer_at = self.plan.answer_after_ms.map(|after| since + u64::from(after) * 8);
        if answer_at.is_some_and(|due| self.at >= due) {
            self.answer();
        } else if !self.ring_on && self.at >= self.ring_ended_at + RINGING_GONE {
            self.state = State::OnHook;
            self.link.tell(HandsetEvent::RingingStopped);
        }
    }

    fn disturb(&mut self) {
        let Some(disturbances) = self.telephone.disturbances else { return };
        let frames_a_minute = 3_000.0;
        let chance = (disturbances.a_minute / frames_a_minute).clamp(0.0, 1.0);
        if self.state == State::Talking
            && !self.contacts.is_busy()
            && !self.talker.is_pressing()
            && self.rng.random_bool(f64::from(chance))
        {
            let ms_max = u64::from(disturbances.ms_max.max(1));
            let offset = self.rng.random_range(0..FRAME_SAMPLES as u64);
            let samples = self.rng.random_range(8..=ms_max * 8);
            self.contacts.open_for(self.at + offset, samples);
        }
    }

    fn dial(&mut self) {
        self.dial_at = None;
        self.state = State::Talking;
        if let Some(digits) = self.to_dial.take() {
            self.speak();
            self.press(&digits);
            self.link.tell(HandsetEvent::Dialled);
        }
    }

    fn hear(&mut self, heard: &Frame) {
        if self.is_lifted() {
            self.link.heard(heard);
            self.hear_tones(heard);
            if self.telephone.display == Display::InCalls {
                let read = self.display.rx_in_call(heard);
                self.show(read);
            }
        } else if self.on_hook_audio && self.telephone.display != Display::None {
            let read = self.display.rx_on_hook(heard);
            self.show(read);
        }
    }

    fn show(&mut self, read: Option<Read>) {
        match read {
            Some(Read::Caller(caller)) if self.is_lifted() => {
                self.link.tell(HandsetEvent::SecondCaller(caller));
            }
            Some(Read::Caller(caller)) => self.link.tell(HandsetEvent::Caller(caller)),
            Some(Read::MessagesWait(wait)) => self.link.tell(HandsetEvent::MessagesWait(wait)),
            Some(Read::Alert) => {
                if let Some(digit) = Digit::from_char('D') {
                    self.acknowledgement.push(digit);
                }
                self.display.expect_message();
                self.link.tell(HandsetEvent::Acknowledged);
            }
            None => {}
        }
    }

    fn hear_tones(&mut self, heard: &Frame) {
        self.ear.rx(heard);
        while let Some(tone) = self.ear.poll() {
            if tone.is_disconnect() {
                self.link.tell(HandsetEvent::Busy);
                if self.telephone.ends_on == EndsOn::BusyTone {
                    self.hang_up_at = Some(self.at + BUSY_REACTION);
                }
            } else if tone == ProgressTone::Ringback {
                self.link.tell(HandsetEvent::Ringback);
            } else if tone == ProgressTone::Howler {
                self.link.tell(HandsetEvent::Howler);
            }
        }
        let (sound, ms) = self.ear.current();
        let dial_tone = matches!(sound, Sound::Tone(_)) && ms >= DIAL_TONE_MS;
        if dial_tone && self.state == State::Dialling && self.dial_at.is_none() {
            self.link.tell(HandsetEvent::DialTone);
            self.dial();
        }
    }

    /// What is said into the line in this frame: nothing while the loop is open, and while a
    /// message is expected nothing but the acknowledgement.
    fn say(&mut self) -> (Frame, bool) {
        let mut said = [0; FRAME_SAMPLES];
        self.talker.tx(&mut said);
        if !self.acknowledgement.is_idle() || self.display.is_waiting() {
            let written = self.acknowledgement.tx(&mut said);
            said[written..].fill(0);
        }
        let end = self.at + FRAME_SAMPLES as u64;
        let mut place = 0;
        let mut any = false;
        loop {
            let closed = self.contacts.is_closed() && self.battery_gone_at.is_none();
            let change = self.contacts.next_change(end, &self.telephone.dialling);
            let until = change.map_or(FRAME_SAMPLES, |(at, _)| at.saturating_sub(self.at) as usize);
            if closed {
                any = true;
            } else {
                said[place..until.max(place)].fill(0);
            }
            place = until.max(place);
            if change.is_none() {
                return (said, any);
            }
            self.report_loop();
        }
    }
}

impl AnalogPort for SimFxsPort {
    fn kind(&self) -> PortKind {
        PortKind::Fxs
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        self.advance();
        let (said, loop_closed) = self.say();
        if self.at < self.gone_until {
            self.at += FRAME_SAMPLES as u64;
            // A port that has gone forgets what it was told, and tells nothing.
            (self.ring_on, self.on_hook_audio, self.battery_gone_at) = (false, false, None);
            self.events.clear();
            self.reported = false;
            rx.fill(0);
            return Err(PortError::Gone);
        }
        self.report_loop();
        let carried = loop_closed || self.on_hook_audio;
        let from_box = if carried { *tx } else { [0; FRAME_SAMPLES] };
        let (at_box, at_handset) = self.wire.carry(&from_box, &said);
        *rx = at_box;
        self.hear(&at_handset);
        self.at += FRAME_SAMPLES as u64;
        Ok(())
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        if self.at < self.gone_until {
            return Err(PortError::Gone);
        }
        match command {
            PortCommand::Ring(on) => self.on_ring(on),
            PortCommand::OnHookAudio(on) => self.on_hook_audio = on,
            PortCommand::MessageLamp(on) => self.link.tell(HandsetEvent::MessageLamp(on)),
            PortCommand::Polarity(polarity) => self.link.tell(HandsetEvent::Polarity(polarity)),
            PortCommand::Battery(there) => self.on_battery(there),
            PortCommand::OffHook(_) => return Err(PortError::Unsupported("lift a handset")),
            PortCommand::Flash { .. } => {
                return Err(PortError::Unsupported("flash a handset's hook"));
            }
            PortCommand::Balance(_) => {
                return Err(PortError::Unsupported("choose a hybrid balance"));
            }
        }
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        if self.events.is_empty() { None } else { Some(self.events.remove(0)) }
    }
}

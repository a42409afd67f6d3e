//! What sounds on a channel: register signals, tones for the caller, the call's audio.

use tipring_clock::Instant;
use tipring_dsp::{
    DtmfGenerator, MfDirection, MfEvent, MfGenerator, MfReceiver, MfSignal, ToneCadence,
    ToneGenerator, tones,
};
use tipring_line::{Digits, Frame, SILENCE, Timeslot};

use super::{R2, State};

/// Who has the audio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Voice {
    /// Nobody.
    Nothing,
    /// The registers.
    Registers,
    /// A tone for the caller; what he says is not passed on.
    Tone,
    /// The switch.
    Open,
}

/// What sounds on a channel.
#[derive(Debug)]
pub(super) struct Audio {
    voice: Voice,
    tone: ToneGenerator,
    generators: [MfGenerator; 2],
    receivers: [MfReceiver; 2],
    /// Which way the call goes: 0 outgoing, 1 incoming.
    way: usize,
    keys: DtmfGenerator,
}

const OUTGOING: usize = 0;
const INCOMING: usize = 1;

impl Audio {
    pub(super) fn new() -> Self {
        use MfDirection::{Backward, Forward};
        Audio {
            voice: Voice::Nothing,
            tone: ToneGenerator::new(tones::china::BUSY),
            generators: [MfGenerator::new(Forward), MfGenerator::new(Backward)],
            receivers: [MfReceiver::new(Backward), MfReceiver::new(Forward)],
            way: OUTGOING,
            keys: DtmfGenerator::new(),
        }
    }

    fn begin(&mut self, way: usize) {
        self.voice = Voice::Registers;
        self.way = way;
        self.generators[way].send(None);
        self.receivers[way].reset();
        self.keys.stop();
    }

    /// The registers speak, for a call that goes out.
    pub(super) fn begin_outgoing(&mut self) {
        self.begin(OUTGOING);
    }

    /// The registers speak, for a call that comes in.
    pub(super) fn begin_incoming(&mut self) {
        self.begin(INCOMING);
    }

    /// The switch's audio passes.
    pub(super) fn open(&mut self) {
        self.voice = Voice::Open;
    }

    pub(super) fn is_open(&self) -> bool {
        self.voice == Voice::Open
    }

    /// Whether the far side's register sends a signal.
    pub(super) fn hears_signal(&self) -> bool {
        self.receivers[self.way].current().is_some()
    }

    /// The caller hears a tone.
    pub(super) fn sound(&mut self, cadence: ToneCadence) {
        self.voice = Voice::Tone;
        self.tone = ToneGenerator::new(cadence);
    }

    /// Nothing sounds, and nothing is heard.
    pub(super) fn hush(&mut self) {
        self.voice = Voice::Nothing;
        self.keys.stop();
    }

    /// Sends keys in the call's audio; `false` if there is none, or too many wait.
    pub(super) fn press(&mut self, digits: &Digits) -> bool {
        self.is_open() && digits.iter().all(|digit| self.keys.push(*digit))
    }

    /// The next frame to send; `signal` is the registers'.
    fn fill(&mut self, signal: Option<MfSignal>, tx: &Frame) -> Frame {
        let mut out = SILENCE;
        match self.voice {
            Voice::Nothing => {}
            Voice::Registers => {
                let generator = &mut self.generators[self.way];
                generator.send(signal);
                generator.tx(&mut out);
            }
            Voice::Tone => {
                self.tone.tx(&mut out);
            }
            Voice::Open => {
                out = *tx;
                if !self.keys.is_idle() {
                    let written = self.keys.tx(&mut out);
                    out[written..].fill(0);
                }
            }
        }
        out
    }

    /// Listens to the far side's register.
    fn hear(&mut self, rx: &Frame) {
        if self.voice == Voice::Registers {
            self.receivers[self.way].rx(rx);
        }
    }

    fn poll(&mut self) -> Option<MfEvent> {
        if self.voice == Voice::Registers { self.receivers[self.way].poll() } else { None }
    }
}

impl<T: Timeslot> R2<T> {
    /// What goes to the line instead of, or as, the switch's audio.
    pub(super) fn fill_tx(&mut self, tx: &Frame) -> Frame {
        let signal = match &self.state {
            State::Dialling(register) => register.sending(),
            State::Collecting(register)
            | State::Offered(register)
            | State::Accepting { register, .. }
            | State::ClearBack { register: Some(register), .. } => register.sending(),
            _ => None,
        };
        self.audio.fill(signal, tx)
    }

    /// Hears what the far side's register says.
    pub(super) fn listen(&mut self, now: Instant, rx: &Frame) {
        self.audio.hear(rx);
        while let Some(event) = self.audio.poll() {
            match self.state {
                State::Dialling(_) => self.on_backward_signal(now, event),
                State::Collecting(_)
                | State::Offered(_)
                | State::Accepting { .. }
                | State::ClearBack { register: Some(_), .. } => self.on_forward_signal(now, event),
                _ => {}
            }
        }
    }
}

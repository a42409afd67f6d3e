//! What the handset hears, and what is heard from it.

use tipring_clock::Instant;
use tipring_dsp::caller_id::FskTransmitter;
use tipring_dsp::{DtmfEvent, DtmfGenerator, ToneGenerator};
use tipring_line::{AnalogPort, ChannelEvent, DigitSource, Frame, SILENCE};

use super::{Early, Fxs, State};

/// What the channel itself plays to the handset.
#[derive(Debug)]
pub(super) enum Sound {
    None,
    /// A tone, for ever or once.
    Tone(ToneGenerator),
    /// A message by FSK.
    Message(FskTransmitter),
    /// Caller id by DTMF.
    Digits(DtmfGenerator),
}

impl Sound {
    /// Fills the frame, with silence after the end; whether this frame was the last.
    fn tx(&mut self, out: &mut Frame) -> bool {
        let (written, ended) = match self {
            Sound::None => return false,
            Sound::Tone(tone) => (tone.tx(out), tone.is_finished()),
            Sound::Message(fsk) => (fsk.tx(out), fsk.is_finished()),
            Sound::Digits(dtmf) => (dtmf.tx(out), dtmf.is_idle()),
        };
        out[written..].fill(0);
        ended
    }
}

impl<P: AnalogPort> Fxs<P> {
    /// What goes to the handset instead of, or as, the switch's audio.
    pub(super) fn fill_tx(&mut self, now: Instant, tx: &Frame) -> Frame {
        let mut out = SILENCE;
        if self.passes_audio() {
            out = *tx;
            amplify(&mut out, self.gains[0]);
        }
        if !self.generator.is_idle() {
            let written = self.generator.tx(&mut out);
            out[written..].fill(0);
        }
        let mut own = SILENCE;
        let ended = self.sound.tx(&mut own);
        out.iter_mut().zip(own).for_each(|(o, s)| *o = o.saturating_add(s));
        if ended {
            let sound = core::mem::replace(&mut self.sound, Sound::None);
            self.on_sound_end(now, matches!(sound, Sound::Tone(_)));
        }
        out
    }

    /// Something that is played once is over: a tone, or else a message.
    fn on_sound_end(&mut self, now: Instant, was_tone: bool) {
        match self.state {
            State::Collecting => self.play(self.settings.tones.dial),
            State::Announcing { .. } if was_tone => self.send_caller_id(now),
            State::OnHook if was_tone => self.send_lamp_fsk(),
            State::OnHook | State::Announcing { .. } | State::Ringing { .. } => {
                self.on_message_sent(now);
            }
            State::Talking => self.on_waiting_sound_end(now),
            _ => {}
        }
    }

    /// Whether the call's audio passes; not while the handset alone is spoken to.
    fn passes_audio(&self) -> bool {
        match self.state {
            State::Talking => !self.waiting.as_ref().is_some_and(|w| w.is_muted()),
            State::Offered(early) => early == Early::Audio,
            _ => false,
        }
    }

    /// Listens for keys.
    pub(super) fn listen(&mut self, now: Instant, rx: &Frame) {
        let asked = self.waiting.as_ref().is_some_and(|w| w.is_muted());
        let wanted = match self.state {
            // A key may begin before the handset counts as lifted; it is kept.
            State::OnHook => self.hook.is_closed(),
            State::Collecting => true,
            State::Offered(_) | State::Talking => self.settings.detect_digits || asked,
            _ => false,
        };
        if !wanted {
            return;
        }
        self.detector.rx(rx);
        if self.state == State::OnHook {
            return;
        }
        while let Some(event) = self.detector.poll() {
            if asked {
                self.on_acknowledgement(now, event);
                continue;
            }
            let DtmfEvent::Start(digit) = event else { continue };
            match self.state {
                State::Collecting => self.on_key(now, digit),
                State::Offered(_) | State::Talking if self.settings.detect_digits => {
                    let source = DigitSource::InBand;
                    self.events.push(ChannelEvent::Digit { digit, source });
                }
                _ => {}
            }
        }
    }

    /// What was heard of keys is nobody's any more.
    pub(super) fn forget_keys(&mut self) {
        while self.detector.poll().is_some() {}
    }

    /// What the switch gets of what came from the handset.
    pub(super) fn pass_rx(&self, rx: &mut Frame) {
        if self.passes_audio() {
            amplify(rx, self.gains[1]);
        } else {
            rx.fill(0);
        }
    }
}

fn amplify(frame: &mut Frame, gain: f32) {
    // No gain is the common case, and then samples stay what they are.
    if (gain - 1.0).abs() > f32::EPSILON {
        // `as` saturates on floats.
        frame.iter_mut().for_each(|s| *s = (f32::from(*s) * gain).round() as i16);
    }
}

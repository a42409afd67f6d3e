//! A call that stands: the far side's keys, and the signs that it has gone.

use tipring_clock::Instant;
use tipring_dsp::{DtmfEvent, ProgressTone};
use tipring_line::{AnalogPort, Cause, ChannelEvent, DigitSource, Frame};

use super::{Fxo, State};

impl<P: AnalogPort> Fxo<P> {
    pub(super) fn listen_connected(&mut self, now: Instant, sent: &Frame, rx: &Frame) {
        if self.settings.detect_digits && self.state != State::Taken {
            self.hear_digits(rx);
        }
        let learns = self.learns(now, rx);
        if self.state == State::Idle {
            // What was learnt has ended the call.
            return;
        }
        self.progress.rx_beside(rx, &self.leg.may_echo(sent));
        while let Some(tone) = self.progress.poll() {
            // Ringback in a call is somebody's music, and after the special tone an announcement
            // is on its way; everything else says that the far side, or the whole call, has gone.
            if !learns && !matches!(tone, ProgressTone::Ringback | ProgressTone::SpecialInformation)
            {
                return self.release(now, Cause::NormalClearing);
            }
        }
        self.make_room(now);
        let silent = self.silence.frame(now, sent, rx);
        if self.settings.silence_release.is_some_and(|max| silent >= max) {
            self.release(now, Cause::NormalClearing);
        }
    }

    /// Lowers what is sent while one of the exchange's tones sounds, and listens anew to one that
    /// goes on.
    pub(super) fn make_room(&mut self, now: Instant) {
        let (sound, ms) = self.progress.current();
        if self.duck.hear(now, sound, ms) {
            self.progress.reset();
        }
    }

    fn hear_digits(&mut self, rx: &Frame) {
        self.digits.rx(rx);
        while let Some(event) = self.digits.poll() {
            if let DtmfEvent::Start(digit) = event {
                let source = DigitSource::InBand;
                self.events.push(ChannelEvent::Digit { digit, source });
            }
        }
    }
}

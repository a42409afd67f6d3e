//! What the exchange itself sends on the line: tones and caller id.

use tipring_dsp::caller_id::{FskTransmitter, Message, dtmf_digits};
use tipring_dsp::{DtmfGenerator, DtmfLevels, DtmfTiming, ToneCadence, ToneGenerator, tones};
use tipring_line::{CallerId, Frame};

use crate::model::{CallerIdDelivery, LineModel};

/// What reaches the line of 90 V of ringing current through the port's voltage divider.
const RINGING_RESIDUE: ToneCadence = ToneCadence::single(25, -20.0, &[]);

/// One signal at a time.
#[derive(Debug, Default)]
pub(super) enum Signal {
    #[default]
    None,
    Tone(ToneGenerator),
    Fsk(FskTransmitter),
    Dtmf(DtmfGenerator),
}

impl Signal {
    pub(super) fn tone(cadence: ToneCadence) -> Self {
        Signal::Tone(ToneGenerator::new(cadence))
    }

    pub(super) fn ringing() -> Self {
        Self::tone(RINGING_RESIDUE)
    }

    pub(super) fn busy() -> Self {
        Self::tone(tones::china::BUSY)
    }

    /// Caller id as this line sends it, if by FSK.
    pub(super) fn fsk_caller_id(model: &LineModel, caller: &CallerId) -> Self {
        let CallerIdDelivery::Fsk { modem, form, encoding, level_dbm0 } = model.caller_id else {
            return Signal::None;
        };
        let message = Message::call(form, encoding, model.time, caller);
        Signal::Fsk(FskTransmitter::new(modem, message).at_level(level_dbm0))
    }

    /// Caller id as this line sends it, if by DTMF.
    pub(super) fn dtmf_caller_id(model: &LineModel, caller: &CallerId) -> Self {
        let CallerIdDelivery::Dtmf { style, .. } = model.caller_id else { return Signal::None };
        let timing = DtmfTiming { on_ms: 70, off_ms: 60 };
        let mut dtmf = DtmfGenerator::with(DtmfLevels::default(), timing);
        for digit in dtmf_digits(style, caller) {
            dtmf.push(digit);
        }
        Signal::Dtmf(dtmf)
    }

    /// The next frame; silence where the signal has ended.
    pub(super) fn tx(&mut self, frame: &mut Frame) {
        let written = match self {
            Signal::None => 0,
            Signal::Tone(tone) => tone.tx(frame),
            Signal::Fsk(fsk) => fsk.tx(frame),
            Signal::Dtmf(dtmf) => dtmf.tx(frame),
        };
        frame[written..].fill(0);
    }

    pub(super) fn is_finished(&self) -> bool {
        match self {
            Signal::None => true,
            Signal::Tone(tone) => tone.is_finished(),
            Signal::Fsk(fsk) => fsk.is_finished(),
            Signal::Dtmf(dtmf) => dtmf.is_idle(),
        }
    }
}

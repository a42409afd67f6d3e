//! What the exchange itself sends on the line: tones and caller id.

use tipring_dsp::caller_id::{FskTransmitter, Message, dtmf_digits};
use tipring_dsp::{DtmfGenerator, DtmfTiming, ToneCadence, ToneGenerator};
use tipring_line::{CallerId, Frame};

use crate::model::{CallerIdDelivery, DtmfDelivery, FskDelivery, Gap, LineModel};

/// What reaches the line of 90 V of ringing current through the port's voltage divider.
const RINGING_RESIDUE_DBM0: f32 = -20.0;
/// The dual tone alert (ETSI EN 300 659-1, 6.1.1): 100 ms of these two.
const ALERT: ToneCadence = ToneCadence::dual(2130, 2750, -13.0, &[100]).once();

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

    pub(super) fn ringing(hz: u16) -> Self {
        Self::tone(ToneCadence::single(hz, RINGING_RESIDUE_DBM0, &[]))
    }

    pub(super) fn alert() -> Self {
        Self::tone(ALERT)
    }

    pub(super) fn fsk(delivery: FskDelivery, model: &LineModel, caller: &CallerId) -> Self {
        let message = Message::call(delivery.form, delivery.encoding, model.time, caller)
            .with_bit_errors(&model.caller_id_errors);
        Signal::Fsk(FskTransmitter::new(delivery.modem, message).at_level(delivery.level_dbm0))
    }

    pub(super) fn dtmf(delivery: DtmfDelivery, caller: &CallerId) -> Self {
        let timing = DtmfTiming { on_ms: delivery.on_ms, off_ms: delivery.off_ms };
        let mut dtmf = DtmfGenerator::with(delivery.levels, timing);
        for digit in dtmf_digits(delivery.style, caller) {
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

/// Blots out the part of a caller-id transmission that does not reach the line; `sent` counts the
/// transmission's samples before this frame.
pub(super) fn blot_out(gap: Gap, sent: u64, frame: &mut Frame) {
    let from = u64::from(gap.at_ms) * 8;
    let missing = from..from + u64::from(gap.ms) * 8;
    for (n, sample) in frame.iter_mut().enumerate() {
        if missing.contains(&(sent + n as u64)) {
            *sample = 0;
        }
    }
}

impl CallerIdDelivery {
    /// What is sent by FSK.
    pub(super) fn fsk(&self) -> Option<FskDelivery> {
        match self {
            CallerIdDelivery::Fsk(fsk) | CallerIdDelivery::Both(fsk, _) => Some(*fsk),
            _ => None,
        }
    }

    /// What is sent by DTMF.
    pub(super) fn dtmf(&self) -> Option<DtmfDelivery> {
        match self {
            CallerIdDelivery::Dtmf(dtmf) | CallerIdDelivery::Both(_, dtmf) => Some(*dtmf),
            _ => None,
        }
    }
}

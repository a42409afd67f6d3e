//! The telephone's display: what it reads from the line, on-hook and in calls.

use tipring_dsp::caller_id::{DtmfCallerId, FskReceiver, MessageContent};
use tipring_dsp::{DtmfDetector, DtmfEvent, dbm0_to_rms};
use tipring_line::CallerId;

/// Silence of this many samples ends caller id by DTMF.
const DTMF_SILENCE: u64 = 8 * 300;
/// The display waits for a message after its acknowledgement for so many samples.
const MESSAGE_WAIT: u32 = 8 * 2_500;

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Read {
    Caller(CallerId),
    MessagesWait(bool),
    /// The alerting signal has ended: to be acknowledged.
    Alert,
}

/// A display; reads on-hook and in calls alike, what it is given to hear.
#[derive(Debug)]
pub(super) struct ReadingDisplay {
    fsk: FskReceiver,
    keys: DtmfDetector,
    digits: DtmfCallerId,
    quiet: u64,
    alert: AlertDetector,
    /// Samples left to wait for a message in a call; the set is mute meanwhile.
    waits: u32,
}

impl ReadingDisplay {
    pub(super) fn new() -> Self {
        ReadingDisplay {
            fsk: FskReceiver::new(),
            keys: DtmfDetector::new(),
            digits: DtmfCallerId::new(),
            quiet: 0,
            alert: AlertDetector::new(),
            waits: 0,
        }
    }

    /// Listens while on-hook.
    pub(super) fn rx_on_hook(&mut self, samples: &[i16]) -> Option<Read> {
        self.keys.rx(samples);
        self.quiet += samples.len() as u64;
        let mut by_keys = None;
        while let Some(event) = self.keys.poll() {
            self.quiet = 0;
            if let DtmfEvent::Start(digit) = event {
                by_keys = self.digits.push(digit).or(by_keys);
            }
        }
        if self.quiet >= DTMF_SILENCE && !self.digits.is_empty() {
            by_keys = self.digits.finish().or(by_keys);
        }
        self.rx_message(samples).or(by_keys.map(Read::Caller))
    }

    /// Listens while in a call.
    pub(super) fn rx_in_call(&mut self, samples: &[i16]) -> Option<Read> {
        if self.waits == 0 {
            return self.alert.rx(samples).then_some(Read::Alert);
        }
        self.waits = self.waits.saturating_sub(samples.len() as u32);
        let read = self.rx_message(samples);
        if read.is_some() {
            self.waits = 0;
        }
        read
    }

    /// The alerting signal was acknowledged: a message is to come.
    pub(super) fn expect_message(&mut self) {
        self.fsk = FskReceiver::new();
        self.waits = MESSAGE_WAIT;
    }

    /// Whether the set is mute because a message is to come.
    pub(super) fn is_waiting(&self) -> bool {
        self.waits > 0
    }

    /// A call begins or ends.
    pub(super) fn reset(&mut self) {
        self.waits = 0;
        self.alert = AlertDetector::new();
        let _ = self.digits.finish();
    }

    fn rx_message(&mut self, samples: &[i16]) -> Option<Read> {
        self.fsk.rx(samples);
        match self.fsk.poll()?.content() {
            MessageContent::Call { caller, .. } => Some(Read::Caller(caller)),
            MessageContent::MessageWaiting(waiting) => Some(Read::MessagesWait(waiting)),
            MessageContent::Other(_) => None,
        }
    }
}

const BLOCK: usize = 80;
const ALERT_HZ: [f32; 2] = [2130.0, 2750.0];
/// Weaker than this, a tone is none.
const ALERT_MIN_DBM0: f32 = -35.0;

/// Finds the dual-tone alerting signal: 2130 and 2750 Hz for 60–130 ms, pure (GR-30 asks sets
/// for 75–85 ms).
#[derive(Debug)]
struct AlertDetector {
    block: [f32; BLOCK],
    place: usize,
    blocks: u32,
}

impl AlertDetector {
    fn new() -> Self {
        AlertDetector { block: [0.0; BLOCK], place: 0, blocks: 0 }
    }

    /// Whether an alerting signal has ended in these samples.
    fn rx(&mut self, samples: &[i16]) -> bool {
        let mut ended = false;
        for sample in samples {
            self.block[self.place] = f32::from(*sample);
            self.place += 1;
            if self.place < BLOCK {
                continue;
            }
            self.place = 0;
            if self.is_alert() {
                self.blocks += 1;
            } else {
                ended |= (5..=13).contains(&self.blocks);
                self.blocks = 0;
            }
        }
        ended
    }

    fn is_alert(&self) -> bool {
        let total: f32 = self.block.iter().map(|s| s * s).sum::<f32>() / BLOCK as f32;
        let powers = ALERT_HZ.map(|hz| power(&self.block, hz));
        let least = dbm0_to_rms(ALERT_MIN_DBM0).powi(2);
        powers.iter().all(|p| *p > least) && powers.iter().sum::<f32>() > 0.6 * total
    }
}

/// The power of one frequency in a block.
fn power(block: &[f32; BLOCK], hz: f32) -> f32 {
    let step = core::f32::consts::TAU * hz / 8000.0;
    let (re, im) = block.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, s)| {
        let (sin, cos) = (n as f32 * step).sin_cos();
        (re + s * cos, im + s * sin)
    });
    2.0 * (re * re + im * im) / (BLOCK * BLOCK) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::{ToneCadence, ToneGenerator};

    #[test]
    fn alerting_signals_of_the_right_length_are_found() {
        for (ms, level, found) in [
            (80, -13.0, true),
            (75, -30.0, true),
            (110, -13.0, true),
            (30, -13.0, false),
            (300, -13.0, false),
            (80, -45.0, false),
        ] {
            for lead in [0, 13, 41, 79] {
                let mut samples = vec![0i16; 1600 + lead + 3200];
                let tone = ToneCadence::dual(2130, 2750, level, &[ms, 1000]).once();
                ToneGenerator::new(tone).tx(&mut samples[1600 + lead..]);
                let mut detector = AlertDetector::new();
                let hit = samples.chunks(160).filter(|c| detector.rx(c)).count();
                assert_eq!(hit, usize::from(found), "{ms} ms at {level}, {lead}");
            }
        }
        let mut samples = vec![0i16; 4000];
        let tone = ToneCadence::single(2130, -13.0, &[80, 1000]).once();
        ToneGenerator::new(tone).tx(&mut samples);
        assert!(!AlertDetector::new().rx(&samples), "one frequency alone");
    }
}

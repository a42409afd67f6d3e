//! Whether both sides of a call have fallen silent for good.

use tipring_clock::{Duration, Instant};
use tipring_dsp::dbm0_to_rms;
use tipring_line::Frame;

/// Quieter than this is silence: above the noise of a line, below the quietest speech.
const SILENCE_MAX_DBM0: f32 = -46.0;

/// Follows both directions of a call.
#[derive(Clone, Debug)]
pub(super) struct SilenceMeter {
    floor: i64,
    since: Option<Instant>,
}

impl SilenceMeter {
    pub(super) fn new() -> Self {
        let rms = f64::from(dbm0_to_rms(SILENCE_MAX_DBM0));
        let samples = tipring_line::FRAME_SAMPLES as f64;
        SilenceMeter { floor: (rms * rms * samples) as i64, since: None }
    }

    pub(super) fn reset(&mut self) {
        self.since = None;
    }

    /// Takes a frame of each direction; tells for how long both have been silent.
    pub(super) fn frame(&mut self, now: Instant, sent: &Frame, heard: &Frame) -> Duration {
        if energy(sent) > self.floor || energy(heard) > self.floor {
            self.since = None;
            return Duration::ZERO;
        }
        now - *self.since.get_or_insert(now)
    }
}

fn energy(frame: &Frame) -> i64 {
    frame.iter().map(|s| i64::from(*s) * i64::from(*s)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_side_breaks_the_silence() {
        let (quiet, loud) = ([20; 160], [900; 160]);
        for (sent, heard, lasts) in
            [(quiet, quiet, 200), (loud, quiet, 0), (quiet, loud, 0), (loud, loud, 0)]
        {
            let mut meter = SilenceMeter::new();
            let mut longest = 0;
            for n in 0..=10 {
                let now = Instant::from_millis(n * 20);
                longest = longest.max(meter.frame(now, &sent, &heard).as_millis());
            }
            assert_eq!(longest, lasts);
        }
    }
}

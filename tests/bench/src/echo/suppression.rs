//! The residual echo suppressor behind the canceller: what it takes, and what it costs near speech.

use super::echo_line::{HYBRIDS, Hybrid, Suppressed, composite, level, speech};

const NOISE_DBM0: f32 = -62.0;
const TALK_MS: usize = 8000;

/// What came of all hybrids together.
pub(super) struct Suppression {
    /// The most left of an echo of speech at −16 dBm0, line noise included, in dBm0.
    pub(super) left_dbm0: f32,
    pub(super) left_without_dbm0: f32,
    /// What the comfort noise is off the line's, at most, in dB.
    pub(super) comfort_off_db: f32,
    /// The most that near speech loses in double talk as a whole, in dB.
    pub(super) near_lost_db: f32,
    /// The part of near speech in double talk that is lowered by more than 3 dB, in per cent.
    pub(super) near_clipped_pct: f64,
}

pub(super) fn measure() -> Suppression {
    let mut all = Suppression {
        left_dbm0: -96.0,
        left_without_dbm0: -96.0,
        comfort_off_db: 0.0,
        near_lost_db: 0.0,
        near_clipped_pct: 0.0,
    };
    let (mut near_ms, mut clipped_ms) = (0, 0);
    for hybrid in &HYBRIDS {
        let mut line = converged(hybrid);
        let alone = line.run(&speech(30, -16.0, TALK_MS), &[]);
        all.left_dbm0 = all.left_dbm0.max(level(&alone.suppressed));
        all.left_without_dbm0 = all.left_without_dbm0.max(level(&alone.cancelled));
        let comfort = line.run(&super::echo_line::noise(5, -20.0, 4000), &[]);
        let off = level(&comfort.suppressed[8000..]) - NOISE_DBM0;
        all.comfort_off_db =
            if off.abs() > all.comfort_off_db.abs() { off } else { all.comfort_off_db };
        for near_dbm0 in [-12.0, -16.0, -20.0, -24.0] {
            let mut line = converged(hybrid);
            let both = line.run(&speech(30, -16.0, TALK_MS), &speech(200, near_dbm0, TALK_MS));
            all.near_lost_db = all.near_lost_db.max(both.lost_db());
            near_ms += both.near_ms();
            clipped_ms += both.clipped_ms();
        }
    }
    all.near_clipped_pct = 100.0 * clipped_ms as f64 / near_ms as f64;
    all
}

fn converged(hybrid: &Hybrid) -> Suppressed {
    let mut line = Suppressed::new(hybrid, NOISE_DBM0);
    let _ = line.run(&composite(3, -12.0, 4000), &[]);
    line
}

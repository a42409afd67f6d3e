//! The judgement: whether the sound that ends now has been one digit for long enough.
//!
//! A cheap look at every step, in the detector, says which digit it might be. Here all points
//! since its beginning are taken together: each band must hold one steady sine, near enough to
//! its nominal frequency, both about equally strong, with hardly anything beside them. The bounds
//! are wide for a sound that began at once out of something else, as digits do, and narrower for
//! one that grew out of what was there before, as vowels do, and for one that is badly tuned.
//!
//! The bounds come from measured distributions. Of digits at 10 dB S/N, 99 % have a purity above
//! 0.9 and a share above 0.85 at any one judgement, and most get several. Of 28 hours of speech
//! (168 minutes in six languages, in ten places against the steps) nothing keeps to the bounds;
//! of 75 hours at speeds from 0.75 to 1.4 two sounds do.

use super::bands::{Filters, HIGH, LOW};
use super::history::{History, POINTS};
use super::sine::Sine;
use super::span::{EDGE_POINTS, GAP_POINTS_MAX, Span};
use crate::level::dbm0_to_peak;

/// A point counts as sounding from half the tone's amplitude on: where a filter's output passes
/// through this is where the tone begins or ends.
const PRESENT_MIN: f32 = 0.25;
/// How far a frequency may be off: 1.5 % and 2 Hz must pass (AT&T), as must 1.8 % (NTT), while
/// 3 % must not.
const OFFSET_MAX: f32 = 0.021;
/// How far both may be off together. What vowels resemble digits have their harmonics, which are
/// in whole ratios, at the far ends of both tones; 1.8 % of each must still pass.
const OFFSETS_MAX: f32 = 0.037;
/// How much stronger the low tone may be, as a power: 10 dB.
const LOW_TWIST_MAX: f32 = 10.0;
/// How much stronger the high tone may be: 6 dB.
const HIGH_TWIST_MAX: f32 = 4.0;
/// The weakest tone, in dBm0.
pub(super) const LEVEL_MIN_DBM0: f32 = -42.0;

/// How pure a digit must be.
struct Bounds {
    /// The part of each band's power that its one sine makes up.
    purity_min: f32,
    /// The part of all power that both sines make up.
    share_min: f32,
}

const AFTER_CLEAN_BEGINNING: Bounds = Bounds { purity_min: 0.87, share_min: 0.72 };
const WELL_TUNED: Bounds = Bounds { purity_min: 0.9, share_min: 0.78 };
const OTHERWISE: Bounds = Bounds { purity_min: 0.95, share_min: 0.85 };

/// How far off both frequencies of a well-tuned digit are at most, as those of nearly all sets
/// are.
const TUNED_MAX: f32 = 0.012;

/// A beginning is clean if it is no further back than this, 40 ms, for a digit is found as soon
/// as it has sounded for long enough; and
const CLEAN_POINTS_MAX: usize = 32;
/// if in the 10 ms before it each band held no more than this part of its later power.
const BEFORE_MAX: f32 = 0.2;
const BEFORE_POINTS: usize = 8;

/// Stretch before a digit over which its background is measured: three times 20 ms.
const BACKGROUND_POINTS: usize = 16;
const BACKGROUND_PARTS: usize = 3;
/// How much a steady background changes from part to part, and into the digit.
const BACKGROUND_CHANGE_MAX: f32 = 1.3;

/// Two tones that might be a digit: the number of the row's, and of the column's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair(pub(super) [usize; 2]);

/// A digit that was found to sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its first point, counted back from the newest.
    pub(super) start: usize,
    /// Power of each band's sine, as the filter gives it.
    pub(super) powers: [f32; 2],
}

/// What the judgement is.
pub(super) enum Verdict {
    /// It is one.
    Digit(Found),
    /// It may become one after this many more points, at least.
    TooShort { points_missing: usize },
    /// It has sounded for long enough but is none.
    NoDigit,
}

/// Whether a point belongs to the pair's tones of these powers: strong enough, and turned from
/// the point before as the tones turn.
pub(super) fn is_present(
    history: &History,
    filters: &Filters,
    back: usize,
    pair: Pair,
    powers: [f32; 2],
) -> bool {
    let (now, before) = (history.back(back), history.back(back + 1));
    (0..2).all(|band| {
        let (y, last) = (now[band], before[band]);
        let along = y.against(last).against(filters.turns[band][pair.0[band]]).re;
        let both = y.power() * last.power();
        y.power() >= PRESENT_MIN * powers[band] && along > 0.0 && along * along >= 0.25 * both
    })
}

/// Judges what has sounded up to now. `powers` are the bands' mean powers in the newest points.
pub(super) fn judge(history: &History, filters: &Filters, pair: Pair, powers: [f32; 2]) -> Verdict {
    let present = |back| is_present(history, filters, back, pair, powers);
    let span = match Span::find(present) {
        Ok(span) => span,
        Err(points_missing) => return Verdict::TooShort { points_missing },
    };
    let sines = [LOW, HIGH].map(|band| Sine::fit(history, filters, &span, band, pair));
    let tones = sines.each_ref().map(|sine| sine.tone_power);
    let offsets = sines.each_ref().map(|sine| sine.offset.abs());
    let is_tuned = offsets[LOW].max(offsets[HIGH]) <= OFFSET_MAX
        && offsets[LOW] + offsets[HIGH] <= OFFSETS_MAX;
    if !is_tuned || !is_balanced(tones) {
        return Verdict::NoDigit;
    }
    let start = span.first_point(present, POINTS - 2);
    let powers = sines.each_ref().map(|sine| sine.power);
    let is_clean = is_clean_beginning(history, start, powers);
    let bounds = if is_clean {
        AFTER_CLEAN_BEGINNING
    } else if offsets[LOW].max(offsets[HIGH]) <= TUNED_MAX {
        WELL_TUNED
    } else {
        OTHERWISE
    };
    if sines.iter().any(|sine| sine.purity < bounds.purity_min) {
        return Verdict::NoDigit;
    }
    let (both, all) = ((tones[LOW] + tones[HIGH]) / 2.0, span.mean(|back| history.power(back)));
    let is_alone = both >= bounds.share_min * all;
    if is_alone || is_clean && is_background(history, start, all - both) {
        Verdict::Digit(Found { start, powers })
    } else {
        Verdict::NoDigit
    }
}

/// Whether both tones are strong enough, and neither is much stronger than the other; of squares
/// of amplitudes.
fn is_balanced(tones: [f32; 2]) -> bool {
    let weakest = dbm0_to_peak(LEVEL_MIN_DBM0).powi(2);
    tones.iter().all(|tone| *tone >= weakest)
        && tones[LOW] <= LOW_TWIST_MAX * tones[HIGH]
        && tones[HIGH] <= HIGH_TWIST_MAX * tones[LOW]
}

/// Whether the sound began at once, a short time ago. `powers` are those it has now.
fn is_clean_beginning(history: &History, start: usize, powers: [f32; 2]) -> bool {
    let first = start + EDGE_POINTS + 1;
    start <= CLEAN_POINTS_MAX
        && (0..2).all(|band| {
            let before =
                (first..first + BEFORE_POINTS).map(|back| history.back(back)[band].power());
            before.sum::<f32>() <= BEFORE_MAX * powers[band] * BEFORE_POINTS as f32
        })
}

/// Whether this power beside the tones was there before the digit, as a dial tone is: steady for
/// 60 ms, and as strong as now.
fn is_background(history: &History, start: usize, excess: f32) -> bool {
    let first = start + EDGE_POINTS + 1;
    let parts: [f32; BACKGROUND_PARTS] = std::array::from_fn(|part| {
        let from = first + part * BACKGROUND_POINTS;
        let sum: f32 = (from..from + BACKGROUND_POINTS).map(|back| history.power(back)).sum();
        sum / BACKGROUND_POINTS as f32
    });
    let weakest = parts.into_iter().fold(f32::MAX, f32::min);
    let strongest = parts.into_iter().fold(0.0, f32::max);
    strongest <= BACKGROUND_CHANGE_MAX * weakest
        && excess <= BACKGROUND_CHANGE_MAX * strongest
        && excess * BACKGROUND_CHANGE_MAX >= weakest
}

const _: () = assert!(
    CLEAN_POINTS_MAX + EDGE_POINTS + BACKGROUND_PARTS * BACKGROUND_POINTS < POINTS - 1,
    "the background lies within what is kept"
);
const _: () = assert!(GAP_POINTS_MAX < CLEAN_POINTS_MAX, "an interrupted digit may be found");

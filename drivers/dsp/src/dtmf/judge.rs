//! The judgement: whether the sound that ends now has been one digit for long enough.
//!
//! A cheap look at every moment, in the detector, says which digit it might be. Here all points
//! since its beginning are taken together: each band must hold one steady sine, near enough to
//! its nominal frequency, both about equally strong, with hardly anything beside them.

use super::bands::{Filters, HIGH, LOW, POINT_SAMPLES};
use super::complex::Complex;
use super::history::{History, POINTS};
use super::keypad::{HIGH_HZ, LOW_HZ};
use crate::level::dbm0_to_peak;

/// How long a digit must have sounded, in points: 31.25 ms, in the middle between the 40 ms that
/// must be enough and the 23 that must not.
const ON_POINTS: usize = 25;
/// The longest interruption that a digit survives before it has been told: 12.5 ms, because one
/// of 10 ms touches up to ten points.
const GAP_POINTS_MAX: usize = 10;
/// A digit's points and its interruptions together.
const SPAN_POINTS_MAX: usize = ON_POINTS + 2 * GAP_POINTS_MAX;
/// Points next to silence, in which the filters have not filled.
const EDGE_POINTS: usize = 2;
/// A point counts as sounding from half the tone's amplitude on: where a filter's output passes
/// through this is where the tone begins or ends.
const PRESENT_MIN: f32 = 0.25;

/// How far a frequency may be off: 1.8 % and 2 Hz must pass, 3 % must not.
const OFFSET_MAX: f32 = 0.025;
/// The part of a band's power that its one sine must make up.
const PURITY_MIN: f32 = 0.85;
/// The part of all power that both sines must make up.
const SHARE_MIN: f32 = 0.7;
/// How much stronger the low tone may be, as a power: 10 dB.
const LOW_TWIST_MAX: f32 = 10.0;
/// How much stronger the high tone may be: 6 dB.
const HIGH_TWIST_MAX: f32 = 4.0;
/// The weakest tone, in dBm0.
pub(super) const LEVEL_MIN_DBM0: f32 = -42.0;

/// Stretch before a digit over which its background is measured: three times 20 ms.
const BACKGROUND_POINTS: usize = 16;
const BACKGROUND_PARTS: usize = 3;
/// How much a steady background changes from part to part, and into the digit.
const BACKGROUND_CHANGE_MAX: f32 = 1.3;
/// The part of a band's later power that may have been there before the digit.
const BEFORE_MAX: f32 = 0.1;

/// A digit that was found to sound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its first point, counted back from the newest.
    pub(super) start: usize,
    /// Power of each band's sine, as the filter gives it.
    pub(super) powers: [f32; 2],
}

/// Two tones, one of each group, that might be a digit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair(pub(super) [usize; 2]);

/// What a band holds, seen as one sine.
struct Sine {
    hz: f32,
    nominal_hz: f32,
    /// Amplitude squared, as the filter gives it.
    power: f32,
    purity: f32,
}

/// Whether a point belongs to the pair's tones of these powers.
pub(super) fn is_present(
    history: &History,
    filters: &Filters,
    back: usize,
    pair: Pair,
    powers: [f32; 2],
) -> bool {
    let (now, before) = (history.back(back), history.back(back + 1));
    (0..2).all(|band| {
        let (y, last) = (now.bands[band], before.bands[band]);
        let turned = y.against(last).against(filters.turns[band][pair.0[band]]).re;
        let both = y.power() * last.power();
        y.power() >= PRESENT_MIN * powers[band] && turned > 0.0 && turned * turned >= 0.25 * both
    })
}

/// Which of the newest points belong to the digit, newest first.
struct Span {
    present: [bool; SPAN_POINTS_MAX],
    points: usize,
}

impl Span {
    /// Goes back until enough points are together, over interruptions that are short enough.
    fn find(present: impl Fn(usize) -> bool) -> Option<Self> {
        let mut span = Span { present: [false; SPAN_POINTS_MAX], points: 0 };
        let (mut sounding, mut gap) = (0, 0);
        for back in 0..SPAN_POINTS_MAX {
            let is_present = present(back);
            span.present[back] = is_present;
            gap = if is_present { 0 } else { gap + 1 };
            sounding += usize::from(is_present);
            if sounding == ON_POINTS {
                span.points = back + 1;
                return Some(span);
            }
            if gap > GAP_POINTS_MAX {
                return None;
            }
        }
        None
    }

    /// Whether a point and its neighbours all sound, so that the filters had filled.
    fn is_inside(&self, back: usize) -> bool {
        let newer = back.saturating_sub(EDGE_POINTS);
        let older = (back + EDGE_POINTS).min(self.points - 1);
        self.present[newer..=older].iter().all(|p| *p)
    }
}

/// Looks whether the pair has sounded for long enough up to now. `powers` are the bands' mean
/// powers in the newest points.
pub(super) fn judge(
    history: &History,
    filters: &Filters,
    pair: Pair,
    powers: [f32; 2],
) -> Option<Found> {
    let present = |back| is_present(history, filters, back, pair, powers);
    let span = Span::find(present)?;
    let sines = [LOW, HIGH].map(|band| fit(history, filters, &span, band, pair));
    let tones = [LOW, HIGH].map(|band| {
        let gain = filters.gain(band, sines[band].hz);
        sines[band].power / (gain * gain)
    });
    let weakest = dbm0_to_peak(LEVEL_MIN_DBM0).powi(2);
    let is_digit = sines.iter().all(|sine| {
        let offset = (sine.hz - sine.nominal_hz).abs();
        offset <= OFFSET_MAX * sine.nominal_hz && sine.purity >= PURITY_MIN
    }) && tones.iter().all(|tone| *tone >= weakest)
        && tones[LOW] <= LOW_TWIST_MAX * tones[HIGH]
        && tones[HIGH] <= HIGH_TWIST_MAX * tones[LOW];
    if !is_digit {
        return None;
    }
    let start = first_point(&span, present);
    let sines_power = (tones[LOW] + tones[HIGH]) / 2.0;
    let all = mean_power(history, &span);
    let powers = sines.map(|sine| sine.power);
    let is_alone = sines_power >= SHARE_MIN * all
        || is_background(history, start, powers, all - sines_power);
    is_alone.then_some(Found { start, powers })
}

/// Follows the digit back to its first point.
fn first_point(span: &Span, present: impl Fn(usize) -> bool) -> usize {
    let (mut start, mut gap) = (span.points - 1, 0);
    for back in span.points..POINTS - 2 {
        gap = if present(back) { 0 } else { gap + 1 };
        if gap == 0 {
            start = back;
        } else if gap > GAP_POINTS_MAX {
            break;
        }
    }
    start
}

/// Mean square of all that was heard inside the span.
fn mean_power(history: &History, span: &Span) -> f32 {
    let (mut sum, mut points) = (0.0, 0.0);
    for back in (0..span.points).filter(|&back| span.is_inside(back)) {
        sum += history.back(back).power;
        points += 1.0;
    }
    if points > 0.0 { sum / points } else { f32::MAX }
}

/// The one sine that explains most of a band inside the span.
///
/// The frequency is first told by the turn from point to point, which is coarse but cannot be
/// mistaken by whole turns, then by the turn over two thirds of the span, which is as good as the
/// best estimator within a tenth.
fn fit(history: &History, filters: &Filters, span: &Span, band: usize, pair: Pair) -> Sine {
    let nominal_hz = [LOW_HZ, HIGH_HZ][band][pair.0[band]] as f32;
    let mut slow = [Complex::ZERO; SPAN_POINTS_MAX];
    for (back, slow) in slow[..span.points].iter_mut().enumerate() {
        if span.is_inside(back) {
            *slow = history.back(back).bands[band];
        }
    }
    let slow = &mut slow[..span.points];
    // Back in time the phase runs backwards, so each is turned forwards again.
    let nominal = filters.turns[band][pair.0[band]];
    unwind(slow, nominal);
    let coarse = mean_turn(slow, 1);
    unwind(slow, coarse);
    let far = 2 * slow.len() / 3;
    let fine = Complex::turn(mean_turn(slow, far).angle() / far as f32);
    unwind(slow, fine);
    let (sum, power, points) =
        slow.iter().fold((Complex::ZERO, 0.0, 0.0), |(sum, power, points), y| {
            let heard = y.power();
            (sum.plus(*y), power + heard, points + f32::from(u8::from(heard > 0.0)))
        });
    let points: f32 = if points > 0.0 { points } else { 1.0 };
    let per_turn = 8000.0 / (std::f32::consts::TAU * POINT_SAMPLES as f32);
    Sine {
        hz: nominal_hz + (coarse.angle() + fine.angle()) * per_turn,
        nominal_hz,
        power: sum.power() / (points * points),
        purity: sum.power() / (points * power).max(f32::MIN_POSITIVE),
    }
}

/// Takes a turn a point out of a signal that is told newest first.
fn unwind(slow: &mut [Complex], turn: Complex) {
    let mut turned = Complex::ONE;
    for y in slow {
        *y = y.times(turned);
        turned = turned.times(turn);
    }
}

/// The mean turn, of magnitude 1, over so many points; newest first.
fn mean_turn(slow: &[Complex], points: usize) -> Complex {
    let pairs = slow.iter().zip(&slow[points..]);
    let sum = pairs.fold(Complex::ZERO, |sum, (now, before)| sum.plus(now.against(*before)));
    let power = sum.power();
    if power > 0.0 { sum.scaled(power.sqrt().recip()) } else { Complex::ONE }
}

/// Whether this excess over the tones was there before the digit, as a dial tone is: steady for
/// 60 ms, without either tone, and as strong as now.
fn is_background(history: &History, start: usize, tones: [f32; 2], excess: f32) -> bool {
    let oldest = start + EDGE_POINTS + BACKGROUND_PARTS * BACKGROUND_POINTS;
    if oldest >= POINTS || history.count() <= oldest as u64 {
        return false;
    }
    let mean = |first: usize, of: &dyn Fn(usize) -> f32| {
        (first..first + BACKGROUND_POINTS).map(of).sum::<f32>() / BACKGROUND_POINTS as f32
    };
    let first = start + EDGE_POINTS + 1;
    let parts: [f32; BACKGROUND_PARTS] = std::array::from_fn(|part| {
        mean(first + part * BACKGROUND_POINTS, &|back| history.back(back).power)
    });
    let weakest = parts.into_iter().fold(f32::MAX, f32::min);
    let strongest = parts.into_iter().fold(0.0, f32::max);
    let was_quiet = (0..2).all(|band| {
        let before = mean(first, &|back| history.back(back).bands[band].power());
        before <= BEFORE_MAX * tones[band]
    });
    was_quiet
        && strongest <= BACKGROUND_CHANGE_MAX * weakest
        && excess <= BACKGROUND_CHANGE_MAX * strongest
        && excess * BACKGROUND_CHANGE_MAX >= weakest
}

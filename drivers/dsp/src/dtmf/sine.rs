//! One sine in one band: frequency, power, and how much of the band it explains.

use super::bands::{Filters, HIGH, LOW, POINT_SAMPLES};
use super::complex::Complex;
use super::history::History;
use super::judge::Pair;
use super::keypad::{HIGH_HZ, LOW_HZ};
use super::span::{SPAN_POINTS_MAX, Span};

const HZ_PER_RADIAN_A_POINT: f32 =
    tipring_line::SAMPLE_RATE_HZ as f32 / (std::f32::consts::TAU * POINT_SAMPLES as f32);

/// What a band holds over a span, seen as one sine.
pub(super) struct Sine {
    /// How far its frequency is off the nominal one, as a part of that.
    pub(super) offset: f32,
    /// Amplitude squared, as the filter gives it.
    pub(super) power: f32,
    /// Amplitude squared, as it was sent.
    pub(super) tone_power: f32,
    /// The part of the band's power that the sine makes up.
    pub(super) purity: f32,
}

impl Sine {
    /// The sine near the pair's tone that explains most of a band inside the span.
    ///
    /// The frequency is first told by the turn from point to point, which is coarse but cannot be
    /// mistaken by whole turns; then by the turn over two thirds of the span, whose variance is
    /// within an eighth of the least possible (Lank, Reed and Pollon, 1973).
    pub(super) fn fit(
        history: &History,
        filters: &Filters,
        span: &Span,
        band: usize,
        pair: Pair,
    ) -> Self {
        let mut points = [Complex::ZERO; SPAN_POINTS_MAX];
        let points = &mut points[..span.points()];
        let mut count = 0.0;
        for back in span.inside() {
            points[back] = history.back(back)[band];
            count += 1.0;
        }
        unwind(points, filters.turns[band][pair.0[band]]);
        let coarse = mean_turn(points, 1);
        unwind(points, coarse);
        let far = 2 * points.len() / 3;
        let fine = Complex::turn(mean_turn(points, far).angle() / far as f32);
        unwind(points, fine);
        let sum = points.iter().fold(Complex::ZERO, |sum, point| sum.plus(*point));
        let all: f32 = points.iter().map(|point| point.power()).sum();
        let nominal_hz = match band {
            LOW => LOW_HZ[pair.0[LOW]],
            _ => HIGH_HZ[pair.0[HIGH]],
        } as f32;
        let off_hz = (coarse.angle() + fine.angle()) * HZ_PER_RADIAN_A_POINT;
        let offset = off_hz / nominal_hz;
        let power = sum.power() / (count * count);
        let gain = filters.gain(band, pair.0[band], offset);
        Sine { offset, power, tone_power: power / (gain * gain), purity: power * count / all }
    }
}

/// Takes a turn a point out of a signal that is told newest first: going back, the phase runs
/// backwards, so each point is turned forwards by one turn more than the one before.
fn unwind(points: &mut [Complex], turn: Complex) {
    let mut turned = Complex::ONE;
    for point in points {
        *point = point.times(turned);
        turned = turned.times(turn);
    }
}

/// The mean turn over so many points, of magnitude 1; the points are told newest first.
fn mean_turn(points: &[Complex], over: usize) -> Complex {
    let pairs = points.iter().zip(&points[over..]);
    let sum = pairs.fold(Complex::ZERO, |sum, (now, before)| sum.plus(now.against(*before)));
    let power = sum.power();
    if power > 0.0 { sum.scaled(power.sqrt().recip()) } else { Complex::ONE }
}

//! What has been heard, as far back as a judgement looks.

use super::bands::{BandSplit, KEPT_POINTS, Point, STEP_POINTS};
use super::complex::Complex;

/// Points kept: 160 ms, for a digit's shortest length, an interruption and what was before.
pub(super) const POINTS: usize = KEPT_POINTS;

/// A ring of points.
#[derive(Clone, Debug)]
pub(super) struct History {
    split: BandSplit,
    points: [Point; POINTS],
    /// Points ever heard.
    count: u64,
}

impl History {
    /// Silence so far.
    pub(super) fn new() -> Self {
        History { split: BandSplit::new(), points: [[Complex::ZERO; 2]; POINTS], count: 0 }
    }

    /// Takes as many samples as there is room for; says how many.
    pub(super) fn take(&mut self, samples: &[i16]) -> usize {
        self.split.take(samples)
    }

    /// Goes on by one step if its samples have been taken.
    pub(super) fn step(&mut self) -> bool {
        let Some(points) = self.split.next() else { return false };
        let first = self.count as usize % POINTS;
        self.points[first..first + STEP_POINTS].copy_from_slice(&points);
        self.count += STEP_POINTS as u64;
        true
    }

    /// How many points there have been; the newest one bears this number.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The point so many before the newest, which is 0; at most 127.
    pub(super) fn back(&self, by: usize) -> &Point {
        &self.points[(self.count as usize).wrapping_sub(1 + by) % POINTS]
    }

    /// Mean square, of all frequencies, at the point so many before the newest; at most 127.
    pub(super) fn power(&self, back: usize) -> f32 {
        self.split.power(back)
    }

    /// How many samples have come since the newest point.
    pub(super) fn since_newest(&self) -> usize {
        self.split.since_newest()
    }
}

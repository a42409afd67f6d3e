//! The newest points, as far back as a judgement looks.

use super::bands::Point;

/// Points kept: 160 ms, for a digit's shortest length, an interruption and what was before.
pub(super) const POINTS: usize = 128;

/// A ring of points.
#[derive(Clone, Debug)]
pub(super) struct History {
    points: [Point; POINTS],
    /// Points ever heard.
    count: u64,
}

impl History {
    /// Silence so far.
    pub(super) fn new() -> Self {
        let silence = Point::default();
        History { points: [silence; POINTS], count: 0 }
    }

    pub(super) fn push(&mut self, point: Point) {
        self.points[self.count as usize % POINTS] = point;
        self.count += 1;
    }

    /// How many points there have been; the newest one bears this number.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The point so many before the newest, which is 0; at most 127.
    pub(super) fn back(&self, by: usize) -> &Point {
        &self.points[(self.count as usize).wrapping_sub(1 + by) % POINTS]
    }
}

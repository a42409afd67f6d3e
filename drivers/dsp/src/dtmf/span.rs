//! The stretch of points that is judged.

/// How long a digit must have sounded, in points: 31.25 ms, in the middle between the 40 ms that
/// must be enough and the 23 that must not.
const ON_POINTS: usize = 25;
/// The longest interruption that a digit survives before it has been told: 12.5 ms, because one
/// of 10 ms touches up to ten points.
pub(super) const GAP_POINTS_MAX: usize = 10;
/// A digit's points and its interruptions together.
pub(super) const SPAN_POINTS_MAX: usize = ON_POINTS + 2 * GAP_POINTS_MAX;
/// Points next to silence, in which the filters have not filled.
pub(super) const EDGE_POINTS: usize = 2;
/// Points with full filters that a judgement needs: what is left next to a beginning, both sides
/// of an interruption, and an end.
const INSIDE_POINTS_MIN: usize = ON_POINTS - 4 * EDGE_POINTS;

/// Which of the newest points belong to a digit.
pub(super) struct Span {
    /// At which points the filters had filled, newest first.
    inside: [bool; SPAN_POINTS_MAX],
    points: usize,
}

impl Span {
    /// Goes back until enough points are together, over interruptions that are short enough.
    ///
    /// # Errors
    /// How many points are missing.
    pub(super) fn find(is_present: impl Fn(usize) -> bool) -> Result<Self, usize> {
        let mut present = [false; SPAN_POINTS_MAX];
        let (mut sounding, mut gap) = (0, 0);
        for back in 0..SPAN_POINTS_MAX {
            present[back] = is_present(back);
            gap = if present[back] { 0 } else { gap + 1 };
            sounding += usize::from(present[back]);
            if sounding == ON_POINTS {
                return Self::new(present, back + 1);
            }
            if gap > GAP_POINTS_MAX {
                break;
            }
        }
        Err(ON_POINTS - sounding)
    }

    fn new(present: [bool; SPAN_POINTS_MAX], points: usize) -> Result<Self, usize> {
        let mut inside = [false; SPAN_POINTS_MAX];
        for (back, inside) in inside[..points].iter_mut().enumerate() {
            let newer = back.saturating_sub(EDGE_POINTS);
            let older = (back + EDGE_POINTS).min(points - 1);
            *inside = present[newer..=older].iter().all(|p| *p);
        }
        let full = inside.iter().filter(|inside| **inside).count();
        let span = Span { inside, points };
        if full < INSIDE_POINTS_MIN { Err(INSIDE_POINTS_MIN - full) } else { Ok(span) }
    }

    /// How many points it has, its interruptions included.
    pub(super) fn points(&self) -> usize {
        self.points
    }

    /// The points, counted back from the newest, at which the filters had filled.
    pub(super) fn inside(&self) -> impl Iterator<Item = usize> {
        (0..self.points).filter(|back| self.inside[*back])
    }

    /// The mean of something over these points.
    pub(super) fn mean(&self, of: impl Fn(usize) -> f32) -> f32 {
        let (sum, count) =
            self.inside().fold((0.0, 0.0), |(sum, count), back| (sum + of(back), count + 1.0));
        sum / count
    }

    /// Follows the sound back to its first point, no further than a limit.
    pub(super) fn first_point(&self, is_present: impl Fn(usize) -> bool, limit: usize) -> usize {
        let (mut start, mut gap) = (self.points - 1, 0);
        for back in self.points..limit {
            gap = if is_present(back) { 0 } else { gap + 1 };
            if gap == 0 {
                start = back;
            } else if gap > GAP_POINTS_MAX {
                break;
            }
        }
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What sounded, newest first, as runs of points with and without.
    fn sound(runs: &[usize]) -> Vec<bool> {
        runs.iter().enumerate().flat_map(|(i, n)| vec![i % 2 == 0; *n]).chain([false; 99]).collect()
    }

    fn find(runs: &[usize]) -> Result<Span, usize> {
        let sound = sound(runs);
        Span::find(|back| sound[back])
    }

    #[test]
    fn a_digit_is_long_enough_or_says_what_is_missing() {
        assert_eq!(find(&[30]).unwrap().points(), ON_POINTS);
        assert_eq!(find(&[20]).err(), Some(5));
        assert_eq!(find(&[0, 11, 30]).err(), Some(ON_POINTS), "it ended too long ago");
    }

    #[test]
    fn one_short_interruption_is_passed_over_and_its_edges_are_left_out() {
        let span = find(&[12, 10, 13]).unwrap();
        assert_eq!(span.points(), 35);
        assert_eq!(span.inside().collect::<Vec<_>>()[9..12], [9, 24, 25]);
        assert_eq!(find(&[12, 11, 13]).err(), Some(13));
    }

    #[test]
    fn a_sound_full_of_holes_is_no_digit() {
        assert!(find(&[3; 17]).is_err());
    }

    #[test]
    fn the_beginning_is_found_beyond_the_span() {
        let runs = sound(&[40, 5, 20]);
        let span = Span::find(|back| runs[back]).unwrap();
        assert_eq!(span.first_point(|back| runs[back], 90), 64);
        assert_eq!(span.first_point(|back| runs[back], 50), 49);
    }
}

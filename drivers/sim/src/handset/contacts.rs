//! The contacts that close the loop: hook and dial, to the sample, bounces included.

use arrayvec::ArrayVec;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_line::{Digit, Digits};

use super::telephone::{Dialling, Telephone};

/// A change of the loop at a sample.
type Change = (u64, bool);

/// Ten pulses of two changes, each with at most two bounces of two more.
const CHANGES_MAX: usize = 128;
const SAMPLES_A_SECOND: f32 = 8000.0;

/// What the loop does and is going to do.
#[derive(Debug)]
pub(super) struct Contacts {
    closed: bool,
    plan: ArrayVec<Change, CHANGES_MAX>,
    to_pulse: Digits,
    next_digit_at: u64,
    bounce_samples: u64,
    rng: SmallRng,
}

impl Contacts {
    pub(super) fn new(seed: u64, telephone: &Telephone) -> Self {
        Contacts {
            closed: false,
            plan: ArrayVec::new(),
            to_pulse: Digits::new(),
            next_digit_at: 0,
            bounce_samples: u64::from(telephone.bounce_ms) * 8,
            rng: SmallRng::seed_from_u64(seed),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether changes are still to come.
    pub(super) fn is_busy(&self) -> bool {
        !self.plan.is_empty() || !self.to_pulse.is_empty()
    }

    /// Closes or opens the loop from this sample on, instead of what was planned.
    pub(super) fn set(&mut self, at: u64, closed: bool) {
        self.plan.clear();
        self.to_pulse.clear();
        self.change(at, closed);
    }

    /// Opens the loop for so many samples.
    pub(super) fn open_for(&mut self, at: u64, samples: u64) {
        self.change(at, false);
        self.change(at + samples, true);
    }

    /// Dials these keys by pulses, after those still to dial.
    pub(super) fn pulse(&mut self, at: u64, digits: &[Digit]) {
        self.next_digit_at = self.next_digit_at.max(at);
        let numbers = digits.iter().filter(|d| d.as_char().is_ascii_digit());
        self.to_pulse.extend(numbers.copied().take(self.to_pulse.remaining_capacity()));
    }

    /// The next change before the sample `until`.
    pub(super) fn next_change(&mut self, until: u64, dialling: &Dialling) -> Option<Change> {
        if self.plan.is_empty() {
            self.plan_digit(until, dialling);
        }
        let (at, closed) = *self.plan.first().filter(|(at, _)| *at < until)?;
        self.plan.remove(0);
        self.closed = closed;
        Some((at, closed))
    }

    /// Plans the pulses of the next digit that is due.
    fn plan_digit(&mut self, until: u64, dialling: &Dialling) {
        let Dialling::Pulses { rate, ratio, pause_ms } = *dialling else { return };
        if self.next_digit_at >= until || self.to_pulse.is_empty() {
            return;
        }
        let digit = self.to_pulse.remove(0);
        let pulses = match digit.event() {
            0 => 10,
            n => u64::from(n),
        };
        let period = SAMPLES_A_SECOND / rate;
        let open = period * ratio / (1.0 + ratio);
        let start = self.next_digit_at;
        for n in 0..pulses {
            let at = start + (n as f32 * period) as u64;
            self.change(at, false);
            self.change(at + open as u64, true);
        }
        let end = start + (pulses as f32 * period) as u64;
        self.next_digit_at = end + u64::from(pause_ms) * 8;
    }

    /// Plans a change and its bounces. What finds no room does not happen.
    fn change(&mut self, at: u64, closed: bool) {
        let _ = self.plan.try_push((at, closed));
        if self.bounce_samples == 0 {
            return;
        }
        let mut last = 0;
        for _ in 0..self.rng.random_range(0..=2) {
            if last + 2 >= self.bounce_samples {
                return;
            }
            let back = self.rng.random_range(last + 1..self.bounce_samples);
            let again = self.rng.random_range(back + 1..=self.bounce_samples);
            let _ = self.plan.try_push((at + back, !closed));
            let _ = self.plan.try_push((at + again, closed));
            last = again;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(contacts: &mut Contacts, dialling: &Dialling) -> Vec<(u64, bool)> {
        let mut all = vec![];
        for frame in 1..500 {
            while let Some(change) = contacts.next_change(frame * 160, dialling) {
                all.push(change);
            }
        }
        all
    }

    #[test]
    fn pulses_have_rate_ratio_and_pause() {
        let dialling = Dialling::Pulses { rate: 10.0, ratio: 1.5, pause_ms: 600 };
        let mut contacts = Contacts::new(1, &Telephone::default());
        let digits: Digits = "2*1".chars().filter_map(Digit::from_char).collect();
        contacts.pulse(800, &digits);
        let expected = [
            (800, false),
            (1280, true),
            (1600, false),
            (2080, true),
            (2400 + 4800, false),
            (2400 + 4800 + 480, true),
        ];
        assert_eq!(changes(&mut contacts, &dialling), expected);
        assert!(!contacts.is_busy());
    }

    #[test]
    fn bounces_stay_within_their_time_and_end_where_they_should() {
        let telephone = Telephone { bounce_ms: 4, ..Telephone::default() };
        let mut bounced = 0;
        for seed in 0..50 {
            let mut contacts = Contacts::new(seed, &telephone);
            contacts.set(160, true);
            let all = changes(&mut contacts, &telephone.dialling);
            assert_eq!(all[0], (160, true));
            assert!(all.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 != w[1].1), "{all:?}");
            assert!(all.last().unwrap().0 <= 160 + 32 && all.last().unwrap().1, "{all:?}");
            bounced += usize::from(all.len() > 1);
        }
        assert!(bounced > 20);
    }
}

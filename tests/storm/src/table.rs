//! What came of many calls.

use core::fmt;
use std::collections::BTreeMap;

use crate::verdict::{IdResult, Verdict};

/// Counts of caller ids.
#[derive(Clone, Copy, Debug, Default)]
struct Ids {
    right: u32,
    missing: u32,
    wrong: u32,
    unknowable: u32,
}

/// What came of many calls, in figures.
#[derive(Clone, Debug, Default)]
pub struct Table {
    calls: u32,
    good: u32,
    frames: u64,
    false_digits: u32,
    outcomes: BTreeMap<&'static str, BTreeMap<&'static str, u32>>,
    faults: BTreeMap<&'static str, (u32, u32)>,
    cycles: BTreeMap<&'static str, Vec<f32>>,
    ms: BTreeMap<&'static str, Vec<u64>>,
    ids: BTreeMap<(&'static str, bool), Ids>,
    failed: Vec<Verdict>,
}

impl Table {
    /// Takes in one call.
    pub fn add(&mut self, verdict: Verdict) {
        self.calls += 1;
        self.frames += verdict.frames;
        self.false_digits += verdict.false_digits;
        let good = verdict.is_good();
        self.good += u32::from(good);
        let by_country = self.outcomes.entry(verdict.outcome).or_default();
        *by_country.entry(verdict.mix.country).or_default() += 1;
        let none = ["none"];
        let faults = if verdict.mix.faults.is_empty() { &none[..] } else { &verdict.mix.faults };
        for fault in faults {
            let (all, bad) = self.faults.entry(fault).or_default();
            *all += 1;
            *bad += u32::from(!good);
        }
        if let Some((sign, cycles)) = verdict.cycles {
            self.cycles.entry(sign).or_default().push(cycles);
        }
        if let Some((sign, ms)) = verdict.ms {
            self.ms.entry(sign).or_default().push(ms);
        }
        if let Some(id) = verdict.id {
            let ids = self.ids.entry((id.style, id.damaged)).or_default();
            match id.result {
                IdResult::Right => ids.right += 1,
                IdResult::Missing => ids.missing += 1,
                IdResult::Wrong => ids.wrong += 1,
                IdResult::WrongUnknowably => ids.unknowable += 1,
            }
        }
        if !good {
            self.failed.push(verdict);
        }
    }

    /// Calls in which something happened that should not have.
    pub fn failed(&self) -> &[Verdict] {
        &self.failed
    }

    /// How many calls were run.
    pub fn calls(&self) -> u32 {
        self.calls
    }

    /// Keys told in speech and music that nobody pressed.
    pub fn false_digits(&self) -> u32 {
        self.false_digits
    }

    /// The part of readable caller ids that was told right; 1 if there were none.
    pub fn readable_ids_right(&self) -> f64 {
        let readable = self.ids.iter().filter(|((_, damaged), _)| !damaged);
        let (right, all) = readable.fold((0, 0), |(right, all), (_, ids)| {
            (right + ids.right, all + ids.right + ids.missing + ids.wrong)
        });
        if all == 0 { 1.0 } else { f64::from(right) / f64::from(all) }
    }

    fn ids(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ncaller id            sent  right  not told  wrong  wrong unknowably")?;
        for ((style, damaged), ids) in &self.ids {
            let name = format!("{style}{}", if *damaged { ", damaged" } else { "" });
            let sent = ids.right + ids.missing + ids.wrong + ids.unknowable;
            writeln!(
                f,
                "{name:<18} {sent:>6} {:>6} {:>9} {:>6} {:>17}",
                ids.right, ids.missing, ids.wrong, ids.unknowable
            )?;
        }
        writeln!(f, "readable and told right: {:.2} %", self.readable_ids_right() * 100.0)
    }
}

fn percentile<T: Copy>(sorted: &[T], part: f64) -> T {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.frames as f64 / 180_000.0;
        writeln!(f, "{} calls, {} without a failure, {hours:.1} h of line", self.calls, self.good)?;
        writeln!(f, "keys heard that nobody pressed: {}", self.false_digits)?;
        writeln!(f, "\noutcome by country")?;
        for (outcome, countries) in &self.outcomes {
            write!(f, "{outcome:<32}")?;
            countries.iter().try_for_each(|(country, n)| write!(f, " {country} {n:<4}"))?;
            writeln!(f)?;
        }
        writeln!(f, "\nfault                  calls  failed")?;
        for (fault, (all, bad)) in &self.faults {
            writeln!(f, "{fault:<21} {all:>6} {bad:>7}")?;
        }
        writeln!(f, "\nrelease after          calls  median  95 %   most")?;
        for (sign, cycles) in &self.cycles {
            let mut sorted = cycles.clone();
            sorted.sort_by(f32::total_cmp);
            let [half, most, max] = [0.5, 0.95, 1.0].map(|part| percentile(&sorted, part));
            let count = sorted.len();
            writeln!(f, "{sign:<21} {count:>6} {half:>7.2} {most:>5.2} {max:>6.2}  cycles")?;
        }
        for (sign, ms) in &self.ms {
            let mut sorted = ms.clone();
            sorted.sort_unstable();
            let [half, most, max] = [0.5, 0.95, 1.0].map(|part| percentile(&sorted, part));
            let count = sorted.len();
            writeln!(f, "{sign:<21} {count:>6} {half:>7} {most:>5} {max:>6}  ms")?;
        }
        self.ids(f)?;
        self.failed.iter().try_for_each(|verdict| write!(f, "\n{verdict}\n"))
    }
}

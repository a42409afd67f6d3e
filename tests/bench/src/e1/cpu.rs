//! Processor time of this process's threads, by their names.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// Seconds of processor time that each name's threads have used so far.
pub(super) fn by_thread() -> Result<BTreeMap<String, f64>> {
    let mut times = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task")? {
        let folder = entry?.path();
        let name = fs::read_to_string(folder.join("comm"))?.trim().to_owned();
        // Nanoseconds on a processor stand first.
        let schedule = fs::read_to_string(folder.join("schedstat"))?;
        let first = schedule.split_whitespace().next().context("schedstat has its times")?;
        *times.entry(name).or_default() += first.parse::<f64>()? / 1e9;
    }
    Ok(times)
}

/// What a thread of this name has used between two looks.
pub(super) fn between(
    before: &BTreeMap<String, f64>,
    after: &BTreeMap<String, f64>,
    name: &str,
) -> f64 {
    let at = |times: &BTreeMap<String, f64>| times.get(name).copied().unwrap_or(0.0);
    at(after) - at(before)
}

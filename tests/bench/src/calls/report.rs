//! What `calls` prints.

use anyhow::Result;
use serde_json::json;

use super::load::Window;
use super::{FLOOR_CALLS, Figures};

/// One number of calls, measured.
pub(super) struct Level {
    pub(super) calls: usize,
    before: Figures,
    after: Figures,
    window: Window,
}

impl Level {
    pub(super) fn new(calls: usize, before: Figures, after: Figures, window: Window) -> Self {
        Level { calls, before, after, window }
    }

    pub(super) fn passes(&self) -> bool {
        self.window.passes() && self.after.chunks_lost == 0
    }

    fn cpu_us(&self) -> f64 {
        (self.after.cpu_us - self.before.cpu_us) as f64
    }

    /// Of one core, while the load ran.
    pub(super) fn core_pct(&self) -> f64 {
        self.cpu_us() / self.window.seconds / 10_000.0
    }

    fn pct_per_call(&self) -> f64 {
        self.core_pct() / self.calls as f64
    }

    fn us_per_packet(&self) -> f64 {
        self.cpu_us() / (self.after.packets_in - self.before.packets_in).max(1) as f64
    }

    fn rss_kb_per_call(&self) -> f64 {
        self.after.rss_kb as f64 / self.calls as f64
    }

    fn transit_ms(&self, part: f64) -> f64 {
        self.window.transit.quantile(part).as_secs_f64() * 1000.0
    }

    fn load_is_late(&self) -> bool {
        self.window.own_lateness.quantile(0.99).as_micros() > 1000
    }
}

pub(super) fn head() {
    println!(
        "calls  core %  % per call  µs/packet  transit ms p50  p99    max   lost  tick late max ms  \
         late >1 ms  KB/call  load late p99 ms"
    );
}

pub(super) fn line(level: &Level) {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{:5}  {:6.1}  {:10.4}  {:9.2}  {:14.2}  {:5.2}  {:5.2}  {:4}  {:16.2}  {:10}  {:7.1}  {:.2}{}",
        level.calls,
        level.core_pct(),
        level.pct_per_call(),
        level.us_per_packet(),
        level.transit_ms(0.5),
        level.transit_ms(0.99),
        ms(level.window.transit.max()),
        level.window.lost,
        level.after.tick_late_us_max as f64 / 1000.0,
        level.after.ticks_late - level.before.ticks_late,
        level.rss_kb_per_call(),
        ms(level.window.own_lateness.quantile(0.99)),
        if level.load_is_late() { "  <- the load itself was late" } else { "" },
    );
}

/// What the table has no room for.
pub(super) fn details(level: &Level) {
    let (a, b) = (&level.after, &level.before);
    println!(
        "sent {}; recorded {} kB, pieces lost {}, late {}; slowest flush {} ms; digits falsely \
         heard {}; sends refused {}; ticks missed {} of {}; load held up {} times",
        level.window.sent,
        (a.recorded_bytes - b.recorded_bytes) / 1000,
        a.chunks_lost,
        a.chunks_late,
        a.flush_us_max / 1000,
        a.digits,
        a.packets_unsent,
        a.ticks_missed,
        a.ticks,
        level.window.stalls,
    );
}

/// The end of the report: the limit, the comparison, and the JSON object.
pub(super) fn conclude(
    levels: &[Level],
    other: Option<&Level>,
    floor: &Level,
    as_json: bool,
) -> Result<()> {
    let Some(limit) = levels.iter().rev().find(|level| level.passes()) else {
        anyhow::bail!("not even {} calls passed", levels.first().map_or(0, |l| l.calls));
    };
    println!();
    details(limit);
    println!(
        "Limit: {} calls on a core, {:.4} % of a core a call, {:.2} µs a packet.",
        limit.calls,
        limit.pct_per_call(),
        limit.us_per_packet()
    );
    if let Some(failed) = levels.last().filter(|level| !level.passes()) {
        let why = if failed.window.lost > 0 {
            format!("{} packets lost", failed.window.lost)
        } else if failed.after.chunks_lost > 0 {
            format!("{} recorded pieces lost", failed.after.chunks_lost)
        } else {
            format!("transit p99 {:.2} ms", failed.transit_ms(0.99))
        };
        let load = if failed.load_is_late() {
            " The load was late itself there, so the box may carry more."
        } else {
            ""
        };
        println!("{} calls failed: {why}.{load}", failed.calls);
    }
    println!(
        "Bare relay at {FLOOR_CALLS} calls: {:.4} % a call, {:.2} µs a packet.",
        floor.pct_per_call(),
        floor.us_per_packet(),
    );
    if let Some(same) = levels.iter().find(|level| level.calls == FLOOR_CALLS) {
        println!(
            "The box costs {:.2} times that at as many calls, and {:.2} times at its limit.",
            same.pct_per_call() / floor.pct_per_call(),
            limit.pct_per_call() / floor.pct_per_call()
        );
    }
    if let Some(other) = other {
        println!(
            "The other way of serving sockets at {FLOOR_CALLS} calls: {:.4} % a call, {:.2} µs a \
             packet.",
            other.pct_per_call(),
            other.us_per_packet()
        );
    }
    if as_json {
        println!(
            "{}",
            json!({
                "calls_at_limit": limit.calls,
                "cpu_pct_per_call": limit.pct_per_call(),
                "floor_cpu_pct_per_call": floor.pct_per_call(),
                "us_per_packet": limit.us_per_packet(),
                "transit_p50_ms": limit.transit_ms(0.5),
                "transit_p99_ms": limit.transit_ms(0.99),
                "rss_kb_per_call": limit.rss_kb_per_call(),
                "lost": limit.window.lost,
            })
        );
    }
    Ok(())
}

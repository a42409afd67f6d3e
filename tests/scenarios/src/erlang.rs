//! Erlang C: what a queue comes to that nobody leaves, with calls and times at random.

/// What Erlang C says of a queue.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ErlangC {
    /// The share of callers who wait at all.
    pub waits: f64,
    /// The mean wait of all callers, in seconds.
    pub mean_wait_s: f64,
}

impl ErlangC {
    /// For so many calls a second, handled in so many seconds each by so many agents.
    ///
    /// # Panics
    /// When the agents cannot do the work: the queue would grow for ever.
    pub fn of(calls_per_s: f64, handling_s: f64, agents: u32) -> Self {
        let load = calls_per_s * handling_s;
        let n = f64::from(agents);
        assert!(n > load, "{agents} agents cannot do {load} Erlangs");
        let mut blocking = 1.0;
        for k in 1..=agents {
            blocking = load * blocking / (f64::from(k) + load * blocking);
        }
        let waits = blocking / (1.0 - load / n * (1.0 - blocking));
        ErlangC { waits, mean_wait_s: waits * handling_s / (n - load) }
    }

    /// The share of callers answered within so many seconds.
    pub fn service_level(
        &self,
        calls_per_s: f64,
        handling_s: f64,
        agents: u32,
        within_s: f64,
    ) -> f64 {
        let spare = f64::from(agents) - calls_per_s * handling_s;
        1.0 - self.waits * (-spare * within_s / handling_s).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (calls, handling, agents, within, waits, level, wait) in [
            (360.0, 240.0, 55, 15.0, 0.238_701, 0.845_883, 8.1840),
            (100.0, 180.0, 14, 20.0, 0.174_132, 0.888_350, 7.8359),
        ] {
            let rate = calls / 1800.0;
            let c = ErlangC::of(rate, handling, agents);
            assert!((c.waits - waits).abs() < 1e-6, "{c:?}");
            assert!((c.mean_wait_s - wait).abs() < 1e-4, "{c:?}");
            let said = c.service_level(rate, handling, agents, within);
            assert!((said - level).abs() < 1e-6, "{said}");
        }
    }
}

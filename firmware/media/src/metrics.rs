//! Figures of the media side, readable from any thread while it runs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tipring_clock::Duration;

/// Upper ends of the tick lateness classes, in microseconds; the last class has none.
pub const LATENESS_BUCKETS_US: [u64; 8] = [100, 250, 500, 1000, 2000, 5000, 10_000, 20_000];

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters that only grow, and a few gauges. Written by the media threads alone.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: AtomicU64,)*
            /// Ticks by how late they ran: one class for each of [`LATENESS_BUCKETS_US`], and one
            /// for later still.
            pub tick_lateness: [AtomicU64; LATENESS_BUCKETS_US.len() + 1],
        }

        /// The figures at one moment.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct MetricsSnapshot {
            $($(#[$doc])* pub $name: u64,)*
            /// See [`Metrics::tick_lateness`].
            pub tick_lateness: [u64; LATENESS_BUCKETS_US.len() + 1],
        }

        impl Metrics {
            /// Reads every figure.
            pub fn snapshot(&self) -> MetricsSnapshot {
                MetricsSnapshot {
                    $($name: self.$name.load(Relaxed),)*
                    tick_lateness: std::array::from_fn(|i| self.tick_lateness[i].load(Relaxed)),
                }
            }
        }

        impl MetricsSnapshot {
            /// Every counter with its name and what it counts, for a page of figures.
            pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Ticks of the frame clock.
    ticks,
    /// Ticks that were never run because the thread was a whole frame late.
    ticks_missed,
    /// The latest tick so far, in microseconds.
    tick_lateness_us_max,
    /// RTP packets received from the peers.
    packets_in,
    /// RTP packets sent.
    packets_out,
    /// Packets relayed without being made frames, of those sent.
    packets_relayed,
    /// Packets the system refused to send.
    packets_unsent,
    /// Packets lost on the way to us, by their sequence numbers.
    packets_lost,
    /// Packets from elsewhere than the peer, dropped.
    packets_stranger,
    /// Packets that are not RTP or RTCP, or have a payload type nobody agreed to, dropped.
    packets_malformed,
    /// Packets too late for the jitter buffer, dropped.
    packets_late,
    /// Frames made up because their packet had not come.
    frames_concealed,
    /// Legs whose sockets the system would not serve.
    sockets_refused,
    /// Events dropped because the core did not take them.
    events_dropped,
    /// Commands dropped because the engine did not take them.
    commands_dropped,
    /// Commands for a channel that is not open.
    commands_unknown_channel,
    /// Boxes the engine had to leak because the core did not take them back.
    garbage_leaked,
    /// Recorded pieces dropped because the recorder did not take them.
    recorder_chunks_lost,
    /// Recorded pieces that came after their place in the file had been written, and were put
    /// there nevertheless.
    recorder_chunks_late,
    /// Bytes of recordings written.
    recorder_bytes,
    /// Writes of recordings that failed.
    recorder_errors,
    /// Flushes of the recordings' file system.
    recorder_flushes,
    /// The longest flush so far, in microseconds.
    recorder_flush_us_max,
    /// Legs in use.
    legs,
}

impl Metrics {
    /// Adds one; for counters with a single writer this needs no locked instruction.
    pub(crate) fn bump(counter: &AtomicU64) {
        Self::add(counter, 1);
    }

    /// Adds `n` to a counter that one thread alone writes.
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub(crate) fn tick_ran(&self, late: Duration) {
        let us = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        Self::bump(&self.ticks);
        let class = LATENESS_BUCKETS_US.iter().position(|end| us <= *end);
        Self::bump(&self.tick_lateness[class.unwrap_or(LATENESS_BUCKETS_US.len())]);
        if us > self.tick_lateness_us_max.load(Relaxed) {
            self.tick_lateness_us_max.store(us, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_falls_into_its_class() {
        let metrics = Metrics::default();
        for us in [0, 100, 101, 20_000, 20_001] {
            metrics.tick_ran(Duration::from_micros(us));
        }
        let figures = metrics.snapshot();
        assert_eq!(figures.tick_lateness, [2, 1, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((figures.ticks, figures.tick_lateness_us_max), (5, 20_001));
        assert_eq!(figures.counters().find(|(name, _)| *name == "ticks"), Some(("ticks", 5)));
    }
}

//! The box's own figures for `/metrics`.

use tipring_api::{Family, MetricKind, Sample};
use tipring_media::{LATENESS_BUCKETS_US, MetricsSnapshot};
use tipring_sip::Counters;

use crate::core::CoreCounters;

/// What the core thread counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// The SIP side.
    pub sip: Counters,
    /// Datagrams that the kernel would not take.
    pub sip_lost: u64,
    /// Calls.
    pub core: CoreCounters,
}

/// The figures of the media side that go up and down.
const MEDIA_GAUGES: &[&str] = &["legs", "tick_lateness_us_max", "recorder_flush_us_max"];

/// Every figure of the core and the media.
pub(crate) fn families(figures: &Figures, media: &MetricsSnapshot) -> Vec<Family> {
    let mut families = Vec::with_capacity(64);
    core_figures(&mut families, &figures.core);
    sip_figures(&mut families, figures);
    for (name, value) in media.counters() {
        let help = format!("Media: {}.", name.replace('_', " "));
        let (kind, suffix) = if MEDIA_GAUGES.contains(&name) {
            (MetricKind::Gauge, "")
        } else {
            (MetricKind::Counter, "_total")
        };
        let name = format!("tipring_media_{name}{suffix}");
        families.push(Family::single(name, help, kind, value as f64));
    }
    families.push(tick_lateness(media));
    families
}

fn core_figures(families: &mut Vec<Family>, core: &CoreCounters) {
    let (counter, gauge) = (MetricKind::Counter, MetricKind::Gauge);
    for (name, help, kind, value) in [
        ("calls", "Calls in progress.", gauge, core.calls),
        ("channels", "Channels that carry a call.", gauge, core.channels),
        ("calls_began_total", "Calls that began.", counter, core.calls_began),
        (
            "calls_refused_total",
            "Calls refused because the box was full.",
            counter,
            core.calls_refused,
        ),
        ("stray_events_total", "Events of channels without a call.", counter, core.stray_events),
    ] {
        families.push(Family::single(format!("tipring_{name}"), help, kind, value as f64));
    }
}

fn sip_figures(families: &mut Vec<Family>, figures: &Figures) {
    let sip = &figures.sip;
    for (name, help, value) in [
        ("messages_in", "SIP messages received.", sip.messages_in),
        ("messages_out", "SIP messages sent.", sip.messages_out),
        ("retransmissions", "SIP messages sent again.", sip.retransmissions),
        ("malformed", "SIP messages not understood.", sip.malformed),
        ("challenges", "Digest challenges sent.", sip.challenges),
        ("wrong_credentials", "Wrong SIP passwords.", sip.wrong_credentials),
        ("refused", "SIP requests refused for want of trust.", sip.refused),
        ("overload", "SIP requests refused because a table was full.", sip.overload),
        ("timeouts", "SIP transactions without an answer.", sip.timeouts),
        ("calls", "SIP calls begun, either way.", sip.calls),
        ("datagrams_lost", "SIP datagrams not sent.", figures.sip_lost),
    ] {
        let name = format!("tipring_sip_{name}_total");
        families.push(Family::single(name, help, MetricKind::Counter, value as f64));
    }
}

fn tick_lateness(media: &MetricsSnapshot) -> Family {
    let mut ticks = 0;
    let mut samples = Vec::new();
    for (class, count) in media.tick_lateness.iter().enumerate() {
        ticks += count;
        let upper = LATENESS_BUCKETS_US
            .get(class)
            .map_or_else(|| "+Inf".to_owned(), |us| format!("{}", *us as f64 / 1e6));
        samples.push(Sample {
            suffix: "_bucket",
            labels: vec![("le", upper)],
            value: ticks as f64,
        });
    }
    samples.push(Sample { suffix: "_count", labels: Vec::new(), value: ticks as f64 });
    Family {
        name: "tipring_media_tick_lateness_seconds".into(),
        help: "How late ticks of the frame clock ran.".into(),
        kind: MetricKind::Histogram,
        samples,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_histogram_ends_at_infinity() {
        let families = families(&Figures::default(), &MetricsSnapshot::default());
        let mut names: Vec<_> = families.iter().map(|f| f.name.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), families.len());
        assert!(names.iter().any(|n| n == "tipring_media_ticks_missed_total"));
        let buckets = &families[families.len() - 1].samples;
        assert_eq!(buckets[buckets.len() - 2].labels, [("le", "+Inf".to_owned())]);
    }
}

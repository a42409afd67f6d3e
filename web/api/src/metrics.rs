//! Figures in the Prometheus text format, version 0.0.4.

use std::borrow::Cow;
use std::fmt::Write;

/// What a family's samples mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetricKind {
    /// Only ever goes up, until a restart. By custom its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Cumulative buckets: samples named with the suffixes `_bucket` (label `le`), `_sum`, `_count`.
    Histogram,
}

/// One value of a family.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// What follows the family's name: empty, or a histogram's `_bucket`, `_sum` or `_count`.
    pub suffix: &'static str,
    /// Label names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// Samples of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// The name: `tipring_` and what it counts, the unit last.
    pub name: Cow<'static, str>,
    /// What it means, in one sentence.
    pub help: Cow<'static, str>,
    /// What its samples mean.
    pub kind: MetricKind,
    /// The values.
    pub samples: Vec<Sample>,
}

impl Family {
    /// A family of one sample without labels.
    pub fn single(
        name: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        kind: MetricKind,
        value: f64,
    ) -> Self {
        let (name, help) = (name.into(), help.into());
        Family { name, help, kind, samples: vec![Sample { suffix: "", labels: Vec::new(), value }] }
    }

    /// A family with one sample for each value of one label.
    pub fn labelled(
        name: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        kind: MetricKind,
        label: &'static str,
        values: impl IntoIterator<Item = (String, f64)>,
    ) -> Self {
        let samples = values
            .into_iter()
            .map(|(text, value)| Sample { suffix: "", labels: vec![(label, text)], value })
            .collect();
        Family { name: name.into(), help: help.into(), kind, samples }
    }
}

fn escape(text: &str, quotes: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if quotes { text.replace('"', "\\\"") } else { text }
}

/// The families as text.
pub(crate) fn render(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        let kind = match family.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let name = &family.name;
        let help = escape(&family.help, false);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for sample in &family.samples {
            let labels: Vec<String> = sample
                .labels
                .iter()
                .map(|(label, value)| format!("{label}=\"{}\"", escape(value, true)))
                .collect();
            let labels =
                if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{}{labels} {}", sample.suffix, number(sample.value));
        }
    }
    text
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_says() {
        let families = [
            Family::single("tipring_calls", "Calls in progress.", MetricKind::Gauge, 3.0),
            Family::labelled(
                "tipring_lost_total",
                "Lost\nframes.",
                MetricKind::Counter,
                "line",
                [("a\"b\\c\n".to_owned(), f64::INFINITY)],
            ),
        ];
        assert_eq!(
            render(&families),
            "# HELP tipring_calls Calls in progress.\n# TYPE tipring_calls gauge\ntipring_calls 3\n\
             # HELP tipring_lost_total Lost\\nframes.\n# TYPE tipring_lost_total counter\n\
             tipring_lost_total{line=\"a\\\"b\\\\c\\n\"} +Inf\n"
        );
    }
}

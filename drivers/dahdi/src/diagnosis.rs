//! What is wrong with a span, as far as the kernel tells it at one moment.

use tipring_line::{SpanEvent, SpanFraming, SpanTrouble, SpanWatch};

use crate::spans::{SpanLine, SpanStatus, TimingSource};

impl SpanLine {
    /// What of it can be seen from the other end.
    pub const fn framing(self) -> SpanFraming {
        SpanFraming { cas: self.cas, crc4: self.crc4, takes_clock: self.timing_priority > 0 }
    }
}

impl SpanStatus {
    /// How the span runs.
    pub fn framing(&self) -> SpanFraming {
        let takes_clock = self.timing != TimingSource::Own;
        SpanFraming { cas: self.cas, crc4: self.crc4, takes_clock }
    }

    /// The first thing wrong with the span, given how its line is described; `None` if nothing is.
    pub fn trouble(&self, described: SpanLine) -> Option<SpanTrouble> {
        let mut watch = SpanWatch::new(described.framing());
        watch.on_framing(self.framing());
        watch.on_event(SpanEvent::Alarms(self.alarms));
        watch.trouble()
    }
}

#[cfg(test)]
mod tests {
    use tipring_line::{SpanAlarms, SpanErrors};

    use super::*;
    use crate::spans::LineCoding;

    const DESCRIBED: SpanLine =
        SpanLine { cas: false, coding: LineCoding::Hdb3, crc4: true, timing_priority: 1 };

    fn status() -> SpanStatus {
        SpanStatus {
            number: 1,
            name: "TE2/0/1".into(),
            description: String::new(),
            device: String::new(),
            configured: 31,
            channels: 31,
            alarms: SpanAlarms::default(),
            errors: SpanErrors::default(),
            timing: TimingSource::Span(1),
            crc4: true,
            cas: false,
        }
    }

    #[test]
    fn a_span_in_order_has_no_trouble() {
        assert_eq!(status().trouble(DESCRIBED), None);
    }

    #[test]
    fn what_the_kernel_tells_is_told() {
        let cases = [
            (SpanStatus { cas: true, ..status() }, SpanTrouble::RunsCas),
            (SpanStatus { crc4: false, ..status() }, SpanTrouble::RunsWithoutCrc4),
            (SpanStatus { timing: TimingSource::Own, ..status() }, SpanTrouble::NoClock),
            (
                SpanStatus {
                    alarms: SpanAlarms { gone: true, ..SpanAlarms::default() },
                    ..status()
                },
                SpanTrouble::Gone,
            ),
        ];
        for (status, trouble) in cases {
            assert_eq!(status.trouble(DESCRIBED), Some(trouble));
        }
    }
}

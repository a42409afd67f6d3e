//! What is wrong with a span, in a line that says what to change.

use crate::spans::{SpanLine, SpanStatus, TimingSource};

impl SpanStatus {
    /// The first thing wrong with the span, given how its line is described; `None` if nothing is.
    /// One line.
    pub fn trouble(&self, described: SpanLine) -> Option<String> {
        let name = format!("span {} ({})", self.number, self.name);
        let alarms = self.alarms;
        let what = if alarms.gone {
            "is gone: its driver has taken it away; see `dmesg`".to_owned()
        } else if self.cas != described.cas {
            let (is, wanted) = if self.cas { ("cas", "ccs") } else { ("ccs", "cas") };
            format!(
                "runs as `{is}` but is described as `{wanted}`: describe it as the exchange \
                 provides it (ISDN: ccs, R2: cas), and run `dahdi_cfg`"
            )
        } else if self.crc4 != described.crc4 {
            let is = if self.crc4 { "with" } else { "without" };
            format!("runs {is} CRC-4 but is described otherwise: run `dahdi_cfg`")
        } else if alarms.no_signal {
            "has no signal (LOS): plug the cable in, or swap its pairs".to_owned()
        } else if alarms.no_multiframe && self.crc4 {
            "finds no CRC-4 multiframe (LMFA): switch CRC-4 off here, or on at the far side"
                .to_owned()
        } else if alarms.no_multiframe {
            "finds no CAS multiframe (LMFA): the far side sends ISDN (ccs), or nothing in \
             timeslot 16"
                .to_owned()
        } else if alarms.no_frame || alarms.red {
            "finds no frames (LFA): the far side's framing or code is another; HDB3 is usual"
                .to_owned()
        } else if alarms.ais {
            "receives AIS: the far side, or the equipment between, is out of order".to_owned()
        } else if alarms.rai && !self.crc4 {
            "is not received by the far side (RAI): check the pair we send on, and whether the far \
             side wants CRC-4"
                .to_owned()
        } else if alarms.rai {
            "is not received by the far side (RAI): check the pair we send on, and whether the far \
             side has CRC-4"
                .to_owned()
        } else if alarms.recovering {
            "has just come back, and carries calls again in a few seconds".to_owned()
        } else if self.timing == TimingSource::Own && described.timing_priority > 0 {
            "should take its clock from the far side and takes none: set `timing` to 1 for the \
             span that faces the exchange, or there are clicks and failing faxes"
                .to_owned()
        } else {
            return None;
        };
        Some(format!("{name} {what}"))
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
    fn each_trouble_is_one_line_that_says_what_to_change() {
        let alarm = |change: fn(&mut SpanAlarms)| {
            let mut status = status();
            change(&mut status.alarms);
            status
        };
        let cases = [
            (alarm(|a| a.no_signal = true), "no signal (LOS): plug the cable in"),
            (alarm(|a| a.no_multiframe = true), "switch CRC-4 off here"),
            (alarm(|a| a.no_frame = true), "no frames (LFA)"),
            (alarm(|a| a.ais = true), "receives AIS"),
            (alarm(|a| a.rai = true), "whether the far side has CRC-4"),
            (alarm(|a| a.gone = true), "see `dmesg`"),
            (SpanStatus { cas: true, ..status() }, "runs as `cas` but is described as `ccs`"),
            (SpanStatus { crc4: false, ..status() }, "runs without CRC-4"),
            (SpanStatus { timing: TimingSource::Own, ..status() }, "set `timing` to 1"),
        ];
        for (status, said) in cases {
            let line = status.trouble(DESCRIBED).expect("something is wrong");
            assert!(line.starts_with("span 1 (TE2/0/1) ") && line.contains(said), "{line}");
            assert!(!line.contains('\n') && !line.contains("  "), "{line}");
        }
    }
}

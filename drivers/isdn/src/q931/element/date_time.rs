//! Date/time (Q.931, 4.5.15): the exchange's clock, in binary, local time.

use super::{ElementError, ElementOctets};

/// When, by the exchange's clock. Values are as they came: nothing says that they make sense.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DateTime {
    /// Year of the century, 0–99.
    pub year: u8,
    /// Month, 1–12.
    pub month: u8,
    /// Day, 1–31.
    pub day: u8,
    /// Hour, 0–23.
    pub hour: u8,
    /// Minute, 0–59.
    pub minute: u8,
    /// Second, 0–59, if told.
    pub second: Option<u8>,
}

impl DateTime {
    pub(super) fn parse(content: &[u8]) -> Result<Self, ElementError> {
        let [year, month, day, hour, minute, rest @ ..] = content else {
            return Err(ElementError::Short);
        };
        Ok(DateTime {
            year: *year,
            month: *month,
            day: *day,
            hour: *hour,
            minute: *minute,
            second: rest.first().copied(),
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        out.extend([self.year, self.month, self.day, self.hour, self.minute]);
        out.extend(self.second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_seconds() {
        for octets in [&[26, 11, 22, 4, 5][..], &[26, 11, 22, 4, 5, 59]] {
            let time = DateTime::parse(octets).unwrap();
            let mut out = ElementOctets::new();
            time.emit(&mut out);
            assert_eq!(out.as_slice(), octets);
        }
        assert_eq!(DateTime::parse(&[26, 11, 22, 4]), Err(ElementError::Short));
    }
}

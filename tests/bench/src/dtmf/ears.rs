//! The two detectors that are compared, behind one face.

use anyhow::{Context, Result};
use spandsp::dtmf::DtmfRx;
use tipring_dsp::{DtmfDetector, DtmfEvent};

/// What hears digits.
pub(super) trait Ear {
    /// Listens.
    fn hear(&mut self, samples: &[i16]);
    /// The digits that began since the last time this was asked.
    fn digits(&mut self) -> String;
}

/// Which detector.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    Ours,
    SpanDsp,
}

impl Make {
    /// Both, in the order of the tables' columns.
    pub(super) const ALL: [Make; 2] = [Make::Ours, Make::SpanDsp];

    /// A detector that has heard nothing.
    pub(super) fn ear(self) -> Result<Box<dyn Ear>> {
        Ok(match self {
            Make::Ours => Box::new(Ours(DtmfDetector::new())),
            Make::SpanDsp => Box::new(SpanDsp(DtmfRx::new().context("SpanDSP's detector")?)),
        })
    }
}

struct Ours(DtmfDetector);

impl Ear for Ours {
    fn hear(&mut self, samples: &[i16]) {
        self.0.rx(samples);
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(event) = self.0.poll() {
            if let DtmfEvent::Start(digit) = event {
                digits.push(digit.as_char());
            }
        }
        digits
    }
}

/// SpanDSP's with the parameters it has by itself.
struct SpanDsp(DtmfRx);

impl Ear for SpanDsp {
    fn hear(&mut self, samples: &[i16]) {
        self.0.rx(samples);
    }

    fn digits(&mut self) -> String {
        // Its own buffer holds no more than this.
        self.0.get(128)
    }
}

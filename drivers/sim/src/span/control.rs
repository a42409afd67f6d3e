//! Orders to the wire.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tipring_line::SpanAlarms;

use super::Way;
use super::end::with_framing;

/// What may be wrong with what an end receives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SpanFault {
    /// Nothing.
    #[default]
    None,
    /// No signal: the cable is cut (LOS).
    NoSignal,
    /// A signal without frames (LFA).
    NoFrame,
    /// Frames without the CAS multiframe (LMFA).
    NoMultiframe,
    /// All ones (AIS).
    Ais,
    /// The D-channel alone carries nothing; no alarm says so.
    NoHdlc,
}

impl SpanFault {
    const ALL: [SpanFault; 6] = [
        SpanFault::None,
        SpanFault::NoSignal,
        SpanFault::NoFrame,
        SpanFault::NoMultiframe,
        SpanFault::Ais,
        SpanFault::NoHdlc,
    ];

    /// What the receiving end sees of it.
    pub(super) fn alarms(self) -> SpanAlarms {
        let none = SpanAlarms::default();
        match self {
            SpanFault::None | SpanFault::NoHdlc => none,
            SpanFault::NoSignal => SpanAlarms { red: true, no_signal: true, ..none },
            SpanFault::NoFrame => SpanAlarms { red: true, no_frame: true, ..none },
            SpanFault::NoMultiframe => SpanAlarms { red: true, no_multiframe: true, ..none },
            SpanFault::Ais => SpanAlarms { ais: true, ..none },
        }
    }

    /// Whether nothing of the sender comes through.
    pub(super) fn silences(self) -> bool {
        self.alarms() != SpanAlarms::default()
    }
}

impl Way {
    /// The fault of what is received this way.
    pub(super) fn fault(&self) -> SpanFault {
        let number = usize::from(self.fault.load(Ordering::Relaxed));
        SpanFault::ALL.get(number).copied().unwrap_or_default()
    }
}

/// The alarms an end sees: of what it receives (`rx`), and by RAI of what it sends (`tx`).
pub(super) fn alarms(tx: &Way, rx: &Way) -> SpanAlarms {
    // An end that hears nothing does not hear either that it is not heard.
    let rai = tx.fault().silences() && !rx.fault().silences();
    with_framing(tx, rx, SpanAlarms { rai, ..rx.fault().alarms() })
}

/// Orders to the wire between two ends; used from any thread.
#[derive(Clone, Debug)]
pub struct SpanControl {
    /// From the first end to the second, and back.
    ways: [Arc<Way>; 2],
}

impl SpanControl {
    pub(super) fn new(ways: [Arc<Way>; 2]) -> Self {
        SpanControl { ways }
    }

    /// What the first end receives has this fault from now on.
    pub fn fault_at_first(&self, fault: SpanFault) {
        self.ways[1].fault.store(fault as u8, Ordering::Relaxed);
    }

    /// What the second end receives has this fault from now on.
    pub fn fault_at_second(&self, fault: SpanFault) {
        self.ways[0].fault.store(fault as u8, Ordering::Relaxed);
    }
}

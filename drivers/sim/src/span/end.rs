//! How an end is set up, and what an end set up otherwise makes of it.

use std::sync::atomic::Ordering;

use tipring_line::{SpanAlarms, SpanFraming, SpanTest};

use super::{SpanFaults, Way};

/// How an end is set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndSettings {
    /// Its framing and clock; `None`: as the far end's, whatever that is.
    pub framing: Option<SpanFraming>,
    /// The timeslot of its D-channel.
    pub d_channel: u8,
}

impl Default for EndSettings {
    fn default() -> Self {
        EndSettings { framing: None, d_channel: 16 }
    }
}

/// Frames with a slip when the ends have a clock each: two oscillators of E1 equipment differ by up
/// to 100 parts in a million (G.703, clause 11.1), which is 160 octets in 200 s.
const DRIFT_SLIPS: f64 = 0.016;

/// The faults with the slips that the ends' clocks make: exactly one end must give the clock.
pub(super) fn drifting(faults: SpanFaults, ends: [EndSettings; 2]) -> SpanFaults {
    let takes = ends.map(|end| end.framing.map(|framing| framing.takes_clock));
    let one_clock = !matches!(takes, [Some(one), Some(other)] if one == other);
    let drift = if one_clock { 0.0 } else { DRIFT_SLIPS };
    SpanFaults { slip_rate: faults.slip_rate + drift, ..faults }
}

/// A loop at an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Loop {
    /// None.
    #[default]
    Open,
    /// What it receives goes back.
    Remote,
    /// What it sends comes back to itself.
    Local,
}

impl Loop {
    /// The loop of a test, if it is one.
    pub(super) fn of(test: SpanTest) -> Option<Self> {
        match test {
            SpanTest::Off => Some(Loop::Open),
            SpanTest::RemoteLoop | SpanTest::PayloadLoop => Some(Loop::Remote),
            SpanTest::LocalLoop => Some(Loop::Local),
            SpanTest::Prbs => None,
        }
    }
}

impl Way {
    /// The loop at the end that sends this way.
    pub(super) fn looped(&self) -> Loop {
        let number = self.looped.load(Ordering::Relaxed);
        [Loop::Open, Loop::Remote, Loop::Local]
            .get(usize::from(number))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn set_loop(&self, to: Loop) {
        self.looped.store(to as u8, Ordering::Relaxed);
    }
}

/// Which multiframes an end looks for in vain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Missing {
    /// CAS multiframes, in timeslot 16.
    cas: bool,
    /// CRC-4 multiframes, in timeslot 0.
    crc4: bool,
}

fn missing(at: &EndSettings, from: &EndSettings) -> Missing {
    match (at.framing, from.framing) {
        (Some(at), Some(from)) => Missing { cas: at.cas && !from.cas, crc4: at.crc4 && !from.crc4 },
        _ => Missing::default(),
    }
}

/// What the end that sends `tx` and receives `rx` sees of how the far end is set up, beside `alarms`.
pub(super) fn with_framing(tx: &Way, rx: &Way, alarms: SpanAlarms) -> SpanAlarms {
    let (near, far) = (missing(&tx.sender, &rx.sender), missing(&rx.sender, &tx.sender));
    let lost = near.cas || near.crc4;
    SpanAlarms {
        red: alarms.red || lost,
        no_multiframe: alarms.no_multiframe || lost,
        // Without its CRC-4 multiframe an end looks for frames anew, and says so by RAI; for a
        // CAS multiframe there is an alarm of its own, in timeslot 16.
        rai: alarms.rai || far.crc4 && !lost && !rx.fault().silences(),
        looped: tx.looped() != Loop::Open,
        ..alarms
    }
}

/// Whether the D-channel of the end that sends `tx` gets what the far end sends on its own.
pub(super) fn has_d_channel(tx: &Way, rx: &Way) -> DChannel {
    let cas = |way: &Way| way.sender.framing.is_some_and(|framing| framing.cas);
    if tx.sender.d_channel != rx.sender.d_channel {
        // The idle pattern of another timeslot is no flag, and no frame that breaks off either.
        DChannel::Silent
    } else if cas(rx) && !cas(tx) {
        DChannel::Noisy
    } else {
        DChannel::Heard
    }
}

/// What arrives in the timeslot of a D-channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DChannel {
    /// The far end's frames.
    Heard,
    /// Nothing.
    Silent,
    /// Signalling bits, in which the receiver sees frames that are none.
    Noisy,
}

//! The words in which people say what a simulated span is to be like.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tipring_sim::{CalledOutcome, SpanFault};

/// What is wrong with what the box receives.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WireFault {
    /// Nothing
    None,
    /// No signal: the cable is cut (LOS)
    NoSignal,
    /// A signal without frames (LFA)
    NoFrame,
    /// Frames without multiframes (LMFA)
    NoMultiframe,
    /// All ones (AIS)
    Ais,
    /// The D-channel alone carries nothing
    NoHdlc,
}

impl From<WireFault> for SpanFault {
    fn from(fault: WireFault) -> SpanFault {
        match fault {
            WireFault::None => SpanFault::None,
            WireFault::NoSignal => SpanFault::NoSignal,
            WireFault::NoFrame => SpanFault::NoFrame,
            WireFault::NoMultiframe => SpanFault::NoMultiframe,
            WireFault::Ais => SpanFault::Ais,
            WireFault::NoHdlc => SpanFault::NoHdlc,
        }
    }
}

/// What becomes of the box's calls.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalledWord {
    /// The called party answers after a second
    Answers,
    /// It rings for a minute
    NoAnswer,
    /// Busy
    Busy,
    /// No way through
    Congestion,
    /// No such number
    Vacant,
}

impl From<CalledWord> for CalledOutcome {
    fn from(word: CalledWord) -> CalledOutcome {
        match word {
            CalledWord::Answers => CalledOutcome::Answers { after_ms: 1000 },
            CalledWord::NoAnswer => CalledOutcome::NoAnswer,
            CalledWord::Busy => CalledOutcome::Busy,
            CalledWord::Congestion => CalledOutcome::Congestion,
            CalledWord::Vacant => CalledOutcome::Vacant,
        }
    }
}

//! What came of one call.

use core::fmt;

use crate::mix::Mix;

/// How caller id fared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdResult {
    /// Told as sent.
    Right,
    /// Not told.
    Missing,
    /// Another caller told than sent.
    Wrong,
    /// Another caller told than sent, where no receiver can know: the first digits of a style
    /// without a start letter were swallowed, or errors make up for each other in the checksum.
    WrongUnknowably,
}

/// Caller id of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdVerdict {
    /// What it was sent by.
    pub style: &'static str,
    /// Whether part of it did not reach the line.
    pub damaged: bool,
    /// How it fared.
    pub result: IdResult,
}

/// What came of one call.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The call's seed, line and faults.
    pub mix: Mix,
    /// How the call went, in a word.
    pub outcome: &'static str,
    /// What should not have happened.
    pub failures: Vec<String>,
    /// From the exchange's tone to the release, in cycles of the tone, by the kind of tone.
    pub cycles: Option<(&'static str, f32)>,
    /// From any other sign to the release, in milliseconds.
    pub ms: Option<(&'static str, u64)>,
    /// Caller id.
    pub id: Option<IdVerdict>,
    /// Frames of 20 ms run.
    pub frames: u64,
    /// Keys told that nobody pressed.
    pub false_digits: u32,
}

impl Verdict {
    pub(crate) fn new(mix: &Mix) -> Self {
        Verdict {
            mix: mix.clone(),
            outcome: "",
            failures: vec![],
            cycles: None,
            ms: None,
            id: None,
            frames: 0,
            false_digits: 0,
        }
    }

    pub(crate) fn fail(&mut self, what: impl Into<String>) {
        self.failures.push(what.into());
    }

    /// Whether nothing happened that should not have.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mix = &self.mix;
        writeln!(f, "seed {}: {} {}, {:?}", mix.seed, mix.country, self.outcome, mix.faults)?;
        for failure in &self.failures {
            writeln!(f, "  {failure}")?;
        }
        writeln!(
            f,
            "  far {:?}, near {:?}, talk {} ms, hazard {:?}, announcement {}, {:?}",
            mix.far, mix.near, mix.talk_ms, mix.hazard, mix.announcement, mix.outgoing
        )?;
        let line = &mix.model;
        let release: String = format!("{:?}", line.release).chars().take(60).collect();
        writeln!(
            f,
            "  loss {:.1} dB, noise {:.0} dBm0, hum {:?}, release {:?}, {:?}, gap {:?}",
            line.loss_db, line.noise_dbm0, line.hum, release, line.caller_id, line.caller_id_gap
        )?;
        write!(f, "  again: cargo run -p tipring-test-storm --bin analog -- --seed {}", mix.seed)
    }
}

//! What kind of telephone is on the line.

use tipring_dsp::{DtmfLevels, DtmfTiming};

/// How it dials.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Dialling {
    /// By tones.
    Tones {
        /// Levels of the two groups.
        levels: DtmfLevels,
        /// Tone and pause.
        timing: DtmfTiming,
    },
    /// By breaking the loop; `*`, `#` and letters cannot be dialled so and are left out.
    Pulses {
        /// Pulses a second; sets have 8–12.
        rate: f32,
        /// Break to make; sets have 1.3–2.5.
        ratio: f32,
        /// From the last pulse of a digit to the first of the next, in milliseconds.
        pause_ms: u16,
    },
}

impl Default for Dialling {
    fn default() -> Self {
        Dialling::Tones { levels: DtmfLevels::default(), timing: DtmfTiming::default() }
    }
}

/// What it shows of who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Display {
    /// Nothing.
    None,
    /// Who calls, by FSK or DTMF, while on-hook; whether messages wait.
    #[default]
    OnHook,
    /// The same, and who waits while it is in a call (type II): it acknowledges an alerting
    /// signal with `D` and reads the message.
    InCalls,
}

/// How whoever or whatever is at it knows that a call is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EndsOn {
    /// A person who hears busy tone.
    #[default]
    BusyTone,
    /// Equipment (an answering machine, a modem) that sees the loop's current go for 150 ms.
    LoopDrop,
    /// Nothing: the set is left off-hook.
    Nothing,
}

/// Short openings of the loop: bad contacts, a second set on the pair, lightning far away.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Disturbances {
    /// How many come in a minute off-hook.
    pub a_minute: f32,
    /// The longest, in milliseconds.
    pub ms_max: u16,
}

/// A telephone. By default a push-button set with a display.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Telephone {
    /// How it dials.
    pub dialling: Dialling,
    /// It dials this long after it was lifted, in milliseconds, without listening for dial tone.
    pub blind_ms: Option<u16>,
    /// What it shows.
    pub display: Display,
    /// Its hook and dial contacts bounce for up to this long, in milliseconds.
    pub bounce_ms: u8,
    /// What disturbs its line in calls.
    pub disturbances: Option<Disturbances>,
    /// How it knows that a call is over.
    pub ends_on: EndsOn,
}

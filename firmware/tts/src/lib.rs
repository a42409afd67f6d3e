//! What the box says: prompts with a text and, where somebody recorded one, a sound, in Chinese
//! and English; and the reading of numbers, dates, times and money out of recorded fragments.
//!
//! [`Catalogue::embedded`] holds the texts and sounds that ship; a site's own recordings in a
//! folder go before them. [`Catalogue::say`] turns [`Utterance`]s into sounds, [`Catalogue::text`]
//! into what a screen shows. What nobody recorded comes back as [`Piece::Missing`] with its text,
//! and [`espeak`] makes a makeshift sound of it, outside real-time code.
//!
//! Sounds are A-law (ITU-T G.711) at 8 kHz, speech at -20 dBm0 active level (ITU-T P.56).
//!
//! Left out on purpose: playing (that is `media`), choosing what to say (`ivr`, `acd`), and
//! natural synthesis on the box: the shipped sounds are rendered beforehand by `tools/prompts`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod catalogue;
mod display;
mod en;
mod espeak;
mod fragments;
mod g711;
mod lang;
mod overrides;
mod sound;
mod texts;
mod utterance;
mod wav;
mod zh;

pub use catalogue::{Catalogue, Piece};
pub use espeak::{EspeakError, TEXT_CHARS_MAX, espeak};
pub use lang::Lang;
pub use overrides::OverrideProblem;
pub use sound::{Sound, SoundError};
pub use utterance::Utterance;

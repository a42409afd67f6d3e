//! The seeded storm over exchange lines: thousands of calls both ways between FXO channels and
//! the simulated exchange, at sample level and under virtual time, with faults drawn by seed.
//!
//! One seed is one line with its country, its faults and one call, and after it a second call
//! that must come in as if nothing had been. What is held against every call:
//!
//! - exactly one release for a call, and the line takes the next one (no line stuck);
//! - no release while the far side is there, whatever speech or music sounds (no false release);
//! - every hang-up found within four cycles of the exchange's tone;
//! - the caller known wherever caller id was readable, and never a wrong one;
//! - the number dialled arrived, and a refusal told by its right cause;
//! - no answer told before it was given, unless the timer told it.
//!
//! A wrong caller is judged so: FSK has a checksum, so any number but the one sent is wrong. DTMF
//! has none; a transmission framed by a start and an end letter can be judged whole, so there too
//! any other number is wrong, but where a style has no start letter (`number #`, and `A number #`
//! without its `A`) nobody can tell that the first digits were swallowed. Those are counted by
//! themselves.
//!
//! `mix` draws, `rig` drives, `incoming` and `outgoing` are the scripts of the two directions,
//! `verdict` and `table` say what came of it, `sounds` are speech and music, `cpu` measures.

#![deny(missing_docs)]

mod country;
mod cpu;
mod incoming;
mod mix;
mod music;
mod outgoing;
mod rig;
mod sounds;
mod table;
mod verdict;

pub use cpu::{Cost, cost_of_a_line};
pub use mix::Mix;
pub use sounds::Sounds;
pub use table::Table;
pub use verdict::Verdict;

/// Runs the call of this seed.
pub fn run(seed: u64, sounds: &Sounds) -> Verdict {
    let mix = Mix::of(seed);
    if mix.outgoing.is_some() { outgoing::run(&mix, sounds) } else { incoming::run(&mix, sounds) }
}

//! MFC-R2: the channel-associated signalling of E1 trunks, ITU-T Q.421–Q.424 (digital line
//! signals), Q.440–Q.480 (register signals), and its national variants.
//!
//! [`R2`] makes a channel of a timeslot. It is sans-IO: it owns a
//! [`Timeslot`](tipring_line::Timeslot), is driven by [`tick`](tipring_line::FrameChannel::tick)
//! once every 20 ms with the time handed in, and speaks the commands and events of every channel.
//! After its making it does not allocate. Calls go both ways on one channel.
//!
//! What differs from country to country is data: a [`Variant`] is a TOML file.
//!
//! ```text
//!  calling side                 called side
//!  idle 10 ─ seize 00 ─────────▶
//!          ◀──────────────── 11 seizure acknowledged
//!  digit ═══tone══════════════▶          each tone lasts until the other side's
//!          ◀══════════tone═══ A-1        tone answers it: compelled signalling
//!  category ═════════════════▶
//!          ◀═════════════════ B: free
//!          ◀──────────────── 01 answer
//!  clear forward 10 ──────────▶
//!          ◀──────────────── 10 idle: release guard over
//! ```
//!
//! Left out on purpose: the analog line signalling of R2 (Q.411), satellite links, semi-compelled
//! and pulsed register signalling (China's 非互控), but for the pulsed signal that ends a number
//! without an end; group III and echo suppressor signals of international registers.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod backward;
mod channel;
mod events;
mod forward;
mod line_signal;
mod settings;
mod variant;

pub use channel::R2;
pub use events::{Faults, Learnt};
pub use settings::R2Settings;
pub use variant::{CallerOrder, Category, Variant, VariantError};

//! ISDN primary rate signalling: the D-channel of an E1 span, user and network side, sans-IO.
//!
//! [`SpanSignalling`] speaks seam 1's HDLC frames on one side and seam 2's commands and events,
//! one channel a timeslot, on the other. Below it are [`q921`], the data link (LAPD), and
//! [`q931`], call control; [`fcs`] is for hardware that leaves the check sequence to us.
//! [`trace`] makes captures of a D-channel and says in words what its messages mean.
//!
//! Sources: ITU-T Q.921 (09/97), Q.931 (05/98), Q.850 (05/98), Q.951 for presentation of numbers;
//! ETSI EN 300 403-1 for what EuroISDN makes of them. What differs from network to network is
//! data: [`q931::Profile`].
//!
//! Left out on purpose: basic rate accesses (TEI assignment, broadcast set-ups, B1 and B2),
//! suspension, user-to-user signalling and packets, since none of them exists on the trunks of a
//! branch office; segmented messages, which 260 octets make needless; path replacement and
//! explicit call transfer, which only QSIG and few public networks have: a transfer is made in the
//! box, by two calls joined (tromboning). Facility components pass through uninterpreted.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod fcs;
pub mod q921;
pub mod q931;
mod span;
pub mod trace;

pub use span::{SpanSettings, SpanSignalling};

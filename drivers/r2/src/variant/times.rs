//! The times of a variant, in milliseconds in its file.

use serde::{Deserialize, Serialize};
use tipring_clock::Duration;

/// Milliseconds, 1 to 300,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub(crate) struct Ms(u32);

impl TryFrom<u32> for Ms {
    type Error = String;

    fn try_from(ms: u32) -> Result<Self, String> {
        let fits = (1..=300_000).contains(&ms);
        if fits { Ok(Ms(ms)) } else { Err(format!("{ms} is no time of 1–300000 milliseconds")) }
    }
}

impl From<Ms> for u32 {
    fn from(ms: Ms) -> u32 {
        ms.0
    }
}

impl From<Ms> for Duration {
    fn from(ms: Ms) -> Duration {
        Duration::from_millis(u64::from(ms.0))
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Times {
    /// Bits must stay this long to be a signal (Q.424: 20 ± 10 ms).
    pub(crate) persistence: Ms,
    /// Outgoing: until the seizure is acknowledged (Q.424, clause 2.1: 100–200 ms, 1–2 s with
    /// satellites; exchanges take longer).
    pub(crate) seize_ack: Ms,
    /// Both sides seized: how long the seizure is kept (Q.424, clause 2.2.5: at least 100 ms).
    pub(crate) glare_hold: Ms,
    /// Outgoing: how long a forward signal may sound without an answer (Q.476: 15 ± 3 s).
    pub(crate) forward_on: Ms,
    /// Outgoing: how long none may be asked for (Q.476: at least 24 s).
    pub(crate) forward_off: Ms,
    /// Incoming: a pause this long ends the number, where no signal does (Q.477: 8–24 s; shorter
    /// in practice).
    pub(crate) digit: Ms,
    /// Incoming: length of a pulsed backward signal (Q.442: 150 ± 50 ms).
    pub(crate) pulse: Ms,
    /// Incoming: from the last register signal to the answer (Q.442: at least 100 ms).
    pub(crate) answer_delay: Ms,
    /// Outgoing: how long it may ring.
    pub(crate) answer: Ms,
    /// The longest metering pulse.
    pub(crate) metering: Ms,
    /// Outgoing: from clear forward until the far side is idle again.
    pub(crate) release_guard: Ms,
    /// Incoming: from clear back until the calling side clears (Q.118: 1–2 min).
    pub(crate) clear_forward: Ms,
    /// How long bits that mean nothing may stay in a call.
    pub(crate) line_fault: Ms,
    /// Incoming: from the offer until the call is accepted, if nobody decides. Shorter than
    /// `forward_on`.
    pub(crate) accept: Ms,
}

impl Times {
    pub(super) fn impossible(&self, pulse_needed: bool) -> Option<(&'static str, String)> {
        let wrong = |key: &'static str, must: &str| Some((key, must.to_owned()));
        if self.persistence > Ms(500) {
            wrong("persistence", "be at most 500 ms: a pulse or a seizure would be missed")
        } else if self.accept >= self.forward_on {
            wrong("accept", "be shorter than `forward_on`: the calling side would give up before")
        } else if self.metering <= self.persistence {
            wrong("metering", "be longer than `persistence`: no pulse would be seen")
        } else if pulse_needed && self.digit >= self.forward_off {
            wrong("digit", "be shorter than `forward_off`: only a pause ends a number here")
        } else if self.pulse < Ms(60) {
            wrong("pulse", "be at least 60 ms: receivers need as long (Q.442: 150 ms)")
        } else {
            None
        }
    }
}

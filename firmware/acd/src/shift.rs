//! What an agent has done since the shift began. One function of the agent's changes of state, so
//! that what is kept and what the log tells come out the same.

use tipring_clock::WallTime;
use tipring_events::AgentState;

/// An agent's counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shift {
    /// Calls answered.
    pub answered: u32,
    /// Talking, in milliseconds.
    pub talk_ms: u64,
    /// When the last call, wrap-up included, ended: microseconds since 1970.
    pub last_call_ended_us: Option<i64>,
    /// When the agent was last logged out: microseconds since 1970.
    pub(crate) logged_out_us: Option<i64>,
    since_us: i64,
}

impl Shift {
    /// The agent's state changes. A log-in more than `gap_s` after the last log-out begins anew.
    pub(crate) fn change(&mut self, at: WallTime, old: AgentState, new: AgentState, gap_s: u32) {
        use AgentState::{LoggedOut, Talking, WrapUp};
        let at = at.unix_micros();
        let busy = |state| matches!(state, Talking | WrapUp);
        if old == LoggedOut && new != LoggedOut {
            let gap_us = i64::from(gap_s) * 1_000_000;
            if self.logged_out_us.is_some_and(|out| at.saturating_sub(out) > gap_us) {
                *self = Shift::default();
            }
        }
        if old == Talking && new != Talking {
            let us = at.saturating_sub(self.since_us);
            self.talk_ms += u64::try_from(us / 1000).unwrap_or(0);
        }
        if new == Talking && old != Talking {
            self.answered = self.answered.saturating_add(1);
        }
        if busy(old) && !busy(new) {
            self.last_call_ended_us = Some(at);
        }
        if old != LoggedOut && new == LoggedOut {
            self.logged_out_us = Some(at);
        }
        if old != new {
            self.since_us = at;
        }
    }
}

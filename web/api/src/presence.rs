//! Whether an agent's desktop is there: it is as long as a page of the agent listens to live
//! events, and for a time of grace after the last one has gone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tipring_events::AgentId;

/// How long after its connection was lost a desktop counts as there.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Default)]
struct Desk {
    pages: u32,
    /// Counts the losses, so that an old one's time of grace does not end a new presence.
    losses: u64,
}

/// Every agent's desktops.
#[derive(Default)]
pub(crate) struct Presence {
    desks: Mutex<HashMap<AgentId, Desk>>,
}

impl Presence {
    fn with<T>(&self, agent: AgentId, change: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        change(desks.entry(agent).or_default())
    }

    /// A page of the agent listens now.
    pub(crate) fn came(&self, agent: AgentId) {
        self.with(agent, |desk| desk.pages += 1);
    }

    /// A page has gone. Gives what to ask [`Presence::is_lost`] with after [`GRACE`], if it was
    /// the last.
    pub(crate) fn went(&self, agent: AgentId) -> Option<u64> {
        self.with(agent, |desk| {
            desk.pages = desk.pages.saturating_sub(1);
            desk.losses += 1;
            (desk.pages == 0).then_some(desk.losses)
        })
    }

    /// Whether the desktop is gone, and was all the time since that loss.
    pub(crate) fn is_lost(&self, agent: AgentId, loss: u64) -> bool {
        self.with(agent, |desk| desk.pages == 0 && desk.losses == loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_page_that_stays_away_is_a_loss() {
        let (presence, agent) = (Presence::default(), AgentId(1));
        presence.came(agent);
        presence.came(agent);
        assert_eq!(presence.went(agent), None, "another page is there");
        let first = presence.went(agent).unwrap();
        assert!(presence.is_lost(agent, first));
        presence.came(agent);
        assert!(!presence.is_lost(agent, first), "it came back");
        let second = presence.went(agent).unwrap();
        assert!(!presence.is_lost(agent, first), "the first loss is over");
        assert!(presence.is_lost(agent, second));
    }
}

//! Which agents somebody who waits may be offered to, and how that widens as the wait grows:
//! the one asked for, the one who knows the customer, then tier by tier, with fewer skills asked.

use std::sync::Arc;

use tipring_clock::{Duration, Instant};
use tipring_events::AgentId;

use crate::config::{NamedOverflow, QueueConfig};

/// Skills with the lowest level that will do, by name.
pub(crate) type Need = Arc<[(Arc<str>, u8)]>;

/// How far a wait has come.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Stage {
    /// How many more tiers than the lowest are open.
    pub(crate) steps: u32,
    /// Whether the second level serves too.
    pub(crate) escalated: bool,
    /// What the agent must be able to do.
    pub(crate) need: Option<Need>,
}

/// To whom one may be offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Pool {
    Only(AgentId),
    Open(Stage),
}

impl Default for Pool {
    fn default() -> Self {
        Pool::Open(Stage::default())
    }
}

/// What somebody who waits asks for.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Wants {
    /// The agent asked for by name.
    pub(crate) named: Option<AgentId>,
    /// The agent who last talked with the customer.
    pub(crate) sticky: Option<AgentId>,
    /// The skills asked for.
    pub(crate) need: Option<Need>,
    /// Escalated by key or by order.
    pub(crate) escalated: bool,
}

/// What holds now, and when it next changes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Standing {
    pub(crate) pool: Pool,
    pub(crate) until: Option<Instant>,
    /// The agent asked for does not come, and the caller is to leave.
    pub(crate) gives_up: bool,
}

fn secs(s: u32) -> Duration {
    Duration::from_secs(s.into())
}

impl Wants {
    /// Where a wait that began at `entered` stands now. `is_there` says whether an agent is
    /// logged in and serves the queue.
    pub(crate) fn standing(
        &self,
        config: &QueueConfig,
        entered: Instant,
        now: Instant,
        is_there: impl Fn(AgentId) -> bool,
    ) -> Standing {
        if let Some(agent) = self.named {
            let over = entered + secs(config.named_wait_s);
            if is_there(agent) && now < over {
                return Standing { pool: Pool::Only(agent), until: Some(over), gives_up: false };
            }
            if config.named_overflow == NamedOverflow::Flow {
                return Standing { pool: Pool::default(), until: None, gives_up: true };
            }
        }
        if let Some(agent) = self.sticky {
            let over = entered + secs(config.sticky_wait_s);
            if is_there(agent) && now < over {
                return Standing { pool: Pool::Only(agent), until: Some(over), gives_up: false };
            }
        }
        self.open(config, entered, now)
    }

    fn open(&self, config: &QueueConfig, entered: Instant, now: Instant) -> Standing {
        let mut next: Option<Instant> = None;
        let mut later = |at: Instant| {
            if at > now {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        };
        let waited = now.saturating_since(entered);
        let steps = match u64::from(config.tier_wait_s) {
            0 => u32::from(u8::MAX),
            step_s => {
                let steps = u32::try_from(waited.as_secs() / step_s).unwrap_or(u32::MAX);
                let steps = steps.min(u8::MAX.into());
                later(entered + secs(config.tier_wait_s) * (steps + 1));
                steps
            }
        };
        let mut escalated = self.escalated;
        if let Some(escalation) = config.escalation.as_ref().filter(|e| e.after_s > 0) {
            later(entered + secs(escalation.after_s));
            escalated |= waited >= secs(escalation.after_s);
        }
        let mut lower = 0;
        for step in &config.relax {
            later(entered + secs(step.after_s));
            if waited >= secs(step.after_s) {
                lower = lower.max(step.by);
            }
        }
        let need = self.need.as_ref().and_then(|need| relaxed(need, lower));
        // Without tiers and needs there is nothing to widen, and no timer to run.
        let widens = (config.tier_wait_s > 0 && steps < u8::MAX.into())
            || (need.is_some() && !config.relax.is_empty())
            || (config.escalation.is_some() && !escalated);
        let pool = Pool::Open(Stage { steps, escalated, need });
        Standing { pool, until: next.filter(|_| widens), gives_up: false }
    }
}

/// The needs lowered by so much; none where none is left.
fn relaxed(need: &Need, by: u8) -> Option<Need> {
    if by == 0 {
        return Some(need.clone());
    }
    let left = need.iter().filter(|(_, level)| *level > by);
    let left: Need = left.map(|(skill, level)| (skill.clone(), level - by)).collect();
    (!left.is_empty()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Relax;

    fn at(s: u64) -> Instant {
        Instant::from_millis(s * 1000)
    }

    fn need(level: u8) -> Need {
        Arc::from([(Arc::from("english"), level)])
    }

    #[test]
    fn needs_are_relaxed_step_by_step() {
        let relax = vec![Relax { after_s: 30, by: 20 }, Relax { after_s: 60, by: 50 }];
        let config = QueueConfig { relax, ..QueueConfig::default() };
        let wants = Wants { need: Some(need(50)), ..Wants::default() };
        let at_s = |s| match wants.standing(&config, at(0), at(s), |_| true) {
            Standing { pool: Pool::Open(stage), until, .. } => (stage.need, until),
            other => panic!("{other:?}"),
        };
        assert_eq!(at_s(29), (Some(need(50)), Some(at(30))));
        assert_eq!(at_s(30), (Some(need(30)), Some(at(60))));
        assert_eq!(at_s(60), (None, None));
    }

    #[test]
    fn the_named_then_the_known_then_anybody() {
        let config = QueueConfig { named_wait_s: 10, sticky_wait_s: 15, ..QueueConfig::default() };
        let (named, sticky) = (Some(AgentId(1)), Some(AgentId(2)));
        let wants = Wants { named, sticky, ..Wants::default() };
        let pool = |s, there: &[u32]| {
            wants.standing(&config, at(0), at(s), |agent| there.contains(&agent.0)).pool
        };
        assert_eq!(pool(0, &[1, 2]), Pool::Only(AgentId(1)));
        assert_eq!(pool(0, &[2]), Pool::Only(AgentId(2)), "who is not logged in is not awaited");
        assert_eq!(pool(10, &[1, 2]), Pool::Only(AgentId(2)));
        assert!(matches!(pool(15, &[1, 2]), Pool::Open(_)));
        let config = QueueConfig { named_overflow: NamedOverflow::Flow, ..config };
        assert!(wants.standing(&config, at(0), at(10), |_| true).gives_up);
    }
}

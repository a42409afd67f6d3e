//! Which of the free agents: the strategies, each with its exact rule.
//!
//! A free agent stands in each queue under a rank that the strategy gives; nothing about an agent
//! changes while the agent is free, so ranks are made once. Most strategies take the first who
//! fits; the others look at those of the lowest tier that has anybody who fits.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tipring_events::AgentId;

use crate::agent::{Agent, Member};
use crate::config::Strategy;
use crate::queue::{IdleKey, Queue};
use crate::stage::{Need, Pool};

/// Where a free agent stands in a queue.
pub(crate) fn idle_key(strategy: Strategy, agent: &Agent, member: &Member) -> IdleKey {
    // Never called is longest idle; of these, whoever logged in first.
    let idle_since = agent.shift.last_call_ended_us.unwrap_or(i64::MIN);
    let rank = match strategy {
        Strategy::LongestIdle | Strategy::SkillMatch | Strategy::RingAll => {
            (idle_since, agent.logged_in_us)
        }
        Strategy::FewestCalls => (agent.shift.answered.into(), idle_since),
        Strategy::LeastTalkTime => {
            (i64::try_from(agent.shift.talk_ms).unwrap_or(i64::MAX), idle_since)
        }
        Strategy::RoundRobin | Strategy::Linear | Strategy::Progressive => (member.order.into(), 0),
        Strategy::Random | Strategy::WeightedRandom => (0, 0),
    };
    IdleKey { tier: member.tier, rank, agent: agent.id }
}

/// What the choice depends on besides the queue.
pub(crate) struct Choice<'a> {
    pub(crate) pool: &'a Pool,
    /// The agent last offered this very caller.
    pub(crate) last: Option<AgentId>,
    /// Looks an agent up.
    pub(crate) agents: &'a rustc_hash::FxHashMap<AgentId, Agent>,
}

impl Choice<'_> {
    /// The free agent to whom the caller is offered.
    pub(crate) fn choose(&self, queue: &Queue, rng: &mut ChaCha8Rng) -> Option<AgentId> {
        let stage = match self.pool {
            Pool::Only(agent) => {
                let idle = self.agents.get(agent).is_some_and(|a| a.is_idle_in(queue.id));
                return idle.then_some(*agent);
            }
            Pool::Open(stage) => stage,
        };
        let need = stage.need.as_ref();
        let mut fits = queue
            .idle
            .iter()
            .filter(|key| queue.tier_is_open(key.tier, stage))
            .filter(|key| self.skill(key.agent, need).is_some())
            .peekable();
        let tier = fits.peek()?.tier;
        let mut of_tier = fits.take_while(|key| key.tier == tier);
        match queue.config.strategy {
            Strategy::LongestIdle
            | Strategy::RingAll
            | Strategy::FewestCalls
            | Strategy::LeastTalkTime => of_tier.next().map(|key| key.agent),
            Strategy::RoundRobin => next_after(of_tier, self.order(queue, queue.last_offered)),
            Strategy::Linear | Strategy::Progressive => {
                next_after(of_tier, self.order(queue, self.last))
            }
            Strategy::Random => pick(of_tier, rng, |_| 1),
            Strategy::WeightedRandom => pick(of_tier, rng, |id| self.level(queue, id)),
            Strategy::SkillMatch => {
                // Of equals the first, who has been idle the longest.
                let mut best: Option<(u32, AgentId)> = None;
                for key in of_tier {
                    let skill = self.skill(key.agent, need).unwrap_or(0);
                    if best.is_none_or(|(most, _)| skill > most) {
                        best = Some((skill, key.agent));
                    }
                }
                best.map(|(_, agent)| agent)
            }
        }
    }

    /// The sum of what the agent has of the skills asked for; `None` where one falls short.
    fn skill(&self, agent: AgentId, need: Option<&Need>) -> Option<u32> {
        match need {
            None => Some(0),
            Some(need) => self.agents.get(&agent)?.skill(need),
        }
    }

    fn order(&self, queue: &Queue, agent: Option<AgentId>) -> Option<u32> {
        Some(self.agents.get(&agent?)?.member(queue.id)?.order)
    }

    fn level(&self, queue: &Queue, agent: AgentId) -> u32 {
        let member = self.agents.get(&agent).and_then(|agent| agent.member(queue.id));
        member.map_or(0, |member| member.level.into())
    }
}

/// The first after this place in the fixed order, or else the first of all.
fn next_after<'a>(keys: impl Iterator<Item = &'a IdleKey>, place: Option<u32>) -> Option<AgentId> {
    let mut first = None;
    for key in keys {
        if place.is_none_or(|place| key.rank.0 > place.into()) {
            return Some(key.agent);
        }
        first = first.or(Some(key.agent));
    }
    first
}

/// Any of them, each as likely as its weight. Where nobody has any, all are equal.
fn pick<'a>(
    keys: impl Iterator<Item = &'a IdleKey>,
    rng: &mut ChaCha8Rng,
    weight: impl Fn(AgentId) -> u32,
) -> Option<AgentId> {
    let keys: Vec<(AgentId, u32)> = keys.map(|key| (key.agent, weight(key.agent))).collect();
    let total: u32 = keys.iter().map(|(_, weight)| weight).sum();
    if total == 0 {
        return keys.get(rng.random_range(0..keys.len().max(1))).map(|(agent, _)| *agent);
    }
    let mut left = rng.random_range(0..total);
    for (agent, weight) in keys {
        match left.checked_sub(weight) {
            Some(rest) => left = rest,
            None => return Some(agent),
        }
    }
    None
}

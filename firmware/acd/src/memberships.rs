//! Which queues each agent serves: of one's own, by a group, and as the second level.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_events::{AgentId, QueueId};
use tipring_line::Number;

use crate::agent::Member;
use crate::config::{AgentConfig, AgentGroup, QueueConfig};
use crate::queue::ESCALATION_TIER;

/// A place in a queue, by the queue's name.
struct Membership {
    queue: String,
    tier: u8,
    level: u8,
}

/// The queues of every agent, by name.
pub struct Memberships {
    by_agent: FxHashMap<AgentId, Vec<Membership>>,
}

impl Memberships {
    /// Who serves which of these queues. Groups and agents that are not there are passed over.
    pub fn new(queues: &[QueueConfig], groups: &[AgentGroup], agents: &[AgentConfig]) -> Self {
        let ids: FxHashMap<Number, AgentId> =
            agents.iter().map(|agent| (agent.work_number, agent.id)).collect();
        let mut by_agent: FxHashMap<AgentId, Vec<_>> = FxHashMap::default();
        for agent in agents {
            for member in &agent.queues {
                let (queue, tier) = (member.queue.clone(), member.tier.min(ESCALATION_TIER - 1));
                let entry = Membership { queue, tier, level: member.level };
                by_agent.entry(agent.id).or_default().push(entry);
            }
        }
        for queue in queues {
            let second = queue.escalation.iter().map(|e| (&e.group, ESCALATION_TIER, 100));
            let by_group = queue.groups.iter();
            let by_group = by_group.map(|g| (&g.group, g.tier.min(ESCALATION_TIER - 1), g.level));
            for (name, tier, level) in by_group.chain(second) {
                let group = groups.iter().find(|group| group.name == *name);
                for number in group.map(|group| group.agents.as_slice()).unwrap_or_default() {
                    let Some(id) = ids.get(number) else { continue };
                    let entry = Membership { queue: queue.name.clone(), tier, level };
                    by_agent.entry(*id).or_default().push(entry);
                }
            }
        }
        Memberships { by_agent }
    }

    /// The names of the queues an agent serves in any way; one may come more than once.
    pub fn queues(&self, agent: AgentId) -> impl Iterator<Item = &str> {
        self.by_agent.get(&agent).into_iter().flatten().map(|member| member.queue.as_str())
    }

    /// Who is in a queue in several ways is so by the first: by name before by group.
    pub(crate) fn take(
        &mut self,
        agent: AgentId,
        queues: &FxHashMap<Arc<str>, QueueId>,
    ) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        for Membership { queue, tier, level } in self.by_agent.remove(&agent).unwrap_or_default() {
            let Some(queue) = queues.get(queue.as_str()).copied() else { continue };
            if members.iter().all(|member| member.queue != queue) {
                members.push(Member { queue, tier, level, order: 0 });
            }
        }
        members
    }
}

//! Who serves which queue, as the web knows it: what a supervisor of some queues may see.

use std::sync::Arc;

use tipring_acd::Memberships;
use tipring_api::{Directory, DirectoryAgent, DirectoryQueue};
use tipring_config::Document;
use tipring_events::QueueId;

/// The queues and agents of a document.
pub(crate) fn directory(document: &Document) -> Arc<Directory> {
    let pop = |queue: &str| {
        let pop = document.screen_pops.iter().find(|pop| pop.queue == queue);
        pop.map(|pop| pop.url.clone()).unwrap_or_default()
    };
    let queues = document.queues.iter().map(|queue| DirectoryQueue {
        queue: queue.id,
        name: queue.name.clone(),
        screen_pop: pop(&queue.name),
    });
    let id_of = |name: &str| document.queues.iter().find(|q| q.name == name).map(|q| q.id);
    let memberships = Memberships::new(&document.queues, &document.agent_groups, &document.agents);
    let agents = document.agents.iter().map(|agent| {
        let mut queues: Vec<QueueId> = memberships.queues(agent.id).filter_map(id_of).collect();
        queues.sort_unstable();
        queues.dedup();
        let (agent, work_number, name) = (agent.id, agent.work_number, agent.name.clone());
        DirectoryAgent { agent, work_number, name, queues }
    });
    Arc::new(Directory { queues: queues.collect(), agents: agents.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_serves_by_name_by_group_and_as_the_second_level() {
        let document = Document::parse(
            r#"
            [[queue]]
            id = 1
            name = "gas"
            groups = [{ group = "crew" }]
            [[queue]]
            id = 2
            name = "water"
            escalation = { after_s = 60, group = "crew" }
            [[queue]]
            id = 3
            name = "heat"
            [[agent_group]]
            name = "crew"
            agents = ["1002", "1003"]
            [[agent]]
            id = 11
            work_number = "1001"
            password = "one-2-three"
            queues = [{ queue = "heat" }]
            [[agent]]
            id = 12
            work_number = "1002"
            password = "one-2-three"
            queues = [{ queue = "heat" }, { queue = "gas" }]
            [[agent]]
            id = 13
            work_number = "1003"
            password = "one-2-three"
            "#,
        )
        .unwrap();
        let directory = directory(&document);
        let queues: Vec<Vec<u32>> =
            directory.agents.iter().map(|a| a.queues.iter().map(|q| q.0).collect()).collect();
        assert_eq!(queues, [vec![3], vec![1, 2, 3], vec![1, 2]]);
    }
}

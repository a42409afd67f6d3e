//! What queues, agents and calendars name: queues, groups, work numbers, calendars, keys.

use std::collections::BTreeSet;

use tipring_acd::{Destination, QueueConfig};
use tipring_calendar::Calendar;
use tipring_line::Digit;

use crate::check::{found, once};
use crate::document::Document;
use crate::error::ConfigError;

pub(crate) fn check(document: &Document) -> Result<(), ConfigError> {
    let queues = once(document.queues.iter().map(|q| q.name.as_str()), "queue")?;
    let groups = once(document.agent_groups.iter().map(|g| g.name.as_str()), "group of agents")?;
    let calendars = once(document.calendars.iter().map(|c| c.name.as_str()), "calendar")?;
    once(document.reasons.iter().map(|r| r.key.as_str()), "reason")?;
    for calendar in &document.calendars {
        Calendar::new(calendar).map_err(|e| ConfigError::general(e.to_string()))?;
    }
    for agent in &document.agents {
        for member in &agent.queues {
            let place = format!("agent {}", agent.work_number);
            found(&queues, &member.queue, "queue", &place)?;
            if member.tier == 0 || member.tier == u8::MAX {
                return Err(ConfigError::general(format!("{place}: a tier is 1 to 254")));
            }
        }
    }
    let numbers: BTreeSet<&str> =
        document.agents.iter().map(|agent| agent.work_number.as_str()).collect();
    for group in &document.agent_groups {
        for number in &group.agents {
            found(&numbers, number.as_str(), "agent", &format!("group {}", group.name))?;
        }
    }
    for queue in &document.queues {
        check_queue(queue, &queues, &groups, &calendars)?;
    }
    Ok(())
}

fn check_queue(
    queue: &QueueConfig,
    queues: &BTreeSet<&str>,
    groups: &BTreeSet<&str>,
    calendars: &BTreeSet<&str>,
) -> Result<(), ConfigError> {
    let place = format!("queue {}", queue.name);
    let second = queue.escalation.iter().map(|escalation| escalation.group.as_str());
    for group in queue.groups.iter().map(|group| group.group.as_str()).chain(second) {
        found(groups, group, "group of agents", &place)?;
    }
    if let Some(hours) = &queue.hours {
        found(calendars, hours, "calendar", &place)?;
    }
    for overflow in &queue.overflow {
        if let Destination::Queue(to) = &overflow.to {
            found(queues, to, "queue", &place)?;
        }
        if overflow.after_s == 0 && overflow.above == 0 {
            return Err(ConfigError::general(format!(
                "{place}: an overflow needs `after_s` or `above`, or it never happens"
            )));
        }
    }
    let keys = &queue.keys;
    let pressed = [keys.keep, keys.message, keys.callback, keys.flow, keys.escalate];
    let mut seen = BTreeSet::new();
    for key in pressed.into_iter().flatten() {
        if Digit::from_char(key).is_none() {
            return Err(ConfigError::general(format!(
                "{place}: {key:?} is not a key: use one of 0-9, *, #, A-D"
            )));
        }
        if !seen.insert(key) {
            return Err(ConfigError::general(format!("{place}: key {key} does two things")));
        }
    }
    Ok(())
}

//! What carries calls outside, and in which order its members are tried.

use std::sync::Arc;

use tipring_line::PortId;

use crate::config::{Direction, GroupConfig, Hunt, SwitchConfig};

/// What carries one call outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carrier {
    /// The SIP trunk of this index.
    Trunk(u16),
    /// The exchange line at this port.
    Line(PortId),
    /// Some channel of the E1 span of this index.
    Span(u8),
}

#[derive(Debug)]
struct Group {
    name: Arc<str>,
    members: Vec<Carrier>,
    hunt: Hunt,
    /// The member taken last.
    last: usize,
}

/// Every group, and every line, span and trunk as a group of its own.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: Vec<Group>,
    emergency: usize,
}

impl Groups {
    pub(crate) fn new(config: &SwitchConfig) -> Self {
        let mut all = Groups::default();
        let single = |name: &str, carrier| GroupConfigured {
            name: name.into(),
            members: vec![carrier],
            hunt: Hunt::Ascending,
        };
        for line in config.lines.iter().filter(|l| l.direction != Direction::In) {
            all.push(single(&line.name, Carrier::Line(line.port)));
        }
        let spans = || (0u8..).zip(&config.spans);
        for (index, span) in spans().filter(|(_, s)| s.direction != Direction::In) {
            all.push(single(&span.name, Carrier::Span(index)));
        }
        for (index, trunk) in (0u16..).zip(&config.trunks) {
            all.push(single(&trunk.name, Carrier::Trunk(index)));
        }
        for group in &config.groups {
            let members = all.members(group);
            all.push(GroupConfigured {
                name: group.name.as_str().into(),
                members,
                hunt: group.hunt,
            });
        }
        all.emergency = all.find(&config.emergency.via).unwrap_or_else(|| {
            let lines = config.lines.iter().map(|line| Carrier::Line(line.port));
            let spans = spans().map(|(index, _)| Carrier::Span(index));
            let trunks = (0u16..).zip(&config.trunks).map(|(index, _)| Carrier::Trunk(index));
            let members = lines.chain(spans).chain(trunks).collect();
            all.push(GroupConfigured { name: "emergency".into(), members, hunt: Hunt::Ascending })
        });
        all
    }

    fn push(&mut self, group: GroupConfigured) -> usize {
        let GroupConfigured { name, members, hunt } = group;
        self.groups.push(Group { name, members, hunt, last: 0 });
        self.groups.len() - 1
    }

    /// A group's members, those of the groups in it put in their places. A name that leads nowhere
    /// is a line or span that takes calls in only: the configuration's check has refused all others.
    fn members(&self, group: &GroupConfig) -> Vec<Carrier> {
        let found = group.members.iter().filter_map(|name| self.find(name));
        let mut members: Vec<Carrier> = Vec::new();
        for carrier in found.flat_map(|at| &self.groups[at].members) {
            if !members.contains(carrier) {
                members.push(*carrier);
            }
        }
        members
    }

    /// The group of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.groups.iter().rposition(|g| &*g.name == name)
    }

    /// The group that carries emergency calls.
    pub(crate) fn emergency(&self) -> usize {
        self.emergency
    }

    /// What a group is called.
    pub(crate) fn name(&self, group: usize) -> Arc<str> {
        self.groups.get(group).map_or_else(|| "".into(), |g| g.name.clone())
    }

    /// A group's members in the order in which they are to be tried now.
    pub(crate) fn order(&self, group: usize) -> Vec<Carrier> {
        let Some(group) = self.groups.get(group) else { return Vec::new() };
        let mut members = group.members.clone();
        let count = members.len().max(1);
        match group.hunt {
            Hunt::Ascending => {}
            Hunt::Descending => members.reverse(),
            Hunt::Cyclic => members.rotate_left((group.last + 1) % count),
            Hunt::CyclicDescending => {
                members.rotate_left(group.last % count);
                members.reverse();
            }
        }
        members
    }

    /// Takes note that a call went out on this member.
    pub(crate) fn taken(&mut self, group: usize, carrier: Carrier) {
        let Some(group) = self.groups.get_mut(group) else { return };
        if let Some(place) = group.members.iter().position(|member| *member == carrier) {
            group.last = place;
        }
    }
}

/// A group before anything was taken from it.
struct GroupConfigured {
    name: Arc<str>,
    members: Vec<Carrier>,
    hunt: Hunt,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LineConfig;

    fn line(n: u16) -> LineConfig {
        LineConfig {
            port: PortId(n),
            name: format!("fxo-{n}"),
            number: None,
            flow: None,
            caller_id_ms: 0,
            direction: if n == 3 { Direction::In } else { Direction::Both },
            ringing: None,
            numbers: Vec::new(),
            messages: None,
        }
    }

    fn group(name: &str, members: &[&str], hunt: Hunt) -> GroupConfig {
        let members = members.iter().map(|m| (*m).to_owned()).collect();
        GroupConfig { name: name.into(), members, hunt }
    }

    fn groups(hunt: Hunt) -> Groups {
        Groups::new(&SwitchConfig {
            lines: (1..=4).map(line).collect(),
            groups: vec![
                group("city", &["fxo-1", "fxo-2", "fxo-3"], Hunt::Ascending),
                group("all", &["city", "fxo-4", "fxo-1"], hunt),
            ],
            ..SwitchConfig::default()
        })
    }

    fn ports(groups: &Groups) -> Vec<u16> {
        let order = groups.order(groups.find("all").unwrap());
        order.iter().map(|c| if let Carrier::Line(port) = c { port.0 } else { 0 }).collect()
    }

    #[test]
    fn groups_hold_groups_and_leave_out_lines_for_calls_in() {
        assert_eq!(ports(&groups(Hunt::Ascending)), [1, 2, 4]);
        assert_eq!(ports(&groups(Hunt::Descending)), [4, 2, 1]);
    }

    #[test]
    fn cyclic_hunting_begins_beside_the_last_taken() {
        let mut up = groups(Hunt::Cyclic);
        let all = up.find("all").unwrap();
        up.taken(all, Carrier::Line(PortId(2)));
        assert_eq!(ports(&up), [4, 1, 2]);
        let mut down = groups(Hunt::CyclicDescending);
        down.taken(all, Carrier::Line(PortId(2)));
        assert_eq!(ports(&down), [1, 4, 2]);
    }

    #[test]
    fn emergency_calls_go_out_on_every_line() {
        let groups = groups(Hunt::Ascending);
        assert_eq!(groups.order(groups.emergency()).len(), 4);
    }
}

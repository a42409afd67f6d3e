//! Which phones are registered, by how many contacts, and how the trunks stand.

use std::collections::HashMap;

use tipring_events::{LineKind, LineState, LiveState};
use tipring_line::Number;
use tipring_sip::TrunkState;

/// Registered contacts by extension, and trunks by index.
#[derive(Default)]
pub(crate) struct Phones {
    contacts: HashMap<Number, Vec<String>>,
    trunks: HashMap<u16, TrunkState>,
    /// The trunks' names, in the order of their indices.
    pub trunk_names: Vec<String>,
}

impl Phones {
    /// No phones yet, and trunks of whom nothing is known.
    pub(crate) fn new(trunk_names: Vec<String>) -> Self {
        Phones { trunk_names, ..Phones::default() }
    }

    /// Notes a contact; says whether it is the extension's first.
    pub(crate) fn registered(&mut self, extension: Number, contact: &str) -> bool {
        let contacts = self.contacts.entry(extension).or_default();
        let first = contacts.is_empty();
        if !contacts.iter().any(|c| c == contact) {
            contacts.push(contact.to_owned());
        }
        first
    }

    /// Forgets a contact; says whether it was the extension's last.
    pub(crate) fn unregistered(&mut self, extension: Number, contact: &str) -> bool {
        let Some(contacts) = self.contacts.get_mut(&extension) else { return false };
        contacts.retain(|c| c != contact);
        let last = contacts.is_empty();
        if last {
            self.contacts.remove(&extension);
        }
        last
    }

    /// Notes how a trunk stands.
    pub(crate) fn trunk(&mut self, index: u16, state: TrunkState) {
        self.trunks.insert(index, state);
    }

    /// Adds to the live lines what only the SIP side knows.
    pub(crate) fn annotate(&self, live: &mut LiveState) {
        for (index, name) in self.trunk_names.iter().enumerate() {
            let state = u16::try_from(index).ok().and_then(|i| self.trunks.get(&i));
            let refused = match state {
                Some(TrunkState::Unreachable) => None,
                Some(TrunkState::Refused(status)) => Some(*status),
                _ => continue,
            };
            let line = live
                .lines
                .iter_mut()
                .find(|l| l.kind == LineKind::SipTrunk && l.name.ends_with(name.as_str()));
            if let Some(line) = line {
                line.state = LineState::Unreachable;
                line.refused = refused;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_there_from_its_first_contact_to_its_last() {
        let mut phones = Phones::default();
        let number: Number = "8001".parse().unwrap();
        assert!(phones.registered(number, "sip:a"));
        assert!(!phones.registered(number, "sip:b"));
        assert!(!phones.registered(number, "sip:a"));
        assert!(!phones.unregistered(number, "sip:a"));
        assert!(phones.unregistered(number, "sip:b"));
        assert!(!phones.unregistered(number, "sip:b"));
    }
}

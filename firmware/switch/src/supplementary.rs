//! What networks tell of a call beyond its numbers, and what passes between two of them: who
//! answered (COLP, Q.951.5), who led the call on (Q.952), a service's components (Q.932), and what
//! the other party does (Q.931 NOTIFY).

use core::fmt::Write as _;

use tipring_events::{EventKind, ForwardWhen, SpanKind};
use tipring_line::{
    CallId, CallerId, ChannelCommand, ChannelId, Components, Notice, Presentation, RedirectReason,
    Redirection,
};

use crate::call::{Call, LegPhase, Place, Role};
use crate::dial::From;
use crate::incoming::{shown_name, shown_number};
use crate::moment::Moment;
use crate::span_config::ConnectedNumber;
use crate::switch::Switch;

/// So many notices and components of one call are logged; what comes after is counted. A network
/// that tells the charge every ten seconds stays below it for more than half an hour.
const LOGGED_MAX: u16 = 200;

impl Switch {
    /// Who answers a call of ours, as the network tells.
    pub(crate) fn party_connected(&mut self, channel: ChannelId, id: CallId, party: CallerId) {
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        leg.connected = Some(party);
        self.event(EventKind::PartyConnected {
            call: id,
            number: shown_number(&party),
            name: shown_name(&party),
            hidden: party.presentation == Presentation::Restricted,
        });
    }

    /// Tells a caller who answers.
    pub(crate) fn tell_connected(&mut self, id: CallId, caller: ChannelId) {
        if let Some(party) = self.connected_to_show(id, caller) {
            self.channel(caller, ChannelCommand::Connected(party));
        }
    }

    /// Tells a phone that was rung first for a call whom its call has reached, if the network says.
    pub(crate) fn tell_reached_party(&mut self, id: CallId, callee: ChannelId) {
        let Some(caller) = self.calls.get(&id).map(|call| call.caller_leg) else { return };
        let known = self.legs.get(&callee).and_then(|leg| leg.connected);
        if let Some(party) = known.filter(|_| caller.is_sip()) {
            self.channel(caller, ChannelCommand::Connected(party));
        }
    }

    /// Who has answered a call: an extension, or whom the network of the other leg tells.
    fn connected_party(&self, call: &Call) -> Option<(CallerId, bool)> {
        let mut legs = call.callees.iter().filter_map(|channel| self.legs.get(channel));
        let leg = legs.find(|leg| leg.phase == LegPhase::Up && leg.role != Role::Supervisor)?;
        let Place::Extension(number) = leg.place else {
            return leg.connected.map(|party| (party, true));
        };
        let extension = self.extensions.get(&number);
        let hidden = extension.is_some_and(|extension| extension.hidden);
        let presentation = if hidden { Presentation::Restricted } else { Presentation::Allowed };
        let name = extension.map(|extension| extension.name).unwrap_or_default();
        Some((CallerId { number: Some(number), name, presentation }, false))
    }

    /// Whom a caller on this channel is told to have reached, if anybody.
    fn connected_to_show(&self, id: CallId, caller: ChannelId) -> Option<CallerId> {
        let call = self.calls.get(&id)?;
        let party = self.connected_party(call);
        let Place::Span(index) = self.legs.get(&caller)?.place else {
            return party.map(|(party, _)| party);
        };
        let span = self.spans.get(usize::from(index))?;
        let presentation = party.map(|(party, _)| party.presentation).unwrap_or_default();
        let number = match (span.connected, party) {
            (ConnectedNumber::Off, _) => return None,
            // Another network hides it: it is not passed on.
            (_, Some((_, true))) if presentation != Presentation::Allowed => None,
            (_, Some((party, true))) => party.number,
            (ConnectedNumber::Called, _) => call.number_called,
            (ConnectedNumber::Unified, _) => span.caller.or(call.number_called),
        };
        Some(CallerId { number, presentation, ..CallerId::default() })
    }

    /// Who led a call on that is about to go outside by this place.
    pub(crate) fn redirection_to_tell(&self, id: CallId, place: Place) -> Option<Redirection> {
        let call = self.calls.get(&id)?;
        let (Some(when), Some(extension)) = (call.forwarded_when, call.forwarded.first()) else {
            // A call that is led through the box keeps what it came with.
            return call.redirection.filter(|_| call.from != From::Extension);
        };
        let unified = match place {
            Place::Span(index) => self.spans.get(usize::from(index)).and_then(|span| span.caller),
            Place::Trunk(index) => self.trunks.get(usize::from(index)).and_then(|t| t.caller),
            _ => None,
        };
        let before = call.redirection.and_then(|before| before.original.or(before.number));
        Some(Redirection {
            number: call.number_called.or(unified).or(Some(*extension)),
            presentation: Presentation::Allowed,
            reason: match when {
                ForwardWhen::Always => RedirectReason::Unconditional,
                ForwardWhen::Busy => RedirectReason::Busy,
                ForwardWhen::NoAnswer => RedirectReason::NoAnswer,
            },
            original: before,
        })
    }

    /// The other leg of a call of two, where it is ISDN too.
    fn other_isdn_leg(&self, id: CallId, channel: ChannelId) -> Option<ChannelId> {
        let call = self.calls.get(&id)?;
        let legs = core::iter::once(&call.caller_leg).chain(&call.callees);
        let mut others = legs.copied().filter(|other| {
            let leg = self.legs.get(other);
            *other != channel
                && leg.is_some_and(|l| l.call == Some(id) && l.phase != LegPhase::Releasing)
        });
        let other = others.next().filter(|_| others.next().is_none())?;
        let (index, _) = other.as_span()?;
        let span = self.spans.get(usize::from(index))?;
        (span.signalling != SpanKind::R2).then_some(other)
    }

    /// Components came: they go to the other leg where it is ISDN too, and stand in the log.
    pub(crate) fn components(&mut self, channel: ChannelId, id: CallId, components: Components) {
        let to = self.other_isdn_leg(id, channel);
        if self.may_log(id) {
            let mut hex = String::with_capacity(2 * components.len());
            for octet in &components {
                // Writing into a string does not fail.
                let _ = write!(hex, "{octet:02x}");
            }
            let (line, passed) = (self.line_of(channel), to.is_some());
            self.event(EventKind::ComponentsReceived { call: id, line, components: hex, passed });
        }
        if let Some(to) = to {
            self.channel(to, ChannelCommand::Facility(components));
        }
    }

    /// The network says something of the party on this channel. One that is away is as one that
    /// holds, unless another network is told and sees to it.
    pub(crate) fn notified(&mut self, m: Moment, channel: ChannelId, id: CallId, notice: Notice) {
        let to = self.other_isdn_leg(id, channel);
        if self.may_log(id) {
            let (line, passed) = (self.line_of(channel), to.is_some());
            self.event(EventKind::PartyNotified { call: id, line, notice, passed });
        }
        match (to, notice.is_away()) {
            (Some(to), _) => self.channel(to, ChannelCommand::Notify(notice)),
            (None, Some(away)) => self.held(m, channel, id, away),
            (None, None) => {}
        }
    }

    fn line_of(&self, channel: ChannelId) -> String {
        let place = self.legs.get(&channel).map_or(Place::Unknown, |leg| leg.place);
        self.place_name(channel, place).as_ref().to_owned()
    }

    /// Whether one more of a network's words in this call is logged.
    fn may_log(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        if call.network_words >= LOGGED_MAX {
            self.counters.network_words_unlogged += 1;
            return false;
        }
        call.network_words += 1;
        true
    }
}

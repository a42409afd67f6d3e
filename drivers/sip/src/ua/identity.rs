//! Who calls, who answers and who led the call on: asserted identities (RFC 3325), privacy
//! (RFC 3323), diversions (RFC 5806), and the change of a connected party by UPDATE (RFC 3311).
//!
//! What others assert is believed, and what we assert is sent, only where both ends trust each
//! other: with phones of ours, and with trunks that are set so.

use tipring_line::{CallerId, ChannelEvent, Number, Presentation, RedirectReason, Redirection};

use super::call::{CallState, Party};
use super::incoming::{host_text, write_contact};
use super::outgoing::{name_address, trunk_domain};
use super::transactions::ClientUser;
use super::{Context, UserAgent};
use crate::TrunkConfig;
use crate::message::{Essentials, HeaderName, Message, NameAddr, Writer, decode_display_name};
use crate::slab::SlotId;

impl UserAgent {
    /// Who answers the call: told in the 2xx, or by UPDATE after it where the peer takes one.
    pub(super) fn connected(&mut self, cx: &mut Context<'_>, id: SlotId, party: &CallerId) {
        let Some(lines) = self.identity_lines(id, party) else { return };
        let Some(call) = self.calls.get_mut(id) else { return };
        match &mut call.state {
            CallState::Offered(offered) => offered.identity = lines,
            CallState::Established(_) if call.allows_update => self.send_update(cx, id, &lines),
            _ => {}
        }
    }

    /// The lines that assert who answers, if the peer is told.
    fn identity_lines(&self, id: SlotId, party: &CallerId) -> Option<Vec<u8>> {
        let call = self.calls.get(id)?;
        let domain = match call.party {
            Party::Trunk(index) => {
                trunk_domain(self.trunk_config(index).filter(|trunk| trunk.trust_identity)?)
            }
            Party::Extension(_) => host_text(call.dialog.contact.ip()),
        };
        let hidden = party.presentation == Presentation::Restricted;
        // A phone would show what its user is not to see; a trunk is trusted to hide it.
        let told = !hidden || matches!(call.party, Party::Trunk(_));
        let mut lines = Vec::new();
        let mut writer = Writer::lines(&mut lines);
        if let Some(number) = party.number.filter(|_| told) {
            let name = if hidden { "" } else { party.name.as_str() };
            let address = name_address(name, number.as_str(), &domain);
            writer.line(HeaderName::PAssertedIdentity, &address);
        }
        if hidden {
            writer.line(HeaderName::Privacy, b"id");
        }
        Some(lines)
    }

    fn send_update(&mut self, cx: &mut Context<'_>, id: SlotId, identity: &[u8]) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get_mut(id) else { return };
        call.dialog.local_cseq += 1;
        let (peer, cseq) = (call.dialog.peer, call.dialog.local_cseq);
        let mut writer = call.dialog.begin_request(&mut bytes, "UPDATE", cseq, branch);
        write_contact(&mut writer, call);
        writer.put(identity);
        writer.finish("", b"");
        // Whether it is shown is the peer's affair: nobody waits for the answer.
        self.begin_client(cx.now, branch, ClientUser::Nobody, peer, bytes);
    }

    /// Who answered a call by a trunk, if it says so and is believed.
    pub(super) fn tell_connected(&mut self, id: SlotId, message: &Message<'_>) {
        let Some(Party::Trunk(index)) = self.calls.get(id).map(|call| call.party) else { return };
        let Some(asserted) = asserted(message, self.trunk_config(index)) else { return };
        let number = asserted.uri.user_text().and_then(|user| user.parse::<Number>().ok());
        let party = CallerId {
            number,
            name: decode_display_name(asserted.display),
            presentation: presentation_of(message, &asserted),
        };
        self.tell_event(id, ChannelEvent::Connected(party));
    }

    /// The lines that say who led on a call that goes out by a trunk, if it is to know.
    pub(super) fn diversion_lines(&self, index: u16, by: &Redirection) -> Vec<u8> {
        let mut lines = Vec::new();
        let Some(trunk) = self.trunk_config(index).filter(|trunk| trunk.trust_identity) else {
            return lines;
        };
        let domain = trunk_domain(trunk);
        let reason = match by.reason {
            RedirectReason::Unknown => "unknown",
            RedirectReason::Busy => "user-busy",
            RedirectReason::NoAnswer => "no-answer",
            RedirectReason::Unconditional => "unconditional",
        };
        let privacy = if by.presentation == Presentation::Restricted { "full" } else { "off" };
        let mut writer = Writer::lines(&mut lines);
        // The newest diversion comes first (section 4).
        for (number, reason) in [(by.number, reason), (by.original, "unknown")] {
            let Some(number) = number else { continue };
            let address = name_address("", number.as_str(), &domain);
            writer.name(HeaderName::Diversion).clean(&address);
            writer.put(b";reason=").put(reason.as_bytes());
            writer.put(b";privacy=").put(privacy.as_bytes()).end();
        }
        lines
    }
}

/// The identity that a trunk asserts, where it is believed.
fn asserted<'a>(message: &Message<'a>, trunk: Option<&TrunkConfig>) -> Option<NameAddr<'a>> {
    trunk.filter(|trunk| trunk.trust_identity)?;
    NameAddr::parse(message.values(HeaderName::PAssertedIdentity).next()?).ok()
}

/// Who led a call here, where the trunk is believed: the first Diversion is the last one made, and
/// the last one holds who was called first.
pub(super) fn redirection_of(message: &Message<'_>, trunk: &TrunkConfig) -> Option<Redirection> {
    if !trunk.trust_identity {
        return None;
    }
    let diversions = || {
        let values = message.values(HeaderName::Diversion);
        values.filter_map(|value| NameAddr::parse(value).ok())
    };
    let number = |address: &NameAddr<'_>| address.uri.user_text()?.parse::<Number>().ok();
    let last = diversions().next()?;
    let reason = match last.params.value(b"reason") {
        Some(b"user-busy") => RedirectReason::Busy,
        Some(b"no-answer") => RedirectReason::NoAnswer,
        Some(b"unconditional") => RedirectReason::Unconditional,
        _ => RedirectReason::Unknown,
    };
    let private = last.params.value(b"privacy").is_some_and(|privacy| privacy != b"off");
    Some(Redirection {
        number: number(&last),
        presentation: if private { Presentation::Restricted } else { Presentation::Allowed },
        reason,
        original: diversions().skip(1).last().as_ref().and_then(number),
    })
}

/// Who calls by a trunk: P-Asserted-Identity where it is believed (RFC 3325), else From.
pub(super) fn caller_by_trunk(
    message: &Message<'_>,
    essentials: &Essentials<'_>,
    trunk: Option<&TrunkConfig>,
) -> CallerId {
    let asserted = asserted(message, trunk);
    let from = &essentials.from;
    let shown = asserted.as_ref().unwrap_or(from);
    let number = shown.uri.user_text().and_then(|user| user.parse::<Number>().ok());
    let display = if shown.display.is_empty() { from.display } else { shown.display };
    let presentation = match presentation_of(message, from) {
        Presentation::Allowed if number.is_none() => Presentation::Unavailable,
        presentation => presentation,
    };
    // An anonymous From has a number only in what the trunk asserts.
    let number = number.filter(|number| number.as_str() != "anonymous");
    CallerId { number, name: decode_display_name(display), presentation }
}

/// Whether the caller wants to be shown (RFC 3323, section 4).
pub(super) fn presentation_of(message: &Message<'_>, from: &NameAddr<'_>) -> Presentation {
    let hidden = message.lines(HeaderName::Privacy).any(|line| {
        line.split(|b| *b == b';').any(|word| {
            let word = crate::message::scan::trim(word);
            [&b"id"[..], b"user", b"header"].iter().any(|p| p.eq_ignore_ascii_case(word))
        })
    });
    let anonymous = from.uri.user.is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous"))
        || from.uri.host.eq_ignore_ascii_case(b"anonymous.invalid");
    if hidden || anonymous { Presentation::Restricted } else { Presentation::Allowed }
}

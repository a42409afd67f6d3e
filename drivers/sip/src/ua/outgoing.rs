//! A call goes out: the calling side of an INVITE (RFC 3261, section 13.2).
//!
//! A phone with several contacts is rung at all of them: copies of one INVITE that share Call-ID
//! and tag, as a forking proxy would send them (section 16.6). The first to answer has the call.

use tipring_clock::Instant;
use tipring_line::{CallerId, Cause, ChannelEvent, ChannelId, Endpoint, Number, Presentation};

use super::call::{Branch, Call, CallState, Calling, Keys, Party};
use super::incoming::{host_text, write_contact, write_reason};
use super::reply::{ALLOW, SUPPORTED};
use super::transactions::{ClientMachine, ClientUser};
use super::{Context, UserAgent};
use crate::dialog::{Dialog, write_via};
use crate::message::{Framing, HeaderName, Message, StartLine, Writer};
use crate::sdp::write_offer;
use crate::slab::SlotId;
use crate::transaction::Peer;
use crate::{DtmfMode, TrunkAccess, TrunkState};

/// Where a call goes, and under which names.
struct Route {
    party: Party,
    /// Request-URI and next hop of each copy of the INVITE.
    targets: Vec<(Box<[u8]>, Peer)>,
    mode: DtmfMode,
}

impl UserAgent {
    /// Takes a channel for a call that goes out.
    pub(super) fn seize(&mut self, cx: &mut Context<'_>, channel: ChannelId, endpoint: Endpoint) {
        if self.by_channel.contains_key(&channel) {
            return;
        }
        if self.calls.len() >= self.config.limits.calls {
            self.counters.overload += 1;
            return self.tell(channel, ChannelEvent::Released(Cause::Congestion));
        }
        let route = match self.route(cx.now, endpoint, None) {
            Ok(route) => route,
            Err(cause) => return self.tell(channel, ChannelEvent::Released(cause)),
        };
        let peer = route.targets[0].1;
        let local_tag = self.random();
        let call_id = format!("{:016x}{:016x}", self.random(), self.random());
        let dialog = Dialog {
            call_id: call_id.into_bytes().into(),
            local_tag,
            local: Box::default(),
            remote: Box::default(),
            remote_tag: Box::default(),
            target: Box::default(),
            routes: Box::default(),
            local_cseq: 0,
            remote_cseq: None,
            peer,
            contact: self.local_for(peer.transport, peer.address.ip()),
        };
        let id = self.calls.insert(Call {
            channel,
            held_by_switch: true,
            party: route.party,
            state: CallState::Seized { endpoint, redirection: None },
            dialog,
            caller_key: None,
            audio: super::call::Audio::default(),
            keys: Keys { mode: route.mode, ..Keys::default() },
            refer: None,
            allows_update: false,
            armed: None,
        });
        self.counters.calls += 1;
        self.by_channel.insert(channel, id);
        self.by_tag.insert(local_tag, id);
    }

    /// Where `endpoint` is reached, or why it is not.
    fn route(
        &self,
        now: Instant,
        endpoint: Endpoint,
        number: Option<Number>,
    ) -> Result<Route, Cause> {
        match endpoint {
            Endpoint::Port(_) | Endpoint::SpanChannel { .. } => Err(Cause::NoRoute),
            Endpoint::SipPhone(extension) => {
                if self.directory.secret(extension).is_none() {
                    return Err(Cause::UnallocatedNumber);
                }
                let bindings = self.directory.bindings(extension, now);
                let targets: Vec<_> = bindings.map(|b| (b.uri.clone(), b.peer)).collect();
                if targets.is_empty() {
                    return Err(Cause::SubscriberAbsent);
                }
                Ok(Route { party: Party::Extension(extension), targets, mode: self.config.dtmf })
            }
            Endpoint::SipTrunk(index) => {
                let trunk = self.trunk_config(index).ok_or(Cause::NoRoute)?;
                if self.trunk_state(index) == TrunkState::Unreachable {
                    return Err(Cause::NetworkOutOfOrder);
                }
                let peer =
                    Peer { transport: trunk.transport, address: trunk.proxy, connection: None };
                let uri = number.map_or(Box::default(), |number| {
                    request_uri(number, &trunk_domain(trunk), trunk.transport)
                });
                let targets = vec![(uri, peer)];
                Ok(Route { party: Party::Trunk(index), targets, mode: trunk.dtmf })
            }
        }
    }

    /// Sends the INVITEs of a channel that was seized.
    pub(super) fn invite(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        number: Option<Number>,
        caller: CallerId,
        ringing: u8,
    ) {
        let Some(Call { state: CallState::Seized { endpoint, redirection }, .. }) =
            self.calls.get(id)
        else {
            return;
        };
        let (endpoint, redirection) = (*endpoint, *redirection);
        if matches!(endpoint, Endpoint::SipTrunk(_)) && number.is_none() {
            return self.give_up(cx, id, Cause::InvalidNumberFormat);
        }
        let route = match self.route(cx.now, endpoint, number) {
            Ok(route) => route,
            Err(cause) => return self.give_up(cx, id, cause),
        };
        let Some(port) = cx.ports.allocate() else {
            self.counters.overload += 1;
            return self.give_up(cx, id, Cause::Congestion);
        };
        let audio = self.new_audio(port);
        let until = cx.now + self.config.timers.ring_max;
        let (local, remote, mut identity) = self.addresses(id, endpoint, number, &caller);
        if let (Endpoint::SipTrunk(index), Some(by)) = (endpoint, redirection) {
            identity.extend(self.diversion_lines(index, &by));
        }
        let events = route.mode != DtmfMode::InBand;
        let Some(call) = self.calls.get_mut(id) else { return };
        (call.dialog.local, call.dialog.remote) = (local, remote);
        call.audio = audio;
        let mut calling = Calling { until, ..Calling::default() };
        let local_audio = call.local_audio(self.config.ptime_ms);
        write_offer(&mut calling.body, &local_audio, &self.config.codecs, events);
        calling.common = self.common_lines(id, &identity, ringing);
        calling.branches = route
            .targets
            .into_iter()
            .map(|(target, peer)| Branch {
                target,
                peer,
                cseq: 1,
                transaction: None,
                authenticated: false,
            })
            .collect();
        let branches = calling.branches.len();
        if let Some(call) = self.calls.get_mut(id) {
            call.dialog.local_cseq = 1;
            call.state = CallState::Calling(calling);
        }
        self.arm_call(id);
        for branch in 0..branches {
            if !self.send_invite(cx, id, branch, b"") {
                self.branch_failed(cx, id, branch, 503, Cause::Congestion);
            }
        }
    }

    fn give_up(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        self.free_channel(cx, id, cause);
        self.drop_call(id);
    }

    /// From and To without tags, and the lines that assert or hide the caller's identity
    /// (RFC 3325, RFC 3323).
    fn addresses(
        &self,
        id: SlotId,
        endpoint: Endpoint,
        number: Option<Number>,
        caller: &CallerId,
    ) -> (Box<[u8]>, Box<[u8]>, Vec<u8>) {
        let own_host = self.calls.get(id).map(|call| host_text(call.dialog.contact.ip()));
        let own_host = own_host.unwrap_or_default();
        let hidden = caller.presentation == Presentation::Restricted;
        let shown = caller.number.filter(|_| !hidden);
        let name: &str = if hidden { "" } else { &caller.name };
        let Endpoint::SipTrunk(index) = endpoint else {
            let Endpoint::SipPhone(extension) = endpoint else { return Default::default() };
            let from = match shown {
                Some(number) => name_address(name, number.as_str(), &own_host),
                None => name_address("Anonymous", "anonymous", "anonymous.invalid"),
            };
            return (from, name_address("", extension.as_str(), &own_host), Vec::new());
        };
        let Some(trunk) = self.trunk_config(index) else { return Default::default() };
        let domain = trunk_domain(trunk);
        let account = match &trunk.access {
            TrunkAccess::Registration { user, .. } => Some(user.as_str()),
            TrunkAccess::Address(_) => None,
        };
        let default = trunk.default_caller.as_ref().map(Number::as_str).or(account);
        let shown = shown.as_ref().map(Number::as_str);
        // A trunk with an account takes no other From, unless it trusts what we assert.
        let user = if trunk.trust_identity { shown.or(default) } else { default.or(shown) };
        let remote =
            number.map_or(Box::default(), |number| name_address("", number.as_str(), &domain));
        let local = match user {
            Some(user) if !hidden => name_address(name, user, &domain),
            Some(user) if account.is_some() => name_address("", user, &domain),
            _ => name_address("Anonymous", "anonymous", "anonymous.invalid"),
        };
        let mut identity = Vec::new();
        if trunk.trust_identity {
            let asserted = caller.number.as_ref().map(Number::as_str).or(default);
            let mut writer = Writer::lines(&mut identity);
            if let Some(asserted) = asserted {
                let address = name_address("", asserted, &domain);
                writer.line(HeaderName::PAssertedIdentity, &address);
            }
            if hidden {
                writer.line(HeaderName::Privacy, b"id");
            }
        }
        (local, remote, identity)
    }

    /// The lines that every copy of the INVITE has after Via, Max-Forwards and CSeq.
    fn common_lines(&self, id: SlotId, identity: &[u8], ringing: u8) -> Vec<u8> {
        let mut lines = Vec::with_capacity(512);
        let Some(call) = self.calls.get(id) else { return lines };
        let mut writer = Writer::lines(&mut lines);
        let dialog = &call.dialog;
        writer.name(HeaderName::From).clean(&dialog.local).put(b";tag=").hex(dialog.local_tag);
        writer.end().line(HeaderName::To, &dialog.remote);
        writer.line(HeaderName::CallId, &dialog.call_id);
        write_contact(&mut writer, call);
        writer.put(identity);
        if ringing > 0 {
            writer.line(HeaderName::AlertInfo, alert_info(ringing).as_bytes());
        }
        writer.line(HeaderName::Allow, ALLOW.as_bytes());
        writer.line(HeaderName::Supported, SUPPORTED.as_bytes());
        writer.line(HeaderName::UserAgent, self.config.product.as_bytes());
        lines
    }

    /// Sends one copy of the INVITE, with these further lines; says whether it could be begun.
    pub(super) fn send_invite(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        index: usize,
        more: &[u8],
    ) -> bool {
        let branch_id = self.random();
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get(id) else { return false };
        let CallState::Calling(calling) = &call.state else { return false };
        let Some(branch) = calling.branches.get(index) else { return false };
        let mut writer = Writer::request(&mut bytes, b"INVITE", &branch.target);
        write_via(&mut writer, branch.peer.transport, call.dialog.contact, branch_id);
        writer.line_number(HeaderName::MaxForwards, 70);
        writer.name(HeaderName::CSeq).number(u64::from(branch.cseq)).put(b" INVITE").end();
        writer.put(&calling.common).put(more);
        writer.finish("application/sdp", &calling.body);
        let peer = branch.peer;
        let user = ClientUser::Invite(id, index);
        let transaction = self.begin_client(cx.now, branch_id, user, peer, bytes);
        if let Some(branch) = self.branch_mut(id, index) {
            branch.transaction = transaction;
        }
        transaction.is_some()
    }

    pub(super) fn branch_mut(&mut self, id: SlotId, index: usize) -> Option<&mut Branch> {
        match &mut self.calls.get_mut(id)?.state {
            CallState::Calling(calling) | CallState::Cancelling(calling) => {
                calling.branches.get_mut(index)
            }
            _ => None,
        }
    }

    /// The switch gives the call up before its answer.
    pub(super) fn cancel(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Calling(calling) = &mut call.state else { return };
        let mut calling = std::mem::take(calling);
        calling.cancel_cause = Some(cause);
        let open: Vec<SlotId> = calling.branches.iter().filter_map(|b| b.transaction).collect();
        // From here on the transactions' own timers bound the wait.
        calling.until = Instant::from_micros(u64::MAX);
        call.state = CallState::Cancelling(calling);
        self.free_channel(cx, id, cause);
        if open.is_empty() {
            return self.drop_call(id);
        }
        for transaction in open {
            self.cancel_transaction(cx, transaction, cause);
        }
    }

    /// Sends a CANCEL for an INVITE, unless that has heard nothing yet or was cancelled already
    /// (RFC 3261, section 9.1).
    pub(super) fn cancel_transaction(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        let Some(client) = self.transactions.client_at(id) else { return };
        let branch = client.branch();
        if client.cancel || self.transactions.client(branch, true).is_some() {
            return;
        }
        let Some(client) = self.transactions.client_at(id) else { return };
        let ClientMachine::Invite(machine) = &mut client.machine else { return };
        let Some(kept) = machine.kept().filter(|_| machine.may_cancel()) else { return };
        let (bytes, peer) = (make_cancel(&kept.bytes, cause), kept.peer);
        machine.cancelled(cx.now, &self.config.timers);
        self.arm_client(id);
        self.begin_cancel(cx.now, branch, peer, bytes);
    }
}

/// The CANCEL of an INVITE (RFC 3261, section 9.1).
fn make_cancel(invite: &[u8], cause: Cause) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let Ok(invite) = Message::parse(invite, Framing::Datagram) else { return out };
    let StartLine::Request { uri, .. } = invite.start_line() else { return out };
    let mut writer = Writer::request(&mut out, b"CANCEL", uri);
    for name in [
        HeaderName::Via,
        HeaderName::MaxForwards,
        HeaderName::Route,
        HeaderName::From,
        HeaderName::To,
        HeaderName::CallId,
    ] {
        for value in invite.lines(name) {
            writer.line(name, value);
        }
    }
    let cseq = invite.header(HeaderName::CSeq).unwrap_or(b"");
    let digits = cseq.iter().position(|b| !b.is_ascii_digit()).unwrap_or(cseq.len());
    writer.name(HeaderName::CSeq).put(&cseq[..digits]).put(b" CANCEL").end();
    write_reason(&mut writer, cause);
    writer.finish("", b"");
    out
}

/// The Alert-Info of the *n*-th distinctive ringing (RFC 3261, section 20.4): `Bellcore-dr2` for
/// the first, `Bellcore-dr3` for the second and so on, after the ringing patterns of Telcordia
/// GR-506, of which `dr1` is the ordinary one. Phones look for the word, most of them in `info`;
/// the URI leads nowhere on purpose, so that none fetches a sound.
fn alert_info(ringing: u8) -> String {
    let word = format!("Bellcore-dr{}", u16::from(ringing) + 1);
    format!("<http://ringing.invalid/{word}>;info={word}")
}

/// The host in a trunk's addresses.
pub(super) fn trunk_domain(trunk: &crate::TrunkConfig) -> String {
    if !trunk.domain.is_empty() {
        return trunk.domain.clone();
    }
    let host = host_text(trunk.proxy.ip());
    match trunk.proxy.port() {
        5060 => host,
        port => format!("{host}:{port}"),
    }
}

/// A number as the user part of a URI: all of its characters may stand there but `#`.
fn escaped_user(user: &str) -> String {
    user.replace('#', "%23")
}

fn request_uri(number: Number, domain: &str, transport: crate::Transport) -> Box<[u8]> {
    let user = escaped_user(number.as_str());
    let transport = if transport.is_reliable() { ";transport=tcp" } else { "" };
    format!("sip:{user}@{domain}{transport}").into_bytes().into()
}

/// An address with a display name, quoted; line breaks and quotes cannot break out of it.
pub(super) fn name_address(name: &str, user: &str, host: &str) -> Box<[u8]> {
    let mut text = String::with_capacity(64);
    if !name.is_empty() {
        text.push('"');
        for c in name.chars().filter(|c| !c.is_control()) {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push_str("\" ");
    }
    text.push_str("<sip:");
    text.push_str(&escaped_user(user));
    text.push('@');
    text.push_str(host);
    text.push('>');
    text.into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{NameAddr, decode_display_name};

    #[test]
    fn names_and_numbers_cannot_break_out() {
        let address = name_address("A \"B\" \\ <客>\r\nX: y", "*61#", "h");
        let parsed = NameAddr::parse(&address).unwrap();
        assert_eq!(parsed.uri.user_text().unwrap().as_str(), "*61#");
        assert_eq!(decode_display_name(parsed.display).as_str(), "A \"B\" \\ <客>X: y");
    }
}

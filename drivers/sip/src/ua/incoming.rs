//! A call comes in: the called side of an INVITE (RFC 3261, section 13.3).

use std::net::IpAddr;

use tipring_line::{CallerId, Cause, ChannelEvent, ChannelId, Number};

use super::call::{Audio, Call, CallState, Established, Keys, Offered, Party, Unacknowledged};
use super::guard::session_description;
use super::identity::{caller_by_trunk, presentation_of, redirection_of};
use super::reply::{ALLOW, Request, SUPPORTED, reason, write_reply_head};
use super::transactions::ServerMachine;
use super::trust::Identity;
use super::{Context, UserAgent};
use crate::dialog::{Dialog, contact_of, next_hop, route_set};
use crate::message::{Essentials, HeaderName, NameAddr, Uri, Writer, decode_display_name, host_ip};
use crate::sdp::{Agreement, LocalAudio, Sdp, write_answer, write_offer};
use crate::slab::SlotId;
use crate::transaction::InviteServer;
use crate::{DtmfMode, TrunkAccess, TrunkConfig};

impl UserAgent {
    /// An INVITE outside of dialogs.
    pub(super) fn receive_invite(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let caller_key = self.caller_key(&request.essentials);
        if self.by_caller.contains_key(&caller_key) {
            // The same request came by two ways (section 8.2.2.2).
            return self.reply_stateless(request, 482, |_| {});
        }
        let Some(identity) = self.identify(cx.now, request) else { return };
        if self.calls.len() >= self.config.limits.calls {
            self.counters.overload += 1;
            return self.reply_overload(request);
        }
        let Some(target) = contact_of(request.message) else {
            return self.reply_stateless(request, 400, |writer| {
                writer.name(HeaderName::Warning).put(b"399 tipring \"Contact is missing\"").end();
            });
        };
        let Some(routes) = route_set(request.message, false) else {
            return self.reply_stateless(request, 513, |_| {});
        };
        let event = match self.replaces_of(request, identity) {
            Ok(Some(event)) => event,
            Ok(None) => {
                let Some(called) = self.called_number(request, identity) else {
                    return self.reply_stateless(request, 484, |_| {});
                };
                self.offered_event(request, identity, called)
            }
            Err(status) => return self.reply_stateless(request, status, |_| {}),
        };
        let mut dialog = self.dialog_of(request, &target);
        dialog.peer =
            next_hop(request.source, &routes, target.raw, host_ip(request.essentials.via.host));
        dialog.routes = routes;
        self.offer(cx, request, identity, (event, caller_key), dialog);
    }

    fn caller_key(&self, essentials: &Essentials<'_>) -> u128 {
        self.key.of(&[b"caller", essentials.call_id, essentials.from.tag().unwrap_or(b"")])
    }

    pub(super) fn dialog_of(&mut self, request: &Request<'_, '_>, target: &Uri<'_>) -> Dialog {
        let Essentials { from, to, call_id, cseq, .. } = &request.essentials;
        Dialog {
            call_id: (*call_id).into(),
            local_tag: self.random(),
            local: to.raw.into(),
            remote: from.raw.into(),
            remote_tag: from.tag().unwrap_or(b"").into(),
            target: target.raw.into(),
            routes: Box::default(),
            local_cseq: 0,
            remote_cseq: Some(cseq.number),
            peer: request.source,
            contact: self.local_for(request.source.transport, request.source.address.ip()),
        }
    }

    /// Agrees on the audio, begins transaction and call, and tells the switch.
    fn offer(
        &mut self,
        cx: &mut Context<'_>,
        request: &Request<'_, '_>,
        identity: Identity,
        (event, caller_key): (ChannelEvent, u128),
        dialog: Dialog,
    ) {
        let (party, mode) = self.party_of(identity);
        let events = mode != DtmfMode::InBand;
        let Some(port) = cx.ports.allocate() else {
            self.counters.overload += 1;
            return self.reply_overload(request);
        };
        let mut audio = self.new_audio(port);
        let local = self.local_audio(&dialog, &audio);
        let (body, agreed) = match self.describe(request, &local, events) {
            Ok(described) => described,
            Err(status) => {
                cx.ports.release(port);
                return self.reply_stateless(request, status, |_| {});
            }
        };
        audio.agreed = agreed;
        let trying = self.write_trying(request);
        let copy = trying.clone();
        let machine = InviteServer::new(trying, request.reply);
        let offered = Offered {
            transaction: SlotId::NOWHERE,
            head: self.reply_head(request, dialog.local_tag),
            reply: request.reply,
            cseq: request.essentials.cseq.number,
            body,
            offering: agreed.is_none(),
            early_audio: false,
            identity: Vec::new(),
        };
        let channel = ChannelId::sip_in(self.calls_in);
        let allows_info = request.message.lists(HeaderName::Allow, "INFO");
        let allows_update = request.message.lists(HeaderName::Allow, "UPDATE");
        let local_tag = dialog.local_tag;
        let id = self.calls.insert(Call {
            channel,
            held_by_switch: true,
            party,
            state: CallState::Offered(offered),
            dialog,
            caller_key: Some(caller_key),
            audio,
            keys: Keys { mode, allows_info, ..Keys::default() },
            refer: None,
            allows_update,
            armed: None,
        });
        let machine = ServerMachine::Invite { machine, call: id };
        let Some(transaction) = self.begin_server(request.key, machine) else {
            self.calls.remove(id);
            cx.ports.release(port);
            return self.reply_overload(request);
        };
        if let Some(Call { state: CallState::Offered(offered), .. }) = self.calls.get_mut(id) {
            offered.transaction = transaction;
        }
        self.transmit(request.reply, copy);
        self.calls_in = self.calls_in.wrapping_add(1);
        self.counters.calls += 1;
        self.by_channel.insert(channel, id);
        self.by_tag.insert(local_tag, id);
        self.by_caller.insert(caller_key, id);
        self.tell(channel, event);
    }

    pub(super) fn new_audio(&mut self, port: u16) -> Audio {
        // Ids of sessions are kept below 2^63, which some peers cannot pass.
        let session_id = self.random() >> 33;
        Audio { port: Some(port), session_id, version: session_id, ..Audio::default() }
    }

    fn local_audio(&self, dialog: &Dialog, audio: &Audio) -> LocalAudio {
        LocalAudio {
            address: dialog.contact.ip(),
            port: audio.port.unwrap_or(0),
            session_id: audio.session_id,
            version: audio.version,
            ptime_ms: self.config.ptime_ms,
        }
    }

    /// Our answer to the INVITE's offer, or an offer of ours if it has none.
    fn describe(
        &self,
        request: &Request<'_, '_>,
        local: &LocalAudio,
        events: bool,
    ) -> Result<(Vec<u8>, Option<Agreement>), u16> {
        let mut body = Vec::with_capacity(320);
        let Some(offer) = session_description(request.message) else {
            write_offer(&mut body, local, &self.config.codecs, events);
            return Ok((body, None));
        };
        let offer = Sdp::parse(offer).map_err(|_| 400u16)?;
        let source = request.source.address.ip();
        let agreed =
            Agreement::with(&offer, &self.config.codecs, events, source).map_err(|_| 488u16)?;
        let local = LocalAudio { ptime_ms: agreed.ptime_ms, ..*local };
        write_answer(&mut body, &local, &offer, &agreed);
        Ok((body, Some(agreed)))
    }

    fn party_of(&self, identity: Identity) -> (Party, DtmfMode) {
        match identity {
            Identity::Extension(number) => (Party::Extension(number), self.config.dtmf),
            Identity::Trunk(index) => {
                let mode = self.trunk_config(index).map_or(self.config.dtmf, |trunk| trunk.dtmf);
                (Party::Trunk(index), mode)
            }
        }
    }

    fn write_trying(&mut self, request: &Request<'_, '_>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        let mut writer = Writer::response(&mut bytes, 100, reason(100));
        let via = &request.essentials.via;
        write_reply_head(&mut writer, request.message, via, request.source, None);
        writer.finish("", b"");
        bytes
    }

    fn reply_head(&mut self, request: &Request<'_, '_>, tag: u64) -> Vec<u8> {
        let mut head = Vec::with_capacity(512);
        let mut writer = Writer::lines(&mut head);
        let via = &request.essentials.via;
        write_reply_head(&mut writer, request.message, via, request.source, Some(tag));
        for value in request.message.lines(HeaderName::RecordRoute) {
            writer.line(HeaderName::RecordRoute, value);
        }
        head
    }

    /// The number that is called: the Request-URI's user. A trunk we register with may put our
    /// account there, and the number into P-Called-Party-ID (RFC 7315) or To.
    fn called_number(&self, request: &Request<'_, '_>, identity: Identity) -> Option<Number> {
        let user_of = |uri: &Uri<'_>| uri.user_text()?.parse::<Number>().ok();
        let called = Uri::parse(request.uri).ok().and_then(|uri| user_of(&uri));
        let Identity::Trunk(index) = identity else { return called };
        let trunk = self.trunk_config(index)?;
        let TrunkAccess::Registration { user, .. } = &trunk.access else { return called };
        if called.is_some_and(|called| called.as_str() != user) {
            return called;
        }
        let party = request.message.header(HeaderName::PCalledPartyId);
        let party = party.and_then(|value| NameAddr::parse(value).ok());
        party
            .and_then(|p| user_of(&p.uri))
            .or_else(|| user_of(&request.essentials.to.uri))
            .or(called)
    }

    fn offered_event(
        &self,
        request: &Request<'_, '_>,
        identity: Identity,
        called: Number,
    ) -> ChannelEvent {
        let (caller, trunk, extension) = match identity {
            Identity::Trunk(index) => {
                let trunk = self.trunk_config(index);
                (caller_by_trunk(request.message, &request.essentials, trunk), Some(index), None)
            }
            Identity::Extension(number) => {
                let name = decode_display_name(request.essentials.from.display);
                let presentation = presentation_of(request.message, &request.essentials.from);
                (CallerId { number: Some(number), name, presentation }, None, Some(number))
            }
        };
        let redirection =
            trunk.and_then(|index| redirection_of(request.message, self.trunk_config(index)?));
        let redirection = redirection.map(Box::new);
        ChannelEvent::Offered { called: Some(called), caller, trunk, extension, redirection }
    }

    pub(super) fn trunk_config(&self, index: u16) -> Option<&TrunkConfig> {
        self.config.trunks.iter().find(|trunk| trunk.index == index)
    }

    /// 180 (section 13.3.1.1).
    pub(super) fn alert(&mut self, cx: &mut Context<'_>, id: SlotId) {
        if let Some(CallState::Offered(offered)) = self.calls.get(id).map(|call| &call.state) {
            let early_audio = offered.early_audio;
            self.respond(cx, id, 180, early_audio, None);
        }
    }

    /// 183 with our description: the caller hears us before the answer.
    pub(super) fn open_early_audio(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let Some(Call { state: CallState::Offered(offered), .. }) = self.calls.get_mut(id) else {
            return;
        };
        // Without an offer from the caller its audio is known with the ACK only.
        if offered.offering || offered.early_audio {
            return;
        }
        offered.early_audio = true;
        self.respond(cx, id, 183, true, None);
        self.tell_media(id);
    }

    /// 200: the call is answered.
    pub(super) fn answer(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let Some(bytes) = self.respond(cx, id, 200, true, None) else { return };
        let t1 = self.config.timers.t1;
        let end = cx.now + self.config.timers.give_up();
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Offered(offered) = &call.state else { return };
        let unacknowledged = Unacknowledged {
            bytes,
            reply: offered.reply,
            cseq: offered.cseq,
            interval: t1,
            next: cx.now + t1,
            end,
            offering: offered.offering,
        };
        call.state = CallState::Established(Established {
            unacknowledged: Some(unacknowledged),
            ..Established::default()
        });
        self.arm_call(id);
        self.tell_media(id);
    }

    /// A failure: the call is refused.
    pub(super) fn refuse(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        self.respond(cx, id, cause.sip_status(), false, Some(cause));
        self.free_channel(cx, id, cause);
        self.drop_call(id);
    }

    /// The caller has given up (section 9.2).
    pub(super) fn cancelled(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Option<Cause>) {
        self.respond(cx, id, 487, false, None);
        self.free_channel(cx, id, cause.unwrap_or(Cause::NormalUnspecified));
        self.drop_call(id);
    }

    /// Sends a response to the INVITE of a call that was offered; gives its bytes back if they
    /// are a 2xx's.
    fn respond(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        status: u16,
        with_body: bool,
        cause: Option<Cause>,
    ) -> Option<Vec<u8>> {
        let mut buffer = self.take_buffer();
        let call = self.calls.get(id)?;
        let CallState::Offered(offered) = &call.state else { return None };
        let mut writer = Writer::response(&mut buffer, status, reason(status));
        writer.put(&offered.head);
        if status < 300 {
            write_contact(&mut writer, call);
            writer.line(HeaderName::Allow, ALLOW.as_bytes());
            writer.line(HeaderName::Supported, SUPPORTED.as_bytes());
            writer.put(&offered.identity);
        }
        if let Some(cause) = cause {
            write_reason(&mut writer, cause);
        }
        writer.line(HeaderName::Server, self.config.product.as_bytes());
        let body = if with_body { &offered.body[..] } else { b"" };
        writer.finish("application/sdp", body);
        let (transaction, reply) = (offered.transaction, offered.reply);
        self.note_response(cx.now, transaction, status, &buffer);
        let kept = (200..300).contains(&status).then(|| buffer.clone());
        self.transmit(reply, buffer);
        kept
    }
}

/// Our Contact in a dialog.
pub(super) fn write_contact(writer: &mut Writer<'_>, call: &Call) {
    writer.name(HeaderName::Contact).put(b"<sip:").socket(call.dialog.contact);
    let transport = call.dialog.peer.transport;
    if transport.is_reliable() {
        writer.put(b";transport=").put(transport.uri_name().as_bytes());
    }
    writer.put(b">").end();
}

/// Why, in Q.850's words (RFC 3326).
pub(super) fn write_reason(writer: &mut Writer<'_>, cause: Cause) {
    if cause == Cause::AnsweredElsewhere {
        // What phones look for, so as not to list the call as missed.
        writer.name(HeaderName::Reason);
        writer.put(b"SIP;cause=200;text=\"Call completed elsewhere\"").end();
        return;
    }
    writer.name(HeaderName::Reason).put(b"Q.850;cause=").number(u64::from(cause.q850())).end();
}

/// The host part of an address of ours, as text for a URI.
pub(super) fn host_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

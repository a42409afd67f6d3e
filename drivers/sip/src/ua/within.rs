//! Requests within a dialog (RFC 3261, sections 12.2.2, 14 and 15; RFC 3311), and our own.

use tipring_line::{Cause, ChannelEvent};

use super::call::{Call, CallState, Established, Unacknowledged};
use super::guard::session_description;
use super::incoming::{write_contact, write_reason};
use super::receive::parse_tag;
use super::reply::{ALLOW, Request, reason, write_reply_head};
use super::transactions::{ClientUser, ServerMachine};
use super::{Context, UserAgent};
use crate::Refusal;
use crate::message::scan::{decimal, trim};
use crate::message::{HeaderName, Message, Method, Writer};
use crate::sdp::{Agreement, LocalAudio, Sdp, write_answer, write_offer_again};
use crate::slab::SlotId;
use crate::transaction::InviteServer;

impl UserAgent {
    /// The call whose dialog the request names.
    fn find_dialog(&self, request: &Request<'_, '_>) -> Option<SlotId> {
        let tag = parse_tag(request.essentials.to.tag()?)?;
        let id = *self.by_tag.get(&tag)?;
        let dialog = &self.calls.get(id)?.dialog;
        let remote_tag = request.essentials.from.tag().unwrap_or(b"");
        (*dialog.call_id == *request.essentials.call_id && *dialog.remote_tag == *remote_tag)
            .then_some(id)
    }

    /// Whether whoever sent this has a part in the call: its peer, a host its dialog names, or
    /// its trunk.
    fn is_from_party(&self, call: &Call, request: &Request<'_, '_>) -> bool {
        let source = request.source.address.ip().to_canonical();
        let target = crate::message::Uri::parse(&call.dialog.target).ok().and_then(|uri| uri.ip());
        source == call.dialog.peer.address.ip().to_canonical()
            || target.is_some_and(|target| target.to_canonical() == source)
            || match call.party {
                super::call::Party::Trunk(index) => self.trunk_at(request.source) == Some(index),
                super::call::Party::Extension(number) => {
                    request.source.connection.is_some()
                        && request.source.connection == call.dialog.peer.connection
                        || self.is_bound_host(number, source)
                }
            }
    }

    fn is_bound_host(&self, number: tipring_line::Number, ip: std::net::IpAddr) -> bool {
        let mut bindings = self.directory.bindings(number, tipring_clock::Instant::ZERO);
        bindings.any(|binding| binding.peer.address.ip().to_canonical() == ip)
    }

    /// A request that names one of our tags.
    pub(super) fn receive_within(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let found = self.find_dialog(request).and_then(|id| self.calls.get(id).map(|c| (id, c)));
        let Some((id, call)) = found else {
            return self.refuse_no_dialog(request);
        };
        if !self.is_from_party(call, request) {
            return self.forbid(request, Refusal::WrongSource);
        }
        let cseq = request.essentials.cseq.number;
        if call.dialog.remote_cseq.is_some_and(|last| cseq <= last) {
            // Out of order (section 12.2.2).
            return self.reply_stateless(request, 500, |_| {});
        }
        if let Some(call) = self.calls.get_mut(id) {
            call.dialog.remote_cseq = Some(cseq);
        }
        match request.method {
            Method::Bye => self.receive_bye(cx, id, request),
            Method::Invite => self.receive_reinvite(cx, id, request),
            Method::Update => self.receive_update(cx, id, request),
            Method::Info => self.receive_info(cx, id, request),
            Method::Refer => self.receive_refer(cx, id, request),
            Method::Options => self.answer_options(request),
            Method::Prack => self.reply_stateless(request, 481, |_| {}),
            _ => self.refuse_method(request),
        }
    }

    fn receive_bye(&mut self, cx: &mut Context<'_>, id: SlotId, request: &Request<'_, '_>) {
        self.reply_bare(cx.now, request, 200);
        let cause = reason_cause(request.message).unwrap_or(Cause::NormalClearing);
        match self.calls.get(id).map(|call| &call.state) {
            // A caller may also end an early dialog by BYE (section 15.1.1).
            Some(CallState::Offered(_)) => self.cancelled(cx, id, Some(cause)),
            Some(CallState::Established(_)) => {
                self.free_channel(cx, id, cause);
                self.drop_call(id);
            }
            // Ours is under way; theirs has come instead of its response.
            Some(CallState::Ending) => self.drop_call(id),
            _ => {}
        }
    }

    /// An ACK of a 2xx; it may carry the answer to our offer (section 13.2.2.4).
    pub(super) fn acknowledge(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let Some(id) = self.find_dialog(request) else { return };
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Established(established) = &mut call.state else { return };
        let cseq = request.essentials.cseq.number;
        let Some(unacknowledged) = established.unacknowledged.take_if(|u| u.cseq == cseq) else {
            return;
        };
        if let Some(cause) = established.bye {
            return self.send_bye(cx, id, cause);
        }
        if !unacknowledged.offering {
            return;
        }
        let events = call.keys.mode != crate::DtmfMode::InBand;
        let source = request.source.address.ip();
        let agreed = session_description(request.message)
            .and_then(|body| Sdp::parse(body).ok())
            .and_then(|sdp| Agreement::with(&sdp, &self.config.codecs, events, source).ok());
        match agreed {
            Some(agreed) => {
                call.audio.agreed = Some(agreed);
                self.tell_media(id);
            }
            None if call.audio.agreed.is_some() => {}
            None => self.hang_up(cx, id, Cause::BearerUnavailable),
        }
    }

    /// The peer changes the session: hold, resume, another address (section 14.2).
    fn receive_reinvite(&mut self, cx: &mut Context<'_>, id: SlotId, request: &Request<'_, '_>) {
        let Some(call) = self.calls.get(id) else { return };
        match &call.state {
            CallState::Established(Established { unacknowledged: None, bye: None, .. }) => {}
            CallState::Ending => return self.reply_stateless(request, 481, |_| {}),
            // The last INVITE is still being done.
            _ => {
                return self.reply_stateless(request, 500, |writer| {
                    writer.line_number(HeaderName::RetryAfter, 2);
                });
            }
        }
        let (body, agreed) = match self.describe_again(id, request) {
            Ok(described) => described,
            Err(status) => return self.reply_stateless(request, status, |_| {}),
        };
        let machine = InviteServer::new(Vec::new(), request.reply);
        let machine = ServerMachine::Invite { machine, call: id };
        let Some(transaction) = self.begin_server(request.key, machine) else {
            return self.reply_overload(request);
        };
        let bytes = self.write_within(id, request, &body);
        self.transmit_copy(request.reply, &bytes);
        self.note_response(cx.now, transaction, 200, &bytes);
        self.await_ack(cx, id, request, bytes, agreed.is_none());
        self.apply(id, request.message, agreed);
    }

    fn await_ack(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        request: &Request<'_, '_>,
        bytes: Vec<u8>,
        offering: bool,
    ) {
        let timers = self.config.timers;
        if let Some(Call { state: CallState::Established(established), .. }) =
            self.calls.get_mut(id)
        {
            established.unacknowledged = Some(Unacknowledged {
                bytes,
                reply: request.reply,
                cseq: request.essentials.cseq.number,
                interval: timers.t1,
                next: cx.now + timers.t1,
                end: cx.now + timers.give_up(),
                offering,
            });
        }
        self.arm_call(id);
    }

    fn apply(&mut self, id: SlotId, message: &Message<'_>, agreed: Option<Agreement>) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.dialog.refresh_target(message);
        if let Some(agreed) = agreed {
            call.audio.agreed = Some(agreed);
            self.tell_media(id);
        }
    }

    /// UPDATE (RFC 3311, section 5.2): as a re-INVITE, but in one step and before the answer too.
    fn receive_update(&mut self, cx: &mut Context<'_>, id: SlotId, request: &Request<'_, '_>) {
        let Some(call) = self.calls.get(id) else { return };
        let offer_open = match &call.state {
            CallState::Established(e) => e.unacknowledged.as_ref().is_some_and(|u| u.offering),
            CallState::Offered(offered) => offered.offering || !offered.early_audio,
            _ => true,
        };
        if session_description(request.message).is_none() {
            let contact = self.contact_line(id);
            self.apply(id, request.message, None);
            return self.reply_whole(cx.now, request, 200, |writer| {
                writer.put(&contact);
            });
        }
        if offer_open {
            // An offer is open: ours, or theirs that we have not answered.
            return self.reply_stateless(request, 491, |_| {});
        }
        match self.describe_again(id, request) {
            Ok((body, agreed)) => {
                let bytes = self.write_within(id, request, &body);
                self.transmit_copy(request.reply, &bytes);
                self.keep_bytes(cx.now, request, &bytes);
                if let Some(Call { state: CallState::Offered(offered), .. }) =
                    self.calls.get_mut(id)
                {
                    offered.body = body;
                }
                self.apply(id, request.message, agreed);
            }
            Err(status) => self.reply_stateless(request, status, |_| {}),
        }
    }

    pub(super) fn contact_line(&self, id: SlotId) -> Vec<u8> {
        let mut line = Vec::new();
        if let Some(call) = self.calls.get(id) {
            write_contact(&mut Writer::lines(&mut line), call);
        }
        line
    }

    /// Our answer to a new offer, or our offer again if there is none: the session as it stands.
    fn describe_again(
        &mut self,
        id: SlotId,
        request: &Request<'_, '_>,
    ) -> Result<(Vec<u8>, Option<Agreement>), u16> {
        let call = self.calls.get_mut(id).ok_or(481u16)?;
        let events = call.keys.mode != crate::DtmfMode::InBand;
        call.audio.version += 1;
        let local = call.local_audio(self.config.ptime_ms);
        let mut body = Vec::with_capacity(320);
        let Some(offer) = session_description(request.message) else {
            let agreed = call.audio.agreed.ok_or(491u16)?;
            write_offer_again(&mut body, &local, &agreed);
            return Ok((body, None));
        };
        let offer = Sdp::parse(offer).map_err(|_| 400u16)?;
        let source = request.source.address.ip();
        // The codec in use stays first, so that a hold does not change it.
        let mut codecs = self.config.codecs.clone();
        if let Some(agreed) = call.audio.agreed {
            codecs.sort_by_key(|law| *law != agreed.law);
        }
        let agreed = Agreement::with(&offer, &codecs, events, source).map_err(|_| 488u16)?;
        let local = LocalAudio { ptime_ms: agreed.ptime_ms, ..local };
        write_answer(&mut body, &local, &offer, &agreed);
        Ok((body, Some(agreed)))
    }

    /// A 200 with a description to a request within.
    fn write_within(&mut self, id: SlotId, request: &Request<'_, '_>, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        let Some(call) = self.calls.get(id) else { return bytes };
        let mut writer = Writer::response(&mut bytes, 200, reason(200));
        let via = &request.essentials.via;
        write_reply_head(&mut writer, request.message, via, request.source, None);
        write_contact(&mut writer, call);
        writer.line(HeaderName::Allow, ALLOW.as_bytes());
        writer.line(HeaderName::Server, self.config.product.as_bytes());
        writer.finish("application/sdp", body);
        bytes
    }

    /// Ends an answered call from our side.
    pub(super) fn hang_up(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        self.free_channel(cx, id, cause);
        let Some(call) = self.calls.get_mut(id) else { return };
        let CallState::Established(established) = &mut call.state else { return };
        if established.unacknowledged.is_some() && call.caller_key.is_some() {
            // The called side may not send a BYE before the ACK has come (section 15).
            established.bye = Some(cause);
            return;
        }
        self.send_bye(cx, id, cause);
    }

    pub(super) fn send_bye(&mut self, cx: &mut Context<'_>, id: SlotId, cause: Cause) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get_mut(id) else { return };
        call.state = CallState::Ending;
        call.dialog.local_cseq += 1;
        let peer = call.dialog.peer;
        let mut writer =
            call.dialog.begin_request(&mut bytes, "BYE", call.dialog.local_cseq, branch);
        write_reason(&mut writer, cause);
        writer.line(HeaderName::UserAgent, self.config.product.as_bytes());
        writer.finish("", b"");
        let user = ClientUser::Bye(id, false);
        if self.begin_client(cx.now, branch, user, peer, bytes).is_none() {
            self.drop_call(id);
        }
    }

    /// Our BYE has its final response; a trunk may want credentials for it too.
    pub(super) fn bye_answered(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        tried: bool,
        message: &Message<'_>,
        status: u16,
    ) {
        if tried || !matches!(status, 401 | 407) || !self.send_bye_again(cx, id, message) {
            self.drop_call(id);
        }
    }

    fn send_bye_again(&mut self, cx: &mut Context<'_>, id: SlotId, message: &Message<'_>) -> bool {
        let branch = self.random();
        let Some(call) = self.calls.get_mut(id) else { return false };
        call.dialog.local_cseq += 1;
        let (peer, cseq) = (call.dialog.peer, call.dialog.local_cseq);
        let (party, uri) = (call.party, call.dialog.target.clone());
        let Some(credentials) = self.credentials_for(party, message, "BYE", &uri) else {
            return false;
        };
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get(id) else { return false };
        let mut writer = call.dialog.begin_request(&mut bytes, "BYE", cseq, branch);
        writer.put(&credentials);
        writer.finish("", b"");
        self.begin_client(cx.now, branch, ClientUser::Bye(id, true), peer, bytes).is_some()
    }

    /// Repeats a 2xx that was not acknowledged, or gives up (section 13.3.1.4).
    pub(super) fn expire_unacknowledged(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let t2 = self.config.timers.t2;
        let Some(Call { state: CallState::Established(established), .. }) = self.calls.get_mut(id)
        else {
            return;
        };
        let Some(unacknowledged) = &mut established.unacknowledged else { return };
        if unacknowledged.end <= cx.now {
            established.unacknowledged = None;
            self.counters.timeouts += 1;
            let cause = established.bye.unwrap_or(Cause::TimerExpired);
            self.free_channel(cx, id, cause);
            return self.send_bye(cx, id, cause);
        }
        if unacknowledged.next > cx.now {
            return;
        }
        unacknowledged.interval = (unacknowledged.interval * 2).min(t2);
        unacknowledged.next = cx.now + unacknowledged.interval;
        let reply = unacknowledged.reply;
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(&unacknowledged.bytes);
        self.counters.retransmissions += 1;
        self.transmit(reply, buffer);
    }

    /// Tells the switch of a key.
    pub(super) fn tell_event(&mut self, id: SlotId, event: ChannelEvent) {
        if let Some(call) = self.calls.get(id).filter(|call| call.held_by_switch) {
            let channel = call.channel;
            self.tell(channel, event);
        }
    }
}

/// The Q.850 cause of a Reason header (RFC 3326), or that the call was taken elsewhere.
pub(super) fn reason_cause(message: &Message<'_>) -> Option<Cause> {
    message.values(HeaderName::Reason).find_map(|value| {
        let end = value.iter().position(|b| *b == b';')?;
        let number =
            crate::message::Params::new(&value[end..]).value(b"cause").and_then(decimal)?;
        let protocol = trim(&value[..end]);
        if protocol.eq_ignore_ascii_case(b"Q.850") {
            return u8::try_from(number).ok().map(Cause::from_q850);
        }
        let elsewhere = protocol.eq_ignore_ascii_case(b"SIP") && number == 200;
        elsewhere.then_some(Cause::AnsweredElsewhere)
    })
}

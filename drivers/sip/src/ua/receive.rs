//! What a message belongs to: a transaction, a dialog, or nothing yet.

use super::reply::{Request, write_reply_head};
use super::transactions::{ClientMachine, ClientUser, ServerMachine};
use super::{CallState, Context, UserAgent};
use crate::Refusal;
use crate::message::{
    Essentials, Framing, HeaderName, InvalidMessage, Message, Method, StartLine, Via, Writer,
};
use crate::transaction::{Peer, Receipt};
use crate::via::reply_peer;

impl UserAgent {
    /// Takes one whole message.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, source: Peer, bytes: &[u8]) {
        self.counters.messages_in += 1;
        let framing = if source.is_reliable() { Framing::Stream } else { Framing::Datagram };
        if bytes.len() > self.config.limits.message_bytes {
            self.refuse_malformed(source, bytes, 513, InvalidMessage("the message is too long"));
            return;
        }
        let message = match Message::parse(bytes, framing) {
            Ok(message) => message,
            Err(why) => return self.refuse_malformed(source, bytes, 400, why),
        };
        let essentials = match Essentials::of(&message) {
            Ok(essentials) => essentials,
            Err(why) => return self.refuse_malformed(source, bytes, 400, why),
        };
        match message.start_line() {
            StartLine::Status { code, .. } => {
                self.receive_response(cx, source, &message, &essentials, code);
            }
            StartLine::Request { method, uri, version_known, .. } => {
                let key = self.server_key(&essentials, method, uri);
                let reply = reply_peer(&essentials.via, source);
                let message = &message;
                let request = Request { message, essentials, method, uri, source, reply, key };
                self.receive_request(cx, &request, version_known);
            }
        }
    }

    /// Bytes we cannot use: 400 with the reason if what a response needs can be read, else
    /// nothing but a count.
    fn refuse_malformed(&mut self, source: Peer, bytes: &[u8], status: u16, why: InvalidMessage) {
        self.malformed(source.address, why);
        let Ok(message) = Message::parse_headers(bytes) else { return };
        let StartLine::Request { method, .. } = message.start_line() else { return };
        let via = message.values(HeaderName::Via).next().map(Via::parse);
        let complete = [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
            .iter()
            .all(|name| message.header(*name).is_some_and(|value| !value.is_empty()));
        let (Some(Ok(via)), true, true) = (via, complete, method != Method::Ack) else { return };
        let mut buffer = self.take_buffer();
        let mut writer = Writer::response(&mut buffer, status, why.0);
        write_reply_head(&mut writer, &message, &via, source, None);
        writer.finish("", b"");
        self.transmit(reply_peer(&via, source), buffer);
    }

    /// The key of a request's server transaction (RFC 3261, section 17.2.3). ACK and CANCEL find
    /// their INVITE's by the method given.
    fn server_key(&self, essentials: &Essentials<'_>, method: Method, uri: &[u8]) -> u128 {
        let Essentials { via, from, call_id, cseq, .. } = essentials;
        let invite = matches!(method, Method::Invite | Method::Ack | Method::Cancel);
        let kind = if invite { &b"INVITE"[..] } else { cseq.method_text };
        let port = via.port.unwrap_or(5060).to_be_bytes();
        if via.has_magic_cookie() {
            return self.key.of(&[kind, via.branch, via.host, &port]);
        }
        // A peer of RFC 2543: no branch to trust.
        let number = cseq.number.to_be_bytes();
        let tag = from.tag().unwrap_or(b"");
        self.key.of(&[kind, uri, tag, call_id, &number, via.host, &port, via.branch])
    }

    fn receive_request(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>, version: bool) {
        match request.method {
            Method::Ack => return self.receive_ack(cx, request),
            Method::Cancel => return self.receive_cancel(cx, request),
            _ => {}
        }
        if let Some((id, server)) = self.transactions.server(request.key) {
            match server.machine {
                ServerMachine::Invite { .. } => self.repeat_response(id),
                ServerMachine::NonInvite(_) => self.reply_again(request),
            }
            return;
        }
        if !version {
            return self.reply_stateless(request, 505, |_| {});
        }
        if !self.guard(request) {
            return;
        }
        if request.essentials.to.tag().is_some() {
            if request.method == Method::Subscribe {
                return self.receive_resubscribe(cx, request);
            }
            return self.receive_within(cx, request);
        }
        match request.method {
            Method::Invite => self.receive_invite(cx, request),
            Method::Register => self.receive_register(cx, request),
            Method::Options => self.answer_options(request),
            Method::Subscribe => self.receive_subscribe(cx, request),
            Method::Bye | Method::Info | Method::Update | Method::Prack => {
                self.reply_stateless(request, 481, |_| {});
            }
            _ => self.refuse_method(request),
        }
    }

    /// What we can do, for whoever asks (RFC 3261, section 11.2).
    pub(super) fn answer_options(&mut self, request: &Request<'_, '_>) {
        let contact = self.local_for(request.source.transport, request.source.address.ip());
        self.reply_stateless(request, 200, |writer| {
            writer.name(HeaderName::Contact).put(b"<sip:").socket(contact).put(b">").end();
            writer.line(HeaderName::Allow, super::reply::ALLOW.as_bytes());
            writer.line(HeaderName::Supported, super::reply::SUPPORTED.as_bytes());
            writer.line(HeaderName::AllowEvents, super::subscribe::EVENT);
            writer.line(HeaderName::Accept, b"application/sdp");
            writer.line(HeaderName::AcceptEncoding, b"identity");
        });
    }

    /// An ACK ends a failed INVITE's transaction, or acknowledges a 2xx.
    fn receive_ack(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        if let Some((id, server)) = self.transactions.server(request.key)
            && let ServerMachine::Invite { machine, .. } = &mut server.machine
        {
            machine.acknowledged(cx.now, &self.config.timers);
            self.arm_server(id);
        }
        self.acknowledge(cx, request);
    }

    /// A CANCEL ends its INVITE if that has no final response yet (RFC 3261, section 9.2).
    fn receive_cancel(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let call = match self.transactions.server(request.key) {
            Some((_, server)) => match &server.machine {
                ServerMachine::Invite { machine, call } => machine.is_open().then_some(*call),
                ServerMachine::NonInvite(_) => return,
            },
            None => return self.reply_stateless(request, 481, |_| {}),
        };
        self.reply_stateless(request, 200, |_| {});
        let Some(call) = call else { return };
        if matches!(self.calls.get(call).map(|call| &call.state), Some(CallState::Offered(_))) {
            let cause = super::within::reason_cause(request.message);
            self.cancelled(cx, call, cause);
        }
    }

    fn receive_response(
        &mut self,
        cx: &mut Context<'_>,
        source: Peer,
        message: &Message<'_>,
        essentials: &Essentials<'_>,
        status: u16,
    ) {
        // A response whose Via is not ours, or that carries two, is not for us (18.1.2).
        let Some(branch) = our_branch(essentials.via.branch) else { return };
        if message.values(HeaderName::Via).nth(1).is_some() {
            return;
        }
        let cancel = essentials.cseq.method == Method::Cancel;
        let timers = self.config.timers;
        let Some((id, client)) = self.transactions.client(branch, cancel) else { return };
        let user = client.user;
        let news = match &mut client.machine {
            ClientMachine::Invite(_) if essentials.cseq.method != Method::Invite => return,
            ClientMachine::Invite(machine) => {
                let ack = |invite: &[u8]| make_ack(invite, essentials);
                machine.receive(cx.now, &timers, status, ack)
            }
            ClientMachine::NonInvite(machine) => {
                if machine.receive(cx.now, &timers, status) {
                    Some(Receipt::New)
                } else {
                    None
                }
            }
        };
        self.arm_client(id);
        match (user, news) {
            (_, None) => {}
            (ClientUser::Invite(..), Some(Receipt::Repeated)) => self.repeat_request(id),
            (ClientUser::Invite(call, branch), Some(Receipt::New)) => {
                if status >= 300 {
                    self.send_kept(id);
                }
                self.progress(cx, (call, branch), source, message, essentials, status);
            }
            (user, Some(_)) => self.receive_final(cx, user, message, status),
        }
    }

    /// Sends the ACK that an INVITE client transaction has just made.
    fn send_kept(&mut self, id: crate::slab::SlotId) {
        self.repeat_request(id);
        self.counters.retransmissions -= 1;
    }

    fn receive_final(
        &mut self,
        cx: &mut Context<'_>,
        user: ClientUser,
        message: &Message<'_>,
        status: u16,
    ) {
        match user {
            ClientUser::Bye(call, tried) => self.bye_answered(cx, call, tried, message, status),
            ClientUser::Info(call) => self.keys_sent(cx, call, Some(status)),
            ClientUser::Register(trunk, tried) => {
                self.registration_answered(cx, trunk, tried, message, status);
            }
            ClientUser::Qualify(trunk) => self.qualified(cx, trunk, true),
            ClientUser::Notify(id) => self.notified(id, status),
            ClientUser::Nobody | ClientUser::Invite(..) => {}
        }
    }

    /// A request of a method we do not do: 501 if we do not know it, 405 if it has no place here.
    pub(super) fn refuse_method(&mut self, request: &Request<'_, '_>) {
        let status = match request.method {
            Method::Other => 501,
            Method::Refer => 603,
            _ => 405,
        };
        self.reply_stateless(request, status, |writer| {
            writer.line(HeaderName::Allow, super::reply::ALLOW.as_bytes());
        });
    }

    pub(super) fn refuse_no_dialog(&mut self, request: &Request<'_, '_>) {
        self.distrust(request.source.address, Refusal::NoDialog);
        self.reply_stateless(request, 481, |_| {});
    }
}

/// The number in a branch that we made.
fn our_branch(branch: &[u8]) -> Option<u64> {
    let hex = branch.strip_prefix(crate::message::MAGIC_COOKIE)?;
    parse_tag(hex)
}

/// The number in a tag or branch that we made: sixteen hexadecimal digits.
pub(super) fn parse_tag(hex: &[u8]) -> Option<u64> {
    if hex.len() != 16 {
        return None;
    }
    hex.iter().try_fold(0, |n, b| Some(n << 4 | u64::from((*b as char).to_digit(16)?)))
}

/// The ACK of a failure, made of the INVITE and of the response's To (RFC 3261, 17.1.1.3).
fn make_ack(invite: &[u8], essentials: &Essentials<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let Ok(invite) = Message::parse(invite, Framing::Datagram) else { return out };
    let StartLine::Request { uri, .. } = invite.start_line() else { return out };
    let mut writer = Writer::request(&mut out, b"ACK", uri);
    for name in [HeaderName::Via, HeaderName::MaxForwards, HeaderName::Route, HeaderName::From] {
        for value in invite.lines(name).take(1) {
            writer.line(name, value);
        }
    }
    writer.line(HeaderName::To, essentials.to.raw);
    writer.line(HeaderName::CallId, essentials.call_id);
    writer.name(HeaderName::CSeq).number(u64::from(essentials.cseq.number)).put(b" ACK").end();
    writer.finish("", b"");
    out
}

//! Writing responses.

use tipring_clock::Instant;

use super::UserAgent;
use super::transactions::ServerMachine;
use crate::message::{Essentials, HeaderName, Message, Method, Via, Writer};
use crate::transaction::{Kept, NonInviteServer, Peer};
use crate::via::write_reply_via;

/// What we can do (RFC 3261, section 20.5). PRACK is not among it.
pub(super) const ALLOW: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, REGISTER, SUBSCRIBE";
/// The one extension that a peer may require (RFC 3891).
pub(super) const SUPPORTED: &str = "replaces";

/// A request that came in, parsed.
#[derive(Clone, Copy)]
pub(super) struct Request<'m, 'a> {
    pub(super) message: &'m Message<'a>,
    pub(super) essentials: Essentials<'a>,
    pub(super) method: Method,
    pub(super) uri: &'a [u8],
    /// Where it came from.
    pub(super) source: Peer,
    /// Where its responses go.
    pub(super) reply: Peer,
    /// Its transaction's key.
    pub(super) key: u128,
}

/// Writes the lines every response repeats from its request (RFC 3261, section 8.2.6.2), with our
/// tag added to To if it has none.
pub(super) fn write_reply_head(
    writer: &mut Writer<'_>,
    message: &Message<'_>,
    via: &Via<'_>,
    source: Peer,
    tag: Option<u64>,
) {
    writer.name(HeaderName::Via);
    write_reply_via(writer, via, source.address);
    writer.end();
    for value in message.values(HeaderName::Via).skip(1) {
        writer.line(HeaderName::Via, value);
    }
    for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
        let Some(value) = message.header(name) else { continue };
        writer.name(name).clean(value);
        if let (HeaderName::To, Some(tag)) = (name, tag) {
            writer.put(b";tag=").hex(tag);
        }
        writer.end();
    }
}

impl UserAgent {
    /// The tag of a response for which nothing is kept: the same each time the request comes
    /// (RFC 3261, section 8.2.7). `None` if the request names one of ours already.
    pub(super) fn reply_tag(&self, request: &Request<'_, '_>) -> Option<u64> {
        let Essentials { from, to, call_id, cseq, .. } = &request.essentials;
        if to.tag().is_some() {
            return None;
        }
        let number = cseq.number.to_be_bytes();
        Some(self.key.of(&[b"tag", call_id, from.tag().unwrap_or(b""), &number]) as u64)
    }

    fn write_reply(
        &mut self,
        request: &Request<'_, '_>,
        status: u16,
        tag: Option<u64>,
        more: impl FnOnce(&mut Writer<'_>),
    ) -> Vec<u8> {
        let mut buffer = self.take_buffer();
        let mut writer = Writer::response(&mut buffer, status, reason(status));
        let via = &request.essentials.via;
        write_reply_head(&mut writer, request.message, via, request.source, tag);
        more(&mut writer);
        writer.line(HeaderName::Server, self.config.product.as_bytes());
        writer.finish("", b"");
        buffer
    }

    /// Answers a request and keeps nothing.
    pub(super) fn reply_stateless(
        &mut self,
        request: &Request<'_, '_>,
        status: u16,
        more: impl FnOnce(&mut Writer<'_>),
    ) {
        if request.method == Method::Ack {
            return;
        }
        let tag = self.reply_tag(request);
        let bytes = self.write_reply(request, status, tag, more);
        self.transmit(request.reply, bytes);
    }

    /// Answers a request without headers of its own, and does so again if it comes again.
    pub(super) fn reply_bare(&mut self, now: Instant, request: &Request<'_, '_>, status: u16) {
        let tag = self.reply_tag(request);
        let bytes = self.write_reply(request, status, tag, |_| {});
        self.transmit(request.reply, bytes);
        let kept = Kept::Bare { status };
        self.keep_reply(now, request, kept);
    }

    /// Answers a request, and sends the same again if it comes again.
    pub(super) fn reply_whole(
        &mut self,
        now: Instant,
        request: &Request<'_, '_>,
        status: u16,
        more: impl FnOnce(&mut Writer<'_>),
    ) {
        let tag = self.reply_tag(request);
        let bytes = self.write_reply(request, status, tag, more);
        let kept = Kept::Whole(bytes.as_slice().into());
        self.transmit(request.reply, bytes);
        self.keep_reply(now, request, kept);
    }

    /// As [`UserAgent::reply_whole`], with the tag of a dialog of ours.
    pub(super) fn reply_in_dialog(
        &mut self,
        now: Instant,
        request: &Request<'_, '_>,
        status: u16,
        tag: u64,
        more: impl FnOnce(&mut Writer<'_>),
    ) {
        let tag = request.essentials.to.tag().is_none().then_some(tag);
        let bytes = self.write_reply(request, status, tag, more);
        self.keep_bytes(now, request, &bytes);
        self.transmit(request.reply, bytes);
    }

    /// Keeps a response that was written elsewhere.
    pub(super) fn keep_bytes(&mut self, now: Instant, request: &Request<'_, '_>, bytes: &[u8]) {
        self.keep_reply(now, request, Kept::Whole(bytes.into()));
    }

    fn keep_reply(&mut self, now: Instant, request: &Request<'_, '_>, kept: Kept) {
        // A stream does not repeat requests: timer J would be zero.
        if request.source.is_reliable() {
            return;
        }
        let machine = NonInviteServer::new(now, &self.config.timers, kept, false);
        // Without room the response is sent all the same; a repeated request is then done anew.
        self.begin_server(request.key, ServerMachine::NonInvite(machine));
    }

    /// A request that was answered has come again.
    pub(super) fn reply_again(&mut self, request: &Request<'_, '_>) {
        let Some((_, server)) = self.transactions.server(request.key) else { return };
        let ServerMachine::NonInvite(machine) = &server.machine else { return };
        let status = match &machine.kept {
            Kept::Bare { status } => *status,
            Kept::Whole(bytes) => {
                let mut buffer = self.spare.pop().unwrap_or_default();
                buffer.clear();
                buffer.extend_from_slice(bytes);
                self.counters.retransmissions += 1;
                self.transmit(request.reply, buffer);
                return;
            }
        };
        let tag = self.reply_tag(request);
        let bytes = self.write_reply(request, status, tag, |_| {});
        self.counters.retransmissions += 1;
        self.transmit(request.reply, bytes);
    }

    /// 503 with a time to wait (RFC 3261, section 21.5.4).
    pub(super) fn reply_overload(&mut self, request: &Request<'_, '_>) {
        self.reply_stateless(request, 503, |writer| {
            writer.line_number(HeaderName::RetryAfter, 5);
        });
    }
}

/// The reason phrases of the statuses we send (RFC 3261, section 21).
pub(super) const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        603 => "Decline",
        _ => "",
    }
}

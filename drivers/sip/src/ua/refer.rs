//! Transfers asked for by phones: REFER and its NOTIFYs (RFC 3515), with Replaces (RFC 3891) where
//! the phone has consulted (RFC 5589, sections 6 and 7).
//!
//! The box stands between the two parties, so that it carries the transfer out itself: nobody is
//! sent an INVITE with Replaces (one that comes in is `replaces`'s), and REFER is taken from phones
//! alone, within their calls.

use tipring_line::{Cause, ChannelEvent, Number};

use super::call::{CallState, Party};
use super::incoming::write_contact;
use super::reply::{Request, reason};
use super::transactions::ClientUser;
use super::{Context, UserAgent};
use crate::message::scan::trim;
use crate::message::uri_unescape;
use crate::message::{HeaderName, NameAddr, Uri};
use crate::slab::SlotId;

/// The longest `Replaces` looked at.
const REPLACES_MAX: usize = 512;

impl UserAgent {
    /// A phone asks that its other party be transferred.
    pub(super) fn receive_refer(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        request: &Request<'_, '_>,
    ) {
        let Some(call) = self.calls.get(id) else { return };
        let is_phone = matches!(call.party, Party::Extension(_));
        if !is_phone || !matches!(call.state, CallState::Established(_)) {
            return self.reply_stateless(request, 603, |_| {});
        }
        if call.refer.is_some() {
            return self.reply_stateless(request, 491, |_| {});
        }
        let target = request.message.header(HeaderName::ReferTo).and_then(refer_to);
        let Some(target) = target else {
            return self.reply_stateless(request, 400, |_| {});
        };
        let to = target.user_text().and_then(|user| user.parse::<Number>().ok());
        let Some(to) = to else { return self.reply_stateless(request, 404, |_| {}) };
        let replaces = match replaces(target.headers) {
            Some(value) => {
                let other = self.dialog_named(&value).and_then(|found| self.calls.get(found.call));
                match other.filter(|other| other.party == call.party) {
                    Some(other) => Some(other.channel),
                    None => return self.reply_stateless(request, 481, |_| {}),
                }
            }
            None => None,
        };
        let contact = self.contact_line(id);
        self.reply_whole(cx.now, request, 202, |writer| {
            writer.put(&contact);
        });
        if let Some(call) = self.calls.get_mut(id) {
            call.refer = Some(request.essentials.cseq.number);
        }
        self.notify_refer(cx, id, 100, "active;expires=180");
        self.tell_event(id, ChannelEvent::Transfer { to, consulted: replaces });
    }

    /// Tells the phone how its transfer went.
    pub(super) fn transferred(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        result: Result<(), Cause>,
    ) {
        let status = result.err().map_or(200, Cause::sip_status);
        self.notify_refer(cx, id, status, "terminated;reason=noresource");
        if let Some(call) = self.calls.get_mut(id) {
            call.refer = None;
        }
    }

    fn notify_refer(&mut self, cx: &mut Context<'_>, id: SlotId, status: u16, state: &str) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let Some(call) = self.calls.get_mut(id) else { return };
        let (Some(refer), CallState::Established(_)) = (call.refer, &call.state) else { return };
        call.dialog.local_cseq += 1;
        let (peer, cseq) = (call.dialog.peer, call.dialog.local_cseq);
        let mut writer = call.dialog.begin_request(&mut bytes, "NOTIFY", cseq, branch);
        write_contact(&mut writer, call);
        writer.line(HeaderName::Event, format!("refer;id={refer}").as_bytes());
        writer.line(HeaderName::SubscriptionState, state.as_bytes());
        writer.line(HeaderName::UserAgent, self.config.product.as_bytes());
        let body = format!("SIP/2.0 {status} {}\r\n", reason(status));
        writer.finish("message/sipfrag;version=2.0", body.as_bytes());
        // A phone that does not take it learns of the end by our BYE.
        self.begin_client(cx.now, branch, ClientUser::Nobody, peer, bytes);
    }
}

/// The URI of a Refer-To. One with headers has to stand in angle brackets (RFC 3261, section 20);
/// baresip leaves them out.
fn refer_to(value: &[u8]) -> Option<Uri<'_>> {
    match NameAddr::parse(value) {
        Ok(address) => Some(address.uri),
        Err(_) => Uri::parse(trim(value)).ok(),
    }
}

/// The `Replaces` among a URI's headers (RFC 3261, section 19.1.1), its escapes resolved.
fn replaces(headers: &[u8]) -> Option<Vec<u8>> {
    headers.split(|b| *b == b'&').find_map(|header| {
        let equals = header.iter().position(|b| *b == b'=')?;
        let is_it = header[..equals].eq_ignore_ascii_case(b"Replaces");
        is_it.then(|| uri_unescape(&header[equals + 1..]).take(REPLACES_MAX).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_with_brackets_and_without() {
        for value in [&b"<sip:8001@h?Replaces=a%3Bb>"[..], b" sip:8001@h?Replaces=a%3Bb "] {
            let uri = refer_to(value).unwrap();
            assert_eq!(uri.user_text().as_deref(), Some("8001"));
            assert_eq!(replaces(uri.headers).as_deref(), Some(&b"a;b"[..]));
        }
        assert!(refer_to(b"<sip:8001@h").is_none());
    }

    #[test]
    fn replaces_is_found_among_the_headers() {
        let value = replaces(b"Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&X=1").unwrap();
        assert_eq!(value, b"a@b;to-tag=1;from-tag=2");
        assert_eq!(replaces(b"Subject=x"), None);
        assert_eq!(replaces(b""), None);
    }
}

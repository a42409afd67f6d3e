//! What a request must not ask for (RFC 3261, sections 8.2.1 to 8.2.3).

use super::UserAgent;
use super::reply::{ALLOW, Request, SUPPORTED};
use crate::message::scan::{decimal, trim};
use crate::message::{HeaderName, Method, Scheme, Uri, Writer};

impl UserAgent {
    /// Whether the request can be taken; if not, it has been refused.
    pub(super) fn guard(&mut self, request: &Request<'_, '_>) -> bool {
        let message = request.message;
        // Whoever pings a hop sends OPTIONS with Max-Forwards 0 (section 11), so that is answered.
        let forwards = message.header(HeaderName::MaxForwards).map(decimal);
        match forwards {
            Some(None) => return self.refused(request, 400, |_| {}),
            Some(Some(0)) if request.method != Method::Options => {
                return self.refused(request, 483, |_| {});
            }
            _ => {}
        }
        match Uri::parse(request.uri) {
            Err(_) => return self.refused(request, 400, |_| {}),
            Ok(uri) if uri.scheme == Scheme::Other => {
                return self.refused(request, 416, |_| {});
            }
            Ok(_) => {}
        }
        let unknown = |option: &&[u8]| !option.eq_ignore_ascii_case(SUPPORTED.as_bytes());
        if message.values(HeaderName::Require).any(|option| unknown(&option)) {
            return self.refused(request, 420, |writer| {
                for option in message.values(HeaderName::Require).filter(unknown) {
                    writer.line(HeaderName::Unsupported, option);
                }
            });
        }
        if request.method == Method::Other || !self.body_is_known(request) {
            return request.method == Method::Other || self.refuse_body(request);
        }
        true
    }

    fn refused(
        &mut self,
        request: &Request<'_, '_>,
        status: u16,
        more: impl FnOnce(&mut Writer<'_>),
    ) -> bool {
        self.reply_stateless(request, status, |writer| {
            more(writer);
            if status == 405 {
                writer.line(HeaderName::Allow, ALLOW.as_bytes());
            }
        });
        false
    }

    /// Whether the body is one we read, or need not.
    fn body_is_known(&self, request: &Request<'_, '_>) -> bool {
        let message = request.message;
        if message.body().is_empty() || !matches!(request.method, Method::Invite | Method::Update) {
            return true;
        }
        let optional = message.header(HeaderName::ContentDisposition).is_some_and(|value| {
            value.to_ascii_lowercase().windows(17).any(|w| w == b"handling=optional")
        });
        let encoded = message
            .values(HeaderName::ContentEncoding)
            .any(|encoding| !encoding.eq_ignore_ascii_case(b"identity"));
        optional || (!encoded && session_description(message).is_some())
    }

    fn refuse_body(&mut self, request: &Request<'_, '_>) -> bool {
        self.refused(request, 415, |writer| {
            writer.line(HeaderName::Accept, b"application/sdp");
            writer.line(HeaderName::AcceptEncoding, b"identity");
        })
    }
}

/// The session description in a message's body: the body itself, or the part of a multipart body
/// that is one (RFC 5621; trunks that carry ISUP, and IMS, send such).
pub(super) fn session_description<'a>(message: &crate::message::Message<'a>) -> Option<&'a [u8]> {
    let body = message.body();
    let Some(content_type) = message.header(HeaderName::ContentType) else {
        // Without a type it is taken for what bodies nearly always are.
        return body.starts_with(b"v=0").then_some(body);
    };
    if media_type_is(content_type, b"application/sdp") {
        return Some(body);
    }
    if !media_type_is(content_type, b"multipart/mixed")
        && !media_type_is(content_type, b"multipart/alternative")
    {
        return None;
    }
    let start = content_type.iter().position(|b| *b == b';')?;
    let boundary = crate::message::Params::new(&content_type[start..]).value(b"boundary")?;
    let boundary = boundary.strip_prefix(b"\"").unwrap_or(boundary);
    let boundary = boundary.strip_suffix(b"\"").unwrap_or(boundary);
    parts(body, boundary).find_map(|part| {
        let end = part.windows(4).position(|w| w == b"\r\n\r\n")?;
        let (head, content) = (&part[..end], &part[end + 4..]);
        let is_sdp = head.split(|b| *b == b'\n').any(|line| {
            line.iter().position(|b| *b == b':').is_some_and(|colon| {
                HeaderName::of(trim(&line[..colon])) == HeaderName::ContentType
                    && media_type_is(trim(&line[colon + 1..]), b"application/sdp")
            })
        });
        is_sdp.then_some(content)
    })
}

/// The parts of a multipart body (RFC 2046, section 5.1.1).
fn parts<'a>(body: &'a [u8], boundary: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 'a {
    let delimiter = [b"--", boundary].concat();
    let mut rest = body;
    let find = move |bytes: &[u8]| {
        let long_enough = !boundary.is_empty() && bytes.len() >= delimiter.len();
        long_enough.then(|| bytes.windows(delimiter.len()).position(|w| w == delimiter)).flatten()
    };
    let skip = boundary.len() + 2;
    let mut begun = false;
    core::iter::from_fn(move || {
        if !begun {
            begun = true;
            rest = &rest[find(rest)? + skip..];
        }
        let end = find(rest)?;
        let part = &rest[..end];
        rest = &rest[end + skip..];
        Some(part)
    })
}

fn media_type_is(value: &[u8], wanted: &[u8]) -> bool {
    let end = value.iter().position(|b| *b == b';').unwrap_or(value.len());
    trim(&value[..end]).eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Framing, Message};

    fn found(content_type: &str, body: &str) -> Option<String> {
        let text = format!("INVITE sip:a@h SIP/2.0\r\nc: {content_type}\r\n\r\n{body}");
        let message = Message::parse(text.as_bytes(), Framing::Datagram).unwrap();
        session_description(&message).map(|sdp| String::from_utf8(sdp.to_vec()).unwrap())
    }

    #[test]
    fn a_description_is_found_among_parts() {
        assert_eq!(found("application/SDP ; charset=utf-8", "v=0").as_deref(), Some("v=0"));
        assert_eq!(found("application/isup", "v=0"), None);
        let body = "preamble\r\n--b1\r\nContent-Type: application/isup;version=itu-t\r\n\r\n\x01\r\n\
            --b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=x\r\n--b1--\r\n";
        let multipart = "multipart/mixed;boundary=\"b1\"";
        assert_eq!(found(multipart, body).as_deref(), Some("v=0\r\no=x\r\n"));
        assert_eq!(found("multipart/mixed;boundary=zz", body), None);
        assert_eq!(found("multipart/mixed;boundary=\"\"", body), None);
        assert_eq!(found("multipart/mixed", body), None);
    }
}

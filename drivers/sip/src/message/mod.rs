//! SIP messages: a lossless view of the bytes that came, and the writing of new ones.
//!
//! [`Message`] borrows one buffer and keeps offsets into it: every header line stays as it came,
//! known or not, and [`Message::emit`] gives the bytes back. Typed values ([`NameAddr`], [`Via`],
//! [`CSeq`], [`Uri`]) are parsed from it when wanted. RFC 3261, sections 7, 19.1, 20 and 25.
//!
//! Accepted beyond the standard, as peers send it: line breaks without CR, datagrams without
//! Content-Length (section 18.3 allows it) or with bytes after it, empty values in lists, names
//! in GBK.

mod display;
mod emit;
mod essentials;
mod header;
mod parse;
pub(crate) mod scan;
mod uri;
mod value;

use thiserror::Error;

pub use display::decode_display_name;
pub use emit::Writer;
pub use essentials::Essentials;
pub use header::{HeaderName, Method};
pub use parse::{Framing, HEADERS_MAX, MESSAGE_BYTES_MAX};
pub use uri::{Scheme, Uri};
pub(crate) use uri::{host_ip, unescape as uri_unescape};
pub(crate) use value::MAGIC_COOKIE;
pub use value::{CSeq, NameAddr, Params, Via};

use scan::Values;

/// What is wrong with bytes that claim to be SIP; fit to be a reason phrase.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("{0}")]
pub struct InvalidMessage(pub &'static str);

/// The first line of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StartLine<'a> {
    /// A request's line (RFC 3261, section 7.1).
    Request {
        /// The method.
        method: Method,
        /// The method's text.
        method_text: &'a [u8],
        /// The Request-URI, not yet parsed.
        uri: &'a [u8],
        /// Whether the version is SIP/2.0; others are answered with 505.
        version_known: bool,
    },
    /// A response's line (section 7.2).
    Status {
        /// The status code, 100–699.
        code: u16,
        /// The reason phrase.
        reason: &'a [u8],
    },
}

/// Where a header line lies in the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Field {
    name: HeaderName,
    /// The next field of the same known name, or `NONE`.
    next: u8,
    start: u16,
    name_end: u16,
    value_start: u16,
    value_end: u16,
    /// Past the line break.
    end: u16,
}

/// No field.
const NONE: u8 = u8::MAX;

/// One header line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'a> {
    /// The name it was recognised as.
    pub name: HeaderName,
    /// The name as it came.
    pub name_text: &'a [u8],
    /// The value without white space around it; a fold's line break is still in it.
    pub value: &'a [u8],
}

/// A message, borrowed from the buffer it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    bytes: &'a [u8],
    start_line: StartLine<'a>,
    start_line_raw: &'a [u8],
    fields: Vec<Field>,
    first: [u8; HeaderName::COUNT],
    body: &'a [u8],
}

impl<'a> Message<'a> {
    /// The first line.
    pub const fn start_line(&self) -> StartLine<'a> {
        self.start_line
    }

    /// The status code, if this is a response.
    pub const fn status(&self) -> Option<u16> {
        match self.start_line {
            StartLine::Status { code, .. } => Some(code),
            StartLine::Request { .. } => None,
        }
    }

    /// The body; empty if there is none.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    fn header_at(&self, field: &Field) -> Header<'a> {
        Header {
            name: field.name,
            name_text: &self.bytes[usize::from(field.start)..usize::from(field.name_end)],
            value: self.value_at(field),
        }
    }

    fn value_at(&self, field: &Field) -> &'a [u8] {
        &self.bytes[usize::from(field.value_start)..usize::from(field.value_end)]
    }

    /// Every header line in the order it came.
    pub fn headers(&self) -> impl Iterator<Item = Header<'a>> + '_ {
        self.fields.iter().map(|field| self.header_at(field))
    }

    /// The lines of a known name, in the order they came.
    pub fn lines(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> + '_ {
        let mut at = self.first[name as usize];
        core::iter::from_fn(move || {
            let field = self.fields.get(usize::from(at))?;
            at = field.next;
            Some(self.value_at(field))
        })
    }

    /// The first line of a known name.
    pub fn header(&self, name: HeaderName) -> Option<&'a [u8]> {
        self.lines(name).next()
    }

    /// The lines of a name this stack does not know, in any case.
    pub fn lines_named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'a [u8]> + 'm {
        self.headers()
            .filter(move |h| h.name_text.eq_ignore_ascii_case(name.as_bytes()))
            .map(|h| h.value)
    }

    /// The values of a name whose lines are comma-separated lists.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.lines(name).flat_map(Values::new)
    }

    /// Whether a list of tokens (Allow, Require, Supported) has this one, in any case.
    pub fn lists(&self, name: HeaderName, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Writes the message out again, byte for byte as it came, but for blank lines before it and
    /// bytes after its body.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.start_line_raw);
        for field in &self.fields {
            out.extend_from_slice(&self.bytes[usize::from(field.start)..usize::from(field.end)]);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(self.body);
    }
}

//! From bytes to a [`Message`].

use super::scan::{decimal, is_space, is_token, trim};
use super::{Field, HeaderName, InvalidMessage, Message, Method, NONE, StartLine};

/// The most header lines a message may have.
pub const HEADERS_MAX: usize = 250;
/// The most bytes a message may have: offsets are kept in 16 bits.
pub const MESSAGE_BYTES_MAX: usize = 65_535;

/// What carried the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// One message a datagram: the body ends with it, or before (RFC 3261, section 18.3).
    Datagram,
    /// A stream already cut at a message's end: Content-Length is needed, and right.
    Stream,
}

impl<'a> Message<'a> {
    /// Parses one message. Line breaks before it are skipped (RFC 3261, section 7.5).
    ///
    /// # Errors
    /// [`InvalidMessage`] if the first line, a header line or the length of the body is wrong.
    pub fn parse(bytes: &'a [u8], framing: Framing) -> Result<Self, InvalidMessage> {
        let (mut message, body_start) = Self::parse_head(bytes, parse_start_line)?;
        message.body = message.delimit_body(&bytes[body_start..], framing)?;
        Ok(message)
    }

    /// Parses a message that [`Message::parse`] refuses, as far as it must be read to say so to its
    /// sender: the body is left out, and of a wrong request line only the method is read.
    ///
    /// # Errors
    /// [`InvalidMessage`] if the first line is none of SIP's, or a header line is wrong.
    pub fn parse_headers(bytes: &'a [u8]) -> Result<Self, InvalidMessage> {
        let bytes = &bytes[..bytes.len().min(MESSAGE_BYTES_MAX)];
        Self::parse_head(bytes, parse_bad_start_line).map(|(message, _)| message)
    }

    /// The message without its body, and where that begins.
    fn parse_head(
        bytes: &'a [u8],
        parse_start_line: fn(&'a [u8]) -> Result<StartLine<'a>, InvalidMessage>,
    ) -> Result<(Self, usize), InvalidMessage> {
        let (head, start_line_raw, at) = split_start_line(bytes)?;
        let mut message = Message {
            bytes,
            start_line: parse_start_line(head)?,
            start_line_raw,
            fields: Vec::with_capacity(24),
            first: [NONE; HeaderName::COUNT],
            body: b"",
        };
        let body_start = message.parse_fields(at)?;
        Ok((message, body_start))
    }

    /// Reads the header lines that begin at `at`; returns where the body begins.
    fn parse_fields(&mut self, mut at: usize) -> Result<usize, InvalidMessage> {
        let mut last = [NONE; HeaderName::COUNT];
        loop {
            let end = line_end(self.bytes, at)
                .ok_or(InvalidMessage("the headers do not end with an empty line"))?;
            let line = &self.bytes[at..end];
            if line == b"\r\n" || line == b"\n" {
                return Ok(end);
            }
            if self.fields.len() == HEADERS_MAX {
                return Err(InvalidMessage("too many headers"));
            }
            let field = parse_field(line, at)?;
            let index = self.fields.len() as u8;
            match last[field.name as usize] {
                NONE => self.first[field.name as usize] = index,
                previous => self.fields[usize::from(previous)].next = index,
            }
            last[field.name as usize] = index;
            self.fields.push(field);
            at = end;
        }
    }

    fn delimit_body(&self, rest: &'a [u8], framing: Framing) -> Result<&'a [u8], InvalidMessage> {
        let mut lengths = self.lines(HeaderName::ContentLength).map(decimal);
        let Some(first) = lengths.next() else {
            return match framing {
                Framing::Datagram => Ok(rest),
                Framing::Stream => Err(InvalidMessage("Content-Length is missing")),
            };
        };
        let length = first.ok_or(InvalidMessage("Content-Length is not a number"))?;
        if lengths.any(|other| other != Some(length)) {
            return Err(InvalidMessage("two values of Content-Length differ"));
        }
        usize::try_from(length)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or(InvalidMessage("the body is shorter than Content-Length"))
    }
}

/// The start line without its line break, with it, and where the next line begins.
fn split_start_line(bytes: &[u8]) -> Result<(&[u8], &[u8], usize), InvalidMessage> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(InvalidMessage("the message is too long"));
    }
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let length = bytes[start..].iter().position(|b| *b == b'\n');
    let length = length.ok_or(InvalidMessage("the first line does not end"))?;
    let raw = &bytes[start..=start + length];
    let line = &raw[..length];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok((line, raw, start + length + 1))
}

fn parse_start_line(line: &[u8]) -> Result<StartLine<'_>, InvalidMessage> {
    let space = line.iter().position(|b| *b == b' ');
    let space = space.ok_or(InvalidMessage("the first line is no request and no status"))?;
    let (word, rest) = (&line[..space], &line[space + 1..]);
    if word.eq_ignore_ascii_case(b"SIP/2.0") {
        return parse_status_line(rest);
    }
    if word.is_empty() || !word.iter().all(|b| is_token(*b)) {
        return Err(InvalidMessage("the method is no token"));
    }
    let space = rest.iter().rposition(|b| *b == b' ');
    let space = space.ok_or(InvalidMessage("the request line has no version"))?;
    let (uri, version) = (&rest[..space], &rest[space + 1..]);
    if version.len() < 5 || !version[..4].eq_ignore_ascii_case(b"SIP/") {
        return Err(InvalidMessage("the request line has no version"));
    }
    if uri.is_empty() || uri.iter().any(|b| is_space(*b)) {
        return Err(InvalidMessage("the Request-URI is empty or contains blanks"));
    }
    Ok(StartLine::Request {
        method: Method::of(word),
        method_text: word,
        uri,
        version_known: version.eq_ignore_ascii_case(b"SIP/2.0"),
    })
}

/// A request line of which only the method and that it is SIP's can be told.
fn parse_bad_start_line(line: &[u8]) -> Result<StartLine<'_>, InvalidMessage> {
    parse_start_line(line).or_else(|why| {
        let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
        let word = &line[..end];
        let is_sip = line.windows(5).any(|w| w == b" SIP/");
        if word.is_empty() || !word.iter().all(|b| is_token(*b)) || !is_sip {
            return Err(why);
        }
        let method = Method::of(word);
        Ok(StartLine::Request { method, method_text: word, uri: b"", version_known: true })
    })
}

fn parse_status_line(rest: &[u8]) -> Result<StartLine<'_>, InvalidMessage> {
    let digits = rest.get(..3).and_then(decimal).filter(|code| (100..700).contains(code));
    match (digits, rest.get(3)) {
        (Some(code), None) => Ok(StartLine::Status { code: code as u16, reason: b"" }),
        (Some(code), Some(b' ')) => Ok(StartLine::Status { code: code as u16, reason: &rest[4..] }),
        _ => Err(InvalidMessage("the status code is not 100 to 699")),
    }
}

/// The end, past its line break, of the header line at `at`, folds included; the empty line that
/// ends the headers has none.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at + bytes.get(at..)?.iter().position(|b| *b == b'\n')? + 1;
    let empty = matches!(&bytes[at..end], b"\r\n" | b"\n");
    while !empty && matches!(bytes.get(end), Some(b' ' | b'\t')) {
        end += bytes[end..].iter().position(|b| *b == b'\n')? + 1;
    }
    Some(end)
}

fn parse_field(line: &[u8], at: usize) -> Result<Field, InvalidMessage> {
    let colon = line.iter().position(|b| *b == b':');
    let colon = colon.ok_or(InvalidMessage("a header line has no colon"))?;
    let name_length = line[..colon].iter().rposition(|b| !matches!(b, b' ' | b'\t'));
    let name_length = name_length.map_or(0, |last| last + 1);
    let name = &line[..name_length];
    if name.is_empty() || name.iter().any(|b| is_space(*b)) {
        return Err(InvalidMessage("a header line has no name"));
    }
    let value = trim(&line[colon + 1..]);
    let value_start = at + colon + 1 + offset_of(&line[colon + 1..], value);
    Ok(Field {
        name: HeaderName::of(name),
        next: NONE,
        start: at as u16,
        name_end: (at + name_length) as u16,
        value_start: value_start as u16,
        value_end: (value_start + value.len()) as u16,
        end: (at + line.len()) as u16,
    })
}

/// Where `trimmed`, a trimmed part of `line`, begins in it.
fn offset_of(line: &[u8], trimmed: &[u8]) -> usize {
    if trimmed.is_empty() {
        return 0;
    }
    line.iter().position(|b| !is_space(*b)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] =
        b"INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1,\r\n SIP/2.0/TCP b\r\n\
        X-Odd :\t odd \r\nVia: SIP/2.0/UDP c\r\nSubject:\r\nl: 4\r\n\r\nbodyrest";

    #[test]
    fn lines_values_and_bytes_come_back() {
        let m = Message::parse(INVITE, Framing::Datagram).unwrap();
        assert_eq!(m.values(HeaderName::Via).count(), 3);
        assert_eq!(m.lines(HeaderName::Via).count(), 2);
        assert_eq!(m.lines_named("x-odd").next(), Some(&b"odd"[..]));
        assert_eq!(m.header(HeaderName::Subject), Some(&b""[..]));
        assert_eq!(m.body(), b"body");
        let mut out = Vec::new();
        m.emit(&mut out);
        assert_eq!(out, &INVITE[..INVITE.len() - 4]);
    }

    #[test]
    fn leading_line_breaks_and_missing_length() {
        let bytes = b"\r\n\r\nSIP/2.0 200 \r\nTo: <sip:a@h>\n\nrest";
        let m = Message::parse(bytes, Framing::Datagram).unwrap();
        assert_eq!(m.status(), Some(200));
        assert_eq!(m.body(), b"rest");
        assert!(Message::parse(bytes, Framing::Stream).is_err());
    }

    #[test]
    fn what_is_no_message() {
        for bad in [
            &b""[..],
            b"\r\n\r\n",
            b"INVITE",
            b"INVITE sip:a@h\r\n\r\n",
            b"INVITE  sip:a@h SIP/2.0\r\n\r\n",
            b"INVITE sip:a b@h SIP/2.0\r\n\r\n",
            b"IN VITE sip:a@h HTTP/1.1\r\n\r\n",
            b"SIP/2.0 99 Low\r\n\r\n",
            b"SIP/2.0 4294967301 High\r\n\r\n",
            b"BYE sip:a@h SIP/2.0\r\nTo <sip:a@h>\r\n\r\n",
            b"BYE sip:a@h SIP/2.0\r\n: x\r\n\r\n",
            b"BYE sip:a@h SIP/2.0\r\nTo: <sip:a@h>\r\n",
            b"BYE sip:a@h SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\nxx",
            b"BYE sip:a@h SIP/2.0\r\nl: -5\r\n\r\nxx",
            b"BYE sip:a@h SIP/2.0\r\nl: 9999\r\n\r\nxx",
        ] {
            assert!(Message::parse(bad, Framing::Datagram).is_err(), "{}", bad.escape_ascii());
        }
        let many = format!("BYE sip:a@h SIP/2.0\r\n{}\r\n", "A: b\r\n".repeat(HEADERS_MAX + 1));
        assert!(Message::parse(many.as_bytes(), Framing::Datagram).is_err());
        let long = vec![b'a'; MESSAGE_BYTES_MAX + 1];
        assert!(Message::parse(&long, Framing::Datagram).is_err());
    }
}

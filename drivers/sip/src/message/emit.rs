//! Writing messages into a buffer.

use std::io::Write as _;
use std::net::SocketAddr;

use super::HeaderName;
use super::scan::is_space;

/// Writes one message. The order of calls is the order of lines; [`Writer::finish`] ends it.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> Writer<'b> {
    /// Begins a request.
    pub fn request(out: &'b mut Vec<u8>, method: &[u8], uri: &[u8]) -> Self {
        out.clear();
        let mut writer = Writer { out };
        writer.put(method).put(b" ").put(uri).put(b" SIP/2.0\r\n");
        writer
    }

    /// Begins a response.
    pub fn response(out: &'b mut Vec<u8>, status: u16, reason: &str) -> Self {
        out.clear();
        let mut writer = Writer { out };
        writer.put(b"SIP/2.0 ").number(u64::from(status)).put(b" ").clean(reason.as_bytes());
        writer.put(b"\r\n");
        writer
    }

    /// Begins some lines that will be put into messages later.
    pub fn lines(out: &'b mut Vec<u8>) -> Self {
        Writer { out }
    }

    /// Puts bytes as they are. They must not break the line.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// Puts bytes of a peer: line breaks of folds become spaces, so nothing of theirs can begin a
    /// line of ours.
    pub fn clean(&mut self, bytes: &[u8]) -> &mut Self {
        if bytes.iter().any(|b| matches!(b, b'\r' | b'\n')) {
            self.out.extend(bytes.iter().map(|b| if is_space(*b) { b' ' } else { *b }));
            return self;
        }
        self.put(bytes)
    }

    /// Puts a decimal number.
    pub fn number(&mut self, n: u64) -> &mut Self {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        let mut rest = n;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.put(&digits[at..])
    }

    /// Puts a number in sixteen hexadecimal digits.
    pub fn hex(&mut self, n: u64) -> &mut Self {
        let digits: [u8; 16] =
            core::array::from_fn(|i| b"0123456789abcdef"[(n >> (60 - 4 * i) & 15) as usize]);
        self.put(&digits)
    }

    /// Puts `address:port`, IPv6 in brackets.
    pub fn socket(&mut self, address: SocketAddr) -> &mut Self {
        // Writing to a Vec cannot fail.
        let _ = match address {
            SocketAddr::V4(v4) => write!(self.out, "{v4}"),
            SocketAddr::V6(v6) => write!(self.out, "[{}]:{}", v6.ip(), v6.port()),
        };
        self
    }

    /// Begins a line; end it with [`Writer::end`].
    pub fn name(&mut self, name: HeaderName) -> &mut Self {
        self.put(name.as_str().as_bytes()).put(b": ")
    }

    /// Ends the line.
    pub fn end(&mut self) -> &mut Self {
        self.put(b"\r\n")
    }

    /// A whole line with a peer's value.
    pub fn line(&mut self, name: HeaderName, value: &[u8]) -> &mut Self {
        self.name(name).clean(value).end()
    }

    /// A whole line with a number.
    pub fn line_number(&mut self, name: HeaderName, n: u64) -> &mut Self {
        self.name(name).number(n).end()
    }

    /// Ends the message with a body of this type; an empty body has none.
    pub fn finish(&mut self, content_type: &str, body: &[u8]) {
        if !body.is_empty() {
            self.line(HeaderName::ContentType, content_type.as_bytes());
        }
        self.line_number(HeaderName::ContentLength, body.len() as u64);
        self.end().put(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_cannot_add_lines() {
        let mut out = Vec::new();
        let mut w = Writer::response(&mut out, 200, "OK");
        w.line(HeaderName::To, b"<sip:a@h>\r\nEvil: yes\n x").finish("", b"");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "SIP/2.0 200 OK\r\nTo: <sip:a@h>  Evil: yes  x\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn numbers_and_addresses() {
        let mut out = Vec::new();
        Writer { out: &mut out }.number(0).put(b" ").number(u64::MAX).put(b" ").hex(0xab);
        assert_eq!(out, b"0 18446744073709551615 00000000000000ab");
        out.clear();
        Writer { out: &mut out }.socket("[2001:db8::1]:5060".parse().unwrap());
        assert_eq!(out, b"[2001:db8::1]:5060");
    }
}

//! Messages out of a byte stream (RFC 3261, section 18.3; keep-alives of RFC 5626, section 4.4.1).

use crate::message::scan::{decimal, trim};
use crate::message::{HeaderName, InvalidMessage};

/// What comes next in a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// Nothing whole yet.
    Partial,
    /// A double line break: answer with a single one.
    Ping,
    /// A message in the next so many bytes.
    Message(usize),
}

/// Cuts a stream into messages. It keeps at most one message and one read of bytes.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buffer: Vec<u8>,
    taken: usize,
    /// How far the end of the headers was looked for.
    searched: usize,
}

impl StreamFramer {
    /// Adds bytes that came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// What comes next; [`StreamFramer::take`] takes it.
    ///
    /// # Errors
    /// [`InvalidMessage`] if the stream can never be framed again: close it. A message of more
    /// than `bytes_max` is such a one.
    pub fn next_frame(&mut self, bytes_max: usize) -> Result<Frame, InvalidMessage> {
        loop {
            match &self.buffer[self.taken..] {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.taken += 4;
                    return Ok(Frame::Ping);
                }
                [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Ok(Frame::Partial),
                [b'\r' | b'\n', ..] => self.taken += 1,
                _ => break,
            }
        }
        let rest = &self.buffer[self.taken..];
        let from = self.searched.saturating_sub(3).min(rest.len());
        let Some(end) = headers_end(rest, from) else {
            self.searched = rest.len();
            return if rest.len() > bytes_max { Err(TOO_LONG) } else { Ok(Frame::Partial) };
        };
        let length = content_length(&rest[..end])?;
        let total = end.checked_add(length).filter(|n| *n <= bytes_max).ok_or(TOO_LONG)?;
        Ok(if rest.len() < total { Frame::Partial } else { Frame::Message(total) })
    }

    /// Takes the message of `length` bytes that [`StreamFramer::next_frame`] has told of.
    pub fn take(&mut self, length: usize) -> &[u8] {
        let start = self.taken;
        self.taken = (start + length).min(self.buffer.len());
        self.searched = 0;
        &self.buffer[start..self.taken]
    }
}

const TOO_LONG: InvalidMessage = InvalidMessage("a message in a stream is too long");

/// Where the body begins.
fn headers_end(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].windows(4).position(|w| w == b"\r\n\r\n").map(|at| from + at + 4)
}

fn content_length(head: &[u8]) -> Result<usize, InvalidMessage> {
    for line in head.split(|b| *b == b'\n') {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        if HeaderName::of(trim(&line[..colon])) == HeaderName::ContentLength {
            return decimal(trim(&line[colon + 1..]))
                .and_then(|n| usize::try_from(n).ok())
                .ok_or(InvalidMessage("Content-Length is not a number"));
        }
    }
    Err(InvalidMessage("a message in a stream has no Content-Length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"\r\n\r\nBYE sip:a SIP/2.0\r\nl: 3\r\n\r\nabcSIP/2.0 200 OK\r\nContent-Length : 0\r\n\r\n";

    #[test]
    fn messages_come_out_whole_however_the_bytes_come_in() {
        for chunk in 1..TWO.len() {
            let mut framer = StreamFramer::default();
            let mut messages = Vec::new();
            let mut pings = 0;
            for bytes in TWO.chunks(chunk) {
                framer.push(bytes);
                loop {
                    match framer.next_frame(1000).unwrap() {
                        Frame::Partial => break,
                        Frame::Ping => pings += 1,
                        Frame::Message(n) => messages.push(framer.take(n).to_vec()),
                    }
                }
            }
            assert_eq!((messages.len(), pings), (2, 1), "{chunk}");
            assert!(messages[0].ends_with(b"\r\n\r\nabc"));
            assert!(messages[1].starts_with(b"SIP/2.0 200"));
        }
    }

    #[test]
    fn what_cannot_be_framed() {
        for bad in [
            &b"BYE sip:a SIP/2.0\r\n\r\n"[..],
            b"BYE sip:a SIP/2.0\r\nl: x\r\n\r\n",
            b"BYE sip:a SIP/2.0\r\nl: 99999999999999999999\r\n\r\n",
            b"BYE sip:a SIP/2.0\r\nl: 18446744073709551615\r\n\r\n",
        ] {
            let mut framer = StreamFramer::default();
            framer.push(bad);
            assert!(framer.next_frame(1000).is_err());
        }
        let mut framer = StreamFramer::default();
        framer.push(&[b'a'; 1001]);
        assert!(framer.next_frame(1000).is_err());
    }
}

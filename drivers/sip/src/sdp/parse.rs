//! Reading a session description.

use std::net::IpAddr;

use crate::message::InvalidMessage;
use crate::message::scan::{decimal, trim};

/// The most media lines read.
const MEDIA_MAX: usize = 16;

/// Which way audio flows, seen from whoever wrote it (RFC 4566, section 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// From the writer only.
    SendOnly,
    /// To the writer only.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    /// The direction of this much sending and receiving.
    pub const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// Whether the writer sends.
    pub const fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the writer receives.
    pub const fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The attribute's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    fn from_attribute(name: &[u8]) -> Option<Self> {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| direction.as_str().as_bytes() == name)
    }
}

/// A session description, borrowed from a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sdp<'a> {
    /// The value of `o=`.
    pub origin: &'a [u8],
    /// Every media line, in order.
    pub media: Vec<MediaLine<'a>>,
}

/// One media line with the lines that belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MediaLine<'a> {
    /// `audio`, `video`, `image` …
    pub kind: &'a [u8],
    /// The port; 0 if the stream is refused or ended.
    pub port: u16,
    /// The protocol, such as `RTP/AVP`.
    pub protocol: &'a [u8],
    /// The formats, parted by blanks.
    pub formats: &'a [u8],
    /// The address of the stream's `c=`, or the session's; `None` if it is a name.
    pub address: Option<IpAddr>,
    /// The stream's direction, or the session's.
    pub direction: Direction,
    /// The lines after `m=`, as they came.
    lines: &'a [u8],
}

impl<'a> Sdp<'a> {
    /// Parses a body.
    ///
    /// # Errors
    /// [`InvalidMessage`] if it does not begin with `v=0`, lacks `o=`, or a line or address is
    /// none.
    pub fn parse(body: &'a [u8]) -> Result<Self, InvalidMessage> {
        let mut sdp = Sdp { origin: b"", media: Vec::new() };
        let (mut address, mut direction) = (None, Direction::SendRecv);
        let mut rest = body;
        let mut first = true;
        while let Some((letter, value, after)) = next_line(rest)? {
            if first && (letter, value) != (b'v', b"0") {
                return Err(InvalidMessage("the session description does not begin with v=0"));
            }
            first = false;
            rest = after;
            match (letter, sdp.media.last_mut()) {
                (b'o', None) => sdp.origin = value,
                (b'c', None) => address = connection_address(value)?,
                (b'a', None) => direction = Direction::from_attribute(value).unwrap_or(direction),
                (b'm', _) => {
                    if sdp.media.len() == MEDIA_MAX {
                        return Err(InvalidMessage("too many media lines"));
                    }
                    sdp.media.push(parse_media(value, address, direction, after)?);
                }
                (b'c', Some(media)) => media.address = connection_address(value)?,
                (b'a', Some(media)) => {
                    media.direction = Direction::from_attribute(value).unwrap_or(media.direction);
                }
                _ => {}
            }
        }
        if sdp.origin.is_empty() {
            return Err(InvalidMessage("the session description has no origin"));
        }
        Ok(sdp)
    }
}

impl<'a> MediaLine<'a> {
    /// The values of the stream's attributes with this name; empty for a flag.
    pub fn attributes<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'a [u8]> + 'm {
        let mut rest = self.lines;
        core::iter::from_fn(move || {
            let (letter, value, after) = next_line(rest).ok()??;
            rest = after;
            (letter != b'm').then_some((letter, value))
        })
        .filter(|(letter, _)| *letter == b'a')
        .filter_map(move |(_, value)| match value.strip_prefix(name.as_bytes())? {
            [b':', value @ ..] => Some(trim(value)),
            [] => Some(&b""[..]),
            _ => None,
        })
    }

    /// The payload type that is mapped to this encoding, such as `telephone-event/8000`.
    pub fn payload_of(&self, encoding: &str) -> Option<u8> {
        self.attributes("rtpmap").find_map(|value| {
            let space = value.iter().position(|b| *b == b' ')?;
            let (number, name) = (&value[..space], trim(&value[space..]));
            let name = name.strip_suffix(b"/1").unwrap_or(name);
            let payload =
                decimal(number).and_then(|n| u8::try_from(n).ok()).filter(|n| *n < 128)?;
            (name.eq_ignore_ascii_case(encoding.as_bytes()) && self.has_format(number))
                .then_some(payload)
        })
    }

    /// Whether the line lists this format.
    pub fn has_format(&self, format: &[u8]) -> bool {
        self.formats.split(|b| *b == b' ').any(|f| f == format)
    }

    /// Payload types in the writer's order of preference.
    pub fn payloads(&self) -> impl Iterator<Item = u8> + use<'a> {
        let numbers = self.formats.split(|b| *b == b' ');
        numbers.filter_map(|f| decimal(f).and_then(|n| u8::try_from(n).ok()))
    }
}

/// A line's letter, its value, and what follows the line.
type Line<'a> = (u8, &'a [u8], &'a [u8]);

/// The first line that is not empty.
fn next_line(rest: &[u8]) -> Result<Option<Line<'_>>, InvalidMessage> {
    let start = rest.iter().position(|b| !matches!(b, b'\r' | b'\n'));
    let Some(start) = start else { return Ok(None) };
    let rest = &rest[start..];
    let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
    match &rest[..end] {
        [letter, b'=', value @ ..] => Ok(Some((*letter, trim(value), &rest[end..]))),
        _ => Err(InvalidMessage("a line of the session description is not letter=value")),
    }
}

fn parse_media<'a>(
    value: &'a [u8],
    address: Option<IpAddr>,
    direction: Direction,
    lines: &'a [u8],
) -> Result<MediaLine<'a>, InvalidMessage> {
    const BAD: InvalidMessage = InvalidMessage("a media line is not kind port protocol formats");
    let mut parts = value.splitn(4, |b| *b == b' ');
    let kind = parts.next().ok_or(BAD)?;
    let port = parts.next().ok_or(BAD)?;
    let port = port.split(|b| *b == b'/').next().unwrap_or(b"");
    let port = decimal(port).and_then(|n| u16::try_from(n).ok()).ok_or(BAD)?;
    let protocol = parts.next().ok_or(BAD)?;
    let formats = parts.next().unwrap_or(b"");
    Ok(MediaLine { kind, port, protocol, formats, address, direction, lines })
}

/// The address of `c=IN IP4 192.0.2.1[/ttl]`; `None` if it is a name.
fn connection_address(value: &[u8]) -> Result<Option<IpAddr>, InvalidMessage> {
    let mut parts = value.split(|b| *b == b' ').filter(|part| !part.is_empty());
    let (Some(b"IN"), Some(b"IP4" | b"IP6"), Some(address)) =
        (parts.next(), parts.next(), parts.next())
    else {
        return Err(InvalidMessage("a connection line is not IN IP4 or IP6 address"));
    };
    let address = address.split(|b| *b == b'/').next().unwrap_or(b"");
    Ok(core::str::from_utf8(address).ok().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_session_and_stream() {
        let body = b"v=0\r\no=- 1 2 IN IP4 h\r\ns= \r\nc=IN IP4 192.0.2.9\r\na=sendonly\r\n\
            m=audio 4000/2 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\n\
            m=video 0 RTP/AVP 99\r\nc=IN IP6 2001:db8::1\r\na=inactive\r\na=rtpmap:101 x/1\r\n";
        let sdp = Sdp::parse(body).unwrap();
        let [audio, video] = &sdp.media[..] else { panic!() };
        assert_eq!((audio.port, audio.direction), (4000, Direction::SendOnly));
        assert_eq!(audio.address, Some("192.0.2.9".parse().unwrap()));
        assert_eq!(audio.payload_of("Telephone-Event/8000"), Some(101));
        assert_eq!(audio.attributes("rtcp-mux").count(), 1);
        assert_eq!(audio.attributes("rtcp").count(), 0);
        assert_eq!(video.address, Some("2001:db8::1".parse().unwrap()));
        assert_eq!((video.direction, video.payload_of("x/1")), (Direction::Inactive, None));
    }

    #[test]
    fn what_is_no_description() {
        for bad in [
            "",
            "hello",
            "o=x\r\nv=0",
            "v=1\r\no=x",
            "v=0\r\n",
            "v=0\r\no=x\r\nm=audio\r\n",
            "v=0\r\no=x\r\nm=audio 70000 RTP/AVP 0",
            "v=0\r\no=x\r\nc=ATM x\r\n",
        ] {
            assert!(Sdp::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let many = format!("v=0\r\no=x\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(17));
        assert!(Sdp::parse(many.as_bytes()).is_err());
    }
}

//! What every message must have, made typed at once.

use super::{CSeq, HeaderName, InvalidMessage, Message, NameAddr, StartLine, Via};

/// The mandatory headers of a message (RFC 3261, section 8.1.1), parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Essentials<'a> {
    /// The topmost Via.
    pub via: Via<'a>,
    /// From.
    pub from: NameAddr<'a>,
    /// To.
    pub to: NameAddr<'a>,
    /// Call-ID.
    pub call_id: &'a [u8],
    /// CSeq.
    pub cseq: CSeq<'a>,
}

impl<'a> Essentials<'a> {
    /// Parses them, each of which must stand there once.
    ///
    /// # Errors
    /// [`InvalidMessage`] if one is missing, doubled or no such value, or if CSeq's method is not
    /// the request's.
    pub fn of(message: &Message<'a>) -> Result<Self, InvalidMessage> {
        let via = message
            .values(HeaderName::Via)
            .next()
            .ok_or(InvalidMessage("Via is missing"))
            .and_then(Via::parse)?;
        let from = single(message, HeaderName::From, "From is missing or doubled")?;
        let to = single(message, HeaderName::To, "To is missing or doubled")?;
        let call_id = single(message, HeaderName::CallId, "Call-ID is missing or doubled")?;
        let cseq = single(message, HeaderName::CSeq, "CSeq is missing or doubled")?;
        let cseq = CSeq::parse(cseq)?;
        if call_id.is_empty() || call_id.iter().any(|b| *b <= b' ') {
            return Err(InvalidMessage("Call-ID is empty or contains blanks"));
        }
        if let StartLine::Request { method_text, .. } = message.start_line()
            && method_text != cseq.method_text
        {
            return Err(InvalidMessage("CSeq names another method"));
        }
        Ok(Essentials {
            via,
            from: NameAddr::parse(from)?,
            to: NameAddr::parse(to)?,
            call_id,
            cseq,
        })
    }
}

fn single<'a>(
    message: &Message<'a>,
    name: HeaderName,
    why: &'static str,
) -> Result<&'a [u8], InvalidMessage> {
    let mut lines = message.lines(name);
    match (lines.next(), lines.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(InvalidMessage(why)),
    }
}

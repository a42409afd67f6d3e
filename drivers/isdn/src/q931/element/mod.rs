//! Information elements (Q.931, 4.5): each read from its contents and written into a message.

mod bearer;
mod cause;
mod channel;
mod date_time;
mod display;
mod group;
mod number;
mod single;

use arrayvec::ArrayVec;
use thiserror::Error;
use tipring_line::Notice;

use super::raw::RawElement;
pub use bearer::{BearerCapability, Transfer, UserLayer1};
pub use cause::{CauseElement, Location};
pub use channel::{ChannelIdentification, ChannelSelection};
pub use date_time::DateTime;
pub use display::{decode_text, encode_text};
pub use number::{NumberType, NumberingPlan, PartyNumber, RedirectionReason, Screening, Shown};
pub use single::{ProgressDescription, ProgressIndicator, RestartClass};

/// Why an element's contents cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ElementError {
    /// It ends too early.
    #[error("the element is too short")]
    Short,
    /// It has a value that is not defined, or not for a primary rate access.
    #[error("the element has a value that means nothing here")]
    Value,
}

/// The octets of one element: a shift, identifier, length and up to 255 octets of contents.
pub type ElementOctets = ArrayVec<u8, 258>;

/// Codes of the elements of codeset 0 (4.5.1, table 4-3).
pub mod id {
    #![allow(missing_docs, reason = "the names are the standard's")]
    pub const BEARER_CAPABILITY: u8 = 0x04;
    pub const CAUSE: u8 = 0x08;
    pub const CALL_STATE: u8 = 0x14;
    pub const CHANNEL_IDENTIFICATION: u8 = 0x18;
    pub const FACILITY: u8 = 0x1C;
    pub const PROGRESS_INDICATOR: u8 = 0x1E;
    pub const NOTIFICATION_INDICATOR: u8 = 0x27;
    pub const DISPLAY: u8 = 0x28;
    pub const DATE_TIME: u8 = 0x29;
    pub const KEYPAD_FACILITY: u8 = 0x2C;
    pub const SIGNAL: u8 = 0x34;
    pub const CONNECTED_NUMBER: u8 = 0x4C;
    pub const CALLING_NUMBER: u8 = 0x6C;
    pub const CALLED_NUMBER: u8 = 0x70;
    pub const ORIGINAL_CALLED_NUMBER: u8 = 0x73;
    pub const REDIRECTING_NUMBER: u8 = 0x74;
    pub const RESTART_INDICATOR: u8 = 0x79;
    pub const HIGH_LAYER_COMPATIBILITY: u8 = 0x7D;
    pub const USER_USER: u8 = 0x7E;
    pub const SENDING_COMPLETE: u8 = 0xA1;
}

/// An element that means something to us, or one kept as it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element<'a> {
    /// What is to be carried.
    BearerCapability(BearerCapability),
    /// Why.
    Cause(CauseElement<'a>),
    /// The number of the call's state.
    CallState(u8),
    /// Which B-channel.
    ChannelIdentification(ChannelIdentification),
    /// A supplementary service's components, passed through.
    Facility(&'a [u8]),
    /// What happens on the way.
    ProgressIndicator(ProgressIndicator),
    /// What the other party does.
    Notification(Notice),
    /// Text to show, as octets; see [`decode_text`].
    Display(&'a [u8]),
    /// The exchange's clock.
    DateTime(DateTime),
    /// Keys, IA5.
    Keypad(&'a [u8]),
    /// Which tone the exchange sends, or ringing pattern (Q.931, table 4-27).
    Signal(u8),
    /// Who answered.
    ConnectedNumber(PartyNumber<'a>),
    /// Who calls.
    CallingNumber(PartyNumber<'a>),
    /// Who is called.
    CalledNumber(PartyNumber<'a>),
    /// Who was called before the first diversion (Q.952).
    OriginalCalledNumber(PartyNumber<'a>),
    /// Who diverted the call.
    RedirectingNumber(PartyNumber<'a>),
    /// What is to be restarted.
    Restart(RestartClass),
    /// All digits have been sent.
    SendingComplete,
    /// Any other, as it came.
    Unknown(RawElement<'a>),
}

impl<'a> Element<'a> {
    /// Reads an element. One of another codeset or with an unknown code is kept as it came.
    ///
    /// # Errors
    /// [`ElementError`] if the code is known and the contents are not what belongs to it.
    pub fn read(raw: RawElement<'a>) -> Result<Self, ElementError> {
        if raw.codeset != 0 {
            return Ok(Element::Unknown(raw));
        }
        let Some(content) = raw.content else {
            let complete = raw.id == id::SENDING_COMPLETE;
            return Ok(if complete { Element::SendingComplete } else { Element::Unknown(raw) });
        };
        Ok(match raw.id {
            id::BEARER_CAPABILITY => Element::BearerCapability(BearerCapability::parse(content)?),
            id::CAUSE => Element::Cause(CauseElement::parse(content)?),
            id::CALL_STATE => {
                Element::CallState(content.first().ok_or(ElementError::Short)? & 0x3F)
            }
            id::CHANNEL_IDENTIFICATION => {
                Element::ChannelIdentification(ChannelIdentification::parse(content)?)
            }
            id::FACILITY => Element::Facility(content),
            id::PROGRESS_INDICATOR => {
                Element::ProgressIndicator(ProgressIndicator::parse(content)?)
            }
            id::NOTIFICATION_INDICATOR => Element::Notification(single::parse_notice(content)?),
            id::DISPLAY => Element::Display(content),
            id::DATE_TIME => Element::DateTime(DateTime::parse(content)?),
            id::KEYPAD_FACILITY => Element::Keypad(content),
            id::SIGNAL => Element::Signal(*content.first().ok_or(ElementError::Short)?),
            id::CONNECTED_NUMBER => Element::ConnectedNumber(PartyNumber::parse(content)?),
            id::CALLING_NUMBER => Element::CallingNumber(PartyNumber::parse(content)?),
            id::CALLED_NUMBER => Element::CalledNumber(PartyNumber::parse(content)?),
            id::ORIGINAL_CALLED_NUMBER => {
                Element::OriginalCalledNumber(PartyNumber::parse(content)?)
            }
            id::REDIRECTING_NUMBER => Element::RedirectingNumber(PartyNumber::parse(content)?),
            id::RESTART_INDICATOR => Element::Restart(RestartClass::parse(content)?),
            _ => Element::Unknown(raw),
        })
    }

    /// The code under which it is written in its codeset.
    pub const fn id(&self) -> u8 {
        match self {
            Element::BearerCapability(_) => id::BEARER_CAPABILITY,
            Element::Cause(_) => id::CAUSE,
            Element::CallState(_) => id::CALL_STATE,
            Element::ChannelIdentification(_) => id::CHANNEL_IDENTIFICATION,
            Element::Facility(_) => id::FACILITY,
            Element::ProgressIndicator(_) => id::PROGRESS_INDICATOR,
            Element::Notification(_) => id::NOTIFICATION_INDICATOR,
            Element::Display(_) => id::DISPLAY,
            Element::DateTime(_) => id::DATE_TIME,
            Element::Keypad(_) => id::KEYPAD_FACILITY,
            Element::Signal(_) => id::SIGNAL,
            Element::ConnectedNumber(_) => id::CONNECTED_NUMBER,
            Element::CallingNumber(_) => id::CALLING_NUMBER,
            Element::CalledNumber(_) => id::CALLED_NUMBER,
            Element::OriginalCalledNumber(_) => id::ORIGINAL_CALLED_NUMBER,
            Element::RedirectingNumber(_) => id::REDIRECTING_NUMBER,
            Element::Restart(_) => id::RESTART_INDICATOR,
            Element::SendingComplete => id::SENDING_COMPLETE,
            Element::Unknown(raw) => raw.id,
        }
    }

    /// Writes the element, with a non-locking shift before it if it is of another codeset.
    pub fn write(&self) -> ElementOctets {
        let mut out = ElementOctets::new();
        if let Element::Unknown(raw) = self
            && raw.codeset != 0
        {
            out.push(0x98 | raw.codeset & 7);
        }
        out.push(self.id());
        if matches!(
            self,
            Element::SendingComplete | Element::Unknown(RawElement { content: None, .. })
        ) {
            return out;
        }
        let length_at = out.len();
        out.push(0);
        self.write_content(&mut out);
        out[length_at] = u8::try_from(out.len() - length_at - 1).unwrap_or(u8::MAX);
        out
    }

    fn write_content(&self, out: &mut ElementOctets) {
        match self {
            Element::BearerCapability(bearer) => bearer.emit(out),
            Element::Cause(cause) => cause.emit(out),
            Element::CallState(state) => out.push(state & 0x3F),
            Element::ChannelIdentification(channel) => channel.emit(out),
            Element::ProgressIndicator(progress) => progress.emit(out),
            Element::Notification(notice) => single::emit_notice(*notice, out),
            Element::DateTime(time) => time.emit(out),
            Element::Signal(signal) => out.push(*signal),
            Element::ConnectedNumber(number)
            | Element::CallingNumber(number)
            | Element::CalledNumber(number)
            | Element::OriginalCalledNumber(number)
            | Element::RedirectingNumber(number) => number.emit(out),
            Element::Restart(class) => class.emit(out),
            Element::Facility(octets) | Element::Display(octets) | Element::Keypad(octets) => {
                put(out, octets);
            }
            Element::Unknown(raw) => put(out, raw.content.unwrap_or_default()),
            Element::SendingComplete => {}
        }
    }
}

/// Appends as much of the octets as there is room for.
fn put(out: &mut ElementOctets, octets: &[u8]) {
    let room = octets.len().min(out.remaining_capacity());
    out.extend(octets[..room].iter().copied());
}

#[cfg(test)]
mod tests {
    use super::super::raw::RawElements;
    use super::*;

    fn round_trip(octets: &[u8]) -> Element<'_> {
        let raw = RawElements::new(octets).next().unwrap().unwrap();
        let element = Element::read(raw).unwrap();
        assert_eq!(element.write().as_slice(), octets, "{element:?}");
        element
    }

    #[test]
    fn elements_nobody_knows_are_kept() {
        for octets in [&[0x01, 2, 7, 8][..], &[0x9D, 0x32, 1, 0x81], &[0xA0], &[0x7E, 1, 4]] {
            assert!(matches!(round_trip(octets), Element::Unknown(_)));
        }
    }

    #[test]
    fn simple_elements_come_back() {
        assert_eq!(round_trip(&[0xA1]), Element::SendingComplete);
        assert_eq!(round_trip(&[0x14, 1, 10]), Element::CallState(10));
        assert_eq!(round_trip(&[0x34, 1, 0x3F]), Element::Signal(0x3F));
        assert_eq!(round_trip(&[0x2C, 2, b'1', b'2']), Element::Keypad(b"12"));
        assert_eq!(round_trip(&[0x1C, 2, 0x91, 0xA1]), Element::Facility(&[0x91, 0xA1]));
    }

    #[test]
    fn empty_contents_are_an_error_where_something_must_be() {
        for id in [0x04, 0x08, 0x14, 0x18, 0x1E, 0x27, 0x29, 0x34, 0x4C, 0x6C, 0x70, 0x74, 0x79] {
            let raw = RawElement { codeset: 0, id, content: Some(&[]) };
            assert_eq!(Element::read(raw), Err(ElementError::Short), "{id:#x}");
        }
    }
}

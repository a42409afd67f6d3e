//! Messages (Q.931, 4.1–4.4): a header read into a [`Message`], its elements read one by one.

use arrayvec::ArrayVec;
use thiserror::Error;

use super::element::Element;
use super::raw::{RawElement, RawElements};
use crate::q921::INFO_MAX;

/// The octets of one message.
pub type MessageOctets = ArrayVec<u8, INFO_MAX>;

/// The protocol discriminator of user-network call control (4.2).
pub const PROTOCOL_DISCRIMINATOR: u8 = 0x08;

macro_rules! message_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Message types (4.4, table 4-2).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum MessageType {
            $($(#[$doc])* $name,)*
            /// One that nobody has defined, or that has no place on a primary rate access.
            Unknown(u8),
        }

        impl MessageType {
            /// Every type that has a name.
            pub const ALL: &'static [MessageType] = &[$(MessageType::$name),*];

            /// The type of this code.
            pub const fn from_code(code: u8) -> Self {
                match code { $($code => MessageType::$name,)* code => MessageType::Unknown(code) }
            }

            /// Its code.
            pub const fn code(self) -> u8 {
                match self { $(MessageType::$name => $code,)* MessageType::Unknown(code) => code }
            }

            /// Its name, as the standard writes it.
            pub const fn name(self) -> &'static str {
                match self { $(MessageType::$name => $text,)* MessageType::Unknown(_) => "?" }
            }
        }
    };
}

message_types! {
    /// The called party is rung.
    Alerting = 0x01, "ALERTING";
    /// The number is complete, the call is on its way.
    CallProceeding = 0x02, "CALL PROCEEDING";
    /// Something on the way: interworking, tones in the channel.
    Progress = 0x03, "PROGRESS";
    /// A call begins.
    Setup = 0x05, "SETUP";
    /// The called party has answered.
    Connect = 0x07, "CONNECT";
    /// More digits are wanted.
    SetupAcknowledge = 0x0D, "SETUP ACKNOWLEDGE";
    /// The answer has arrived.
    ConnectAcknowledge = 0x0F, "CONNECT ACKNOWLEDGE";
    /// Information between users.
    UserInformation = 0x20, "USER INFORMATION";
    /// Suspension refused.
    SuspendReject = 0x21, "SUSPEND REJECT";
    /// Resumption refused.
    ResumeReject = 0x22, "RESUME REJECT";
    /// Hold asked for (Q.932).
    Hold = 0x24, "HOLD";
    /// Suspension asked for.
    Suspend = 0x25, "SUSPEND";
    /// Resumption asked for.
    Resume = 0x26, "RESUME";
    /// Held (Q.932).
    HoldAcknowledge = 0x28, "HOLD ACKNOWLEDGE";
    /// Suspended.
    SuspendAcknowledge = 0x2D, "SUSPEND ACKNOWLEDGE";
    /// Resumed.
    ResumeAcknowledge = 0x2E, "RESUME ACKNOWLEDGE";
    /// Hold refused (Q.932).
    HoldReject = 0x30, "HOLD REJECT";
    /// Retrieval asked for (Q.932).
    Retrieve = 0x31, "RETRIEVE";
    /// Retrieved (Q.932).
    RetrieveAcknowledge = 0x33, "RETRIEVE ACKNOWLEDGE";
    /// Retrieval refused (Q.932).
    RetrieveReject = 0x37, "RETRIEVE REJECT";
    /// A side wants to end the call.
    Disconnect = 0x45, "DISCONNECT";
    /// Channels shall become idle.
    Restart = 0x46, "RESTART";
    /// The channel is free, the reference soon.
    Release = 0x4D, "RELEASE";
    /// The channels are idle.
    RestartAcknowledge = 0x4E, "RESTART ACKNOWLEDGE";
    /// Channel and reference are free.
    ReleaseComplete = 0x5A, "RELEASE COMPLETE";
    /// A part of a long message.
    Segment = 0x60, "SEGMENT";
    /// A supplementary service.
    Facility = 0x62, "FACILITY";
    /// A supplementary service outside calls (Q.932).
    Register = 0x64, "REGISTER";
    /// Something about the call that the user may want to know.
    Notify = 0x6E, "NOTIFY";
    /// Which state is the call in?
    StatusEnquiry = 0x75, "STATUS ENQUIRY";
    /// Flow of user information.
    CongestionControl = 0x79, "CONGESTION CONTROL";
    /// More digits, or something to display.
    Information = 0x7B, "INFORMATION";
    /// The state the call is in, or what was wrong with a message.
    Status = 0x7D, "STATUS";
}

/// The call reference (4.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CallReference {
    /// Its value, 0–32,767 with two octets, 0–127 with one. 0 is the global reference.
    pub value: u16,
    /// The message comes from the side that did not choose the reference.
    pub flag: bool,
    /// How many octets it has: 2 on a primary rate access, 1 on a basic one, 0 the dummy.
    pub octets: u8,
}

impl CallReference {
    /// A reference of two octets.
    pub const fn new(value: u16, flag: bool) -> Self {
        CallReference { value: value & 0x7FFF, flag, octets: 2 }
    }

    /// The reference of messages about the interface as a whole, such as RESTART.
    pub const fn global(flag: bool) -> Self {
        CallReference::new(0, flag)
    }

    /// Whether the message is about the interface as a whole.
    pub const fn is_global(self) -> bool {
        self.octets > 0 && self.value == 0
    }
}

/// Why octets are no message of this protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MessageError {
    /// Too short to have a header.
    #[error("a message has a discriminator, a call reference and a type; this has {0} octets")]
    Short(usize),
    /// Another protocol.
    #[error("the protocol discriminator is {0:#04x}, not 0x08")]
    Discriminator(u8),
    /// A call reference of more than two octets.
    #[error("the call reference has {0} octets, 0 to 2 are known")]
    Reference(u8),
}

/// One message. What it carries is read by [`elements`](Message::elements), unknown ones too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Whose call.
    pub reference: CallReference,
    /// What it says.
    pub kind: MessageType,
    /// The information elements as they came.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`MessageError`] if there is none of this protocol: such a message is to be ignored
    /// (5.8.1, 5.8.2).
    pub fn parse(octets: &'a [u8]) -> Result<Self, MessageError> {
        let short = MessageError::Short(octets.len());
        let [discriminator, length, rest @ ..] = octets else { return Err(short) };
        if *discriminator != PROTOCOL_DISCRIMINATOR {
            return Err(MessageError::Discriminator(*discriminator));
        }
        let (reference, rest) = match (length, rest) {
            (0, rest) => (CallReference { value: 0, flag: false, octets: 0 }, rest),
            (1, [only, rest @ ..]) => (
                CallReference { value: u16::from(only & 0x7F), flag: only >> 7 == 1, octets: 1 },
                rest,
            ),
            (2, [high, low, rest @ ..]) => {
                let value = u16::from_be_bytes([*high, *low]);
                (CallReference::new(value, value >> 15 == 1), rest)
            }
            (1 | 2, _) => return Err(short),
            (length, _) => return Err(MessageError::Reference(*length)),
        };
        let [code, body @ ..] = rest else { return Err(short) };
        Ok(Message { reference, kind: MessageType::from_code(*code), body })
    }

    /// The information elements in the order in which they came.
    pub fn elements(&self) -> RawElements<'a> {
        RawElements::new(self.body)
    }

    /// The first element, in codeset 0, that `pick` finds readable. A second one of its kind is
    /// ignored (5.8.6.2).
    pub fn first<T>(&self, pick: impl Fn(Element<'a>) -> Option<T>) -> Option<T> {
        self.elements().flatten().find_map(|raw| pick(Element::read(raw).ok()?))
    }

    /// Whether the elements are one whole sequence, none cut off.
    pub fn is_whole(&self) -> bool {
        self.elements().all(|element| element.is_ok())
    }

    /// Writes the message; what does not fit into 260 octets is cut off.
    pub fn emit(&self) -> MessageOctets {
        let mut out = header(self.reference, self.kind);
        let room = self.body.len().min(out.remaining_capacity());
        out.extend(self.body[..room].iter().copied());
        out
    }
}

fn header(reference: CallReference, kind: MessageType) -> MessageOctets {
    let mut out = MessageOctets::new();
    out.push(PROTOCOL_DISCRIMINATOR);
    out.push(reference.octets);
    let [high, low] = (reference.value | u16::from(reference.flag) << 15).to_be_bytes();
    match reference.octets {
        0 => {}
        1 => out.push((reference.value & 0x7F) as u8 | u8::from(reference.flag) << 7),
        _ => out.extend([high, low]),
    }
    out.push(kind.code());
    out
}

/// Writes a message element by element. They must come in the order of their codes, which is the
/// order the standard wants (4.5.1).
#[derive(Clone, Debug)]
pub struct Builder {
    octets: MessageOctets,
}

impl Builder {
    /// A message without elements.
    pub fn new(reference: CallReference, kind: MessageType) -> Self {
        Builder { octets: header(reference, kind) }
    }

    /// Adds an element. One that does not fit any more is left out whole.
    #[must_use]
    pub fn put(mut self, element: Element<'_>) -> Self {
        let raw = element.write();
        if raw.len() <= self.octets.remaining_capacity() {
            self.octets.extend(raw);
        }
        self
    }

    /// Adds an element if there is one.
    #[must_use]
    pub fn maybe(self, element: Option<Element<'_>>) -> Self {
        match element {
            Some(element) => self.put(element),
            None => self,
        }
    }

    /// Adds an element as it came.
    #[must_use]
    pub fn raw(self, element: RawElement<'_>) -> Self {
        self.put(Element::Unknown(element))
    }

    /// The message's octets.
    pub fn finish(self) -> MessageOctets {
        self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_types_are_each_others_inverse() {
        for code in 0..=255 {
            assert_eq!(MessageType::from_code(code).code(), code);
        }
        assert_eq!(MessageType::from_code(0x5A), MessageType::ReleaseComplete);
    }

    #[test]
    fn references_of_every_length_come_back() {
        for octets in [
            &[8, 2, 0x80, 1, 0x5A][..],
            &[8, 2, 0x7F, 0xFF, 0x05],
            &[8, 1, 0x81, 0x62],
            &[8, 0, 0x62],
            &[8, 2, 0, 0, 0x46, 0x79, 1, 0x87],
        ] {
            assert_eq!(Message::parse(octets).unwrap().emit().as_slice(), octets);
        }
        let global = Message::parse(&[8, 2, 0x80, 0, 0x4E]).unwrap().reference;
        assert!(global.is_global() && global.flag);
    }

    #[test]
    fn what_is_no_message_says_why() {
        assert_eq!(Message::parse(&[8]), Err(MessageError::Short(1)));
        assert_eq!(Message::parse(&[8, 2, 0]), Err(MessageError::Short(3)));
        assert_eq!(Message::parse(&[8, 2, 0, 1]), Err(MessageError::Short(4)));
        assert_eq!(Message::parse(&[3, 2, 0, 1, 5]), Err(MessageError::Discriminator(3)));
        assert_eq!(Message::parse(&[8, 3, 0, 0, 1, 5]), Err(MessageError::Reference(3)));
    }
}

//! LAPD frames (Q.921, 2 and 3): read into a [`Repr`] and written from it. Flags and FCS belong
//! to the hardware below.

use arrayvec::ArrayVec;
use thiserror::Error;

use super::{FRAME_MAX, Side};

/// The octets of one frame.
pub type Octets = ArrayVec<u8, FRAME_MAX>;

/// Call control procedures.
pub const SAPI_CALL_CONTROL: u8 = 0;
/// Layer 2 management procedures (TEI assignment; not used point to point).
pub const SAPI_MANAGEMENT: u8 = 63;

/// The control field, modulo 128 (Q.921, table 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// Information.
    I {
        /// N(S), the frame's own number.
        ns: u8,
        /// N(R), the number expected next; acknowledges all before it.
        nr: u8,
        /// Poll.
        p: bool,
    },
    /// Receive ready.
    Rr {
        /// N(R).
        nr: u8,
        /// Poll (command) or final (response).
        pf: bool,
    },
    /// Receive not ready.
    Rnr {
        /// N(R).
        nr: u8,
        /// Poll or final.
        pf: bool,
    },
    /// Reject: send again from N(R) on.
    Rej {
        /// N(R).
        nr: u8,
        /// Poll or final.
        pf: bool,
    },
    /// Set asynchronous balanced mode extended.
    Sabme {
        /// Poll.
        p: bool,
    },
    /// Unnumbered acknowledgement.
    Ua {
        /// Final.
        f: bool,
    },
    /// Disconnected mode.
    Dm {
        /// Final.
        f: bool,
    },
    /// Disconnect.
    Disc {
        /// Poll.
        p: bool,
    },
    /// Unnumbered information.
    Ui {
        /// Poll.
        p: bool,
    },
    /// Frame reject.
    Frmr {
        /// Final.
        f: bool,
    },
    /// Exchange identification.
    Xid {
        /// Poll or final.
        pf: bool,
    },
    /// An unnumbered frame nobody has defined.
    UnknownUnnumbered(u8),
    /// A supervisory frame nobody has defined.
    UnknownSupervisory(u8, u8),
}

/// Why octets are no LAPD frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum FrameError {
    /// Fewer octets than the address and control fields have.
    #[error("a frame has at least {needed} octets, this has {len}")]
    Short {
        /// How many octets it has.
        len: usize,
        /// How many it would need.
        needed: usize,
    },
    /// An address of one octet, or of more than two.
    #[error("the address field {0:#06x} is not two octets long")]
    Address(u16),
    /// More information than N201 allows.
    #[error("the information field has {0} octets, more than 260")]
    Long(usize),
}

/// One frame. A round trip through [`parse`](Repr::parse) and [`emit`](Repr::emit) keeps every
/// bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repr<'a> {
    /// Service access point, 0–63.
    pub sapi: u8,
    /// The C/R bit as on the wire.
    pub cr: bool,
    /// Terminal endpoint, 0–127.
    pub tei: u8,
    /// What the frame says.
    pub control: Control,
    /// What follows the control field.
    pub info: &'a [u8],
}

impl<'a> Repr<'a> {
    /// Reads a frame without flags and FCS.
    ///
    /// # Errors
    /// [`FrameError`] if it is no LAPD frame.
    pub fn parse(frame: &'a [u8]) -> Result<Self, FrameError> {
        let [high, low, first, rest @ ..] = frame else {
            return Err(FrameError::Short { len: frame.len(), needed: 3 });
        };
        if high & 1 == 1 || low & 1 == 0 {
            return Err(FrameError::Address(u16::from_be_bytes([*high, *low])));
        }
        let (control, info) = if first & 3 == 3 {
            (unnumbered(*first), rest)
        } else {
            let [second, info @ ..] = rest else {
                return Err(FrameError::Short { len: frame.len(), needed: 4 });
            };
            (numbered(*first, *second), info)
        };
        if info.len() > super::INFO_MAX {
            return Err(FrameError::Long(info.len()));
        }
        Ok(Repr { sapi: high >> 2, cr: high & 2 == 2, tei: low >> 1, control, info })
    }

    /// Writes the frame; an information field over 260 octets is cut there.
    pub fn emit(&self) -> Octets {
        let mut out = Octets::new();
        out.push(self.sapi << 2 | u8::from(self.cr) << 1);
        out.push(self.tei << 1 | 1);
        match self.control {
            Control::I { ns, nr, p } => out.extend([ns << 1, nr << 1 | u8::from(p)]),
            Control::Rr { nr, pf } => out.extend([0x01, nr << 1 | u8::from(pf)]),
            Control::Rnr { nr, pf } => out.extend([0x05, nr << 1 | u8::from(pf)]),
            Control::Rej { nr, pf } => out.extend([0x09, nr << 1 | u8::from(pf)]),
            Control::UnknownSupervisory(first, second) => out.extend([first, second]),
            control => out.push(control.unnumbered_octet()),
        }
        let room = self.info.len().min(super::INFO_MAX).min(out.remaining_capacity());
        out.extend(self.info[..room].iter().copied());
        out
    }

    /// Whether this frame, received by `side`, is a command (Q.921, table 1).
    pub const fn is_command_to(&self, side: Side) -> bool {
        match side {
            Side::User => self.cr,
            Side::Network => !self.cr,
        }
    }
}

/// The C/R bit of a command or response sent by `side` (Q.921, table 1).
pub(super) const fn cr_bit(side: Side, command: bool) -> bool {
    match side {
        Side::User => !command,
        Side::Network => command,
    }
}

fn numbered(first: u8, second: u8) -> Control {
    let (nr, pf) = (second >> 1, second & 1 == 1);
    match first {
        first if first & 1 == 0 => Control::I { ns: first >> 1, nr, p: pf },
        0x01 => Control::Rr { nr, pf },
        0x05 => Control::Rnr { nr, pf },
        0x09 => Control::Rej { nr, pf },
        _ => Control::UnknownSupervisory(first, second),
    }
}

const POLL_FINAL: u8 = 0x10;

fn unnumbered(octet: u8) -> Control {
    let pf = octet & POLL_FINAL != 0;
    match octet & !POLL_FINAL {
        0x6F => Control::Sabme { p: pf },
        0x63 => Control::Ua { f: pf },
        0x0F => Control::Dm { f: pf },
        0x43 => Control::Disc { p: pf },
        0x03 => Control::Ui { p: pf },
        0x87 => Control::Frmr { f: pf },
        0xAF => Control::Xid { pf },
        _ => Control::UnknownUnnumbered(octet),
    }
}

impl Control {
    /// The octet of an unnumbered frame; 0 for others, which have two.
    const fn unnumbered_octet(self) -> u8 {
        let (octet, pf) = match self {
            Control::Sabme { p } => (0x6F, p),
            Control::Ua { f } => (0x63, f),
            Control::Dm { f } => (0x0F, f),
            Control::Disc { p } => (0x43, p),
            Control::Ui { p } => (0x03, p),
            Control::Frmr { f } => (0x87, f),
            Control::Xid { pf } => (0xAF, pf),
            Control::UnknownUnnumbered(octet) => (octet, false),
            _ => (0, false),
        };
        if pf { octet | POLL_FINAL } else { octet }
    }

    /// The frame's name, as the standard writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Control::I { .. } => "I",
            Control::Rr { .. } => "RR",
            Control::Rnr { .. } => "RNR",
            Control::Rej { .. } => "REJ",
            Control::Sabme { .. } => "SABME",
            Control::Ua { .. } => "UA",
            Control::Dm { .. } => "DM",
            Control::Disc { .. } => "DISC",
            Control::Ui { .. } => "UI",
            Control::Frmr { .. } => "FRMR",
            Control::Xid { .. } => "XID",
            Control::UnknownUnnumbered(_) | Control::UnknownSupervisory(..) => "?",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_octets_are_the_known_frames() {
        for (octets, control) in [
            (&[0x00, 0x01, 0x7F][..], Control::Sabme { p: true }),
            (&[0x00, 0x01, 0x6F], Control::Sabme { p: false }),
            (&[0x00, 0x01, 0x73], Control::Ua { f: true }),
            (&[0x00, 0x01, 0x53], Control::Disc { p: true }),
            (&[0x00, 0x01, 0x1F], Control::Dm { f: true }),
            (&[0x00, 0x01, 0x97], Control::Frmr { f: true }),
            (&[0x00, 0x01, 0x13], Control::Ui { p: true }),
            (&[0x00, 0x01, 0xBF], Control::Xid { pf: true }),
            (&[0x00, 0x01, 0x01, 0x01], Control::Rr { nr: 0, pf: true }),
            (&[0x00, 0x01, 0x05, 0x06], Control::Rnr { nr: 3, pf: false }),
            (&[0x00, 0x01, 0x09, 0xFF], Control::Rej { nr: 127, pf: true }),
            (&[0x00, 0x01, 0x02, 0x04], Control::I { ns: 1, nr: 2, p: false }),
            (&[0x00, 0x01, 0xEF], Control::UnknownUnnumbered(0xEF)),
            (&[0x00, 0x01, 0x0D, 0x01], Control::UnknownSupervisory(0x0D, 0x01)),
        ] {
            let frame = Repr::parse(octets).unwrap();
            assert_eq!((frame.sapi, frame.cr, frame.tei, frame.control), (0, false, 0, control));
            assert_eq!(frame.emit().as_slice(), octets);
        }
    }

    #[test]
    fn commands_and_responses_are_told_apart_by_side() {
        let user_command = Repr::parse(&[0x00, 0x01, 0x7F]).unwrap();
        assert!(user_command.is_command_to(Side::Network));
        assert!(!user_command.is_command_to(Side::User));
        let network_command = Repr::parse(&[0x02, 0x01, 0x7F]).unwrap();
        assert!(network_command.is_command_to(Side::User));
        assert!(!cr_bit(Side::User, true) && cr_bit(Side::Network, true));
    }

    #[test]
    fn what_is_no_frame_says_why() {
        assert_eq!(Repr::parse(&[0, 1]), Err(FrameError::Short { len: 2, needed: 3 }));
        assert_eq!(Repr::parse(&[0, 1, 1]), Err(FrameError::Short { len: 3, needed: 4 }));
        assert_eq!(Repr::parse(&[1, 1, 3]), Err(FrameError::Address(0x0101)));
        assert_eq!(Repr::parse(&[0, 0, 3]), Err(FrameError::Address(0)));
        let mut long = vec![0, 1, 0, 0];
        long.resize(4 + 261, 0);
        assert_eq!(Repr::parse(&long), Err(FrameError::Long(261)));
    }
}

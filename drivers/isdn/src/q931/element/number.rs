//! Party numbers (Q.931, 4.5.8, 4.5.10; Q.951; Q.952): calling, called, connected, redirecting.
//! They share one form, of which each uses a part.

use tipring_line::{Number, Presentation, RedirectReason};

use super::group::Groups;
use super::{ElementError, ElementOctets, put};

/// Type of number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NumberType {
    /// As dialled, or known to both.
    #[default]
    Unknown,
    /// With country code, without prefix.
    International,
    /// With area code, without prefix.
    National,
    /// The network's own.
    NetworkSpecific,
    /// Local, without area code.
    Subscriber,
    /// Abbreviated.
    Abbreviated,
    /// Another, by its three bits.
    Other(u8),
}

impl NumberType {
    const fn from_bits(bits: u8) -> Self {
        match bits & 7 {
            0 => NumberType::Unknown,
            1 => NumberType::International,
            2 => NumberType::National,
            3 => NumberType::NetworkSpecific,
            4 => NumberType::Subscriber,
            6 => NumberType::Abbreviated,
            other => NumberType::Other(other),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            NumberType::Unknown => 0,
            NumberType::International => 1,
            NumberType::National => 2,
            NumberType::NetworkSpecific => 3,
            NumberType::Subscriber => 4,
            NumberType::Abbreviated => 6,
            NumberType::Other(bits) => bits & 7,
        }
    }
}

/// Numbering plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NumberingPlan {
    /// Not told.
    #[default]
    Unknown,
    /// Telephone numbers (E.164).
    Isdn,
    /// National standard.
    National,
    /// Private.
    Private,
    /// Another, by its four bits.
    Other(u8),
}

impl NumberingPlan {
    const fn from_bits(bits: u8) -> Self {
        match bits & 0x0F {
            0 => NumberingPlan::Unknown,
            1 => NumberingPlan::Isdn,
            8 => NumberingPlan::National,
            9 => NumberingPlan::Private,
            other => NumberingPlan::Other(other),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            NumberingPlan::Unknown => 0,
            NumberingPlan::Isdn => 1,
            NumberingPlan::National => 8,
            NumberingPlan::Private => 9,
            NumberingPlan::Other(bits) => bits & 0x0F,
        }
    }
}

/// Whether somebody has checked that the number belongs to who tells it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Screening {
    /// Nobody has.
    #[default]
    UserNotScreened,
    /// The network has, and it does.
    UserPassed,
    /// The network has, and it does not.
    UserFailed,
    /// The network itself tells it.
    Network,
}

/// Why a call was diverted (octet 3b of the redirecting number, Q.952).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RedirectionReason {
    /// Not told.
    Unknown,
    /// Busy.
    Busy,
    /// No reply.
    NoReply,
    /// Always.
    Unconditional,
    /// Another, by its four bits.
    Other(u8),
}

impl RedirectionReason {
    const fn from_bits(bits: u8) -> Self {
        match bits & 0x0F {
            0 => RedirectionReason::Unknown,
            1 => RedirectionReason::Busy,
            2 => RedirectionReason::NoReply,
            15 => RedirectionReason::Unconditional,
            other => RedirectionReason::Other(other),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            RedirectionReason::Unknown => 0,
            RedirectionReason::Busy => 1,
            RedirectionReason::NoReply => 2,
            RedirectionReason::Unconditional => 15,
            RedirectionReason::Other(bits) => bits & 0x0F,
        }
    }
}

impl From<RedirectionReason> for RedirectReason {
    fn from(reason: RedirectionReason) -> Self {
        match reason {
            RedirectionReason::Unknown | RedirectionReason::Other(_) => RedirectReason::Unknown,
            RedirectionReason::Busy => RedirectReason::Busy,
            RedirectionReason::NoReply => RedirectReason::NoAnswer,
            RedirectionReason::Unconditional => RedirectReason::Unconditional,
        }
    }
}

impl From<RedirectReason> for RedirectionReason {
    fn from(reason: RedirectReason) -> Self {
        match reason {
            RedirectReason::Unknown => RedirectionReason::Unknown,
            RedirectReason::Busy => RedirectionReason::Busy,
            RedirectReason::NoAnswer => RedirectionReason::NoReply,
            RedirectReason::Unconditional => RedirectionReason::Unconditional,
        }
    }
}

/// A number as an element tells it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PartyNumber<'a> {
    /// How much of the number is there.
    pub number_type: NumberType,
    /// Whose numbering.
    pub plan: NumberingPlan,
    /// Octet 3a: whether it may be shown, and whether it was checked.
    pub shown: Option<(Shown, Screening)>,
    /// Octet 3b.
    pub reason: Option<RedirectionReason>,
    /// The digits, IA5.
    pub digits: &'a [u8],
}

/// Presentation as the element codes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Shown {
    /// It may be shown.
    #[default]
    Allowed,
    /// It may not.
    Restricted,
    /// There is none, because of interworking.
    Unavailable,
    /// The value kept for later.
    Reserved,
}

impl<'a> PartyNumber<'a> {
    /// The number for the switch, if it is one.
    pub fn number(&self) -> Option<Number> {
        core::str::from_utf8(self.digits).ok()?.parse().ok()
    }

    /// Whether the number may be shown; without octet 3a it may.
    pub fn presentation(&self) -> Presentation {
        match self.shown {
            None | Some((Shown::Allowed, _)) => Presentation::Allowed,
            Some((Shown::Restricted, _)) => Presentation::Restricted,
            Some((Shown::Unavailable | Shown::Reserved, _)) => Presentation::Unavailable,
        }
    }

    pub(super) fn parse(content: &'a [u8]) -> Result<Self, ElementError> {
        let mut groups = Groups::new(content);
        let [first, second, third] = groups.group()?;
        let first = first.ok_or(ElementError::Short)?;
        Ok(PartyNumber {
            number_type: NumberType::from_bits(first >> 4),
            plan: NumberingPlan::from_bits(first),
            shown: second.map(|octet| (Shown::from_bits(octet >> 5), Screening::from_bits(octet))),
            reason: third.map(RedirectionReason::from_bits),
            digits: groups.rest(),
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        let first = self.number_type.bits() << 4 | self.plan.bits();
        // Octet 3b cannot stand without 3a.
        let shown = self.shown.or(self.reason.map(|_| Default::default()));
        let last = |is_last: bool| if is_last { 0x80 } else { 0 };
        out.push(last(shown.is_none()) | first);
        if let Some((shown, screening)) = shown {
            out.push(last(self.reason.is_none()) | shown.bits() << 5 | screening.bits());
        }
        out.extend(self.reason.map(|reason| 0x80 | reason.bits()));
        put(out, self.digits);
    }
}

impl Shown {
    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Shown::Allowed,
            1 => Shown::Restricted,
            2 => Shown::Unavailable,
            _ => Shown::Reserved,
        }
    }

    const fn bits(self) -> u8 {
        self as u8
    }
}

impl From<Presentation> for Shown {
    fn from(presentation: Presentation) -> Self {
        match presentation {
            Presentation::Allowed => Shown::Allowed,
            Presentation::Restricted => Shown::Restricted,
            Presentation::Unavailable => Shown::Unavailable,
        }
    }
}

impl Screening {
    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Screening::UserNotScreened,
            1 => Screening::UserPassed,
            2 => Screening::UserFailed,
            _ => Screening::Network,
        }
    }

    const fn bits(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(octets: &[u8]) -> PartyNumber<'_> {
        let number = PartyNumber::parse(octets).unwrap();
        let mut out = ElementOctets::new();
        number.emit(&mut out);
        assert_eq!(out.as_slice(), octets);
        number
    }

    #[test]
    fn type_plan_presentation_and_screening_come_back() {
        let calling = round_trip(&[0x21, 0x80, b'1', b'0']);
        assert_eq!(
            (calling.number_type, calling.plan),
            (NumberType::National, NumberingPlan::Isdn)
        );
        assert_eq!(calling.shown, Some((Shown::Allowed, Screening::UserNotScreened)));
        assert_eq!(calling.number().unwrap().as_str(), "10");
        let hidden = round_trip(&[0x41, 0xA3]);
        assert_eq!(hidden.presentation(), Presentation::Restricted);
        assert_eq!(hidden.shown, Some((Shown::Restricted, Screening::Network)));
        assert_eq!(hidden.number(), None);
        let called = round_trip(&[0x80, b'9', b'#']);
        assert_eq!((called.shown, called.digits), (None, &b"9#"[..]));
        let redirecting = round_trip(&[0x00, 0x03, 0x8F, b'8']);
        assert_eq!(redirecting.reason, Some(RedirectionReason::Unconditional));
    }

    #[test]
    fn every_value_of_the_first_octets_comes_back() {
        for first in 0..=127u8 {
            round_trip(&[0x80 | first, b'1']);
            round_trip(&[first, 0x80 | first & 0x63, b'1']);
            round_trip(&[first, first & 0x63, 0x80 | first & 0x0F]);
        }
    }

    #[test]
    fn digits_that_are_no_number_are_none() {
        assert_eq!(PartyNumber::parse(&[0x80, 0xFF]).unwrap().number(), None);
        assert_eq!(PartyNumber::parse(&[0x80]).unwrap().number(), None);
    }
}

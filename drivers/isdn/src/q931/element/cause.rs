//! Cause (Q.931, 4.5.12; Q.850).

use super::group::Groups;
use super::{ElementError, ElementOctets, put};

/// Who says so (Q.850, 2.2.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Location {
    /// The user.
    #[default]
    User,
    /// The private network serving the local user.
    PrivateLocal,
    /// The public network serving the local user.
    PublicLocal,
    /// A transit network.
    Transit,
    /// The public network serving the remote user.
    PublicRemote,
    /// The private network serving the remote user.
    PrivateRemote,
    /// An international network.
    International,
    /// A network beyond the interworking point.
    BeyondInterworking,
    /// Another, by its four bits.
    Other(u8),
}

impl Location {
    /// The location of these four bits.
    pub const fn from_bits(bits: u8) -> Self {
        match bits & 0x0F {
            0 => Location::User,
            1 => Location::PrivateLocal,
            2 => Location::PublicLocal,
            3 => Location::Transit,
            4 => Location::PublicRemote,
            5 => Location::PrivateRemote,
            7 => Location::International,
            10 => Location::BeyondInterworking,
            other => Location::Other(other),
        }
    }

    /// Its four bits.
    pub const fn bits(self) -> u8 {
        match self {
            Location::User => 0,
            Location::PrivateLocal => 1,
            Location::PublicLocal => 2,
            Location::Transit => 3,
            Location::PublicRemote => 4,
            Location::PrivateRemote => 5,
            Location::International => 7,
            Location::BeyondInterworking => 10,
            Location::Other(bits) => bits & 0x0F,
        }
    }
}

/// Why, and who says so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CauseElement<'a> {
    /// Who says so.
    pub location: Location,
    /// The Q.850 value, 0–127.
    pub value: u8,
    /// Details, by the value's own rules.
    pub diagnostics: &'a [u8],
}

impl<'a> CauseElement<'a> {
    /// A cause without details.
    pub const fn new(location: Location, value: u8) -> Self {
        CauseElement { location, value: value & 0x7F, diagnostics: &[] }
    }

    pub(super) fn parse(content: &'a [u8]) -> Result<Self, ElementError> {
        let mut groups = Groups::new(content);
        let [location, _recommendation] = groups.group()?;
        let [value] = groups.group()?;
        Ok(CauseElement {
            location: Location::from_bits(location.ok_or(ElementError::Short)?),
            value: value.ok_or(ElementError::Short)?,
            diagnostics: groups.rest(),
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        out.push(0x80 | self.location.bits());
        out.push(0x80 | self.value & 0x7F);
        put(out, self.diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn location_value_and_details_come_back() {
        let content = [0x82, 0x91, 0x01];
        let cause = CauseElement::parse(&content).unwrap();
        assert_eq!((cause.location, cause.value), (Location::PublicLocal, 17));
        assert_eq!(cause.diagnostics, [0x01]);
        let mut out = ElementOctets::new();
        cause.emit(&mut out);
        assert_eq!(out.as_slice(), content);
        // Octet 3a, the recommendation, may stand between.
        assert_eq!(CauseElement::parse(&[0x00, 0x80, 0x90]).unwrap().value, 16);
        for bits in 0..16 {
            assert_eq!(Location::from_bits(bits).bits(), bits);
        }
    }
}

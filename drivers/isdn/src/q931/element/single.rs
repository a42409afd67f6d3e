//! The small elements: progress indicator (Q.931, 4.5.23), notification indicator (4.5.22) and
//! restart indicator (4.5.25).

use tipring_line::Notice;

use super::cause::Location;
use super::group::Groups;
use super::{ElementError, ElementOctets};

/// What a progress indicator tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProgressDescription {
    /// 1: the call is not end-to-end ISDN.
    NotEndToEndIsdn,
    /// 2: the called party is not on ISDN.
    DestinationNotIsdn,
    /// 3: the calling party is not on ISDN.
    OriginNotIsdn,
    /// 4: the call is back on ISDN.
    ReturnedToIsdn,
    /// 5: interworking changed the service.
    Interworking,
    /// 8: tones or announcements are in the channel.
    InBand,
    /// Another, by its seven bits.
    Other(u8),
}

/// Something that happened on the way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProgressIndicator {
    /// Who says so.
    pub location: Location,
    /// What.
    pub description: ProgressDescription,
}

impl ProgressIndicator {
    pub(super) fn parse(content: &[u8]) -> Result<Self, ElementError> {
        let mut groups = Groups::new(content);
        let [location] = groups.group()?;
        let [description] = groups.group()?;
        Ok(ProgressIndicator {
            location: Location::from_bits(location.ok_or(ElementError::Short)?),
            description: match description.ok_or(ElementError::Short)? {
                1 => ProgressDescription::NotEndToEndIsdn,
                2 => ProgressDescription::DestinationNotIsdn,
                3 => ProgressDescription::OriginNotIsdn,
                4 => ProgressDescription::ReturnedToIsdn,
                5 => ProgressDescription::Interworking,
                8 => ProgressDescription::InBand,
                other => ProgressDescription::Other(other),
            },
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        out.push(0x80 | self.location.bits());
        out.push(
            0x80 | match self.description {
                ProgressDescription::NotEndToEndIsdn => 1,
                ProgressDescription::DestinationNotIsdn => 2,
                ProgressDescription::OriginNotIsdn => 3,
                ProgressDescription::ReturnedToIsdn => 4,
                ProgressDescription::Interworking => 5,
                ProgressDescription::InBand => 8,
                ProgressDescription::Other(other) => other & 0x7F,
            },
        );
    }
}

/// Reads a notification indicator.
pub(super) fn parse_notice(content: &[u8]) -> Result<Notice, ElementError> {
    let octet = content.first().ok_or(ElementError::Short)?;
    Ok(match octet & 0x7F {
        0x00 => Notice::UserSuspended,
        0x01 => Notice::UserResumed,
        0x79 => Notice::RemoteHold,
        0x7A => Notice::RemoteRetrieval,
        other => Notice::Other(other),
    })
}

/// Writes a notification indicator.
pub(super) fn emit_notice(notice: Notice, out: &mut ElementOctets) {
    out.push(
        0x80 | match notice {
            Notice::UserSuspended => 0x00,
            Notice::UserResumed => 0x01,
            Notice::RemoteHold => 0x79,
            Notice::RemoteRetrieval => 0x7A,
            Notice::Other(other) => other & 0x7F,
        },
    );
}

/// What a restart is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RestartClass {
    /// The channels that the channel identification names.
    IndicatedChannels,
    /// One interface: that of the D-channel, or the one named.
    SingleInterface,
    /// All interfaces that the D-channel serves.
    AllInterfaces,
}

impl RestartClass {
    pub(super) fn parse(content: &[u8]) -> Result<Self, ElementError> {
        match content.first().ok_or(ElementError::Short)? & 0x07 {
            0 => Ok(RestartClass::IndicatedChannels),
            6 => Ok(RestartClass::SingleInterface),
            7 => Ok(RestartClass::AllInterfaces),
            _ => Err(ElementError::Value),
        }
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        out.push(
            0x80 | match self {
                RestartClass::IndicatedChannels => 0,
                RestartClass::SingleInterface => 6,
                RestartClass::AllInterfaces => 7,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        for value in 0x80..=0xFF {
            let mut out = ElementOctets::new();
            ProgressIndicator::parse(&[0x82, value]).unwrap().emit(&mut out);
            assert_eq!(out.as_slice(), [0x82, value]);
            out.clear();
            emit_notice(parse_notice(&[value]).unwrap(), &mut out);
            assert_eq!(out.as_slice(), [value]);
        }
        for value in [0x80, 0x86, 0x87] {
            let mut out = ElementOctets::new();
            RestartClass::parse(&[value]).unwrap().emit(&mut out);
            assert_eq!(out.as_slice(), [value]);
        }
        assert_eq!(RestartClass::parse(&[0x81]), Err(ElementError::Value));
    }
}

//! Bearer capability (Q.931, 4.5.5).

use tipring_line::Law;

use super::group::Groups;
use super::{ElementError, ElementOctets};

/// Information transfer capability (octet 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transfer {
    /// Speech: the network may compress it and cancel echo.
    Speech,
    /// Unrestricted digital information: 64 kbit/s, not a bit changed.
    UnrestrictedDigital,
    /// Audio of 3.1 kHz: fax and modems get through.
    Audio3100Hz,
    /// Another, by its five bits.
    Other(u8),
}

/// User information layer 1 protocol (octet 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UserLayer1 {
    /// G.711 speech by this law.
    G711(Law),
    /// Another, by its five bits.
    Other(u8),
}

/// What the channel is to carry, at 64 kbit/s in circuit mode.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BearerCapability {
    /// What kind of information.
    pub transfer: Transfer,
    /// Transfer mode and rate (octet 4): 0x10 is circuit mode at 64 kbit/s, the only one we carry.
    pub mode_and_rate: u8,
    /// How it is coded, if that is told.
    pub layer1: Option<UserLayer1>,
}

const CIRCUIT_64_KBIT: u8 = 0x10;

impl BearerCapability {
    /// Speech in this law.
    pub const fn speech(law: Law) -> Self {
        BearerCapability {
            transfer: Transfer::Speech,
            mode_and_rate: CIRCUIT_64_KBIT,
            layer1: Some(UserLayer1::G711(law)),
        }
    }

    /// 3.1 kHz audio in this law.
    pub const fn audio(law: Law) -> Self {
        BearerCapability { transfer: Transfer::Audio3100Hz, ..BearerCapability::speech(law) }
    }

    /// 64 kbit/s unrestricted.
    pub const fn unrestricted() -> Self {
        BearerCapability {
            transfer: Transfer::UnrestrictedDigital,
            mode_and_rate: CIRCUIT_64_KBIT,
            layer1: None,
        }
    }

    /// Whether it is a talk that we can carry: speech or audio, one channel.
    pub const fn is_audio(&self) -> bool {
        self.mode_and_rate == CIRCUIT_64_KBIT
            && matches!(self.transfer, Transfer::Speech | Transfer::Audio3100Hz)
    }

    pub(super) fn parse(content: &[u8]) -> Result<Self, ElementError> {
        let mut groups = Groups::new(content);
        let [first] = groups.group()?;
        let first = first.ok_or(ElementError::Short)?;
        // Bits 7–6: coding by another body than ITU-T.
        if first & 0x60 != 0 {
            return Err(ElementError::Value);
        }
        let [second] = groups.group()?;
        let layer1 = match groups.rest().first() {
            // Bits 7–6 say that this is octet 5.
            Some(octet) if octet & 0x60 == 0x20 => Some(match octet & 0x1F {
                2 => UserLayer1::G711(Law::Mu),
                3 => UserLayer1::G711(Law::A),
                other => UserLayer1::Other(other),
            }),
            _ => None,
        };
        Ok(BearerCapability {
            transfer: match first & 0x1F {
                0x00 => Transfer::Speech,
                0x08 => Transfer::UnrestrictedDigital,
                0x10 => Transfer::Audio3100Hz,
                other => Transfer::Other(other),
            },
            mode_and_rate: second.ok_or(ElementError::Short)?,
            layer1,
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        out.push(
            0x80 | match self.transfer {
                Transfer::Speech => 0x00,
                Transfer::UnrestrictedDigital => 0x08,
                Transfer::Audio3100Hz => 0x10,
                Transfer::Other(other) => other & 0x1F,
            },
        );
        out.push(0x80 | self.mode_and_rate & 0x7F);
        if let Some(layer1) = self.layer1 {
            out.push(
                0xA0 | match layer1 {
                    UserLayer1::G711(Law::Mu) => 2,
                    UserLayer1::G711(Law::A) => 3,
                    UserLayer1::Other(other) => other & 0x1F,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_octets_are_the_known_capabilities() {
        for (octets, bearer) in [
            (&[0x80, 0x90, 0xA3][..], BearerCapability::speech(Law::A)),
            (&[0x80, 0x90, 0xA2], BearerCapability::speech(Law::Mu)),
            (&[0x90, 0x90, 0xA3], BearerCapability::audio(Law::A)),
            (&[0x88, 0x90], BearerCapability::unrestricted()),
        ] {
            assert_eq!(BearerCapability::parse(octets), Ok(bearer));
            let mut out = ElementOctets::new();
            bearer.emit(&mut out);
            assert_eq!(out.as_slice(), octets);
        }
        assert!(BearerCapability::audio(Law::A).is_audio());
        assert!(!BearerCapability::unrestricted().is_audio());
        assert_eq!(BearerCapability::parse(&[0xE0, 0x90]), Err(ElementError::Value));
        assert_eq!(BearerCapability::parse(&[0x80]), Err(ElementError::Short));
    }
}

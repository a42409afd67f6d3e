//! Channel identification (Q.931, 4.5.13), for a primary rate access of 2,048 kbit/s: a channel's
//! number is its timeslot.

use super::group::Groups;
use super::{ElementError, ElementOctets};

/// Which channels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChannelSelection {
    /// No channel.
    None,
    /// Whichever the receiver likes.
    Any,
    /// One timeslot, 1–31.
    Timeslot(u8),
    /// Several: bit *n* stands for timeslot *n*.
    Map(u32),
}

/// Which channel, and how firmly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChannelIdentification {
    /// The interface, where one D-channel serves several.
    pub interface: Option<u8>,
    /// No other channel will do; otherwise it is only preferred.
    pub exclusive: bool,
    /// The D-channel itself is meant.
    pub d_channel: bool,
    /// The channels.
    pub selection: ChannelSelection,
}

const PRIMARY_RATE: u8 = 0x20;
const EXCLUSIVE: u8 = 0x08;
const D_CHANNEL: u8 = 0x04;
const INTERFACE_TOLD: u8 = 0x40;
const AS_MAP: u8 = 0x10;
const B_CHANNEL_UNITS: u8 = 0x03;

impl ChannelIdentification {
    /// This timeslot and no other.
    pub const fn exclusive(timeslot: u8) -> Self {
        ChannelIdentification { exclusive: true, ..ChannelIdentification::preferred(timeslot) }
    }

    /// This timeslot if it is free.
    pub const fn preferred(timeslot: u8) -> Self {
        ChannelIdentification {
            interface: None,
            exclusive: false,
            d_channel: false,
            selection: ChannelSelection::Timeslot(timeslot),
        }
    }

    /// Whichever channel the receiver likes.
    pub const fn any() -> Self {
        ChannelIdentification {
            selection: ChannelSelection::Any,
            ..ChannelIdentification::preferred(0)
        }
    }

    /// The timeslots it names, as a map; bit *n* stands for timeslot *n*.
    pub const fn timeslots(&self) -> u32 {
        match self.selection {
            ChannelSelection::Timeslot(timeslot) => 1 << (timeslot & 31),
            ChannelSelection::Map(map) => map,
            ChannelSelection::None | ChannelSelection::Any => 0,
        }
    }

    pub(super) fn parse(content: &[u8]) -> Result<Self, ElementError> {
        let mut groups = Groups::new(content);
        let [first] = groups.group()?;
        let first = first.ok_or(ElementError::Short)?;
        if first & PRIMARY_RATE == 0 {
            return Err(ElementError::Value);
        }
        let interface = if first & INTERFACE_TOLD == 0 {
            None
        } else {
            let [interface] = groups.group()?;
            interface
        };
        Ok(ChannelIdentification {
            interface,
            exclusive: first & EXCLUSIVE != 0,
            d_channel: first & D_CHANNEL != 0,
            selection: match first & 3 {
                0 => ChannelSelection::None,
                1 => selected(&mut groups)?,
                3 => ChannelSelection::Any,
                _ => return Err(ElementError::Value),
            },
        })
    }

    pub(super) fn emit(&self, out: &mut ElementOctets) {
        let selection = match self.selection {
            ChannelSelection::None => 0,
            ChannelSelection::Any => 3,
            ChannelSelection::Timeslot(_) | ChannelSelection::Map(_) => 1,
        };
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(
            0x80 | PRIMARY_RATE
                | flag(self.interface.is_some(), INTERFACE_TOLD)
                | flag(self.exclusive, EXCLUSIVE)
                | flag(self.d_channel, D_CHANNEL)
                | selection,
        );
        out.extend(self.interface.map(|interface| 0x80 | interface));
        match self.selection {
            ChannelSelection::Timeslot(timeslot) => {
                out.extend([0x80 | B_CHANNEL_UNITS, 0x80 | timeslot & 0x7F]);
            }
            ChannelSelection::Map(map) => {
                out.push(0x80 | AS_MAP | B_CHANNEL_UNITS);
                out.extend(map.to_be_bytes());
            }
            ChannelSelection::None | ChannelSelection::Any => {}
        }
    }
}

/// Octets 3.2 and 3.3.
fn selected(groups: &mut Groups<'_>) -> Result<ChannelSelection, ElementError> {
    let [kind] = groups.group()?;
    let kind = kind.ok_or(ElementError::Short)?;
    if kind & 0x60 != 0 || kind & 0x0F != B_CHANNEL_UNITS {
        return Err(ElementError::Value);
    }
    if kind & AS_MAP != 0 {
        let map = groups.rest().first_chunk().ok_or(ElementError::Short)?;
        return Ok(ChannelSelection::Map(u32::from_be_bytes(*map)));
    }
    numbered(groups.rest())
}

/// One number, or several with bit 8 set in the last. Some exchanges set it in every one.
fn numbered(numbers: &[u8]) -> Result<ChannelSelection, ElementError> {
    let first = numbers.first().ok_or(ElementError::Short)? & 0x7F;
    let mut map = 0;
    for number in numbers {
        let timeslot = number & 0x7F;
        if !(1..=31).contains(&timeslot) {
            return Err(ElementError::Value);
        }
        map |= 1 << timeslot;
    }
    Ok(if numbers.len() == 1 {
        ChannelSelection::Timeslot(first)
    } else {
        ChannelSelection::Map(map)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_octets_are_the_known_channels() {
        for (octets, channel) in [
            (&[0xA9, 0x83, 0x81][..], ChannelIdentification::exclusive(1)),
            (&[0xA1, 0x83, 0x9F], ChannelIdentification::preferred(31)),
            (&[0xA3], ChannelIdentification::any()),
            (
                &[0xA0],
                ChannelIdentification {
                    selection: ChannelSelection::None,
                    ..ChannelIdentification::any()
                },
            ),
            (
                &[0xA9, 0x93, 0xFF, 0xFE, 0xFF, 0xFE],
                ChannelIdentification {
                    selection: ChannelSelection::Map(0xFFFE_FFFE),
                    ..ChannelIdentification::exclusive(1)
                },
            ),
            (
                &[0xE9, 0x81, 0x83, 0x85],
                ChannelIdentification { interface: Some(1), ..ChannelIdentification::exclusive(5) },
            ),
        ] {
            assert_eq!(ChannelIdentification::parse(octets), Ok(channel), "{octets:02X?}");
            let mut out = ElementOctets::new();
            channel.emit(&mut out);
            assert_eq!(out.as_slice(), octets);
        }
    }

    #[test]
    fn several_numbers_are_a_map_and_impossible_ones_an_error() {
        let several = ChannelIdentification::parse(&[0xA9, 0x83, 0x01, 0x82]).unwrap();
        assert_eq!(several.timeslots(), 0b110);
        for wrong in
            [&[0xA9, 0x83, 0x80][..], &[0xA9, 0x83, 0xA0], &[0x89], &[0xA2], &[0xA9, 0xA3, 1]]
        {
            assert_eq!(
                ChannelIdentification::parse(wrong),
                Err(ElementError::Value),
                "{wrong:02X?}"
            );
        }
        assert_eq!(ChannelIdentification::parse(&[0xA9, 0x83]), Err(ElementError::Short));
        assert_eq!(ChannelIdentification::parse(&[0xA9, 0x93, 1]), Err(ElementError::Short));
    }
}

//! What names a call, a channel and a port.

use core::fmt;

use serde::{Deserialize, Serialize};

/// One call: everything that happens to one caller. Unique in a box for ever; the store hands out
/// the first one after a start.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A physical socket on the board, counted from 0 in the order of the board's file.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PortId(pub u16);

/// What can carry one call: an analog port, a B-channel, a SIP dialog.
///
/// Ports keep one id for ever. A SIP dialog has an id of its own for its life: whoever begins it
/// counts it out, the SIP driver for calls that come in ([`ChannelId::sip_in`]), the switch for
/// calls that go out ([`ChannelId::sip_out`]), so neither has to ask the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(u32);

const KIND_SHIFT: u32 = 30;
const PORT: u32 = 0;
const SIP_IN: u32 = 1;
const SIP_OUT: u32 = 2;
const SPAN: u32 = 3;
/// Timeslots of a span are 0–31.
const TIMESLOT_BITS: u32 = 5;
const COUNT_MASK: u32 = (1 << KIND_SHIFT) - 1;

impl ChannelId {
    /// The channel of an analog port.
    pub const fn port(port: PortId) -> Self {
        ChannelId(PORT << KIND_SHIFT | port.0 as u32)
    }

    /// The `count`-th SIP dialog that came in. Counts wrap after 2^30, long after the first ended.
    pub const fn sip_in(count: u32) -> Self {
        ChannelId(SIP_IN << KIND_SHIFT | count & COUNT_MASK)
    }

    /// The `count`-th SIP dialog that went out.
    pub const fn sip_out(count: u32) -> Self {
        ChannelId(SIP_OUT << KIND_SHIFT | count & COUNT_MASK)
    }

    /// The B-channel, or the channel with signalling bits, at this timeslot (1–31) of a span; spans
    /// are counted from 0 in the order of the configuration.
    pub const fn of_span(span: u8, timeslot: u8) -> Self {
        let timeslot = timeslot as u32 & ((1 << TIMESLOT_BITS) - 1);
        ChannelId(SPAN << KIND_SHIFT | (span as u32) << TIMESLOT_BITS | timeslot)
    }

    /// The span and the timeslot, if this is a span's channel.
    pub const fn as_span(self) -> Option<(u8, u8)> {
        if self.0 >> KIND_SHIFT != SPAN {
            return None;
        }
        let timeslot = self.0 & ((1 << TIMESLOT_BITS) - 1);
        Some(((self.0 >> TIMESLOT_BITS) as u8, timeslot as u8))
    }

    /// The port, if this is a port's channel.
    pub const fn as_port(self) -> Option<PortId> {
        if self.0 >> KIND_SHIFT == PORT { Some(PortId((self.0 & 0xFFFF) as u16)) } else { None }
    }

    /// Whether this is a SIP dialog.
    pub const fn is_sip(self) -> bool {
        self.0 >> KIND_SHIFT == SIP_IN || self.0 >> KIND_SHIFT == SIP_OUT
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0 & COUNT_MASK;
        match self.0 >> KIND_SHIFT {
            PORT => write!(f, "port-{count}"),
            SIP_IN => write!(f, "sip-in-{count}"),
            SPAN => write!(f, "span-{}-{}", count >> TIMESLOT_BITS, count & 0x1F),
            _ => write!(f, "sip-out-{count}"),
        }
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_do_not_collide() {
        let ids = [ChannelId::port(PortId(7)), ChannelId::sip_in(7), ChannelId::sip_out(7)];
        assert_eq!(ids.map(|id| id.to_string()), ["port-7", "sip-in-7", "sip-out-7"]);
        assert_eq!(ids.map(ChannelId::as_span), [None; 3]);
        let last = ChannelId::of_span(255, 31);
        assert_eq!((last.as_span(), last.to_string().as_str()), (Some((255, 31)), "span-255-31"));
        assert!(last.as_port().is_none() && !last.is_sip());
        assert_eq!(ids[0].as_port(), Some(PortId(7)));
        assert_eq!(ids[1].as_port(), None);
        assert!(ids[2].is_sip() && !ids[0].is_sip());
        assert_eq!(ChannelId::sip_in(1 << 30), ChannelId::sip_in(0));
    }
}

//! Which end of the link we are, and its parameters (Q.921, 5.9).

use tipring_clock::Duration;

/// Which end of an ISDN access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Side {
    /// The subscriber's equipment (TE).
    #[default]
    User,
    /// The exchange (NT, LT, ET).
    Network,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Side {
        match self {
            Side::User => Side::Network,
            Side::Network => Side::User,
        }
    }
}

/// System parameters of a data link; the defaults are those of a primary rate access.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Which end we are.
    pub side: Side,
    /// T200: how long to wait for an acknowledgement. 1 s.
    pub t200: Duration,
    /// T203: how long the link may stay silent before we ask whether it lives. 10 s.
    pub t203: Duration,
    /// N200: how often a frame is repeated before the link is given up. 3.
    pub n200: u8,
    /// k: how many I frames may be unacknowledged, 1–127. 7.
    pub window: u8,
}

impl Settings {
    /// The parameters of a primary rate access at this end.
    pub const fn primary_rate(side: Side) -> Self {
        Settings {
            side,
            t200: Duration::from_secs(1),
            t203: Duration::from_secs(10),
            n200: 3,
            window: 7,
        }
    }
}

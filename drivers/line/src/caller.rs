//! Who a party says it is.

use crate::{Name, Number};

/// Whether a party's number may be shown (ITU-T Q.951, CLIR and COLR; RFC 3323).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Presentation {
    /// It may be shown.
    #[default]
    Allowed,
    /// The party does not want it shown.
    Restricted,
    /// The network could not tell it.
    Unavailable,
}

/// A party as a channel tells it: the one who calls, or the one who answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CallerId {
    /// The number, if one came.
    pub number: Option<Number>,
    /// The name, empty if none came.
    pub name: Name,
    /// Whether the number may be shown.
    pub presentation: Presentation,
}

impl CallerId {
    /// A caller of whom only the number is known.
    pub fn from_number(number: Number) -> Self {
        CallerId { number: Some(number), ..CallerId::default() }
    }
}

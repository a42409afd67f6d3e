//! What supplementary services tell of a call: who led it on, what the other party does, and what
//! passes through uninterpreted.

use serde::{Deserialize, Serialize};

use crate::{Number, Presentation};

/// Why a call was led on from the number it was for (ITU-T Q.952; RFC 5806, section 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RedirectReason {
    /// Not told, or one that has no name here.
    #[default]
    Unknown,
    /// The number was busy.
    Busy,
    /// Nobody answered there.
    NoAnswer,
    /// All calls to the number are led on.
    Unconditional,
}

/// Who led a call on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Redirection {
    /// The number that led it on last, if told.
    pub number: Option<Number>,
    /// Whether that number may be shown.
    pub presentation: Presentation,
    /// Why.
    pub reason: RedirectReason,
    /// The number that was called first, where more than one has led the call on and it is told.
    pub original: Option<Number>,
}

/// What the network says of the other party of a call (ITU-T Q.931, 4.5.22; Q.953.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// It has suspended the call.
    UserSuspended,
    /// It has resumed the call.
    UserResumed,
    /// It holds the call.
    RemoteHold,
    /// It has taken the call back.
    RemoteRetrieval,
    /// Another, by its seven bits.
    Other(u8),
}

impl Notice {
    /// Whether the other party is away (`true`) or back, where the notice says either.
    pub const fn is_away(self) -> Option<bool> {
        match self {
            Notice::UserSuspended | Notice::RemoteHold => Some(true),
            Notice::UserResumed | Notice::RemoteRetrieval => Some(false),
            Notice::Other(_) => None,
        }
    }
}

/// A supplementary service's components (Q.932, 8.2.3): the contents of a facility element.
pub type Components = Box<[u8]>;

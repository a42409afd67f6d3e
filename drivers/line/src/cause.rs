//! Why a call ended: one table for Q.850 causes, SIP status and disposition.

use serde::{Deserialize, Serialize};

/// How a call turned out, in the words of the records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// It was answered and ended in the ordinary way.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// The called party was busy.
    Busy,
    /// The called party refused.
    Rejected,
    /// There is no such number.
    Vacant,
    /// The caller gave up.
    Abandoned,
    /// The network or the box could not carry it.
    Failed,
    /// The box stopped in the middle of it.
    Interrupted,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $q850:literal, $sip:literal, $disposition:ident;)*) => {
        /// Why a call ended (ITU-T Q.850, table 1), with the SIP status that says the same
        /// (RFC 3398, sections 7.2.4.1 and 8.2.6.1) and the disposition written in records.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum Cause {
            $($(#[$doc])* $name,)*
        }

        impl Cause {
            /// Every cause, in the order of their numbers.
            pub const ALL: &'static [Cause] = &[$(Cause::$name),*];

            /// The Q.850 cause value.
            pub const fn q850(self) -> u8 {
                match self { $(Cause::$name => $q850),* }
            }

            /// The SIP status code to refuse a call with.
            pub const fn sip_status(self) -> u16 {
                match self { $(Cause::$name => $sip),* }
            }

            /// How a call that ended by this cause before being answered turned out.
            pub const fn disposition(self) -> Disposition {
                match self { $(Cause::$name => Disposition::$disposition),* }
            }
        }
    };
}

causes! {
    /// Unallocated number.
    UnallocatedNumber = 1, 404, Vacant;
    /// No route to the destination.
    NoRoute = 3, 404, Failed;
    /// Preemption: the line was taken for an emergency call.
    Preemption = 8, 503, Failed;
    /// Normal clearing: somebody hung up.
    NormalClearing = 16, 480, Answered;
    /// User busy.
    UserBusy = 17, 486, Busy;
    /// No user responding (the phone is not reachable).
    NoUserResponding = 18, 408, NoAnswer;
    /// It rang and nobody answered.
    NoAnswer = 19, 480, NoAnswer;
    /// The phone is not registered.
    SubscriberAbsent = 20, 480, NoAnswer;
    /// Call rejected.
    Rejected = 21, 403, Rejected;
    /// Number changed.
    NumberChanged = 22, 410, Vacant;
    /// Answered by another phone that was rung too.
    AnsweredElsewhere = 26, 487, Answered;
    /// Destination out of order.
    DestinationOutOfOrder = 27, 502, Failed;
    /// The number has too few digits or is not one.
    InvalidNumberFormat = 28, 484, Vacant;
    /// Normal, unspecified: given up before answer.
    NormalUnspecified = 31, 487, Abandoned;
    /// No free channel.
    NoChannel = 34, 503, Failed;
    /// Network out of order: line cut, span in alarm.
    NetworkOutOfOrder = 38, 503, Failed;
    /// Temporary failure: the box is stopping, or was interrupted.
    TemporaryFailure = 41, 503, Failed;
    /// Switching equipment congestion: a bound of the box was hit.
    Congestion = 42, 503, Failed;
    /// No common codec.
    BearerUnavailable = 58, 488, Failed;
    /// Something the peer may not do.
    NotAuthorised = 57, 403, Rejected;
    /// The peer's message could not be understood.
    ProtocolError = 111, 400, Failed;
    /// Recovery on timer expiry: the peer stopped answering.
    TimerExpired = 102, 408, Failed;
    /// Interworking, unspecified: whatever the table has no better word for.
    Interworking = 127, 500, Failed;
}

impl Cause {
    /// The cause with this Q.850 value; a value the table lacks is taken as the nearest of its
    /// class (Q.850, 2.2.6).
    pub fn from_q850(value: u8) -> Self {
        let class = || match value {
            0..=15 => Cause::NoRoute,
            16..=31 => Cause::NormalUnspecified,
            // Channel not available (44), resources not available (47).
            32..=47 => Cause::NoChannel,
            48..=63 => Cause::NotAuthorised,
            64..=79 => Cause::BearerUnavailable,
            80..=111 => Cause::ProtocolError,
            _ => Cause::Interworking,
        };
        Self::ALL.iter().copied().find(|c| c.q850() == value).unwrap_or_else(class)
    }

    /// The cause of a final SIP failure (RFC 3398, section 8.2.6.1).
    pub const fn from_sip_status(status: u16) -> Self {
        match status {
            200..=299 => Cause::NormalClearing,
            401 | 403 | 407 | 603 => Cause::Rejected,
            404 | 604 => Cause::UnallocatedNumber,
            408 => Cause::NoUserResponding,
            410 => Cause::NumberChanged,
            480 => Cause::NoAnswer,
            484 => Cause::InvalidNumberFormat,
            486 | 600 => Cause::UserBusy,
            487 => Cause::NormalUnspecified,
            488 | 606 => Cause::BearerUnavailable,
            400..=499 => Cause::Interworking,
            502 => Cause::DestinationOutOfOrder,
            503 => Cause::NetworkOutOfOrder,
            504 => Cause::TimerExpired,
            _ => Cause::TemporaryFailure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q850_values_are_unique_and_come_back() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_q850(cause.q850()), *cause);
            assert!((400..700).contains(&cause.sip_status()));
        }
        for (value, cause) in [
            (2, Cause::NoRoute),
            (29, Cause::NormalUnspecified),
            (44, Cause::NoChannel),
            (52, Cause::NotAuthorised),
            (65, Cause::BearerUnavailable),
            (99, Cause::ProtocolError),
            (126, Cause::Interworking),
        ] {
            assert_eq!(Cause::from_q850(value), cause);
        }
    }

    #[test]
    fn common_sip_failures_say_what_they_mean() {
        for (status, cause) in [
            (486, Cause::UserBusy),
            (404, Cause::UnallocatedNumber),
            (487, Cause::NormalUnspecified),
            (699, Cause::TemporaryFailure),
        ] {
            assert_eq!(Cause::from_sip_status(status), cause);
        }
    }
}

//! One call: its state, its timers and what has been learnt of it.

use arrayvec::ArrayString;
use tipring_clock::{TimerName, Timers};
use tipring_line::{CallerId, Cause, Components, Redirection};

use super::element::Location;
use super::message::{CallReference, MessageOctets};
use crate::q921::Side;

/// The states of a call (Q.931, 2.1).
///
/// The standard numbers a state by the side that is in it and by the side that began the call;
/// [`number`](CallState::number) gives that number. States of suspension, and call abort (only
/// for broadcast set-ups), do not exist here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallState {
    /// SETUP sent or received: call initiated (1), call present (6).
    Present,
    /// More digits are wanted: overlap sending (2), overlap receiving (25).
    Overlap,
    /// The number is whole: outgoing call proceeding (3), incoming call proceeding (9).
    Proceeding,
    /// The called party is rung: call delivered (4), call received (7).
    Alerting,
    /// The user answered a call of the network's, which has not confirmed it: connect request (8).
    ConnectRequest,
    /// Talking (10).
    Active,
    /// We sent DISCONNECT: disconnect request (U11), disconnect indication (N12).
    DisconnectSent,
    /// We received DISCONNECT and let the network's tones be heard: disconnect indication (U12),
    /// disconnect request (N11).
    DisconnectReceived,
    /// We sent RELEASE: release request (19).
    ReleaseRequest,
}

/// The number of the null state, in which no call is kept.
pub const NULL_STATE: u8 = 0;

impl CallState {
    /// The number of the state for us, being `side`, in a call that `user_began` or the network.
    pub const fn number(self, side: Side, user_began: bool) -> u8 {
        match (self, user_began) {
            (CallState::Present, true) => 1,
            (CallState::Present, false) => 6,
            (CallState::Overlap, true) => 2,
            (CallState::Overlap, false) => 25,
            (CallState::Proceeding, true) => 3,
            (CallState::Proceeding, false) => 9,
            (CallState::Alerting, true) => 4,
            (CallState::Alerting, false) => 7,
            (CallState::ConnectRequest, _) => 8,
            (CallState::Active, _) => 10,
            (CallState::DisconnectSent, _) => match side {
                Side::User => 11,
                Side::Network => 12,
            },
            (CallState::DisconnectReceived, _) => match side {
                Side::User => 12,
                Side::Network => 11,
            },
            (CallState::ReleaseRequest, _) => 19,
        }
    }

    /// Whether the call is being ended.
    pub const fn is_clearing(self) -> bool {
        matches!(
            self,
            CallState::DisconnectSent | CallState::DisconnectReceived | CallState::ReleaseRequest
        )
    }

    /// Whether the called party has not answered yet.
    pub const fn is_before_answer(self) -> bool {
        matches!(
            self,
            CallState::Present | CallState::Overlap | CallState::Proceeding | CallState::Alerting
        )
    }
}

/// The timers of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CallTimer {
    /// It was rung for too long.
    T301,
    /// No further digit has come.
    T302,
    /// SETUP is not answered.
    T303,
    /// Digits are not answered.
    T304,
    /// DISCONNECT is not answered.
    T305,
    /// Our tones after DISCONNECT have lasted long enough.
    T306,
    /// RELEASE is not answered.
    T308,
    /// The call does not get on.
    T310,
    /// CONNECT is not acknowledged.
    T313,
    /// STATUS ENQUIRY is not answered.
    T322,
    /// The network's tones after its DISCONNECT have lasted long enough.
    Tones,
}

impl TimerName for CallTimer {
    const ALL: &'static [CallTimer] = &[
        CallTimer::T301,
        CallTimer::T302,
        CallTimer::T303,
        CallTimer::T304,
        CallTimer::T305,
        CallTimer::T306,
        CallTimer::T308,
        CallTimer::T310,
        CallTimer::T313,
        CallTimer::T322,
        CallTimer::Tones,
    ];
}

/// Digits of a called number as collected or still to be sent.
pub(super) type DigitText = ArrayString<40>;

#[derive(Debug)]
pub(super) struct Call {
    /// The value of its reference.
    pub(super) reference: u16,
    /// We chose the reference and sent SETUP.
    pub(super) originated: bool,
    pub(super) state: CallState,
    /// Its channel; 0 when it has none any more.
    pub(super) timeslot: u8,
    /// Both sides know the channel.
    pub(super) channel_agreed: bool,
    /// The switch knows nothing of the call: not yet, or not any more.
    pub(super) silent: bool,
    /// The switch was told that the far side's audio is open.
    pub(super) early_audio: bool,
    /// How often T303, T308 or T322 has expired.
    pub(super) expiries: u8,
    /// Why it ends, once it does: the first reason given.
    pub(super) cause: Option<Cause>,
    /// What we said as reason, to say it again in RELEASE.
    pub(super) cause_sent: u8,
    /// Called digits: those received so far, or those not yet sent.
    pub(super) digits: DigitText,
    pub(super) caller: CallerId,
    /// Who led it here.
    pub(super) redirection: Option<Box<Redirection>>,
    /// Who answers it, as CONNECT is to tell.
    pub(super) connected: Option<CallerId>,
    /// Components of its SETUP, until the switch knows of the call.
    pub(super) components: Components,
    /// SETUP, for its repetition.
    pub(super) setup: MessageOctets,
    pub(super) timers: Timers<CallTimer, 11>,
}

impl Call {
    pub(super) fn new(reference: u16, originated: bool, timeslot: u8) -> Self {
        Call {
            reference,
            originated,
            state: CallState::Present,
            timeslot,
            channel_agreed: false,
            silent: false,
            early_audio: false,
            expiries: 0,
            cause: None,
            cause_sent: Cause::NormalClearing.q850(),
            digits: DigitText::new(),
            caller: CallerId::default(),
            redirection: None,
            connected: None,
            components: Components::default(),
            setup: MessageOctets::new(),
            timers: Timers::new(),
        }
    }

    /// The reference as messages of ours carry it.
    pub(super) const fn our_reference(&self) -> CallReference {
        CallReference::new(self.reference, !self.originated)
    }

    /// The state's number for us.
    pub(super) fn state_number(&self, side: Side) -> u8 {
        let user_began = self.originated == (side == Side::User);
        self.state.number(side, user_began)
    }

    /// Keeps the first reason given.
    pub(super) fn blame(&mut self, cause: Cause) {
        self.cause.get_or_insert(cause);
    }
}

/// Who we are in causes.
pub(super) const fn location(side: Side) -> Location {
    match side {
        Side::User => Location::User,
        Side::Network => Location::PublicLocal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_standards_numbers() {
        use CallState::*;
        let all = [
            Present,
            Overlap,
            Proceeding,
            Alerting,
            ConnectRequest,
            Active,
            DisconnectSent,
            DisconnectReceived,
            ReleaseRequest,
        ];
        let numbers = |side, user_began| all.map(|state: CallState| state.number(side, user_began));
        assert_eq!(numbers(Side::User, true), [1, 2, 3, 4, 8, 10, 11, 12, 19]);
        assert_eq!(numbers(Side::User, false), [6, 25, 9, 7, 8, 10, 11, 12, 19]);
        assert_eq!(numbers(Side::Network, true), [1, 2, 3, 4, 8, 10, 12, 11, 19]);
        assert_eq!(numbers(Side::Network, false), [6, 25, 9, 7, 8, 10, 12, 11, 19]);
    }
}

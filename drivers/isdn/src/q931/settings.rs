//! How an access is set up: profiles as data, and the timers of Q.931, 9.

use tipring_clock::Duration;
use tipring_line::Law;

use super::element::{BearerCapability, NumberType, NumberingPlan};
use crate::q921::Side;

/// When a number that comes digit by digit is whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OverlapReceiving {
    /// SETUP always carries the whole number, whether it says so or not.
    Off,
    /// Digits are collected until sending complete, this many digits if told, or T302.
    On {
        /// How many digits the subscriber's numbers have, as the network sends them.
        digits: Option<u8>,
    },
}

/// How a call asks for its channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelRequest {
    /// This one and no other.
    Exclusive,
    /// This one, or another that the far side names.
    Preferred,
}

/// In which order a free channel is looked for when the far side leaves the choice to us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hunt {
    /// From timeslot 1 on.
    Ascending,
    /// From timeslot 31 down: what a user does whose network goes up, to meet it rarely.
    Descending,
}

/// Type and plan of a number we send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NumberForm {
    /// Type of number.
    pub number_type: NumberType,
    /// Numbering plan.
    pub plan: NumberingPlan,
}

/// How texts are coded in display elements that we send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisplayCoding {
    /// No display element is sent.
    Off,
    /// UTF-8, of which IA5 is a part.
    Utf8,
    /// GBK, as older Chinese exchanges have it.
    Gbk,
}

/// What differs from network to network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// What outgoing calls ask to have carried.
    pub bearer: BearerCapability,
    /// The form of called numbers.
    pub called: NumberForm,
    /// The form of calling numbers.
    pub calling: NumberForm,
    /// How channels are asked for.
    pub channel_request: ChannelRequest,
    /// Which channel is taken when the far side does not say.
    pub hunt: Hunt,
    /// How many digits SETUP carries, the rest following in INFORMATION; `None` for en bloc.
    pub overlap_sending: Option<u8>,
    /// How called numbers arrive.
    pub overlap_receiving: OverlapReceiving,
    /// Display elements that we send.
    pub display: DisplayCoding,
    /// Whether CONNECT tells the number called as connected number (COLP).
    pub connected_number: bool,
    /// Whether channels are restarted at the start, and after trouble. Some exchanges refuse it.
    pub restart: bool,
    /// How long a caller may hear the network's tones and announcements after its DISCONNECT.
    /// Zero: the call is released at once.
    pub tones_max: Duration,
    /// Whether our own DISCONNECT before answer offers tones in the channel (network side).
    pub disconnect_in_band: bool,
}

impl Profile {
    /// EuroISDN, by ETSI EN 300 403-1.
    pub const fn euro_isdn() -> Self {
        Profile {
            bearer: BearerCapability::speech(Law::A),
            called: NumberForm { number_type: NumberType::Unknown, plan: NumberingPlan::Isdn },
            calling: NumberForm { number_type: NumberType::National, plan: NumberingPlan::Isdn },
            channel_request: ChannelRequest::Preferred,
            hunt: Hunt::Descending,
            overlap_sending: None,
            overlap_receiving: OverlapReceiving::On { digits: None },
            display: DisplayCoding::Utf8,
            connected_number: true,
            restart: true,
            tones_max: Duration::from_secs(30),
            disconnect_in_band: false,
        }
    }

    /// Public networks in China (YDN 034): numbers as dialled, local calling numbers, exclusive
    /// channels, whole numbers, GBK names; RESTART is refused by many an exchange.
    pub const fn china() -> Self {
        Profile {
            calling: NumberForm { number_type: NumberType::Subscriber, plan: NumberingPlan::Isdn },
            channel_request: ChannelRequest::Exclusive,
            overlap_receiving: OverlapReceiving::Off,
            display: DisplayCoding::Gbk,
            connected_number: false,
            restart: false,
            ..Profile::euro_isdn()
        }
    }
}

/// The timers of Q.931, tables 9-1 and 9-2, that exist here. T312 is for broadcast set-ups, T314
/// for segments, T318 and T319 for suspension, T320 and T321 for packets and D-channel back-up:
/// none of these has a place on a primary rate access of voice. T317 is not needed, since what it
/// guards takes no time here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimerSettings {
    /// T301: how long the called party may be rung.
    pub t301: Duration,
    /// T302: how long we wait for the next digit.
    pub t302: Duration,
    /// T303: how long SETUP may be unanswered, twice.
    pub t303: Duration,
    /// T304: how long the far side may think about digits.
    pub t304: Duration,
    /// T305: how long DISCONNECT may be unanswered.
    pub t305: Duration,
    /// T306: how long tones are sent after our DISCONNECT.
    pub t306: Duration,
    /// T308: how long RELEASE may be unanswered, twice.
    pub t308: Duration,
    /// T309: how long calls outlive their D-channel.
    pub t309: Duration,
    /// T310: how long the call may be on its way.
    pub t310: Duration,
    /// T313: how long CONNECT may be unacknowledged.
    pub t313: Duration,
    /// T316: how long RESTART may be unanswered, `n316` times.
    pub t316: Duration,
    /// T322: how long STATUS ENQUIRY may be unanswered.
    pub t322: Duration,
    /// N316: how often RESTART is sent.
    pub n316: u8,
    /// N322: how often STATUS ENQUIRY is sent.
    pub n322: u8,
}

impl TimerSettings {
    /// The values of the standard for this side. T309 is EuroISDN's lower end, 6 s.
    pub fn standard(side: Side) -> Self {
        let user = matches!(side, Side::User);
        let either =
            |for_user, for_network| Duration::from_secs(if user { for_user } else { for_network });
        TimerSettings {
            t301: Duration::from_secs(180),
            t302: Duration::from_secs(15),
            t303: Duration::from_secs(4),
            t304: either(30, 20),
            t305: Duration::from_secs(30),
            t306: Duration::from_secs(30),
            t308: Duration::from_secs(4),
            t309: Duration::from_secs(6),
            // A network gives up after 10 s only because a user is near; mobiles take longer.
            t310: either(120, 10),
            t313: Duration::from_secs(4),
            t316: Duration::from_secs(120),
            t322: Duration::from_secs(4),
            n316: 2,
            n322: 3,
        }
    }
}

/// Everything call control is set to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Which end we are.
    pub side: Side,
    /// What differs from network to network.
    pub profile: Profile,
    /// Timers.
    pub timers: TimerSettings,
    /// The timeslots that are B-channels: bit *n* stands for timeslot *n*.
    pub channels: u32,
}

/// Timeslots 1–15 and 17–31.
pub const ALL_CHANNELS: u32 = 0xFFFE_FFFE;

impl Settings {
    /// An access of thirty channels at this end.
    pub fn new(side: Side, profile: Profile) -> Self {
        Settings { side, profile, timers: TimerSettings::standard(side), channels: ALL_CHANNELS }
    }
}

//! E1 spans, as they stand in the document.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tipring_events::SpanKind;
use tipring_line::Number;
use tipring_switch::{ConnectedNumber, Direction, Hunt, Pattern, SpanConfig};

use crate::error::{ConfigError, nearest};
use crate::resolve::Site;

/// The most spans: eight E1s are the large box, and as many again fit their channels' numbers.
const SPANS_MAX: usize = 16;
/// The kinds of ISDN networks whose ways are known.
const PROFILES: [&str; 2] = ["china", "euro-isdn"];
/// Where R2 has its signalling bits; an ordinary D-channel is there too.
const SIGNALLING_TIMESLOT: u8 = 16;
/// The highest number that DAHDI gives a span.
const DAHDI_SPAN_MAX: u16 = 128;
/// The most digits of a called number.
const DIGITS_MAX: u8 = 32;

/// Where a span's clock comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanClock {
    /// From the far side: as a subscriber of an exchange.
    #[default]
    FarSide,
    /// The box's own: the far side takes it from here.
    Own,
}

/// An E1 span.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanEntry {
    /// Its name, by which groups and dial rules find it.
    pub name: String,
    /// The label of its socket on the board. Either this, `dahdi` or `simulated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The DAHDI span, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dahdi: Option<u16>,
    /// A span that ends at a simulated exchange.
    #[serde(default, skip_serializing_if = "is_false")]
    pub simulated: bool,
    /// How it signals.
    pub signalling: SpanKind,
    /// The kind of network: `china` or `euro-isdn` for ISDN, a variant's code (`cn`, `itu`) for R2.
    /// As usual in China where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The timeslot of its D-channel; ISDN only.
    #[serde(default = "d_channel_default")]
    pub d_channel: u8,
    /// The timeslots that carry calls: all but those of framing and signalling where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeslots: Option<Vec<u8>>,
    /// Timeslots that carry no calls for now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_service: Vec<u8>,
    /// Whether it has CRC-4 multiframes; both ends must agree.
    #[serde(default)]
    pub crc4: bool,
    /// Where its clock comes from.
    #[serde(default)]
    pub clock: SpanClock,
    /// In which order a free channel is looked for. An exchange usually goes upwards, so that
    /// downwards meets it rarely.
    #[serde(default = "hunt_default")]
    pub hunt: Hunt,
    /// Which way calls may go on it.
    #[serde(default)]
    pub direction: Direction,
    /// How many calls may come in at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_max: Option<u8>,
    /// How many calls may go out at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outgoing_max: Option<u8>,
    /// How many digits of a called number the exchange sends where it does not say that a number is
    /// whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called_digits: Option<u8>,
    /// The number taken as called where the exchange tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// The box's own numbers, as patterns (`888866XX`); a call to another is refused. Empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Pattern>,
    /// Of a number called, so many digits at its end are looked up in the dial rules; 0: all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub did_digits: u8,
    /// The number shown outside for calls that go out on it; without one the extension's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Number>,
    /// Whether the number that a call was led on from goes before the number called, when the dial
    /// rules are asked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub did_original: bool,
    /// What a caller is told to have reached (COLP): `off`, the number `called`, or `unified`, the
    /// span's `caller`. As usual in the kind of network where left out: `called` for `euro-isdn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected: Option<ConnectedNumber>,
    /// The flow that takes its calls when no dial rule matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
}

const fn d_channel_default() -> u8 {
    SIGNALLING_TIMESLOT
}

const fn hunt_default() -> Hunt {
    Hunt::Descending
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

fn mask(timeslots: &[u8]) -> u32 {
    timeslots.iter().fold(0, |mask, timeslot| mask | 1 << (timeslot & 31))
}

impl SpanEntry {
    /// Whether it is ISDN.
    pub fn is_isdn(&self) -> bool {
        self.signalling != SpanKind::R2
    }

    /// The timeslot that carries signalling.
    pub fn signalling_timeslot(&self) -> u8 {
        if self.is_isdn() { self.d_channel } else { SIGNALLING_TIMESLOT }
    }

    /// The kind of network, as it stands or as usual.
    pub fn profile(&self) -> &str {
        let usual = if self.is_isdn() { PROFILES[0] } else { "cn" };
        self.profile.as_deref().unwrap_or(usual)
    }

    /// What a caller is told to have reached, as it stands or as usual.
    fn connected(&self) -> ConnectedNumber {
        let tells = self.is_isdn() && self.profile() == PROFILES[1];
        let usual = if tells { ConnectedNumber::Called } else { ConnectedNumber::Off };
        self.connected.unwrap_or(usual)
    }

    /// The timeslots that carry calls: bit *n* stands for timeslot *n*.
    pub fn channels(&self) -> u32 {
        let signalling = 1 | 1 << (self.signalling_timeslot() & 31);
        self.timeslots.as_deref().map_or(u32::MAX, mask) & !signalling
    }

    /// Whether it is the same wire with the same signalling as `other`, so that what differs can be
    /// taken up while the box runs.
    pub fn is_wired_as(&self, other: &SpanEntry) -> bool {
        let wire = |span: &SpanEntry| {
            (
                (span.name.clone(), span.port.clone(), span.dahdi, span.simulated),
                (span.signalling, span.profile().to_owned(), span.d_channel, span.channels()),
                (span.crc4, span.clock, span.called_digits),
            )
        };
        wire(self) == wire(other)
    }

    /// What the switch is told of it.
    pub fn for_switch(&self) -> SpanConfig {
        SpanConfig {
            name: self.name.clone(),
            signalling: self.signalling,
            channels: self.channels(),
            out_of_service: mask(&self.out_of_service),
            hunt: self.hunt,
            direction: self.direction,
            incoming_max: self.incoming_max,
            outgoing_max: self.outgoing_max,
            number: self.number,
            numbers: self.numbers.clone(),
            did_digits: self.did_digits,
            caller: self.caller,
            did_original: self.did_original,
            connected: self.connected(),
            flow: self.flow.clone(),
        }
    }

    fn check(&self, site: Site<'_>) -> Result<(), ConfigError> {
        let wrong = |what: String| Err(ConfigError::general(format!("span {}: {what}", self.name)));
        let places = [self.port.is_some(), self.dahdi.is_some(), self.simulated];
        if places.iter().filter(|named| **named).count() != 1 {
            return wrong("say where it is by one of `port`, `dahdi` and `simulated`".to_owned());
        }
        if self.dahdi.is_some_and(|number| !(1..=DAHDI_SPAN_MAX).contains(&number)) {
            return wrong(format!("`dahdi` is 1 to {DAHDI_SPAN_MAX}"));
        }
        if let Some(label) = &self.port
            && let Some(sockets) = site.spans
            && !sockets.contains(&label.as_str())
        {
            return wrong(format!("the board has no E1 socket `{label}`{}", hint(label, sockets)));
        }
        let known = if self.is_isdn() { Some(&PROFILES[..]) } else { site.r2_variants };
        if let Some(known) = known.filter(|known| !known.contains(&self.profile())) {
            let hint = hint(self.profile(), known);
            return wrong(format!("there is no profile `{}`{hint}", self.profile()));
        }
        self.check_timeslots()
    }

    fn check_timeslots(&self) -> Result<(), ConfigError> {
        let wrong = |what: &str| Err(ConfigError::general(format!("span {}: {what}", self.name)));
        if !(1..=31).contains(&self.d_channel) {
            return wrong("`d_channel` is a timeslot, 1 to 31; nearly always 16");
        }
        if !self.is_isdn() && self.d_channel != SIGNALLING_TIMESLOT {
            return wrong("R2 has no D-channel: its signalling bits are in timeslot 16");
        }
        let named = self.timeslots.iter().flatten().chain(&self.out_of_service);
        if named.clone().any(|timeslot| !(1..=31).contains(timeslot)) {
            return wrong("a timeslot is 1 to 31");
        }
        if self.timeslots.iter().flatten().any(|t| *t == self.signalling_timeslot()) {
            return wrong("`timeslots` names the one that carries the signalling");
        }
        if mask(&self.out_of_service) & !self.channels() != 0 {
            return wrong("`out_of_service` names a timeslot that carries no calls anyway");
        }
        if self.channels() == 0 {
            return wrong("`timeslots` leaves no channel for calls");
        }
        if !self.is_isdn() && (self.did_original || self.connected.is_some()) {
            return wrong(
                "R2 tells neither who led a call on nor who answered: leave out `did_original` and `connected`",
            );
        }
        if self.called_digits.is_some_and(|digits| !(1..=DIGITS_MAX).contains(&digits)) {
            return wrong("`called_digits` is 1 to 32");
        }
        Ok(())
    }
}

fn hint(wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => "; it has none".to_owned(),
        None => format!("; known: {}", known.join(", ")),
    }
}

/// Checks every span, and that no two are in one place.
pub(crate) fn check(spans: &[SpanEntry], site: Site<'_>) -> Result<(), ConfigError> {
    if spans.len() > SPANS_MAX {
        return Err(ConfigError::general(format!("at most {SPANS_MAX} spans")));
    }
    let (mut sockets, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    for span in spans {
        span.check(site)?;
        let twice = span.port.as_ref().is_some_and(|port| !sockets.insert(port))
            || span.dahdi.is_some_and(|number| !numbers.insert(number));
        if twice {
            let name = &span.name;
            return Err(ConfigError::general(format!(
                "span {name}: another span is there already"
            )));
        }
    }
    Ok(())
}

//! E1 spans: which of their channels carries a call, what comes in on them, what is out of service.

use std::sync::Arc;

use tipring_events::{
    EventKind, LiveSpan, LiveSpanChannel, Refusal, Reply, SpanChannelState, SpanKind, SpanStatus,
};
use tipring_line::{Alarm, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{LegPhase, Place};
use crate::config::{Direction, Hunt};
use crate::dial::{Carrier, From, Pattern};
use crate::incoming::{Offer, Origin, Refused};
use crate::moment::Moment;
use crate::span_config::{ConnectedNumber, SpanConfig};
use crate::switch::Switch;

/// Timeslots are 1–31.
const TIMESLOTS: u8 = 31;

/// An E1 span as it is now.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) name: Arc<str>,
    pub(crate) caller: Option<Number>,
    pub(crate) signalling: SpanKind,
    pub(crate) connected: ConnectedNumber,
    channels: u32,
    /// What the configuration says is out of service, and what is.
    configured_out: u32,
    out_of_service: u32,
    hunt: Hunt,
    direction: Direction,
    incoming_max: Option<u8>,
    outgoing_max: Option<u8>,
    number: Option<Number>,
    numbers: Vec<Pattern>,
    did_digits: u8,
    did_original: bool,
    flow: Option<Arc<str>>,
    alarms: [Option<Alarm>; TIMESLOTS as usize + 1],
    /// The channels whose last call went out.
    outgoing: u32,
    /// The timeslot taken last.
    last: u8,
}

impl Span {
    fn new(config: &SpanConfig) -> Self {
        Span {
            name: config.name.as_str().into(),
            caller: config.caller,
            signalling: config.signalling,
            connected: config.connected,
            channels: config.channels & !1,
            configured_out: config.out_of_service & config.channels & !1,
            out_of_service: config.out_of_service & config.channels & !1,
            hunt: config.hunt,
            direction: config.direction,
            incoming_max: config.incoming_max,
            outgoing_max: config.outgoing_max,
            number: config.number,
            numbers: config.numbers.clone(),
            did_digits: config.did_digits,
            did_original: config.did_original,
            flow: config.flow.as_deref().map(Arc::from),
            alarms: [None; TIMESLOTS as usize + 1],
            outgoing: 0,
            last: 0,
        }
    }

    fn timeslots(&self) -> impl Iterator<Item = u8> + use<> {
        timeslots_of(self.channels).into_iter()
    }

    fn is_out(&self, timeslot: u8) -> bool {
        self.out_of_service >> timeslot & 1 == 1
    }

    fn alarm(&self, timeslot: u8) -> Option<Alarm> {
        self.alarms.get(usize::from(timeslot)).copied().flatten()
    }

    /// The alarm, if every channel has one.
    pub(crate) fn common_alarm(&self) -> Option<Alarm> {
        let mut alarms = self.timeslots().map(|timeslot| self.alarm(timeslot));
        let first = alarms.next().flatten()?;
        alarms.all(|alarm| alarm.is_some()).then_some(first)
    }

    /// The channels in the order in which they are to be tried now.
    fn order(&self) -> Vec<u8> {
        let mut order: Vec<u8> = self.timeslots().collect();
        match self.hunt {
            Hunt::Ascending => {}
            Hunt::Descending => order.reverse(),
            Hunt::Cyclic => {
                let after = order.iter().position(|t| *t > self.last).unwrap_or(0);
                order.rotate_left(after);
            }
            Hunt::CyclicDescending => {
                let from = if self.last == 0 { TIMESLOTS + 1 } else { self.last };
                let below = order.iter().filter(|t| **t < from).count();
                order.rotate_left(below);
                order.reverse();
            }
        }
        order
    }

    /// Whether a number is one of the box's.
    fn is_own(&self, number: Number) -> bool {
        let mut own = self.numbers.iter();
        self.numbers.is_empty() || own.any(|own| own.matches(number.as_str()))
    }

    /// A number of the box as the dial rules know it.
    fn cut(&self, number: Number) -> Number {
        let digits = number.as_str();
        let kept = match usize::from(self.did_digits) {
            0 => 0,
            last => digits.len().saturating_sub(last),
        };
        digits.get(kept..).and_then(|digits| digits.parse().ok()).unwrap_or(number)
    }
}

/// The timeslots of a mask.
fn timeslots_of(mask: u32) -> Vec<u8> {
    (1..=TIMESLOTS).filter(|timeslot| mask >> timeslot & 1 == 1).collect()
}

/// The mask of these timeslots; what is no timeslot is left out.
fn mask_of(timeslots: &[u8]) -> u32 {
    let known = timeslots.iter().filter(|timeslot| (1..=TIMESLOTS).contains(*timeslot));
    known.fold(0, |mask, timeslot| mask | 1 << timeslot)
}

impl Switch {
    pub(crate) fn reconfigure_spans(&mut self, configs: &[SpanConfig]) {
        let old = core::mem::take(&mut self.spans);
        for (index, config) in (0u8..).zip(configs) {
            let mut span = Span::new(config);
            let before = old.get(usize::from(index)).filter(|old| old.name == span.name);
            let mut blocked = 0;
            if let Some(before) = before {
                span.alarms = before.alarms;
                span.outgoing = before.outgoing;
                span.last = before.last;
                blocked = before.out_of_service;
                if before.configured_out == span.configured_out {
                    // What was ordered since stays ordered.
                    span.out_of_service = before.out_of_service;
                }
            }
            let changed = (span.out_of_service ^ blocked) & span.channels;
            let out = span.out_of_service;
            self.spans.push(span);
            self.block(index, changed, out);
        }
    }

    /// Tells the channels of `changed` whether they are out of service.
    fn block(&mut self, index: u8, changed: u32, out: u32) {
        for timeslot in timeslots_of(changed) {
            let blocked = ChannelCommand::Block(out >> timeslot & 1 == 1);
            self.channel(ChannelId::of_span(index, timeslot), blocked);
        }
    }

    /// Takes channels out of service, or back.
    pub(crate) fn span_service(&mut self, name: &str, timeslots: &[u8], in_service: bool) -> Reply {
        let index = self.spans.iter().position(|span| &*span.name == name);
        let index = index.ok_or(Refusal::NoSuchSpan)?;
        let span = &mut self.spans[index];
        let has = |timeslot: &u8| *timeslot <= TIMESLOTS && span.channels >> timeslot & 1 == 1;
        if !timeslots.iter().all(has) {
            return Err(Refusal::NoSuchSpan);
        }
        let named = if timeslots.is_empty() { span.channels } else { mask_of(timeslots) };
        let before = span.out_of_service;
        span.out_of_service = if in_service { before & !named } else { before | named };
        let (changed, out) = (before ^ span.out_of_service, span.out_of_service);
        if changed != 0 {
            let (span, configured) = (span.name.to_string(), timeslots_of(span.configured_out));
            let out_of_service = timeslots_of(out);
            self.event(EventKind::SpanServiceChanged { span, out_of_service, configured });
        }
        self.block(index as u8, changed, out);
        Ok(())
    }

    /// Puts a span's channels out of service as the log has them, unless the configuration has
    /// others out of service by now than it had then.
    pub(crate) fn restore_service(&mut self, name: &str, out_of_service: &[u8], configured: &[u8]) {
        let Some(index) = self.spans.iter().position(|span| &*span.name == name) else { return };
        let span = &mut self.spans[index];
        if span.configured_out != mask_of(configured) {
            return;
        }
        let out = mask_of(out_of_service) & span.channels;
        let changed = core::mem::replace(&mut span.out_of_service, out) ^ out;
        self.block(index as u8, changed, out);
    }

    pub(crate) fn span_alarm(&mut self, channel: ChannelId, alarm: Option<Alarm>) {
        let Some((index, timeslot)) = channel.as_span() else { return };
        let Some(span) = self.spans.get_mut(usize::from(index)) else { return };
        if let Some(told) = span.alarms.get_mut(usize::from(timeslot)) {
            *told = alarm;
        }
    }

    /// How many calls a span carries that came in, and that went out.
    fn span_calls(&self, index: u8) -> (usize, usize) {
        let Some(span) = self.spans.get(usize::from(index)) else { return (0, 0) };
        let in_use = span.timeslots().filter(|timeslot| self.is_in_use(index, *timeslot));
        let (out, came): (Vec<u8>, Vec<u8>) =
            in_use.partition(|timeslot| span.outgoing >> timeslot & 1 == 1);
        (came.len(), out.len())
    }

    fn is_in_use(&self, index: u8, timeslot: u8) -> bool {
        self.legs.contains_key(&ChannelId::of_span(index, timeslot))
    }

    /// A free channel of a span for a call out, by the span's hunting; `not` is passed over. An
    /// emergency call may be one more than the span's most.
    pub(crate) fn free_span_channel(
        &mut self,
        index: u8,
        not: Option<ChannelId>,
        emergency: bool,
    ) -> Result<(ChannelId, u8), Cause> {
        let (_, outgoing) = self.span_calls(index);
        let span = self.spans.get(usize::from(index)).ok_or(Cause::NoRoute)?;
        let full = span.outgoing_max.is_some_and(|max| outgoing >= usize::from(max));
        if full && !emergency {
            return Err(Cause::NoChannel);
        }
        if span.common_alarm().is_some() {
            return Err(Cause::NetworkOutOfOrder);
        }
        let free = |timeslot: &u8| {
            let channel = ChannelId::of_span(index, *timeslot);
            !span.is_out(*timeslot)
                && span.alarm(*timeslot).is_none()
                && !self.legs.contains_key(&channel)
                && not != Some(channel)
        };
        let timeslot = span.order().into_iter().find(free).ok_or(Cause::NoChannel)?;
        let span = &mut self.spans[usize::from(index)];
        span.last = timeslot;
        span.outgoing |= 1 << timeslot;
        Ok((ChannelId::of_span(index, timeslot), timeslot))
    }

    /// Every channel that a line or span has; a SIP trunk's are made for each call.
    pub(crate) fn channels_of(&self, carrier: Carrier) -> impl Iterator<Item = ChannelId> + use<> {
        let channels = match carrier {
            Carrier::Line(port) => vec![ChannelId::port(port)],
            Carrier::Trunk(_) => Vec::new(),
            Carrier::Span(index) => {
                let span = self.spans.get(usize::from(index));
                let timeslots = span.into_iter().flat_map(Span::timeslots);
                timeslots.map(|timeslot| ChannelId::of_span(index, timeslot)).collect()
            }
        };
        channels.into_iter()
    }

    /// Where a call on a span's channel comes from; `Err` if the box does not take it.
    pub(crate) fn span_origin(
        &mut self,
        index: u8,
        timeslot: u8,
        offer: Offer,
    ) -> Result<Origin, Refused> {
        let (incoming, _) = self.span_calls(index);
        let span = self.spans.get_mut(usize::from(index)).ok_or_else(Refused::unknown)?;
        let number_called = offer.called.or(span.number);
        let redirection = offer.redirection;
        let origin = Origin {
            called: number_called,
            caller: offer.caller,
            number_called,
            redirection,
            trunk_flow: span.flow.clone(),
            ..Origin::new(From::Trunk, Place::Span(index), &span.name)
        };
        let refused = if span.channels >> timeslot & 1 == 0 || span.direction == Direction::Out {
            Some(Cause::NotAuthorised)
        } else if span.is_out(timeslot) {
            Some(Cause::NoChannel)
        } else if span.incoming_max.is_some_and(|max| incoming >= usize::from(max)) {
            Some(Cause::Congestion)
        } else if number_called.is_some_and(|number| !span.is_own(number)) {
            Some(Cause::UnallocatedNumber)
        } else {
            None
        };
        span.outgoing &= !(1 << timeslot);
        if let Some(cause) = refused {
            return Err(Refused::call(cause, origin));
        }
        let led_from = redirection.filter(|_| span.did_original);
        let led_from = led_from.and_then(|by| by.original.or(by.number));
        let called = led_from.or(number_called).map(|number| span.cut(number));
        Ok(Origin { called, ..origin })
    }

    /// The network put a call of ours on another channel, before anything else happened to it.
    pub(crate) fn moved(&mut self, m: Moment, from: ChannelId, to: ChannelId) {
        let Some((index, timeslot)) = to.as_span() else { return };
        let Some(leg) = self.legs.remove(&from) else {
            self.counters.stray_events += 1;
            return;
        };
        if let Some(old) = self.drop_leg(to) {
            // The channel is the new call's, so what was on it is over.
            self.counters.glare += 1;
            self.leg_gone(m, to, &old, Cause::NoChannel);
        }
        if let Some(call) = leg.call.and_then(|id| self.calls.get_mut(&id)) {
            let channels = call.callees.iter_mut().chain(call.early.as_mut());
            channels.filter(|channel| **channel == from).for_each(|channel| *channel = to);
        }
        if let Some(span) = self.spans.get_mut(usize::from(index)) {
            span.outgoing |= 1 << (timeslot & 31);
        }
        self.legs.insert(to, leg);
        self.channel_free(m, from);
    }

    /// Every span with its channels. The state of their lines is the drivers' to tell.
    pub fn live_spans(&self) -> Vec<LiveSpan> {
        (0u8..).zip(&self.spans).map(|(index, span)| self.live_span(index, span)).collect()
    }

    fn live_span(&self, index: u8, span: &Span) -> LiveSpan {
        let channel = |timeslot| {
            let leg = self.legs.get(&ChannelId::of_span(index, timeslot));
            let state = match (leg.map(|leg| leg.phase), span.alarm(timeslot)) {
                (Some(LegPhase::Up), _) => SpanChannelState::Busy,
                (Some(_), _) => SpanChannelState::Ringing,
                (None, Some(Alarm::Blocked)) => SpanChannelState::OutOfService,
                (None, _) if span.is_out(timeslot) => SpanChannelState::OutOfService,
                (None, Some(_)) => SpanChannelState::Alarm,
                (None, None) => SpanChannelState::Idle,
            };
            LiveSpanChannel { timeslot, state }
        };
        let channels: Vec<_> = span.timeslots().map(channel).collect();
        let carries = |c: &&LiveSpanChannel| {
            matches!(c.state, SpanChannelState::Busy | SpanChannelState::Ringing)
        };
        LiveSpan {
            name: span.name.to_string(),
            signalling: span.signalling,
            in_use: channels.iter().filter(carries).count() as u32,
            channels,
            status: SpanStatus::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(hunt: Hunt, last: u8) -> Span {
        let config = SpanConfig {
            name: "e1-1".into(),
            signalling: SpanKind::PriUser,
            channels: 0b11_1110,
            out_of_service: 0,
            hunt,
            direction: Direction::Both,
            incoming_max: None,
            outgoing_max: None,
            number: Some("88886600".parse().unwrap()),
            numbers: vec!["888866XX".parse().unwrap()],
            did_digits: 4,
            caller: None,
            did_original: false,
            connected: ConnectedNumber::Off,
            flow: None,
        };
        Span { last, ..Span::new(&config) }
    }

    #[test]
    fn channels_are_hunted_from_either_end_or_round() {
        assert_eq!(span(Hunt::Ascending, 3).order(), [1, 2, 3, 4, 5]);
        assert_eq!(span(Hunt::Descending, 3).order(), [5, 4, 3, 2, 1]);
        assert_eq!(span(Hunt::Cyclic, 3).order(), [4, 5, 1, 2, 3]);
        assert_eq!(span(Hunt::Cyclic, 5).order(), [1, 2, 3, 4, 5]);
        assert_eq!(span(Hunt::CyclicDescending, 3).order(), [2, 1, 5, 4, 3]);
        assert_eq!(span(Hunt::CyclicDescending, 0).order(), [5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_number_called_is_one_of_the_boxs_and_cut_to_its_last_digits() {
        let span = span(Hunt::Ascending, 0);
        let number = |digits: &str| digits.parse().unwrap();
        assert!(span.is_own(number("88886601")) && !span.is_own(number("88887701")));
        assert_eq!(span.cut(number("88886601")), number("6601"));
        assert_eq!(span.cut(number("601")), number("601"));
    }

    #[test]
    fn a_span_is_in_alarm_when_all_of_its_channels_are() {
        let mut span = span(Hunt::Ascending, 0);
        span.alarms[1..5].fill(Some(Alarm::Red));
        assert_eq!(span.common_alarm(), None);
        span.alarms[5] = Some(Alarm::Blocked);
        assert_eq!(span.common_alarm(), Some(Alarm::Red));
    }
}

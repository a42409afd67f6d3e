//! E1 spans: which of their channels carries a call, what comes in on them, what is out of service.

use std::sync::Arc;

use tipring_events::{
    LiveSpan, LiveSpanChannel, Refusal, Reply, SpanChannelState, SpanKind, SpanStatus,
};
use tipring_line::{Alarm, CallerId, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{LegPhase, Place};
use crate::config::{Direction, Hunt};
use crate::dial::{Carrier, From, Pattern};
use crate::incoming::Origin;
use crate::moment::Moment;
use crate::span_config::SpanConfig;
use crate::switch::Switch;

/// Timeslots are 1–31.
const TIMESLOTS: u8 = 31;

/// An E1 span as it is now.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) name: Arc<str>,
    pub(crate) caller: Option<Number>,
    signalling: SpanKind,
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
            channels: config.channels & !1,
            configured_out: config.out_of_service,
            out_of_service: config.out_of_service,
            hunt: config.hunt,
            direction: config.direction,
            incoming_max: config.incoming_max,
            outgoing_max: config.outgoing_max,
            number: config.number,
            numbers: config.numbers.clone(),
            did_digits: config.did_digits,
            flow: config.flow.as_deref().map(Arc::from),
            alarms: [None; TIMESLOTS as usize + 1],
            outgoing: 0,
            last: 0,
        }
    }

    fn timeslots(&self) -> impl Iterator<Item = u8> + use<> {
        let channels = self.channels;
        (1..=TIMESLOTS).filter(move |timeslot| channels >> timeslot & 1 == 1)
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

    /// The number called as the dial rules know it; `Err` if it is not one of the box's.
    fn called(&self, called: Option<Number>) -> Result<Option<Number>, Cause> {
        let Some(number) = called.or(self.number) else { return Ok(None) };
        let digits = number.as_str();
        if !self.numbers.is_empty() && !self.numbers.iter().any(|own| own.matches(digits)) {
            return Err(Cause::UnallocatedNumber);
        }
        let kept = match usize::from(self.did_digits) {
            0 => 0,
            last => digits.len().saturating_sub(last),
        };
        Ok(digits.get(kept..).and_then(|digits| digits.parse().ok()).or(Some(number)))
    }
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
        for timeslot in (1..=TIMESLOTS).filter(|timeslot| changed >> timeslot & 1 == 1) {
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
        let named = timeslots.iter().fold(0, |mask, timeslot| mask | 1 << timeslot);
        let named = if timeslots.is_empty() { span.channels } else { named };
        let before = span.out_of_service;
        span.out_of_service = if in_service { before & !named } else { before | named };
        let (changed, out) = (before ^ span.out_of_service, span.out_of_service);
        self.block(index as u8, changed, out);
        Ok(())
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
        called: Option<Number>,
        caller: CallerId,
    ) -> Result<Origin, Cause> {
        let (incoming, _) = self.span_calls(index);
        let span = self.spans.get_mut(usize::from(index)).ok_or(Cause::NotAuthorised)?;
        if span.channels >> timeslot & 1 == 0 || span.direction == Direction::Out {
            return Err(Cause::NotAuthorised);
        }
        if span.is_out(timeslot) {
            return Err(Cause::NoChannel);
        }
        if span.incoming_max.is_some_and(|max| incoming >= usize::from(max)) {
            return Err(Cause::Congestion);
        }
        let called = span.called(called)?;
        span.outgoing &= !(1 << timeslot);
        Ok(Origin {
            called,
            caller,
            trunk_flow: span.flow.clone(),
            ..Origin::new(From::Trunk, Place::Span(index), &span.name)
        })
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
        let called = |digits: &str| span.called(Some(digits.parse().unwrap()));
        assert_eq!(called("88886601"), Ok(Some("6601".parse().unwrap())));
        assert_eq!(called("88887701"), Err(Cause::UnallocatedNumber));
        assert_eq!(span.called(None), Ok(Some("6600".parse().unwrap())));
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

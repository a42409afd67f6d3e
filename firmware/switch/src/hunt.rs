//! A call goes outside: which line or trunk of a group carries it, what is tried when one cannot,
//! and how an emergency call takes a line that is in use.

use std::collections::VecDeque;

use tipring_events::SegmentKind;
use tipring_line::{CallId, Cause, ChannelId};

use crate::call::{Call, LegPhase};
use crate::dial::{Carrier, Outgoing};
use crate::moment::Moment;
use crate::switch::{BY_BOX, Switch};

/// What is still to be tried for a call that has not reached its number.
#[derive(Debug)]
pub(crate) struct Hunting {
    outgoing: Outgoing,
    /// The group's members as they were when the call began.
    members: Vec<Carrier>,
    left: VecDeque<Carrier>,
    /// A line was taken from another call for it already.
    took_line: bool,
    /// The channel on which both ends met, so that another of its span is tried; once a call.
    met: Option<ChannelId>,
}

impl Hunting {
    /// The exchange took the very channel for a call of its own, or would have another (Q.931,
    /// 5.7): another channel of the span is tried before the next member.
    fn try_span_again(&mut self, channel: ChannelId, cause: Cause) {
        let Some((span, _)) = channel.as_span() else { return };
        if cause == Cause::NoChannel && self.met.is_none() {
            self.met = Some(channel);
            self.left.push_front(Carrier::Span(span));
        }
    }
}

impl Switch {
    pub(crate) fn dial_outside(&mut self, m: Moment, id: CallId, outgoing: Outgoing) {
        let name = self.plan.groups.name(outgoing.group);
        self.segment(m, id, SegmentKind::Ring, name, None);
        let members = self.plan.groups.order(outgoing.group);
        let left = members.iter().copied().collect();
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.emergency = outgoing.emergency;
        call.hunting = Some(Hunting { outgoing, members, left, took_line: false, met: None });
        self.hunt(m, id, Cause::NoChannel);
    }

    /// Tries the next member; `cause` is why the one before could not.
    fn hunt(&mut self, m: Moment, id: CallId, mut cause: Cause) {
        loop {
            let Some(call) = self.calls.get_mut(&id) else { return };
            let Some(hunting) = &mut call.hunting else { return };
            let (group, number) = (hunting.outgoing.group, hunting.outgoing.number);
            let met = hunting.met;
            let Some(carrier) = hunting.left.pop_front() else { break };
            match self.call_outside(id, carrier, number, met) {
                Ok(()) => {
                    self.plan.groups.taken(group, carrier);
                    return self.await_answer(m, id);
                }
                Err(why) => cause = why,
            }
        }
        if !self.take_line(m, id) {
            self.dial_failed(m, id, cause, BY_BOX);
        }
    }

    /// Whether another way was tried, or is awaited, for a call whose channel has failed before
    /// its number was reached.
    pub(crate) fn hunts_on(
        &mut self,
        m: Moment,
        id: CallId,
        channel: ChannelId,
        cause: Cause,
    ) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let Some(hunting) = &mut call.hunting else { return false };
        hunting.try_span_again(channel, cause);
        let more = !hunting.left.is_empty() || call.emergency;
        if !more || !is_of_the_channel(cause) {
            return false;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.retain(|callee| *callee != channel);
            call.early.take_if(|early| *early == channel);
        }
        self.sync(m, id);
        self.hunt(m, id, cause);
        true
    }

    /// Takes a line for an emergency call from the newest call that is none. `false` if the call
    /// is no emergency, or no line can be taken.
    fn take_line(&mut self, m: Moment, id: CallId) -> bool {
        let Some(hunting) = self.calls.get(&id).and_then(|call| call.hunting.as_ref()) else {
            return false;
        };
        if !hunting.outgoing.emergency || hunting.took_line {
            return false;
        }
        let in_use = hunting
            .members
            .iter()
            .flat_map(|carrier| self.channels_of(*carrier).map(move |channel| (*carrier, channel)));
        let taken = in_use
            .filter_map(|(carrier, channel)| {
                let leg = self.legs.get(&channel)?;
                if leg.phase == LegPhase::Releasing {
                    return Some((u64::MAX, None, carrier, channel));
                }
                let other = leg.call.filter(|other| *other != id)?;
                let is_emergency = |call: &Call| call.emergency;
                let spared = self.calls.get(&other).is_some_and(is_emergency);
                (!spared).then_some((other.0, Some(other), carrier, channel))
            })
            .max_by_key(|(age, ..)| *age);
        let Some((_, other, carrier, channel)) = taken else { return false };
        if let Some(hunting) = self.calls.get_mut(&id).and_then(|call| call.hunting.as_mut()) {
            hunting.took_line = true;
            hunting.left.push_back(carrier);
        }
        self.awaited.push((channel, id));
        if let Some(other) = other {
            self.counters.preempted += 1;
            self.end_call(m, other, Cause::Preemption, BY_BOX);
        }
        self.await_answer(m, id);
        true
    }

    /// A channel has become free: the first emergency call that still waits for it takes it.
    pub(crate) fn channel_free(&mut self, m: Moment, channel: ChannelId) {
        while let Some(at) = self.awaited.iter().position(|(awaited, _)| *awaited == channel) {
            let (_, id) = self.awaited.remove(at);
            if self.calls.contains_key(&id) {
                return self.hunt(m, id, Cause::NoChannel);
            }
        }
    }
}

/// Whether a cause speaks of the way to the number, not of the number.
fn is_of_the_channel(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::NoChannel
            | Cause::NetworkOutOfOrder
            | Cause::TemporaryFailure
            | Cause::Congestion
            | Cause::DestinationOutOfOrder
            | Cause::TimerExpired
            | Cause::NoRoute
    )
}

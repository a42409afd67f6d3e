//! A party is called: by number, outside, or as the agent a queue has chosen.

use std::sync::Arc;

use tipring_clock::Duration;
use tipring_events::{AgentId, ForwardWhen, SegmentKind};
use tipring_line::{
    AnswerCertainty, CallId, CallerId, Cause, ChannelCommand, ChannelId, Endpoint, Number,
    Presentation,
};

use crate::call::{Leg, LegPhase, Owner, Place, Role};
use crate::config::RecordingRule;
use crate::dial::Carrier;
use crate::media::{MediaRequest, Tone};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};

/// A free channel to the outside, and who is shown to call on it.
pub(crate) struct WayOut {
    pub(crate) channel: ChannelId,
    pub(crate) place: Place,
    pub(crate) endpoint: Endpoint,
    pub(crate) caller: CallerId,
}

impl Switch {
    /// Calls an extension by its number, or where its calls are forwarded.
    pub(crate) fn dial_extension(&mut self, m: Moment, id: CallId, number: Number) {
        self.segment(m, id, SegmentKind::Ring, number.as_str().into(), None);
        if let Some(to) = self.forward_of(number, ForwardWhen::Always) {
            return self.forward(m, id, number, to, ForwardWhen::Always);
        }
        let Err(cause) = self.ring_extension(id, number, Role::Called) else {
            return self.await_answer(m, id);
        };
        let when = if cause == Cause::UserBusy { ForwardWhen::Busy } else { ForwardWhen::NoAnswer };
        match self.forward_of(number, when) {
            Some(to) => self.forward(m, id, number, to, when),
            None => self.dial_failed(m, id, cause, BY_BOX),
        }
    }

    pub(crate) fn await_answer(&mut self, m: Moment, id: CallId) {
        let mut seconds = self.config.ring_s;
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.owner = Owner::Dialling;
        let callee = call.callees.first().copied();
        if let Some(Place::Extension(number)) =
            callee.and_then(|ch| Some(self.legs.get(&ch)?.place))
            && self.forward_of(number, ForwardWhen::NoAnswer).is_some()
        {
            seconds = seconds.min(self.config.forward_no_answer_s);
        }
        self.timers.set(Timer::NoAnswer(id), m.now + Duration::from_secs(seconds.into()));
    }

    /// The called party has been rung long enough.
    pub(crate) fn no_answer(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Originating(_)) {
            return self.end_call(m, id, Cause::NoAnswer, BY_BOX);
        }
        let callees = core::mem::take(&mut call.callees);
        call.hunting = None;
        let mut forward = None;
        for channel in callees {
            let Some(leg) = self.legs.get(&channel).filter(|leg| leg.call == Some(id)) else {
                self.withdraw_waiting(id, channel);
                continue;
            };
            if let Place::Extension(number) = leg.place {
                let to = self.forward_of(number, ForwardWhen::NoAnswer);
                forward = forward.or(to.map(|to| (number, to)));
            }
            self.release_leg(m, channel, Cause::NoAnswer);
        }
        match forward {
            Some((from, to)) => self.forward(m, id, from, to, ForwardWhen::NoAnswer),
            None => self.dial_failed(m, id, Cause::NoAnswer, BY_BOX),
        }
    }

    /// Rings an extension for a call.
    pub(crate) fn ring_extension(
        &mut self,
        id: CallId,
        number: Number,
        role: Role,
    ) -> Result<(), Cause> {
        let extension = self.extensions.get(&number).ok_or(Cause::UnallocatedNumber)?;
        if !extension.reachable() {
            let in_alarm = extension.port.is_some();
            return Err(if in_alarm {
                Cause::DestinationOutOfOrder
            } else {
                Cause::SubscriberAbsent
            });
        }
        if extension.do_not_disturb && matches!(role, Role::Called | Role::Agent(_)) {
            return Err(Cause::UserBusy);
        }
        if extension.legs > 0 {
            let waits = extension.call_waiting && role == Role::Called;
            return match extension.port {
                _ if !waits => Err(Cause::UserBusy),
                Some(port) => self.call_waits(id, ChannelId::port(port)),
                None if extension.legs > 1 => Err(Cause::UserBusy),
                None => self.ring_phone(id, number, Endpoint::SipPhone(number), role),
            };
        }
        let endpoint = extension.port.map_or(Endpoint::SipPhone(number), Endpoint::Port);
        self.ring_phone(id, number, endpoint, role)
    }

    fn ring_phone(
        &mut self,
        id: CallId,
        number: Number,
        endpoint: Endpoint,
        role: Role,
    ) -> Result<(), Cause> {
        let channel = match endpoint {
            Endpoint::Port(port) => ChannelId::port(port),
            _ => self.free_sip_channel(),
        };
        self.ring_on(id, number, endpoint, role, channel)
    }

    /// The channel by which an extension is rung next.
    pub(crate) fn next_channel_of(&mut self, number: Number) -> Option<ChannelId> {
        let port = self.extensions.get(&number)?.port;
        Some(port.map_or_else(|| self.free_sip_channel(), ChannelId::port))
    }

    /// Rings the phone that a call is made for.
    pub(crate) fn ring_on_channel(
        &mut self,
        id: CallId,
        number: Number,
        channel: ChannelId,
    ) -> Result<(), Cause> {
        let endpoint = channel.as_port().map_or(Endpoint::SipPhone(number), Endpoint::Port);
        self.ring_on(id, number, endpoint, Role::Caller, channel)
    }

    fn ring_on(
        &mut self,
        id: CallId,
        number: Number,
        endpoint: Endpoint,
        role: Role,
        channel: ChannelId,
    ) -> Result<(), Cause> {
        let caller = self.calls.get(&id).ok_or(Cause::NormalUnspecified)?.caller;
        self.begin_leg(id, channel, role, Place::Extension(number), endpoint);
        let pattern = self.ringing(id);
        self.channel(channel, ChannelCommand::Ring { caller, pattern });
        Ok(())
    }

    /// Calls a number on a line or trunk that is free, or on a channel of a span other than `not`.
    pub(crate) fn call_outside(
        &mut self,
        id: CallId,
        carrier: Carrier,
        number: Number,
        not: Option<ChannelId>,
    ) -> Result<(), Cause> {
        let call = self.calls.get(&id).ok_or(Cause::NormalUnspecified)?;
        let (from, emergency) = (call.caller, call.emergency);
        let way = self.way_out(carrier, from, not, emergency)?;
        let WayOut { channel, place, endpoint, mut caller } = way;
        if !emergency && self.is_hidden_caller(id) {
            caller.presentation = Presentation::Restricted;
        }
        self.begin_leg(id, channel, Role::Called, place, endpoint);
        if let Some(by) = self.redirection_to_tell(id, place) {
            self.channel(channel, ChannelCommand::Redirected(by));
        }
        self.channel(channel, ChannelCommand::Dial { number, caller });
        Ok(())
    }

    /// Whether the extension that calls hides its number.
    fn is_hidden_caller(&self, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let place = self.legs.get(&call.caller_leg).map(|leg| leg.place);
        let Some(Place::Extension(number)) = place else { return false };
        self.extensions.get(&number).is_some_and(|extension| extension.hidden)
    }

    /// The channel by which a line, trunk or span carries a call of `from`, if it can; of a span
    /// one other than `not`, and for an emergency call beyond the span's maximum, too.
    pub(crate) fn way_out(
        &mut self,
        carrier: Carrier,
        from: CallerId,
        not: Option<ChannelId>,
        emergency: bool,
    ) -> Result<WayOut, Cause> {
        match carrier {
            Carrier::Trunk(index) => {
                let trunk = self.trunks.get(usize::from(index)).ok_or(Cause::NoRoute)?;
                let caller = CallerId { number: trunk.caller.or(from.number), ..from };
                let channel = self.free_sip_channel();
                let (place, endpoint) = (Place::Trunk(index), Endpoint::SipTrunk(index));
                Ok(WayOut { channel, place, endpoint, caller })
            }
            Carrier::Line(port) => {
                let channel = ChannelId::port(port);
                let line = self.lines.get(&port).ok_or(Cause::NoRoute)?;
                if line.alarm.is_some() {
                    return Err(Cause::NetworkOutOfOrder);
                }
                if self.legs.contains_key(&channel) {
                    return Err(Cause::NoChannel);
                }
                let (place, endpoint) = (Place::Line, Endpoint::Port(port));
                Ok(WayOut { channel, place, endpoint, caller: from })
            }
            Carrier::Span(index) => {
                let (channel, timeslot) = self.free_span_channel(index, not, emergency)?;
                let shown = self.spans.get(usize::from(index)).and_then(|span| span.caller);
                let caller = CallerId { number: shown.or(from.number), ..from };
                let endpoint = Endpoint::SpanChannel { span: index, timeslot };
                Ok(WayOut { channel, place: Place::Span(index), endpoint, caller })
            }
        }
    }

    fn begin_leg(
        &mut self,
        id: CallId,
        channel: ChannelId,
        role: Role,
        place: Place,
        endpoint: Endpoint,
    ) {
        self.add_leg(channel, Leg::new(id, role, LegPhase::Calling, place));
        if let Some(call) = self.calls.get_mut(&id).filter(|call| call.caller_leg != channel) {
            call.callees.push(channel);
        }
        self.channel(channel, ChannelCommand::Seize(endpoint));
    }

    /// The next count whose channel does not exist any more. The counts wrap after 2^30 calls.
    fn free_sip_channel(&mut self) -> ChannelId {
        loop {
            let channel = ChannelId::sip_out(self.next_out);
            self.next_out = self.next_out.wrapping_add(1);
            if !self.legs.contains_key(&channel) {
                return channel;
            }
        }
    }

    /// The called party is being rung.
    pub(crate) fn callee_rings(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        // The number was reached: what happens now is its answer, and no other way is tried.
        call.hunting = None;
        let caller = call.caller_leg;
        if call.early.is_some() || matches!(call.owner, Owner::Talk) {
            return;
        }
        self.caller_hears_ringing(caller);
    }

    pub(crate) fn caller_hears_ringing(&mut self, caller: ChannelId) {
        let Some(leg) = self.legs.get_mut(&caller) else { return };
        if leg.phase == LegPhase::Incoming {
            // The caller's phone, or its port's signalling, makes the ringback tone of it.
            self.channel(caller, ChannelCommand::Alert);
        } else if !leg.sounding {
            leg.sounding = true;
            self.media(MediaRequest::Tone { ch: caller, tone: Tone::Ringback });
        }
    }

    /// The called party's audio is open before it has answered: a network's announcement.
    pub(crate) fn callee_early_audio(&mut self, m: Moment, callee: ChannelId, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.early.is_some() || !matches!(call.owner, Owner::Dialling) {
            return;
        }
        call.early = Some(callee);
        call.play = None;
        let caller = call.caller_leg;
        if self.legs.get(&caller).is_some_and(|leg| leg.phase == LegPhase::Incoming) {
            self.channel(caller, ChannelCommand::OpenEarlyAudio);
        }
        self.sync(m, id);
    }

    pub(crate) fn callee_answered(
        &mut self,
        m: Moment,
        ch: ChannelId,
        id: CallId,
        role: Role,
        certainty: AnswerCertainty,
    ) {
        let Some(leg) = self.legs.get_mut(&ch) else { return };
        if leg.phase != LegPhase::Calling {
            return;
        }
        leg.phase = LegPhase::Up;
        self.media(MediaRequest::Detect { ch, dtmf: true });
        if let Some(call) = self.calls.get_mut(&id) {
            call.hunting = None;
        }
        match role {
            Role::Caller => self.originated(m, id, certainty),
            Role::Supervisor => self.supervisor_there(m, ch, id),
            Role::Agent(agent) => self.app(AppInput::OfferAnswered { call: id, agent }),
            Role::Called => {
                let was_up = self.calls.get(&id).is_some_and(|call| call.answered);
                self.answer_with(id, certainty);
                if was_up {
                    self.tell_reached_party(id, ch);
                }
                self.tell_reached(id);
                let record = self.records_dialled(id, ch);
                self.talk(m, id, record);
            }
        }
    }

    /// Rings an agent for a caller who waits. [`AppInput::OfferAnswered`] or
    /// [`AppInput::OfferFailed`] says how it went, the latter at once if the phone cannot be rung.
    pub fn offer(
        &mut self,
        m: Moment,
        call: CallId,
        agent: AgentId,
        work_number: &str,
        extension: Number,
    ) {
        if let Err(cause) = self.ring_extension(call, extension, Role::Agent(agent)) {
            self.app(AppInput::OfferFailed { call, agent, cause });
            return;
        }
        let handler: Arc<str> = work_number.into();
        if let Some(channel) = self.agent_leg(call, agent)
            && let Some(leg) = self.legs.get_mut(&channel)
        {
            leg.handler = Some(handler.clone());
        }
        let rings = self.calls.get(&call).and_then(|c| c.segment_kind()) == Some(SegmentKind::Ring);
        if !rings {
            self.segment(m, call, SegmentKind::Ring, handler, Some(agent));
        }
    }

    /// Takes an offer back: nothing more is heard of it.
    pub fn cancel_offer(&mut self, m: Moment, call: CallId, agent: AgentId, cause: Cause) {
        if let Some(channel) = self.agent_leg(call, agent) {
            self.release_leg(m, channel, cause);
            self.offer_over(m, call, channel);
        }
    }

    fn agent_leg(&self, call: CallId, agent: AgentId) -> Option<ChannelId> {
        let callees = &self.calls.get(&call)?.callees;
        callees
            .iter()
            .copied()
            .find(|ch| self.legs.get(ch).is_some_and(|leg| leg.role == Role::Agent(agent)))
    }

    /// An agent's leg has left the call before they talked: when it was the last, the caller just
    /// waits again.
    pub(crate) fn offer_over(&mut self, m: Moment, id: CallId, channel: ChannelId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callees.retain(|ch| *ch != channel);
        if let Owner::Queue(name) = &call.owner
            && call.callees.is_empty()
            && call.segment_kind() == Some(SegmentKind::Ring)
        {
            let name = name.clone();
            self.segment(m, id, SegmentKind::Queue, name, None);
        }
    }

    /// Connects the caller with the agent who has answered. `false` when the agent's leg, or the
    /// call, is there no more.
    pub fn connect(&mut self, m: Moment, call: CallId, agent: AgentId, record: bool) -> bool {
        let Some(channel) = self.agent_leg(call, agent) else { return false };
        if self.legs.get(&channel).map(|leg| leg.phase) != Some(LegPhase::Up) {
            return false;
        }
        self.answer(call);
        let by_agent = || self.records_agent_at(channel).then_some(RecordingRule::Agent);
        let record = record.then_some(RecordingRule::Queue).or_else(by_agent);
        self.talk(m, call, record);
        true
    }
}

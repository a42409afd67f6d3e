//! A party is called: by number, outside, or as the agent a queue has chosen.

use tipring_clock::Duration;
use tipring_events::{AgentId, SegmentKind};
use tipring_line::{
    AnswerCertainty, CallId, CallerId, Cause, ChannelCommand, ChannelId, Endpoint, Number,
};

use crate::call::{Leg, LegPhase, Owner, Place, Role};
use crate::dial::{Carrier, From};
use crate::media::{MediaRequest, Tone};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};

impl Switch {
    pub(crate) fn dial_extension(&mut self, m: Moment, id: CallId, number: Number) {
        self.segment(m, id, SegmentKind::Ring, number.as_str().into(), None);
        match self.ring_extension(id, number, Role::Called) {
            Ok(()) => self.await_answer(m, id),
            Err(cause) => self.end_call(m, id, cause, BY_BOX),
        }
    }

    pub(crate) fn await_answer(&mut self, m: Moment, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.owner = Owner::Dialling;
        }
        let ring = Duration::from_secs(self.config.ring_s.into());
        self.timers.set(Timer::NoAnswer(id), m.now + ring);
    }

    /// Rings an extension for a call.
    fn ring_extension(&mut self, id: CallId, number: Number, role: Role) -> Result<(), Cause> {
        let extension = self.extensions.get(&number).ok_or(Cause::UnallocatedNumber)?;
        if !extension.reachable() {
            let in_alarm = extension.port.is_some();
            return Err(if in_alarm {
                Cause::DestinationOutOfOrder
            } else {
                Cause::SubscriberAbsent
            });
        }
        if extension.legs > 0 {
            return Err(Cause::UserBusy);
        }
        let (channel, endpoint) = match extension.port {
            Some(port) => (ChannelId::port(port), Endpoint::Port(port)),
            None => (self.free_sip_channel(), Endpoint::SipPhone(number)),
        };
        let caller = self.calls.get(&id).ok_or(Cause::NormalUnspecified)?.caller;
        self.begin_leg(id, channel, role, Place::Extension(number), endpoint);
        let pattern = self.ringing(id);
        self.channel(channel, ChannelCommand::Ring { caller, pattern });
        Ok(())
    }

    /// Calls a number on a line or trunk that is free.
    pub(crate) fn call_outside(
        &mut self,
        id: CallId,
        carrier: Carrier,
        number: Number,
    ) -> Result<(), Cause> {
        let from = self.calls.get(&id).ok_or(Cause::NormalUnspecified)?.caller;
        let (channel, place, endpoint, caller) = match carrier {
            Carrier::Trunk(index) => {
                let trunk = self.trunks.get(usize::from(index)).ok_or(Cause::NoRoute)?;
                let caller = CallerId { number: trunk.caller.or(from.number), ..from };
                let channel = self.free_sip_channel();
                (channel, Place::Trunk(index), Endpoint::SipTrunk(index), caller)
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
                (channel, Place::Line, Endpoint::Port(port), from)
            }
        };
        self.begin_leg(id, channel, Role::Called, place, endpoint);
        self.channel(channel, ChannelCommand::Dial { number, caller });
        Ok(())
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
        if let Some(call) = self.calls.get_mut(&id) {
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
        let (caller, answered) = (call.caller_leg, call.answered);
        if call.bridged.is_some() {
            return;
        }
        if !answered {
            // The caller's phone, or its port's signalling, makes the ringback tone of it.
            self.channel(caller, ChannelCommand::Alert);
        } else if let Some(leg) = self.legs.get_mut(&caller)
            && !leg.sounding
        {
            leg.sounding = true;
            self.media(MediaRequest::Tone { ch: caller, tone: Tone::Ringback });
        }
    }

    /// The called party's audio is open before it has answered: a network's announcement.
    pub(crate) fn callee_early_audio(&mut self, callee: ChannelId, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.bridged.is_some() || !matches!(call.owner, Owner::Dialling) {
            return;
        }
        let (caller, answered) = (call.caller_leg, call.answered);
        if !answered {
            self.channel(caller, ChannelCommand::OpenEarlyAudio);
        }
        self.bridge(id, callee);
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
            Role::Caller => {}
            Role::Agent(agent) => self.app(AppInput::OfferAnswered { call: id, agent }),
            Role::Called => {
                self.answer_with(id, certainty);
                let record = self.records_dialled(id, ch);
                self.talk(m, id, ch, record);
            }
        }
    }

    fn records_dialled(&self, id: CallId, callee: ChannelId) -> bool {
        let rules = &self.config.recording;
        let inside = matches!(self.legs.get(&callee).map(|l| l.place), Some(Place::Extension(_)));
        match self.calls.get(&id).map(|call| call.from) {
            Some(From::Extension) if inside => rules.internal,
            Some(From::Extension) => rules.outgoing,
            _ => false,
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
        let rings = self.calls.get(&call).and_then(|c| c.segment_kind()) == Some(SegmentKind::Ring);
        if !rings {
            self.segment(m, call, SegmentKind::Ring, work_number.into(), Some(agent));
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
        self.talk(m, call, channel, record);
        true
    }
}

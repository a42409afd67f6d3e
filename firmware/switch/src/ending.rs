//! A leg, or a call, comes to its end.

use tipring_events::{EventKind, Party};
use tipring_line::{CallId, Cause, ChannelId, Disposition};

use crate::call::{Call, Leg, LegPhase, Mix, Owner, Role};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};
use crate::transfer::Connection;

impl Switch {
    /// A channel has become free; `leg` is what it carried.
    pub(crate) fn leg_gone(&mut self, m: Moment, channel: ChannelId, leg: &Leg, cause: Cause) {
        if let Some(waiting) = leg.waiting {
            self.waiting_lost(m, waiting, channel, leg.place);
        }
        let part = |call, role| Connection { call, channel, role, place: leg.place };
        match (leg.call, leg.kept) {
            (Some(call), Some(kept)) => {
                self.hung_up_between(m, part(call, leg.role), part(kept.call, kept.role));
            }
            (Some(call), None) if self.rings_again(m, part(call, leg.role), leg.told_failed) => {}
            (Some(call), None) => self.part_gone(m, part(call, leg.role), leg.phase, cause),
            // It waits to be told how its transfer went, and waits no more.
            (None, Some(kept)) => self.forget_transferrer(kept, channel),
            (None, None) => {}
        }
    }

    /// A leg has left its call, and its channel is no part of it any more.
    fn part_gone(&mut self, m: Moment, gone: Connection, phase: LegPhase, cause: Cause) {
        let Connection { call: id, channel, role, .. } = gone;
        let Some(call) = self.calls.get(&id) else { return };
        let by = if call.caller_leg == channel { Party::Caller } else { Party::Callee };
        match role {
            Role::Supervisor => self.monitor_gone(m, id, channel),
            _ if matches!(call.owner, Owner::Talk | Owner::Announcing(_))
                && phase == LegPhase::Up =>
            {
                let others = self.parties(id).into_iter().filter(|ch| *ch != channel).count();
                if others < 2 {
                    self.end_call(m, id, cause, by);
                } else {
                    self.leave_conference(m, gone);
                }
            }
            Role::Caller => self.end_call(m, id, cause, by),
            Role::Called if self.hunts_on(m, id, channel, cause) => {}
            Role::Called => self.target_failed(m, id, channel, cause),
            Role::Agent(agent) => {
                self.offer_over(m, id, channel);
                self.app(AppInput::OfferFailed { call: id, agent, cause });
            }
        }
    }

    /// A peer sends nothing any more: it is taken for gone, and told so in case it is not.
    pub(crate) fn peer_lost(&mut self, m: Moment, channel: ChannelId) {
        let Some(leg) = self.legs.get(&channel).filter(|leg| leg.phase != LegPhase::Releasing)
        else {
            return;
        };
        let was = leg.as_it_was();
        if let Some(call) = was.call {
            // Taken apart while the channel is still there.
            self.set_mix(call, Mix::Apart);
        }
        self.release_leg(m, channel, Cause::TimerExpired);
        self.leg_gone(m, channel, &was, Cause::TimerExpired);
    }

    /// The called party cannot be reached: the call is given back to whoever transferred it, or
    /// goes where the party's calls are forwarded, or ends.
    pub(crate) fn target_failed(
        &mut self,
        m: Moment,
        id: CallId,
        channel: ChannelId,
        cause: Cause,
    ) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.retain(|callee| *callee != channel);
            if call.early.take_if(|early| *early == channel).is_some() {
                self.sync(m, id);
            }
        }
        self.dial_failed(m, id, cause, Party::Callee);
    }

    /// Nobody is being called any more for a call that wants somebody.
    pub(crate) fn dial_failed(&mut self, m: Moment, id: CallId, cause: Cause, by: Party) {
        if !self.given_back(m, id, cause) {
            self.end_call(m, id, cause, by);
        }
    }

    /// Ends a call: all its legs, its segment, its recording. Says so exactly once.
    pub(crate) fn end_call(&mut self, m: Moment, id: CallId, cause: Cause, by: Party) {
        // Taken apart while the channels are still there.
        self.set_mix(id, Mix::Apart);
        self.unpark_lost(id);
        self.end_monitors(id);
        let Some(mut call) = self.calls.remove(&id) else { return };
        for timer in [Timer::CallerId(id), Timer::NoAnswer(id), Timer::Key(id), Timer::Park(id)] {
            self.timers.stop(&timer);
        }
        // The applications settle their part first, so that a queue visit ends before its call.
        self.app(AppInput::CallOver { call: id, by });
        if let Some(recording) = call.recording.take() {
            self.recording_over(id, &recording);
        }
        let others = core::mem::take(&mut call.callees);
        let mut back = Vec::new();
        for channel in others.into_iter().chain([call.caller_leg]) {
            if let Some(call) = self.leave_ended(m, id, channel, cause, by) {
                back.push(call);
            }
        }
        if let Some(told) = call.transferrer.and_then(|t| t.told) {
            let role = self.legs.get(&told).and_then(|leg| leg.kept).map(|kept| kept.role);
            self.tell_transferrer(told, Err(cause));
            self.release_leg(m, told, Cause::NormalClearing);
            if let Some(role) = role {
                self.agent_left(id, role);
            }
        }
        if let Some(segment) = call.end_segment(m) {
            self.event(EventKind::SegmentEnded { call: id, segment });
        }
        let disposition = disposition(&call, cause, by);
        self.event(EventKind::CallEnded { call: id, cause, by, disposition });
        for call in back {
            self.sync(m, call);
        }
    }

    /// A leg of a call that has ended: released, unless it has another call. Gives the call that
    /// it has taken up again.
    fn leave_ended(
        &mut self,
        m: Moment,
        id: CallId,
        channel: ChannelId,
        cause: Cause,
        by: Party,
    ) -> Option<CallId> {
        let leg = self.legs.get_mut(&channel)?;
        if leg.waiting == Some(id) {
            leg.waiting = None;
            self.channel(channel, tipring_line::ChannelCommand::CallWaitingEnd);
            return None;
        }
        if leg.kept.take_if(|kept| kept.call == id).is_some() {
            return None;
        }
        if leg.call != Some(id) {
            return None;
        }
        if let Some(kept) = leg.kept.take() {
            (leg.call, leg.role) = (Some(kept.call), kept.role);
            self.quiet(channel);
            return Some(kept.call);
        }
        if let Some(waiting) = leg.waiting.take() {
            self.channel(channel, tipring_line::ChannelCommand::CallWaitingEnd);
            self.take_waiting(m, channel, waiting);
            return None;
        }
        let cause = self.release_cause(channel, cause, by);
        self.release_leg(m, channel, cause);
        None
    }

    /// Who has put one call aside and hangs up in another leaves both: the two others are joined
    /// if they can be, as a hook flash and hanging up does with every exchange; otherwise both
    /// calls end.
    fn hung_up_between(&mut self, m: Moment, active: Connection, kept: Connection) {
        let in_order = if active.call < kept.call { (active, kept) } else { (kept, active) };
        if self.join_others(m, in_order.0, in_order.1) {
            return;
        }
        for part in [active, kept] {
            self.part_gone(m, part, LegPhase::Up, Cause::NormalClearing);
        }
    }

    /// What a leg is told: an unanswered one why it was not answered, an answered one that
    /// somebody hung up.
    fn release_cause(&self, channel: ChannelId, cause: Cause, by: Party) -> Cause {
        match self.legs.get(&channel).map(|leg| leg.phase) {
            Some(LegPhase::Incoming) if by == Party::Callee && cause == Cause::NormalClearing => {
                Cause::Rejected
            }
            Some(LegPhase::Incoming) => cause,
            Some(LegPhase::Calling) => Cause::NormalUnspecified,
            _ => Cause::NormalClearing,
        }
    }

    /// Ends a call, as an application or a person asks. `false` when there is no such call.
    pub fn hang_up(&mut self, m: Moment, call: CallId, cause: Cause) -> bool {
        let is_there = self.calls.contains_key(&call);
        self.end_call(m, call, cause, BY_BOX);
        is_there
    }

    /// Takes a leg out of a call that goes on; another takes the caller's place if it was the
    /// caller's. The leg itself is untouched.
    pub(crate) fn take_out(&mut self, id: CallId, channel: ChannelId) {
        let parties = self.parties(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callees.retain(|callee| *callee != channel);
        if call.caller_leg != channel {
            return;
        }
        let others = || parties.iter().copied().filter(|ch| *ch != channel);
        // An agent stays the queue's agent as long as anybody else can be taken for the caller.
        let next = others().find(|ch| self.queue_agent_in(id, *ch).is_none()).or(others().next());
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(next) = next.or(call.callees.first().copied()) else { return };
        call.caller_leg = next;
        call.callees.retain(|callee| *callee != next);
        let Some(leg) = self.legs.get_mut(&next) else { return };
        let role = match &mut leg.kept {
            Some(kept) if kept.call == id => &mut kept.role,
            _ => &mut leg.role,
        };
        let before = core::mem::replace(role, Role::Caller);
        self.agent_left(id, before);
    }

    /// Tells the queues that an agent has no part in a call any more that goes on without.
    pub(crate) fn agent_left(&mut self, id: CallId, role: Role) {
        if let Role::Agent(agent) = role {
            self.app(AppInput::AgentLeft { call: id, agent });
        }
    }
}

/// How a call turned out. A caller who gives up before talking to a person has abandoned the
/// call, unless a flow had it: who has heard what was wanted hangs up too.
fn disposition(call: &Call, cause: Cause, by: Party) -> Disposition {
    let waits = matches!(call.owner, Owner::Queue(_)) || !call.answered;
    match by {
        _ if call.talked => Disposition::Answered,
        Party::Caller if waits => Disposition::Abandoned,
        _ if call.answered => Disposition::Answered,
        _ if cause == Cause::NormalClearing => Disposition::Rejected,
        _ => cause.disposition(),
    }
}

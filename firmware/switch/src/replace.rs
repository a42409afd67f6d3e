//! A phone takes the place of another leg (SIP INVITE with Replaces, RFC 3891): a call moves from
//! desk to desk, or is picked up where it rings.
//!
//! Who may: a phone of the same extension or pick-up group, and a supervisor's.

use tipring_events::EventKind;
use tipring_line::{AnswerCertainty, CallId, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{Leg, LegPhase, Mix, Owner, Place, Role};
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::switch::Switch;

impl Switch {
    pub(crate) fn replaces(&mut self, m: Moment, channel: ChannelId, from: ChannelId, by: Number) {
        if let Err(cause) = self.take_place(m, channel, from, by) {
            self.add_leg(channel, Leg::refused());
            self.release_leg(m, channel, cause);
        }
    }

    fn take_place(
        &mut self,
        m: Moment,
        channel: ChannelId,
        from: ChannelId,
        by: Number,
    ) -> Result<(), Cause> {
        let leg = self.legs.get(&from).ok_or(Cause::NormalUnspecified)?;
        let id = leg.call.ok_or(Cause::NormalUnspecified)?;
        let Place::Extension(whose) = leg.place else { return Err(Cause::NotAuthorised) };
        if !self.may_replace(by, whose) {
            return Err(Cause::NotAuthorised);
        }
        let talks = self.calls.get(&id).is_some_and(|call| matches!(call.owner, Owner::Talk));
        match (leg.phase, leg.role) {
            (LegPhase::Calling, Role::Called | Role::Agent(_)) => {
                self.take_ringing(m, channel, id, whose, by);
                Ok(())
            }
            (LegPhase::Up, Role::Caller | Role::Called | Role::Agent(_))
                if talks && leg.kept.is_none() && leg.waiting.is_none() =>
            {
                self.take_talking(m, (channel, by), (from, whose), id);
                Ok(())
            }
            _ => Err(Cause::NormalUnspecified),
        }
    }

    fn may_replace(&self, by: Number, whose: Number) -> bool {
        let (Some(own), Some(other)) = (self.extensions.get(&by), self.extensions.get(&whose))
        else {
            return false;
        };
        let group = !own.pick_up_group.is_empty() && own.pick_up_group == other.pick_up_group;
        by == whose || group || own.supervisor
    }

    /// The call rings there: it is picked up.
    fn take_ringing(
        &mut self,
        m: Moment,
        channel: ChannelId,
        id: CallId,
        from: Number,
        by: Number,
    ) {
        self.event(EventKind::CallPickedUp { call: id, from, by });
        self.silence_callees(m, id);
        self.answer_newcomer(
            channel,
            Leg::new(id, Role::Called, LegPhase::Up, Place::Extension(by)),
        );
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.push(channel);
        }
        self.answer_with(id, AnswerCertainty::Signalled);
        let record = self.records_dialled(id, channel);
        self.talk(m, id, record);
    }

    /// The call talks there: it goes on here, and the other leg ends.
    fn take_talking(
        &mut self,
        m: Moment,
        (channel, by): (ChannelId, Number),
        (from, whose): (ChannelId, Number),
        id: CallId,
    ) {
        let Some(leg) = self.legs.get(&from) else { return };
        let (before, handler) = (leg.role, leg.handler.clone().filter(|_| by == whose));
        // An agent has the call at the own extension only.
        let role = if by == whose || before == Role::Caller { before } else { Role::Called };
        self.set_mix(id, Mix::Apart);
        let newcomer = Leg::new(id, role, LegPhase::Up, Place::Extension(by));
        self.answer_newcomer(channel, Leg { handler, ..newcomer });
        if let Some(call) = self.calls.get_mut(&id) {
            if call.caller_leg == from {
                call.caller_leg = channel;
            }
            call.callees.iter_mut().filter(|ch| **ch == from).for_each(|ch| *ch = channel);
        }
        self.release_leg(m, from, Cause::NormalClearing);
        self.event(EventKind::LegReplaced { call: id, from: whose, by });
        if role != before {
            self.agent_left(id, before);
        }
        self.sync(m, id);
    }

    fn answer_newcomer(&mut self, channel: ChannelId, leg: Leg) {
        self.add_leg(channel, leg);
        self.channel(channel, ChannelCommand::Answer);
        self.media(MediaRequest::Detect { ch: channel, dtmf: true });
    }
}

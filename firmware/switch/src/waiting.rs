//! Call waiting at an analog handset: a second call on a channel that carries one.
//!
//! A SIP phone is simply called a second time. A handset hears the call waiting tone; a hook flash
//! takes the second call and puts the first aside, hanging up ends the first and lets the second
//! ring, and when the first's other side hangs up the second is there at once.

use tipring_line::{AnswerCertainty, CallId, Cause, ChannelCommand, ChannelId};

use crate::call::{Kept, LegPhase, Owner, Place, Role};
use crate::moment::Moment;
use crate::switch::{BY_BOX, Switch};

impl Switch {
    /// Lets a call wait for a handset that talks.
    pub(crate) fn call_waits(&mut self, id: CallId, channel: ChannelId) -> Result<(), Cause> {
        let caller = self.calls.get(&id).ok_or(Cause::NormalUnspecified)?.caller;
        let leg = self.legs.get(&channel).ok_or(Cause::UserBusy)?;
        let talks = leg.phase == LegPhase::Up
            && leg.kept.is_none()
            && leg.waiting.is_none()
            && leg
                .call
                .and_then(|call| self.calls.get(&call))
                .is_some_and(|call| matches!(call.owner, Owner::Talk));
        if !talks {
            return Err(Cause::UserBusy);
        }
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.waiting = Some(id);
        }
        let Some(call) = self.calls.get_mut(&id) else { return Err(Cause::NormalUnspecified) };
        call.callees.push(channel);
        self.channel(channel, ChannelCommand::CallWaiting { caller });
        self.callee_rings(id);
        Ok(())
    }

    /// A call waits no more at this handset.
    pub(crate) fn withdraw_waiting(&mut self, id: CallId, channel: ChannelId) {
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        if leg.waiting.take_if(|waiting| *waiting == id).is_some() {
            self.channel(channel, ChannelCommand::CallWaitingEnd);
        }
    }

    /// The handset takes the call that waits, and puts the one it talks in aside.
    pub(crate) fn flash_to_waiting(&mut self, m: Moment, channel: ChannelId) {
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        let (Some(active), Some(waiting)) = (leg.call, leg.waiting.take()) else { return };
        leg.kept = Some(Kept { call: active, role: leg.role });
        (leg.call, leg.role) = (Some(waiting), Role::Called);
        self.channel(channel, ChannelCommand::CallWaitingEnd);
        self.sync(m, active);
        self.waiting_answered(m, channel, waiting);
    }

    /// The handset has nobody to talk to but the one who waits.
    pub(crate) fn take_waiting(&mut self, m: Moment, channel: ChannelId, waiting: CallId) {
        if let Some(leg) = self.legs.get_mut(&channel) {
            (leg.call, leg.role) = (Some(waiting), Role::Called);
        }
        self.waiting_answered(m, channel, waiting);
    }

    fn waiting_answered(&mut self, m: Moment, channel: ChannelId, id: CallId) {
        self.answer_with(id, AnswerCertainty::Signalled);
        let record = self.records_dialled(id, channel);
        self.talk(m, id, record);
    }

    /// The handset has hung up while a call waited: it rings for that call.
    pub(crate) fn waiting_lost(&mut self, m: Moment, id: CallId, channel: ChannelId, place: Place) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callees.retain(|callee| *callee != channel);
        match place {
            Place::Extension(number) => self.dial_extension(m, id, number),
            _ => self.dial_failed(m, id, Cause::UserBusy, BY_BOX),
        }
    }
}

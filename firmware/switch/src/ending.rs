//! A leg, or a call, comes to its end.

use tipring_events::{EventKind, Party};
use tipring_line::{CallId, Cause, ChannelId, Disposition};

use crate::call::{Call, Leg, LegPhase, Owner, Role};
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{Switch, Timer};

impl Switch {
    /// A channel has become free; `leg` is what it carried.
    pub(crate) fn leg_gone(&mut self, m: Moment, channel: ChannelId, leg: &Leg, cause: Cause) {
        let Some(id) = leg.call else { return };
        let Some(call) = self.calls.get(&id) else { return };
        let talks = matches!(call.owner, Owner::Talk(with) if with == channel);
        match leg.role {
            Role::Caller => self.end_call(m, id, cause, Party::Caller),
            Role::Called if self.hunts_on(m, id, channel, cause) => {}
            Role::Called => self.end_call(m, id, cause, Party::Callee),
            Role::Agent(_) if talks => self.end_call(m, id, cause, Party::Callee),
            Role::Agent(agent) => {
                self.offer_over(m, id, channel);
                self.app(AppInput::OfferFailed { call: id, agent, cause });
            }
        }
    }

    /// A peer sends nothing any more: it is taken for gone, and told so in case it is not.
    pub(crate) fn peer_lost(&mut self, m: Moment, channel: ChannelId, id: CallId, role: Role) {
        let Some(call) = self.calls.get(&id) else { return };
        let talks = matches!(call.owner, Owner::Talk(with) if with == channel);
        match role {
            Role::Caller => self.end_call(m, id, Cause::TimerExpired, Party::Caller),
            Role::Agent(agent) if !talks => {
                self.release_leg(m, channel, Cause::TimerExpired);
                self.offer_over(m, id, channel);
                self.app(AppInput::OfferFailed { call: id, agent, cause: Cause::TimerExpired });
            }
            Role::Called | Role::Agent(_) => {
                self.end_call(m, id, Cause::TimerExpired, Party::Callee);
            }
        }
    }

    /// Ends a call: all its legs, its segment, its recording. Says so exactly once.
    pub(crate) fn end_call(&mut self, m: Moment, id: CallId, cause: Cause, by: Party) {
        // Unbridged while both channels are still there to be taken apart.
        self.unbridge(id);
        let Some(mut call) = self.calls.remove(&id) else { return };
        for timer in [Timer::CallerId(id), Timer::NoAnswer(id), Timer::Key(id)] {
            self.timers.stop(&timer);
        }
        // The applications settle their part first, so that a queue visit ends before its call.
        self.app(AppInput::CallOver { call: id, by });
        if call.recording.is_some() {
            self.media(MediaRequest::RecordStop { call: id });
        }
        let others = core::mem::take(&mut call.callees);
        for channel in others.into_iter().chain([call.caller_leg]) {
            if self.legs.get(&channel).is_some_and(|leg| leg.call == Some(id)) {
                let cause = self.release_cause(channel, cause, by);
                self.release_leg(m, channel, cause);
            }
        }
        if let Some(segment) = call.end_segment(m) {
            self.event(EventKind::SegmentEnded { call: id, segment });
        }
        let disposition = disposition(&call, cause, by);
        self.event(EventKind::CallEnded { call: id, cause, by, disposition });
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
        self.end_call(m, call, cause, Party::Box);
        is_there
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

//! Parking places and picking up: calls that wait where anybody may take them.

use tipring_clock::Duration;
use tipring_events::{EventKind, Party, Refusal, Reply, SegmentKind};
use tipring_line::{CallId, Cause, ChannelId, Number};

use crate::call::{LegPhase, Mix, Owner, Parked, Place, Role};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};

impl Switch {
    fn parked_at(&self, place: Number) -> Option<CallId> {
        let here = |owner: &Owner| matches!(owner, Owner::Parked(p) if p.place == place);
        self.calls.iter().find(|(_, call)| here(&call.owner)).map(|(id, _)| *id)
    }

    /// Lets a call whose caller is alone wait at a place, the first free one if none is named.
    pub(crate) fn park(
        &mut self,
        m: Moment,
        id: CallId,
        place: Option<Number>,
        by: Number,
    ) -> Result<(), Refusal> {
        let places = self.config.parking.places.iter().copied();
        let place = match place {
            Some(place) => places.into_iter().find(|p| *p == place),
            None => places.into_iter().find(|p| self.parked_at(*p).is_none()),
        };
        let place = place.filter(|p| self.parked_at(*p).is_none()).ok_or(Refusal::NoSuchPlace)?;
        let Some(call) = self.calls.get_mut(&id) else { return Err(Refusal::NoSuchCall) };
        call.owner = Owner::Parked(Parked { place, by });
        let caller = call.caller_leg;
        self.segment(m, id, SegmentKind::Park, place.as_str().into(), None);
        self.event(EventKind::CallParked { call: id, place, by });
        self.sync(m, id);
        self.music_to(caller);
        let time = Duration::from_secs(self.config.parking.return_s.into());
        self.timers.set(Timer::Park(id), m.now + time);
        Ok(())
    }

    /// Parks the other party of a phone's call.
    pub(crate) fn park_other(
        &mut self,
        m: Moment,
        extension: Number,
        place: Option<Number>,
    ) -> Reply {
        let (channel, id) = self.talking_leg(extension)?;
        let leg = self.legs.get(&channel).ok_or(Refusal::NoSuchLeg)?;
        let role = leg.role;
        // Who consults somebody else meanwhile cannot be put elsewhere.
        let here = |ch: &ChannelId| self.legs.get(ch).is_some_and(|l| l.call == Some(id));
        let parties = self.parties(id);
        let both_here = parties.len() == 2 && parties.iter().all(here);
        if !both_here || leg.kept.is_some() || leg.waiting.is_some() {
            return Err(Refusal::NotPossible);
        }
        let wanted = place.or_else(|| {
            let mut places = self.config.parking.places.iter().copied();
            places.find(|p| self.parked_at(*p).is_none())
        });
        let is_free = wanted.is_some_and(|p| {
            self.config.parking.places.contains(&p) && self.parked_at(p).is_none()
        });
        if !is_free {
            return Err(Refusal::NoSuchPlace);
        }
        self.set_mix(id, Mix::Apart);
        self.take_out(id, channel);
        self.release_leg(m, channel, Cause::NormalClearing);
        self.agent_left(id, role);
        self.park(m, id, wanted, extension)
    }

    /// Whether a call waits at this place.
    pub(crate) fn is_parked(&self, place: Number) -> Reply {
        self.parked_at(place).map(|_| ()).ok_or(Refusal::NoSuchPlace)
    }

    /// Nobody took a parked call: whoever parked it is rung for it.
    pub(crate) fn parked_too_long(&mut self, m: Moment, id: CallId) {
        let Some((place, by)) = self.leave_place(id) else { return };
        self.event(EventKind::CallUnparked { call: id, place, by: None });
        self.dial_extension(m, id, by);
    }

    /// Takes a call from its place.
    fn leave_place(&mut self, id: CallId) -> Option<(Number, Number)> {
        let call = self.calls.get_mut(&id)?;
        let Owner::Parked(Parked { place, by }) = call.owner else { return None };
        call.owner = Owner::Dialling;
        let caller = call.caller_leg;
        self.timers.stop(&Timer::Park(id));
        self.quiet(caller);
        Some((place, by))
    }

    /// A parked call ends.
    pub(crate) fn unpark_lost(&mut self, id: CallId) {
        if let Some(Owner::Parked(Parked { place, .. })) = self.calls.get(&id).map(|c| &c.owner) {
            let place = *place;
            self.event(EventKind::CallUnparked { call: id, place, by: None });
        }
    }

    /// Whoever dialled a parking place, or the code and a place, gets the call that waits there.
    pub(crate) fn unpark_by_dialling(
        &mut self,
        m: Moment,
        id: CallId,
        place: Number,
        by: Option<Number>,
    ) {
        let (Some(by), Some(parked)) = (by, self.parked_at(place).filter(|c| *c != id)) else {
            return self.end_call(m, id, Cause::UnallocatedNumber, BY_BOX);
        };
        self.answer(id);
        self.unpark(m, id, parked, by);
    }

    pub(crate) fn unpark_at(&mut self, m: Moment, id: CallId, place: Number, by: Number) -> Reply {
        let parked = self.parked_at(place).filter(|c| *c != id).ok_or(Refusal::NoSuchPlace)?;
        self.unpark(m, id, parked, by);
        Ok(())
    }

    fn unpark(&mut self, m: Moment, id: CallId, parked: CallId, by: Number) {
        if let Some((place, _)) = self.leave_place(parked) {
            self.event(EventKind::CallUnparked { call: parked, place, by: Some(by) });
            self.join_alone(m, id, parked);
        }
    }

    /// Lets the caller of `id`, who is alone there, talk in another call; `id` ends with that.
    fn join_alone(&mut self, m: Moment, id: CallId, to: CallId) {
        let Some(channel) = self.calls.get(&id).map(|call| call.caller_leg) else { return };
        self.move_leg(m, channel, id, to, Role::Called);
        self.answer_with(to, tipring_line::AnswerCertainty::Signalled);
        let record = self.records_dialled(to, channel);
        self.talk(m, to, record);
    }

    /// Moves the caller's leg of a call, who is alone there, into another; the first ends.
    pub(crate) fn move_leg(
        &mut self,
        m: Moment,
        channel: ChannelId,
        from: CallId,
        to: CallId,
        role: Role,
    ) {
        self.quiet(channel);
        if let Some(leg) = self.legs.get_mut(&channel) {
            (leg.call, leg.role) = (Some(to), role);
        }
        if let Some(call) = self.calls.get_mut(&to) {
            call.callees.push(channel);
        }
        self.end_call(m, from, Cause::NormalClearing, Party::Caller);
    }

    /// Whether a phone may be answered at another: the call that rings there.
    fn rings_at(&self, extension: Number) -> Option<CallId> {
        let legs = self.legs.values().filter(|leg| {
            leg.place == Place::Extension(extension)
                && leg.phase == LegPhase::Calling
                && matches!(leg.role, Role::Called | Role::Agent(_))
        });
        legs.filter_map(|leg| leg.call).min()
    }

    /// The call that a phone may take: one that rings at `from`, or has rung longest at another
    /// phone of its group.
    pub(crate) fn to_pick_up(
        &self,
        extension: Number,
        from: Option<Number>,
    ) -> Result<(CallId, Number), Refusal> {
        let own = self.extensions.get(&extension).ok_or(Refusal::NoSuchExtension)?;
        if let Some(from) = from {
            if !self.extensions.contains_key(&from) {
                return Err(Refusal::NoSuchExtension);
            }
            return self.rings_at(from).map(|call| (call, from)).ok_or(Refusal::NoSuchLeg);
        }
        if own.pick_up_group.is_empty() {
            return Err(Refusal::NotAllowed);
        }
        let group = self.extensions.iter().filter(|(number, other)| {
            **number != extension && other.pick_up_group == own.pick_up_group
        });
        group
            .filter_map(|(number, _)| Some((self.rings_at(*number)?, *number)))
            .min()
            .ok_or(Refusal::NoSuchLeg)
    }

    /// The caller of `id` takes a call that rings elsewhere.
    pub(crate) fn pick_up(
        &mut self,
        m: Moment,
        id: CallId,
        by: Number,
        from: Option<Number>,
    ) -> Reply {
        let (call, from) = self.to_pick_up(by, from)?;
        if call == id {
            return Err(Refusal::NotPossible);
        }
        self.event(EventKind::CallPickedUp { call, from, by });
        self.silence_callees(m, call);
        self.join_alone(m, id, call);
        Ok(())
    }

    /// Whoever is rung for a call is rung no more: it is taken elsewhere.
    pub(crate) fn silence_callees(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.hunting = None;
        call.early = None;
        if matches!(call.owner, Owner::Queue(_)) {
            call.owner = Owner::Dialling;
            self.app(AppInput::TakenFromQueue { call: id });
        }
        self.timers.stop(&Timer::NoAnswer(id));
        let callees = self.calls.get(&id).map(|call| call.callees.clone()).unwrap_or_default();
        for channel in callees {
            let Some(leg) = self.legs.get(&channel) else { continue };
            if leg.call != Some(id) {
                self.withdraw_waiting(id, channel);
            } else if leg.role != Role::Supervisor {
                self.release_leg(m, channel, Cause::AnsweredElsewhere);
            } else {
                continue;
            }
            if let Some(call) = self.calls.get_mut(&id) {
                call.callees.retain(|callee| *callee != channel);
            }
        }
        self.sync(m, id);
    }
}

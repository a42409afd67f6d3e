//! Calls move on: blind transfer, attended transfer, consultation and swapping between two calls.
//!
//! A consultation is a call of its own, by the same device: in the words of ECMA-269 the device has
//! a held connection in the first call and a connected one in the second. Joining the two (an
//! attended transfer, a conference) moves the legs of the second into the first, which goes on
//! under its own id; the second ends in the same moment. So each call keeps one outcome, and its
//! segments add up.

use tipring_clock::{Duration, Instant};
use tipring_events::{EventKind, Party, Refusal, Reply, SegmentKind};
use tipring_line::{CallId, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{Kept, LegPhase, Mix, Owner, Place, Role, Transferrer};
use crate::dial::{Dialler, From, Route};
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{Switch, Timer};

/// Whoever hangs up within this time of being told that a transfer has failed is a machine.
const HANGS_UP_BY_ITSELF: Duration = Duration::from_millis(500);

/// A device's part in one call: a connection of ECMA-269.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Connection {
    pub(crate) call: CallId,
    pub(crate) channel: ChannelId,
    pub(crate) role: Role,
    pub(crate) place: Place,
}

impl Switch {
    /// The leg by which this extension talks, and the call it is active in.
    pub(crate) fn talking_leg(&self, extension: Number) -> Result<(ChannelId, CallId), Refusal> {
        if !self.extensions.contains_key(&extension) {
            return Err(Refusal::NoSuchExtension);
        }
        let here = |place| place == Place::Extension(extension);
        let legs = self.legs.iter().filter(|(_, leg)| {
            here(leg.place) && leg.phase == LegPhase::Up && leg.role != Role::Supervisor
        });
        let talks = |call: &CallId| {
            self.calls.get(call).is_some_and(|call| matches!(call.owner, Owner::Talk))
        };
        // A phone with two lines talks on the one that it does not hold; the newest goes first.
        legs.filter_map(|(channel, leg)| Some((*channel, leg.call.filter(talks)?, leg.holds)))
            .min_by_key(|(channel, call, holds)| (*holds, core::cmp::Reverse(*call), *channel))
            .map(|(channel, call, _)| (channel, call))
            .ok_or(Refusal::NoSuchLeg)
    }

    /// Where a number leads for a caller at this extension.
    pub(crate) fn route_for(&self, extension: Number, to: Number) -> Result<Route, Refusal> {
        let class = self.extensions.get(&extension).ok_or(Refusal::NoSuchExtension)?.class;
        let dialler = Dialler { from: From::Extension, class };
        match self.plan.route(dialler, to) {
            None | Some(Route::Refuse(_)) => Err(Refusal::NotAllowed),
            Some(Route::Outside(out)) if self.is_not_to_be_called(&out) => Err(Refusal::DoNotCall),
            Some(route) => Ok(route),
        }
    }

    /// Sends the other party of a two-party call elsewhere. A phone that asked by REFER stays
    /// until it can be told how that went (RFC 3515, section 2.4.4); any other leg ends.
    pub(crate) fn transfer(
        &mut self,
        m: Moment,
        channel: ChannelId,
        to: Number,
        is_told: bool,
    ) -> Reply {
        let leg = self.legs.get(&channel).ok_or(Refusal::NoSuchLeg)?;
        let (Some(id), role, place) = (leg.call, leg.role, leg.place) else {
            return Err(Refusal::NoSuchLeg);
        };
        let Place::Extension(extension) = place else { return Err(Refusal::NotAllowed) };
        if role == Role::Supervisor {
            return Err(Refusal::NotPossible);
        }
        let talks = self.calls.get(&id).is_some_and(|c| matches!(c.owner, Owner::Talk));
        let parties = self.parties(id);
        if !talks || parties.len() != 2 || leg.kept.is_some() || leg.waiting.is_some() {
            return Err(Refusal::NotPossible);
        }
        if parties.iter().any(|ch| self.legs.get(ch).is_some_and(|leg| leg.call != Some(id))) {
            return Err(Refusal::NotPossible);
        }
        let route = self.route_for(extension, to)?;
        if matches!(&route, Route::Feature { feature, .. } if !feature.takes_transfers()) {
            return Err(Refusal::NotAllowed);
        }
        let agent = role.agent();
        self.set_mix(id, Mix::Apart);
        self.take_out(id, channel);
        self.event(EventKind::CallTransferred {
            call: id,
            by: extension,
            agent,
            to: Some(to),
            consulted: None,
        });
        if is_told {
            if let Some(leg) = self.legs.get_mut(&channel) {
                leg.kept = Some(Kept { call: id, role });
                leg.call = None;
            }
        } else {
            self.release_leg(m, channel, Cause::NormalClearing);
            self.agent_left(id, role);
        }
        self.move_on(m, id, route, extension, is_told.then_some(channel));
        Ok(())
    }

    /// Leads a call whose caller has been answered somewhere else.
    fn move_on(
        &mut self,
        m: Moment,
        id: CallId,
        route: Route,
        by: Number,
        told: Option<ChannelId>,
    ) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.owner = Owner::Dialling;
            call.transferrer = Some(Transferrer { extension: by, told });
            let caller = call.caller_leg;
            if let Some(leg) = self.legs.get_mut(&caller) {
                leg.holds = false;
            }
        }
        let by_application =
            matches!(route, Route::Flow(_) | Route::Queue(_) | Route::Feature { .. });
        self.take_for(m, id, route, by);
        if by_application {
            // A flow, a queue or a parking place has it: that is as far as a transfer goes.
            self.transfer_done(m, id);
        }
    }

    /// The target of a transfer has taken the call, or it was not transferred at all.
    pub(crate) fn transfer_done(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(channel) = call.transferrer.take().and_then(|t| t.told) else { return };
        let role = self.legs.get(&channel).and_then(|leg| leg.kept).map(|kept| kept.role);
        self.tell_transferrer(channel, Ok(()));
        self.release_leg(m, channel, Cause::NormalClearing);
        if let Some(role) = role {
            self.agent_left(id, role);
        }
    }

    pub(crate) fn tell_transferrer(&mut self, channel: ChannelId, result: Result<(), Cause>) {
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.kept = None;
            self.channel(channel, ChannelCommand::Transferred(result));
        }
    }

    /// The phone that waits to be told how its transfer went has hung up.
    pub(crate) fn forget_transferrer(&mut self, kept: Kept, channel: ChannelId) {
        let Some(call) = self.calls.get_mut(&kept.call) else { return };
        if let Some(transferrer) = &mut call.transferrer
            && transferrer.told == Some(channel)
        {
            transferrer.told = None;
            self.agent_left(kept.call, kept.role);
        }
    }

    /// Gives a call whose transfer has found nobody back to whoever transferred it: to the phone
    /// that still waits, or by ringing it. `false` when nobody transferred it.
    pub(crate) fn given_back(&mut self, m: Moment, id: CallId, cause: Cause) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let Some(transferrer) = call.transferrer.take() else { return false };
        call.hunting = None;
        let caller = call.caller_leg;
        self.timers.stop(&Timer::NoAnswer(id));
        self.quiet(caller);
        let by = transferrer.extension;
        self.event(EventKind::TransferFailed { call: id, by, cause });
        let Some(channel) = transferrer.told else {
            self.dial_extension(m, id, by);
            return true;
        };
        let kept = self.legs.get(&channel).and_then(|leg| leg.kept);
        self.tell_transferrer(channel, Err(cause));
        if let Some(leg) = self.legs.get_mut(&channel) {
            // Whoever was the caller there has become the one who was called.
            let role = kept.map_or(Role::Called, |kept| kept.role);
            leg.role = if role == Role::Caller { Role::Called } else { role };
            leg.call = Some(id);
            leg.told_failed = Some(m.now);
            // The phone took it off hold by asking for the transfer, or will do so itself.
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.push(channel);
        }
        self.talk(m, id, None);
        true
    }

    /// A phone may hang up of itself at the word that its transfer has failed, as baresip 1.0.0
    /// does: nobody meant to end the call, so the phone is rung for it. Says whether it is.
    pub(crate) fn rings_again(
        &mut self,
        m: Moment,
        gone: Connection,
        told_failed: Option<Instant>,
    ) -> bool {
        let Place::Extension(by) = gone.place else { return false };
        let at_once = told_failed.is_some_and(|at| m.now.saturating_since(at) < HANGS_UP_BY_ITSELF);
        let talks = self.calls.get(&gone.call).is_some_and(|c| matches!(c.owner, Owner::Talk));
        let others = self.parties(gone.call).into_iter().filter(|ch| *ch != gone.channel);
        if !at_once || !talks || others.count() != 1 {
            return false;
        }
        self.set_mix(gone.call, Mix::Apart);
        self.take_out(gone.call, gone.channel);
        self.agent_left(gone.call, gone.role);
        if let Some(call) = self.calls.get_mut(&gone.call) {
            call.owner = Owner::Dialling;
        }
        self.dial_extension(m, gone.call, by);
        true
    }

    /// Puts the other side on hold and calls a number in a call of its own; the two are joined
    /// when it answers if `joins`.
    pub(crate) fn consult(
        &mut self,
        m: Moment,
        extension: Number,
        to: Number,
        joins: bool,
    ) -> Reply {
        let (channel, first) = self.talking_leg(extension)?;
        let leg = self.legs.get(&channel).ok_or(Refusal::NoSuchLeg)?;
        if leg.kept.is_some() || leg.waiting.is_some() {
            return Err(Refusal::NotPossible);
        }
        let route = self.route_for(extension, to)?;
        if let Route::Feature { .. } = route {
            return Err(Refusal::NotAllowed);
        }
        let second = self.put_aside(m, channel, first, Some(to));
        if let Some(call) = self.calls.get_mut(&second) {
            call.joins = joins;
        }
        self.take_for(m, second, route, extension);
        Ok(())
    }

    /// Puts a leg's call aside and begins another with it.
    pub(crate) fn put_aside(
        &mut self,
        m: Moment,
        channel: ChannelId,
        first: CallId,
        to: Option<Number>,
    ) -> CallId {
        let place = self.legs.get(&channel).map_or(Place::Unknown, |leg| leg.place);
        let second = self.new_call_of(m, channel, place, to);
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.kept = Some(Kept { call: first, role: leg.role });
            leg.holds = false;
            (leg.call, leg.role) = (Some(second), Role::Caller);
        }
        self.sync(m, first);
        second
    }

    /// Talks to the party put aside; the other one is put aside instead.
    pub(crate) fn swap(&mut self, m: Moment, channel: ChannelId) -> Reply {
        let leg = self.legs.get_mut(&channel).ok_or(Refusal::NoSuchLeg)?;
        let (Some(active), Some(kept)) = (leg.call, leg.kept) else {
            return Err(Refusal::NotPossible);
        };
        if !self.calls.get(&active).is_some_and(|call| matches!(call.owner, Owner::Talk)) {
            return Err(Refusal::NotPossible);
        }
        leg.kept = Some(Kept { call: active, role: leg.role });
        (leg.call, leg.role) = (Some(kept.call), kept.role);
        self.sync(m, active);
        self.sync(m, kept.call);
        Ok(())
    }

    /// Both calls of a leg that keeps one aside, the older first.
    pub(crate) fn both_calls(&self, channel: ChannelId) -> Option<(Connection, Connection)> {
        let leg = self.legs.get(&channel)?;
        let (place, kept) = (leg.place, leg.kept?);
        let active = Connection { call: leg.call?, channel, role: leg.role, place };
        let kept = Connection { call: kept.call, channel, role: kept.role, place };
        Some(if active.call < kept.call { (active, kept) } else { (kept, active) })
    }

    /// The leg of an extension that keeps a call aside.
    pub(crate) fn consulting_leg(&self, extension: Number) -> Result<ChannelId, Refusal> {
        if !self.extensions.contains_key(&extension) {
            return Err(Refusal::NoSuchExtension);
        }
        let consults = |(_, leg): &(&ChannelId, &crate::call::Leg)| {
            leg.place == Place::Extension(extension) && leg.call.is_some() && leg.kept.is_some()
        };
        self.legs.iter().find(consults).map(|(ch, _)| *ch).ok_or(Refusal::NoSuchLeg)
    }

    /// Ends the newer of a leg's two calls, and takes the older back.
    pub(crate) fn cancel_consultation(&mut self, m: Moment, channel: ChannelId) -> Reply {
        let (_, second) = self.both_calls(channel).ok_or(Refusal::NotPossible)?;
        self.end_call(m, second.call, Cause::NormalClearing, Party::Caller);
        Ok(())
    }

    /// Joins the others of two calls of one phone; its own legs end. `false` when they cannot be
    /// joined.
    pub(crate) fn join_others(&mut self, m: Moment, first: Connection, second: Connection) -> bool {
        let Place::Extension(by) = first.place else { return false };
        let Some(target) = self.calls.get(&second.call) else { return false };
        let talks = matches!(target.owner, Owner::Talk);
        let rings = matches!(target.owner, Owner::Dialling) && !target.callees.is_empty();
        let fits = self.calls.get(&first.call).is_some_and(|c| matches!(c.owner, Owner::Talk));
        if !fits || !(talks || rings) {
            return false;
        }
        let to = target.called;
        let (hunting, forwarded) = (rings, target.forwarded.clone());
        self.set_mix(first.call, Mix::Apart);
        self.set_mix(second.call, Mix::Apart);
        self.take_out(first.call, first.channel);
        let due = self.timers.due(&Timer::NoAnswer(second.call));
        self.move_legs(second, first.call);
        let agent = first.role.agent();
        let consulted = Some(second.call);
        self.event(EventKind::CallTransferred { call: first.call, by, agent, to, consulted });
        if hunting {
            let hunting = self.calls.get_mut(&second.call).and_then(|call| call.hunting.take());
            if let Some(call) = self.calls.get_mut(&first.call) {
                call.owner = Owner::Dialling;
                call.hunting = hunting;
                call.forwarded = forwarded;
                call.transferrer = Some(Transferrer { extension: by, told: None });
            }
            let ring = Duration::from_secs(self.config.ring_s.into());
            self.timers.set(Timer::NoAnswer(first.call), due.unwrap_or(m.now + ring));
        }
        for channel in [first.channel, second.channel] {
            // One device may have both on one channel; it may also have gone already.
            if let Some(leg) = self.legs.get_mut(&channel).filter(|l| l.phase == LegPhase::Up) {
                leg.kept = None;
                self.release_leg(m, channel, Cause::NormalClearing);
            }
        }
        self.agent_left(first.call, first.role);
        self.agents_moved(second.call, first.call);
        self.end_call(m, second.call, Cause::NormalClearing, Party::Caller);
        if hunting {
            self.goes_on_ringing(m, first.call)
        } else {
            self.talk(m, first.call, None)
        }
        true
    }

    /// The caller of a call whose called party is rung for another hears that it rings.
    fn goes_on_ringing(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let (caller, callee) = (call.caller_leg, call.callees.first().copied());
        let handler = callee.map_or_else(|| "".into(), |callee| self.handler_of(callee));
        self.segment(m, id, SegmentKind::Ring, handler, None);
        self.quiet(caller);
        self.caller_hears_ringing(caller);
        self.sync(m, id);
    }

    /// Moves all legs of `from` but the given one, and its supervisors, into another call.
    fn move_legs(&mut self, Connection { call: from, channel: but, .. }: Connection, to: CallId) {
        let Some(call) = self.calls.get_mut(&from) else { return };
        let mut legs: Vec<_> = call.callees.drain(..).collect();
        legs.push(call.caller_leg);
        call.early = None;
        call.caller_leg = but;
        for channel in legs.into_iter().filter(|ch| *ch != but) {
            let Some(leg) = self.legs.get_mut(&channel) else { continue };
            let joins = |role| if role == Role::Caller { Role::Called } else { role };
            match &mut leg.kept {
                Some(kept) if kept.call == from => {
                    *kept = Kept { call: to, role: joins(kept.role) }
                }
                _ if leg.waiting == Some(from) => leg.waiting = Some(to),
                _ if leg.role == Role::Supervisor => {
                    if let Some(call) = self.calls.get_mut(&from) {
                        call.callees.push(channel);
                    }
                    continue;
                }
                _ => (leg.call, leg.role) = (Some(to), joins(leg.role)),
            }
            if let Some(call) = self.calls.get_mut(&to) {
                call.callees.push(channel);
            }
        }
    }

    /// Tells the queues which agents' talk goes on in another call than it began in.
    fn agents_moved(&mut self, from: CallId, to: CallId) {
        for channel in self.parties(to) {
            if let Some(agent) = self.queue_agent_in(to, channel) {
                self.app(AppInput::AgentMoved { from, to, agent });
            }
        }
    }

    /// Joins both calls of a leg, which stays in them: a conference.
    pub(crate) fn conference(&mut self, m: Moment, channel: ChannelId) -> Reply {
        let (first, second) = self.both_calls(channel).ok_or(Refusal::NotPossible)?;
        let talks =
            |id: CallId| self.calls.get(&id).is_some_and(|call| matches!(call.owner, Owner::Talk));
        let members = self.parties(first.call).len() + self.parties(second.call).len() - 1;
        if !talks(first.call) || !talks(second.call) || members > crate::talk::CONFERENCE_MAX {
            return Err(Refusal::NotPossible);
        }
        let joining: Vec<_> =
            self.parties(second.call).into_iter().filter(|ch| *ch != channel).collect();
        self.set_mix(second.call, Mix::Apart);
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.kept = None;
            (leg.call, leg.role) = (Some(first.call), first.role);
        }
        self.move_legs(second, first.call);
        self.agents_moved(second.call, first.call);
        self.end_call(m, second.call, Cause::NormalClearing, Party::Caller);
        for channel in joining {
            let place = self.legs.get(&channel).map_or(Place::Unknown, |leg| leg.place);
            let party = self.place_name(channel, place).as_ref().to_owned();
            let agent = self.agent_in(first.call, channel);
            self.event(EventKind::ConferenceJoined { call: first.call, party, agent });
        }
        self.sync(m, first.call);
        Ok(())
    }

    /// A call that was begun to join a conference has been answered.
    pub(crate) fn join_kept(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if core::mem::take(&mut call.joins) {
            let channel = call.caller_leg;
            // A conference that is full by now stays as it is, and the two go on consulting.
            let _ = self.conference(m, channel);
        }
    }

    /// A party leaves a call in which enough others stay.
    pub(crate) fn leave_conference(&mut self, m: Moment, gone: Connection) {
        let party = self.place_name(gone.channel, gone.place).as_ref().to_owned();
        let agent = gone.role.agent();
        self.take_out(gone.call, gone.channel);
        self.event(EventKind::ConferenceLeft { call: gone.call, party, agent });
        self.agent_left(gone.call, gone.role);
        self.sync(m, gone.call);
    }
}

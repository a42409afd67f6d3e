//! Supervision: listen, whisper, barge, take over.
//!
//! A supervisor's leg belongs to the call but is no party of it: it neither keeps the call up nor
//! counts in its segments, unless it barges in, and it is recorded only then. While monitoring, the
//! keys 4, 5 and 6 listen, whisper and barge.

use tipring_events::{EventKind, MonitorMode, Refusal, Reply};
use tipring_line::{AnswerCertainty, CallId, Cause, ChannelId, Digit, Number};

use crate::call::{LegPhase, Monitor, Owner, Place, Role};
use crate::config::TellAgent;
use crate::media::{MediaRequest, Tone};
use crate::moment::Moment;
use crate::switch::Switch;
use crate::talk::CONFERENCE_MAX;

/// Supervisors on one call at most.
const MONITORS_MAX: usize = 4;

impl Switch {
    /// Lets a supervisor's phone take part in a call, or changes how it does.
    pub(crate) fn monitor(
        &mut self,
        m: Moment,
        id: CallId,
        extension: Number,
        mode: MonitorMode,
        by: String,
    ) -> Reply {
        let call = self.calls.get_mut(&id).ok_or(Refusal::NoSuchCall)?;
        if let Some(monitor) = call.monitors.iter_mut().find(|s| s.extension == extension) {
            let channel = monitor.channel;
            monitor.by = by;
            return self.change_mode(m, id, channel, mode);
        }
        self.may_monitor(id, extension)?;
        self.ring_supervisor(id, extension, mode, false, by)
    }

    fn may_monitor(&self, id: CallId, extension: Number) -> Reply {
        let call = self.calls.get(&id).ok_or(Refusal::NoSuchCall)?;
        let is_party = |ch: &ChannelId| {
            self.legs.get(ch).is_some_and(|leg| leg.place == Place::Extension(extension))
        };
        let parties = self.parties(id);
        let full = call.monitors.len() >= MONITORS_MAX
            || parties.len() + call.monitors.len() >= CONFERENCE_MAX;
        if !matches!(call.owner, Owner::Talk) || parties.iter().any(is_party) || full {
            return Err(Refusal::NotPossible);
        }
        Ok(())
    }

    fn ring_supervisor(
        &mut self,
        id: CallId,
        extension: Number,
        mode: MonitorMode,
        takes_over: bool,
        by: String,
    ) -> Reply {
        if !self.is_reachable(extension) {
            return Err(Refusal::NoSuchExtension);
        }
        if self.ring_extension(id, extension, Role::Supervisor).is_err() {
            return Err(Refusal::NotPossible);
        }
        let Some(call) = self.calls.get_mut(&id) else { return Err(Refusal::NoSuchCall) };
        if let Some(channel) = call.callees.last().copied() {
            let (began, tap) = (false, None);
            call.monitors.push(Monitor { channel, extension, mode, takes_over, by, began, tap });
        }
        Ok(())
    }

    /// A supervisor whose leg was the caller's of `from` takes part in another call.
    pub(crate) fn monitor_by_code(
        &mut self,
        m: Moment,
        from: CallId,
        extension: Number,
        target: Number,
        mode: Option<MonitorMode>,
    ) -> Reply {
        let id = match (self.talking_leg(target), mode) {
            (Ok((_, id)), _) => id,
            (Err(_), None) => self.to_pick_up(extension, Some(target))?.0,
            (Err(refusal), Some(_)) => return Err(refusal),
        };
        if mode.is_some() {
            self.may_monitor(id, extension)?;
        }
        let Some(channel) = self.calls.get(&from).map(|call| call.caller_leg) else {
            return Err(Refusal::NoSuchCall);
        };
        self.move_leg(m, channel, from, id, Role::Supervisor);
        let monitor = Monitor {
            channel,
            extension,
            mode: mode.unwrap_or(MonitorMode::Listen),
            takes_over: mode.is_none(),
            by: extension.as_str().to_owned(),
            began: false,
            tap: None,
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.monitors.push(monitor);
        }
        self.supervisor_there(m, channel, id);
        Ok(())
    }

    /// The supervisor's phone was answered.
    pub(crate) fn supervisor_there(&mut self, m: Moment, channel: ChannelId, id: CallId) {
        let agent = self.agent_leg_of(id).and_then(|ch| self.agent_in(id, ch));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(monitor) = call.monitors.iter_mut().find(|s| s.channel == channel) else { return };
        if monitor.takes_over {
            return self.take_over_now(m, id, channel);
        }
        monitor.began = true;
        let (extension, mode, by) = (monitor.extension, monitor.mode, monitor.by.clone());
        self.event(EventKind::MonitorBegan { call: id, extension, mode, by, agent });
        self.sync(m, id);
        self.tell_supervised(id, mode);
    }

    /// Tells the agent of a supervisor who listens or whispers, if the configuration says so; one
    /// who barges in is heard anyway.
    fn tell_supervised(&mut self, id: CallId, mode: MonitorMode) {
        if self.config.tell_agent == TellAgent::Tone
            && mode != MonitorMode::Barge
            && let Some(ch) = self.agent_leg_of(id)
        {
            self.media(MediaRequest::Beep { ch, tone: Tone::Supervised });
        }
    }

    fn change_mode(
        &mut self,
        m: Moment,
        id: CallId,
        channel: ChannelId,
        mode: MonitorMode,
    ) -> Reply {
        let call = self.calls.get_mut(&id).ok_or(Refusal::NoSuchCall)?;
        let Some(monitor) = call.monitors.iter_mut().find(|s| s.channel == channel) else {
            return Err(Refusal::NoSuchLeg);
        };
        if monitor.mode != mode {
            monitor.mode = mode;
            if monitor.began {
                let (extension, by) = (monitor.extension, monitor.by.clone());
                self.event(EventKind::MonitorChanged { call: id, extension, mode, by });
            }
            self.sync(m, id);
        }
        Ok(())
    }

    /// A key of a supervisor who monitors.
    pub(crate) fn supervisor_key(
        &mut self,
        m: Moment,
        channel: ChannelId,
        id: CallId,
        digit: Digit,
    ) {
        let mode = match digit.as_char() {
            '4' => MonitorMode::Listen,
            '5' => MonitorMode::Whisper,
            '6' => MonitorMode::Barge,
            _ => return,
        };
        // Only a leg that is no monitor any more is refused, and then the key means nothing.
        let _ = self.change_mode(m, id, channel, mode);
    }

    /// Ends the monitoring at a phone.
    pub(crate) fn stop_monitoring(&mut self, m: Moment, extension: Number) -> Reply {
        if !self.extensions.contains_key(&extension) {
            return Err(Refusal::NoSuchExtension);
        }
        let leg = self.legs.iter().find(|(_, leg)| {
            leg.place == Place::Extension(extension)
                && leg.role == Role::Supervisor
                && leg.call.is_some()
        });
        let Some((channel, Some(id))) = leg.map(|(ch, leg)| (*ch, leg.call)) else {
            return Err(Refusal::NoSuchLeg);
        };
        self.monitor_gone(m, id, channel);
        self.release_leg(m, channel, Cause::NormalClearing);
        Ok(())
    }

    /// A supervisor's leg leaves the call.
    pub(crate) fn monitor_gone(&mut self, m: Moment, id: CallId, channel: ChannelId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callees.retain(|callee| *callee != channel);
        let Some(at) = call.monitors.iter().position(|s| s.channel == channel) else { return };
        let monitor = call.monitors.remove(at);
        self.monitor_over(id, &monitor);
        self.sync(m, id);
    }

    fn monitor_over(&mut self, id: CallId, monitor: &Monitor) {
        if monitor.tap.is_some() {
            self.media(MediaRequest::Leave { ch: monitor.channel });
        }
        if monitor.began {
            self.event(EventKind::MonitorEnded { call: id, extension: monitor.extension });
        }
    }

    /// The call ends: so does all monitoring of it.
    pub(crate) fn end_monitors(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        for monitor in core::mem::take(&mut call.monitors) {
            self.monitor_over(id, &monitor);
        }
    }

    /// Tells the media whom each supervisor hears, and who hears the supervisor.
    pub(crate) fn sync_monitors(&mut self, id: CallId) {
        let target = self.agent_leg_of(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut changes = Vec::new();
        for monitor in &mut call.monitors {
            let up = self.legs.get(&monitor.channel).is_some_and(|l| l.phase == LegPhase::Up);
            let want = match monitor.mode {
                _ if !up || monitor.takes_over => None,
                MonitorMode::Barge => None,
                mode => target.map(|target| (target, mode == MonitorMode::Whisper)),
            };
            let was = core::mem::replace(&mut monitor.tap, want);
            let listener = monitor.channel;
            match want {
                _ if want == was => {}
                Some((target, whisper)) => {
                    changes.push(MediaRequest::Monitor { listener, target, whisper });
                }
                // Whoever barges in has left by joining the others.
                None if call.mix.members().contains(&listener) => {}
                None => changes.push(MediaRequest::Leave { ch: listener }),
            }
        }
        for change in changes {
            self.media(change);
        }
    }

    /// The leg that is supervised: the agent's; without one, the extension's.
    pub(crate) fn agent_leg_of(&self, id: CallId) -> Option<ChannelId> {
        let caller = self.calls.get(&id)?.caller_leg;
        let mut parties = self.parties(id);
        // Whoever was called comes before the one who called.
        parties.sort_by_key(|ch| *ch == caller);
        let inside = |ch: &&ChannelId| {
            matches!(self.legs.get(*ch).map(|leg| leg.place), Some(Place::Extension(_)))
        };
        let agent = parties.iter().find(|ch| self.agent_in(id, **ch).is_some());
        agent.or_else(|| parties.iter().find(inside)).or(parties.first()).copied()
    }

    /// Moves a call that rings or talks to a supervisor's phone.
    pub(crate) fn take_over(
        &mut self,
        m: Moment,
        id: CallId,
        extension: Number,
        by: String,
    ) -> Reply {
        let call = self.calls.get_mut(&id).ok_or(Refusal::NoSuchCall)?;
        let takable = matches!(call.owner, Owner::Talk | Owner::Dialling | Owner::Queue(_));
        if !takable || call.emergency {
            return Err(Refusal::NotPossible);
        }
        if let Some(monitor) = call.monitors.iter_mut().find(|s| s.extension == extension) {
            let channel = monitor.channel;
            monitor.takes_over = true;
            monitor.by = by;
            if self.legs.get(&channel).is_some_and(|leg| leg.phase == LegPhase::Up) {
                self.take_over_now(m, id, channel);
            }
            return Ok(());
        }
        let own = |ch: &ChannelId| {
            self.legs.get(ch).is_some_and(|leg| leg.place == Place::Extension(extension))
        };
        if self.parties(id).iter().any(own) {
            return Err(Refusal::NotPossible);
        }
        self.ring_supervisor(id, extension, MonitorMode::Listen, true, by)
    }

    fn take_over_now(&mut self, m: Moment, id: CallId, channel: ChannelId) {
        let talks = self.calls.get(&id).is_some_and(|call| matches!(call.owner, Owner::Talk));
        let from = if talks { self.agent_leg_of(id) } else { None };
        let agent = from.and_then(|ch| self.agent_in(id, ch));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(at) = call.monitors.iter().position(|s| s.channel == channel) else { return };
        let monitor = call.monitors.remove(at);
        self.monitor_over(id, &monitor);
        let (extension, by) = (monitor.extension, monitor.by);
        self.event(EventKind::TakenOver { call: id, extension, by, agent });
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.role = Role::Called;
        }
        match from {
            Some(from) => {
                let mut parties = self.parties(id);
                parties.retain(|ch| *ch != from && self.is_present(id, *ch));
                let mix = crate::talk::mix_of(&parties);
                self.set_mix(id, mix);
                self.take_from(m, id, from);
            }
            None => self.take_from_ringing(m, id, channel),
        }
        self.answer_with(id, AnswerCertainty::Signalled);
        let record = self.records_dialled(id, channel);
        self.talk(m, id, record);
    }

    /// The supervised leg leaves the call: it ends, unless it talks in another.
    fn take_from(&mut self, m: Moment, id: CallId, from: ChannelId) {
        self.take_out(id, from);
        let Some(leg) = self.legs.get_mut(&from) else { return };
        let role = match leg.kept.take_if(|kept| kept.call == id) {
            Some(kept) => kept.role,
            None => {
                let role = leg.role;
                match leg.kept.take() {
                    Some(kept) => (leg.call, leg.role) = (Some(kept.call), kept.role),
                    None => self.release_leg(m, from, Cause::NormalClearing),
                }
                if let Some(call) = self.legs.get(&from).and_then(|leg| leg.call) {
                    self.sync(m, call);
                }
                role
            }
        };
        self.agent_left(id, role);
    }

    /// Whoever is rung for the call is rung no more; the one who takes it stays.
    fn take_from_ringing(&mut self, m: Moment, id: CallId, taker: ChannelId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.retain(|callee| *callee != taker);
        }
        self.silence_callees(m, id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.callees.push(taker);
        }
    }
}

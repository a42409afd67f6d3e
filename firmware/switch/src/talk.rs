//! Who hears whom: everything that a call's state makes of its segment, its bridge, its music, its
//! recording and its monitors.
//!
//! Nothing else tells the media who hears whom. Whoever changes a call (a leg joins, leaves,
//! holds, is muted, goes to consult) changes its state and calls [`Switch::sync`], which tells the
//! media what has become different.

use std::sync::Arc;

use tipring_events::{AgentId, MonitorMode, SegmentKind};
use tipring_line::{CallId, ChannelId};

use crate::call::{LegPhase, Mix, Owner, Place, Role};
use crate::config::RecordingRule;
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::switch::{Switch, Timer};

/// How many take part in one conference at most, supervisors included.
pub(crate) const CONFERENCE_MAX: usize = 32;

impl Switch {
    /// Whoever has answered talks from now on.
    pub(crate) fn talk(&mut self, m: Moment, id: CallId, record: Option<RecordingRule>) {
        self.timers.stop(&Timer::NoAnswer(id));
        if let Some(rule) = record.filter(|rule| self.is_announced(id, *rule)) {
            return self.announce_recording(m, id, rule);
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.owner = Owner::Talk;
        call.talked = true;
        call.early = None;
        call.play = None;
        call.hunting = None;
        call.forwarded.clear();
        self.transfer_done(m, id);
        self.sync(m, id);
        if record.is_some() {
            self.record(m, id);
        }
        self.join_kept(m, id);
    }

    /// The caller and those who have answered, whether they talk, hold or are away in another
    /// call. Supervisors are no parties.
    pub(crate) fn parties(&self, id: CallId) -> Vec<ChannelId> {
        let Some(call) = self.calls.get(&id) else { return Vec::new() };
        let legs = core::iter::once(call.caller_leg).chain(call.callees.iter().copied());
        legs.filter(|ch| {
            self.legs.get(ch).is_some_and(|leg| {
                let active = leg.call == Some(id) && leg.role != Role::Supervisor;
                let aside = leg.kept.is_some_and(|kept| kept.call == id);
                leg.phase == LegPhase::Up && (active || aside)
            })
        })
        .collect()
    }

    /// Whether a leg is in this call now, and does not hold it.
    pub(crate) fn is_present(&self, id: CallId, channel: ChannelId) -> bool {
        self.legs.get(&channel).is_some_and(|leg| leg.call == Some(id) && !leg.holds)
    }

    /// Brings segment, bridge, music, recording and monitors in line with the call's state.
    pub(crate) fn sync(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if matches!(call.owner, Owner::Talk) {
            let parties = self.parties(id);
            let mut members = parties.clone();
            members.retain(|ch| self.is_present(id, *ch));
            if !members.is_empty() {
                members.extend(self.barging(id));
            }
            self.talk_segment(m, id, &parties, members.len());
            self.set_mix(id, mix_of(&members));
            self.hold_music(id, &parties, &members);
        } else {
            let mix = call.early.map_or(Mix::Apart, |callee| Mix::Pair(call.caller_leg, callee));
            self.set_mix(id, mix);
        }
        self.sync_recording(id);
        self.sync_monitors(id);
    }

    fn barging(&self, id: CallId) -> Vec<ChannelId> {
        let Some(call) = self.calls.get(&id) else { return Vec::new() };
        let barging = call.monitors.iter().filter(|s| s.mode == MonitorMode::Barge);
        let channels = barging.map(|s| s.channel);
        channels.filter(|ch| self.legs.get(ch).is_some_and(|l| l.phase == LegPhase::Up)).collect()
    }

    fn talk_segment(&mut self, m: Moment, id: CallId, parties: &[ChannelId], members: usize) {
        let leg = |ch: &ChannelId| self.legs.get(ch);
        let consults = |ch: &ChannelId| leg(ch).is_some_and(|l| l.call != Some(id));
        let kind = if parties.len() > 2 || members > 2 {
            SegmentKind::Conference
        } else if parties.iter().any(consults) {
            SegmentKind::Consult
        } else if members < 2 {
            SegmentKind::Hold
        } else {
            SegmentKind::Talk
        };
        let Some(call) = self.calls.get(&id) else { return };
        let Some(callee) = parties.iter().copied().find(|ch| *ch != call.caller_leg) else {
            return;
        };
        let (handler, agent) = (self.handler_of(callee), self.agent_in(id, callee));
        let same = call
            .segment()
            .is_some_and(|s| s.kind == kind && s.handler == handler && s.agent == agent);
        if !same {
            self.segment(m, id, kind, handler, agent);
        }
    }

    /// The agent to whom a queue gave this call, if the leg is theirs.
    pub(crate) fn queue_agent_in(&self, id: CallId, channel: ChannelId) -> Option<AgentId> {
        let leg = self.legs.get(&channel)?;
        match leg.kept.filter(|kept| kept.call == id) {
            Some(kept) => kept.role.agent(),
            None => leg.role.agent(),
        }
    }

    /// The agent whose leg this is, in this call: the queue's, or who sits at the extension.
    pub(crate) fn agent_in(&self, id: CallId, channel: ChannelId) -> Option<AgentId> {
        let seated = || self.seat_of(channel).map(|seat| seat.agent);
        self.queue_agent_in(id, channel).or_else(seated)
    }

    /// What a segment with this leg is named after.
    pub(crate) fn handler_of(&self, channel: ChannelId) -> Arc<str> {
        let Some(leg) = self.legs.get(&channel) else { return "".into() };
        if let Some(handler) = &leg.handler {
            return handler.clone();
        }
        self.place_name(channel, leg.place)
    }

    /// An extension's number, or what carries an outside party.
    pub(crate) fn place_name(&self, channel: ChannelId, place: Place) -> Arc<str> {
        match place {
            Place::Extension(number) => number.as_str().into(),
            Place::Trunk(index) => match self.trunks.get(usize::from(index)) {
                Some(trunk) => trunk.name.clone(),
                None => "trunk".into(),
            },
            Place::Span(index) => match self.spans.get(usize::from(index)) {
                Some(span) => span.name.clone(),
                None => "span".into(),
            },
            Place::Line | Place::Unknown => {
                let line = channel.as_port().and_then(|port| self.lines.get(&port));
                line.map_or_else(|| "line".into(), |line| line.name.clone())
            }
        }
    }

    /// Tells the media who hears whom, if that is something new.
    pub(crate) fn set_mix(&mut self, id: CallId, mix: Mix) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.mix == mix {
            return;
        }
        let old = core::mem::replace(&mut call.mix, mix.clone());
        let stay = mix.members();
        match old {
            Mix::Pair(a, b) if !(stay.contains(&a) && stay.contains(&b)) => {
                self.media(MediaRequest::Unbridge(a, b));
            }
            Mix::Many(members) => {
                for ch in members.into_iter().filter(|ch| !stay.contains(ch)) {
                    self.media(MediaRequest::Leave { ch });
                }
            }
            Mix::Apart | Mix::Pair(..) => {}
        }
        for channel in stay {
            self.quiet(channel);
        }
        match mix {
            Mix::Apart => {}
            Mix::Pair(a, b) => self.media(MediaRequest::Bridge(a, b)),
            Mix::Many(members) => {
                self.media(MediaRequest::Conference { members: members.into() });
            }
        }
    }

    /// Who is left alone by the others hears music; who has left them hears nothing.
    fn hold_music(&mut self, id: CallId, parties: &[ChannelId], members: &[ChannelId]) {
        for channel in parties {
            if members == [*channel] {
                if !self.legs.get(channel).is_some_and(|leg| leg.sounding) {
                    self.music_to(*channel);
                }
            } else if !members.contains(channel)
                && self.legs.get(channel).is_some_and(|leg| leg.call == Some(id))
            {
                self.quiet(*channel);
            }
        }
    }

    /// One side has put the others on hold (`true`), or taken them back.
    pub(crate) fn held(&mut self, m: Moment, channel: ChannelId, id: CallId, held: bool) {
        let talks = self.calls.get(&id).is_some_and(|call| matches!(call.owner, Owner::Talk));
        let Some(leg) = self.legs.get_mut(&channel).filter(|_| talks) else { return };
        if core::mem::replace(&mut leg.holds, held) != held {
            self.sync(m, id);
        }
    }

    pub(crate) fn music_to(&mut self, channel: ChannelId) {
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.sounding = true;
            self.media(MediaRequest::Music { ch: channel });
        }
    }
}

/// Who hears whom when these do.
pub(crate) fn mix_of(members: &[ChannelId]) -> Mix {
    match members {
        [] | [_] => Mix::Apart,
        [a, b] => Mix::Pair(*a, *b),
        many => Mix::Many(many.to_vec()),
    }
}

//! What of a call is recorded: which calls, which of their parties on which side, and when not.
//!
//! One recording a call: the caller is on its left, everybody else whom the caller hears on its
//! right. A supervisor who whispers is therefore in neither; one who barges in is on the right.

use std::sync::Arc;

use tipring_events::{EventKind, RecordingOrder, Refusal, Reply, SegmentKind};
use tipring_line::{CallId, ChannelId};
use tipring_tts::Utterance;

use crate::call::{Call, Mix, Owner, Place, Recording};
use crate::config::RecordingRule;
use crate::dial::From;
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::switch::Switch;

/// A recording shorter than this is not kept, unless a person has asked for it.
pub(crate) const KEPT_MS_MIN: u64 = 1000;

/// The prompt that says that a call is recorded.
pub(crate) const NOTICE: &str = "recording-notice";

impl Switch {
    /// The rule by which a dialled call is recorded once this callee has answered.
    pub(crate) fn records_dialled(&self, id: CallId, callee: ChannelId) -> Option<RecordingRule> {
        let call = self.calls.get(&id)?;
        let rules = &self.config.recording;
        let inside = |ch| match self.legs.get(&ch).map(|leg| leg.place) {
            Some(Place::Extension(number)) => Some(number),
            _ => None,
        };
        if [call.caller_leg, callee].into_iter().any(|ch| self.records_agent_at(ch)) {
            return Some(RecordingRule::Agent);
        }
        let ends = [inside(call.caller_leg), inside(callee)];
        if ends.into_iter().flatten().any(|number| rules.extensions.contains(&number)) {
            return Some(RecordingRule::Extension);
        }
        let (wanted, rule) = match call.from {
            From::Extension if ends[1].is_some() => (rules.internal, RecordingRule::Internal),
            From::Extension => (rules.outgoing, RecordingRule::Outgoing),
            _ => (rules.incoming, RecordingRule::Incoming),
        };
        wanted.then_some(rule)
    }

    /// Whether whoever sits there is always recorded.
    pub(crate) fn records_agent_at(&self, channel: ChannelId) -> bool {
        let seat = self.seat_of(channel);
        seat.is_some_and(|seat| self.config.recording.agents.contains(&seat.work_number))
    }

    /// Whether the parties of a call that is about to be recorded by this rule hear so first.
    pub(crate) fn is_announced(&self, id: CallId, rule: RecordingRule) -> bool {
        let rules = &self.config.recording;
        let untold = |call: &Call| !call.told_recorded && call.recording.is_none();
        rules.enabled
            && rules.announce.contains(&rule)
            && self.calls.get(&id).is_some_and(|call| untold(call) && !call.emergency)
    }

    /// Says to both parties that they are recorded: so nobody waits in silence while the other
    /// hears it. They talk once the caller has heard it.
    pub(crate) fn announce_recording(&mut self, m: Moment, id: CallId, rule: RecordingRule) {
        let say: Arc<[Utterance]> = Arc::from([Utterance::Prompt(NOTICE.to_owned())]);
        let parties = self.parties(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (caller, lang) = (call.caller_leg, call.lang);
        call.owner = Owner::Announcing(rule);
        call.early = None;
        self.set_mix(id, Mix::Apart);
        for other in parties.into_iter().filter(|ch| *ch != caller) {
            let (handler, agent) = (self.handler_of(other), self.agent_in(id, other));
            self.segment(m, id, SegmentKind::Talk, handler, agent);
            let play = self.new_play();
            if let Some(leg) = self.legs.get_mut(&other) {
                leg.sounding = true;
            }
            let say = say.clone();
            self.media(MediaRequest::Play { ch: other, say, lang, repeat: false, id: play });
        }
        self.play(id, say, false);
    }

    /// The caller has heard a prompt to its end.
    pub(crate) fn recording_announced(&mut self, m: Moment, id: CallId, rule: RecordingRule) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.told_recorded = true;
            self.event(EventKind::RecordingAnnounced { call: id });
            self.talk(m, id, Some(rule));
        }
    }

    /// Begins to record the call, if anything is recorded at all and it is not recorded yet.
    pub fn record(&mut self, m: Moment, id: CallId) {
        self.record_as(m, id, false);
    }

    fn record_as(&mut self, m: Moment, id: CallId, wanted: bool) {
        if !self.config.recording.enabled {
            return;
        }
        let offset = self.config.offset_minutes;
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.recording.is_none()) else {
            return;
        };
        let c = m.wall.civil(offset);
        let nth = call.recordings;
        call.recordings = call.recordings.saturating_add(1);
        // A second recording of one call has a name of its own: no file is ever written twice.
        let name = if nth == 0 { id.to_string() } else { format!("{id}-{}", nth + 1) };
        let path: Arc<str> = format!("{:04}/{:02}/{:02}/{name}.wav", c.year, c.month, c.day).into();
        let sides = (None, Vec::new());
        call.recording =
            Some(Recording { path: path.clone(), began: m, paused: false, wanted, sides });
        self.event(EventKind::RecordingBegan { call: id, path: path.as_ref().to_owned() });
        self.media(MediaRequest::RecordStart { call: id, path });
        self.sync_recording(id);
    }

    /// Tells the media whom the recording holds, if that is something new.
    pub(crate) fn sync_recording(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(recording) = &call.recording else { return };
        let caller = call.caller_leg;
        let sides = if recording.paused {
            (None, Vec::new())
        } else {
            let is_here = self.legs.get(&caller).is_some_and(|leg| leg.call == Some(id));
            let talks = matches!(call.owner, Owner::Talk);
            let mut right = if talks { call.mix.members() } else { Vec::new() };
            right.retain(|ch| *ch != caller);
            (is_here.then_some(caller), right)
        };
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(recording) = &mut call.recording else { return };
        if recording.sides == sides {
            return;
        }
        recording.sides = sides.clone();
        let (left, right) = sides;
        self.media(MediaRequest::RecordSides { call: id, left, right: right.into() });
    }

    pub(crate) fn stop_recording(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(recording) = call.recording.take() {
            self.recording_over(id, &recording);
        }
    }

    /// A recording's end; whether it is kept is decided once its file is closed.
    pub(crate) fn recording_over(&mut self, id: CallId, recording: &Recording) {
        if recording.wanted {
            self.wanted_recordings.push(recording.path.clone());
        }
        self.media(MediaRequest::RecordStop { call: id });
    }

    /// A recording's file is complete. One too short to hold a word is removed.
    pub(crate) fn recording_closed(
        &mut self,
        call: CallId,
        path: String,
        duration_ms: u64,
        bytes: u64,
    ) {
        self.event(EventKind::RecordingEnded { call, path: path.clone(), duration_ms, bytes });
        let wanted = self.wanted_recordings.iter().position(|p| **p == *path);
        if let Some(at) = wanted {
            self.wanted_recordings.swap_remove(at);
        } else if duration_ms < KEPT_MS_MIN {
            self.media(MediaRequest::RecordDiscard { path: path.as_str().into() });
            self.event(EventKind::RecordingDiscarded { call, path });
        }
    }

    /// What a person orders of a call's recording.
    pub(crate) fn order_recording(
        &mut self,
        m: Moment,
        id: CallId,
        order: RecordingOrder,
        by: String,
    ) -> Reply {
        let call = self.calls.get_mut(&id).ok_or(Refusal::NoSuchCall)?;
        match (order, &mut call.recording) {
            (RecordingOrder::Start, None) if self.config.recording.enabled && call.answered => {
                self.record_as(m, id, true);
            }
            (RecordingOrder::Stop, Some(_)) => self.stop_recording(id),
            (RecordingOrder::Pause, Some(recording)) if !recording.paused => {
                recording.paused = true;
                let offset_ms = m.since(recording.began).as_millis() as u64;
                self.event(EventKind::RecordingPaused { call: id, offset_ms, by });
                self.sync_recording(id);
            }
            (RecordingOrder::Resume, Some(recording)) if recording.paused => {
                recording.paused = false;
                let offset_ms = m.since(recording.began).as_millis() as u64;
                self.event(EventKind::RecordingResumed { call: id, offset_ms, by });
                self.sync_recording(id);
            }
            _ => return Err(Refusal::NotPossible),
        }
        Ok(())
    }
}

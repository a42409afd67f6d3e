//! Two parties talk: bridge, hold, recording.

use std::sync::Arc;

use tipring_events::{EventKind, SegmentKind};
use tipring_line::{CallId, ChannelId};

use crate::call::{Owner, Place, Role};
use crate::media::MediaRequest;
use crate::moment::Moment;
use crate::switch::{Switch, Timer};

impl Switch {
    /// Lets the caller and a callee hear each other.
    pub(crate) fn bridge(&mut self, id: CallId, callee: ChannelId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.play = None;
        if call.bridged == Some(callee) {
            return;
        }
        let caller = call.caller_leg;
        call.bridged = Some(callee);
        self.quiet(caller);
        self.quiet(callee);
        self.media(MediaRequest::Bridge(caller, callee));
    }

    pub(crate) fn unbridge(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let caller = call.caller_leg;
        if let Some(callee) = call.bridged.take() {
            self.media(MediaRequest::Unbridge(caller, callee));
        }
    }

    /// Caller and callee talk from now on.
    pub(crate) fn talk(&mut self, m: Moment, id: CallId, callee: ChannelId, record: bool) {
        self.timers.stop(&Timer::NoAnswer(id));
        self.bridge(id, callee);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.owner = Owner::Talk(callee);
        call.talked = true;
        self.talk_segment(m, id, callee, SegmentKind::Talk);
        if record {
            self.record(m, id);
        }
        if self.calls.get(&id).is_some_and(|call| call.recording.is_some()) {
            self.media(MediaRequest::RecordRight { call: id, right: Some(callee) });
        }
    }

    fn talk_segment(&mut self, m: Moment, id: CallId, callee: ChannelId, kind: SegmentKind) {
        let Some(leg) = self.legs.get(&callee) else { return };
        let Some(call) = self.calls.get(&id) else { return };
        let agent = if let Role::Agent(agent) = leg.role { Some(agent) } else { None };
        // A queue's offer has named its segment after the agent's work number.
        let of_agent = call.segments.last().filter(|s| agent.is_some() && s.agent == agent);
        let handler: Arc<str> = match (of_agent, leg.place) {
            (Some(segment), _) => segment.handler.clone(),
            (None, Place::Extension(number)) => number.as_str().into(),
            (None, Place::Trunk(index)) => match self.trunks.get(usize::from(index)) {
                Some(trunk) => trunk.name.clone(),
                None => "trunk".into(),
            },
            (None, Place::Line | Place::Unknown) => {
                let line = callee.as_port().and_then(|port| self.lines.get(&port));
                line.map_or_else(|| "line".into(), |line| line.name.clone())
            }
        };
        self.segment(m, id, kind, handler, agent);
    }

    /// One side has put the other on hold (`true`), or taken it back. The one on hold hears music.
    pub(crate) fn held(&mut self, m: Moment, channel: ChannelId, id: CallId, held: bool) {
        let Some(call) = self.calls.get(&id) else { return };
        let Owner::Talk(callee) = call.owner else { return };
        let caller = call.caller_leg;
        let other = if channel == caller { callee } else { caller };
        let other_holds = self.legs.get(&other).is_some_and(|leg| leg.holds);
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        if core::mem::replace(&mut leg.holds, held) == held {
            return;
        }
        if held {
            self.unbridge(id);
            self.quiet(channel);
            if !other_holds {
                self.music_to(other);
                self.talk_segment(m, id, callee, SegmentKind::Hold);
            }
        } else if other_holds {
            // Both had held: the other still does.
            self.music_to(channel);
        } else {
            self.bridge(id, callee);
            self.talk_segment(m, id, callee, SegmentKind::Talk);
        }
    }

    pub(crate) fn music_to(&mut self, channel: ChannelId) {
        if let Some(leg) = self.legs.get_mut(&channel) {
            leg.sounding = true;
            self.media(MediaRequest::Music { ch: channel });
        }
    }

    /// Begins to record the call, if anything is recorded at all and it is not recorded yet.
    pub fn record(&mut self, m: Moment, id: CallId) {
        if !self.config.recording.enabled {
            return;
        }
        let offset = self.config.offset_minutes;
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.recording.is_none()) else {
            return;
        };
        let c = m.wall.civil(offset);
        let path: Arc<str> = format!("{:04}/{:02}/{:02}/{id}.wav", c.year, c.month, c.day).into();
        call.recording = Some(path.clone());
        let left = call.caller_leg;
        self.event(EventKind::RecordingBegan { call: id, path: path.as_ref().to_owned() });
        self.media(MediaRequest::RecordStart { call: id, left, path });
    }
}

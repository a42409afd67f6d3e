//! The lines and calls as they are now, for screens.

use rustc_hash::FxHashMap;
use tipring_events::{
    LineKind, LineState, LiveCall, LiveForward, LiveLine, LiveMonitor, LiveParty, LiveRedirection,
    LiveSegment, PartyState,
};
use tipring_line::{Alarm, CallId, ChannelId, Number, Presentation, Redirection};

use crate::call::{Call, LegPhase, Owner, Place, Role};
use crate::extensions::FORWARDS;
use crate::incoming::{shown_name, shown_number};
use crate::switch::Switch;

/// What the legs on one line add up to.
#[derive(Clone, Copy, Default)]
struct Use {
    calls: u32,
    up: bool,
}

impl Use {
    fn state(self) -> LineState {
        match self {
            Use { calls: 0, .. } => LineState::Idle,
            Use { up: true, .. } => LineState::Busy,
            _ => LineState::Ringing,
        }
    }
}

impl Switch {
    /// Every line, trunk and extension, in the order of the configuration.
    pub fn live_lines(&self) -> Vec<LiveLine> {
        let mut ports: FxHashMap<ChannelId, Use> = FxHashMap::default();
        let mut trunks: FxHashMap<u16, Use> = FxHashMap::default();
        let mut spans: FxHashMap<u8, Use> = FxHashMap::default();
        let mut extensions: FxHashMap<Number, Use> = FxHashMap::default();
        for (channel, leg) in &self.legs {
            let used = match leg.place {
                Place::Line => ports.entry(*channel).or_default(),
                Place::Trunk(index) => trunks.entry(index).or_default(),
                Place::Span(index) => spans.entry(index).or_default(),
                Place::Extension(number) => extensions.entry(number).or_default(),
                Place::Unknown => continue,
            };
            used.calls += 1;
            used.up |= matches!(leg.phase, LegPhase::Up | LegPhase::Releasing);
        }
        let lines = self.config.lines.iter().map(|line| {
            let used = ports.get(&ChannelId::port(line.port)).copied().unwrap_or_default();
            let alarm = self.lines.get(&line.port).and_then(|l| l.alarm);
            live_line(line.name.clone(), LineKind::Fxo, used, alarm, true)
        });
        let spans = self.spans.iter().zip(0u8..).map(|(span, index)| {
            let used = spans.get(&index).copied().unwrap_or_default();
            live_line(span.name.to_string(), LineKind::E1, used, span.common_alarm(), true)
        });
        let trunks = self.config.trunks.iter().zip(0u16..).map(|(trunk, index)| {
            let used = trunks.get(&index).copied().unwrap_or_default();
            live_line(format!("trunk:{}", trunk.name), LineKind::SipTrunk, used, None, true)
        });
        let extensions = self.config.extensions.iter().map(|config| {
            let used = extensions.get(&config.number).copied().unwrap_or_default();
            let now = self.extensions.get(&config.number);
            let kind = if config.port.is_some() { LineKind::Fxs } else { LineKind::SipPhone };
            let reachable = now.is_some_and(|e| e.reachable());
            let alarm = now.and_then(|e| e.alarm);
            let line = live_line(config.number.to_string(), kind, used, alarm, reachable);
            let forward = |when| {
                let to = self.forward_of(config.number, when)?;
                Some(LiveForward { when, to })
            };
            LiveLine {
                do_not_disturb: now.is_some_and(|e| e.do_not_disturb),
                forwards: FORWARDS.into_iter().filter_map(forward).collect(),
                ..line
            }
        });
        lines.chain(spans).chain(trunks).chain(extensions).collect()
    }

    /// Every call in progress, the oldest first.
    pub fn live_calls(&self) -> Vec<LiveCall> {
        let mut ids: Vec<_> = self.calls.keys().copied().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| self.live_call(id, &self.calls[&id])).collect()
    }
}

fn live_line(
    name: String,
    kind: LineKind,
    used: Use,
    alarm: Option<Alarm>,
    reachable: bool,
) -> LiveLine {
    let state = match alarm {
        Some(_) => LineState::Alarm,
        None if used.calls == 0 && !reachable => LineState::Unreachable,
        None => used.state(),
    };
    let note = match (alarm, state) {
        (Some(Alarm::NoBattery), _) => "no battery: is the line plugged in?",
        (Some(Alarm::DeviceLost), _) => "the device or its driver has gone",
        (Some(Alarm::Red), _) => "no signal from the far side",
        (Some(Alarm::Blue), _) => "the far side sends AIS",
        (Some(Alarm::Yellow), _) => "the far side does not hear us",
        (Some(Alarm::Blocked), _) => "the far side has blocked the channel",
        (None, LineState::Unreachable) => "not registered",
        (None, _) => "",
    };
    LiveLine {
        name,
        kind,
        state,
        calls: used.calls,
        note: note.to_owned(),
        do_not_disturb: false,
        forwards: Vec::new(),
    }
}

fn live_redirection(by: &Redirection) -> LiveRedirection {
    let shown = by.presentation == Presentation::Allowed;
    LiveRedirection { by: by.number.filter(|_| shown), reason: by.reason, original: by.original }
}

impl Switch {
    fn live_call(&self, id: CallId, call: &Call) -> LiveCall {
        let segments = call.segments.iter().map(|segment| LiveSegment {
            kind: segment.kind,
            handler: segment.handler.as_ref().to_owned(),
            began_ms: segment.began.wall.unix_millis(),
            ended_ms: segment.ended.map(|m| m.wall.unix_millis()),
        });
        let legs = core::iter::once(call.caller_leg).chain(call.callees.iter().copied());
        let parked =
            if let Owner::Parked(parked) = &call.owner { Some(parked.place) } else { None };
        let monitors = call.monitors.iter().filter(|monitor| monitor.began);
        LiveCall {
            call: id,
            source: call.source.as_ref().to_owned(),
            called: call.called,
            caller: shown_number(&call.caller),
            caller_name: shown_name(&call.caller),
            began_ms: call.began.wall.unix_millis(),
            answered: call.answered,
            recording: call.recording.is_some(),
            recording_paused: call.recording.as_ref().is_some_and(|r| r.paused),
            parked,
            account: call.account,
            redirection: call.redirection.as_ref().map(live_redirection),
            parties: legs.filter_map(|ch| self.live_party(id, call, ch)).collect(),
            monitors: monitors
                .map(|monitor| LiveMonitor {
                    extension: monitor.extension,
                    mode: monitor.mode,
                    by: monitor.by.clone(),
                })
                .collect(),
            segments: segments.collect(),
        }
    }

    fn live_party(&self, id: CallId, call: &Call, channel: ChannelId) -> Option<LiveParty> {
        let leg = self.legs.get(&channel)?;
        let waits = leg.waiting == Some(id);
        let aside = leg.kept.is_some_and(|kept| kept.call == id);
        if leg.role == Role::Supervisor && leg.call == Some(id) {
            return None;
        }
        let is_caller = channel == call.caller_leg;
        let extension = if let Place::Extension(number) = leg.place { Some(number) } else { None };
        let name = extension.and_then(|number| Some(self.extensions.get(&number)?.name));
        let (number, name) = match (extension, is_caller) {
            (Some(number), _) => (Some(number), name.unwrap_or_default().as_str().to_owned()),
            (None, true) => (shown_number(&call.caller), shown_name(&call.caller)),
            (None, false) => match &leg.connected {
                Some(party) => (shown_number(party), shown_name(party)),
                None => (call.called, String::new()),
            },
        };
        let state = match leg.phase {
            LegPhase::Calling => PartyState::Alerting,
            _ if waits => PartyState::Alerting,
            _ if matches!(call.owner, Owner::Parked(_)) => PartyState::Parked,
            _ if !matches!(call.owner, Owner::Talk) => PartyState::Waiting,
            _ if aside || leg.holds => PartyState::Away,
            _ if !call.mix.members().contains(&channel) => PartyState::Held,
            _ if leg.muted => PartyState::Muted,
            _ => PartyState::Talking,
        };
        Some(LiveParty { name, number, extension, agent: self.agent_in(id, channel), state })
    }
}

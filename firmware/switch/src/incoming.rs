//! A call comes in: who calls, where it leads, who takes it.

use std::sync::Arc;

use tipring_clock::Duration;
use tipring_events::{EventKind, SegmentKind};
use tipring_line::{CallId, CallerId, Cause, ChannelId, Number, Presentation};

use crate::call::{Call, Leg, LegPhase, Owner, Place, Role};
use crate::config::{Class, Direction};
use crate::dial::{Dialler, From, Route};
use crate::feature::FeatureMachine;
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};

/// Where a call came from.
struct Origin {
    dialler: Dialler,
    place: Place,
    source: Arc<str>,
    called: Option<Number>,
    caller: CallerId,
    /// The flow of the line, which goes before the dial rules.
    line_flow: Option<Arc<str>>,
    /// The flow of the trunk, which comes after them.
    trunk_flow: Option<Arc<str>>,
    caller_id_wait: Duration,
}

impl Origin {
    fn new(from: From, place: Place, source: &Arc<str>) -> Self {
        Origin {
            dialler: Dialler { from, class: Class::Internal },
            place,
            source: source.clone(),
            called: None,
            caller: CallerId::default(),
            line_flow: None,
            trunk_flow: None,
            caller_id_wait: Duration::ZERO,
        }
    }
}

impl Switch {
    pub(crate) fn offered(
        &mut self,
        m: Moment,
        channel: ChannelId,
        called: Option<Number>,
        caller: CallerId,
        trunk: Option<u16>,
        extension: Option<Number>,
    ) {
        if let Some(leg) = self.drop_leg(channel) {
            // The channel says that it is free for a new call, so the old one is over.
            self.counters.glare += 1;
            self.leg_gone(m, channel, &leg, Cause::NoChannel);
        }
        let Some(origin) = self.origin(channel, called, caller, trunk, extension) else {
            self.counters.unknown_sources += 1;
            self.add_leg(channel, Leg::refused());
            self.release_leg(m, channel, Cause::NotAuthorised);
            return;
        };
        let route = self.route(&origin);
        let wait = origin.caller_id_wait;
        let emergency = matches!(&route, Route::Outside(outgoing) if outgoing.emergency);
        let full = !emergency && self.calls.len() >= self.config.max_calls as usize;
        let id = self.begin_call(m, channel, origin, &route);
        if full {
            self.counters.calls_refused += 1;
            self.end_call(m, id, Cause::Congestion, BY_BOX);
        } else if wait > Duration::ZERO && !self.caller_is_known(id) {
            self.await_caller_id(m, id, route, wait);
        } else {
            self.take(m, id, route);
        }
    }

    fn origin(
        &self,
        channel: ChannelId,
        called: Option<Number>,
        caller: CallerId,
        trunk: Option<u16>,
        extension: Option<Number>,
    ) -> Option<Origin> {
        let port = channel.as_port();
        if let Some(line) = port.and_then(|p| self.lines.get(&p)) {
            if line.direction == Direction::Out {
                return None;
            }
            let called = called.or(line.number);
            let line_flow = match line.further(called) {
                Some(further) => further.flow.as_deref().map(Arc::from),
                None => line.flow.clone(),
            };
            return Some(Origin {
                called,
                caller,
                line_flow,
                caller_id_wait: line.caller_id_wait,
                ..Origin::new(From::Line, Place::Line, &line.name)
            });
        }
        if let Some(index) = trunk {
            let trunk = self.trunks.get(usize::from(index))?;
            return Some(Origin {
                called,
                caller,
                trunk_flow: trunk.flow.clone(),
                ..Origin::new(From::Trunk, Place::Trunk(index), &trunk.source)
            });
        }
        let number = extension.or_else(|| self.handsets.get(&port?).copied())?;
        let extension = self.extensions.get(&number)?;
        let name = if extension.name.is_empty() { caller.name } else { extension.name };
        Some(Origin {
            dialler: Dialler { from: From::Extension, class: extension.class },
            called,
            // What a phone says about itself is not believed; its log-in is.
            caller: CallerId { number: Some(number), name, presentation: caller.presentation },
            ..Origin::new(From::Extension, Place::Extension(number), &extension.source)
        })
    }

    fn route(&self, origin: &Origin) -> Route {
        if let Some(flow) = &origin.line_flow {
            return Route::Flow(flow.clone());
        }
        let by_number = origin.called.and_then(|number| self.plan.route(origin.dialler, number));
        by_number
            .or_else(|| origin.trunk_flow.clone().map(Route::Flow))
            .unwrap_or(Route::Refuse(Cause::UnallocatedNumber))
    }

    fn begin_call(
        &mut self,
        m: Moment,
        channel: ChannelId,
        origin: Origin,
        route: &Route,
    ) -> CallId {
        let id = CallId(self.next_call);
        self.next_call += 1;
        self.counters.calls_began += 1;
        // What follows a feature code is secret: neither log nor screen shows it.
        let called =
            if let Route::Feature { code, .. } = route { Some(*code) } else { origin.called };
        let call = Call {
            source: origin.source,
            from: origin.dialler.from,
            called,
            caller: origin.caller,
            lang: self.config.language,
            began: m,
            answered: false,
            talked: false,
            caller_leg: channel,
            callees: Vec::new(),
            hunting: None,
            emergency: false,
            bridged: None,
            owner: Owner::Dialling,
            play: None,
            recording: None,
            segments: Vec::new(),
            segment_count: 0,
        };
        self.event(EventKind::CallBegan {
            call: id,
            source: call.source.as_ref().to_owned(),
            called,
            caller: shown_number(&call.caller),
            caller_name: shown_name(&call.caller),
            inbound: call.from != From::Extension,
        });
        self.calls.insert(id, call);
        self.add_leg(channel, Leg::new(id, Role::Caller, LegPhase::Incoming, origin.place));
        id
    }

    fn caller_is_known(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|call| {
            call.caller.number.is_some() || call.caller.presentation != Presentation::Allowed
        })
    }

    /// Leaves the call ringing until the caller id has come between the first two rings: once
    /// the line is answered it would be lost.
    fn await_caller_id(&mut self, m: Moment, id: CallId, route: Route, wait: Duration) {
        let handler = match &route {
            Route::Flow(name) | Route::Queue(name) => name.clone(),
            _ => self.calls[&id].source.clone(),
        };
        self.segment(m, id, SegmentKind::Ivr, handler, None);
        if let Some(call) = self.calls.get_mut(&id) {
            call.owner = Owner::Arriving(route);
        }
        self.timers.set(Timer::CallerId(id), m.now + wait);
    }

    /// The caller id has come, or is known to come no more.
    pub(crate) fn caller_known(&mut self, m: Moment, id: CallId, caller: CallerId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.caller = caller;
        self.event(EventKind::CallerKnown {
            call: id,
            caller: shown_number(&caller),
            caller_name: shown_name(&caller),
        });
        if self.timers.stop(&Timer::CallerId(id)) {
            self.take_arriving(m, id);
        }
    }

    pub(crate) fn take_arriving(&mut self, m: Moment, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match core::mem::replace(&mut call.owner, Owner::Dialling) {
            Owner::Arriving(route) => self.take(m, id, route),
            owner => call.owner = owner,
        }
    }

    pub(crate) fn take(&mut self, m: Moment, id: CallId, route: Route) {
        match route {
            Route::Flow(flow) => {
                self.enter_flow(m, id, flow.clone());
                self.app(AppInput::StartFlow { call: id, flow });
            }
            Route::Queue(queue) => {
                self.enter_queue(m, id, queue.clone());
                self.app(AppInput::StartQueue { call: id, queue });
            }
            Route::Extension(number) => self.dial_extension(m, id, number),
            Route::Outside(outgoing) => self.dial_outside(m, id, outgoing),
            Route::Feature { feature, code, rest } => {
                self.segment(m, id, SegmentKind::Ivr, code.as_str().into(), None);
                self.answer(id);
                let mut machine = FeatureMachine::new(feature, &rest);
                let step = machine.start(m.now);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.owner = Owner::Feature(machine);
                }
                self.feature_step(m, id, step);
            }
            Route::Refuse(cause) => self.end_call(m, id, cause, BY_BOX),
        }
    }
}

/// The number as it may be logged: the box's own people see what the network lets them see.
pub(crate) fn shown_number(caller: &CallerId) -> Option<Number> {
    caller.number.filter(|_| caller.presentation == Presentation::Allowed)
}

pub(crate) fn shown_name(caller: &CallerId) -> String {
    if caller.presentation == Presentation::Allowed {
        caller.name.as_str().to_owned()
    } else {
        String::new()
    }
}

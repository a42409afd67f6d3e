//! A call comes in: who calls, where it leads, who takes it.

use std::sync::Arc;

use tipring_clock::Duration;
use tipring_events::{EventKind, SegmentKind};
use tipring_line::{CallId, CallerId, Cause, ChannelId, Number, Presentation, Redirection};

use crate::call::{Call, Leg, LegPhase, Owner, Place, Role};
use crate::config::{Class, Direction};
use crate::dial::{Dialler, Feature, From, Route};
use crate::feature::FeatureMachine;
use crate::moment::Moment;
use crate::output::AppInput;
use crate::switch::{BY_BOX, Switch, Timer};

/// A call that comes in, as its channel tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) called: Option<Number>,
    pub(crate) caller: CallerId,
    pub(crate) trunk: Option<u16>,
    pub(crate) extension: Option<Number>,
    pub(crate) redirection: Option<Redirection>,
}

/// Where a call came from.
pub(crate) struct Origin {
    pub(crate) dialler: Dialler,
    pub(crate) place: Place,
    pub(crate) source: Arc<str>,
    pub(crate) called: Option<Number>,
    pub(crate) caller: CallerId,
    /// The number called as the network sent it, whole.
    pub(crate) number_called: Option<Number>,
    pub(crate) redirection: Option<Redirection>,
    /// The flow of the line, which goes before the dial rules.
    pub(crate) line_flow: Option<Arc<str>>,
    /// The flow of the trunk or span, which comes after them.
    pub(crate) trunk_flow: Option<Arc<str>>,
    pub(crate) caller_id_wait: Duration,
}

impl Origin {
    pub(crate) fn new(from: From, place: Place, source: &Arc<str>) -> Self {
        Origin {
            dialler: Dialler { from, class: Class::Internal },
            place,
            source: source.clone(),
            called: None,
            caller: CallerId::default(),
            number_called: None,
            redirection: None,
            line_flow: None,
            trunk_flow: None,
            caller_id_wait: Duration::ZERO,
        }
    }
}

/// A call that the box does not take.
pub(crate) struct Refused {
    cause: Cause,
    /// Where it came from, if that is a place of the box: the call is in the records then.
    origin: Option<Box<Origin>>,
}

impl Refused {
    /// One of a line or span of the box.
    pub(crate) fn call(cause: Cause, origin: Origin) -> Self {
        Refused { cause, origin: Some(Box::new(origin)) }
    }

    /// One from nowhere that the box knows.
    pub(crate) fn unknown() -> Self {
        Refused { cause: Cause::NotAuthorised, origin: None }
    }
}

impl Switch {
    pub(crate) fn offered(&mut self, m: Moment, channel: ChannelId, offer: Offer) {
        if let Some(leg) = self.drop_leg(channel) {
            // The channel says that it is free for a new call, so the old one is over.
            self.counters.glare += 1;
            self.leg_gone(m, channel, &leg, Cause::NoChannel);
        }
        let mut origin = match self.origin(channel, offer) {
            Ok(origin) => origin,
            Err(Refused { cause, origin: None }) => {
                self.counters.unknown_sources += 1;
                self.add_leg(channel, Leg::refused());
                return self.release_leg(m, channel, cause);
            }
            Err(Refused { cause, origin: Some(origin) }) => {
                let id = self.begin_call(m, channel, *origin, &Route::Refuse(cause));
                return self.end_call(m, id, cause, BY_BOX);
            }
        };
        let account = self.translate(&mut origin);
        let mut route = self.route(&origin);
        let refused = match &route {
            Route::Outside(outgoing) if self.is_not_to_be_called(outgoing) => Some(outgoing.number),
            _ => None,
        };
        if refused.is_some() {
            route = Route::Refuse(Cause::NotAuthorised);
        }
        self.remember_dialled(&origin, &route);
        let wait = origin.caller_id_wait;
        let emergency = matches!(&route, Route::Outside(outgoing) if outgoing.emergency);
        let full = !emergency && self.calls.len() >= self.config.max_calls as usize;
        let id = self.begin_call(m, channel, origin, &route);
        if let Some(number) = refused {
            self.event(EventKind::DoNotCallHit { call: id, number });
        }
        if let Some(account) = account {
            self.book(id, account);
        }
        if full {
            self.counters.calls_refused += 1;
            self.end_call(m, id, Cause::Congestion, BY_BOX);
        } else if wait > Duration::ZERO && !self.caller_is_known(id) {
            self.await_caller_id(m, id, route, wait);
        } else {
            self.take(m, id, route);
        }
    }

    /// Where a call comes from; `Err` if the box does not take it.
    fn origin(&mut self, channel: ChannelId, offer: Offer) -> Result<Origin, Refused> {
        let Offer { called, caller, trunk, extension, redirection } = offer;
        let port = channel.as_port();
        if let Some(line) = port.and_then(|p| self.lines.get(&p)) {
            let called = called.or(line.number);
            let origin =
                Origin { called, caller, ..Origin::new(From::Line, Place::Line, &line.name) };
            if line.direction == Direction::Out {
                return Err(Refused::call(Cause::NotAuthorised, origin));
            }
            let line_flow = match line.further(called) {
                Some(further) => further.flow.as_deref().map(Arc::from),
                None => line.flow.clone(),
            };
            return Ok(Origin { line_flow, caller_id_wait: line.caller_id_wait, ..origin });
        }
        if let Some((index, timeslot)) = channel.as_span() {
            return self.span_origin(index, timeslot, offer);
        }
        if let Some(index) = trunk {
            let trunk = self.trunks.get(usize::from(index)).ok_or_else(Refused::unknown)?;
            return Ok(Origin {
                called,
                caller,
                number_called: called,
                redirection,
                trunk_flow: trunk.flow.clone(),
                ..Origin::new(From::Trunk, Place::Trunk(index), &trunk.source)
            });
        }
        let number = extension.or_else(|| self.handsets.get(&port?).copied());
        let number = number.ok_or_else(Refused::unknown)?;
        let extension = self.extensions.get(&number).ok_or_else(Refused::unknown)?;
        let name = if extension.name.is_empty() { caller.name } else { extension.name };
        Ok(Origin {
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
        // What follows a feature code is secret: neither log nor screen shows it.
        let called =
            if let Route::Feature { code, .. } = route { Some(*code) } else { origin.called };
        let id = self.insert_call(m, channel, &origin, called);
        self.add_leg(channel, Leg::new(id, Role::Caller, LegPhase::Incoming, origin.place));
        id
    }

    /// A new call by somebody whose leg exists already, or is about to: an extension consults, or
    /// a call is made for it.
    pub(crate) fn new_call_of(
        &mut self,
        m: Moment,
        channel: ChannelId,
        place: Place,
        called: Option<Number>,
    ) -> CallId {
        let mut origin = Origin::new(From::Extension, place, &Arc::from(""));
        if let Place::Extension(number) = place
            && let Some(extension) = self.extensions.get(&number)
        {
            origin.source = extension.source.clone();
            let presentation = Presentation::Allowed;
            origin.caller = CallerId { number: Some(number), name: extension.name, presentation };
        }
        self.insert_call(m, channel, &origin, called)
    }

    fn insert_call(
        &mut self,
        m: Moment,
        channel: ChannelId,
        origin: &Origin,
        called: Option<Number>,
    ) -> CallId {
        let id = CallId(self.next_call);
        self.next_call += 1;
        self.counters.calls_began += 1;
        let from = origin.dialler.from;
        self.event(EventKind::CallBegan {
            call: id,
            source: origin.source.as_ref().to_owned(),
            called,
            caller: shown_number(&origin.caller),
            caller_name: shown_name(&origin.caller),
            inbound: from != From::Extension,
        });
        if let Some(by) = &origin.redirection {
            let shown = by.presentation == Presentation::Allowed;
            let (number, reason, original) = (by.number.filter(|_| shown), by.reason, by.original);
            self.event(EventKind::CallRedirected { call: id, by: number, reason, original });
        }
        let call = Call {
            source: origin.source.clone(),
            from,
            called,
            caller: origin.caller,
            number_called: origin.number_called,
            redirection: origin.redirection,
            lang: self.config.language,
            ..Call::new(m, channel)
        };
        self.calls.insert(id, call);
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
            Route::Parking(place) => {
                let by = self.extension_of(id);
                self.unpark_by_dialling(m, id, place, by);
            }
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

    /// As [`Switch::take`], for a call that the extension `by` sends there.
    pub(crate) fn take_for(&mut self, m: Moment, id: CallId, route: Route, by: Number) {
        match route {
            Route::Feature { feature: Feature::Park, rest, .. } => {
                let place = rest.parse().ok();
                if self.park(m, id, place, by).is_err() {
                    self.dial_failed(m, id, Cause::NoChannel, BY_BOX);
                }
            }
            route => self.take(m, id, route),
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

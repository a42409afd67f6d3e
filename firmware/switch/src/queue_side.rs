//! What queues ask of the switch beside offers: to send a caller on to a number, and to make the
//! calls of callbacks, the agent or the customer first.

use tipring_clock::Duration;
use tipring_events::{AgentId, Refusal, SegmentKind};
use tipring_line::{CallId, CallerId, Cause, ChannelCommand, ChannelId, Number};

use crate::call::{Leg, LegPhase, Owner, Place, Role};
use crate::config::Class;
use crate::dial::{Dialler, From, Outgoing, Route};
use crate::media::{MediaRequest, Tone};
use crate::moment::Moment;
use crate::outgoing::WayOut;
use crate::places::Seat;
use crate::switch::{BY_BOX, Switch, Timer};

impl Switch {
    /// Sends a caller who does not talk on to a number, as the dial rules lead an extension that
    /// may call the whole country.
    pub fn lead_to(&mut self, m: Moment, id: CallId, number: Number) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Talk) {
            return;
        }
        call.owner = Owner::Dialling;
        let caller = call.caller_leg;
        self.stop(id);
        self.quiet(caller);
        let dialler = Dialler { from: From::Extension, class: Class::National };
        match self.plan.route(dialler, number) {
            Some(route) => self.take(m, id, route),
            None => self.end_call(m, id, Cause::NoRoute, BY_BOX),
        }
    }

    /// Remembers who sits at an extension from now on; nobody, if `None`. Whatever is said there
    /// counts for that agent, a queue's call or not.
    pub fn seat(&mut self, extension: Number, seat: Option<Seat>) {
        match seat {
            Some(seat) => self.seats.insert(extension, seat),
            None => self.seats.remove(&extension),
        };
    }

    pub(crate) fn seat_of(&self, channel: ChannelId) -> Option<Seat> {
        match self.legs.get(&channel)?.place {
            Place::Extension(number) => self.seats.get(&number).copied(),
            _ => None,
        }
    }

    /// Lets an agent who talks hear a soft beep: callers wait. Nobody else hears it.
    pub fn beep(&mut self, id: CallId, agent: AgentId) {
        let parties = self.parties(id);
        let here = parties.into_iter().find(|ch| self.queue_agent_in(id, *ch) == Some(agent));
        if let Some(ch) = here.filter(|ch| self.is_present(id, *ch)) {
            self.media(MediaRequest::Beep { ch, tone: Tone::CallersWait });
        }
    }

    /// Rings an agent's phone for a callback and, once it is answered, dials the customer's number.
    /// [`AppInput::Originated`](crate::AppInput) and [`AppInput::Reached`](crate::AppInput) say how
    /// far it has come, `CallOver` that it has come to nothing.
    ///
    /// # Errors
    /// As dialling at that phone.
    pub fn call_back(
        &mut self,
        m: Moment,
        extension: Number,
        to: Number,
    ) -> Result<CallId, Refusal> {
        let id = self.originate(m, extension, to, None)?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.is_callback = true;
        }
        Ok(id)
    }

    /// Calls a customer who then waits in a queue. [`AppInput::Reached`](crate::AppInput) says that
    /// the customer has answered; the call is the application's then.
    ///
    /// # Errors
    /// The number leads nowhere, is on the list of those not to be called, or nothing is free that
    /// could carry the call.
    pub fn call_customer(&mut self, m: Moment, to: Number) -> Result<CallId, Refusal> {
        let dialler = Dialler { from: From::Extension, class: Class::International };
        let outgoing = match self.plan.route(dialler, to) {
            Some(Route::Outside(outgoing)) if self.is_not_to_be_called(&outgoing) => {
                return Err(Refusal::DoNotCall);
            }
            Some(Route::Outside(outgoing)) if !outgoing.emergency => outgoing,
            _ => return Err(Refusal::NotAllowed),
        };
        if self.calls.len() >= self.config.max_calls as usize {
            return Err(Refusal::NotPossible);
        }
        let ways = self.plan.groups.order(outgoing.group);
        let free = ways.iter().find_map(|carrier| {
            let way = self.way_out(*carrier, CallerId::default(), None, false).ok()?;
            Some((*carrier, way))
        });
        let (carrier, way) = free.ok_or(Refusal::NotPossible)?;
        self.plan.groups.taken(outgoing.group, carrier);
        Ok(self.dial_customer(m, &outgoing, way))
    }

    fn dial_customer(&mut self, m: Moment, outgoing: &Outgoing, way: WayOut) -> CallId {
        let WayOut { channel, place, endpoint, caller } = way;
        let number = outgoing.number;
        let id = self.new_call_of(m, channel, place, Some(number));
        let name = self.plan.groups.name(outgoing.group);
        if let Some(call) = self.calls.get_mut(&id) {
            // Whoever is offered the call sees whose it is.
            (call.source, call.caller) = (name.clone(), CallerId::from_number(number));
            call.is_callback = true;
            call.owner = Owner::Originating(None);
        }
        self.segment(m, id, SegmentKind::Ring, name, None);
        self.add_leg(channel, Leg::new(id, Role::Caller, LegPhase::Calling, place));
        self.channel(channel, ChannelCommand::Seize(endpoint));
        self.channel(channel, ChannelCommand::Dial { number, caller });
        let ring = Duration::from_secs(self.config.ring_s.into());
        self.timers.set(Timer::NoAnswer(id), m.now + ring);
        id
    }
}

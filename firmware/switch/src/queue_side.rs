//! What queues ask of the switch beside offers: to send a caller on to a number, and to find the
//! call that was just made for a callback.

use tipring_line::{CallId, Cause, Number};

use crate::call::Owner;
use crate::config::Class;
use crate::dial::{Dialler, From};
use crate::moment::Moment;
use crate::switch::{BY_BOX, Switch};

impl Switch {
    /// Sends a caller who does not talk on to a number, as the dial rules lead an extension that
    /// may call the whole country.
    pub fn lead_to(&mut self, m: Moment, id: CallId, number: Number) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.owner, Owner::Talk(_)) {
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

    /// The call that began last.
    pub fn newest_call(&self) -> CallId {
        CallId(self.next_call.saturating_sub(1))
    }
}

//! What is done when time has passed.

use tipring_line::Cause;

use super::call::CallState;
use super::{Context, TimerKey, UserAgent};
use crate::slab::SlotId;

impl UserAgent {
    pub(super) fn expire(&mut self, cx: &mut Context<'_>, key: TimerKey) {
        match key {
            TimerKey::Server(id) => self.expire_server(cx, id),
            TimerKey::Client(id) => self.expire_client(cx, id),
            TimerKey::Call(id) => self.expire_call(cx, id),
            TimerKey::Trunk(index) => self.expire_trunk(cx, index),
            TimerKey::KeepAlive => self.keep_phones_alive(cx),
            TimerKey::Subscription(id) => self.expire_subscription(cx, id),
            TimerKey::Registrations => self.expire_registrations(cx.now),
        }
    }

    fn expire_call(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.armed = None;
        match &call.state {
            CallState::Calling(calling) if calling.until <= cx.now => {
                self.cancel(cx, id, Cause::NoAnswer);
            }
            CallState::Established(_) => self.expire_unacknowledged(cx, id),
            _ => {}
        }
        self.arm_call(id);
    }
}

//! Calls made for callbacks, and outside numbers that were reached.
//!
//! With the agent first the switch makes the call as it makes any that a person clicks: it rings
//! the agent's phone and then dials for it. With the customer first the number is called by itself
//! and, once it answers, waits in the queue at the place that was kept.

use tipring_line::{CallId, ChannelCommand, ChannelEvent, ChannelId, Number};
use tipring_switch::Moment;

use super::Core;

impl Core {
    /// Makes the call of a callback.
    pub(super) fn call_back(
        &mut self,
        m: Moment,
        callback: u64,
        extension: Option<Number>,
        to: Number,
    ) {
        let call = match extension {
            Some(extension) => self.switch.call_back(m, extension, to),
            None => self.switch.call_customer(m, to),
        };
        if extension.is_none() {
            // That the customer is tried comes after the word that there is a call.
            while let Some(output) = self.switch.poll_output() {
                self.switch_output(m, output);
            }
        }
        self.acd.callback_began(m, callback, call.ok());
    }

    /// The customer has answered, and talks with the agent or waits for one.
    pub(super) fn callback_reached(&mut self, m: Moment, call: CallId) {
        self.acd.callback_reached(m, call);
        self.begins_to_wait(m, call);
    }

    /// Remembers which number a channel calls.
    pub(super) fn watch_dialled(&mut self, channel: ChannelId, command: &ChannelCommand) {
        if let ChannelCommand::Dial { number, .. } = command {
            self.dialled.insert(channel, *number);
        }
    }

    /// A number that answers a call of anybody in the box has been reached.
    pub(super) fn watch_answer(&mut self, channel: ChannelId, event: &ChannelEvent) {
        match event {
            ChannelEvent::Answered(_) => {
                if let Some(number) = self.dialled.remove(&channel) {
                    self.acd.reached(number, None);
                }
            }
            ChannelEvent::Moved(to) => {
                if let Some(number) = self.dialled.remove(&channel) {
                    self.dialled.insert(*to, number);
                }
            }
            ChannelEvent::Released(_) => {
                self.dialled.remove(&channel);
            }
            _ => {}
        }
    }
}

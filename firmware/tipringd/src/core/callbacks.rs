//! Calls made for callbacks, and outside numbers that were reached.
//!
//! The switch makes a callback's call as it makes any that a person clicks: it rings the agent's
//! phone and then dials for it. What the switch says of that call tells how far it has come.

use tipring_events::{Command, EventKind};
use tipring_line::{ChannelCommand, ChannelEvent, ChannelId, Number};
use tipring_switch::Moment;

use super::Core;

/// How far a callback's call has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// It was made.
    Begun,
    /// The agent's phone rings.
    RingsAgent,
    /// The agent has answered; the customer's phone rings.
    RingsCustomer,
}

impl Core {
    /// Makes the call of a callback.
    pub(super) fn call_back(
        &mut self,
        m: Moment,
        callback: u64,
        extension: Option<Number>,
        to: Number,
    ) {
        let reply =
            extension.map(|extension| self.obey(m, Command::Dial { extension, to, account: None }));
        let call = reply.is_some_and(|reply| reply.is_ok()).then(|| self.switch.newest_call());
        if let Some(call) = call {
            self.callbacks.insert(call, Stage::Begun);
        }
        self.acd.callback_began(m, callback, call);
    }

    /// Follows a callback's call by what the switch says of it: its first segment is the agent's
    /// ringing, its second the customer's, and its answer is the customer's.
    pub(super) fn watch_callback(&mut self, m: Moment, event: &EventKind) {
        let Some(call) = event.call() else { return };
        let Some(stage) = self.callbacks.get_mut(&call) else { return };
        match (event, *stage) {
            (EventKind::SegmentBegan { .. }, Stage::Begun) => *stage = Stage::RingsAgent,
            (EventKind::SegmentBegan { .. }, Stage::RingsAgent) => {
                *stage = Stage::RingsCustomer;
                self.acd.callback_agent_answered(m, call);
            }
            (EventKind::CallAnswered { .. }, Stage::RingsCustomer) => {
                self.callbacks.remove(&call);
                self.acd.callback_reached(m, call);
            }
            _ => {}
        }
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

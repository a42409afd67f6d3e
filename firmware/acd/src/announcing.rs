//! What callers hear while they wait, and the keys they press.

use std::sync::Arc;

use tipring_clock::Duration;
use tipring_events::{EventKind, QueueCause, QueueId, QueueOutcome};
use tipring_line::{CallId, Digit};
use tipring_switch::Moment;
use tipring_tts::Utterance;

use crate::acd::{Acd, Timer};
use crate::config::WaitKeys;
use crate::output::{AcdOutput, Left};
use crate::pace::rounded_minutes;

fn prompt(key: &str) -> Utterance {
    Utterance::Prompt(key.to_owned())
}

fn number(key: &str, n: u64) -> Utterance {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    Utterance::Template { key: key.to_owned(), values: vec![Utterance::Number(n)] }
}

impl Acd {
    /// What a caller hears first.
    pub(crate) fn welcome(&mut self, m: Moment, call: CallId, id: QueueId, position: u32) {
        let Some(queue) = self.queues.get(&id) else { return };
        let announces = queue.config.announce_s > 0;
        let offered = self.visits.get(&call).is_some_and(|visit| !visit.offers.is_empty());
        let say = match (announces, offered) {
            (false, _) => {
                self.out.push_back(AcdOutput::Music { call });
                return;
            }
            (true, true) => vec![prompt("queue-wait")],
            (true, false) => {
                let mut say = vec![prompt("queue-all-busy")];
                say.extend(self.pieces(m, call, id, position));
                say
            }
        };
        self.out.push_back(AcdOutput::Announce { call, say: Arc::from(say) });
    }

    /// The place, the expected wait, how many wait: whatever the queue says may be told now.
    fn pieces(&mut self, m: Moment, call: CallId, id: QueueId, position: u32) -> Vec<Utterance> {
        let mut say = Vec::new();
        let Some(queue) = self.queues.get(&id) else { return say };
        let announce = &queue.config.announce;
        if announce.position.says(position) {
            say.push(match position {
                1 => prompt("queue-next"),
                position => number("queue-position", u64::from(position) - 1),
            });
        }
        let Some(visit) = self.visits.get_mut(&call) else { return say };
        if let Some(ms) = queue.estimate_ms(m.now, position) {
            // Who has not lost places is never told a longer wait than before.
            let ms = match visit.told {
                Some((place, before)) if position <= place => ms.min(before),
                _ => ms,
            };
            visit.told = Some((position, ms));
            if announce.estimate.says(u32::try_from(ms / 1000).unwrap_or(u32::MAX)) {
                say.push(number("queue-estimate", rounded_minutes(ms)));
            }
        }
        let waiting = u32::try_from(queue.callers()).unwrap_or(u32::MAX);
        if announce.waiting.says(waiting) {
            say.push(number("queue-waiting", waiting.into()));
        }
        say
    }

    /// An announcement has ended: music until the next.
    pub fn announced(&mut self, m: Moment, call: CallId) {
        let Some(queue) = self.queue_of(call).and_then(|id| self.queues.get(&id)) else { return };
        if queue.config.announce_s > 0 {
            let interval = Duration::from_secs(queue.config.announce_s.into());
            self.timers.set(Timer::Announce(call), m.now + interval);
        }
        self.out.push_back(AcdOutput::Music { call });
    }

    pub(crate) fn announce(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get_mut(&call) else { return };
        let id = visit.queue;
        let Some(queue) = self.queues.get(&id) else { return };
        let interval = Duration::from_secs(queue.config.announce_s.into());
        if interval == Duration::ZERO {
            return;
        }
        if !visit.offers.is_empty() {
            // An agent is being rung: no use in telling a place that is about to be left.
            self.timers.set(Timer::Announce(call), m.now + interval);
            return;
        }
        let position = queue.position(&visit.key);
        let changed = core::mem::replace(&mut visit.position, position) != position;
        if changed {
            self.event(EventKind::PositionChanged { call, queue: id, position });
        }
        let say = self.pieces(m, call, id, position);
        if say.is_empty() {
            self.timers.set(Timer::Announce(call), m.now + interval);
        } else {
            self.out.push_back(AcdOutput::Announce { call, say: Arc::from(say) });
        }
    }

    /// The caller has waited for `timeout_s`, again: asked what to do, and not thrown out.
    pub(crate) fn ask(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(queue) = self.queues.get(&visit.queue) else { return };
        if queue.config.timeout_s == 0 {
            return;
        }
        let again = m.now + Duration::from_secs(queue.config.timeout_s.into());
        self.timers.set(Timer::Ask(call), again);
        if visit.offers.is_empty() {
            let say = queue.config.timeout_say.iter().map(|key| prompt(key)).collect();
            self.timers.stop(&Timer::Announce(call));
            self.out.push_back(AcdOutput::Announce { call, say });
        }
    }

    /// A caller who waits pressed a key.
    pub fn digit(&mut self, m: Moment, call: CallId, digit: Digit) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(queue) = self.queues.get(&visit.queue) else { return };
        let config = &queue.config;
        let keys = match config.keys.is_empty() && config.timeout_s > 0 {
            true => WaitKeys::shipped(),
            false => config.keys.clone(),
        };
        let key = Some(digit.as_char());
        if key == keys.callback {
            self.ask_callback(m, call);
        } else if key == keys.message {
            self.leave_by_key(m, call, QueueCause::Message);
        } else if key == keys.flow {
            self.leave_by_key(m, call, QueueCause::Key);
        } else if key == keys.escalate {
            self.escalate(m, call);
        } else if key == keys.keep {
            // The question, if it is still being asked, has its answer.
            self.announced(m, call);
        }
    }

    fn leave_by_key(&mut self, m: Moment, call: CallId, cause: QueueCause) {
        self.hand_back(m, call, QueueOutcome::LeftByKey, Some(cause), Left::Cause(cause));
    }
}

//! Callers join, hear their place, and leave.

use core::cmp::Reverse;
use std::sync::{Arc, LazyLock};

use tipring_clock::{Duration, Instant};
use tipring_events::{AgentId, EventKind, QueueOutcome};
use tipring_line::CallId;
use tipring_switch::Moment;
use tipring_tts::Utterance;

use crate::acd::{Acd, Timer};
use crate::offering::millis;
use crate::output::{AcdOutput, Entered, Left};
use crate::queue::{Visit, WaitKey};

static CONNECTING: LazyLock<Arc<[Utterance]>> = LazyLock::new(|| prompts(&["queue-wait"]));
static NEXT: LazyLock<Arc<[Utterance]>> = LazyLock::new(|| prompts(&["queue-next"]));
static BUSY_NEXT: LazyLock<Arc<[Utterance]>> =
    LazyLock::new(|| prompts(&["queue-all-busy", "queue-next"]));

fn prompts(keys: &[&str]) -> Arc<[Utterance]> {
    keys.iter().map(|key| Utterance::Prompt((*key).to_owned())).collect()
}

fn ahead(position: u32) -> Utterance {
    let values = vec![Utterance::Number(i64::from(position) - 1)];
    Utterance::Template { key: "queue-position".to_owned(), values }
}

impl Acd {
    /// A caller wants to wait. `joined` is when the call first joined any queue, so that who is
    /// moved keeps the place. Unless there is no such queue, the visit is logged, with its
    /// outcome at once if the caller may not wait.
    pub fn enter(
        &mut self,
        m: Moment,
        call: CallId,
        queue_name: &str,
        priority: u32,
        joined: Instant,
    ) -> Entered {
        let Some(id) = self.queue_by_name.get(queue_name).copied() else {
            return Entered::NoSuchQueue;
        };
        let Some(queue) = self.queues.get_mut(&id) else { return Entered::NoSuchQueue };
        let key = WaitKey { priority: Reverse(priority), joined, call };
        let refused = if queue.logged_in == 0 && !queue.config.wait_without_agents {
            Some(Entered::NoAgents)
        } else if queue.len() >= queue.config.max_waiting as usize {
            Some(Entered::Full)
        } else {
            None
        };
        let position = queue.join(key);
        let queue_name = queue.name.as_ref().to_owned();
        let max_wait = Duration::from_secs(queue.config.max_wait_s.into());
        self.visits
            .insert(call, Visit { queue: id, key, entered: m, offers: Vec::new(), position });
        self.event(EventKind::QueueEntered {
            call,
            queue: id,
            queue_name,
            position,
            priority,
            waited_before_ms: millis(m.now.saturating_since(joined)),
        });
        if let Some(refused) = refused {
            self.leave(m, call, QueueOutcome::Refused, None);
            return refused;
        }
        if max_wait > Duration::ZERO {
            self.timers.set(Timer::MaxWait(call), m.now + max_wait);
        }
        self.find_agent(m, call);
        self.welcome(call, id, position);
        Entered::Waiting
    }

    /// What a caller hears first.
    fn welcome(&mut self, call: CallId, queue: tipring_events::QueueId, position: u32) {
        let announces = self.queues.get(&queue).is_some_and(|queue| queue.config.announce_s > 0);
        let offered = self.visits.get(&call).is_some_and(|visit| !visit.offers.is_empty());
        let say = match (announces, offered, position) {
            (false, ..) => {
                self.out.push_back(AcdOutput::Music { call });
                return;
            }
            (true, true, _) => CONNECTING.clone(),
            (true, false, 1) => BUSY_NEXT.clone(),
            (true, false, position) => {
                Arc::from([Utterance::Prompt("queue-all-busy".to_owned()), ahead(position)])
            }
        };
        self.out.push_back(AcdOutput::Announce { call, say });
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
        let say = if position == 1 { NEXT.clone() } else { Arc::from([ahead(position)]) };
        self.out.push_back(AcdOutput::Announce { call, say });
    }

    pub(crate) fn waited_too_long(&mut self, m: Moment, call: CallId) {
        self.leave(m, call, QueueOutcome::TimedOut, None);
        self.out.push_back(AcdOutput::Left { call, why: Left::TimedOut });
    }

    /// Ends a wait, with its one outcome; whoever was being rung for it is free again.
    pub(crate) fn leave(
        &mut self,
        m: Moment,
        call: CallId,
        outcome: QueueOutcome,
        agent: Option<AgentId>,
    ) {
        let Some(visit) = self.visits.remove(&call) else { return };
        self.timers.stop(&Timer::MaxWait(call));
        self.timers.stop(&Timer::Announce(call));
        let queue = visit.queue;
        let position = self.queues.get_mut(&queue).map_or(1, |queue| queue.leave(&visit.key));
        let wait_ms = millis(m.since(visit.entered));
        self.event(EventKind::QueueLeft {
            call,
            queue,
            outcome,
            wait_ms,
            position,
            agent,
            first_position: visit.position,
            because: None,
        });
        self.withdraw_all(m, visit.offers, call);
    }

    /// Hands everyone who waits in a queue back, if nobody may wait there without agents.
    pub(crate) fn leave_if_empty(&mut self, m: Moment, id: tipring_events::QueueId) {
        let Some(queue) = self.queues.get(&id) else { return };
        if queue.logged_in > 0 || queue.config.wait_without_agents {
            return;
        }
        let calls: Vec<_> = queue.waiting().map(|key| key.call).collect();
        self.leave_empty(m, calls);
    }

    pub(crate) fn leave_empty(&mut self, m: Moment, calls: Vec<CallId>) {
        for call in calls {
            self.leave(m, call, QueueOutcome::LeftEmpty, None);
            self.out.push_back(AcdOutput::Left { call, why: Left::Empty });
        }
    }
}

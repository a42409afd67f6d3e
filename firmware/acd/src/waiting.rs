//! Callers join and leave.

use std::sync::Arc;

use tipring_clock::{Duration, Instant};
use tipring_events::{AgentId, EventKind, QueueCause, QueueId, QueueOutcome};
use tipring_line::CallId;
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::config::{Destination, QueueConfig};
use crate::offering::millis;
use crate::output::{AcdOutput, Entered, Join, Left};
use crate::queue::{Micros, WaitKey, Waiter, micros};
use crate::stage::{Pool, Wants};
use crate::visit::Visit;

/// How many queues a caller may overflow through at once; a circle of full queues ends here.
const OVERFLOWS_MAX: u32 = 8;

/// Somebody who is about to wait: what stays the same from queue to queue.
#[derive(Clone, Debug)]
pub(crate) struct Entrant {
    pub(crate) call: CallId,
    pub(crate) joined: Micros,
    pub(crate) priority: u32,
    pub(crate) caller: Option<tipring_line::Number>,
    pub(crate) wants: Wants,
}

impl Acd {
    /// A caller wants to wait. Unless there is no such queue, a visit is logged, with its outcome
    /// at once if the caller may not wait.
    pub fn enter(&mut self, m: Moment, call: CallId, queue: &str, join: Join) -> Entered {
        let Some(id) = self.queue_by_name.get(queue).copied() else {
            return Entered::NoSuchQueue;
        };
        let entrant = self.entrant(m, call, join);
        self.enter_queue(m, id, entrant, OVERFLOWS_MAX)
    }

    fn entrant(&mut self, m: Moment, call: CallId, join: Join) -> Entrant {
        let mut joined = micros(join.joined.unwrap_or(m.now));
        let mut priority =
            join.priority.saturating_add(self.priorities.of(join.caller, join.called));
        if let Some(number) = join.caller {
            // Who is to be called back and calls instead has the kept place.
            if let Some((kept, kept_priority)) = self.called_again(number, call) {
                joined = joined.min(kept);
                priority = priority.max(kept_priority);
            }
            if let Some(kept) = self.abandoned.reenters(m.now, number) {
                joined = joined.min(kept);
            }
        }
        let named = join.agent.and_then(|number| self.agent_by_work_number.get(&number)).copied();
        let sticky = join.caller.and_then(|number| self.handled.by(number));
        let mut skills = join.skills;
        skills.retain(|(_, level)| *level > 0);
        skills.sort();
        let need = (!skills.is_empty()).then(|| Arc::from(skills));
        let wants = Wants { named, sticky, need, escalated: false };
        Entrant { call, joined, priority, caller: join.caller, wants }
    }

    pub(crate) fn enter_queue(
        &mut self,
        m: Moment,
        id: QueueId,
        entrant: Entrant,
        overflows_left: u32,
    ) -> Entered {
        let call = entrant.call;
        let Some(refusal) = self.queues.get(&id).map(|queue| refusal(queue, m.now)) else {
            return Entered::NoSuchQueue;
        };
        let overflow = self.length_overflow(id).filter(|_| overflows_left > 0);
        let position = self.join(m, id, &entrant);
        match (refusal, overflow) {
            (Some(cause @ (QueueCause::Closed | QueueCause::NoAgents)), _)
            | (Some(cause), None) => {
                self.leave(m, call, QueueOutcome::Refused, Some(cause), None);
                Entered::Left(Left::Cause(cause))
            }
            (_, Some(to)) => {
                let because = Some(QueueCause::OverflowLength);
                self.leave(m, call, QueueOutcome::Overflowed, because, None);
                self.overflow_at_join(m, id, entrant, to, overflows_left - 1)
            }
            (None, None) => {
                self.begin_wait(m, id, call, position);
                Entered::Waiting
            }
        }
    }

    fn overflow_at_join(
        &mut self,
        m: Moment,
        from: QueueId,
        entrant: Entrant,
        to: Destination,
        overflows_left: u32,
    ) -> Entered {
        match to {
            Destination::Number(number) => Entered::Left(Left::Number(number)),
            Destination::Flow => Entered::Left(Left::Cause(QueueCause::OverflowLength)),
            Destination::Queue(name) => {
                let Some(to) = self.queue_by_name.get(name.as_str()).copied() else {
                    return Entered::Left(Left::Cause(QueueCause::OverflowLength));
                };
                let (call, by) = (entrant.call, String::new());
                self.event(EventKind::QueueMoved { call, from, to, by });
                self.enter_queue(m, to, entrant, overflows_left)
            }
        }
    }

    /// Logs the visit and takes its place; nobody is rung yet.
    fn join(&mut self, m: Moment, id: QueueId, entrant: &Entrant) -> u32 {
        let call = entrant.call;
        let Some(queue) = self.queues.get_mut(&id) else { return 0 };
        let key = WaitKey::new(&queue.config, entrant.priority, entrant.joined, Waiter::Call(call));
        let position = queue.join(m.now, key);
        let pool = Pool::default();
        queue.pool(key, &pool);
        let queue_name = queue.name.as_ref().to_owned();
        let sticky = entrant.wants.sticky.filter(|_| queue.config.sticky_wait_s > 0);
        self.visits.insert(
            call,
            Visit {
                queue: id,
                key,
                priority: entrant.priority,
                entered: m,
                caller: entrant.caller,
                wants: Wants { sticky, ..entrant.wants.clone() },
                pool,
                offers: Vec::new(),
                last: None,
                first_position: position,
                position,
                told: None,
            },
        );
        let waited_us = micros(m.now).saturating_sub(entrant.joined);
        self.event(EventKind::QueueEntered {
            call,
            queue: id,
            queue_name,
            position,
            priority: entrant.priority,
            waited_before_ms: u64::try_from(waited_us / 1000).unwrap_or(0),
        });
        position
    }

    fn begin_wait(&mut self, m: Moment, id: QueueId, call: CallId, position: u32) {
        let Some(queue) = self.queues.get(&id) else { return };
        let secs = |s: u32| (s > 0).then(|| m.now + Duration::from_secs(s.into()));
        let config = &queue.config;
        if let Some(at) = secs(config.max_wait_s) {
            self.timers.set(Timer::MaxWait(call), at);
        }
        if let Some(at) = secs(config.timeout_s) {
            self.timers.set(Timer::Ask(call), at);
        }
        for (rule, index) in config.overflow.iter().zip(0u16..) {
            if let Some(at) = secs(rule.after_s) {
                self.timers.set(Timer::Overflow(call, index), at);
            }
        }
        let watch = [
            (Timer::Beep(id), secs(config.beep_s)),
            (Timer::Check(id), looks_again(config).then_some(m.now + CHECK_INTERVAL)),
        ];
        for (timer, at) in watch {
            if let Some(at) = at.filter(|_| self.timers.due(&timer).is_none()) {
                self.timers.set(timer, at);
            }
        }
        self.restage(m, Waiter::Call(call));
        self.welcome(m, call, id, position);
    }

    /// What restaging needs to know.
    pub(crate) fn wait_of(&self, waiter: Waiter) -> Option<(QueueId, Wants, Instant)> {
        match waiter {
            Waiter::Call(call) => {
                let visit = self.visits.get(&call)?;
                Some((visit.queue, visit.wants.clone(), visit.entered.now))
            }
            Waiter::Callback(id) => {
                let callback = self.callbacks.get(id).filter(|callback| callback.waits())?;
                Some((callback.queue, callback.wants.clone(), callback.asked.now))
            }
        }
    }

    /// Ends a wait, with its one outcome; whoever was being rung for it is free again.
    pub(crate) fn leave(
        &mut self,
        m: Moment,
        call: CallId,
        outcome: QueueOutcome,
        because: Option<QueueCause>,
        agent: Option<AgentId>,
    ) -> Option<Visit> {
        let mut visit = self.visits.remove(&call)?;
        self.stages.stop(&Waiter::Call(call));
        for timer in
            [Timer::MaxWait(call), Timer::Announce(call), Timer::Ask(call), Timer::Progress(call)]
        {
            self.timers.stop(&timer);
        }
        let id = visit.queue;
        let queue = self.queues.get_mut(&id);
        for index in 0..queue.as_ref().map_or(0, |queue| queue.config.overflow.len()) {
            self.timers.stop(&Timer::Overflow(call, u16::try_from(index).unwrap_or(u16::MAX)));
        }
        let position = queue.map_or(1, |queue| queue.leave(&visit.key, &visit.pool));
        self.event(EventKind::QueueLeft {
            call,
            queue: id,
            outcome,
            wait_ms: millis(m.since(visit.entered)),
            position,
            agent,
            first_position: visit.first_position,
            because,
        });
        let offers = core::mem::take(&mut visit.offers);
        self.withdraw_all(m, offers, call);
        self.callback_visit_over(m, call, outcome, agent);
        Some(visit)
    }

    /// Hands a caller back.
    pub(crate) fn hand_back(
        &mut self,
        m: Moment,
        call: CallId,
        outcome: QueueOutcome,
        because: Option<QueueCause>,
        why: Left,
    ) {
        if self.leave(m, call, outcome, because, None).is_some() {
            self.out.push_back(AcdOutput::Left { call, why });
        }
    }

    /// Moves a caller who waits into another queue, with the place in the box's service kept.
    /// `false` if the caller may not wait there, or does not wait.
    pub(crate) fn move_caller(
        &mut self,
        m: Moment,
        call: CallId,
        to: QueueId,
        why: (QueueOutcome, Option<QueueCause>),
        by: &str,
    ) -> bool {
        let Some(from) = self.queue_of(call).filter(|from| *from != to) else { return false };
        let open = self.queues.get(&to).is_some_and(|queue| refusal(queue, m.now).is_none());
        if !open {
            return false;
        }
        let Some(visit) = self.leave(m, call, why.0, why.1, None) else { return false };
        self.event(EventKind::QueueMoved { call, from, to, by: by.to_owned() });
        let entrant = Entrant {
            call,
            joined: visit.key.joined,
            priority: visit.priority,
            caller: visit.caller,
            wants: Wants { escalated: false, ..visit.wants },
        };
        if let Some(queue) = self.queue_name(to) {
            self.out.push_back(AcdOutput::Moved { call, queue });
        }
        match self.enter_queue(m, to, entrant, 0) {
            Entered::Waiting => {}
            Entered::Left(why) => self.out.push_back(AcdOutput::Left { call, why }),
            Entered::NoSuchQueue => {}
        }
        true
    }
}

/// How often it is looked whether callers may still wait, where that depends on the time.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Whether callers may have to leave as time goes on.
pub(crate) fn looks_again(config: &QueueConfig) -> bool {
    config.leave.expected_wait_s > 0 || config.leave.waiting_per_agent > 0
}

/// Why nobody may join a queue now.
pub(crate) fn refusal(queue: &crate::queue::Queue, now: Instant) -> Option<QueueCause> {
    let config = &queue.config;
    let refuse = &config.refuse;
    let waiting = u32::try_from(queue.callers()).unwrap_or(u32::MAX);
    let ahead = waiting.saturating_add(u32::try_from(queue.callbacks()).unwrap_or(u32::MAX));
    let logged_in = queue.logged_in();
    let expected_ms = queue.estimate_ms(now, ahead.saturating_add(1));
    let checks = [
        (QueueCause::Closed, queue.closed && refuse.closed),
        (QueueCause::NoAgents, logged_in == 0 && !config.wait_without_agents),
        (QueueCause::NoneReady, refuse.none_ready && queue.at_work == 0),
        (QueueCause::Full, waiting >= config.max_waiting),
        (
            QueueCause::Ratio,
            refuse.waiting_per_agent > 0
                && waiting >= refuse.waiting_per_agent.saturating_mul(logged_in),
        ),
        (
            QueueCause::ExpectedWait,
            refuse.expected_wait_s > 0
                && queue.idle.is_empty()
                && expected_ms.is_some_and(|ms| ms > u64::from(refuse.expected_wait_s) * 1000),
        ),
    ];
    checks.into_iter().find(|(_, holds)| *holds).map(|(cause, _)| cause)
}

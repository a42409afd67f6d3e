//! Callers who may not wait on, or go elsewhere: conditions, overflow, the longest wait.

use tipring_clock::Duration;
use tipring_events::{AgentId, EventKind, QueueCause, QueueId, QueueOutcome, Refusal, Reply};
use tipring_line::CallId;
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::config::Destination;
use crate::output::{AcdOutput, Left};
use crate::queue::{WaitKey, Waiter};
use crate::waiting::{CHECK_INTERVAL, looks_again};

impl Acd {
    pub(crate) fn waited_too_long(&mut self, m: Moment, call: CallId) {
        self.hand_back(m, call, QueueOutcome::TimedOut, None, Left::TimedOut);
    }

    /// The agent asked for does not come, and the queue says that the caller goes.
    pub(crate) fn agent_away(&mut self, m: Moment, call: CallId) {
        let cause = QueueCause::AgentAway;
        self.hand_back(m, call, QueueOutcome::Overflowed, Some(cause), Left::Cause(cause));
    }

    /// The first rule by which whoever joins now goes elsewhere.
    pub(crate) fn length_overflow(&self, id: QueueId) -> Option<Destination> {
        let queue = self.queues.get(&id)?;
        let waiting = u32::try_from(queue.callers()).unwrap_or(u32::MAX);
        let rule = queue.config.overflow.iter().find(|o| o.above > 0 && waiting >= o.above)?;
        Some(rule.to.clone())
    }

    /// A caller has waited as long as an overflow rule lets one. Where the other queue does not
    /// take the caller, the wait goes on.
    pub(crate) fn overflows(&mut self, m: Moment, call: CallId, rule: u16) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(queue) = self.queues.get(&visit.queue) else { return };
        let Some(rule) = queue.config.overflow.get(usize::from(rule)) else { return };
        // The rules may have changed since the timer was set.
        if rule.after_s == 0 || m.since(visit.entered) < Duration::from_secs(rule.after_s.into()) {
            return;
        }
        let cause = QueueCause::OverflowWait;
        let why = match rule.to.clone() {
            Destination::Queue(name) => {
                if let Some(to) = self.queue_by_name.get(name.as_str()).copied() {
                    let why = (QueueOutcome::Overflowed, Some(cause));
                    self.move_caller(m, call, to, why, "");
                }
                return;
            }
            Destination::Number(number) => Left::Number(number),
            Destination::Flow => Left::Cause(cause),
        };
        self.hand_back(m, call, QueueOutcome::Overflowed, Some(cause), why);
    }

    /// Moves a caller who waits into another queue, as a person orders.
    ///
    /// # Errors
    /// No such call, no such queue, or nobody may wait there now.
    pub fn move_to(&mut self, m: Moment, call: CallId, to: QueueId, by: &str) -> Reply {
        if !self.visits.contains_key(&call) {
            return Err(Refusal::NoSuchCall);
        }
        if !self.queues.contains_key(&to) {
            return Err(Refusal::NoSuchQueue);
        }
        let why = (QueueOutcome::TransferredAway, None);
        if self.move_caller(m, call, to, why, by) { Ok(()) } else { Err(Refusal::NotPossible) }
    }

    /// Changes the priority of a caller who waits.
    ///
    /// # Errors
    /// No such call.
    pub fn set_priority(&mut self, m: Moment, call: CallId, priority: u32, by: &str) -> Reply {
        let visit = self.visits.get_mut(&call).ok_or(Refusal::NoSuchCall)?;
        let queue = self.queues.get_mut(&visit.queue).ok_or(Refusal::NoSuchCall)?;
        let rings = queue.ringing.contains(&visit.key);
        queue.leave(&visit.key, &visit.pool);
        let joined = visit.key.joined;
        visit.key = WaitKey::new(&queue.config, priority, joined, Waiter::Call(call));
        visit.priority = priority;
        queue.join(m.now, visit.key);
        if visit.offers.is_empty() {
            queue.pool(visit.key, &visit.pool);
        } else if rings {
            queue.ringing.insert(visit.key);
        }
        let queue = queue.id;
        let by = by.to_owned();
        self.event(EventKind::PriorityChanged { call, queue, priority, by });
        Ok(())
    }

    /// Lets the second level serve a caller at once.
    pub(crate) fn escalate(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get_mut(&call) else { return };
        visit.wants.escalated = true;
        visit.wants.named = None;
        visit.wants.sticky = None;
        self.restage(m, Waiter::Call(call));
    }

    /// An agent is at work no more: callers of queues in which nobody is may have to leave.
    pub(crate) fn fewer_at_work(&mut self, m: Moment, agent: AgentId) {
        let Some(agent) = self.agents.get(&agent) else { return };
        let queues: Vec<QueueId> = agent.members.iter().map(|member| member.queue).collect();
        for id in queues {
            let Some(queue) = self.queues.get(&id) else { continue };
            if queue.config.leave.none_ready && queue.at_work == 0 {
                self.empty(m, id, QueueCause::NoneReady);
            }
        }
    }

    /// Hands everyone who waits in a queue back, if nobody may wait there without agents.
    pub(crate) fn leave_if_empty(&mut self, m: Moment, id: QueueId) {
        let Some(queue) = self.queues.get(&id) else { return };
        if queue.logged_in() == 0 && !queue.config.wait_without_agents {
            self.empty(m, id, QueueCause::NoAgents);
        }
    }

    /// Hands everyone who waits on the line in a queue back.
    pub(crate) fn empty(&mut self, m: Moment, id: QueueId, cause: QueueCause) {
        let Some(queue) = self.queues.get(&id) else { return };
        let calls: Vec<CallId> = queue.waiting().filter_map(caller).collect();
        for call in calls {
            self.hand_back(m, call, QueueOutcome::LeftEmpty, Some(cause), Left::Cause(cause));
        }
    }

    /// Those who are too many for the agents, or have too long to wait, leave, the last first.
    pub(crate) fn check_again(&mut self, m: Moment, id: QueueId) {
        let Some(queue) = self.queues.get(&id) else { return };
        if !looks_again(&queue.config) || queue.callers() == 0 {
            return;
        }
        self.timers.set(Timer::Check(id), m.now + CHECK_INTERVAL);
        let leave = &queue.config.leave;
        let room = u64::from(leave.waiting_per_agent) * u64::from(queue.logged_in());
        let limit_ms = u64::from(leave.expected_wait_s) * 1000;
        let mut going = Vec::new();
        for (key, position) in queue.waiting().zip(1u32..) {
            let Some(call) = caller(key) else { continue };
            if self.visits.get(&call).is_none_or(|visit| !visit.offers.is_empty()) {
                continue;
            }
            let too_long = queue.estimate_ms(m.now, position).is_some_and(|ms| ms > limit_ms);
            if leave.waiting_per_agent > 0 && u64::from(position) > room {
                going.push((call, QueueCause::Ratio));
            } else if leave.expected_wait_s > 0 && too_long {
                going.push((call, QueueCause::ExpectedWait));
            }
        }
        for (call, cause) in going.into_iter().rev() {
            self.hand_back(m, call, QueueOutcome::LeftEmpty, Some(cause), Left::Cause(cause));
        }
    }

    /// A queue opens or closes.
    pub(crate) fn look_at_hours(&mut self, m: Moment, id: QueueId) {
        let Some(queue) = self.queues.get_mut(&id) else { return };
        let calendar = queue.config.hours.as_ref().and_then(|name| self.calendars.get(name));
        queue.closed = calendar.is_some_and(|calendar| !calendar.is_open(m.wall));
        match calendar.and_then(|calendar| calendar.next_change(m.wall)) {
            Some(at) => {
                let us = at.unix_micros().saturating_sub(m.wall.unix_micros()).max(1);
                let ahead = Duration::from_micros(us.unsigned_abs());
                self.timers.set(Timer::Hours(id), m.now + ahead.min(HOURS_LOOK_MAX));
            }
            None => {
                self.timers.stop(&Timer::Hours(id));
            }
        }
        if queue.closed && queue.config.leave.closed {
            self.empty(m, id, QueueCause::Closed);
        }
    }

    /// Agents who talk hear that callers wait.
    pub(crate) fn beep(&mut self, m: Moment, id: QueueId) {
        let Some(queue) = self.queues.get(&id) else { return };
        if queue.config.beep_s == 0 || queue.callers() == 0 {
            return;
        }
        let again = m.now + Duration::from_secs(queue.config.beep_s.into());
        self.timers.set(Timer::Beep(id), again);
        if !queue.has_unoffered() {
            return;
        }
        for agent in &queue.order {
            let talks = self.agents.get(agent).filter(|a| a.serves.is_some());
            let call = talks.and_then(|a| a.call).filter(|call| self.talks.contains_key(call));
            if let Some(call) = call {
                self.out.push_back(AcdOutput::WaitingBeep { call, agent: *agent });
            }
        }
    }
}

/// Opening hours are looked at again at least so often: somebody may set the clock.
const HOURS_LOOK_MAX: Duration = Duration::from_secs(600);

fn caller(key: &WaitKey) -> Option<CallId> {
    match key.waiter {
        Waiter::Call(call) => Some(call),
        Waiter::Callback(_) => None,
    }
}

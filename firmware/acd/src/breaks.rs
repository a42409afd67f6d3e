//! Agents who are not ready: reasons with limits, leave, orders, the desktop's loss, wrap-up.

use tipring_clock::{Duration, Instant};
use tipring_events::{AgentId, AgentState, EventKind, Refusal, Reply};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::DESKTOP_LOST;

/// An agent may make wrap-up longer by no more than this at once, in seconds.
const EXTEND_MAX_S: u32 = 3600;

impl Acd {
    /// Whether a break needs a supervisor's leave: its reason does, and a queue of the agent says
    /// that such breaks do.
    pub(crate) fn needs_leave(&self, id: AgentId, reason: &str) -> bool {
        let asks = |agent: &crate::agent::Agent| {
            let queues = agent.members.iter().filter_map(|member| self.queues.get(&member.queue));
            queues.into_iter().any(|queue| queue.config.breaks_need_leave)
        };
        self.reasons.iter().any(|r| r.key == reason && r.needs_leave)
            && self.agents.get(&id).is_some_and(asks)
    }

    /// Asks for a supervisor's leave.
    pub(crate) fn ask_leave(&mut self, id: AgentId, reason: &str) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if agent.leave_asked.as_deref() != Some(reason) {
            agent.leave_asked = Some(reason.to_owned());
            self.event(EventKind::LeaveAsked { agent: id, reason: reason.to_owned() });
        }
    }

    /// A supervisor decides about the leave that an agent has asked for.
    ///
    /// # Errors
    /// No such agent, or none was asked for.
    pub fn decide_leave(&mut self, m: Moment, id: AgentId, granted: bool, by: &str) -> Reply {
        let agent = self.agents.get_mut(&id).ok_or(Refusal::NoSuchAgent)?;
        let reason = agent.leave_asked.take().ok_or(Refusal::NotPossible)?;
        let by = by.to_owned();
        self.event(EventKind::LeaveDecided { agent: id, reason: reason.clone(), granted, by });
        if granted { self.go_on_break(m, id, &reason) } else { Ok(()) }
    }

    /// Makes an agent not ready, as a supervisor orders: at once, or after the call.
    ///
    /// # Errors
    /// No such agent, or not logged in.
    pub fn force_not_ready(&mut self, m: Moment, id: AgentId, reason: &str, by: &str) -> Reply {
        self.forced(id, AgentState::NotReady, reason, by)?;
        self.go_on_break(m, id, reason)
    }

    /// Logs an agent out, as a supervisor orders.
    ///
    /// # Errors
    /// No such agent, or not logged in.
    pub fn force_log_out(&mut self, m: Moment, id: AgentId, reason: &str, by: &str) -> Reply {
        self.forced(id, AgentState::LoggedOut, reason, by)?;
        self.log_out(m, id, reason)
    }

    fn forced(&mut self, agent: AgentId, state: AgentState, reason: &str, by: &str) -> Reply {
        match self.agents.get(&agent) {
            None => return Err(Refusal::NoSuchAgent),
            Some(agent) if !agent.is_logged_in() => return Err(Refusal::NotLoggedIn),
            Some(_) => {}
        }
        let (reason, by) = (reason.to_owned(), by.to_owned());
        self.event(EventKind::AgentForced { agent, state, reason, by });
        Ok(())
    }

    /// The agent's desktop is there, or is gone: gone for too long, the agent is made not ready.
    ///
    /// # Errors
    /// No such agent.
    pub fn desktop(&mut self, m: Moment, id: AgentId, present: bool) -> Reply {
        let agent = self.agents.get(&id).ok_or(Refusal::NoSuchAgent)?;
        let timer = Timer::Desktop(id);
        if present {
            self.timers.stop(&timer);
        } else if agent.is_logged_in() && self.timers.due(&timer).is_none() {
            let grace = Duration::from_secs(self.desk.desktop_grace_s.into());
            self.timers.set(timer, m.now + grace);
        }
        Ok(())
    }

    pub(crate) fn desktop_lost(&mut self, m: Moment, id: AgentId) {
        // Refused where the agent has logged out meanwhile.
        let _ = self.go_on_break(m, id, DESKTOP_LOST);
    }

    /// Ends an agent's wrap-up, or makes it last so many seconds more.
    ///
    /// # Errors
    /// No such agent, or not in wrap-up.
    pub fn wrap_up_change(&mut self, m: Moment, id: AgentId, extend_s: Option<u32>) -> Reply {
        let agent = self.agents.get(&id).ok_or(Refusal::NoSuchAgent)?;
        if agent.state != AgentState::WrapUp {
            return Err(Refusal::NotPossible);
        }
        match extend_s {
            None => self.wrap_up_over(m, id),
            Some(seconds) => {
                let seconds = seconds.min(EXTEND_MAX_S);
                let more = Duration::from_secs(seconds.into());
                let until = agent.until.unwrap_or(m.now) + more;
                self.set_until(id, until);
                let by_ms = u64::from(seconds) * 1000;
                self.event(EventKind::WrapUpExtended { agent: id, by_ms });
            }
        }
        Ok(())
    }

    pub(crate) fn set_until(&mut self, id: AgentId, at: Instant) {
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.until = Some(at);
            self.timers.set(Timer::Until(id), at);
        }
    }

    pub(crate) fn clear_until(&mut self, id: AgentId) {
        if let Some(agent) = self.agents.get_mut(&id)
            && agent.until.take().is_some()
        {
            self.timers.stop(&Timer::Until(id));
        }
    }

    /// The agent's state has changed: the time that a reason allows begins.
    pub(crate) fn begin_reason(&mut self, m: Moment, id: AgentId) {
        self.clear_until(id);
        let Some(agent) = self.agents.get(&id) else { return };
        if agent.state != AgentState::NotReady {
            return;
        }
        let limit_s = self.limit_s(&agent.reason);
        if limit_s > 0 {
            self.set_until(id, m.now + Duration::from_secs(limit_s.into()));
        }
    }

    fn limit_s(&self, reason: &str) -> u32 {
        let reason = self.reasons.iter().find(|r| r.key == reason);
        reason.map_or(0, |reason| reason.limit_s)
    }

    /// Wrap-up is over, or a break has lasted as long as it may.
    pub(crate) fn time_over(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        match agent.state {
            AgentState::WrapUp => self.wrap_up_over(m, id),
            AgentState::NotReady => {
                let reason = agent.reason.clone();
                let limit_ms = u64::from(self.limit_s(&reason)) * 1000;
                self.event(EventKind::AgentOverdue { agent: id, reason, limit_ms });
            }
            _ => {}
        }
    }
}

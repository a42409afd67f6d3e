//! Agents come and go: log-in, log-out, ready, not ready.

use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, Refusal, Reply};
use tipring_line::{Cause, Number};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::Task;
use crate::lock_out::same_secret;
use crate::queue::Waiter;

impl Acd {
    /// Logs an agent in at an extension, ready at once.
    ///
    /// # Errors
    /// Wrong work number or password (not told apart), locked, an extension that cannot be rung
    /// or is another agent's, an agent who talks at another extension.
    pub fn log_in(
        &mut self,
        m: Moment,
        work_number: &str,
        password: &str,
        extension: Number,
    ) -> Reply {
        let id = self.identify(m, work_number, password).inspect_err(|refusal| {
            let reason = match refusal {
                Refusal::Locked => "locked after too many wrong passwords",
                _ => "wrong work number or password",
            };
            self.out.push_back(crate::AcdOutput::Event(EventKind::AgentRefused {
                work_number: work_number.chars().take(40).collect(),
                extension: Some(extension),
                reason: reason.to_owned(),
            }));
        })?;
        if !self.is_reachable(extension) {
            return Err(Refusal::NoSuchExtension);
        }
        if self.agent_by_extension.get(&extension).is_some_and(|other| *other != id) {
            return Err(Refusal::ExtensionTaken);
        }
        self.sit_down(m, id, extension)
    }

    fn identify(
        &mut self,
        m: Moment,
        work_number: &str,
        password: &str,
    ) -> Result<AgentId, Refusal> {
        if self.lock_outs.is_locked(m.now, work_number) {
            return Err(Refusal::Locked);
        }
        let number: Option<Number> = work_number.parse().ok();
        let agent = number
            .and_then(|number| self.agent_by_work_number.get(&number))
            .and_then(|id| self.agents.get(id));
        // An unknown work number costs the same comparison as a known one. Nobody logs in with
        // an empty password, whatever the configuration says.
        let expected = agent.map_or("", |agent| agent.password.0.as_str());
        let is_right = same_secret(password, expected) && !expected.is_empty();
        match agent.filter(|_| is_right).map(|agent| agent.id) {
            Some(id) => {
                self.lock_outs.succeeded(work_number);
                Ok(id)
            }
            None if self.lock_outs.failed(m.now, work_number) => Err(Refusal::Locked),
            None => Err(Refusal::WrongCredentials),
        }
    }

    fn sit_down(&mut self, m: Moment, id: AgentId, extension: Number) -> Reply {
        let Some(agent) = self.agents.get_mut(&id) else { return Err(Refusal::NoSuchAgent) };
        let moves = agent.extension != Some(extension);
        match agent.state {
            // Who talks cannot be at two places.
            AgentState::Talking | AgentState::Offered if moves => return Err(Refusal::Busy),
            AgentState::Talking | AgentState::Offered => return Ok(()),
            AgentState::LoggedOut => {
                agent.logged_in_us = m.wall.unix_micros();
                self.count_in(id);
            }
            AgentState::WrapUp | AgentState::Ready | AgentState::NotReady => {}
        }
        self.unlist(id);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.unanswered = 0;
            agent.rest_until = m.now;
            agent.not_ready_after = None;
            agent.leave_asked = None;
        }
        self.get_up(id);
        self.take_seat(id, extension);
        self.timers.stop(&Timer::Desktop(id));
        self.settle(m, id);
        Ok(())
    }

    /// An agent sits at an extension from now on.
    pub(crate) fn take_seat(&mut self, id: AgentId, extension: Number) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.extension = Some(extension);
        let agent = Some((id, agent.work_number));
        self.agent_by_extension.insert(extension, id);
        self.out.push_back(crate::AcdOutput::Seated { extension, agent });
    }

    /// An agent sits nowhere any more.
    fn get_up(&mut self, id: AgentId) {
        let taken = self.agents.get_mut(&id).and_then(|agent| agent.extension.take());
        if let Some(extension) = taken {
            self.agent_by_extension.remove(&extension);
            self.out.push_back(crate::AcdOutput::Seated { extension, agent: None });
        }
    }

    /// Counts an agent among those who are logged in.
    pub(crate) fn count_in(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        for member in &agent.members {
            if let Some(queue) = self.queues.get_mut(&member.queue) {
                *queue.tiers.entry(member.tier).or_default() += 1;
            }
        }
    }

    fn count_out(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        for member in &agent.members {
            if let Some(queue) = self.queues.get_mut(&member.queue)
                && let Some(logged_in) = queue.tiers.get_mut(&member.tier)
            {
                *logged_in = logged_in.saturating_sub(1);
            }
        }
    }

    /// Logs an agent out. A call in progress goes on.
    ///
    /// # Errors
    /// No such agent, or not logged in.
    pub fn log_out(&mut self, m: Moment, id: AgentId, reason: &str) -> Reply {
        let agent = self.agents.get_mut(&id).ok_or(Refusal::NoSuchAgent)?;
        if !agent.is_logged_in() {
            return Err(Refusal::NotLoggedIn);
        }
        let members = agent.members.clone();
        let offer = agent.offer();
        self.leave_desk(m, id, reason);
        self.count_out(id);
        for member in members {
            self.leave_if_empty(m, member.queue);
            // Nobody waits for who has gone, and the next tier may be open now.
            let waited = self.queues.get(&member.queue).map(|queue| queue.only_for(id));
            for waiter in waited.unwrap_or_default() {
                self.regroup(m, waiter);
            }
            self.rematch(m, member.queue);
        }
        if let Some(offer) = offer {
            self.find_agent(m, Waiter::Call(offer.call));
        }
        Ok(())
    }

    fn leave_desk(&mut self, m: Moment, id: AgentId, reason: &str) {
        self.take_back(m, id);
        self.unlist(id);
        for timer in [Timer::Rest(id), Timer::Desktop(id)] {
            self.timers.stop(&timer);
        }
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if let Some(call) = agent.call.take() {
            self.talks.remove(&call);
        }
        agent.serves = None;
        agent.not_ready_after = None;
        agent.leave_asked = None;
        self.get_up(id);
        self.change(m, id, AgentState::LoggedOut, reason);
    }

    /// Takes back whatever rings at an agent's phone, as if the agent had refused it.
    fn take_back(&mut self, m: Moment, id: AgentId) {
        match self.agents.get(&id).and_then(|agent| agent.task) {
            Some(Task::Offer(_)) => {
                self.withdraw(m, id, OfferOutcome::Rejected, Cause::Rejected);
            }
            Some(Task::Callback(callback)) => {
                self.callback_unanswered(m, callback, OfferOutcome::Cancelled);
            }
            None => {}
        }
    }

    /// Makes an agent ready; ends wrap-up too. Who talks becomes ready afterwards.
    ///
    /// # Errors
    /// No such agent, or not logged in.
    pub fn ready(&mut self, m: Moment, id: AgentId) -> Reply {
        let agent = self.agents.get_mut(&id).ok_or(Refusal::NoSuchAgent)?;
        agent.not_ready_after = None;
        agent.leave_asked = None;
        agent.unanswered = 0;
        match agent.state {
            AgentState::LoggedOut => return Err(Refusal::NotLoggedIn),
            AgentState::Ready | AgentState::Offered | AgentState::Talking => {}
            AgentState::WrapUp => self.wrap_up_over(m, id),
            AgentState::NotReady => self.settle(m, id),
        }
        Ok(())
    }

    /// Makes an agent not ready. Who talks or settles a call becomes so afterwards or at once,
    /// in this order; who is being rung has refused.
    ///
    /// # Errors
    /// No such agent, not logged in, or a break that needs leave: it has been asked for.
    pub fn not_ready(&mut self, m: Moment, id: AgentId, reason: &str) -> Reply {
        let agent = self.agents.get(&id).ok_or(Refusal::NoSuchAgent)?;
        if agent.is_logged_in() && self.needs_leave(id, reason) {
            self.ask_leave(id, reason);
            return Err(Refusal::LeaveAsked);
        }
        self.go_on_break(m, id, reason)
    }

    /// Makes an agent not ready, whatever the queues say of leave.
    pub(crate) fn go_on_break(&mut self, m: Moment, id: AgentId, reason: &str) -> Reply {
        let agent = self.agents.get_mut(&id).ok_or(Refusal::NoSuchAgent)?;
        let reason: String = reason.chars().take(100).collect();
        agent.leave_asked = None;
        match agent.state {
            AgentState::LoggedOut => return Err(Refusal::NotLoggedIn),
            AgentState::Talking => agent.not_ready_after = Some(reason),
            AgentState::WrapUp => {
                agent.not_ready_after = Some(reason);
                self.wrap_up_over(m, id);
            }
            AgentState::Offered => {
                agent.not_ready_after = Some(reason);
                let offer = agent.offer();
                self.take_back(m, id);
                self.settle(m, id);
                if let Some(offer) = offer {
                    self.find_agent(m, Waiter::Call(offer.call));
                }
            }
            AgentState::Ready | AgentState::NotReady => {
                self.unlist(id);
                self.change(m, id, AgentState::NotReady, &reason);
            }
        }
        Ok(())
    }

    /// The agent who is logged in at an extension.
    pub fn agent_at(&self, extension: Number) -> Option<AgentId> {
        self.agent_by_extension.get(&extension).copied()
    }
}

//! Callers and agents find each other; offers begin and end.

use core::cmp::Reverse;

use tipring_clock::Duration;
use tipring_events::{AgentId, AgentState, EventKind, OfferOutcome, Party, QueueId, QueueOutcome};
use tipring_line::{CallId, Cause};
use tipring_switch::Moment;

use crate::acd::{Acd, Timer};
use crate::agent::{NO_ANSWER, Offer, UNREACHABLE};
use crate::output::AcdOutput;

impl Acd {
    /// Brings an agent's place among the free ones up to date; who has just become free is
    /// offered the next caller at once.
    pub(crate) fn refresh(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let phone = agent.extension.and_then(|e| self.extensions.get(&e)).copied();
        let phone_is_free = phone.is_some_and(|phone| phone.reachable && !phone.in_use);
        let rested = agent.rest_until <= m.now;
        let eligible = agent.state == AgentState::Ready && phone_is_free && rested;
        let key = agent.idle_key();
        match (agent.idle, eligible) {
            (Some(_), false) => self.unlist(id),
            (None, true) => {
                let Some(agent) = self.agents.get_mut(&id) else { return };
                agent.idle = Some(key);
                for queue in &agent.queues {
                    if let Some(queue) = self.queues.get_mut(queue) {
                        queue.idle.insert(key);
                    }
                }
                self.serve(m, id);
            }
            _ => {}
        }
    }

    /// Takes an agent out of the free ones.
    pub(crate) fn unlist(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some(key) = agent.idle.take() else { return };
        for queue in &agent.queues {
            if let Some(queue) = self.queues.get_mut(queue) {
                queue.idle.remove(&key);
            }
        }
    }

    /// Offers a free agent the caller who comes first: of the queue with the greater weight, and
    /// at equal weights by priority and time.
    fn serve(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let next = agent
            .queues
            .iter()
            .filter_map(|queue| {
                let queue = self.queues.get(queue)?;
                Some((Reverse(queue.config.weight), queue.next_unoffered()?))
            })
            .min();
        if let Some((_, key)) = next {
            self.offer(m, key.call, id);
        }
    }

    /// Offers a caller for whom nobody is being rung to the agent who is free the longest.
    pub(crate) fn find_agent(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get(&call).filter(|visit| visit.offers.is_empty()) else {
            return;
        };
        let first = self.queues.get(&visit.queue).and_then(|queue| queue.idle.first());
        if let Some(agent) = first.map(|key| key.agent) {
            self.offer(m, call, agent);
        }
    }

    fn offer(&mut self, m: Moment, call: CallId, id: AgentId) {
        self.unlist(id);
        let Some(visit) = self.visits.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&visit.queue) else { return };
        let Some(agent) = self.agents.get_mut(&id) else { return };
        let Some(extension) = agent.extension else { return };
        visit.offers.push(id);
        queue.offered(&visit.key);
        let ring = Duration::from_secs(queue.config.ring_s.into());
        self.timers.set(Timer::Ring(id), m.now + ring);
        agent.offer = Some(Offer { call, queue: visit.queue, began: m });
        agent.call = Some(call);
        let work_number = agent.work_number;
        let queue = visit.queue;
        self.event(EventKind::OfferBegan { call, queue, agent: id, extension });
        self.change(m, id, AgentState::Offered, "");
        self.out.push_back(AcdOutput::Offer { call, agent: id, work_number, extension });
    }

    /// Ends an agent's offer and logs how. The agent's state is still `Offered` afterwards: the
    /// caller of this says what it becomes. Gives the offer, if there was one.
    pub(crate) fn end_offer(
        &mut self,
        m: Moment,
        id: AgentId,
        outcome: OfferOutcome,
    ) -> Option<Offer> {
        let agent = self.agents.get_mut(&id)?;
        let offer = agent.offer.take()?;
        agent.call = None;
        self.timers.stop(&Timer::Ring(id));
        let (call, queue) = (offer.call, offer.queue);
        let rang_ms = millis(m.since(offer.began));
        if let Some(visit) = self.visits.get_mut(&call) {
            visit.offers.retain(|other| *other != id);
            if visit.offers.is_empty()
                && let Some(queue) = self.queues.get_mut(&queue)
            {
                queue.unoffered_again(visit.key);
            }
        }
        self.event(EventKind::OfferEnded { call, queue, agent: id, outcome, rang_ms });
        Some(offer)
    }

    /// Takes an offer back at the phone too.
    pub(crate) fn withdraw(&mut self, m: Moment, id: AgentId, outcome: OfferOutcome, cause: Cause) {
        if let Some(offer) = self.end_offer(m, id, outcome) {
            self.out.push_back(AcdOutput::CancelOffer { call: offer.call, agent: id, cause });
        }
    }

    /// An agent answered an offer. The first to answer gets the caller; an answer to an offer
    /// that is no more is cancelled.
    pub fn offer_answered(&mut self, m: Moment, call: CallId, id: AgentId) {
        let offered = self.agents.get(&id).and_then(|agent| agent.offer);
        let Some(offer) = offered.filter(|o| o.call == call && self.visits.contains_key(&call))
        else {
            let cause = Cause::AnsweredElsewhere;
            self.out.push_back(AcdOutput::CancelOffer { call, agent: id, cause });
            return;
        };
        self.end_offer(m, id, OfferOutcome::Answered);
        self.leave(m, call, QueueOutcome::Answered, Some(id));
        let record = self.queues.get(&offer.queue).is_some_and(|queue| queue.config.record);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.unanswered = 0;
            agent.call = Some(call);
            agent.serves = Some(offer.queue);
        }
        self.talks.insert(call, id);
        self.change(m, id, AgentState::Talking, "");
        self.out.push_back(AcdOutput::Connect { call, agent: id, record });
    }

    /// An offer failed at the agent's phone.
    pub fn offer_failed(&mut self, m: Moment, call: CallId, id: AgentId, cause: Cause) {
        let offered = self.agents.get(&id).and_then(|agent| agent.offer);
        if offered.is_none_or(|offer| offer.call != call) {
            return;
        }
        let outcome = match cause {
            Cause::UserBusy | Cause::NoChannel => OfferOutcome::Busy,
            Cause::SubscriberAbsent
            | Cause::NoUserResponding
            | Cause::DestinationOutOfOrder
            | Cause::UnallocatedNumber
            | Cause::NetworkOutOfOrder
            | Cause::TimerExpired => OfferOutcome::Unreachable,
            _ => OfferOutcome::Rejected,
        };
        self.offer_missed(m, id, outcome);
    }

    pub(crate) fn rang_out(&mut self, m: Moment, id: AgentId) {
        let Some(offer) = self.agents.get(&id).and_then(|agent| agent.offer) else { return };
        let (call, cause) = (offer.call, Cause::NoAnswer);
        self.out.push_back(AcdOutput::CancelOffer { call, agent: id, cause });
        self.offer_missed(m, id, OfferOutcome::NoAnswer);
    }

    /// An offer has come to nothing: the agent rests, the caller goes to the next.
    fn offer_missed(&mut self, m: Moment, id: AgentId, outcome: OfferOutcome) {
        let Some(offer) = self.end_offer(m, id, outcome) else { return };
        let config = self.queues.get(&offer.queue).map(|queue| &queue.config);
        let rest_s = config.map_or(1, |config| match outcome {
            OfferOutcome::NoAnswer => config.retry_s,
            OfferOutcome::Rejected => config.reject_retry_s,
            _ => config.busy_retry_s,
        });
        let no_answer_max = config.map_or(0, |config| config.max_no_answer);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.rest_until = m.now + Duration::from_secs(rest_s.into());
            self.timers.set(Timer::Rest(id), agent.rest_until);
            if outcome == OfferOutcome::NoAnswer {
                agent.unanswered += 1;
            }
            if no_answer_max > 0 && agent.unanswered >= no_answer_max {
                agent.unanswered = 0;
                self.change(m, id, AgentState::NotReady, NO_ANSWER);
            } else {
                self.settle(m, id);
            }
        }
        self.find_agent(m, offer.call);
    }

    /// An agent has nothing to do any more: ready, unless asked or forced not to be.
    pub(crate) fn settle(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.call = None;
        agent.serves = None;
        let extension = agent.extension;
        if let Some(reason) = agent.not_ready_after.take() {
            self.change(m, id, AgentState::NotReady, &reason);
        } else if extension.is_some_and(|extension| self.is_reachable(extension)) {
            self.change(m, id, AgentState::Ready, "");
        } else {
            self.change(m, id, AgentState::NotReady, UNREACHABLE);
        }
        self.refresh(m, id);
    }

    /// A call is over, whoever ended it: its wait, its offers, or its agent's talk.
    pub fn call_over(&mut self, m: Moment, call: CallId, by: Party) {
        if let Some(visit) = self.visits.get(&call) {
            let theta_s = self.queues.get(&visit.queue).map_or(0, |q| q.config.short_abandon_s);
            let short = m.since(visit.entered) <= Duration::from_secs(theta_s.into());
            let outcome = match by {
                Party::Caller if short => QueueOutcome::ShortAbandoned,
                Party::Caller => QueueOutcome::Abandoned,
                Party::Callee | Party::Box => QueueOutcome::Interrupted,
            };
            self.leave(m, call, outcome, None);
        }
        if let Some(id) = self.talks.remove(&call) {
            self.wrap_up(m, id);
        }
    }

    /// An agent has no part any more in a call that goes on: transferred, or taken over.
    pub fn agent_left(&mut self, m: Moment, call: CallId, id: AgentId) {
        if self.talks.get(&call) == Some(&id) {
            self.talks.remove(&call);
            self.wrap_up(m, id);
        }
    }

    /// An agent's talk goes on in another call. Where another agent talks already, that one's
    /// stays the queue's and this one's work is done.
    pub fn agent_moved(&mut self, m: Moment, from: CallId, to: CallId, id: AgentId) {
        if self.talks.get(&from) != Some(&id) {
            return;
        }
        self.talks.remove(&from);
        if self.talks.contains_key(&to) {
            return self.wrap_up(m, id);
        }
        self.talks.insert(to, id);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.call = Some(to);
        }
    }

    /// Somebody who is not of the queue has taken a caller who waits.
    pub fn taken_away(&mut self, m: Moment, call: CallId) {
        if self.visits.contains_key(&call) {
            self.leave(m, call, QueueOutcome::TransferredAway, None);
        }
    }

    fn wrap_up(&mut self, m: Moment, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let queue = agent.serves.and_then(|queue| self.queues.get(&queue));
        let seconds = queue.map_or(0, |queue| queue.config.wrap_up_s);
        if seconds == 0 {
            self.wrap_up_over(m, id);
        } else {
            self.timers.set(Timer::WrapUp(id), m.now + Duration::from_secs(seconds.into()));
            self.change(m, id, AgentState::WrapUp, "");
        }
    }

    pub(crate) fn wrap_up_over(&mut self, m: Moment, id: AgentId) {
        self.timers.stop(&Timer::WrapUp(id));
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.last_call_ended = Some(m.now);
        }
        self.settle(m, id);
    }

    /// Takes the offers of a caller who has left back from all agents. They are free again.
    pub(crate) fn withdraw_all(&mut self, m: Moment, agents: Vec<AgentId>, call: CallId) {
        for id in agents {
            let offered = self.agents.get(&id).and_then(|agent| agent.offer);
            if offered.is_some_and(|offer| offer.call == call) {
                self.withdraw(m, id, OfferOutcome::Cancelled, Cause::AnsweredElsewhere);
                self.settle(m, id);
            }
        }
    }

    pub(crate) fn queue_of(&self, call: CallId) -> Option<QueueId> {
        self.visits.get(&call).map(|visit| visit.queue)
    }
}

pub(crate) fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

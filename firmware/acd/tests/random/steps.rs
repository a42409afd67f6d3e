//! What can happen, and how likely it is.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_acd::{Acd, AcdOutput, Join};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, AgentState, Party, QueueId};
use tipring_line::{CallId, Cause, Digit, Number};
use tipring_switch::Moment;

use crate::model::Model;
use crate::site::{number, site};

/// A callback's call.
struct Made {
    agent: Option<AgentId>,
    answered: bool,
}

pub(crate) struct Run {
    acd: Acd,
    pub(crate) model: Model,
    rng: ChaCha8Rng,
    now: Instant,
    next_call: u64,
    made: BTreeMap<CallId, Made>,
    reachable: BTreeMap<Number, bool>,
}

fn extension(agent: AgentId) -> Number {
    number(8000 + u64::from(agent.0))
}

impl Run {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let config = site(&mut rng);
        let start = Moment::default();
        let mut run = Run {
            acd: Acd::new(start, config.clone(), seed),
            model: Model::new(config),
            rng,
            now: Instant::ZERO,
            next_call: 1,
            made: BTreeMap::new(),
            reachable: BTreeMap::new(),
        };
        for id in run.agents() {
            run.reach(id, true);
            run.log_in(id);
        }
        run
    }

    fn agents(&self) -> Vec<AgentId> {
        self.model.config.agents.iter().map(|agent| agent.id).collect()
    }

    fn m(&self) -> Moment {
        let wall = WallTime::from_unix_micros(1_795_222_800_000_000);
        Moment { now: self.now, wall: wall.plus(self.now - Instant::ZERO) }
    }

    fn reach(&mut self, id: AgentId, reachable: bool) {
        self.reachable.insert(extension(id), reachable);
        self.acd.extension_reachable(self.m(), extension(id), reachable);
        self.settle();
    }

    fn log_in(&mut self, id: AgentId) {
        let work_number = (100 + id.0).to_string();
        // Refused where the phone cannot be rung; that is right.
        let _ = self.acd.log_in(self.m(), &work_number, "1", extension(id));
        self.settle();
    }

    pub(crate) fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..34 => self.call_comes(),
            34..56 => self.a_phone_answers_or_not(),
            56..68 => self.somebody_hangs_up(),
            68..78 => self.agent_does_something(),
            78..86 => self.key(),
            86..92 => self.callback_goes_on(),
            92..95 => self.supervisor_orders(),
            95 => self.reach_flips(),
            _ => self.reconfigure(),
        }
        self.settle();
        self.check();
        let ms = if self.rng.random_bool(0.4) { 0 } else { self.rng.random_range(1..6000) };
        self.run_for(Duration::from_millis(ms));
        self.check();
    }

    fn call_comes(&mut self) {
        let call = self.new_call();
        let queue = format!("q{}", self.rng.random_range(1..=self.model.config.queues.len()));
        let need = if self.rng.random_bool(0.2) { self.rng.random_range(1..=100) } else { 0 };
        self.model.needs.insert(call, need);
        let join = Join {
            priority: if self.rng.random_bool(0.3) { self.rng.random_range(1..4) } else { 0 },
            // Few customers, so that they call again.
            caller: Some(number(13_800_138_000 + self.rng.random_range(0..12))),
            skills: vec![("english".into(), need)],
            ..Join::default()
        };
        self.acd.enter(self.m(), call, &queue, join);
    }

    fn new_call(&mut self) -> CallId {
        self.next_call += 1;
        CallId(self.next_call)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.rng.random_range(0..from.len())])
    }

    fn a_phone_answers_or_not(&mut self) {
        let seats = self.model.seats.iter();
        let rung: Vec<_> = seats.filter_map(|(id, seat)| Some((*id, seat.offer?))).collect();
        let Some((agent, call)) = self.pick(&rung) else { return };
        let m = self.m();
        match self.rng.random_range(0..10) {
            0..7 => self.acd.offer_answered(m, call, agent),
            7 => self.acd.offer_failed(m, call, agent, Cause::UserBusy),
            8 => self.acd.offer_failed(m, call, agent, Cause::Rejected),
            _ => self.acd.offer_failed(m, call, agent, Cause::NoUserResponding),
        }
    }

    fn somebody_hangs_up(&mut self) {
        let waits = self.model.waits.keys().copied();
        let talks = self.model.seats.values().filter_map(|seat| seat.talks);
        let calls: Vec<CallId> = waits.chain(talks).collect();
        let Some(call) = self.pick(&calls) else { return };
        let by = [Party::Caller, Party::Callee, Party::Box][self.rng.random_range(0..3)];
        self.over(call, by);
    }

    fn over(&mut self, call: CallId, by: Party) {
        let unanswered = self.made.remove(&call).filter(|made| !made.answered);
        if let Some(agent) = unanswered.and_then(|made| made.agent) {
            self.tire(agent);
        }
        for seat in self.model.seats.values_mut().filter(|seat| seat.talks == Some(call)) {
            seat.talks = None;
        }
        self.acd.call_over(self.m(), call, by);
        self.settle();
    }

    fn agent_does_something(&mut self) {
        let agents = self.agents();
        let Some(id) = self.pick(&agents) else { return };
        let m = self.m();
        // Not everything is possible at any time; a refusal changes nothing.
        let _ = match self.rng.random_range(0..8) {
            0 => self.acd.log_out(m, id, ""),
            1 => self.acd.not_ready(m, id, "lunch"),
            2 => self.acd.wrap_up_change(m, id, Some(5)),
            3 => self.acd.wrap_up_change(m, id, None),
            4 => self.acd.desktop(m, id, self.rng.random_bool(0.5)),
            5 => return self.log_in(id),
            _ => self.acd.ready(m, id),
        };
        self.gone_agents_talk_no_more();
    }

    /// Whoever logs out while talking goes on talking without the queues.
    fn gone_agents_talk_no_more(&mut self) {
        self.settle();
        for seat in self.model.seats.values_mut() {
            if seat.state == AgentState::LoggedOut {
                seat.talks = None;
            }
        }
    }

    fn key(&mut self) {
        let calls: Vec<CallId> = self.model.waits.keys().copied().collect();
        let Some(call) = self.pick(&calls) else { return };
        let key = ['0', '1', '2', '3', '3', '3', '9'][self.rng.random_range(0..7)];
        self.acd.digit(self.m(), call, Digit::from_char(key).expect("a key"));
    }

    fn callback_goes_on(&mut self) {
        let calls: Vec<CallId> = self.made.keys().copied().collect();
        let Some(call) = self.pick(&calls) else { return };
        if self.rng.random_bool(0.3) {
            return self.over(call, Party::Callee);
        }
        let m = self.m();
        let Some(made) = self.made.get_mut(&call) else { return };
        if !made.answered {
            made.answered = true;
            let agent = made.agent;
            self.acd.callback_agent_answered(m, call);
            if let Some(seat) = agent.and_then(|agent| self.model.seats.get_mut(&agent)) {
                seat.talks = Some(call);
            }
        } else {
            self.made.remove(&call);
            self.acd.callback_reached(m, call);
        }
    }

    fn supervisor_orders(&mut self) {
        let calls: Vec<CallId> = self.model.waits.keys().copied().collect();
        let queues = self.model.config.queues.len() as u32;
        let queue = QueueId(self.rng.random_range(1..=queues));
        let customer = number(13_800_138_000 + self.rng.random_range(0..12));
        let m = self.m();
        // A full queue takes nobody, and who stands in a list is not put there again.
        let _ = match (self.rng.random_range(0..4), self.pick(&calls)) {
            (0, Some(call)) => self.acd.move_to(m, call, queue, "boss"),
            (1, Some(call)) => self.acd.set_priority(m, call, self.rng.random_range(0..5), "boss"),
            (2, _) => self.acd.callback_add(m, queue, customer, "boss"),
            _ => self.acd.callback_cancel(m, queue, customer),
        };
    }

    fn reach_flips(&mut self) {
        let agents = self.agents();
        let reachable = self.rng.random_bool(0.6);
        if let Some(id) = self.pick(&agents) {
            self.reach(id, reachable);
        }
    }

    fn reconfigure(&mut self) {
        for queue in &mut self.model.config.queues {
            queue.weight = self.rng.random_range(0..3);
            queue.priority_gain_per_minute = self.rng.random_range(0..3);
        }
        self.acd.reconfigure(self.m(), self.model.config.clone());
    }

    fn run_for(&mut self, d: Duration) {
        let end = self.now + d;
        while let Some(at) = self.acd.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.acd.handle_timeout(self.m());
            self.settle();
        }
        self.now = end;
    }

    fn settle(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            let m = self.m();
            match output {
                AcdOutput::Event(event) => self.model.write(m, &event),
                AcdOutput::Connect { call, agent, .. } => {
                    let twice = self.model.seats.values().any(|seat| seat.talks == Some(call));
                    assert!(!twice, "{call} has two agents");
                    let seat = self.model.seats.get_mut(&agent).expect("an agent");
                    assert_eq!(seat.talks.replace(call), None, "{agent:?} talks twice");
                }
                AcdOutput::CallBack { callback, extension, .. } => {
                    let agents = self.agents();
                    let at = |id: &AgentId| Some(self::extension(*id)) == extension;
                    let agent = agents.into_iter().find(at);
                    let call = self.rng.random_bool(0.9).then(|| self.new_call());
                    if let Some(call) = call {
                        self.made.insert(call, Made { agent, answered: false });
                    }
                    self.acd.callback_began(m, callback, call);
                }
                AcdOutput::HangUp { call } => {
                    if let Some(agent) = self.made.remove(&call).and_then(|made| made.agent) {
                        self.tire(agent);
                    }
                }
                _ => {}
            }
        }
    }

    /// An agent who did not take a callback rests as after an offer; the log has no offer of it.
    fn tire(&mut self, agent: AgentId) {
        let seat = self.model.seats.entry(agent).or_default();
        seat.rests_until = seat.rests_until.max(self.now + Duration::from_secs(5));
    }

    fn check(&self) {
        for (call, wait) in self.model.waits.iter().filter(|(_, wait)| wait.rung.is_empty()) {
            for (id, seat) in &self.model.seats {
                let idles = seat.state == AgentState::Ready
                    && seat.rests_until <= self.now
                    && seat.extension.is_some_and(|e| self.reachable.get(&e) == Some(&true));
                let could = idles && self.model.may_serve(self.now, *id, wait);
                assert!(!could, "{call} ({wait:?}) waits while {id:?} ({seat:?}) idles");
            }
        }
        for id in self.agents() {
            let told = self.model.memory.shift(id).unwrap_or_default();
            assert_eq!(self.acd.shift(id), Some(told), "what the log tells of {id:?}");
        }
    }

    pub(crate) fn close(&mut self) {
        let waits: Vec<CallId> = self.model.waits.keys().copied().collect();
        for call in waits {
            self.over(call, Party::Caller);
        }
        for call in self.made.keys().copied().collect::<Vec<_>>() {
            self.over(call, Party::Box);
        }
        for id in self.agents() {
            // Refused where the agent is not there.
            let _ = self.acd.log_out(self.m(), id, "");
            self.settle();
        }
        self.model.close();
        assert_eq!(self.acd.waiting(), 0);
        let live = self.acd.live_queues(self.m(), |_| (None, String::new()));
        let listed: usize = live.iter().map(|queue| queue.callbacks.len()).sum();
        assert_eq!(listed, self.model.callbacks.len(), "each callback is open or ended");
    }
}

//! Made-up days: calls that overlap, as a switch would log them, from a seed.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_clock::WallTime;
use tipring_events::*;
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};

/// Noon of some day, microseconds since 1970.
pub(crate) const NOON_US: i64 = 1_700_000_000_000_000;

/// One call as it grows.
struct Script {
    rng: ChaCha8Rng,
    call: CallId,
    at_us: i64,
    segment: u16,
    events: Vec<Event>,
}

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

impl Script {
    fn say(&mut self, kind: EventKind) {
        self.events.push(Event { at: WallTime::from_unix_micros(self.at_us), kind });
    }

    fn wait(&mut self, ms_max: i64) {
        self.at_us += self.rng.random_range(0..=ms_max) * 1000 + self.rng.random_range(0..1000);
    }

    fn segment(&mut self, kind: SegmentKind, handler: &str, agent: Option<AgentId>) {
        self.segment += 1;
        let (call, segment) = (self.call, SegmentId(self.segment));
        self.say(EventKind::SegmentBegan { call, segment, kind, handler: handler.into(), agent });
    }

    fn end(&mut self, cause: Cause, by: Party, disposition: Disposition) {
        // Some switches end the last segment in words, others leave it to the call's end.
        if self.rng.random() {
            let (call, segment) = (self.call, SegmentId(self.segment));
            self.say(EventKind::SegmentEnded { call, segment });
        }
        self.say(EventKind::CallEnded { call: self.call, cause, by, disposition });
    }

    fn whole(mut self) -> Vec<Event> {
        let call = self.call;
        let caller = self.rng.random_bool(0.5).then(|| number(&format!("138{:08}", call.0)));
        let inbound = self.rng.random_bool(0.9);
        self.say(EventKind::CallBegan {
            call,
            source: "fxo-1".into(),
            called: Some(number("96777")),
            caller,
            caller_name: "张三".into(),
            inbound,
        });
        self.segment(SegmentKind::Ivr, "main", None);
        if self.rng.random() {
            let caller = Some(number("02987654321"));
            self.say(EventKind::CallerKnown { call, caller, caller_name: String::new() });
        }
        self.wait(2_000);
        self.say(EventKind::CallAnswered { call, certainty: AnswerCertainty::Signalled });
        self.say(EventKind::FlowNode { call, flow: "main".into(), node: "menu".into() });
        self.wait(9_000);
        if self.rng.random_bool(0.2) {
            self.end(Cause::NormalClearing, Party::Caller, Disposition::Answered);
            return self.events;
        }
        self.say(EventKind::KeyPressed { call, digit: '1' });
        self.queue();
        self.events
    }

    fn queue(&mut self) {
        let (call, queue) = (self.call, QueueId(1));
        let entered_us = self.at_us;
        self.segment(SegmentKind::Queue, "热线", None);
        self.say(EventKind::QueueEntered {
            call,
            queue,
            queue_name: "热线".into(),
            position: 3,
            priority: 0,
            waited_before_ms: 0,
        });
        self.wait(30_000);
        self.say(EventKind::PositionChanged { call, queue, position: 1 });
        let mut answered = None;
        for _ in 0..self.rng.random_range(0..3) {
            answered = self.offer(queue);
            if answered.is_some() {
                break;
            }
        }
        let wait_ms = (self.at_us - entered_us) as u64 / 1000;
        let gave_up = [
            QueueOutcome::Abandoned,
            QueueOutcome::ShortAbandoned,
            QueueOutcome::TimedOut,
            QueueOutcome::LeftByKey,
            QueueOutcome::LeftEmpty,
        ];
        let outcome = match answered {
            Some(_) => QueueOutcome::Answered,
            None => *gave_up.choose(&mut self.rng).unwrap(),
        };
        let position = 1;
        let agent = answered;
        self.say(EventKind::QueueLeft {
            call,
            queue,
            outcome,
            wait_ms,
            position,
            agent,
            first_position: position,
            because: None,
        });
        match answered {
            Some(agent) => self.talk(agent),
            None => self.end(Cause::NormalUnspecified, Party::Caller, Disposition::Abandoned),
        }
    }

    fn offer(&mut self, queue: QueueId) -> Option<AgentId> {
        let (call, agent) = (self.call, AgentId(self.rng.random_range(1..6)));
        self.say(EventKind::OfferBegan { call, queue, agent, extension: number("8001") });
        self.agent(agent, AgentState::Offered);
        let from = self.at_us;
        self.wait(20_000);
        let answers = self.rng.random_bool(0.7);
        let outcome = if answers { OfferOutcome::Answered } else { OfferOutcome::NoAnswer };
        let rang_ms = (self.at_us - from) as u64 / 1000;
        self.say(EventKind::OfferEnded { call, queue, agent, outcome, rang_ms });
        let state = if answers { AgentState::Talking } else { AgentState::NotReady };
        self.agent(agent, state);
        answers.then_some(agent)
    }

    fn talk(&mut self, agent: AgentId) {
        let (call, path) = (self.call, format!("{}.wav", self.call));
        self.segment(SegmentKind::Talk, &format!("100{}", agent.0), Some(agent));
        let from = self.at_us;
        self.say(EventKind::RecordingBegan { call, path: path.clone() });
        self.wait(120_000);
        if self.rng.random_bool(0.2) {
            self.segment(SegmentKind::Hold, &format!("100{}", agent.0), Some(agent));
            self.wait(10_000);
            self.segment(SegmentKind::Talk, &format!("100{}", agent.0), Some(agent));
            self.wait(10_000);
        }
        let duration_ms = (self.at_us - from) as u64 / 1000;
        self.say(EventKind::RecordingEnded { call, path, duration_ms, bytes: duration_ms * 16 });
        self.end(Cause::NormalClearing, Party::Callee, Disposition::Answered);
        self.agent(agent, AgentState::WrapUp);
        if self.rng.random() {
            self.segment(SegmentKind::WrapUp, &format!("100{}", agent.0), Some(agent));
            self.wait(10_000);
            let segment = SegmentId(self.segment);
            self.say(EventKind::SegmentEnded { call, segment });
        }
        self.agent(agent, AgentState::Ready);
    }

    fn agent(&mut self, agent: AgentId, state: AgentState) {
        let call = matches!(state, AgentState::Offered | AgentState::Talking | AgentState::WrapUp)
            .then_some(self.call);
        self.say(EventKind::AgentChanged {
            agent,
            work_number: number(&format!("100{}", agent.0)),
            state,
            extension: Some(number("8001")),
            reason: String::new(),
            call,
        });
    }
}

/// `calls` calls from `first_call` on, which overlap, in the order of time.
pub(crate) fn day(seed: u64, first_call: u64, calls: u64) -> Vec<Event> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut events: Vec<Event> = (0..calls)
        .flat_map(|n| {
            let at_us = NOON_US + n as i64 * 5_000_000 + rng.random_range(0..20_000_000);
            let rng = ChaCha8Rng::seed_from_u64(rng.random());
            let call = CallId(first_call + n);
            Script { rng, call, at_us, segment: 0, events: Vec::new() }.whole()
        })
        .collect();
    events.sort_by_key(|event| event.at);
    events
}

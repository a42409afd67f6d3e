//! A made-up year of a branch: calls as a switch would log them, from a seed.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::WallTime;
use tipring_events::{
    AgentId, AgentState, Event, EventKind, OfferOutcome, Party, QueueId, QueueOutcome, SegmentId,
    SegmentKind,
};
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};

/// 2025-01-01T00:00:00 in China, microseconds since 1970.
pub(super) const BEGAN_US: i64 = 1_735_660_800_000_000;
pub(super) const DAY_US: i64 = 86_400_000_000;
pub(super) const QUEUES: u32 = 10;
pub(super) const AGENTS: u32 = 30;
/// Calls a day, between 8 and 20 o'clock.
const CALLS_A_DAY: u64 = 1_400;
/// Customers who call again and again.
const CUSTOMERS: u32 = 40_000;

/// The days, one after the other.
pub(super) struct Year {
    rng: SmallRng,
    day: i64,
    next_call: u64,
}

struct Day<'a> {
    rng: &'a mut SmallRng,
    events: Vec<Event>,
}

impl Year {
    pub(super) fn new(seed: u64) -> Self {
        Year { rng: SmallRng::seed_from_u64(seed), day: 0, next_call: 1 }
    }

    /// The events of the next day, in the order of time.
    pub(super) fn next_day(&mut self) -> Vec<Event> {
        let began_us = BEGAN_US + self.day * DAY_US + 8 * 3_600_000_000;
        self.day += 1;
        let mut day = Day { rng: &mut self.rng, events: Vec::new() };
        for agent in 1..=AGENTS {
            let us = began_us + i64::from(agent) * 7_000_000;
            day.agent(us, agent, AgentState::Ready, "", None);
            day.agent(us + 14_400_000_000, agent, AgentState::NotReady, "吃饭", None);
            day.agent(us + 16_200_000_000, agent, AgentState::Ready, "", None);
            day.agent(us + 43_200_000_000, agent, AgentState::LoggedOut, "", None);
        }
        for _ in 0..CALLS_A_DAY {
            let us = began_us + day.rng.random_range(0..43_000_000_000);
            day.call(us, CallId(self.next_call));
            self.next_call += 1;
        }
        let mut events = day.events;
        events.sort_by_key(|event| event.at);
        events
    }

    /// How many calls there were so far.
    pub(super) fn calls(&self) -> u64 {
        self.next_call - 1
    }
}

/// A customer's number.
pub(super) fn customer(n: u32) -> Number {
    format!("138{:08}", n % CUSTOMERS).parse().expect("digits are a number")
}

fn work_number(agent: u32) -> Number {
    format!("{}", 1000 + agent).parse().expect("digits are a number")
}

impl Day<'_> {
    fn say(&mut self, us: i64, kind: EventKind) {
        self.events.push(Event { at: WallTime::from_unix_micros(us), kind });
    }

    fn agent(
        &mut self,
        us: i64,
        agent: u32,
        state: AgentState,
        reason: &str,
        call: Option<CallId>,
    ) {
        let extension = format!("{}", 8000 + agent).parse().ok();
        let work_number = work_number(agent);
        let reason = reason.to_owned();
        let agent = AgentId(agent);
        self.say(
            us,
            EventKind::AgentChanged { agent, work_number, state, extension, reason, call },
        );
    }

    fn segment(&mut self, us: i64, call: CallId, n: u16, kind: SegmentKind, agent: Option<u32>) {
        let handler = agent.map_or("main".to_owned(), |a| work_number(a).to_string());
        let (segment, agent) = (SegmentId(n), agent.map(AgentId));
        self.say(us, EventKind::SegmentBegan { call, segment, kind, handler, agent });
    }

    fn call(&mut self, mut us: i64, call: CallId) {
        let line = self.rng.random_range(1..=8);
        let caller = Some(customer(self.rng.random()));
        let (source, called) = (format!("fxo-{line}"), "96777".parse().ok());
        let (caller_name, inbound) = (String::new(), true);
        self.say(us, EventKind::CallBegan { call, source, called, caller, caller_name, inbound });
        self.segment(us, call, 1, SegmentKind::Ivr, None);
        us += 2_000_000;
        self.say(us, EventKind::CallAnswered { call, certainty: AnswerCertainty::Signalled });
        let node =
            |name: &str| EventKind::FlowNode { call, flow: "main".into(), node: name.into() };
        self.say(us, node("greeting"));
        self.say(us + 4_000_000, node("menu"));
        us += self.rng.random_range(5_000_000..20_000_000);
        self.say(us, EventKind::KeyPressed { call, digit: '1' });
        let queue = QueueId(self.rng.random_range(1..=QUEUES));
        self.segment(us, call, 2, SegmentKind::Queue, None);
        let queue_name = format!("queue {}", queue.0);
        let entered = EventKind::QueueEntered {
            call,
            queue,
            queue_name,
            position: 2,
            priority: 0,
            waited_before_ms: 0,
        };
        self.say(us, entered);
        let entered = us;
        us += self.rng.random_range(0..40_000_000);
        self.say(us, EventKind::PositionChanged { call, queue, position: 1 });
        let agent = self.rng.random_range(1..=AGENTS);
        let answered = self.rng.random_bool(0.92);
        let outcome = if answered { OfferOutcome::Answered } else { OfferOutcome::Cancelled };
        let extension = format!("{}", 8000 + agent).parse().expect("digits are a number");
        self.say(us, EventKind::OfferBegan { call, queue, agent: AgentId(agent), extension });
        self.agent(us, agent, AgentState::Offered, "", Some(call));
        let rang_us = self.rng.random_range(1_000_000..9_000_000);
        us += rang_us;
        let (rang_ms, agent_id) = (rang_us as u64 / 1000, AgentId(agent));
        self.say(us, EventKind::OfferEnded { call, queue, agent: agent_id, outcome, rang_ms });
        let (outcome, by) = match answered {
            true => (QueueOutcome::Answered, Some(agent_id)),
            false if us - entered < 5_000_000 => (QueueOutcome::ShortAbandoned, None),
            false => (QueueOutcome::Abandoned, None),
        };
        let wait_ms = (us - entered) as u64 / 1000;
        let left = EventKind::QueueLeft {
            call,
            queue,
            outcome,
            because: None,
            wait_ms,
            position: 1,
            first_position: 2,
            agent: by,
        };
        self.say(us, left);
        if !answered {
            self.agent(us, agent, AgentState::Ready, "", None);
            return self.end(us, call, Disposition::Abandoned);
        }
        self.talk(us, call, agent);
    }

    fn talk(&mut self, mut us: i64, call: CallId, agent: u32) {
        self.agent(us, agent, AgentState::Talking, "", Some(call));
        self.segment(us, call, 3, SegmentKind::Talk, Some(agent));
        let path = format!("2025/{call}.wav");
        self.say(us, EventKind::RecordingBegan { call, path: path.clone() });
        let talk_us = self.rng.random_range(20_000_000..400_000_000);
        us += talk_us;
        if self.rng.random_bool(0.1) {
            self.segment(us - talk_us / 2, call, 4, SegmentKind::Hold, Some(agent));
            self.segment(us - talk_us / 3, call, 5, SegmentKind::Talk, Some(agent));
        }
        let duration_ms = talk_us as u64 / 1000;
        let bytes = duration_ms * 16;
        self.say(us, EventKind::RecordingEnded { call, path, duration_ms, bytes });
        self.end(us, call, Disposition::Answered);
        self.agent(us, agent, AgentState::WrapUp, "", Some(call));
        us += self.rng.random_range(5_000_000..30_000_000);
        self.agent(us, agent, AgentState::Ready, "", None);
    }

    fn end(&mut self, us: i64, call: CallId, disposition: Disposition) {
        let (cause, by) = (Cause::NormalClearing, Party::Caller);
        self.say(us, EventKind::CallEnded { call, cause, by, disposition });
    }
}

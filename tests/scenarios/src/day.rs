//! A branch's day: 5,000 calls, 40 agents, 6 queues, through the whole core under virtual time.
//!
//! Five queues share thirty agents, and their callers give up after a while. The sixth has ten
//! agents of its own, nobody gives up, and all times are exponential: there Erlang C holds, and the
//! day can be compared with it.

use core::fmt;
use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_acd::{AcdConfig, AgentConfig, Membership, QueueConfig, Secret, Strategy};
use tipring_clock::{Duration, Instant};
use tipring_events::{AgentId, Command, EventKind, QueueId, QueueOutcome};
use tipring_line::{CallId, ChannelId};
use tipring_switch::Target;
use tipring_tipringd::core::CoreConfig;

use crate::{ErlangC, Phone, Scripted, World, number, site};

/// Calls in the day.
pub const DAY_CALLS: u32 = 5000;
const AGENTS: u32 = 40;
const QUEUES: u32 = 6;
/// The queue for which Erlang C holds, its agents and its calls.
const ERLANG_QUEUE: u32 = 6;
const ERLANG_AGENTS: u32 = 10;
const ERLANG_CALLS: u32 = 1400;
/// From eight in the morning until six.
const DAY_S: f64 = 36_000.0;
const TALK_S: f64 = 160.0;
const PATIENCE_S: f64 = 120.0;
/// An answer within this is within the service level.
const TARGET_MS: u64 = 20_000;
/// How finely the day is cut: callers hang up at the end of such a slice.
const SLICE: Duration = Duration::from_millis(100);

/// What one queue's day came to.
#[derive(Clone, Debug, Default)]
pub struct QueueDay {
    /// Callers who entered.
    pub offered: u64,
    /// Answered.
    pub answered: u64,
    /// Gave up.
    pub abandoned: u64,
    /// Left in any other way.
    pub otherwise: u64,
    /// Answered within twenty seconds.
    pub in_time: u64,
    /// Answered after a wait longer than a moment.
    pub waited: u64,
    /// The sum of the waits of those who were answered, in milliseconds.
    pub wait_ms: u64,
}

/// What the day came to.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// The queues, the first first.
    pub queues: Vec<QueueDay>,
    /// Calls that ended.
    pub calls: u64,
    /// What Erlang C says of the last queue.
    pub erlang: Option<ErlangC>,
}

impl QueueDay {
    /// The mean wait of those who were answered, in seconds.
    pub fn mean_wait_s(&self) -> f64 {
        self.wait_ms as f64 / 1000.0 / self.answered.max(1) as f64
    }

    /// The share of those who were answered that had to wait at all.
    pub fn waits(&self) -> f64 {
        self.waited as f64 / self.answered.max(1) as f64
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "queue  offered  answered  abandoned  other  in 20 s  mean wait")?;
        for (queue, n) in self.queues.iter().zip(1..) {
            let level = 100.0 * queue.in_time as f64 / queue.offered.max(1) as f64;
            writeln!(
                f,
                "{n:5}  {:7}  {:8}  {:9}  {:5}  {level:5.1} %  {:7.2} s",
                queue.offered,
                queue.answered,
                queue.abandoned,
                queue.otherwise,
                queue.mean_wait_s()
            )?;
        }
        if let (Some(erlang), Some(queue)) = (self.erlang, self.queues.last()) {
            writeln!(
                f,
                "queue {ERLANG_QUEUE}: {:.1} % wait, {:.2} s on average; Erlang C: {:.1} %, {:.2} s",
                100.0 * queue.waits(),
                queue.mean_wait_s(),
                100.0 * erlang.waits,
                erlang.mean_wait_s
            )?;
        }
        Ok(())
    }
}

fn exponential(rng: &mut ChaCha8Rng, mean_s: f64) -> Duration {
    let uniform: f64 = rng.random_range(f64::EPSILON..1.0);
    Duration::from_secs_f64(-mean_s * uniform.ln())
}

fn config() -> CoreConfig {
    let mut config = site();
    let phone = config.switch.extensions[0].clone();
    config.switch.extensions = (1..=AGENTS)
        .map(|n| {
            let mut phone = phone.clone();
            phone.number = number(&format!("{}", 8000 + n));
            phone
        })
        .collect();
    let rule = config.switch.dial[0].clone();
    config.switch.dial.extend((1..=QUEUES).map(|n| {
        let mut rule = rule.clone();
        rule.number = format!("61{n}").parse().expect("a pattern");
        rule.to = Target::Queue(format!("q{n}"));
        rule
    }));
    config.acd = AcdConfig {
        queues: (1..=QUEUES).map(queue).collect(),
        agents: (1..=AGENTS).map(agent).collect(),
        ..AcdConfig::default()
    };
    config
}

fn queue(n: u32) -> QueueConfig {
    let strategies = [
        Strategy::LongestIdle,
        Strategy::FewestCalls,
        Strategy::RoundRobin,
        Strategy::Random,
        Strategy::LeastTalkTime,
        Strategy::LongestIdle,
    ];
    QueueConfig {
        id: QueueId(n),
        name: format!("q{n}"),
        strategy: strategies[n as usize - 1],
        weight: n % 3,
        wrap_up_s: if n == ERLANG_QUEUE { 0 } else { 10 },
        tier_wait_s: if n == 2 { 15 } else { 0 },
        record: false,
        ..QueueConfig::default()
    }
}

/// The first ten agents serve the last queue alone; the others two of the five each.
fn agent(n: u32) -> AgentConfig {
    let mine = match n <= ERLANG_AGENTS {
        true => vec![Membership::from(format!("q{ERLANG_QUEUE}"))],
        false => vec![
            Membership::from(format!("q{}", n % 5 + 1)),
            Membership { tier: 2, ..Membership::from(format!("q{}", (n + 2) % 5 + 1)) },
        ],
    };
    AgentConfig {
        id: AgentId(n),
        work_number: number(&format!("{}", 100 + n)),
        name: String::new(),
        password: Secret("1".into()),
        queues: mine,
        skills: BTreeMap::new(),
    }
}

struct Running {
    world: World<Scripted>,
    rng: ChaCha8Rng,
    day: Day,
    channels: BTreeMap<CallId, ChannelId>,
    /// Who hangs up when: of those who wait, only if they still do.
    agenda: BTreeMap<(Instant, u64), (CallId, bool)>,
    waiting: BTreeMap<CallId, ()>,
    read: usize,
    count: u64,
}

/// Runs the day.
pub fn branch_day(seed: u64) -> Day {
    let mut world = World::with(config(), Scripted::default());
    for n in 1..=AGENTS {
        let extension = format!("{}", 8000 + n);
        world.set_registered(&extension, true);
        let answers_after = if n <= ERLANG_AGENTS { 0 } else { 2500 };
        let answers_after = Some(Duration::from_millis(answers_after));
        world.phone(&extension, Phone { answers_after, ..Phone::default() });
        let reply = world.command(Command::AgentLogIn {
            work_number: number(&format!("{}", 100 + n)),
            password: "1".into(),
            extension: number(&extension),
        });
        assert_eq!(reply, Ok(()), "every agent can log in");
    }
    let queues = vec![QueueDay::default(); QUEUES as usize];
    let rate = f64::from(ERLANG_CALLS) / DAY_S;
    let erlang = Some(ErlangC::of(rate, TALK_S, ERLANG_AGENTS));
    let mut running = Running {
        world,
        rng: ChaCha8Rng::seed_from_u64(seed),
        day: Day { queues, calls: 0, erlang },
        channels: BTreeMap::new(),
        agenda: BTreeMap::new(),
        waiting: BTreeMap::new(),
        read: 0,
        count: 0,
    };
    running.run();
    running.day
}

impl Running {
    fn run(&mut self) {
        let mut arrivals: Vec<(Instant, u32)> = (0..DAY_CALLS)
            .map(|n| {
                let at = Duration::from_secs_f64(self.rng.random_range(0.0..DAY_S));
                let queue = if n < ERLANG_CALLS {
                    ERLANG_QUEUE
                } else {
                    self.rng.random_range(1..ERLANG_QUEUE)
                };
                (self.world.now() + at, queue)
            })
            .collect();
        arrivals.sort_unstable();
        let mut arrivals = arrivals.into_iter().peekable();
        while arrivals.peek().is_some() || !self.channels.is_empty() {
            let slice = self.world.now() + SLICE;
            while let Some((at, queue)) = arrivals.next_if(|(at, _)| *at <= slice) {
                self.world.run_to(at);
                self.read_log();
                self.arrive(queue);
            }
            self.world.run_to(slice);
            self.read_log();
            self.hang_up(slice);
        }
        self.world.close();
        self.read_log();
    }

    fn arrive(&mut self, queue: u32) {
        let caller = 13_000_000_000 + u64::from(self.rng.random_range(0..900_000_000u32));
        let channel = self.world.trunk_call(&caller.to_string(), &format!("61{queue}"));
        let call = self.world.log[self.read..].iter().find_map(|(_, event)| match event {
            EventKind::CallBegan { call, .. } => Some(*call),
            _ => None,
        });
        let call = call.expect("a call that comes in begins");
        self.channels.insert(call, channel);
        self.waiting.insert(call, ());
        if queue != ERLANG_QUEUE {
            let patience = exponential(&mut self.rng, PATIENCE_S);
            self.plan(self.world.now() + patience, call, true);
        }
        self.read_log();
    }

    fn plan(&mut self, at: Instant, call: CallId, only_if_waiting: bool) {
        self.count += 1;
        self.agenda.insert((at, self.count), (call, only_if_waiting));
    }

    fn hang_up(&mut self, now: Instant) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now) {
            let (call, only_if_waiting) = entry.remove();
            let waits = self.waiting.contains_key(&call);
            if let Some(channel) = self.channels.get(&call).filter(|_| waits == only_if_waiting) {
                self.world.hang_up(*channel);
                self.read_log();
            }
        }
    }

    fn read_log(&mut self) {
        while let Some((at, event)) = self.world.log.get(self.read).cloned() {
            self.read += 1;
            match event {
                EventKind::QueueEntered { queue, .. } => {
                    self.day.queues[queue.0 as usize - 1].offered += 1;
                }
                EventKind::QueueLeft { call, queue, outcome, wait_ms, .. } => {
                    self.waiting.remove(&call);
                    self.left(at, call, queue, outcome, wait_ms);
                }
                EventKind::CallEnded { call, .. } => {
                    self.channels.remove(&call);
                    self.day.calls += 1;
                }
                _ => {}
            }
        }
    }

    fn left(&mut self, at: Instant, call: CallId, id: QueueId, outcome: QueueOutcome, ms: u64) {
        let queue = &mut self.day.queues[id.0 as usize - 1];
        match outcome {
            QueueOutcome::Answered => {
                queue.answered += 1;
                queue.wait_ms += ms;
                queue.in_time += u64::from(ms <= TARGET_MS);
                queue.waited += u64::from(ms > 0);
                let talk = exponential(&mut self.rng, TALK_S);
                self.plan(at + talk, call, false);
            }
            QueueOutcome::Abandoned | QueueOutcome::ShortAbandoned => queue.abandoned += 1,
            _ => queue.otherwise += 1,
        }
    }
}

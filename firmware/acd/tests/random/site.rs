//! A random configuration.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tipring_acd::{
    AcdConfig, AgentConfig, CallbackConfig, Membership, QueueConfig, Relax, Secret, Strategy,
    WaitKeys,
};
use tipring_events::{AgentId, QueueId};
use tipring_line::Number;

const STRATEGIES: [Strategy; 10] = [
    Strategy::RingAll,
    Strategy::LongestIdle,
    Strategy::FewestCalls,
    Strategy::LeastTalkTime,
    Strategy::RoundRobin,
    Strategy::Linear,
    Strategy::Progressive,
    Strategy::Random,
    Strategy::WeightedRandom,
    Strategy::SkillMatch,
];

pub(crate) fn number(n: u64) -> Number {
    n.to_string().parse().expect("digits are a number")
}

pub(crate) fn site(rng: &mut ChaCha8Rng) -> AcdConfig {
    let queues = rng.random_range(1..=3u32);
    let agents = rng.random_range(1..=6u32);
    AcdConfig {
        queues: (1..=queues).map(|n| queue(rng, n)).collect(),
        agents: (1..=agents).map(|n| agent(rng, n, queues)).collect(),
        ..AcdConfig::default()
    }
}

fn queue(rng: &mut ChaCha8Rng, n: u32) -> QueueConfig {
    let some = |rng: &mut ChaCha8Rng, n| if rng.random_bool(0.4) { n } else { 0 };
    QueueConfig {
        id: QueueId(n),
        name: format!("q{n}"),
        strategy: STRATEGIES[rng.random_range(0..STRATEGIES.len())],
        weight: rng.random_range(0..3),
        priority_gain_per_minute: some(rng, 3),
        ring_s: rng.random_range(3..20),
        max_no_answer: rng.random_range(0..4),
        wrap_up_s: some(rng, 5),
        progressive_s: 4,
        tier_wait_s: some(rng, 10),
        relax: vec![Relax { after_s: 15, by: 30 }, Relax { after_s: 30, by: 100 }],
        timeout_s: some(rng, 25),
        keys: WaitKeys { flow: Some('0'), ..WaitKeys::shipped() },
        max_wait_s: some(rng, 90),
        max_waiting: rng.random_range(1..12),
        wait_without_agents: rng.random_bool(0.7),
        callback: CallbackConfig { tries: 2, interval_s: 20, ..CallbackConfig::default() },
        reentry_s: some(rng, 60),
        announce_s: some(rng, 15),
        ..QueueConfig::default()
    }
}

fn agent(rng: &mut ChaCha8Rng, n: u32, queues: u32) -> AgentConfig {
    let mut member = |n| Membership {
        tier: rng.random_range(1..=3),
        level: rng.random_range(0..=100),
        ..Membership::from(format!("q{n}"))
    };
    let mut mine: Vec<Membership> = (1..=queues).map(&mut member).collect();
    while mine.len() > 1 && rng.random_bool(0.5) {
        mine.remove(rng.random_range(0..mine.len()));
    }
    AgentConfig {
        id: AgentId(n),
        work_number: number(100 + u64::from(n)),
        name: String::new(),
        password: Secret("1".into()),
        queues: mine,
        skills: [("english".to_owned(), rng.random_range(0..=100))].into(),
    }
}

//! The queues driven alone in the long run, where Erlang C's assumptions hold exactly: calls and
//! times at random, nobody gives up, agents answer at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_acd::{Acd, AcdConfig, AcdOutput, AgentConfig, Join, QueueConfig, Secret};
use tipring_clock::{Duration, Instant, WallTime};
use tipring_events::{AgentId, EventKind, Party, QueueId};
use tipring_line::CallId;
use tipring_switch::Moment;
use tipring_test_scenarios::{ErlangC, number};

const CALLS: u64 = 300_000;

fn m(now: Instant) -> Moment {
    Moment { now, wall: WallTime::from_unix_micros(0).plus(now - Instant::ZERO) }
}

fn desk(agents: u32) -> Acd {
    let agent = |n: u32| AgentConfig {
        id: AgentId(n),
        work_number: number(&format!("{}", 100 + n)),
        name: String::new(),
        password: Secret("1".into()),
        queues: vec!["q".into()],
        skills: Default::default(),
    };
    let queue = QueueConfig {
        id: QueueId(1),
        name: "q".into(),
        max_waiting: 100_000,
        announce_s: 0,
        ..QueueConfig::default()
    };
    let agents_config = (1..=agents).map(agent).collect();
    let config = AcdConfig { queues: vec![queue], agents: agents_config, ..AcdConfig::default() };
    let mut acd = Acd::new(m(Instant::ZERO), config, 1);
    for n in 1..=agents {
        let extension = number(&format!("{}", 8000 + n));
        acd.extension_reachable(m(Instant::ZERO), extension, true);
        acd.log_in(m(Instant::ZERO), &format!("{}", 100 + n), "1", extension).expect("logged in");
    }
    acd
}

/// The share of callers who wait, and the mean wait in seconds.
fn run(calls_per_s: f64, handling_s: f64, agents: u32) -> (f64, f64) {
    let mut acd = desk(agents);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut exponential = |mean: f64| {
        let uniform: f64 = rng.random_range(f64::EPSILON..1.0);
        Duration::from_secs_f64(-mean * uniform.ln())
    };
    let mut ends: BinaryHeap<Reverse<(Instant, CallId)>> = BinaryHeap::new();
    let (mut arrival, mut next) = (Instant::ZERO + exponential(1.0 / calls_per_s), 1);
    let (mut answered, mut waited, mut wait_ms) = (0u64, 0u64, 0u64);
    while answered < CALLS {
        let now = match ends.peek() {
            Some(Reverse((at, call))) if *at <= arrival => {
                let (at, call) = (*at, *call);
                ends.pop();
                acd.call_over(m(at), call, Party::Caller);
                at
            }
            _ => {
                let at = arrival;
                arrival = at + exponential(1.0 / calls_per_s);
                acd.enter(m(at), CallId(next), "q", Join::default());
                next += 1;
                at
            }
        };
        while let Some(output) = acd.poll_output() {
            match output {
                AcdOutput::Offer { call, agent, .. } => acd.offer_answered(m(now), call, agent),
                AcdOutput::Connect { call, .. } => {
                    ends.push(Reverse((now + exponential(handling_s), call)));
                }
                AcdOutput::Event(EventKind::QueueLeft { wait_ms: ms, .. }) => {
                    answered += 1;
                    waited += u64::from(ms > 0);
                    wait_ms += ms;
                }
                _ => {}
            }
        }
    }
    (waited as f64 / answered as f64, wait_ms as f64 / 1000.0 / answered as f64)
}

#[test]
fn the_long_run_is_as_erlang_says() {
    for (calls, handling_s, agents) in [(360.0, 240.0, 55), (100.0, 180.0, 14)] {
        let rate = calls / 1800.0;
        let (waits, mean_s) = run(rate, handling_s, agents);
        let erlang = ErlangC::of(rate, handling_s, agents);
        println!("{agents} agents: {waits:.4} wait, {mean_s:.3} s; Erlang C {erlang:?}");
        assert!((waits - erlang.waits).abs() < 0.05 * erlang.waits, "{waits} {erlang:?}");
        let wait = erlang.mean_wait_s;
        assert!((mean_s - wait).abs() < 0.08 * wait, "{mean_s} {erlang:?}");
    }
}

//! Who comes first: priority, time, weight between queues, and the agent's idle time.

use tipring_acd::{Acd, AcdConfig, AcdOutput, AgentConfig, Entered, Join, QueueConfig, Secret};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, Party, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

fn at(ms: u64) -> Moment {
    Moment { now: Instant::from_millis(ms), wall: WallTime::from_unix_micros(ms as i64 * 1000) }
}

fn number(n: u32) -> Number {
    n.to_string().parse().unwrap()
}

/// Queues `q1` … with these weights, and one agent at 8001 who serves them all.
fn acd(weights: &[u32]) -> Acd {
    let names: Vec<_> = (1..=weights.len()).map(|n| format!("q{n}")).collect();
    let queues = names.iter().zip(weights).zip(1..).map(|((name, weight), id)| QueueConfig {
        id: QueueId(id),
        name: name.clone(),
        weight: *weight,
        max_waiting: 20_000,
        ..QueueConfig::default()
    });
    let agent = AgentConfig {
        id: AgentId(1),
        work_number: number(1001),
        name: String::new(),
        password: Secret("1234".into()),
        queues: names.iter().map(|name| name.as_str().into()).collect(),
        skills: Default::default(),
    };
    let config =
        AcdConfig { queues: queues.collect(), agents: vec![agent], ..AcdConfig::default() };
    let mut acd = Acd::new(at(0), config, 1);
    acd.extension_reachable(at(0), number(8001), true);
    acd.log_in(at(0), "1001", "1234", number(8001)).unwrap();
    acd.not_ready(at(0), AgentId(1), "").unwrap();
    acd
}

fn join(priority: u32, joined_ms: u64) -> Join {
    Join { joined: Some(Instant::from_millis(joined_ms)), priority, ..Join::default() }
}

fn offered(acd: &mut Acd) -> Vec<u64> {
    let outputs = core::iter::from_fn(|| acd.poll_output());
    outputs
        .filter_map(|output| match output {
            AcdOutput::Offer { call, .. } => Some(call.0),
            _ => None,
        })
        .collect()
}

/// Serves everyone who waits, one after the other, and gives the order.
fn served(acd: &mut Acd, n: usize) -> Vec<u64> {
    let mut order = Vec::new();
    acd.ready(at(100_000), AgentId(1)).unwrap();
    for round in 0..n as u64 {
        let m = at(100_000 + round);
        let [call] = offered(acd)[..] else { panic!("one offer at a time, after {order:?}") };
        acd.offer_answered(m, CallId(call), AgentId(1));
        order.push(call);
        acd.call_over(m, CallId(call), Party::Caller);
    }
    order
}

#[test]
fn by_priority_then_by_time_of_joining_the_box() {
    let mut acd = acd(&[0]);
    for (call, priority, joined_ms) in [(1, 0, 10), (2, 0, 20), (3, 5, 30), (4, 0, 5)] {
        let entered = acd.enter(at(50), CallId(call), "q1", join(priority, joined_ms));
        assert_eq!(entered, Entered::Waiting);
    }
    let live = acd.live_queues(at(50), |_| (None, String::new()));
    let places: Vec<_> = live[0].waiting.iter().map(|w| (w.position, w.call.0)).collect();
    assert_eq!(places, [(1, 3), (2, 4), (3, 1), (4, 2)]);
    assert_eq!(served(&mut acd, 4), [3, 4, 1, 2]);
}

#[test]
fn the_heavier_queue_first_and_of_equal_ones_the_longest_wait() {
    let mut acd = acd(&[1, 7, 1]);
    for (call, queue) in [(1, "q1"), (2, "q3"), (3, "q2"), (4, "q1"), (5, "q2")] {
        acd.enter(at(call), CallId(call), queue, join(0, call));
    }
    assert_eq!(served(&mut acd, 5), [3, 5, 1, 2, 4]);
}

#[test]
fn ten_thousand_wait_and_each_is_served_once_in_order() {
    let mut acd = acd(&[0]);
    for call in 1..=10_000 {
        acd.enter(at(call), CallId(call), "q1", join(0, call));
    }
    assert_eq!(acd.waiting(), 10_000);
    assert_eq!(served(&mut acd, 10_000), (1..=10_000).collect::<Vec<_>>());
    assert_eq!(acd.waiting(), 0);
}

#[test]
fn an_offer_that_is_no_more_is_not_answered() {
    let mut acd = acd(&[0]);
    acd.ready(at(0), AgentId(1)).unwrap();
    acd.enter(at(1), CallId(1), "q1", join(0, 1));
    acd.call_over(at(2), CallId(1), Party::Caller);
    while acd.poll_output().is_some() {}
    acd.offer_answered(at(3), CallId(1), AgentId(1));
    let cancelled = matches!(acd.poll_output(), Some(AcdOutput::CancelOffer { .. }));
    assert!(cancelled && acd.poll_output().is_none());
}

#[test]
fn ids_are_given_once_and_kept() {
    let mut config = AcdConfig {
        queues: vec![
            QueueConfig { name: "a".into(), ..QueueConfig::default() },
            QueueConfig { id: QueueId(1), name: "b".into(), ..QueueConfig::default() },
            QueueConfig { name: "c".into(), ..QueueConfig::default() },
        ],
        ..AcdConfig::default()
    };
    config.give_ids();
    let ids: Vec<_> = config.queues.iter().map(|q| q.id.0).collect();
    assert_eq!(ids, [2, 1, 3]);
    let before = config.clone();
    config.give_ids();
    assert_eq!(config, before);
}

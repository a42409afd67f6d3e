//! Round robin: the next after the one last offered, remembered by the queue across restarts.

use tipring_acd::{Acd, AcdOutput, Join, Memory, Strategy};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, AgentState, EventKind, QueueId};
use tipring_line::CallId;
use tipring_switch::Moment;
use tipring_test_scenarios::number;

use crate::{by, config, offers, s, silent, talk};

#[test]
fn in_a_circle_whoever_answered() {
    let mut w = by(Strategy::RoundRobin, 3);
    let order: Vec<u32> = (0..5).map(|_| talk(&mut w, 5)).collect();
    assert_eq!(order, [1, 2, 3, 1, 2]);
    w.phone("8003", silent());
    crate::call(&mut w, "13800138000");
    w.run(s(30));
    assert_eq!(offers(&w)[5..], [(6, 3), (6, 1)], "an unanswered offer moves on too");
}

#[test]
fn remembered_across_a_restart() {
    let acd = config(|acd| acd.queues[0].strategy = Strategy::RoundRobin).acd;
    let mut memory = Memory::new(&acd.desk);
    let at = WallTime::from_unix_micros(1_795_222_800_000_000);
    let (call, queue, agent) = (CallId(1), QueueId(1), AgentId(2));
    memory.write(at, &EventKind::OfferBegan { call, queue, agent, extension: number("8002") });
    for n in 1..=3 {
        memory.write(
            at,
            &EventKind::AgentChanged {
                agent: AgentId(n),
                work_number: number(&format!("100{n}")),
                state: AgentState::Ready,
                extension: Some(number(&format!("800{n}"))),
                reason: String::new(),
                call: None,
            },
        );
    }
    let m = Moment { now: Instant::ZERO, wall: at };
    let mut acd = Acd::new(m, acd, 1);
    acd.recall(m, memory);
    for n in 1..=3 {
        acd.extension_reachable(m, number(&format!("800{n}")), true);
    }
    acd.enter(m, CallId(2), "service", Join::default());
    let offered = core::iter::from_fn(|| acd.poll_output()).find_map(|output| match output {
        AcdOutput::Offer { agent, .. } => Some(agent.0),
        _ => None,
    });
    assert_eq!(offered, Some(3));
}

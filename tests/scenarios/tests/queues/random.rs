//! Random: any free agent with equal chances; weighted random: by the level in the queue.

use tipring_acd::{Membership, Strategy};

use crate::{by, desk, talk};

fn shares(w: &mut crate::Box, calls: usize) -> [usize; 3] {
    let mut shares = [0; 3];
    for _ in 0..calls {
        shares[talk(w, 1) as usize - 1] += 1;
    }
    shares
}

#[test]
fn uniform() {
    let mut w = by(Strategy::Random, 3);
    let shares = shares(&mut w, 600);
    // Four standard deviations of a third of 600 are 46.
    assert!(shares.iter().all(|n| n.abs_diff(200) < 46), "{shares:?}");
}

#[test]
fn weighted_by_level() {
    let mut w = desk(3, |acd| {
        acd.queues[0].strategy = Strategy::WeightedRandom;
        for (agent, level) in acd.agents.iter_mut().zip([10, 30, 60]) {
            agent.queues = vec![Membership { level, ..Membership::from("service") }];
        }
    });
    let shares = shares(&mut w, 600);
    for (n, expected) in shares.iter().zip([60usize, 180, 360]) {
        assert!(n.abs_diff(expected) < 49, "{shares:?}");
    }
}

//! Least talk time: least talking since the shift began.

use tipring_acd::Strategy;

use crate::{agent, by, talk};

#[test]
fn one_long_talk_weighs_more_than_three_short_ones() {
    let mut w = by(Strategy::LeastTalkTime, 2);
    assert_eq!(talk(&mut w, 100), 1);
    let order: Vec<u32> = (0..3).map(|_| talk(&mut w, 20)).collect();
    assert_eq!(order, [2, 2, 2]);
    assert_eq!((agent(&w, 1).talk_ms, agent(&w, 2).talk_ms), (100_000, 60_000));
    assert_eq!(talk(&mut w, 50), 2);
    assert_eq!(talk(&mut w, 1), 1);
}

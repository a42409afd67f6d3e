//! Linear: a fixed order, and each caller starts at its top.

use tipring_acd::Strategy;

use crate::{all_hang_up, by, call, offers, s, silent, talk};

#[test]
fn everyone_starts_at_the_top() {
    let mut w = by(Strategy::Linear, 3);
    let order: Vec<u32> = (0..3).map(|_| talk(&mut w, 5)).collect();
    assert_eq!(order, [1, 1, 1]);
}

#[test]
fn an_unanswered_caller_goes_down_the_order_and_round() {
    let mut w = by(Strategy::Linear, 3);
    for phone in ["8001", "8002", "8003"] {
        w.phone(phone, silent());
    }
    call(&mut w, "13800138000");
    w.run(s(70));
    assert_eq!(offers(&w), [(1, 1), (1, 2), (1, 3), (1, 1)]);
    all_hang_up(&mut w);
}

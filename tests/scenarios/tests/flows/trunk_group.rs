//! Calls hunt through a group of lines and overflow to the trunk behind them.

use tipring_line::{Cause, Endpoint, PortId};
use tipring_test_scenarios::{Phone, World};

use crate::{all_hang_up, endings, s};

const FIRST: Endpoint = Endpoint::Port(PortId(1));
const SECOND: Endpoint = Endpoint::Port(PortId(2));
const TRUNK: Endpoint = Endpoint::SipTrunk(0);

#[test]
fn lines_are_taken_in_order_and_the_trunk_after_them() {
    let mut w = World::new();
    let callers: Vec<_> =
        ["8001", "8002", "8003"].map(|extension| w.dial(extension, "75551234")).into();
    w.run(s(10));
    assert_eq!(w.around.seized(), [FIRST, SECOND, TRUNK]);
    w.hang_up(callers[0]);
    w.run(s(1));
    w.dial("8001", "75551234");
    assert_eq!(w.around.seized()[3], FIRST, "free again, it is the first to be taken");
    all_hang_up(&mut w);
}

#[test]
fn a_line_that_fails_is_passed_over() {
    let mut w = World::new();
    let dead = Phone { refuses: Some(Cause::NetworkOutOfOrder), ..Phone::default() };
    w.around.set_line(PortId(1), dead);
    let caller = w.dial("8001", "75551234");
    w.run(s(10));
    assert_eq!(w.around.seized(), [FIRST, SECOND]);
    assert!(w.around.is_up(caller));
    all_hang_up(&mut w);
}

#[test]
fn a_number_that_is_busy_is_not_called_again_on_another_line() {
    let mut w = World::new();
    let busy = Phone { refuses: Some(Cause::UserBusy), ..Phone::default() };
    w.around.set_line(PortId(1), busy);
    w.dial("8001", "75551234");
    w.run(s(10));
    assert_eq!(w.around.seized(), [FIRST]);
    assert_eq!(endings(&w)[0].1, Cause::UserBusy);
    all_hang_up(&mut w);
}

#[test]
fn when_nothing_is_left_the_last_cause_is_told() {
    let mut w = World::new();
    for port in [1, 2] {
        let dead = Phone { refuses: Some(Cause::NetworkOutOfOrder), ..Phone::default() };
        w.around.set_line(PortId(port), dead);
    }
    w.around.outside = Phone { refuses: Some(Cause::Congestion), ..Phone::default() };
    w.dial("8001", "75551234");
    w.run(s(10));
    assert_eq!(w.around.seized(), [FIRST, SECOND, TRUNK]);
    assert_eq!(endings(&w)[0].1, Cause::Congestion);
    all_hang_up(&mut w);
}

//! 强插: all three hear each other.

use tipring_events::{MonitorMode, SegmentKind};
use tipring_test_scenarios::Hears;

use crate::{ended, monitoring, s, supervised};

#[test]
fn three_way_recorded_on_the_right_and_back() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Barge);
    let Hears::Conference(mut others) = w.hears(customer) else { panic!("no conference") };
    others.sort();
    let mut both = vec![agent, supervisor];
    both.sort();
    assert_eq!(others, both);
    let (left, mut right) = w.around.recorded(1);
    right.sort();
    assert_eq!((left, right), (Some(customer), both));
    w.run(s(3));
    w.hang_up(supervisor);
    assert_eq!(w.hears(customer), Hears::Party(agent));
    assert_eq!(ended(&w), 0);
    w.hang_up(customer);
    let kinds: Vec<_> = w.segments(1).into_iter().map(|(kind, ..)| kind).collect();
    assert!(kinds.ends_with(&[SegmentKind::Talk, SegmentKind::Conference, SegmentKind::Talk]));
    w.close();
}

#[test]
fn a_supervisor_keeps_no_call_up() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Barge);
    w.hang_up(agent);
    w.run(s(1));
    assert_eq!(ended(&w), 1);
    assert!(!w.around.is_there(supervisor) && !w.around.is_there(customer));
    w.close();
}

//! An emergency number is called from any extension, with every line in use.

use tipring_line::{Cause, ChannelCommand, Endpoint, PortId};
use tipring_test_scenarios::{Phone, Scripted, World, site};

use crate::{all_hang_up, endings, s};

/// The number last dialled outside, and where.
fn last_dialled(w: &World<Scripted>) -> (Option<Endpoint>, String) {
    let dialled = w.around.told.iter().rev().find_map(|(_, command)| match command {
        ChannelCommand::Dial { number, .. } => Some(number.to_string()),
        _ => None,
    });
    (w.around.seized().last().copied(), dialled.unwrap_or_default())
}

#[test]
fn it_needs_no_class_and_no_rule() {
    let mut w = World::new();
    let caller = w.dial("8004", "110");
    w.run(s(10));
    assert!(w.around.is_up(caller));
    assert_eq!(last_dialled(&w), (Some(Endpoint::Port(PortId(0))), "110".into()));
    all_hang_up(&mut w);
}

#[test]
fn it_goes_out_although_no_more_calls_are_taken() {
    let mut config = site();
    config.switch.max_calls = 1;
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002"] {
        w.set_registered(extension, true);
    }
    w.dial("8001", "8002");
    let refused = w.dial("8002", "600");
    let caller = w.dial("8002", "119");
    w.run(s(10));
    assert!(!w.around.is_there(refused));
    assert!(w.around.is_up(caller));
    all_hang_up(&mut w);
}

#[test]
fn it_takes_the_line_of_the_newest_call() {
    let mut w = World::new();
    w.around.outside = Phone { refuses: Some(Cause::Congestion), ..Phone::default() };
    w.line_call("13900139000");
    w.run(s(8));
    let first = w.dial("8001", "75551234");
    let second = w.dial("8002", "75551235");
    w.run(s(8));
    let caller = w.dial("8004", "120");
    w.run(s(8));
    assert_eq!(endings(&w)[0].1, Cause::Preemption);
    assert!(w.around.is_up(first) && !w.around.is_there(second));
    assert!(w.around.is_up(caller));
    assert_eq!(last_dialled(&w), (Some(Endpoint::Port(PortId(2))), "120".into()));
    all_hang_up(&mut w);
}

#[test]
fn it_does_not_take_the_line_of_another_emergency_call() {
    let mut w = World::new();
    w.around.outside = Phone { refuses: Some(Cause::Congestion), ..Phone::default() };
    w.line_call("13900139000");
    w.run(s(8));
    let callers = ["8001", "8002", "8003"].map(|extension| w.dial(extension, "119"));
    w.run(s(8));
    assert!(callers.iter().all(|caller| w.around.is_up(*caller)), "the third took the line in use");
    let ends = endings(&w).len();
    w.dial("8004", "110");
    w.run(s(8));
    assert!(callers.iter().all(|caller| w.around.is_up(*caller)));
    assert_eq!(endings(&w).len(), ends + 1, "the fourth finds none");
    all_hang_up(&mut w);
}

//! A call that rings at one phone is taken at another.

use tipring_events::{Command, EventKind, QueueOutcome, Refusal};
use tipring_test_scenarios::{Hears, Scripted, World, site};

use crate::{all_hang_up, ext, refused, s, silent};

/// 8001, 8002 and 8003 are of one group.
fn world() -> World<Scripted> {
    let mut config = site();
    for extension in config.switch.extensions.iter_mut().take(3) {
        extension.features.pick_up_group = "desk".into();
    }
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002", "8003", "8004"] {
        w.set_registered(extension, true);
    }
    w
}

#[test]
fn of_the_own_group_and_of_one_extension() {
    for code in ["*80", "*818001"] {
        let mut w = world();
        w.phone("8001", silent());
        let caller = w.trunk_call("13800138000", "8001");
        w.run(s(3));
        let taker = w.dial("8002", code);
        w.run(s(1));
        assert_eq!(w.hears(caller), Hears::Party(taker));
        assert!(!w.around.is_occupied(ext("8001")));
        let picked = w.find(|e| match e {
            EventKind::CallPickedUp { call, from, by } => Some((call.0, *from, *by)),
            _ => None,
        });
        assert_eq!(picked, Some((1, ext("8001"), ext("8002"))));
        w.hang_up(caller);
        w.close();
    }
}

#[test]
fn a_call_offered_to_an_agent_leaves_its_queue() {
    let mut w = world();
    w.agent(1);
    w.phone("8001", silent());
    let caller = w.trunk_call("13800138000", "600");
    w.run(s(3));
    let pick_up = Command::PickUp { extension: ext("8002"), from: Some(ext("8001")) };
    assert_eq!(w.command(pick_up), Ok(()));
    w.run(s(5));
    assert_eq!(w.hears(caller), Hears::Party(w.at("8002")));
    let outcome = w.find(|e| match e {
        EventKind::QueueLeft { outcome, .. } => Some(*outcome),
        _ => None,
    });
    assert_eq!(outcome, Some(QueueOutcome::TransferredAway));
    all_hang_up(&mut w);
}

#[test]
fn nothing_rings_or_no_group() {
    let mut w = world();
    let group = |extension| Command::PickUp { extension: ext(extension), from: None };
    refused(&mut w, group("8002"), Refusal::NoSuchLeg);
    refused(&mut w, group("8004"), Refusal::NotAllowed);
    let caller = w.dial("8002", "*80");
    w.run(s(1));
    assert!(w.hears_prompt(caller, "feature-failed"));
    w.run(s(5));
    w.close();
}

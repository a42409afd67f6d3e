//! What is recorded, paused and kept.

use tipring_events::{Command, EventKind, RecordingOrder, Refusal};
use tipring_test_scenarios::{Scripted, World, site};

use crate::{all_hang_up, call, customer_with_agent, ext, quick, refused, s};

fn order(n: u64, order: RecordingOrder) -> Command {
    Command::Recording { call: call(n), order, by: "li".into() }
}

fn began(w: &World<Scripted>) -> usize {
    w.all(|e| matches!(e, EventKind::RecordingBegan { .. }).then_some(())).len()
}

#[test]
fn a_pause_is_silence_and_marked_with_its_place() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    w.run(s(3));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    assert_eq!(w.command(order(1, RecordingOrder::Pause)), Ok(()));
    assert_eq!(w.around.recorded(1), (None, vec![]));
    assert!(w.live().calls[0].recording_paused);
    refused(&mut w, order(1, RecordingOrder::Pause), Refusal::NotPossible);
    w.run(s(4));
    assert_eq!(w.command(order(1, RecordingOrder::Resume)), Ok(()));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    let marks = w.all(|e| match e {
        EventKind::RecordingPaused { offset_ms, by, .. } => Some((false, *offset_ms, by.clone())),
        EventKind::RecordingResumed { offset_ms, by, .. } => Some((true, *offset_ms, by.clone())),
        _ => None,
    });
    let [(false, from, by), (true, to, _)] = &marks[..] else { panic!("{marks:?}") };
    assert_eq!((to - from, by.as_str()), (4000, "li"));
    w.hang_up(customer);
    w.close();
}

#[test]
fn one_recording_goes_on_through_a_transfer() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let transfer = Command::Transfer { extension: ext("8001"), to: ext("8002") };
    assert_eq!(w.command(transfer), Ok(()));
    w.run(s(3));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![w.at("8002")]));
    w.hang_up(customer);
    w.close();
    assert_eq!(began(&w), 1);
}

#[test]
fn by_direction_and_by_extension() {
    for (rule, expected) in [(0, 1), (1, 0), (2, 1), (3, 1)] {
        let mut config = site();
        let rules = &mut config.switch.recording;
        match rule {
            0 => rules.incoming = true,
            2 => rules.extensions = vec![ext("8001")],
            3 => rules.internal = true,
            _ => {}
        }
        let mut w = World::with(config, Scripted::default());
        for n in ["8001", "8002"] {
            w.set_registered(n, true);
            w.phone(n, quick());
        }
        let caller =
            if rule == 3 { w.dial("8002", "8001") } else { w.trunk_call("13800138000", "8001") };
        w.run(s(5));
        assert_eq!(began(&w), expected, "rule {rule}");
        w.hang_up(caller);
        w.close();
    }
}

#[test]
fn on_demand_and_nothing_shorter_than_a_second() {
    let mut w = World::new();
    w.phone("8001", quick());
    let caller = w.dial("8002", "8001");
    w.run(s(5));
    assert_eq!(w.command(order(1, RecordingOrder::Start)), Ok(()));
    refused(&mut w, order(1, RecordingOrder::Start), Refusal::NotPossible);
    w.run(tipring_clock::Duration::from_millis(500));
    assert_eq!(w.command(order(1, RecordingOrder::Stop)), Ok(()));
    w.run(s(1));
    assert_eq!(w.around.recordings_discarded, 0, "who asks for half a second gets it");
    w.hang_up(caller);
    w.run(s(1));
    // A call out is recorded by rule; this one lasts half a second.
    w.around.outside = quick();
    let caller = w.dial("8002", "913900139000");
    w.run(tipring_clock::Duration::from_millis(1500));
    w.hang_up(caller);
    w.run(s(1));
    assert_eq!(w.around.recordings_discarded, 1);
    let gone = w.find(|e| match e {
        EventKind::RecordingDiscarded { call, .. } => Some(call.0),
        _ => None,
    });
    assert_eq!(gone, Some(2));
    refused(&mut w, order(9, RecordingOrder::Start), Refusal::NoSuchCall);
    all_hang_up(&mut w);
}

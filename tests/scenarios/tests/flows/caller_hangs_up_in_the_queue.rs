//! Who hangs up while waiting has abandoned: shortly within 5 s, otherwise really.

use tipring_events::{Party, QueueOutcome};
use tipring_line::{Cause, Disposition};
use tipring_test_scenarios::{Hears, Phone, World};

use crate::{endings, queued_caller, s, waits};

fn busy_agent() -> World {
    let mut w = World::new();
    w.agent(1);
    w.phone("8001", Phone { answers_after: Some(s(1)), ..Phone::default() });
    queued_caller(&mut w, "13900139000");
    w.run(s(2));
    w
}

#[test]
fn within_five_seconds_it_is_a_short_abandon() {
    let mut w = busy_agent();
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(4));
    w.hang_up(caller);
    assert_eq!(waits(&w)[1], (2, QueueOutcome::ShortAbandoned, 4200));
}

#[test]
fn later_it_is_an_abandon() {
    let mut w = busy_agent();
    let caller = queued_caller(&mut w, "13800138000");
    assert!(w.hears_prompt(caller, "queue-next"));
    w.run(s(5));
    assert_eq!(w.hears(caller), Hears::Music);
    w.run(s(1));
    w.hang_up(caller);
    assert_eq!(waits(&w)[1], (2, QueueOutcome::Abandoned, 6200));
    let ended = (2, Cause::NormalClearing, Party::Caller, Disposition::Abandoned);
    assert_eq!(endings(&w), [ended]);
}

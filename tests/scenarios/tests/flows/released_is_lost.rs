//! A channel's last word gets lost: its extension is not taken for busy for ever.

use tipring_events::OfferOutcome;
use tipring_test_scenarios::World;

use crate::{offers, queued_caller, s};

#[test]
fn the_agent_gets_the_next_call_after_a_minute() {
    let mut w = World::new();
    w.agent(1);
    let first = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    w.around.loses_released = Some(w.at("8001"));
    w.hang_up(first);
    queued_caller(&mut w, "13900139000");
    w.run(s(50));
    assert_eq!(offers(&w).len(), 1);
    w.run(s(15));
    assert_eq!(offers(&w)[1].2, OfferOutcome::Answered);
    assert_eq!(w.core.counters().channels_forgotten, 1);
}

//! Who hangs up while the agent's phone rings has abandoned; the phone stops, the agent is free.

use tipring_events::{AgentId, AgentState, OfferOutcome, QueueOutcome};
use tipring_line::Disposition;
use tipring_test_scenarios::{Phone, World};

use crate::{endings, offers, queued_caller, s, waits};

#[test]
fn the_phone_stops_and_the_agent_is_free() {
    let mut w = World::new();
    w.agent(1);
    w.phone("8001", Phone { answers_after: Some(s(15)), ..Phone::default() });
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(9));
    let phone = w.at("8001");
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Offered);
    w.hang_up(caller);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Ready);
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::Cancelled, 9200)]);
    assert_eq!(waits(&w), [(1, QueueOutcome::Abandoned, 9200)]);
    assert_eq!(endings(&w)[0].3, Disposition::Abandoned);
    w.run(s(1));
    assert!(!w.around.is_there(phone));
    w.close();
}

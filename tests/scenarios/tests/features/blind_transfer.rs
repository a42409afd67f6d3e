//! An agent sends the customer on: the talk counts for the next from there on.

use tipring_events::{AgentId, AgentState, Command, EventKind, Refusal, SegmentKind};
use tipring_line::Cause;
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, World};

use crate::{all_hang_up, customer_with_agent, ext, quick, refused, s, silent, talks};

fn transfer(to: &str) -> Command {
    Command::Transfer { extension: ext("8001"), to: ext(to) }
}

#[test]
fn the_transferred_stretch_never_counts_for_the_first_agent() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    w.run(s(3));
    let agent = w.at("8001");
    assert_eq!(w.command(transfer("8002")), Ok(()));
    assert!(!w.around.is_up(agent), "the agent's leg ends at once");
    w.run(s(1));
    assert_eq!(w.hears(customer), Hears::Tone(Tone::Ringback));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    w.run(s(9));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")));
    w.hang_up(customer);
    let moved = w.find(|e| match e {
        EventKind::CallTransferred { call, by, agent, to, consulted } => {
            Some((call.0, *by, *agent, *to, *consulted))
        }
        _ => None,
    });
    assert_eq!(moved, Some((1, ext("8001"), Some(AgentId(1)), Some(ext("8002")), None)));
    assert_eq!(
        talks(&w, 1),
        [(SegmentKind::Talk, "1001".into(), 5), (SegmentKind::Talk, "8002".into(), 7)]
    );
    w.close();
}

#[test]
fn a_target_that_does_not_answer_gives_the_call_back() {
    for (phone, cause) in [
        (silent(), Cause::NoAnswer),
        (
            tipring_test_scenarios::Phone { refuses: Some(Cause::UserBusy), ..quick() },
            Cause::UserBusy,
        ),
    ] {
        let mut w = World::new();
        let customer = customer_with_agent(&mut w);
        w.phone("8002", phone);
        assert_eq!(w.command(transfer("8002")), Ok(()));
        w.run(s(65));
        let failed = w.find(|e| match e {
            EventKind::TransferFailed { call, by, cause } => Some((call.0, *by, *cause)),
            _ => None,
        });
        assert_eq!(failed, Some((1, ext("8001"), cause)));
        assert_eq!(w.hears(customer), Hears::Party(w.at("8001")), "it rings the transferrer again");
        w.hang_up(customer);
        w.close();
    }
}

#[test]
fn to_a_queue_and_outside() {
    let mut w = World::new();
    w.agent(2);
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(transfer("600")), Ok(()));
    w.run(s(10));
    assert_eq!(w.ledger.agent_state(AgentId(2)), AgentState::Talking);
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")));
    let outside = Command::Transfer { extension: ext("8002"), to: ext("913900139000") };
    assert_eq!(w.command(outside), Ok(()));
    w.run(s(10));
    assert!(matches!(w.hears(customer), Hears::Party(_)));
    assert_eq!(w.ledger.agent_state(AgentId(2)), AgentState::Ready);
    all_hang_up(&mut w);
}

#[test]
fn every_refusal_is_exact() {
    let mut w = World::new();
    refused(&mut w, transfer("8002"), Refusal::NoSuchLeg);
    let nobody = Command::Transfer { extension: ext("8999"), to: ext("8002") };
    refused(&mut w, nobody, Refusal::NoSuchExtension);
    let customer = customer_with_agent(&mut w);
    refused(&mut w, transfer("*62"), Refusal::NotAllowed);
    refused(&mut w, transfer("12345678"), Refusal::NotAllowed);
    assert_eq!(w.hears(customer), Hears::Party(w.at("8001")), "nothing was changed");
    all_hang_up(&mut w);
}

#[test]
fn the_caller_may_transfer_whom_it_called() {
    let mut w = World::new();
    w.dial("8001", "8002");
    w.run(s(5));
    let called = w.at("8002");
    assert_eq!(w.command(transfer("8003")), Ok(()));
    w.run(s(5));
    assert_eq!(w.hears(called), Hears::Party(w.at("8003")));
    w.hang_up(called);
    w.close();
}

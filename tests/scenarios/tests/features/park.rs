//! A call waits at a parking place, for anybody or for its time to be over.

use tipring_events::{AgentId, AgentState, Command, EventKind, Refusal, SegmentKind};
use tipring_test_scenarios::{Hears, World};

use crate::{all_hang_up, customer_with_agent, ext, quick, refused, s, talks};

fn park(place: Option<&str>) -> Command {
    Command::Park { extension: ext("8001"), place: place.map(ext) }
}

#[test]
fn parked_and_taken_by_dialling_the_place() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(park(None)), Ok(()));
    assert_eq!(w.hears(customer), Hears::Music);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    assert_eq!(w.live().calls[0].parked, Some(ext("*701")));
    w.run(s(20));
    let taker = w.dial("8002", "*701");
    w.run(s(1));
    assert_eq!((w.hears(customer), w.hears(taker)), (Hears::Party(taker), Hears::Party(customer)));
    w.run(s(4));
    w.hang_up(customer);
    assert_eq!(
        talks(&w, 1),
        [
            (SegmentKind::Talk, "1001".into(), 2),
            (SegmentKind::Park, "*701".into(), 20),
            (SegmentKind::Talk, "8002".into(), 5)
        ]
    );
    w.close();
}

#[test]
fn taken_by_the_web_and_by_code() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(park(Some("*705"))), Ok(()));
    let take = Command::Unpark { extension: ext("8002"), place: ext("*705") };
    assert_eq!(w.command(take), Ok(()));
    w.run(s(5));
    let taker = w.at("8002");
    assert_eq!(w.hears(customer), Hears::Party(taker));
    let again = Command::Park { extension: ext("8002"), place: None };
    assert_eq!(w.command(again), Ok(()));
    w.run(s(1));
    let taker = w.dial("8003", "*69*701");
    w.run(s(1));
    assert_eq!(w.hears(customer), Hears::Party(taker));
    all_hang_up(&mut w);
}

#[test]
fn after_its_time_it_rings_whoever_parked_it() {
    let mut w = World::new();
    w.phone("8001", quick());
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(park(None)), Ok(()));
    w.run(s(122));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8001")));
    let left = w.find(|e| match e {
        EventKind::CallUnparked { by, .. } => Some(*by),
        _ => None,
    });
    assert_eq!(left, Some(None));
    w.hang_up(customer);
    w.close();
}

#[test]
fn a_place_holds_one_call() {
    let mut w = World::new();
    refused(&mut w, park(None), Refusal::NoSuchLeg);
    let customer = customer_with_agent(&mut w);
    refused(&mut w, park(Some("*799")), Refusal::NoSuchPlace);
    let empty = Command::Unpark { extension: ext("8002"), place: ext("*701") };
    refused(&mut w, empty, Refusal::NoSuchPlace);
    assert_eq!(w.command(park(Some("*701"))), Ok(()));
    w.dial("8002", "8003");
    w.run(s(5));
    let taken = Command::Park { extension: ext("8002"), place: Some(ext("*701")) };
    refused(&mut w, taken, Refusal::NoSuchPlace);
    w.hang_up(customer);
    all_hang_up(&mut w);
}

#[test]
fn a_transfer_to_the_code_parks() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    let transfer = Command::Transfer { extension: ext("8001"), to: ext("*68") };
    assert_eq!(w.command(transfer), Ok(()));
    assert_eq!(w.hears(customer), Hears::Music);
    w.hang_up(customer);
    w.close();
}

//! An agent joins the customer with whoever was consulted, and leaves.

use tipring_events::{AgentId, AgentState, Command, SegmentKind};
use tipring_line::Cause;
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, Phone, World};

use crate::{customer_with_agent, ended, ext, quick, s, silent, talks};

fn consult() -> Command {
    Command::Consult { extension: ext("8001"), to: ext("8002") }
}

fn transfer() -> Command {
    Command::ConsultTransfer { extension: ext("8001") }
}

#[test]
fn the_customers_call_goes_on_and_the_consultation_ends() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(consult()), Ok(()));
    w.run(s(4));
    let (agent, expert) = (w.at("8001"), w.at("8002"));
    assert_eq!(w.command(transfer()), Ok(()));
    assert_eq!(
        (w.hears(customer), w.hears(expert)),
        (Hears::Party(expert), Hears::Party(customer))
    );
    assert!(!w.around.is_up(agent));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    assert_eq!(ended(&w), [2]);
    w.run(s(6));
    w.hang_up(expert);
    assert_eq!(
        talks(&w, 1),
        [
            (SegmentKind::Talk, "1001".into(), 2),
            (SegmentKind::Consult, "1001".into(), 4),
            (SegmentKind::Talk, "8002".into(), 6)
        ]
    );
    w.close();
}

#[test]
fn while_it_rings_the_customer_hears_it_ring() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(consult()), Ok(()));
    w.run(s(1));
    assert_eq!(w.command(transfer()), Ok(()));
    assert_eq!(w.hears(customer), Hears::Tone(Tone::Ringback));
    w.run(s(3));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")));
    w.hang_up(customer);
    w.close();
}

#[test]
fn one_that_never_answers_gives_the_call_back() {
    for phone in [silent(), Phone { rings_after: s(3), refuses: Some(Cause::Rejected), ..quick() }]
    {
        let mut w = World::new();
        w.phone("8002", phone);
        let customer = customer_with_agent(&mut w);
        assert_eq!(w.command(consult()), Ok(()));
        w.run(s(1));
        assert_eq!(w.command(transfer()), Ok(()));
        w.run(s(66));
        assert_eq!(w.hears(customer), Hears::Party(w.at("8001")));
        w.hang_up(customer);
        w.close();
    }
}

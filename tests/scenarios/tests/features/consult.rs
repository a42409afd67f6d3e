//! An agent consults somebody while the customer hears music: a call of its own.

use tipring_events::{Command, EventKind, Refusal, SegmentKind};
use tipring_line::Cause;
use tipring_test_scenarios::{Hears, Phone, World};

use crate::{customer_with_agent, ended, ext, quick, refused, s, talks};

fn consult(to: &str) -> Command {
    Command::Consult { extension: ext("8001"), to: ext(to) }
}

const SWAP: fn() -> Command = || Command::ConsultSwap { extension: ext("8001") };
const CANCEL: fn() -> Command = || Command::ConsultCancel { extension: ext("8001") };

#[test]
fn consult_swap_and_back() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    assert_eq!(w.command(consult("8002")), Ok(()));
    w.run(s(4));
    let expert = w.at("8002");
    assert_eq!((w.hears(customer), w.hears(agent)), (Hears::Music, Hears::Party(expert)));
    assert_eq!(w.command(SWAP()), Ok(()));
    assert_eq!((w.hears(expert), w.hears(agent)), (Hears::Music, Hears::Party(customer)));
    w.run(s(3));
    assert_eq!(w.command(SWAP()), Ok(()));
    w.run(s(2));
    assert_eq!((w.hears(customer), w.hears(agent)), (Hears::Music, Hears::Party(expert)));
    assert_eq!(w.command(CANCEL()), Ok(()));
    assert_eq!(w.hears(agent), Hears::Party(customer));
    w.run(s(2));
    assert!(!w.around.is_there(expert));
    w.hang_up(customer);
    let kinds: Vec<_> =
        talks(&w, 1).into_iter().map(|(kind, _, seconds)| (kind, seconds)).collect();
    assert_eq!(
        kinds,
        [
            (SegmentKind::Talk, 2),
            (SegmentKind::Consult, 4),
            (SegmentKind::Talk, 3),
            (SegmentKind::Consult, 2),
            (SegmentKind::Talk, 2)
        ]
    );
    assert_eq!(ended(&w), [2, 1]);
    w.close();
}

#[test]
fn who_is_busy_or_hangs_up_gives_the_customer_back() {
    let mut w = World::new();
    w.phone("8002", Phone { refuses: Some(Cause::UserBusy), ..Phone::default() });
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    assert_eq!(w.command(consult("8002")), Ok(()));
    w.run(s(2));
    assert_eq!(w.hears(agent), Hears::Party(customer));
    w.phone("8003", quick());
    assert_eq!(w.command(consult("8003")), Ok(()));
    w.run(s(2));
    w.hang_up(w.at("8003"));
    assert_eq!(w.hears(agent), Hears::Party(customer));
    w.hang_up(customer);
    w.close();
}

#[test]
fn the_customer_may_hang_up_meanwhile() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(consult("8002")), Ok(()));
    w.run(s(4));
    w.hang_up(customer);
    w.run(s(1));
    let (agent, expert) = (w.at("8001"), w.at("8002"));
    assert_eq!(w.hears(agent), Hears::Party(expert), "the two go on talking");
    refused(&mut w, SWAP(), Refusal::NoSuchLeg);
    w.hang_up(agent);
    w.close();
}

#[test]
fn who_hangs_up_while_consulting_joins_the_others() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    assert_eq!(w.command(consult("8002")), Ok(()));
    w.run(s(1));
    w.hang_up(w.at("8001"));
    w.run(s(5));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")), "even one that still rang");
    let moved = w.find(|e| match e {
        EventKind::CallTransferred { consulted, .. } => *consulted,
        _ => None,
    });
    assert_eq!(moved.map(|call| call.0), Some(2));
    w.hang_up(customer);
    w.close();
}

#[test]
fn one_consultation_at_a_time() {
    let mut w = World::new();
    w.phone("8002", quick());
    refused(&mut w, consult("8002"), Refusal::NoSuchLeg);
    let customer = customer_with_agent(&mut w);
    refused(&mut w, SWAP(), Refusal::NoSuchLeg);
    assert_eq!(w.command(consult("8002")), Ok(()));
    w.run(s(2));
    refused(&mut w, consult("8003"), Refusal::NotPossible);
    w.hang_up(customer);
    w.hang_up(w.at("8001"));
    w.close();
}

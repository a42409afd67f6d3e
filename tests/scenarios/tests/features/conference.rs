//! Three and more talk with each other.

use tipring_events::{Command, EventKind, Refusal, SegmentKind};
use tipring_test_scenarios::{Hears, World};

use crate::{all_hang_up, customer_with_agent, ended, ext, quick, refused, s, talks};

fn add(to: &str) -> Command {
    Command::ConferenceAdd { extension: ext("8001"), to: ext(to) }
}

#[test]
fn three_way_and_one_after_the_other_leaves() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    let consult = Command::Consult { extension: ext("8001"), to: ext("8002") };
    assert_eq!(w.command(consult), Ok(()));
    w.run(s(3));
    let expert = w.at("8002");
    assert_eq!(w.command(Command::Conference { extension: ext("8001") }), Ok(()));
    let mut others = vec![agent, expert];
    others.sort();
    assert_eq!(w.hears(customer), Hears::Conference(others));
    assert_eq!(ended(&w), [2], "the consultation is part of the customer's call now");
    let (left, mut right) = w.around.recorded(1);
    right.sort();
    let mut talkers = vec![agent, expert];
    talkers.sort();
    assert_eq!((left, right), (Some(customer), talkers));
    w.run(s(4));
    w.hang_up(expert);
    assert_eq!(w.hears(customer), Hears::Party(agent));
    w.run(s(2));
    w.hang_up(customer);
    assert_eq!(
        talks(&w, 1),
        [
            (SegmentKind::Talk, "1001".into(), 2),
            (SegmentKind::Consult, "1001".into(), 3),
            (SegmentKind::Conference, "1001".into(), 4),
            (SegmentKind::Talk, "1001".into(), 2)
        ]
    );
    w.close();
}

#[test]
fn many_join_and_the_first_may_leave() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    for to in ["8002", "8003", "8004"] {
        w.phone(to, quick());
        assert_eq!(w.command(add(to)), Ok(()));
        assert_eq!(w.run(s(3)), ());
    }
    let Hears::Conference(others) = w.hears(customer) else { panic!("no conference") };
    assert_eq!(others.len(), 4);
    let joined = w.all(|e| match e {
        EventKind::ConferenceJoined { party, .. } => Some(party.clone()),
        _ => None,
    });
    assert_eq!(joined, ["8002", "8003", "8004"]);
    w.hang_up(customer);
    w.run(s(1));
    let Hears::Conference(others) = w.hears(w.at("8002")) else { panic!("no conference") };
    assert_eq!(others.len(), 3, "the others talk on");
    all_hang_up(&mut w);
}

#[test]
fn who_holds_leaves_the_others_talking() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    assert_eq!(w.command(add("8002")), Ok(()));
    w.run(s(3));
    assert_eq!(w.command(Command::Hold { extension: ext("8001"), held: true }), Ok(()));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")));
    assert_eq!(w.hears(agent), Hears::Nothing);
    assert_eq!(w.command(Command::Hold { extension: ext("8001"), held: false }), Ok(()));
    assert!(matches!(w.hears(agent), Hears::Conference(_)));
    all_hang_up(&mut w);
}

#[test]
fn without_a_consultation_there_is_nobody_to_join() {
    let mut w = World::new();
    customer_with_agent(&mut w);
    let conference = Command::Conference { extension: ext("8001") };
    refused(&mut w, conference, Refusal::NoSuchLeg);
    refused(&mut w, add("12345"), Refusal::NotAllowed);
    all_hang_up(&mut w);
}

//! A phone takes the place of another leg by INVITE with Replaces: a call moves, or is picked up.

use tipring_events::{AgentId, AgentState, EventKind, SegmentKind};
use tipring_line::{Cause, ChannelCommand, ChannelId};
use tipring_test_scenarios::{Hears, Scripted, World, site};

use crate::{all_hang_up, customer_with_agent, ended, ext, quick, s, silent, talks};

/// A box on which 8001 and 8002 are of one pick-up group, and 8003 is a supervisor's.
fn grouped() -> World<Scripted> {
    let mut config = site();
    for at in [0, 1] {
        config.switch.extensions[at].features.pick_up_group = "desk".into();
    }
    config.switch.extensions[2].features.supervisor = true;
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002", "8003", "8004"] {
        w.set_registered(extension, true);
    }
    w
}

/// A phone at `by` asks for the place of `leg`; its channel.
fn replace(w: &mut World<Scripted>, leg: ChannelId, by: &str) -> ChannelId {
    let channel = w.around.new_sip_channel();
    let now = w.now();
    w.around.replace(now, channel, leg, ext(by));
    w.settle();
    channel
}

fn refused_for(w: &World<Scripted>, channel: ChannelId) -> Option<Cause> {
    w.around.told.iter().find_map(|(ch, command)| match command {
        ChannelCommand::Release(cause) if *ch == channel => Some(*cause),
        _ => None,
    })
}

#[test]
fn a_call_moves_between_two_phones_of_one_extension() {
    let mut w = grouped();
    let customer = customer_with_agent(&mut w);
    let first = w.at("8001");
    let second = replace(&mut w, first, "8001");
    w.run(s(1));
    assert_eq!(
        (w.hears(customer), w.hears(second)),
        (Hears::Party(second), Hears::Party(customer))
    );
    assert!(!w.around.is_there(first) && w.around.is_up(second));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking, "still the agent's call");
    assert_eq!(w.around.recorded(1), (Some(customer), vec![second]));
    w.run(s(9));
    w.hang_up(customer);
    w.close();
    assert_eq!(talks(&w, 1).len(), 1, "one stretch of talk");
}

#[test]
fn a_colleague_takes_the_call_and_the_agent_has_none() {
    let mut w = grouped();
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    let colleague = replace(&mut w, agent, "8002");
    w.run(s(1));
    assert_eq!(w.hears(customer), Hears::Party(colleague));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    let replaced = w.find(|e| match e {
        EventKind::LegReplaced { from, by, .. } => Some((*from, *by)),
        _ => None,
    });
    assert_eq!(replaced, Some((ext("8001"), ext("8002"))));
    w.run(s(4));
    w.hang_up(colleague);
    w.run(s(1));
    assert_eq!(ended(&w), [1]);
    let last = talks(&w, 1).pop().expect("a talk");
    assert_eq!((last.0, last.1.as_str()), (SegmentKind::Talk, "8002"));
    w.close();
}

#[test]
fn what_rings_there_is_picked_up() {
    let mut w = grouped();
    w.phone("8001", silent());
    let caller = w.trunk_call("13800138000", "8001");
    w.run(s(1));
    let ringing = w.at("8001");
    let taker = replace(&mut w, ringing, "8002");
    w.run(s(1));
    assert_eq!((w.hears(caller), w.hears(taker)), (Hears::Party(taker), Hears::Party(caller)));
    assert!(!w.around.is_there(ringing));
    all_hang_up(&mut w);
}

#[test]
fn the_callers_own_leg_moves_too() {
    let mut w = grouped();
    w.phone("8003", quick());
    let caller = w.dial("8001", "8003");
    w.run(s(3));
    let other = w.at("8003");
    let moved = replace(&mut w, caller, "8002");
    assert_eq!(w.hears(other), Hears::Party(moved));
    w.hang_up(other);
    w.run(s(1));
    assert!(!w.around.is_there(moved));
    w.close();
}

#[test]
fn strangers_and_legs_in_two_calls_are_refused() {
    let mut w = grouped();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    let stranger = replace(&mut w, agent, "8004");
    w.run(s(1));
    assert_eq!(refused_for(&w, stranger), Some(Cause::NotAuthorised));
    let outside = replace(&mut w, customer, "8003");
    w.run(s(1));
    assert_eq!(refused_for(&w, outside), Some(Cause::NotAuthorised), "no extension's leg");
    let consult = tipring_events::Command::Consult { extension: ext("8001"), to: ext("8002") };
    assert_eq!(w.command(consult), Ok(()));
    w.run(s(3));
    let late = replace(&mut w, agent, "8003");
    w.run(s(1));
    assert_eq!(refused_for(&w, late), Some(Cause::NormalUnspecified));
    let gone = replace(&mut w, ChannelId::sip_out(999), "8003");
    w.run(s(1));
    assert_eq!(refused_for(&w, gone), Some(Cause::NormalUnspecified));
    all_hang_up(&mut w);
}

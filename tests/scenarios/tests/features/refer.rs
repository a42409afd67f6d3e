//! SIP phones transfer by REFER, with Replaces where they have consulted.

use tipring_events::{AgentId, AgentState};
use tipring_line::{Cause, ChannelCommand, ChannelEvent, ChannelId};
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, Scripted, World};

use crate::{all_hang_up, customer_with_agent, ended, ext, quick, s, silent, tell};

fn refer(w: &mut World<Scripted>, channel: ChannelId, to: &str, consulted: Option<ChannelId>) {
    tell(w, channel, ChannelEvent::Transfer { to: ext(to), consulted });
}

/// What phones were told of their transfers.
fn told(w: &World<Scripted>) -> Vec<(ChannelId, Result<(), Cause>)> {
    let told = w.around.told.iter().filter_map(|(channel, command)| match command {
        ChannelCommand::Transferred(result) => Some((*channel, *result)),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_phone_is_told_once_the_target_has_answered() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    refer(&mut w, agent, "8002", None);
    w.run(s(1));
    assert!(w.around.is_up(agent) && told(&w).is_empty(), "the phone waits");
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking);
    w.run(s(4));
    assert_eq!(told(&w), [(agent, Ok(()))]);
    assert!(!w.around.is_there(agent));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8002")));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    w.hang_up(customer);
    w.close();
}

#[test]
fn a_phone_that_is_told_of_failure_has_its_call_back() {
    let mut w = World::new();
    w.phone("8002", silent());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    refer(&mut w, agent, "8002", None);
    w.run(s(61));
    assert_eq!(told(&w), [(agent, Err(Cause::NoAnswer))]);
    assert_eq!(w.hears(customer), Hears::Party(agent));
    w.hang_up(customer);
    w.close();
}

#[test]
fn a_phone_that_hangs_up_before_is_rung_again_on_failure() {
    let mut w = World::new();
    w.phone("8002", silent());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    refer(&mut w, agent, "8002", None);
    w.run(s(1));
    w.hang_up(agent);
    w.run(s(64));
    let again = w.at("8001");
    assert_ne!(again, agent);
    assert_eq!(w.hears(customer), Hears::Party(again));
    w.hang_up(customer);
    w.close();
}

#[test]
fn with_replaces_both_its_calls_become_one() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    tell(&mut w, agent, ChannelEvent::Held(true));
    let second = w.dial("8001", "8002");
    w.run(s(3));
    refer(&mut w, agent, "8002", Some(second));
    w.run(s(1));
    let expert = w.at("8002");
    assert_eq!(told(&w), [(agent, Ok(()))]);
    assert_eq!(
        (w.hears(customer), w.hears(expert)),
        (Hears::Party(expert), Hears::Party(customer))
    );
    assert!(!w.around.is_there(agent) && !w.around.is_there(second));
    assert_eq!(ended(&w), [2]);
    w.hang_up(customer);
    w.close();
}

#[test]
fn another_phones_call_cannot_be_named() {
    let mut w = World::new();
    w.phone("8002", quick());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    let stranger = w.dial("8003", "8002");
    w.run(s(3));
    refer(&mut w, agent, "8002", Some(stranger));
    assert_eq!(told(&w), [(agent, Err(Cause::NotAuthorised))]);
    assert_eq!(w.hears(customer), Hears::Party(agent));
    all_hang_up(&mut w);
}

#[test]
fn a_number_the_phone_may_not_call_is_no_target() {
    let mut w = World::new();
    let customer = w.trunk_call("13800138000", "8004");
    w.run(s(5));
    let phone = w.at("8004");
    refer(&mut w, phone, "913900139000", None);
    assert_eq!(told(&w), [(phone, Err(Cause::NotAuthorised))]);
    assert_eq!(w.hears(customer), Hears::Party(phone));
    all_hang_up(&mut w);
}

#[test]
fn a_phone_that_hangs_up_at_the_word_of_failure_is_rung_for_its_call() {
    let mut w = World::new();
    w.phone("8002", silent());
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    w.dial("8003", "8002");
    w.run(s(1));
    refer(&mut w, agent, "8002", None);
    assert_eq!(told(&w), [(agent, Err(Cause::UserBusy))]);
    w.hang_up(agent);
    w.run(s(1));
    assert_eq!(w.hears(customer), Hears::Tone(Tone::Ringback));
    w.run(s(4));
    let again = w.at("8001");
    assert_ne!(again, agent);
    assert_eq!(w.hears(customer), Hears::Party(again));
    assert!(!ended(&w).contains(&1), "one call all the time");
    all_hang_up(&mut w);
}

#[test]
fn a_person_who_hangs_up_after_a_failure_ends_the_call() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    w.dial("8003", "8002");
    w.run(s(5));
    refer(&mut w, agent, "8002", None);
    assert_eq!(told(&w), [(agent, Err(Cause::UserBusy))]);
    w.run(s(1));
    w.hang_up(agent);
    w.run(s(1));
    assert!(!w.around.is_there(customer));
    all_hang_up(&mut w);
}

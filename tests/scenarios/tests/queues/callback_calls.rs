//! Callbacks with their calls: the caller leaves and keeps the place, the agent is rung and then
//! the customer, or the customer first; what fails is tried again.

use tipring_acd::CallbackFirst;
use tipring_events::{AgentState, CallbackOutcome, EventKind, QueueOutcome};
use tipring_line::{Cause, ChannelId};
use tipring_test_scenarios::{Hears, Phone, number};

use crate::{Box, all_hang_up, call, desk, ready, rest, s, silent, state, waits};

/// A caller who has asked to be called back; nobody is ready yet.
fn asked(first: CallbackFirst) -> Box {
    let mut w = desk(1, |acd| {
        let queue = &mut acd.queues[0];
        queue.timeout_s = 600;
        queue.callback.first = first;
        queue.callback.prefix = "9".into();
        queue.callback.tries = 2;
        queue.callback.interval_s = 60;
    });
    rest(&mut w, 1);
    let caller = call(&mut w, "13800138000");
    w.run(s(10));
    w.press(caller, "3");
    w.run(s(1));
    assert!(!w.around.is_there(caller));
    assert_eq!(waits(&w)[0].1, QueueOutcome::CallbackRequested);
    w
}

fn ended(w: &Box) -> Vec<(CallbackOutcome, u32)> {
    w.all(|e| match e {
        EventKind::CallbackEnded { outcome, attempts, .. } => Some((*outcome, *attempts)),
        _ => None,
    })
}

/// The channel by which the customer is called.
fn outside(w: &Box) -> ChannelId {
    let channels = w.around.live_channels();
    let agent = channels.iter().find(|ch| **ch == w.at("8001"));
    *channels.iter().find(|ch| Some(*ch) != agent).expect("a call to the outside")
}

#[test]
fn the_agent_first_hears_the_customers_phone_and_then_the_customer() {
    let mut w = asked(CallbackFirst::Agent);
    ready(&mut w, 1);
    assert_eq!(state(&w, 1), AgentState::Offered);
    w.run(s(4));
    let agent = w.at("8001");
    assert_eq!(state(&w, 1), AgentState::Talking);
    w.run(s(4));
    assert_eq!(w.hears(agent), Hears::Party(outside(&w)));
    assert_eq!(ended(&w), [(CallbackOutcome::Reached, 1)]);
    w.hang_up(agent);
    w.run(s(12));
    assert_eq!(state(&w, 1), AgentState::Ready);
    all_hang_up(&mut w);
}

#[test]
fn a_click_at_the_same_moment_is_not_taken_for_it() {
    let mut w = asked(CallbackFirst::Agent);
    ready(&mut w, 1);
    let dial = tipring_events::Command::Dial {
        extension: number("8005"),
        to: number("8006"),
        account: None,
    };
    assert_eq!(w.command(dial), Ok(()));
    w.run(s(8));
    assert_eq!(ended(&w), [(CallbackOutcome::Reached, 1)]);
    assert_eq!(w.hears(w.at("8005")), Hears::Party(w.at("8006")));
    all_hang_up(&mut w);
}

#[test]
fn a_customer_who_is_not_reached_is_tried_again_and_then_given_up() {
    for first in [CallbackFirst::Agent, CallbackFirst::Customer] {
        let mut w = asked(first);
        w.around.outside = Phone { refuses: Some(Cause::UserBusy), ..Phone::default() };
        ready(&mut w, 1);
        w.run(s(30));
        assert_eq!(ended(&w), [], "{first:?}");
        assert_eq!(w.live().queues[0].callbacks[0].attempts, 1, "{first:?}");
        w.run(s(90));
        assert_eq!(ended(&w), [(CallbackOutcome::NotReached, 2)], "{first:?}");
        assert_eq!(state(&w, 1), AgentState::Ready);
        all_hang_up(&mut w);
    }
}

#[test]
fn an_agent_who_does_not_answer_costs_no_attempt() {
    let mut w = asked(CallbackFirst::Agent);
    w.phone("8001", silent());
    ready(&mut w, 1);
    w.run(s(22));
    assert_eq!(w.live().queues[0].callbacks[0].attempts, 0);
    assert_eq!(ended(&w), []);
    w.phone("8001", Phone::default());
    w.run(s(30));
    assert_eq!(ended(&w), [(CallbackOutcome::Reached, 1)]);
    all_hang_up(&mut w);
}

#[test]
fn the_customer_first_waits_at_the_kept_place() {
    let mut w = asked(CallbackFirst::Customer);
    let first = call(&mut w, "13900139000");
    w.run(s(5));
    let second = call(&mut w, "13700137000");
    w.run(s(5));
    // While the customer is being called, whoever is next talks: nobody waits for a telephone.
    ready(&mut w, 1);
    w.run(s(10));
    let agent = w.at("8001");
    assert_eq!(w.hears(agent), Hears::Party(first));
    let known = [agent, first, second];
    let customer = w.around.live_channels().into_iter().find(|ch| !known.contains(ch));
    let customer = customer.expect("called");
    assert!(w.around.is_up(customer), "the customer has answered");
    let queue = &w.live().queues[0];
    let places: Vec<_> = queue.waiting.iter().map(|w| (w.position, w.caller)).collect();
    let numbers = ["13800138000", "13700137000"].map(|n| Some(number(n)));
    assert_eq!(places, [(1, numbers[0]), (2, numbers[1])], "before who came later");
    w.hang_up(first);
    w.run(s(20));
    assert_eq!(w.hears(w.at("8001")), Hears::Party(customer));
    assert_eq!(ended(&w), [(CallbackOutcome::Reached, 1)]);
    w.hang_up(customer);
    w.run(s(20));
    assert_eq!(w.hears(w.at("8001")), Hears::Party(second));
    all_hang_up(&mut w);
}

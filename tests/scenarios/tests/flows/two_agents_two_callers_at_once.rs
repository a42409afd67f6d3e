//! Two callers and two agents at the same instant: each caller gets one agent, at once.

use tipring_events::OfferOutcome;
use tipring_line::{AnswerCertainty, CallerId, Cause, ChannelEvent};
use tipring_test_scenarios::{World, number};

use crate::{offers, queued_caller, s, waits};

#[test]
fn both_are_offered_in_the_same_instant() {
    let mut w = World::new();
    w.agent(1);
    w.agent(2);
    let callers: Vec<_> = (0..2).map(|_| w.around.new_sip_channel()).collect();
    for (n, caller) in callers.iter().enumerate() {
        let from = CallerId::from_number(number(&format!("1380013800{n}")));
        let now = w.now();
        w.around.offer(now, *caller, Some(number("600")), from, Some(0), None);
    }
    w.run(s(4));
    let answered = |call, agent| (call, agent, OfferOutcome::Answered, 3000);
    assert_eq!(offers(&w), [answered(1, 1), answered(2, 2)]);
    assert!(waits(&w).iter().all(|wait| wait.2 == 3000));
    for caller in callers {
        w.hang_up(caller);
    }
    w.close();
}

#[test]
fn two_agents_become_free_in_the_same_instant() {
    let mut w = World::new();
    w.agent(1);
    w.agent(2);
    let talking = [queued_caller(&mut w, "13800138000"), queued_caller(&mut w, "13800138001")];
    w.run(s(10));
    let waiting = [queued_caller(&mut w, "13800138002"), queued_caller(&mut w, "13800138003")];
    w.run(s(10));
    let now = w.now();
    for caller in talking {
        w.around.hang_up(now, caller, Cause::NormalClearing);
    }
    w.run(s(14));
    let later: Vec<_> = offers(&w)[2..].iter().map(|o| (o.0, o.2)).collect();
    assert_eq!(later, [(3, OfferOutcome::Answered), (4, OfferOutcome::Answered)]);
    for caller in waiting {
        w.hang_up(caller);
    }
    w.close();
}

#[test]
fn the_longest_idle_agent_is_offered_first() {
    let mut w = World::new();
    for n in 1..=3 {
        w.agent(n);
        w.run(s(1));
    }
    // Agents 1, 2, 3 take a call each, and end them in the order 2, 3, 1.
    let callers: Vec<_> =
        (0..3).map(|n| queued_caller(&mut w, &format!("1380013800{n}"))).collect();
    w.run(s(10));
    for at in [1, 2, 0] {
        w.hang_up(callers[at]);
        w.run(s(2));
    }
    w.run(s(20));
    for n in 0..3 {
        queued_caller(&mut w, &format!("1390013900{n}"));
    }
    w.run(s(10));
    let agents: Vec<_> = offers(&w).iter().map(|o| o.1).collect();
    assert_eq!(agents, [1, 2, 3, 2, 3, 1]);
}

#[test]
fn an_answer_that_crosses_the_hang_up_connects_nobody() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(2));
    let (agent, now) = (w.at("8001"), w.now());
    w.around.hang_up(now, caller, Cause::NormalClearing);
    w.around.soon(now, agent, s(0), ChannelEvent::Answered(AnswerCertainty::Signalled));
    w.settle();
    assert_eq!(offers(&w), [(1, 1, OfferOutcome::Cancelled, 2200)]);
    w.close();
}

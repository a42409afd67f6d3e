//! The parties hear that their call is recorded before they talk, where a rule says so.

use tipring_events::{AgentId, AgentState, EventKind};
use tipring_line::ChannelId;
use tipring_switch::RecordingRule;
use tipring_test_scenarios::{Hears, Scripted, World, site};

use crate::{all_hang_up, quick, s, talks};

const NOTICE: &str = "recording-notice";

fn announcing(rules: &[RecordingRule]) -> World<Scripted> {
    let mut config = site();
    config.switch.recording.announce = rules.to_vec();
    config.switch.recording.internal = true;
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002"] {
        w.set_registered(extension, true);
        w.phone(extension, quick());
    }
    w
}

/// A customer whom agent 1 has just answered.
fn answered(w: &mut World<Scripted>) -> (ChannelId, ChannelId) {
    w.agent(1);
    let customer = w.trunk_call("13800138000", "95588");
    w.press(customer, "1");
    w.run(s(2));
    (customer, w.at("8001"))
}

fn announced(w: &World<Scripted>) -> usize {
    w.all(|e| matches!(e, EventKind::RecordingAnnounced { .. }).then_some(())).len()
}

#[test]
fn both_hear_it_and_then_talk_and_only_then_it_is_recorded() {
    let mut w = announcing(&[RecordingRule::Queue]);
    let (customer, agent) = answered(&mut w);
    assert!(w.hears_prompt(customer, NOTICE) && w.hears_prompt(agent, NOTICE));
    assert_eq!(w.around.recorded(1), (None, vec![]));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Talking);
    w.run(s(3));
    assert_eq!((w.hears(customer), w.hears(agent)), (Hears::Party(agent), Hears::Party(customer)));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    assert_eq!(announced(&w), 1);
    w.hang_up(customer);
    w.close();
    assert_eq!(talks(&w, 1).len(), 1, "the notice is part of the talk");
}

#[test]
fn either_may_hang_up_meanwhile() {
    for caller_does in [true, false] {
        let mut w = announcing(&[RecordingRule::Queue]);
        let (customer, agent) = answered(&mut w);
        w.hang_up(if caller_does { customer } else { agent });
        w.run(s(1));
        assert!(!w.around.is_there(customer) && !w.around.is_there(agent));
        assert_eq!((announced(&w), w.around.recordings_closed), (0, 0));
        w.close();
    }
}

#[test]
fn only_by_the_rules_that_say_so_and_only_once_a_call() {
    let mut w = announcing(&[RecordingRule::Outgoing]);
    let (customer, agent) = answered(&mut w);
    assert_eq!(w.hears(customer), Hears::Party(agent), "queues are not among them");
    w.hang_up(customer);
    w.run(s(20));
    let caller = w.dial("8001", "8002");
    w.run(s(2));
    assert_eq!(w.hears(caller), Hears::Party(w.at("8002")), "nor are inside calls");
    w.hang_up(caller);
    w.run(s(1));
    let caller = w.dial("8002", "913900139000");
    w.run(s(4));
    assert!(w.hears_prompt(caller, NOTICE));
    w.run(s(4));
    assert_eq!(announced(&w), 1);
    all_hang_up(&mut w);
}

#[test]
fn a_flow_that_has_said_it_is_enough() {
    let mut w = {
        let mut config = site();
        config.switch.recording.announce = vec![RecordingRule::Queue];
        if let Some(tipring_ivr::Node::Play { say, .. }) = config.flows[0].nodes.get_mut("welcome")
        {
            say.push(NOTICE.to_owned());
        }
        World::with(config, Scripted::default())
    };
    w.set_registered("8001", true);
    w.phone("8001", quick());
    w.agent(1);
    let customer = w.trunk_call("13800138000", "95588");
    w.run(s(5));
    w.press(customer, "1");
    w.run(s(3));
    assert_eq!(w.hears(customer), Hears::Party(w.at("8001")));
    assert_eq!(announced(&w), 0);
    all_hang_up(&mut w);
}

//! The command to hang up ends all legs; a call that is gone is refused.

use tipring_events::{AgentId, AgentState, Command, Party, QueueOutcome, Refusal};
use tipring_line::{CallId, ChannelEvent};
use tipring_switch::MediaEvent;
use tipring_test_scenarios::World;

use crate::{endings, queued_caller, s, waits};

#[test]
fn while_talking() {
    let mut w = World::new();
    w.agent(1);
    queued_caller(&mut w, "13800138000");
    w.run(s(10));
    assert_eq!(w.command(Command::HangUp { call: CallId(1), by: String::new() }), Ok(()));
    assert_eq!(endings(&w)[0].2, Party::Box);
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    assert_eq!(
        w.command(Command::HangUp { call: CallId(1), by: String::new() }),
        Err(Refusal::NoSuchCall)
    );
    w.close();
}

#[test]
fn while_waiting() {
    let mut w = World::new();
    w.agent(1);
    queued_caller(&mut w, "13800138000");
    w.run(s(1));
    assert_eq!(w.command(Command::HangUp { call: CallId(1), by: String::new() }), Ok(()));
    assert_eq!(waits(&w), [(1, QueueOutcome::Interrupted, 1200)]);
    w.close();
}

#[test]
fn a_peer_that_sends_nothing_any_more_is_gone() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(10));
    let (now, wall) = (w.now(), tipring_clock::WallTime::default());
    w.core.media_event(now, wall, MediaEvent::RtpStopped { ch: caller });
    w.settle();
    assert_eq!(endings(&w)[0].2, Party::Caller);
    w.core.channel_event(now, wall, caller, ChannelEvent::Ringing);
    w.close();
}

//! A supervisor makes an agent not ready, or logs one out; the agent is told why.

use tipring_acd::ReasonConfig;
use tipring_events::{AgentId, AgentState, Command, EventKind, Refusal};

use crate::{Box, agent, all_hang_up, call, desk, s, state};

fn not_ready(w: &mut Box) -> Result<(), Refusal> {
    let (agent, reason) = (AgentId(1), "training".to_owned());
    w.command(Command::ForceNotReady { agent, reason, by: "boss".into() })
}

fn log_out(w: &mut Box) -> Result<(), Refusal> {
    let (agent, reason) = (AgentId(1), "shift is over".to_owned());
    w.command(Command::ForceLogOut { agent, reason, by: "boss".into() })
}

#[test]
fn not_ready_whatever_the_queue_says_of_leave() {
    let mut w = desk(1, |acd| {
        acd.queues[0].breaks_need_leave = true;
        let key = "training".to_owned();
        acd.reasons = vec![ReasonConfig { key, needs_leave: true, ..ReasonConfig::default() }];
    });
    assert_eq!(not_ready(&mut w), Ok(()));
    assert_eq!((state(&w, 1), agent(&w, 1).reason.as_str()), (AgentState::NotReady, "training"));
    let forced = w.find(|e| match e {
        EventKind::AgentForced { by, state, .. } => Some((by.clone(), *state)),
        _ => None,
    });
    assert_eq!(forced, Some(("boss".into(), AgentState::NotReady)));
    all_hang_up(&mut w);
}

#[test]
fn who_talks_becomes_so_after_the_call_and_a_log_out_leaves_the_call_alone() {
    let mut w = desk(1, |_| {});
    let caller = call(&mut w, "13800138000");
    w.run(s(5));
    assert_eq!(not_ready(&mut w), Ok(()));
    assert_eq!(state(&w, 1), AgentState::Talking);
    assert_eq!(log_out(&mut w), Ok(()));
    assert_eq!(
        (state(&w, 1), agent(&w, 1).reason.as_str()),
        (AgentState::LoggedOut, "shift is over")
    );
    assert!(w.around.is_up(caller), "the call goes on");
    assert_eq!(log_out(&mut w), Err(Refusal::NotLoggedIn));
    all_hang_up(&mut w);
}

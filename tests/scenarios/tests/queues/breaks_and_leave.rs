//! Not-ready reasons have time limits; a break may need a supervisor's leave.

use tipring_acd::ReasonConfig;
use tipring_events::{AgentId, AgentState, Command, EventKind, Refusal};

use crate::{Box, agent, all_hang_up, desk, rest, s, state};

fn with_reasons() -> Box {
    desk(2, |acd| {
        acd.queues[0].breaks_need_leave = true;
        acd.reasons = vec![
            ReasonConfig { key: "lunch".into(), limit_s: 1800, ..ReasonConfig::default() },
            ReasonConfig { key: "smoke".into(), needs_leave: true, ..ReasonConfig::default() },
        ];
    })
}

fn smoke(w: &mut Box) -> Result<(), Refusal> {
    w.command(Command::AgentNotReady { agent: AgentId(1), reason: "smoke".into() })
}

fn decide(w: &mut Box, granted: bool) -> Result<(), Refusal> {
    w.command(Command::AgentLeave { agent: AgentId(1), granted, by: "boss".into() })
}

#[test]
fn a_reason_has_a_time_limit() {
    let mut w = with_reasons();
    rest(&mut w, 1);
    let overdue = |w: &Box| {
        w.all(|e| match e {
            EventKind::AgentOverdue { agent, limit_ms, .. } => Some((agent.0, *limit_ms)),
            _ => None,
        })
    };
    let shown = agent(&w, 1);
    assert_eq!(shown.until_ms, Some(shown.since_ms + 1_800_000), "the page counts down to it");
    w.run(s(1799));
    assert_eq!(overdue(&w), []);
    w.run(s(1));
    assert_eq!(overdue(&w), [(1, 1_800_000)]);
    assert_eq!(state(&w, 1), AgentState::NotReady, "who is late is shown so, and not thrown out");
    w.run(s(7200));
    assert_eq!(overdue(&w).len(), 1, "once a break");
    all_hang_up(&mut w);
}

#[test]
fn leave_is_asked_for_and_granted() {
    let mut w = with_reasons();
    assert_eq!(smoke(&mut w), Err(Refusal::LeaveAsked));
    assert_eq!(smoke(&mut w), Err(Refusal::LeaveAsked), "asked twice is asked once");
    assert_eq!(state(&w, 1), AgentState::Ready);
    assert_eq!(agent(&w, 1).leave_asked.as_deref(), Some("smoke"));
    let asked = w.all(|e| matches!(e, EventKind::LeaveAsked { .. }).then_some(()));
    assert_eq!(asked.len(), 1);
    assert_eq!(decide(&mut w, true), Ok(()));
    assert_eq!(state(&w, 1), AgentState::NotReady);
    assert_eq!(agent(&w, 1).reason, "smoke");
    assert_eq!(decide(&mut w, true), Err(Refusal::NotPossible), "nothing is asked any more");
    all_hang_up(&mut w);
}

#[test]
fn leave_is_refused() {
    let mut w = with_reasons();
    assert_eq!(smoke(&mut w), Err(Refusal::LeaveAsked));
    assert_eq!(decide(&mut w, false), Ok(()));
    assert_eq!((state(&w, 1), agent(&w, 1).leave_asked), (AgentState::Ready, None));
    all_hang_up(&mut w);
}

#[test]
fn where_the_queue_does_not_say_so_no_leave_is_needed() {
    let mut w = desk(1, |acd| {
        let key = "smoke".to_owned();
        acd.reasons = vec![ReasonConfig { key, needs_leave: true, ..ReasonConfig::default() }];
    });
    assert_eq!(smoke(&mut w), Ok(()));
    assert_eq!(state(&w, 1), AgentState::NotReady);
    all_hang_up(&mut w);
}

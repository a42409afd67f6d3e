//! A caller from the street is greeted, guided, queued, connected and recorded.

use tipring_clock::Duration;
use tipring_events::{AgentId, AgentState, EventKind, Party, QueueOutcome, SegmentKind};
use tipring_line::Disposition;
use tipring_test_scenarios::{Hears, World};

#[test]
fn from_the_street_to_an_agent_and_into_the_records() {
    let mut w = World::new();
    w.agent(1);
    let caller = w.line_call("13800138000");
    assert!(!w.around.is_up(caller), "the caller id comes before the answer");
    w.run(Duration::from_millis(1500));
    assert!(w.around.is_up(caller) && w.hears_prompt(caller, "greeting"));
    w.run(Duration::from_secs(2));
    assert!(w.hears_prompt(caller, "menu-main"));
    w.run(Duration::from_secs(3));
    assert_eq!(w.hears(caller), Hears::Nothing, "the menu waits for a key");
    w.press(caller, "1");
    assert!(w.hears_prompt(caller, "queue-wait"));
    w.run(Duration::from_secs(3));
    let agent = w.at("8001");
    assert_eq!(w.hears(caller), Hears::Party(agent));
    assert_eq!(w.hears(agent), Hears::Party(caller));
    assert_eq!(w.live().agents[0].state, AgentState::Talking);
    assert!(w.live().calls[0].recording);
    w.run(Duration::from_secs(30));
    w.hang_up(caller);
    w.run(Duration::from_secs(1));
    assert!(!w.around.is_there(agent), "the agent's side is released");
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::WrapUp);
    w.run(Duration::from_secs(10));
    assert_eq!(w.ledger.agent_state(AgentId(1)), AgentState::Ready);

    let ms_and_kind =
        |(kind, handler, ms): &(SegmentKind, String, u64)| format!("{kind:?} {handler} {ms}");
    let segments: Vec<_> = w.segments(1).iter().map(ms_and_kind).collect();
    assert_eq!(segments, ["Ivr main 6500", "Queue service 0", "Ring 1001 3000", "Talk 1001 30200"],);
    let left = w.all(|e| match e {
        EventKind::QueueLeft { outcome, wait_ms, agent, .. } => Some((*outcome, *wait_ms, *agent)),
        _ => None,
    });
    assert_eq!(left, [(QueueOutcome::Answered, 3000, Some(AgentId(1)))]);
    let ended = w.find(|e| match e {
        EventKind::CallEnded { by, disposition, .. } => Some((*by, *disposition)),
        _ => None,
    });
    assert_eq!(ended, Some((Party::Caller, Disposition::Answered)));
    let path = w.find(|e| match e {
        EventKind::RecordingEnded { path, duration_ms, .. } => Some((path.clone(), *duration_ms)),
        _ => None,
    });
    assert_eq!(path, Some(("2026/11/21/1.wav".to_owned(), 30200)));
    w.close();
}

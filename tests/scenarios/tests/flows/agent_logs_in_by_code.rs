//! `*61` and work number, `#`, password, `#`: in one string or key by key; right, wrong, locked.

use tipring_events::{AgentId, AgentState, EventKind, Party};
use tipring_test_scenarios::World;

use crate::{endings, s};

fn state(w: &World, n: u32) -> AgentState {
    w.ledger.agent_state(AgentId(n))
}

#[test]
fn dialled_as_one_string() {
    let mut w = World::new();
    let phone = w.dial("8001", "*611001#4321#");
    assert!(w.hears_prompt(phone, "agent-logged-in"));
    assert_eq!(state(&w, 1), AgentState::Ready);
    w.run(s(3));
    assert_eq!(endings(&w)[0].2, Party::Box);
    let called = w.find(|e| match e {
        EventKind::CallBegan { called, .. } => Some(*called),
        _ => None,
    });
    assert_eq!(called.flatten().map(|n| n.to_string()).as_deref(), Some("*61"));
    assert!(!format!("{:?}", w.log).contains("4321"), "the password is in no log");
    w.close();
}

#[test]
fn key_by_key() {
    let mut w = World::new();
    let phone = w.dial("8002", "*61");
    assert!(w.hears_prompt(phone, "agent-enter-number"));
    w.press(phone, "1001#");
    assert!(w.hears_prompt(phone, "agent-enter-password"));
    w.press(phone, "4321#");
    assert!(w.hears_prompt(phone, "agent-logged-in"));
    assert_eq!(state(&w, 1), AgentState::Ready);
    assert!(!format!("{:?}", w.log).contains("KeyPressed"), "keys of a password are not logged");
    w.close();
}

#[test]
fn without_keys_the_dialogue_ends() {
    let mut w = World::new();
    let phone = w.dial("8001", "*61");
    w.run(s(13));
    assert!(!w.around.is_there(phone));
    w.close();
}

#[test]
fn wrong_password_and_wrong_number_sound_alike() {
    let mut w = World::new();
    for dialled in ["*611001#0000#", "*619999#4321#"] {
        let phone = w.dial("8001", dialled);
        assert!(w.hears_prompt(phone, "agent-wrong-password"));
        w.run(s(3));
    }
    assert_eq!(state(&w, 1), AgentState::LoggedOut);
    let refused = w.all(|e| match e {
        EventKind::AgentRefused { work_number, .. } => Some(work_number.clone()),
        _ => None,
    });
    assert_eq!(refused, ["1001", "9999"]);
}

#[test]
fn five_wrong_passwords_lock_for_five_minutes() {
    let mut w = World::new();
    for n in 1..=5 {
        let phone = w.dial("8001", "*611001#0000#");
        let expected = if n < 5 { "agent-wrong-password" } else { "agent-locked" };
        assert!(w.hears_prompt(phone, expected), "{n}");
        w.run(s(3));
    }
    let phone = w.dial("8001", "*611001#4321#");
    assert!(w.hears_prompt(phone, "agent-locked"), "the right password does not help");
    w.run(s(300));
    let phone = w.dial("8001", "*611001#4321#");
    assert!(w.hears_prompt(phone, "agent-logged-in"));
    w.close();
}

#[test]
fn a_seat_is_one_agents() {
    let mut w = World::new();
    w.agent(1);
    let phone = w.dial("8001", "*611002#4322#");
    assert!(w.hears_prompt(phone, "feature-failed"));
    assert_eq!(state(&w, 2), AgentState::LoggedOut);
    w.run(s(3));
    // The agent moves to another desk; the old one is free then.
    w.dial("8003", "*611001#4321#");
    w.run(s(3));
    w.dial("8001", "*611002#4322#");
    w.run(s(3));
    let at: Vec<_> = w.live().agents.iter().map(|a| a.extension.map(|e| e.to_string())).collect();
    assert_eq!(at, [Some("8003".to_owned()), Some("8001".to_owned()), None]);
    w.close();
}

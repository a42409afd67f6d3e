//! Agents at real phones: log in and out, ready and not ready, by feature code.

use tipring_test_peers::acts;
use tipring_test_peers::alike::{assert_heard, find};
use tipring_test_peers::site::{AGENTS, Site};
use tipring_test_peers::speech::{prompt, silence};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

/// A prompt but for its last fifth of a second, which is still in the phone's jitter buffer when
/// the box hangs up.
fn said(name: &str) -> Vec<i16> {
    let mut prompt = prompt("en", name);
    prompt.truncate(prompt.len() - 1600);
    prompt
}

#[test]
fn feature_codes_change_an_agents_state_and_say_so() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let mut phone = acts::phone(&tipring, "8001", &silence(60_000));
    let (work_number, password) = AGENTS[0];
    let calls = [
        (format!("*61{work_number}#9999#"), "logged-out", "agent-wrong-password"),
        (format!("*61{work_number}#{password}#"), "ready", "agent-logged-in"),
        ("*64".to_owned(), "not-ready", "agent-not-ready"),
        ("*63".to_owned(), "ready", "agent-ready"),
        ("*62".to_owned(), "logged-out", "agent-logged-out"),
    ];
    for (count, (dialled, state, says)) in calls.into_iter().enumerate() {
        phone.call(&dialled);
        phone.ended(count + 1);
        api.wait_agent(work_number, state);
        // The phone keeps one sound for each second in which a call began, so this cannot wait
        // until the end.
        let said = said(says);
        wait_until(&format!("{says} is heard"), 5, || {
            (find(&said, &phone.heard()).correlation > 0.9).then_some(())
        });
    }
}

#[test]
fn an_agent_who_dials_the_bare_code_is_asked() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let mut phone = acts::phone(&tipring, "8002", &silence(60_000));
    let (work_number, password) = AGENTS[1];
    phone.call("*61");
    phone.press(&format!("{work_number}#"));
    phone.press(&format!("{password}#"));
    phone.ended(1);
    api.wait_agent(work_number, "ready");
    assert_heard("the last word", &said("agent-logged-in"), &phone.heard());
}

#[test]
fn one_extension_is_for_one_agent() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let mut phone = acts::phone(&tipring, "8001", &silence(60_000));
    for (count, (work_number, password)) in AGENTS.into_iter().enumerate() {
        phone.call(&format!("*61{work_number}#{password}#"));
        phone.ended(count + 1);
    }
    api.wait_agent("1001", "ready");
    api.wait_agent("1002", "logged-out");
}

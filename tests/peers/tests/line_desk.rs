//! What a technician does at the command line while the box runs: testing a line, and having its
//! release tone learnt.

use tipring_test_peers::process::Process;
use tipring_test_peers::site::Site;
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::Deadline;

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn an_idle_line_is_measured_and_judged_in_both_languages() {
    let tipring = TestBox::start(&Site::default());
    let output = tipring.tipring(&["line", "test", "fxo-2"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.starts_with("fxo-2: 线路正常"), "{said}");
    for part in ["dial tone", "450 Hz", "dBm0p", "echo return loss"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let output = tipring.tipring(&["line", "test", "fxo-9"]);
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("no exchange line `fxo-9`; it has fxo-1, fxo-2"), "{said}");
}

#[test]
fn a_release_tone_is_learnt_kept_and_used() {
    let tipring = TestBox::start(&Site::default());
    let learning = Process::start(
        "tipring line learn",
        &mut tipring.tipring_command(&["line", "learn", "fxo-1"]),
    );
    let asked = learning
        .lines()
        .wait_for(Deadline::seconds(5), |l| l.contains("from a mobile").then_some(()));
    assert!(asked.is_some(), "{}", learning.lines().text());
    let call = tipring.tipring(&["sim", "call", "--line", "fxo-1", "--for", "3s"]);
    assert!(call.status.success(), "{}", text(&call.stderr));
    let learnt = learning
        .lines()
        .wait_for(Deadline::seconds(20), |l| l.contains("450 Hz, 35").then_some(()));
    assert!(learnt.is_some(), "{}", learning.lines().text());
    let kept = text(&tipring.tipring(&["config", "export"]).stdout);
    let line = kept.split("[[line]]").find(|entry| entry.contains("fxo-1")).expect("the line");
    assert!(line.contains("[[line.learnt]]") && line.contains("450"), "{line}");
    let call = tipring.tipring(&["sim", "call", "--line", "fxo-1", "--for", "3s"]);
    assert!(call.status.success(), "{}", text(&call.stderr));
}

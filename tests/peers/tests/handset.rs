//! Telephone features from an analog handset, by its hook and its keys, through the whole box: the
//! sound of its two wires, the signalling, the switch, and real phones at the other ends.

use std::path::PathBuf;
use std::time::Duration;

use tipring_test_peers::acts::{self, talker};
use tipring_test_peers::alike::assert_heard;
use tipring_test_peers::party::{Party, phrase};
use tipring_test_peers::process::Process;
use tipring_test_peers::site::Site;
use tipring_test_peers::speech::{self, again_and_again};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::{Deadline, speak_for};
use tipring_test_peers::wav;

const HANDSET: &str = "8005";
const B: &str = speech::CALLEE;
const C: &str = speech::STRANGER;

/// Somebody at the handset, who says a phrase again and again in each call.
struct Handset {
    process: Process,
    heard: PathBuf,
}

impl Handset {
    fn at(tipring: &TestBox, says: &[i16], arguments: &[&str]) -> Self {
        let folder = tipring.state();
        let (say, heard) = (folder.join("handset-says.wav"), folder.join("handset-heard.wav"));
        std::fs::write(&say, wav::write(&again_and_again(says, 0, 10))).expect("a temporary file");
        let mut command = tipring.tipring_command(&["sim", "handset", "--port", "fxs-1"]);
        command.args(arguments).arg("--say").arg(say).arg("--hear").arg(&heard);
        Handset { process: Process::start("tipring sim handset", &mut command), heard }
    }

    #[track_caller]
    fn told(&self, what: &str) {
        let lines = self.process.lines();
        let told = lines.wait_for(Deadline::seconds(20), |l| l.contains(what).then_some(()));
        told.unwrap_or_else(|| panic!("never told {what:?}:\n{}", lines.text()));
    }

    /// What it heard in all, once it has been put back.
    #[track_caller]
    fn heard(mut self) -> Vec<i16> {
        let status = self.process.wait(60);
        assert!(status.success(), "{status}: {}", self.process.lines().text());
        let bytes = std::fs::read(&self.heard).expect("what was heard");
        wav::read(&bytes).expect("a WAV").swap_remove(0)
    }
}

fn start() -> TestBox {
    TestBox::start(&Site { handset: true, ..Site::default() })
}

#[test]
fn consults_by_its_hook_and_joins_the_two_by_hanging_up() {
    let tipring = start();
    let api = tipring.api();
    let (said, said_b, said_c) = (phrase(speech::CALLER), phrase(B), phrase(C));
    let mut b = talker(&tipring, "8002", &said_b);
    let mut c = talker(&tipring, "8003", &said_c);
    let keys = ["--dial", "8002", "--press", "R@5s", "--press", "8003@7s", "--for", "17s"];
    let handset = Handset::at(&tipring, &said, &keys);
    b.answer(1);
    c.answer(1);
    let heard = handset.heard();
    for (what, said) in [("the called party", &said_b), ("who was consulted", &said_c)] {
        assert_heard(what, said, &heard);
    }
    let call = api.wait_live("the two talk", 10, |live| {
        let calls = live["calls"].as_array()?;
        let [call] = &calls[..] else { return None };
        (call["parties"].as_array()?.len() == 2).then(|| call["call"].clone())
    });
    speak_for(Duration::from_secs(4));
    b.hang_up();
    c.ended(1);
    api.wait_no_calls();
    assert_heard("the handset by the called party", &said, &b.heard());
    assert_heard("who was consulted by the called party", &said_c, &b.heard());
    assert_heard("the handset by who was consulted", &said, &c.heard());
    assert_heard("the called party by who was consulted", &said_b, &c.heard());
    let call = api.json(&format!("/api/calls/{call}"));
    let kinds = acts::segment_kinds(&call);
    assert!(kinds.contains(&"consult"), "{kinds:?}");
}

#[test]
fn answers_holds_consults_and_joins_three() {
    let tipring = start();
    let api = tipring.api();
    let (said, said_c) = (phrase(B), phrase(C));
    let mut c = talker(&tipring, "8003", &said_c);
    let keys = ["R@8s", "8003@10s", "R@17s", "3@18500ms"];
    let mut arguments: Vec<&str> = keys.iter().flat_map(|key| ["--press", *key]).collect();
    arguments.extend(["--for", "34s"]);
    let handset = Handset::at(&tipring, &said, &arguments);
    let mut a = Party::dials(&tipring, "8001", HANDSET);
    handset.told("its display shows 8001");
    a.answered();
    a.hears("the handset", &said);
    a.hears_music();
    c.answer(1);
    a.hears_among(2, "who was consulted", &said_c);
    a.hears_among(2, "the handset, with them", &said);
    let heard = handset.heard();
    assert_heard("who was consulted by the handset", &said_c, &heard);
    a.hears("who was consulted, when the handset has left", &said_c);
    a.hang_up();
    c.ended(1);
    api.wait_no_calls();
}

#[test]
fn what_cannot_be_is_one_clear_line() {
    let tipring = start();
    let told = |arguments: &[&str]| {
        let all = [&["sim", "handset"], arguments].concat();
        let output = tipring.tipring(&all);
        assert!(!output.status.success(), "{all:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (arguments, line) in [
        (&["--port", "fxs-9"][..], "the board has no simulated handset `fxs-9`; it has fxs-1"),
        (&["--port", "fxs-1", "--dial", "80x2"][..], "`x` of `80x2` is no key of a telephone"),
        (&["--port", "fxs-1", "--press", "R@soon"][..], "`soon` is no time"),
    ] {
        assert!(told(arguments).contains(line), "{}", told(arguments));
    }
}

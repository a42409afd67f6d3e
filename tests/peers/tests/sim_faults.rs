//! The simulated exchange made faulty from the command line, and what the box makes of it.

use std::process::Output;

use tipring_test_peers::site::Site;
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

fn set(tipring: &TestBox, arguments: &[&str]) -> Output {
    tipring.tipring(&[&["sim", "set"], arguments].concat())
}

#[test]
fn what_is_set_is_shown_and_taken_back() {
    let tipring = TestBox::start(&Site::default());
    let shown = done(&tipring.tipring(&["sim", "show"]));
    assert_eq!(shown.lines().next(), Some("fxo-1    as usual"), "{shown}");
    let told = done(&set(
        &tipring,
        &["--line", "fxo-1", "--cadence", "-20", "--caller-id", "none", "--level", "6"],
    ));
    assert_eq!(told, "fxo-1    caller-id none, cadence -20 %, level +6 dB\n");
    done(&set(&tipring, &["--line", "fxo-2", "--hum", "-30", "--echo", "far", "--seed", "7"]));
    let shown = done(&tipring.tipring(&["sim", "show"]));
    assert!(shown.contains(&told), "{shown}");
    assert!(shown.contains("fxo-2    hum -30 dBm0, echo far, seed 7"), "{shown}");
    let all = done(&set(&tipring, &["--line", "all", "--usual"]));
    assert!(all.lines().count() >= 2 && all.lines().all(|l| l.ends_with("as usual")), "{all}");
}

#[test]
fn what_cannot_be_set_is_refused_with_what_can() {
    let tipring = TestBox::start(&Site::default());
    for (arguments, words) in [
        (&["--line", "fxo-9", "--cut", "on"][..], "no exchange line `fxo-9`; it has fxo-1, fxo-2"),
        (&["--line", "fxo-1"], "say what line fxo-1 is to be like"),
        (&["--line", "fxo-1", "--level", "9"], "-6..=6"),
        (&["--line", "fxo-1", "--echo", "hall"], "subscriber, balanced, loaded"),
        (&["--cut", "on"], "--line"),
    ] {
        let said = refused(&set(&tipring, arguments));
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_caller_comes_with_or_without_a_number_as_the_exchange_tells() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let call = |from: &str, expected: Option<&str>| {
        let known = api.json("/api/calls")["calls"].as_array().map_or(0, Vec::len);
        let arguments = ["sim", "call", "--line", "fxo-1", "--from", from, "--for", "1s"];
        done(&tipring.tipring(&arguments));
        let calls = wait_until("the call is among the past calls", 10, || {
            let calls = api.json("/api/calls")["calls"].as_array()?.clone();
            (calls.len() > known && !calls[0]["ended_ms"].is_null()).then_some(calls)
        });
        assert_eq!(calls[0]["caller"].as_str(), expected, "{:?}", calls[0]);
    };
    for how in ["fsk", "dtmf"] {
        done(&set(&tipring, &["--line", "fxo-1", "--usual", "--caller-id", how]));
        call("13800138000", Some("13800138000"));
        done(&set(&tipring, &["--line", "fxo-1", "--corrupt-caller-id", "on"]));
        call("13800138001", None);
    }
    done(&set(&tipring, &["--line", "fxo-1", "--usual", "--caller-id", "none"]));
    call("13800138002", None);
}

#[test]
fn a_cut_line_is_an_alarm_until_it_is_mended() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let state = |label: &str, wanted: &str| {
        wait_until(&format!("{label} is {wanted}"), 10, || {
            let lines = api.json("/api/lines");
            let line = lines.as_array()?.iter().find(|line| line["line"] == label)?.clone();
            (line["state"] == wanted).then_some(())
        });
    };
    done(&set(&tipring, &["--line", "fxo-1", "--cut", "on"]));
    state("fxo-1", "alarm");
    state("fxo-2", "idle");
    let said = refused(&tipring.tipring(&["line", "test", "fxo-1"]));
    assert!(said.contains("out of order"), "{said}");
    done(&set(&tipring, &["--line", "fxo-1", "--cut", "off"]));
    state("fxo-1", "idle");
    done(&set(&tipring, &["--line", "fxo-1", "--other-set", "on"]));
    let said = done(&tipring.tipring(&["line", "test", "fxo-1"]));
    assert!(said.contains("被其他话机占用"), "{said}");
    done(&set(&tipring, &["--line", "fxo-1", "--usual", "--hum", "-25"]));
    let said = done(&tipring.tipring(&["line", "test", "fxo-1"]));
    assert!(said.contains("Strong mains hum"), "{said}");
}

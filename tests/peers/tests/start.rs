//! Starting: a taken port is one clear line, and a second start keeps everything.

use std::net::{TcpListener, UdpSocket};
use std::process::Output;

use serde_json::{Value, json};
use tipring_test_peers::api::Api;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::{Site, secret};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

/// Checks that the box said in one line what is wrong, and ended.
fn assert_one_clear_line(output: &Output, parts: &[&str]) {
    assert!(!output.status.success(), "it ended as if all were well");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.trim_end().lines().count(), 1, "not one line:\n{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let mut tipring = TestBox::start_as_it_comes();
    tipring.stop();
    let (sip, http) = (tipring.sip(), tipring.http());
    {
        let _taken = UdpSocket::bind(sip).expect("free again");
        let output = tipring.command().output().expect("it runs");
        assert_one_clear_line(&output, &[&sip.to_string(), "--sip"]);
    }
    {
        let _taken = TcpListener::bind(sip).expect("free again");
        let output = tipring.command().output().expect("it runs");
        assert_one_clear_line(&output, &[&sip.to_string(), "--sip"]);
    }
    {
        let _taken = TcpListener::bind(http).expect("free again");
        let output = tipring.command().output().expect("it runs");
        assert_one_clear_line(&output, &[&http.to_string(), "--http"]);
    }
    // And nothing was spoilt by that.
    tipring.restart();
    tipring.stop();
}

#[test]
fn a_second_box_with_the_same_state_does_not_start() {
    let tipring = TestBox::start_as_it_comes();
    let mut other = TestBox::start_as_it_comes();
    other.stop();
    let output = other.command_with(tipring.state()).output().expect("it runs");
    assert_one_clear_line(&output, &[&tipring.state().to_string_lossy()]);
    // The first one has not been harmed.
    assert_eq!(tipring.api().live()["calls"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_second_start_keeps_state() {
    let mut tipring = TestBox::start(&Site::default());
    let before = tipring.api().get("/api/config").text();
    assert!(before.contains(&secret("8001")), "{before}");
    tipring.stop();
    tipring.restart();
    // The administrator's own password is kept, and the first one does not lie about any more.
    let api = tipring.api();
    assert!(!tipring.text().contains("to be changed"), "{}", tipring.text());
    assert!(!tipring.state().join("first-password").exists());
    assert_eq!(api.get("/api/config").text(), before);
    Scenario::new("register", tipring.sip()).extension("8001").key("expires", "60").run();
    api.wait_registered("8001");
    tipring.stop();
}

#[test]
fn forwards_and_do_not_disturb_outlast_a_restart() {
    let mut tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let set = |what: &str, body: Value| {
        let answer = api.post(&format!("/api/phones/8001/{what}"), &body);
        assert_eq!(answer.status, 204, "{}", answer.text());
    };
    set("forward", json!({ "when": "busy", "to": "8002" }));
    set("forward", json!({ "when": "always", "to": "8003" }));
    set("forward", json!({ "when": "always", "to": null }));
    set("do-not-disturb", json!({ "on": true }));
    let line = |api: &Api| {
        api.wait_live("the extension's line", 10, |live| {
            let lines = live["lines"].as_array()?;
            lines.iter().find(|line| line["name"] == "8001").cloned()
        })
    };
    tipring.stop();
    tipring.restart();
    let line = line(&tipring.api());
    assert_eq!(line["do_not_disturb"], true, "{line:#}");
    assert_eq!(line["forwards"], json!([{ "when": "busy", "to": "8002" }]), "{line:#}");
}

#[test]
fn a_full_disk_is_an_alarm_until_there_is_room() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let roomy = api.get("/api/config").text();
    let full = roomy.replace("free_mb_min = 500", "free_mb_min = 999999999");
    assert_ne!(full, roomy, "the limit stands in what is exported:\n{roomy}");
    let put = |toml: &str| {
        let answer = api.ask("PUT", "/api/config", Some(("application/toml", toml)));
        assert!(answer.status < 300, "{}", answer.text());
    };
    let told = || api.json("/healthz")["notes"].to_string().contains("nothing is recorded");
    put(&full);
    wait_until("the alarm is told", 20, || told().then_some(()));
    put(&roomy);
    wait_until("the alarm is over", 20, || (!told()).then_some(()));
}

#[test]
fn the_first_password_stays_until_it_is_changed() {
    let mut tipring = TestBox::start_as_it_comes();
    let first = tipring.first_password().to_owned();
    tipring.stop();
    tipring.restart();
    assert_eq!(tipring.first_password(), first);
    tipring.api();
}

//! Phones register with the right password and with no other, by UDP and by TCP.

use serde_json::Value;
use tipring_test_peers::api::Api;
use tipring_test_peers::baresip::Phone;
use tipring_test_peers::sipp::Scenario;
use tipring_test_peers::site::{Site, secret};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::{acts, ports};

fn state(api: &Api, extension: &str) -> Value {
    let live = api.live();
    let lines = live["lines"].as_array().expect("lines");
    let line = lines.iter().find(|l| l["name"] == extension);
    line.unwrap_or_else(|| panic!("no line {extension}: {live}"))["state"].clone()
}

fn register(tipring: &TestBox, extension: &str, expires: &str) -> Scenario {
    Scenario::new("register", tipring.sip()).extension(extension).key("expires", expires)
}

#[test]
fn sipp_registers_and_unregisters() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    assert_eq!(state(&api, "8001"), "unreachable");
    let port = ports::one();
    register(&tipring, "8001", "60").from_port(port).run();
    api.wait_registered("8001");
    register(&tipring, "8001", "0").from_port(port).run();
    api.wait_live("8001 is gone", 5, |_| (state(&api, "8001") == "unreachable").then_some(()));

    register(&tipring, "8002", "60").tcp().run();
    // Its stream has closed with sipp, and the phone cannot be reached any more; what counts is
    // that it was let in, which the scenario asserts.
}

#[test]
fn nobody_registers_with_a_wrong_password() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let refused = |user: &str, password: &str| {
        Scenario::new("register-refused", tipring.sip())
            .account(user, password)
            .key("expires", "60")
    };
    refused("8001", "wrong").run();
    refused("8001", "").run();
    // Another extension's password is wrong too, and so is any for one that is not there.
    refused("8001", &secret("8002")).run();
    refused("9999", "wrong").run();
    refused("8001", "wrong").tcp().run();
    assert_eq!(state(&api, "8001"), "unreachable");
    api.wait_figure("tipring_sip_wrong_credentials_total", 4);
    api.wait_figure("tipring_sip_refused_total", 1);
}

#[test]
fn baresip_registers_by_udp_and_tcp_and_not_with_a_wrong_password() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let by_udp = acts::phone(&tipring, "8001", &[]);
    let mut by_tcp = Phone::new("8002", tipring.sip()).tcp().start(&[]);
    by_tcp.registered();
    api.wait_registered("8001");
    api.wait_registered("8002");
    let mut wrong = Phone::new("8003", tipring.sip()).password("wrong").start(&[]);
    wrong.refused();
    assert_eq!(state(&api, "8003"), "unreachable");
    drop((by_udp, by_tcp));
}

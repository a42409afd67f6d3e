//! Bad input from every side: a clear error, nothing lost, nothing stuck.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::process::Output;

use serde_json::json;
use tipring_test_peers::alike::{assert_heard, assert_not_heard};
use tipring_test_peers::api::Api;
use tipring_test_peers::rtp::{PACKET_SAMPLES, PCMA, Packet};
use tipring_test_peers::rtp_peer::RtpPeer;
use tipring_test_peers::sipp::{Scenario, Sipp};
use tipring_test_peers::site::{Site, secret};
use tipring_test_peers::speech::{self, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;
use tipring_test_peers::{g711, malformed, ports};

/// 8001 and 8002 in a call, each at a sipp.
struct Talk {
    a: RtpPeer,
    b: RtpPeer,
    caller: Sipp,
    callee: Sipp,
}

impl Talk {
    fn begin(tipring: &TestBox) -> Self {
        let (a, b) = (RtpPeer::open(), RtpPeer::open());
        let port = ports::one();
        let register = Scenario::new("register", tipring.sip());
        register.extension("8002").key("expires", "120").from_port(port).run();
        let mut callee = Scenario::new("agent", tipring.sip())
            .key("user", "8002")
            .sound(&b)
            .from_port(port)
            .start();
        callee.ready();
        let mut caller = Scenario::new("caller", tipring.sip())
            .extension("8001")
            .key("number", "8002")
            .sound(&a)
            .start();
        caller.answered(&a);
        callee.answered(&b);
        Talk { a, b, caller, callee }
    }

    /// Each says something that the other hears, while `meanwhile` happens.
    fn goes_on(&self, meanwhile: impl FnOnce()) {
        let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
        let (before_a, before_b) = (self.a.heard_length(), self.b.heard_length());
        self.a.say(&caller);
        self.b.say(&callee);
        meanwhile();
        wait_until("both heard the other", 20, || {
            let enough = |peer: &RtpPeer, before: usize, said: &[i16]| {
                peer.heard_length() > before + said.len() + 4000
            };
            (enough(&self.a, before_a, &callee) && enough(&self.b, before_b, &caller)).then_some(())
        });
        assert_heard("the caller by the callee", &caller, &self.b.heard_from(before_b));
        assert_heard("the callee by the caller", &callee, &self.a.heard_from(before_a));
    }

    fn end(self) {
        self.caller.hang_up();
        self.callee.finish();
    }
}

#[test]
fn malformed_sip_does_not_hurt_a_call() {
    let mut tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let talk = Talk::begin(&tipring);
    talk.goes_on(|| {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        for datagram in malformed::datagrams(&talk.caller.call_id()) {
            // What is too long for a datagram is not sent by the system either.
            let _ = socket.send_to(&datagram, tipring.sip());
        }
        for part in malformed::streams() {
            let mut stream = TcpStream::connect(tipring.sip()).expect("SIP by TCP");
            // The box may close it before all is written.
            let _ = stream.write_all(&part);
        }
    });
    // A stream that says half a message and then nothing holds up nobody.
    let mut half = TcpStream::connect(tipring.sip()).expect("SIP by TCP");
    half.write_all(b"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127").expect("it takes it");
    Scenario::new("register", tipring.sip()).extension("8003").key("expires", "60").tcp().run();
    talk.end();
    api.wait_no_calls();
    api.wait_figure("tipring_sip_malformed_total", 100);
    assert!(tipring.runs());
    let healthy = Api::new(tipring.http()).get("/healthz");
    assert_eq!(healthy.status, 200);
    tipring.stop();
}

#[test]
fn a_stranger_is_not_heard() {
    let tipring = TestBox::start(&Site::default());
    let talk = Talk::begin(&tipring);
    let stranger = recorded(speech::STRANGER);
    let ports: Vec<u16> = [&talk.a, &talk.b].map(|p| p.peer().expect("talks").port()).to_vec();
    // Both sides have been heard by the box, so it knows who they are.
    talk.goes_on(|| {});
    talk.goes_on(|| {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        for (n, sound) in stranger.chunks_exact(PACKET_SAMPLES).enumerate() {
            let packet = Packet {
                payload_type: PCMA,
                marker: n == 0,
                sequence: n as u16,
                timestamp: (n * PACKET_SAMPLES) as u32,
                ssrc: 0x5717_A26E,
                payload: sound.iter().map(|s| g711::encode(*s)).collect(),
            };
            for port in &ports {
                let _ = socket.send_to(&packet.to_bytes(), (Ipv4Addr::LOCALHOST, *port));
            }
            tipring_test_peers::wait::look_again();
        }
        // Nor does what is no RTP at all disturb anybody.
        for port in &ports {
            for junk in [&b""[..], b"\x80", &[0xFF; 1400], &[0x80; 11]] {
                let _ = socket.send_to(junk, (Ipv4Addr::LOCALHOST, *port));
            }
        }
    });
    // One of each packet at each of the two ports.
    let packets = 2 * (stranger.len() / PACKET_SAMPLES) as u64;
    tipring.api().wait_figure("tipring_media_packets_stranger_total", packets);
    assert_not_heard("the stranger by the caller", &stranger, &talk.a.heard());
    assert_not_heard("the stranger by the callee", &stranger, &talk.b.heard());
    talk.end();
}

/// Checks that the command refused in one line that has all these parts.
fn assert_refused(output: &Output, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "taken although wrong: {text}");
    assert_eq!(text.trim_end().lines().count(), 1, "not one line:\n{text}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn what_is_no_wav_cannot_be_said() {
    let tipring = TestBox::start(&Site::default());
    let file = tipring.state().join("question.wav");
    let say = || {
        let path = file.to_string_lossy();
        tipring.tipring(&["sim", "call", "--line", "fxo-1", "--say", &path, "--for", "1s"])
    };
    assert_refused(&say(), &["question.wav"]);
    for (content, parts) in [
        (&b"These are no sounds.\n"[..], ["not a WAV"]),
        (b"", ["not a WAV"]),
        (b"RIFF\0\0\0\0WAVE", ["WAV"]),
    ] {
        std::fs::write(&file, content).expect("a temporary file");
        assert_refused(&say(), &[&["question.wav"], &parts[..]].concat());
    }
    // Nobody has rung.
    let api = tipring.api();
    assert_eq!(api.json("/api/calls")["calls"].as_array().map(Vec::len), Some(0));
    for (arguments, part) in [
        (["--line", "fxo-9", "--for", "1s"], "fxo-1"),
        (["--line", "fxo-1", "--for", "1h"], "4s"),
        (["--line", "fxo-1", "--press", "x@1s"], "key"),
    ] {
        assert_refused(&tipring.tipring(&[&["sim", "call"], &arguments[..]].concat()), &[part]);
    }
}

#[test]
fn a_wrong_configuration_changes_nothing() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let right = Site::default().to_toml();
    let before = api.get("/api/config").text();
    let line_of = |wrong: &str, part: &str| {
        let line = wrong.lines().position(|l| l.contains(part)).expect("it is there") + 1;
        format!("line {line}")
    };

    let unknown_key = right.replacen("secret =", "secert =", 1);
    let line = line_of(&unknown_key, "secert");
    assert_refused(&tipring.try_import(&unknown_key), &[&line, "secert", "`secret`"]);
    let missing_node = right.replace("next = \"menu\"", "next = \"menue\"");
    assert_refused(&tipring.try_import(&missing_node), &["menue", "menu", "hello", "main"]);
    let missing_flow = right.replacen("flow = \"main\"", "flow = \"mian\"", 1);
    assert_refused(&tipring.try_import(&missing_flow), &["mian", "main", "fxo-1"]);
    assert_refused(&tipring.try_import("[[extension]\n"), &["line 1"]);

    let answer = api.ask("PUT", "/api/config", Some(("application/toml", &unknown_key)));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(format!("line {}", answer.json()["line"]), line);
    assert!(answer.text().contains("`secret`"), "{}", answer.text());

    assert_eq!(api.get("/api/config").text(), before);
    let registers = Scenario::new("register", tipring.sip());
    registers.account("8001", &secret("8001")).key("expires", "60").run();
}

#[test]
fn a_body_with_unknown_fields_is_a_problem() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    for (path, body) in [
        ("/api/login", json!({"name": "admin", "password": "x", "remember": true})),
        ("/api/agents/1/not-ready", json!({"reason": "lunch", "until": 3})),
        (
            "/api/agents/login",
            json!({"work_number": "1001", "password": "4321", "extension": "8001", "x": 1}),
        ),
        ("/api/password", json!({"old": "a", "new": "b", "again": "b"})),
    ] {
        let answer = api.post(path, &body);
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
        assert_eq!(answer.content_type, "application/problem+json");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains("unknown field"), "{path}: {detail}");
    }
    let answer = api.ask("POST", "/api/login", Some(("application/json", "{\"name\"")));
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = api.ask("POST", "/api/login", Some(("text/plain", "{}")));
    assert_eq!(answer.status, 415, "{}", answer.text());
    // One octet more than 64 KiB; the rest of a longer body would meet a closed connection.
    let reason = "x".repeat(64 * 1024 + 1 - json!({"reason": ""}).to_string().len());
    let answer = api.post("/api/agents/1/not-ready", &json!({"reason": reason}));
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert_eq!(api.get("/api/calls?limit=none").status, 400);
    assert_eq!(api.get("/api/no-such-thing").status, 404);
    assert_eq!(api.get("/api/live").status, 200);
}

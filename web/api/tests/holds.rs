//! Legal holds: set and taken away, told in the audit log, and only by whom they are for.

mod box_under_test;

use axum::http::StatusCode;
use box_under_test::TestBox;
use serde_json::json;
use tipring_clock::Clock;
use tipring_events::{Event, EventKind};
use tipring_line::CallId;
use tipring_store::Role;

fn log_call(under_test: &TestBox) {
    let call = CallId(5);
    let log = |kind| under_test.store.log(Event { at: under_test.clock.wall(), kind }).unwrap();
    let (source, caller_name) = ("fxo-1".to_owned(), String::new());
    let (called, caller, inbound) = (None, None, true);
    log(EventKind::CallBegan { call, source, called, caller, caller_name, inbound });
    log(EventKind::RecordingBegan { call, path: "a.wav".into() });
    let (path, duration_ms, bytes) = ("a.wav".to_owned(), 9000, 144_000);
    log(EventKind::RecordingEnded { call, path, duration_ms, bytes });
    under_test.store.flush().unwrap();
}

#[tokio::test]
async fn a_hold_is_set_shown_and_taken_away_and_the_audit_log_tells() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_call(&under_test);
    let ask = async |method: &str, path: &str, body: &str| {
        under_test.send(TestBox::request(method, path, &cookie, body)).await
    };
    let path = "/api/calls/5/hold";
    let set = ask("PUT", path, r#"{"reason": " court ", "part": 0}"#).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    assert_eq!(set.json()[0]["reason"], "court");
    assert_eq!(ask("PUT", path, r#"{"reason": "police", "part": 1}"#).await.status, StatusCode::OK);
    let detail = under_test.get("/api/calls/5", &cookie).await.json();
    let holds: Vec<_> = detail["holds"].as_array().unwrap().iter().map(|h| &h["part"]).collect();
    assert_eq!(holds, [&json!(0), &json!(1)]);
    for (path, body, status, kind) in [
        (path, r#"{"reason": " ", "part": 0}"#, 400, "bad-request"),
        (path, r#"{"reason": "x", "part": 2}"#, 404, "no-such-recording"),
        ("/api/calls/6/hold", r#"{"reason": "x", "part": 0}"#, 404, "no-such-call"),
    ] {
        let answer = ask("PUT", path, body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().0.as_str()), (status, kind), "{body}");
    }
    let released = ask("DELETE", "/api/calls/5/hold?part=1", "").await;
    assert_eq!(released.status, StatusCode::NO_CONTENT);
    let again = ask("DELETE", "/api/calls/5/hold?part=1", "").await;
    assert_eq!(again.problem().0, "no-such-hold");
    assert_eq!(ask("DELETE", path, "").await.status, StatusCode::NO_CONTENT);
    let audit = under_test.get("/api/audit", &cookie).await.json();
    let told: Vec<(&str, &str)> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| Some((row["action"].as_str()?, row["target"].as_str()?)))
        .filter(|(action, _)| action.starts_with("hold"))
        .collect();
    let (whole, part) = ("call 5", "call 5, recording 1");
    let expected = [
        ("hold-released", whole),
        ("hold-released", part),
        ("hold-set", part),
        ("hold-set", whole),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_supervisor_holds_only_what_is_of_the_own_queues() {
    let mut under_test = TestBox::new();
    under_test.cookie().await;
    log_call(&under_test);
    let cookie = under_test.cookie_of(Role::Supervisor).await;
    let body = r#"{"reason": "court", "part": 0}"#;
    let answer = under_test.send(TestBox::request("PUT", "/api/calls/5/hold", &cookie, body)).await;
    assert_eq!(answer.problem().0, "no-such-call");
}

//! A technician's routes: what they show and ask for, and what they answer to nonsense.

mod box_under_test;

use axum::http::StatusCode;
use box_under_test::TestBox;
use tipring_clock::Clock;
use tipring_events::{LineKind, LineState, LiveLine, LiveState};
use tipring_line::Alarm;

#[tokio::test]
async fn lines_come_with_their_state_and_what_was_found() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let line = LiveLine {
        name: "fxo-1".into(),
        kind: LineKind::Fxo,
        state: LineState::Alarm,
        calls: 0,
        alarm: Some(Alarm::NoBattery),
        refused: None,
        do_not_disturb: false,
        forwards: vec![],
    };
    let state = LiveState { lines: vec![line], ..LiveState::default() };
    under_test.live.publish_state(under_test.clock.wall(), state);
    let answer = under_test.get("/api/lines", &cookie).await;
    assert_eq!(answer.status, StatusCode::OK);
    let lines = answer.json();
    assert_eq!(lines[0]["line"], "fxo-1");
    assert_eq!((&lines[0]["state"], &lines[0]["alarm"]), (&"alarm".into(), &"no-battery".into()));
    assert_eq!(lines[0]["tested"]["verdict_zh"], "线路正常。");
    assert_eq!(lines[0]["tested"]["figures"]["idle_voltage_v"], 48);
    assert_eq!(lines[0]["tested"]["figures"]["caller_id"], "fsk");
    assert_eq!(lines[0]["learnt"]["outcome"], "learnt");
    assert_eq!(lines[0]["tones"][0]["on_off_ms"], serde_json::json!([350, 350]));
    assert_eq!(lines[1]["state"], serde_json::Value::Null, "the configuration has no such line");
    assert_eq!(lines[1]["working"]["what"], "learn");
    let board = under_test.get("/api/board", &cookie).await.json();
    assert_eq!(board["findings"][0]["found"], "simulated");
}

#[tokio::test]
async fn work_is_begun_and_ended_or_refused_with_the_reason() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    for (what, status) in [("test", 202), ("learn", 202), ("cancel", 204)] {
        let answer = under_test.post(&format!("/api/lines/fxo-1/{what}"), &cookie, "").await;
        assert_eq!(answer.status.as_u16(), status, "{what}");
        let answer = under_test.post(&format!("/api/lines/fxo-2/{what}"), &cookie, "").await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert_eq!(answer.problem(), ("line-at-work".to_owned(), "line fxo-2 learns".to_owned()));
        let answer = under_test.post(&format!("/api/lines/fxo-9/{what}"), &cookie, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.problem(), ("no-such-line".to_owned(), "it has fxo-1, fxo-2".to_owned()));
    }
    let asked = under_test.desk.0.lock().unwrap().clone();
    assert_eq!(asked, ["test", "learn for admin", "cancel"]);
}

#[tokio::test]
async fn nobody_works_on_a_line_without_being_logged_in() {
    let under_test = TestBox::new();
    for path in ["/api/lines/fxo-1/test", "/api/lines/fxo-1/learn", "/api/lines/fxo-1/cancel"] {
        assert_eq!(under_test.post(path, "", "").await.status, StatusCode::UNAUTHORIZED);
    }
    for path in ["/api/lines", "/api/board"] {
        assert_eq!(under_test.get(path, "").await.status, StatusCode::UNAUTHORIZED);
    }
    assert!(under_test.desk.0.lock().unwrap().is_empty());
}

//! Figures by the API: the same as the store's, with their formula, as JSON and for a spreadsheet.

mod box_under_test;

use axum::http::{StatusCode, header};
use box_under_test::{NOON_US, TestBox};
use tipring_clock::WallTime;
use tipring_events::*;
use tipring_line::{CallId, Number};

const HOUR_MS: i64 = 3_600_000;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// Ten callers: six answered after 10 s, two after 30 s, one gives up after 2 s, one after 40 s.
fn log_morning(under_test: &TestBox) {
    let at = |s: i64| WallTime::from_unix_micros(NOON_US - 7_200_000_000 + s * 1_000_000);
    let log = |s, kind| under_test.store.log(Event { at: at(s), kind }).unwrap();
    let queue = QueueId(3);
    let agent = AgentId(7);
    let changed = |state, reason: &str| EventKind::AgentChanged {
        agent,
        work_number: number("1007"),
        state,
        extension: Some(number("8001")),
        reason: reason.into(),
        call: None,
    };
    log(0, changed(AgentState::Ready, ""));
    for n in 0..10 {
        let (call, s) = (CallId(n + 1), n as i64 * 60);
        let source = "fxo-1".to_owned();
        let (called, caller, caller_name) = (None, None, String::new());
        log(s, EventKind::CallBegan { call, source, called, caller, caller_name, inbound: true });
        let queue_name = "=热线,一".to_owned();
        log(
            s,
            EventKind::QueueEntered {
                call,
                queue,
                queue_name,
                position: 1,
                priority: 0,
                waited_before_ms: 0,
            },
        );
        let (outcome, wait) = match n {
            0..=5 => (QueueOutcome::Answered, 10),
            6..=7 => (QueueOutcome::Answered, 30),
            8 => (QueueOutcome::ShortAbandoned, 2),
            _ => (QueueOutcome::Abandoned, 40),
        };
        let agent = (n < 8).then_some(agent);
        let wait_ms = wait as u64 * 1000;
        let left = EventKind::QueueLeft {
            call,
            queue,
            outcome,
            wait_ms,
            position: 1,
            agent,
            because: None,
            first_position: 1,
        };
        log(s + wait, left);
    }
    log(3600, changed(AgentState::NotReady, "吃饭"));
    under_test.store.flush().unwrap();
}

fn morning() -> String {
    let noon_ms = NOON_US / 1000;
    format!("from_ms={}&to_ms={}", noon_ms - 4 * HOUR_MS, noon_ms)
}

#[tokio::test]
async fn figures_come_with_the_formula_they_are_reckoned_by() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_morning(&under_test);
    let path = format!("/api/figures?{}&by=queue&waits=true", morning());
    let table = under_test.get(&path, &cookie).await.json();
    assert_eq!(table["formula"], "A_T / (O − Bθ)");
    assert_eq!((&table["target_s"], &table["short_s"]), (&20.into(), &serde_json::Value::Null));
    let row = &table["rows"][0];
    assert_eq!((&row["queue"], &row["name"]), (&3.into(), &"=热线,一".into()));
    assert_eq!(row["visits"]["service_level"], 6.0 / 9.0);
    assert_eq!(row["visits"]["average_answer_ms"], 15_000.0);
    assert_eq!(row["waits"][1], serde_json::json!({"to_s": 10, "answered": 6, "abandoned": 0}));
    assert!(row["time"].is_null() && row["calls"].is_null());
    assert_eq!(table["total"]["time"]["ready_ms"], HOUR_MS);
    assert_eq!(table["total"]["time"]["not_ready"][0]["reason"], "吃饭");
    for (level, value) in [
        ("of-answered", 6.0 / 8.0),
        ("abandoned-in-time-count", 7.0 / 10.0),
        ("of-answered-and-abandoned", 6.0 / 10.0),
        ("abandoned-in-time-left-out", 6.0 / 9.0),
        ("short-abandoned-count", 7.0 / 10.0),
    ] {
        let path = format!("/api/figures?{}&service_level={level}", morning());
        let table = under_test.get(&path, &cookie).await.json();
        assert_eq!(table["total"]["visits"]["service_level"], value, "{level}");
    }
    let path = format!("/api/figures?{}&target_s=30&short_s=0", morning());
    let table = under_test.get(&path, &cookie).await.json();
    assert_eq!(table["total"]["visits"]["service_level"], 0.8);
}

#[tokio::test]
async fn a_spreadsheet_opens_with_its_names_as_they_are() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_morning(&under_test);
    let path = format!("/api/figures.csv?{}&by=queue&step=day", morning());
    let answer = under_test.get(&path, &cookie).await;
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/csv; charset=utf-8"));
    let name = answer.header(header::CONTENT_DISPOSITION);
    assert_eq!(name, "attachment; filename=\"figures-20231114-20231114.csv\"");
    let text = answer.text();
    assert!(text.starts_with("\u{FEFF}时间,队列,进队数,"), "{text}");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[1].starts_with("2023-11-14,\"'=热线,一\",10,10,8,2,1,"), "{}", lines[1]);
    assert!(lines[1].contains(",66.67%,"), "{}", lines[1]);
    assert_eq!((lines.len(), lines[3]), (4, ""));
    let commas = |line: &str| line.matches(',').count();
    assert_eq!(commas(lines[0]), commas(lines[2]));
    let path = format!("/api/figures.csv?{}&lang=en", morning());
    let text = under_test.get(&path, &cookie).await.text();
    assert!(text.contains("service level A_T / (O − Bθ) (T = 20 s)"), "{text}");
}

#[tokio::test]
async fn today_counts_what_lasts_up_to_now() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log_morning(&under_test);
    let today = under_test.get("/api/figures/today", &cookie).await.json();
    assert_eq!(today["total"]["visits"]["visits"], 10);
    assert_eq!(today["total"]["time"]["not_ready_ms"], HOUR_MS);
    assert_eq!(today["queues"][0]["visits"]["answered"], 8);
    assert_eq!(today["agents"][0]["name"], "1007");
    under_test.clock.advance(std::time::Duration::from_secs(60));
    let later = under_test.get("/api/figures/today", &cookie).await.json();
    assert_eq!(later["total"]["time"]["not_ready_ms"], HOUR_MS + 60_000);
}

#[tokio::test]
async fn a_period_or_limit_that_makes_no_sense_is_refused_with_the_reason() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    for (query, word) in [
        ("from_ms=0&to_ms=0", "length"),
        ("from_ms=900000&to_ms=0", "length"),
        ("from_ms=-900000&to_ms=0", "length"),
        ("from_ms=0&to_ms=900001", "quarter hour"),
        ("from_ms=0&to_ms=9000000000000000", "ten years"),
        ("from_ms=0", "to_ms"),
        ("from_ms=0&to_ms=900000&target_s=61", "target_s"),
        ("from_ms=0&to_ms=900000&days=31", "days"),
        ("from_ms=0&to_ms=900000&by=colour", "colour"),
        ("from_ms=0&to_ms=900000&service_level=best", "best"),
        ("from_ms=0&to_ms=900000&queue=x", "queue"),
    ] {
        for path in ["figures", "figures.csv"] {
            let answer = under_test.get(&format!("/api/{path}?{query}"), &cookie).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
            assert!(answer.problem().1.contains(word), "{query}: {:?}", answer.problem());
        }
    }
}

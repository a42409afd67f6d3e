//! Recordings as WAV: whole, in ranges that begin and end anywhere, and where something is missing.

mod box_under_test;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use box_under_test::{Answer, RAMP_SAMPLES, TestBox};
use http_body_util::BodyExt;
use tipring_clock::Clock;
use tipring_events::{Event, EventKind};
use tipring_line::CallId;
use tower::ServiceExt;

/// The WAV as it must come: 44 bytes of header, then both channels.
fn expected() -> Vec<u8> {
    let data = RAMP_SAMPLES as u32 * 4;
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + data).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1F\0\0\0\x7D\0\0\x04\0\x10\0data");
    wav.extend(data.to_le_bytes());
    for n in 0..RAMP_SAMPLES {
        let value = n as i16;
        wav.extend(value.to_le_bytes());
        wav.extend(value.wrapping_neg().to_le_bytes());
    }
    wav
}

fn log(under_test: &TestBox, call: u64, paths: &[&str]) {
    let call = CallId(call);
    let log = |kind| under_test.store.log(Event { at: under_test.clock.wall(), kind }).unwrap();
    log(EventKind::CallBegan {
        call,
        source: "fxo-1".into(),
        called: None,
        caller: None,
        caller_name: String::new(),
        inbound: true,
    });
    paths.iter().for_each(|path| log(EventKind::RecordingBegan { call, path: (*path).into() }));
    under_test.store.flush().unwrap();
}

async fn get(under_test: &TestBox, path: &str, headers: &[(&str, &str)], cookie: &str) -> Answer {
    let mut request = Request::get(path).header(header::COOKIE, cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    under_test.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_recording_plays_whole_and_in_parts() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log(&under_test, 1, &["a.wav", "b.wav"]);
    let path = "/api/calls/1/recording";
    let wav = expected();
    let whole = get(&under_test, path, &[("accept-encoding", "gzip")], &cookie).await;
    assert_eq!(whole.status, StatusCode::OK);
    assert_eq!(whole.header(header::CONTENT_TYPE), "audio/wav");
    assert_eq!(whole.header(header::CONTENT_LENGTH), wav.len().to_string());
    assert_eq!(whole.header(header::ACCEPT_RANGES), "bytes");
    assert!(whole.body == wav, "the sound differs");
    let tag = whole.header(header::ETAG).to_owned();

    let last = wav.len() - 1;
    for (range, from, to) in [
        ("bytes=0-".to_owned(), 0, last),
        ("bytes=0-43".to_owned(), 0, 43),
        ("bytes=40-50".to_owned(), 40, 50),
        ("bytes=45-46".to_owned(), 45, 46),
        ("bytes=64041-64049".to_owned(), 64_041, 64_049),
        ("bytes=1001-99999".to_owned(), 1001, 99_999),
        ("bytes=-7".to_owned(), last - 6, last),
        (format!("bytes={last}-{last}"), last, last),
    ] {
        let part = get(&under_test, path, &[("range", &range)], &cookie).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{range}");
        let place = format!("bytes {from}-{to}/{}", wav.len());
        assert_eq!(part.header(header::CONTENT_RANGE), place);
        assert_eq!(part.header(header::CONTENT_LENGTH), (to + 1 - from).to_string());
        assert!(part.body == wav[from..=to], "{range}: the sound differs");
    }
    let beyond = get(&under_test, path, &[("range", "bytes=200000-")], &cookie).await;
    assert_eq!(beyond.problem().0, "range-not-satisfiable");
    assert_eq!(beyond.header(header::CONTENT_RANGE), format!("bytes */{}", wav.len()));
    let same = [("range", "bytes=0-9"), ("if-range", tag.as_str())];
    assert_eq!(get(&under_test, path, &same, &cookie).await.status, StatusCode::PARTIAL_CONTENT);
    let other = [("range", "bytes=0-9"), ("if-range", "\"other\"")];
    assert_eq!(get(&under_test, path, &other, &cookie).await.status, StatusCode::OK);

    let head = under_test.send(TestBox::request("HEAD", path, &cookie, "")).await;
    assert_eq!(head.header(header::CONTENT_LENGTH), wav.len().to_string());
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn what_cannot_be_played_is_told() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log(&under_test, 1, &["a.wav", "gone.wav"]);
    log(&under_test, 2, &[]);
    for (path, kind) in [
        ("/api/calls/1/recording?part=2", "recording-gone"),
        ("/api/calls/1/recording?part=3", "no-such-recording"),
        ("/api/calls/1/recording?part=0", "no-such-recording"),
        ("/api/calls/2/recording", "no-such-recording"),
        ("/api/calls/3/recording", "no-such-call"),
        ("/api/calls/1/recording?piece=1", "bad-request"),
    ] {
        assert_eq!(get(&under_test, path, &[], &cookie).await.problem().0, kind, "{path}");
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_breaks_the_body_off() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log(&under_test, 1, &["broken.wav"]);
    let request = TestBox::request("GET", "/api/calls/1/recording", &cookie, "");
    let response = under_test.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.into_body().collect().await.is_err(), "the player must see that it is cut");
}

#[tokio::test]
async fn whoever_hears_a_recording_is_in_the_log() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    log(&under_test, 1, &["a.wav", "gone.wav"]);
    for (path, range) in [
        ("/api/calls/1/recording", "bytes=0-99"),
        ("/api/calls/1/recording", "bytes=100-"),
        ("/api/calls/1/recording?part=2", "bytes=0-"),
        ("/api/calls/9/recording", "bytes=0-"),
    ] {
        get(&under_test, path, &[("range", range)], &cookie).await;
    }
    let entries = under_test.get("/api/listening?call=1", &cookie).await.json();
    let expected = serde_json::json!([{
        "entry": 1,
        "at_ms": under_test.clock.wall().unix_millis(),
        "who": "admin",
        "address": "0.0.0.0",
        "call": 1,
        "part": 1,
        "path": "a.wav",
    }]);
    assert_eq!(entries, expected);
    assert_eq!(
        under_test.get("/api/listening?who=li", &cookie).await.json(),
        serde_json::json!([])
    );
    let answer = under_test.get("/api/listening?limit=0", &cookie).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

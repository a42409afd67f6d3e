//! A D-channel as it is looked at: what was kept first, each frame as it comes, once and in order.

mod box_under_test;

use axum::http::StatusCode;
use box_under_test::TestBox;
use box_under_test::stream::Stream;

const TRACE: &str = "/api/spans/e1-1/trace";

#[tokio::test]
async fn kept_frames_come_first_and_then_each_as_it_is() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    under_test.traces.push("SETUP");
    under_test.traces.push("CONNECT");
    let mut stream = Stream::open(&under_test, TRACE, &cookie, None).await;
    for (number, line) in [(1, "SETUP"), (2, "CONNECT")] {
        let frame = stream.next_of("frame").await;
        assert_eq!((frame.id, &frame.data["number"]), (number.to_string(), &number.into()));
        assert_eq!((&frame.data["en"]["line"], &frame.data["sent"]), (&line.into(), &true.into()));
        assert_eq!(frame.data["zh"]["fields"][0]["value"], "SAPI 0");
    }
    under_test.traces.push("RELEASE");
    assert_eq!(stream.next_of("frame").await.data["en"]["line"], "RELEASE");
    let mut again = Stream::open(&under_test, TRACE, &cookie, Some("2")).await;
    assert_eq!(again.next_of("frame").await.data["number"], 3);
}

#[tokio::test]
async fn a_stream_ends_with_the_box() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut stream = Stream::open(&under_test, TRACE, &cookie, None).await;
    under_test.traces.push("SETUP");
    stream.next_of("frame").await;
    under_test.live.close();
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn the_capture_is_a_file_and_an_unknown_span_says_which_there_are() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let answer = under_test.get("/api/spans/traced", &cookie).await;
    assert_eq!(answer.json(), serde_json::json!(["e1-1"]));
    let answer = under_test.get("/api/spans/e1-1/trace.pcap", &cookie).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &[0xD4, 0xC3, 0xB2, 0xA1][..]));
    for path in ["/api/spans/e1-9/trace", "/api/spans/e1-9/trace.pcap"] {
        let answer = under_test.get(path, &cookie).await;
        let detail = "spans with a D-channel: e1-1".to_owned();
        assert_eq!(answer.problem(), ("no-such-span".to_owned(), detail));
    }
}

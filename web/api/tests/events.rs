//! Live events: a snapshot first, each event once and in order, a slow listener cut off with a note,
//! one who comes back going on where it was.

mod box_under_test;

use std::time::Duration;

use axum::http::StatusCode;
use box_under_test::TestBox;
use box_under_test::stream::Stream;
use tipring_clock::Clock;
use tipring_events::{
    Event, EventKind, LineKind, LineState, LiveLine, LiveState, QueueId, QueueOutcome,
};
use tipring_line::CallId;
use tipring_store::Role;

fn pressed(under_test: &TestBox, count: u64) -> Vec<Event> {
    let kind = |n| EventKind::KeyPressed { call: CallId(n), digit: '1' };
    (0..count).map(|n| Event { at: under_test.clock.wall(), kind: kind(n) }).collect()
}

fn state(name: &str) -> LiveState {
    let line = LiveLine {
        name: name.into(),
        kind: LineKind::Fxo,
        state: LineState::Idle,
        calls: 0,
        alarm: None,
        refused: None,
        do_not_disturb: false,
        forwards: Vec::new(),
    };
    LiveState { lines: vec![line], ..LiveState::default() }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_comes_first_and_then_every_event_once_and_in_order() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    under_test.live.publish_events(&pressed(&under_test, 5));
    under_test.live.publish_state(under_test.clock.wall(), state("fxo-1"));
    // These are newer than the state: a listener starts from the state and must hear them.
    under_test.live.publish_events(&pressed(&under_test, 3));
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    under_test.live.publish_events(&pressed(&under_test, 300));
    let first = stream.next().await.unwrap();
    assert_eq!((first.event.as_str(), &first.data["sequence"]), ("snapshot", &5.into()));
    assert_eq!(first.data["state"]["lines"][0]["name"], "fxo-1");
    under_test.document().check_named("LiveSnapshot", &first.data).unwrap();
    for sequence in 6..=308u64 {
        let message = stream.next_of("event").await;
        assert_eq!(message.data["sequence"], sequence);
        assert_eq!(message.data["event"], "key-pressed");
        under_test.document().check_named("LiveEvent", &message.data).unwrap();
    }
    // A change that is no event, such as a phone that registers, comes as a new snapshot.
    under_test.live.publish_state(under_test.clock.wall(), state("fxo-2"));
    let second = stream.next_of("snapshot").await;
    assert_eq!(second.data["sequence"], 308);
    assert_eq!(second.data["state"]["lines"][0]["name"], "fxo-2");
    let now = under_test.get("/api/live", &cookie).await.json();
    assert_eq!(now, second.data);
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_is_too_slow_is_told_and_cut_off() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    assert_eq!(stream.next().await.unwrap().event, "snapshot");
    for _ in 0..4 {
        under_test.live.publish_events(&pressed(&under_test, 3_000));
        tokio::task::yield_now().await;
    }
    let mut last = 0;
    let note = loop {
        let message = stream.next().await.expect("a note comes before the end");
        match message.event.as_str() {
            "note" => break message,
            "today" => continue,
            _ => {}
        }
        let sequence = message.data["sequence"].as_u64().unwrap();
        assert_eq!(sequence, last + 1, "no gap before the note");
        last = sequence;
    };
    assert!(last < 12_000);
    assert_eq!(note.data["reason"], "behind");
    under_test.document().check_named("StreamNote", &note.data).unwrap();
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_takes_nothing_is_cut_off_in_time() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    let listeners = || async {
        let metrics = under_test.get("/metrics", "").await.text();
        let line = metrics.lines().find(|line| line.starts_with("tipring_web_listeners ")).unwrap();
        line.to_owned()
    };
    assert_eq!(listeners().await, "tipring_web_listeners 1");
    under_test.live.publish_events(&pressed(&under_test, 1_000));
    // Virtual time: the runtime moves on to the next timer when nothing else is to be done.
    tokio::time::timeout(Duration::from_secs(31), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(listeners().await, "tipring_web_listeners 0");
    drop(stream);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_goes_on_where_it_was() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    under_test.live.publish_events(&pressed(&under_test, 10));
    let mut last = stream.next_of("event").await;
    while last.data["sequence"] != 4 {
        last = stream.next_of("event").await;
    }
    drop(stream);
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, Some(&last.id)).await;
    for sequence in 5..=10 {
        assert_eq!(stream.next().await.unwrap().data["sequence"], sequence);
    }
    // From another run of the box, from the future, or nonsense: from the beginning.
    let run = last.id.split_once('-').unwrap().0;
    for id in ["1-4".to_owned(), format!("{run}-11"), format!("{run}-x"), "é".to_owned()] {
        let mut stream = Stream::open(&under_test, "/api/events", &cookie, Some(&id)).await;
        assert_eq!(stream.next().await.unwrap().event, "snapshot", "{id}");
    }
    // From before the ring's tail: from the beginning, too.
    under_test.live.publish_events(&pressed(&under_test, 9_000));
    under_test.live.publish_state(under_test.clock.wall(), state("fxo-1"));
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, Some(&last.id)).await;
    assert_eq!(stream.next().await.unwrap().data["sequence"], 9_010);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_session_and_their_number_is_bounded() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        streams.push(Stream::open(&under_test, "/api/events", &cookie, None).await);
    }
    let full = under_test.get("/api/events", &cookie).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(full.problem().0, "too-many-listeners");
    streams.truncate(1);
    let mut stream = streams.remove(0);
    assert_eq!(under_test.post("/api/logout", &cookie, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(stream.next_of("note").await.data["reason"], "logged-out");
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_box_that_stops_lets_its_listeners_go() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    assert_eq!(stream.next().await.unwrap().event, "snapshot");
    under_test.live.close();
    assert_eq!(stream.next_of("note").await.data["reason"], "stopping");
    assert!(stream.next().await.is_none());
}

/// Logs calls that enter a queue and give up, and waits until they are written.
fn given_up(under_test: &TestBox, calls: std::ops::Range<u64>) {
    let log = |kind| under_test.store.log(Event { at: under_test.clock.wall(), kind }).unwrap();
    for call in calls.map(CallId) {
        let (source, caller_name, queue) = ("fxo-1".to_owned(), String::new(), QueueId(1));
        let (called, caller, inbound) = (None, None, true);
        log(EventKind::CallBegan { call, source, called, caller, caller_name, inbound });
        log(EventKind::QueueEntered {
            call,
            queue,
            queue_name: "gas".into(),
            position: 1,
            priority: 0,
            waited_before_ms: 0,
        });
        log(EventKind::QueueLeft {
            call,
            queue,
            outcome: QueueOutcome::Abandoned,
            because: None,
            wait_ms: 30_000,
            position: 1,
            first_position: 1,
            agent: None,
        });
    }
    under_test.store.flush().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_figures_of_the_day_come_with_the_snapshot_and_at_most_once_a_second() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut stream = Stream::open(&under_test, "/api/events", &cookie, None).await;
    assert_eq!(stream.next().await.unwrap().event, "snapshot");
    let first = stream.next().await.unwrap();
    assert_eq!(first.event, "today");
    under_test.document().check_named("TodayMessage", &first.data).unwrap();
    assert_eq!(first.data["counts"]["calls"], 0);
    // What is written within the second comes with the next message, all of it.
    given_up(&under_test, 1..20);
    given_up(&under_test, 20..51);
    under_test.clock.advance(Duration::from_millis(999));
    tokio::time::timeout(Duration::from_secs(3), stream.next_of("today")).await.unwrap_err();
    under_test.clock.advance(Duration::from_millis(1));
    let second = stream.next_of("today").await;
    assert_eq!(second.data["counts"]["calls"], 50);
    assert_eq!(second.data["figures"]["queues"][0]["visits"]["abandoned"], 50);
    assert_eq!(second.data["figures"], under_test.get("/api/figures/today", &cookie).await.json());
    // Nothing was written: what lasts is told anew after a while.
    under_test.clock.advance(Duration::from_millis(9_999));
    tokio::time::timeout(Duration::from_secs(3), stream.next_of("today")).await.unwrap_err();
    under_test.clock.advance(Duration::from_millis(1));
    stream.next_of("today").await;

    // Others see what their roles see.
    let supervisor = under_test.cookie_of(Role::Supervisor).await;
    let seen =
        Stream::open(&under_test, "/api/events", &supervisor, None).await.next_of("today").await;
    assert!(seen.data["counts"].is_null() && seen.data["figures"]["total"].is_null());
    let technician = under_test.cookie_of(Role::Technician).await;
    let seen =
        Stream::open(&under_test, "/api/events", &technician, None).await.next_of("today").await;
    assert_eq!(seen.data["counts"]["calls"], 50);
    assert!(seen.data["figures"].is_null());
    let agent = under_test.agent_cookie().await;
    let mut stream = Stream::open(&under_test, "/api/events", &agent, None).await;
    tokio::time::timeout(Duration::from_secs(3), stream.next_of("today")).await.unwrap_err();
}

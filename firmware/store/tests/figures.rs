//! Figures agree with what the events say, for made-up weeks of every seed and every kind of
//! question: as they are kept, after a cut, and made again from the log.

mod check;
mod day;
mod oracle;

use oracle::Oracle;
use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tipring_clock::WallTime;
use tipring_events::*;
use tipring_line::{AnswerCertainty, CallId, Cause, Disposition, Number};
use tipring_store::{By, FigureQuery, FigureRow, FigureSubject, Limits, ServiceLevel, Step, Store};

const QUARTER_US: i64 = 900_000_000;
const DAY_US: i64 = 96 * QUARTER_US;

fn at(us: i64) -> WallTime {
    WallTime::from_unix_micros(us)
}

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// Some calls of agents to others, inside and outside.
fn placed(rng: &mut ChaCha8Rng, first: u64, calls: u64) -> Vec<Event> {
    let mut events = Vec::new();
    for call in (first..first + calls).map(CallId) {
        let mut us = day::NOON_US + rng.random_range(0..calls as i64 * 5_000_000);
        let mut say = |us, kind| events.push(Event { at: at(us), kind });
        say(
            us,
            EventKind::CallBegan {
                call,
                source: "sip:8001".into(),
                called: Some(number("13900000000")),
                caller: Some(number(["8001", "8002", "8009"].choose(rng).unwrap())),
                caller_name: String::new(),
                inbound: false,
            },
        );
        let other = ["fxo-2", "telecom", "8005"].choose(rng).unwrap();
        let segment = |n, kind| EventKind::SegmentBegan {
            call,
            segment: SegmentId(n),
            kind,
            handler: (*other).into(),
            agent: None,
        };
        say(us, segment(1, SegmentKind::Ring));
        us += rng.random_range(0..9_000_000);
        let cause =
            *[Cause::NoChannel, Cause::UserBusy, Cause::NormalClearing].choose(rng).unwrap();
        let mut disposition = cause.disposition();
        if cause == Cause::NormalClearing {
            disposition = Disposition::Answered;
            let transferred = rng.random_bool(0.3);
            say(us, EventKind::CallAnswered { call, certainty: AnswerCertainty::Signalled });
            for (n, kind) in
                [SegmentKind::Talk, SegmentKind::Hold, SegmentKind::Talk].iter().enumerate()
            {
                say(us, segment(n as u16 + 2, *kind));
                us += rng.random_range(0..30_000_000);
                if transferred && n == 1 {
                    let (by, to) = (number("8001"), Some(number("8005")));
                    let (agent, consulted) = (None, None);
                    say(us, EventKind::CallTransferred { call, by, agent, to, consulted });
                }
            }
        }
        say(us, EventKind::CallEnded { call, cause, by: Party::Caller, disposition });
    }
    events
}

/// A made-up day drawn out over up to some weeks, over three queues and a few customers.
fn weeks(seed: u64, calls: u64) -> Vec<Event> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut events = day::day(seed, 1, calls);
    events.extend(placed(&mut rng, calls + 1, calls / 3));
    events.sort_by_key(|event| event.at);
    let stretch = rng.random_range(1..6_000);
    for event in &mut events {
        event.at = at(day::NOON_US + (event.at.unix_micros() - day::NOON_US) * stretch);
        let queue_of = |call: CallId| QueueId(call.0 as u32 % 3 + 1);
        match &mut event.kind {
            EventKind::CallBegan { call, caller, inbound: true, .. } => {
                *caller = (call.0 % 4 > 0).then(|| number(&format!("1380000000{}", call.0 % 5)));
            }
            EventKind::CallerKnown { caller, .. } => *caller = Some(number("13900000001")),
            EventKind::QueueEntered { call, queue, queue_name, .. } => {
                *queue = queue_of(*call);
                *queue_name = format!("queue {}", queue.0);
            }
            EventKind::QueueLeft { call, queue, wait_ms, outcome, .. } => {
                *queue = queue_of(*call);
                if *outcome == QueueOutcome::LeftEmpty && call.0 % 2 == 0 {
                    *outcome = QueueOutcome::Refused;
                }
                // Round waits lie on the borders of what is counted.
                *wait_ms -= if call.0 % 3 == 0 { *wait_ms % 1000 } else { 0 };
            }
            EventKind::OfferBegan { call, queue, .. }
            | EventKind::OfferEnded { call, queue, .. } => {
                *queue = queue_of(*call);
            }
            EventKind::AgentChanged { agent, state, reason, extension, .. } => {
                *extension = Some(number(&format!("800{}", agent.0)));
                if *state == AgentState::NotReady {
                    *reason = ["吃饭", "培训"][agent.0 as usize % 2].into();
                }
            }
            _ => {}
        }
    }
    events
}

fn question(rng: &mut ChaCha8Rng, first: i64, last: i64) -> FigureQuery {
    let from = rng.random_range(first - 2 * DAY_US..=last);
    let to = rng.random_range(from..=last + 2 * DAY_US);
    let round = |us: i64| at(us - us.rem_euclid(QUARTER_US));
    let by = *[By::All, By::Queue, By::Agent, By::Line].choose(rng).unwrap();
    let steps = [
        Step::Whole,
        Step::Quarter,
        Step::Hour,
        Step::HourOfDay,
        Step::Day,
        Step::Week,
        Step::Month,
    ];
    let short_s = rng.random_bool(0.5).then(|| rng.random_range(0..10));
    let days = *[1, 7, 30].choose(rng).unwrap();
    FigureQuery {
        from: round(from),
        to: round(to),
        now: at(last + rng.random_range(0..DAY_US)),
        by,
        step: *steps.choose(rng).unwrap(),
        queue: rng.random_bool(0.2).then(|| QueueId(rng.random_range(1..4))),
        agent: rng.random_bool(0.2).then(|| AgentId(rng.random_range(1..6))),
        line: rng.random_bool(0.1).then(|| "fxo-1".into()),
        limits: Limits::new(rng.random_range(0..60), short_s, days).unwrap(),
        histogram: false,
    }
}

fn nameless(mut rows: Vec<FigureRow>) -> Vec<FigureRow> {
    for row in &mut rows {
        match &mut row.subject {
            FigureSubject::Queue(id, name) => {
                assert_eq!(*name, format!("queue {}", id.0));
                name.clear();
            }
            FigureSubject::Agent(id, name) => {
                // Whoever was offered a call and never changed state is not known by name.
                assert!(name.is_empty() || *name == format!("100{}", id.0), "{name}");
                name.clear();
            }
            FigureSubject::All | FigureSubject::Line(_) => {}
        }
    }
    rows
}

/// Asks the store and the oracle the same.
fn agree(store: &Store, dir: &std::path::Path, offset: i32, rng: &mut ChaCha8Rng, questions: u32) {
    let events = check::log(dir);
    let oracle = Oracle::of(&events);
    let times = || events.iter().map(|event| event.at.unix_micros());
    let (first, last) = (times().min().unwrap(), times().max().unwrap());
    for _ in 0..questions {
        let query = question(rng, first, last);
        let found = nameless(store.reader().figures(&query).unwrap());
        let expected = oracle.figures(&query, offset);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{query:?}");
        }
        assert_eq!(found.len(), expected.len(), "{query:?}");
        for visits in found.iter().filter_map(|row| row.visits.as_ref()) {
            let ends = [
                visits.answered,
                visits.abandoned,
                visits.timed_out,
                visits.left_by_key,
                visits.callback_requested,
                visits.overflowed,
                visits.left_empty,
                visits.refused,
                visits.transferred_away,
                visits.interrupted,
            ];
            assert_eq!(ends.iter().sum::<u64>(), visits.visits, "the outcomes sum to the visits");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_what_the_events_say(
        seed: u64, calls in 1u64..50, cut in 0.0..1.0f64,
        offset in prop::sample::select(vec![480, 0, 345, -210, 765]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut events = weeks(seed, calls);
        events.truncate(1 + (events.len() as f64 * cut) as usize);
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let last = events.last().unwrap().at;
        let (store, _) = Store::open(dir.path(), last, |_| None).unwrap();
        store.set_offset_minutes(offset).unwrap();
        for event in &events {
            store.log(event.clone()).unwrap();
            if rng.random_bool(0.02) {
                store.flush().unwrap();
            }
        }
        store.flush().unwrap();
        agree(&store, dir.path(), offset, rng, 12);
        let kept = check::dump(dir.path());
        store.rebuild().unwrap();
        prop_assert_eq!(check::dump(dir.path()), kept);
        store.close().unwrap();

        // The box stopped here: what was open ends, and counts once.
        let (store, _) = Store::open(dir.path(), last, |_| None).unwrap();
        agree(&store, dir.path(), offset, rng, 12);
        // The box moves to where the sun is elsewhere.
        store.set_offset_minutes(-offset).unwrap();
        agree(&store, dir.path(), -offset, rng, 6);
        let kept = check::dump(dir.path());
        store.rebuild().unwrap();
        prop_assert_eq!(check::dump(dir.path()), kept);
    }
}

/// An agent ready since an hour and a caller who waits count as of now.
#[test]
fn what_lasts_counts_up_to_now() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), at(day::NOON_US), |_| None).unwrap();
    let began = day::NOON_US - day::NOON_US.rem_euclid(QUARTER_US) + 600_000_000;
    let (call, queue) = (CallId(1), QueueId(1));
    store
        .log(Event {
            at: at(began),
            kind: EventKind::AgentChanged {
                agent: AgentId(1),
                work_number: number("1001"),
                state: AgentState::Ready,
                extension: Some(number("8001")),
                reason: String::new(),
                call: None,
            },
        })
        .unwrap();
    let queue_name = "热线".to_owned();
    let entered = EventKind::QueueEntered {
        call,
        queue,
        queue_name,
        position: 1,
        priority: 0,
        waited_before_ms: 0,
    };
    store.log(Event { at: at(began), kind: entered }).unwrap();
    store.flush().unwrap();
    let query = FigureQuery {
        from: at(began - DAY_US),
        to: at(began + DAY_US),
        now: at(began + 3_600_000_000),
        step: Step::Quarter,
        ..FigureQuery::default()
    };
    let rows = store.reader().figures(&query).unwrap();
    let ready: Vec<_> = rows.iter().map(|row| row.time.as_ref().unwrap().ready_ms).collect();
    assert_eq!(ready, [300_000, 900_000, 900_000, 900_000, 600_000]);
    let visits = rows[0].visits.as_ref().unwrap();
    assert_eq!((visits.waiting, visits.offered), (1, 0));
    assert_eq!(ServiceLevel::OfOffered.of(visits), None);
}

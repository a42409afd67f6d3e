//! The list of calls by every filter, page after page, is what a look at each call gives.

mod check;
mod day;

use proptest::prelude::*;
use tipring_clock::WallTime;
use tipring_events::{AgentId, Event, EventKind, QueueId};
use tipring_line::Number;
use tipring_store::{CallDetail, CallFilter, Store};

fn at(us: i64) -> WallTime {
    WallTime::from_unix_micros(us)
}

/// Two days of calls, in and out, of few numbers that begin and end alike.
fn calls(seed: u64, count: u64) -> Vec<Event> {
    let number = |n: u64| -> Number {
        ["13800001234", "13800004321", "057487654321", "8001", "13900001234"][n as usize % 5]
            .parse()
            .unwrap()
    };
    let mut events = day::day(seed, 1, count);
    for event in &mut events {
        event.at = at(day::NOON_US + (event.at.unix_micros() - day::NOON_US) * 600);
        match &mut event.kind {
            EventKind::CallBegan { call, caller, called, .. } => {
                *caller = (call.0 % 3 > 0).then(|| number(call.0 / 3));
                *called = (call.0 % 4 > 0).then(|| number(call.0 / 2));
            }
            EventKind::CallerKnown { call, caller, .. } => {
                *caller = (call.0 % 7 > 0).then(|| number(call.0 / 4));
            }
            EventKind::QueueEntered { call, queue, .. }
            | EventKind::QueueLeft { call, queue, .. }
            | EventKind::OfferBegan { call, queue, .. }
            | EventKind::OfferEnded { call, queue, .. } => *queue = QueueId(call.0 as u32 % 3),
            _ => {}
        }
    }
    events
}

fn fits(detail: &CallDetail, filter: &CallFilter) -> bool {
    let call = &detail.call;
    let numbers = [call.caller, call.called.filter(|_| !call.inbound)];
    let any = |fits: &dyn Fn(&str) -> bool| numbers.iter().flatten().any(|n| fits(n.as_str()));
    let talked = |agent: &Number| {
        detail.segments.iter().any(|s| {
            s.kind == tipring_events::SegmentKind::Talk
                && s.agent.is_some()
                && s.handler == agent.as_str()
        })
    };
    filter.number.is_none_or(|number| any(&|n| n.starts_with(number.as_str())))
        && filter.number_end.is_none_or(|end| any(&|n| n.ends_with(end.as_str())))
        && filter.agent.as_ref().is_none_or(talked)
        && filter.from.is_none_or(|from| call.began >= from)
        && filter.to.is_none_or(|to| call.began < to)
        && filter.disposition.is_none_or(|d| call.disposition == Some(d))
        && filter.within.as_ref().is_none_or(|(queues, agents)| {
            detail.visits.iter().any(|v| queues.contains(&v.queue))
                || detail.segments.iter().any(|s| s.agent.is_some_and(|a| agents.contains(&a)))
        })
}

/// The calls of a filter, in the order of the list, read in pages of three.
fn pages(store: &Store, filter: &CallFilter) -> Vec<u64> {
    let mut filter = CallFilter { limit: 3, ..filter.clone() };
    let mut found = Vec::new();
    loop {
        let page = store.reader().calls(&filter).unwrap();
        assert!(page.calls.len() <= 3);
        found.extend(page.calls.iter().map(|call| call.call.0));
        match page.next {
            Some(next) => filter.after = Some(next),
            None => return found,
        }
    }
}

fn filters() -> impl Strategy<Value = CallFilter> {
    let number = |texts: &'static [&'static str]| {
        prop::option::weighted(0.4, prop::sample::select(texts))
            .prop_map(|text| text.map(|text| text.parse::<Number>().unwrap()))
    };
    let time = || {
        let day_us = 0i64..100_000_000_000;
        prop::option::weighted(0.3, day_us).prop_map(|us| us.map(|us| at(day::NOON_US + us)))
    };
    let within = (prop::collection::vec(0u32..4, 0..3), prop::collection::vec(1u32..7, 0..3))
        .prop_map(|(queues, agents)| {
            let queues = queues.into_iter().map(QueueId).collect();
            (queues, agents.into_iter().map(AgentId).collect())
        });
    (
        number(&["1", "138", "13800001234", "8", "0574", "5", "1380000123_"]),
        number(&["4321", "1234", "1", "8001", "13800001234", "7"]),
        number(&["1001", "1003", "77"]),
        time(),
        time(),
        prop::option::weighted(0.1, Just(tipring_line::Disposition::Abandoned)),
        prop::option::weighted(0.3, within),
    )
        .prop_map(|(number, number_end, agent, from, to, disposition, within)| CallFilter {
            number,
            number_end,
            agent,
            from,
            to,
            disposition,
            within,
            ..CallFilter::default()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_filter_gives_every_call_that_fits_once_and_in_order(
        seed: u64, count in 1u64..30, filters in prop::collection::vec(filters(), 30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), at(0), |_| None).unwrap();
        for event in calls(seed, count) {
            store.log(event).unwrap();
        }
        store.flush().unwrap();
        let all = pages(&store, &CallFilter::default());
        prop_assert_eq!(all.len() as u64, count);
        let details: Vec<CallDetail> = all
            .iter()
            .map(|call| store.reader().call(tipring_line::CallId(*call)).unwrap().unwrap())
            .collect();
        prop_assert!(details.is_sorted_by_key(|d| std::cmp::Reverse((d.call.began, d.call.call))));
        for filter in filters {
            let fit = details.iter().filter(|detail| fits(detail, &filter));
            let expected: Vec<u64> = fit.map(|detail| detail.call.call.0).collect();
            prop_assert_eq!(pages(&store, &filter), expected, "{:?}", filter);
        }
        store.close().unwrap();
    }
}

//! Opening hours: closed queues let nobody in, and, if they say so, nobody stay; a flow asks the
//! calendar. Scenarios begin on Saturday, 21 November 2026, at nine in the morning.

use tipring_calendar::{CalendarConfig, Hours, Weekday, Workday};
use tipring_events::{QueueCause, QueueOutcome};
use tipring_ivr::Node;

use crate::{Box, all_hang_up, call, causes, config, desk, opened, rest, s, waits};

fn calendar(days: &[Weekday], to: &str, workdays: Vec<Workday>) -> CalendarConfig {
    let hours = Hours { days: days.to_vec(), from: "08:00".into(), to: to.into() };
    CalendarConfig {
        name: "office".into(),
        week: vec![hours],
        workdays,
        ..CalendarConfig::default()
    }
}

fn hours(calendar: CalendarConfig, leave: bool) -> Box {
    let mut w = desk(1, |acd| {
        acd.calendars = vec![calendar];
        acd.queues[0].hours = Some("office".into());
        acd.queues[0].leave.closed = leave;
    });
    rest(&mut w, 1);
    w
}

#[test]
fn closed_on_saturday_unless_it_is_a_make_up_workday() {
    let mut w = hours(calendar(&[Weekday::Mon], "17:00", vec![]), false);
    call(&mut w, "13800138000");
    assert_eq!(waits(&w), [(1, QueueOutcome::Refused, None)]);
    assert_eq!(causes(&w), [Some(QueueCause::Closed)]);
    assert!(w.live().queues[0].closed);
    all_hang_up(&mut w);

    let today = Workday { date: "2026-11-21".into(), like: Weekday::Mon, hours: vec![] };
    let mut w = hours(calendar(&[Weekday::Mon], "17:00", vec![today]), false);
    call(&mut w, "13800138000");
    assert_eq!(waits(&w), []);
    all_hang_up(&mut w);
}

#[test]
fn at_closing_time_callers_stay_or_leave() {
    for leave in [false, true] {
        let mut w = hours(calendar(&[Weekday::Sat], "09:30", vec![]), leave);
        call(&mut w, "13800138000");
        w.run(s(1780));
        assert_eq!(waits(&w), []);
        w.run(s(30));
        let left = [(1, QueueOutcome::LeftEmpty, None)];
        assert_eq!(waits(&w), if leave { &left[..] } else { &[] });
        call(&mut w, "13800138001");
        assert_eq!(causes(&w).last(), Some(&Some(QueueCause::Closed)));
        all_hang_up(&mut w);
    }
}

#[test]
fn a_flow_asks_the_calendar() {
    for (to, prompt) in [("17:00", "menu-main"), ("08:30", "closed")] {
        let mut config = config(|acd| acd.calendars = vec![calendar(&[Weekday::Sat], to, vec![])]);
        let flow = &mut config.flows[0];
        flow.start = "open?".into();
        flow.nodes.insert("shut".into(), Node::Hangup { say: vec!["closed".into()] });
        flow.nodes.insert(
            "open?".into(),
            Node::Hours {
                calendar: "office".into(),
                open: "menu".into(),
                closed: "shut".into(),
                holiday: None,
            },
        );
        let mut w = opened(0, config);
        let caller = w.trunk_call("13800138000", "95588");
        assert!(w.hears_prompt(caller, prompt), "{to}: {:?}", w.hears(caller));
        all_hang_up(&mut w);
    }
}

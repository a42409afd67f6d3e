//! `tipring reports`: figures at the command line.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use tipring_clock::{Clock, RealClock, WallTime};
use tipring_store::{
    By, FigureQuery, FigureRow, FigureSubject, Reader, ServiceLevel, Step, StepStart,
};

use crate::options::{ReportSubject, ReportsShow};

const DAY: Duration = Duration::from_secs(86_400);

/// Reads the figures of the last days, whether or not the box runs, and lays them out as a table.
///
/// # Errors
/// There is no store that this version can read.
pub(crate) fn show(state: &Path, what: &ReportsShow) -> anyhow::Result<String> {
    let reader = Reader::open(state)?;
    let now = RealClock::start().wall();
    let days = DAY * what.days;
    let from_us = now.unix_micros().saturating_sub(i64::try_from(days.as_micros())?);
    let (by, step) = match what.by {
        ReportSubject::All => (By::All, Step::Whole),
        ReportSubject::Queue => (By::Queue, Step::Whole),
        ReportSubject::Agent => (By::Agent, Step::Whole),
        ReportSubject::Line => (By::Line, Step::Whole),
        ReportSubject::Hour => (By::All, Step::HourOfDay),
    };
    let from = WallTime::from_unix_micros(from_us);
    let query = FigureQuery { from, to: now, now, by, step, ..FigureQuery::default() };
    Ok(table(&reader.figures(&query)?))
}

fn percent(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |v| format!("{:.1}%", v * 100.0))
}

fn seconds(ms: Option<f64>) -> String {
    ms.map_or("-".to_owned(), |ms| format!("{:.1}", ms / 1000.0))
}

fn table(rows: &[FigureRow]) -> String {
    let level = ServiceLevel::default();
    let mut text = format!("service level: {} with T = 20 s; times in seconds\n", level.formula());
    let head = [
        "",
        "offered",
        "answered",
        "abandoned",
        "level",
        "lost",
        "wait",
        "handled",
        "handling",
        "talk",
        "occupied",
        "calls",
        "blocked",
    ];
    line(&mut text, head.map(str::to_owned));
    for row in rows {
        let (visits, handling) = (row.visits.as_ref(), row.handling.as_ref());
        let count = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
        line(
            &mut text,
            [
                name(row),
                count(visits.map(|v| v.offered)),
                count(visits.map(|v| v.answered)),
                count(visits.map(|v| v.abandoned)),
                percent(visits.and_then(|v| level.of(v))),
                percent(visits.and_then(|v| v.abandon_rate())),
                seconds(visits.and_then(|v| v.average_speed_of_answer_ms())),
                count(handling.map(|h| h.handled())),
                seconds(handling.and_then(|h| h.average_handling_ms())),
                seconds(handling.and_then(|h| h.average_talk_ms())),
                percent(row.time.as_ref().and_then(|t| t.occupancy())),
                count(row.calls.as_ref().map(|c| c.calls())),
                percent(row.calls.as_ref().and_then(|c| c.blocked_rate())),
            ],
        );
    }
    text
}

fn line(text: &mut String, cells: [String; 13]) {
    let (first, others) = cells.split_first().expect("there are thirteen");
    // Writing to a String cannot fail.
    let _ = write!(text, "{first:<20}");
    for cell in others {
        let _ = write!(text, "{cell:>10}");
    }
    text.push('\n');
}

fn name(row: &FigureRow) -> String {
    if let StepStart::HourOfDay(hour) = row.start {
        return format!("{hour:02}:00");
    }
    match &row.subject {
        FigureSubject::All => "all".to_owned(),
        FigureSubject::Queue(_, name) | FigureSubject::Agent(_, name) => name.clone(),
        FigureSubject::Line(line) if line.is_empty() => "within the house".to_owned(),
        FigureSubject::Line(line) => line.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_events::{Event, EventKind, QueueId, QueueOutcome};
    use tipring_line::CallId;
    use tipring_store::Store;

    #[test]
    fn a_stopped_boxs_figures_are_shown_with_their_formula() {
        let dir = tempfile::tempdir().unwrap();
        let at = RealClock::start().wall();
        let (store, _) = Store::open(dir.path(), at, |_| None).unwrap();
        let (call, queue, position) = (CallId(1), QueueId(1), 1);
        let queue_name = "hotline".to_owned();
        let entered = EventKind::QueueEntered {
            call,
            queue,
            queue_name,
            position,
            priority: 0,
            waited_before_ms: 0,
        };
        store.log(Event { at, kind: entered }).unwrap();
        let (outcome, wait_ms, agent) = (QueueOutcome::Answered, 4_000, None);
        let left = EventKind::QueueLeft {
            call,
            queue,
            outcome,
            wait_ms,
            position,
            agent,
            because: None,
            first_position: 1,
        };
        store.log(Event { at, kind: left }).unwrap();
        store.close().unwrap();
        let what = ReportsShow { days: 1, by: ReportSubject::Queue };
        let text = show(dir.path(), &what).unwrap();
        assert!(text.starts_with("service level: A_T / (O − Bθ) with T = 20 s"), "{text}");
        let row = text.lines().nth(2).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells[..7], ["hotline", "1", "1", "0", "100.0%", "0.0%", "4.0"]);
    }
}

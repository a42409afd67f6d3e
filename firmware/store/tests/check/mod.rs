//! What must hold of every store, looked at with SQL of its own.
#![allow(dead_code, reason = "each test looks at some of it")]

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tipring_clock::WallTime;
use tipring_events::Event;

const TABLES: [(&str, &str); 12] = [
    ("call", "id"),
    ("segment", "call_id, segment"),
    ("queue_visit", "call_id, event_id"),
    ("offer", "call_id, event_id"),
    ("agent_state", "agent_id, event_id"),
    ("recording", "call_id, event_id"),
    ("figure", "level, subject, slot, queue, agent, name"),
    ("figure_day", "id"),
    ("figure_name", "subject, id"),
    ("extension_setting", "extension, setting"),
    ("span_setting", "span"),
    ("call_place", "kind, who, began_at_us, call_id"),
];

pub(crate) fn connect(dir: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Connection::open_with_flags(dir.join("tipring.db"), flags).unwrap()
}

/// Every row of every derived table, as text.
pub(crate) fn dump(dir: &Path) -> Vec<String> {
    let connection = connect(dir);
    let mut lines = Vec::new();
    for (table, order) in TABLES {
        let sql = format!("SELECT * FROM {table} ORDER BY {order}");
        let mut statement = connection.prepare(&sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> =
                (0..columns).map(|c| format!("{:?}", row.get_ref(c).unwrap())).collect();
            lines.push(format!("{table}: {}", values.join(", ")));
        }
    }
    lines
}

pub(crate) fn count(dir: &Path, sql: &str) -> i64 {
    connect(dir).query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every call that has ended has one outcome and segments that add up to its duration; every queue
/// visit and offer of such a call has one outcome; the log has no hole.
pub(crate) fn sound(dir: &Path) {
    for (what, sql) in [
        (
            "calls that ended without an outcome, or have one without an end",
            "SELECT count(*) FROM call WHERE (ended_at_us IS NULL) <> (disposition IS NULL)
             OR (ended_at_us IS NULL) <> (cause IS NULL)",
        ),
        (
            // What the agent settles after the call's end is not part of its duration.
            "calls whose segments do not add up to their duration",
            "SELECT count(*) FROM call WHERE ended_at_us IS NOT NULL AND
             ended_at_us - began_at_us <> (SELECT coalesce(sum(ended_at_us - began_at_us), 0)
                 FROM segment WHERE call_id = call.id AND began_at_us < call.ended_at_us)",
        ),
        (
            "segments that overlap the one before",
            "SELECT count(*) FROM segment AS s JOIN segment AS before
             ON before.call_id = s.call_id AND before.segment = s.segment - 1
             WHERE s.began_at_us < before.ended_at_us OR before.ended_at_us IS NULL",
        ),
        (
            "queue visits of ended calls without an outcome",
            "SELECT count(*) FROM queue_visit JOIN call ON call.id = call_id
             WHERE call.ended_at_us IS NOT NULL AND (outcome IS NULL OR left_at_us IS NULL)",
        ),
        (
            "offers of ended calls without an outcome",
            "SELECT count(*) FROM offer JOIN call ON call.id = call_id
             WHERE call.ended_at_us IS NOT NULL AND (outcome IS NULL OR offer.ended_at_us IS NULL)",
        ),
        ("holes in the log", "SELECT coalesce(max(id) - count(*), 0) FROM event"),
        (
            "agents in two states at once",
            "SELECT count(*) FROM (SELECT agent_id FROM agent_state WHERE ended_at_us IS NULL
             GROUP BY agent_id HAVING count(*) > 1)",
        ),
    ] {
        assert_eq!(count(dir, sql), 0, "{what}");
    }
}

/// Every event of the log, in order.
pub(crate) fn log(dir: &Path) -> Vec<Event> {
    let connection = connect(dir);
    let mut statement = connection.prepare("SELECT at_us, body FROM event ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| {
        let kind = serde_json::from_str(&row.get::<_, String>(1)?).unwrap();
        Ok(Event { at: WallTime::from_unix_micros(row.get(0)?), kind })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

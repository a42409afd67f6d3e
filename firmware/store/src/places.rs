//! Where calls are found, the newest first: by their numbers, queues and agents.
//!
//! One derived table holds, for each thing one may look for, the calls in the order of the list. A
//! page of calls of one agent, or of the queues and agents a supervisor sees, is read off its
//! beginnings; one of numbers that begin or end alike off those numbers that were in a call last.
//! So a page costs the same however far back it lies and however many calls there are.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension};
use tipring_line::{CallId, Number};

use crate::calls::{CallFilter, Cursor};
use crate::derive::{Change, change};
use crate::value::{Value, integer};

/// What calls are found by. The numbers stand in databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// The caller's number; of a call that did not come from outside, the called one too.
    Number = 0,
    /// The same from its end on.
    Reversed = 1,
    /// The work number of an agent who talked.
    Talker = 2,
    /// A queue it waited in, by id.
    Queue = 3,
    /// An agent who was in it, by id.
    Agent = 4,
}

/// The most numbers that are looked at one by one; where more begin alike, going through the list
/// from the newest on soon fills a page.
const NUMBERS_MAX: usize = 2_000;

/// A number from its end on.
pub(crate) fn reversed(number: &Number) -> String {
    number.as_str().chars().rev().collect()
}

/// The change that makes a call be found by one of its numbers, from its beginning or its end on.
pub(crate) fn by_number<'a>(place: Place, call: CallId, number: &Number) -> Change<'a> {
    let who = match place {
        Place::Reversed => reversed(number),
        _ => number.to_string(),
    };
    change(
        "INSERT OR IGNORE INTO call_place SELECT ?1, ?2, began_at_us, id FROM call
         WHERE id = ?3 AND (caller = ?4 OR (inbound = 0 AND called = ?4))",
        [(place as u32).into(), who.into(), call.into(), number.to_string().into()],
    )
}

/// The change that makes a call be found by somebody or something else.
pub(crate) fn by<'a>(place: Place, call: CallId, who: String) -> Change<'a> {
    change(
        "INSERT OR IGNORE INTO call_place SELECT ?1, ?2, began_at_us, id FROM call WHERE id = ?3",
        [(place as u32).into(), who.into(), call.into()],
    )
}

/// The changes after which a call is not found by the caller's number any more, unless it goes to
/// that very number.
pub(crate) fn not_by_caller<'a>(call: CallId) -> [Change<'a>; 2] {
    let sql = [
        "DELETE FROM call_place WHERE kind = 0 AND call_id = ?1
         AND (who, began_at_us) = (SELECT caller, began_at_us FROM call
             WHERE id = ?1 AND (inbound OR called IS NOT caller))",
        "DELETE FROM call_place WHERE kind = 1 AND call_id = ?1
         AND (who, began_at_us) = (SELECT caller_reversed, began_at_us FROM call
             WHERE id = ?1 AND (inbound OR called IS NOT caller))",
    ];
    sql.map(|sql| change(sql, [Value::from(call)]))
}

/// Forgets where a call is found, before its rows go.
pub(crate) fn forget(connection: &Connection, call: i64) -> rusqlite::Result<()> {
    let mut places = connection.prepare_cached(
        "SELECT 0, caller FROM call WHERE id = ?1 AND caller IS NOT NULL
         UNION SELECT 0, called FROM call WHERE id = ?1 AND called IS NOT NULL
         UNION SELECT 2, handler FROM segment WHERE call_id = ?1
         UNION SELECT 3, CAST(queue_id AS TEXT) FROM queue_visit WHERE call_id = ?1
         UNION SELECT 4, CAST(agent_id AS TEXT) FROM segment
             WHERE call_id = ?1 AND agent_id IS NOT NULL",
    )?;
    let mut forget = connection.prepare_cached(
        "DELETE FROM call_place WHERE kind = ?1 AND who = ?2 AND call_id = ?3
         AND began_at_us = (SELECT began_at_us FROM call WHERE id = ?3)",
    )?;
    let mut rows = places.query([call])?;
    while let Some(row) = rows.next()? {
        let (place, who): (u8, String) = (row.get(0)?, row.get(1)?);
        forget.execute((place, &who, call))?;
        if place == Place::Number as u8 {
            let reversed: String = who.chars().rev().collect();
            forget.execute((Place::Reversed as u8, reversed, call))?;
        }
    }
    Ok(())
}

/// A call's place in the list: when it began, and which it is.
type InList = (i64, i64);

/// The calls of a page and one more, if they can be read off the table: where the filter asks for
/// one kind of thing beside the time, and for not too many of it.
pub(crate) fn page(
    connection: &Connection,
    filter: &CallFilter,
    limit: u32,
) -> rusqlite::Result<Option<Vec<i64>>> {
    let Some(keys) = keys(connection, filter)? else { return Ok(None) };
    let mut newest = Newest::new(connection, filter)?;
    let wanted = limit as usize;
    let mut heads = Vec::with_capacity(keys.len());
    for (n, key) in keys.iter().enumerate() {
        match key.newest {
            Some((began_us, _)) if began_us < newest.from => {}
            Some(call) if call < newest.before => heads.push((call, n)),
            _ => newest.each(key, 1, |call| heads.push((call, n)))?,
        }
    }
    // What has its newest call below so many others cannot be on the page. A call that is found
    // under two keys, as one from a number to another that begins alike, is one of them only.
    heads.sort_unstable_by(|a, b| b.cmp(a));
    let mut different: Vec<InList> = heads.iter().map(|(call, _)| *call).collect();
    different.dedup();
    if let Some(last) = wanted.checked_sub(1).and_then(|last| different.get(last)) {
        heads.retain(|(call, _)| call >= last);
    }
    let mut found: BTreeSet<InList> = BTreeSet::new();
    for (_, n) in heads {
        newest.each(&keys[n], limit, |call| {
            found.insert(call);
            if found.len() > wanted {
                found.pop_first();
            }
        })?;
    }
    Ok(Some(found.into_iter().rev().map(|(_, call)| call).collect()))
}

/// One thing to look for, and the newest of all its calls where that is known.
struct Key {
    place: Place,
    who: String,
    newest: Option<InList>,
}

impl Key {
    fn new(place: Place, who: String) -> Self {
        Key { place, who, newest: None }
    }
}

/// Everything under which calls that fit are found; `None` where the table does not help.
fn keys(connection: &Connection, filter: &CallFilter) -> rusqlite::Result<Option<Vec<Key>>> {
    if filter.disposition.is_some() {
        return Ok(None);
    }
    match (&filter.number, &filter.number_end, &filter.agent, &filter.within) {
        (Some(number), None, None, None) => numbers(connection, Place::Number, number.to_string()),
        (None, Some(end), None, None) => numbers(connection, Place::Reversed, reversed(end)),
        (None, None, Some(agent), None) => {
            Ok(Some(vec![Key::new(Place::Talker, agent.to_string())]))
        }
        (None, None, None, Some((queues, agents))) => {
            let queues = queues.iter().map(|queue| Key::new(Place::Queue, queue.0.to_string()));
            let agents = agents.iter().map(|agent| Key::new(Place::Agent, agent.0.to_string()));
            Ok(Some(queues.chain(agents).collect()))
        }
        _ => Ok(None),
    }
}

/// The numbers that begin like this, the last first, if they are not too many.
fn numbers(
    connection: &Connection,
    place: Place,
    begins: String,
) -> rusqlite::Result<Option<Vec<Key>>> {
    let mut last = connection.prepare_cached(
        "SELECT who, began_at_us, call_id FROM call_place WHERE kind = ?1 AND who >= ?2 AND who < ?3
         ORDER BY who DESC, began_at_us DESC, call_id DESC LIMIT 1",
    )?;
    // No character of a number sorts after '~'.
    let mut end = format!("{begins}~");
    let mut found = Vec::new();
    loop {
        let key = last.query_row((place as u8, &begins, &end), |row| {
            Ok(Key { place, who: row.get(0)?, newest: Some((row.get(1)?, row.get(2)?)) })
        });
        let Some(key) = key.optional()? else { return Ok(Some(found)) };
        if found.len() == NUMBERS_MAX {
            return Ok(None);
        }
        end.clone_from(&key.who);
        found.push(key);
    }
}

/// Reads the newest calls under one key, within the times of a filter.
struct Newest<'a> {
    statement: CachedStatement<'a>,
    from: i64,
    before: InList,
}

impl<'a> Newest<'a> {
    fn new(connection: &'a Connection, filter: &CallFilter) -> rusqlite::Result<Self> {
        let statement = connection.prepare_cached(
            "SELECT began_at_us, call_id FROM call_place WHERE kind = ?1 AND who = ?2
             AND began_at_us >= ?3 AND (began_at_us, call_id) < (?4, ?5)
             ORDER BY began_at_us DESC, call_id DESC LIMIT ?6",
        )?;
        let from = filter.from.map_or(i64::MIN, |from| from.unix_micros());
        let to = filter.to.map_or((i64::MAX, 0), |to| (to.unix_micros(), 0));
        let after = filter
            .after
            .map_or((i64::MAX, 0), |Cursor { began_us, call }| (began_us, integer(call.0)));
        Ok(Newest { statement, from, before: to.min(after) })
    }

    fn each(
        &mut self,
        key: &Key,
        limit: u32,
        mut found: impl FnMut(InList),
    ) -> rusqlite::Result<()> {
        let (us, call) = self.before;
        let mut rows =
            self.statement.query((key.place as u8, &key.who, self.from, us, call, limit))?;
        while let Some(row) = rows.next()? {
            found((row.get(0)?, row.get(1)?));
        }
        Ok(())
    }
}

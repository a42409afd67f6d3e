//! Writing events and what follows from them, within the transaction at hand.

use rusqlite::{Connection, params_from_iter};
use tipring_clock::WallTime;
use tipring_events::Event;

use crate::StoreError;
use crate::derive::{DERIVED_TABLES, derive};
use crate::figures::ledger::Ledger;
use crate::retention::LogBegin;
use crate::value::integer;

/// How many rows of figures are gathered before they are written while the tables are made again.
const LEDGER_ROWS_MAX: usize = 4_096;

/// Writes `event` as row `id` of the log, together with everything derived from it.
pub(crate) fn log(
    connection: &Connection,
    id: i64,
    event: &Event,
    json: &mut Vec<u8>,
    ledger: &mut Ledger,
) -> rusqlite::Result<()> {
    json.clear();
    serde_json::to_writer(&mut *json, &event.kind)
        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let body = std::str::from_utf8(json).expect("serde_json writes UTF-8");
    connection
        .prepare_cached("INSERT INTO event (id, at_us, call_id, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, event.at.unix_micros(), event.kind.call().map(|c| integer(c.0)), body))?;
    apply(connection, id, event, ledger)
}

/// Makes the changes derived from the event in row `id`, and counts what it completes.
fn apply(
    connection: &Connection,
    id: i64,
    event: &Event,
    ledger: &mut Ledger,
) -> rusqlite::Result<()> {
    ledger.saw(event.at.unix_micros());
    for change in derive(id, event) {
        let mut statement = connection.prepare_cached(change.sql)?;
        let values = params_from_iter(&change.values);
        let Some(work) = change.completes else {
            statement.execute(values)?;
            continue;
        };
        let mut completed = statement.query(values)?;
        while let Some(row) = completed.next()? {
            work.add(connection, row, ledger)?;
        }
    }
    Ok(())
}

/// Empties the derived tables and makes them again from the log; where the log has lost its
/// beginning, from there on. Returns how many events were read.
pub(crate) fn rebuild(connection: &mut Connection) -> Result<u64, StoreError> {
    let transaction = connection.transaction()?;
    let begin = LogBegin::read(&transaction)?;
    match begin {
        Some(begin) => begin.forget_later(&transaction)?,
        None => {
            for table in DERIVED_TABLES {
                transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
        }
    }
    transaction.execute("UPDATE figure_day SET open_day = NULL", [])?;
    let mut count = 0;
    let mut ledger = Ledger::from_quarter(begin.map_or(i64::MIN, |begin| begin.quarter));
    {
        let sql = "SELECT id, at_us, body FROM event WHERE id >= ?1 ORDER BY id";
        let mut log = transaction.prepare(sql)?;
        let mut rows = log.query([begin.map_or(0, |begin| begin.event)])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let body = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let kind =
                serde_json::from_str(body).map_err(|source| StoreError::Event { id, source })?;
            let at = WallTime::from_unix_micros(row.get(1)?);
            apply(&transaction, id, &Event { at, kind }, &mut ledger)?;
            if ledger.len() >= LEDGER_ROWS_MAX {
                ledger.write(&transaction)?;
            }
            count += 1;
        }
    }
    ledger.write(&transaction)?;
    transaction.commit()?;
    Ok(count)
}

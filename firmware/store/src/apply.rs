//! Writing events and what follows from them, within the transaction at hand.

use rusqlite::{Connection, params_from_iter};
use tipring_clock::WallTime;
use tipring_events::Event;

use crate::StoreError;
use crate::derive::{DERIVED_TABLES, derive, integer};

/// Writes `event` as row `id` of the log, together with everything derived from it.
pub(crate) fn log(
    connection: &Connection,
    id: i64,
    event: &Event,
    json: &mut Vec<u8>,
) -> rusqlite::Result<()> {
    json.clear();
    serde_json::to_writer(&mut *json, &event.kind)
        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let body = std::str::from_utf8(json).expect("serde_json writes UTF-8");
    connection
        .prepare_cached("INSERT INTO event (id, at_us, call_id, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, event.at.unix_micros(), event.kind.call().map(|c| integer(c.0)), body))?;
    apply(connection, id, event)
}

/// Makes the changes derived from the event in row `id`.
fn apply(connection: &Connection, id: i64, event: &Event) -> rusqlite::Result<()> {
    for change in derive(id, event) {
        connection.prepare_cached(change.sql)?.execute(params_from_iter(&change.values))?;
    }
    Ok(())
}

/// Empties the derived tables and makes them again from the log.
pub(crate) fn rebuild(connection: &mut Connection) -> Result<u64, StoreError> {
    let transaction = connection.transaction()?;
    for table in DERIVED_TABLES {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let mut count = 0;
    {
        let mut log = transaction.prepare("SELECT id, at_us, body FROM event ORDER BY id")?;
        let mut rows = log.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let body = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let kind =
                serde_json::from_str(body).map_err(|source| StoreError::Event { id, source })?;
            let at = WallTime::from_unix_micros(row.get(1)?);
            apply(&transaction, id, &Event { at, kind })?;
            count += 1;
        }
    }
    transaction.commit()?;
    Ok(count)
}

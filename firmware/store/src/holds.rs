//! Legal holds: calls and recordings that no rule removes until somebody takes the hold away.

use rusqlite::OptionalExtension;
use tipring_clock::WallTime;
use tipring_line::CallId;

use crate::audit::{self, AuditEntry};
use crate::rows::{Columns, rows_of};
use crate::value::integer;
use crate::{Reader, Store, StoreError};

/// A hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LegalHold {
    /// The call.
    pub call: CallId,
    /// Which of its recordings, from 1; 0 for the call with all that is known of it.
    pub part: u32,
    /// Since when.
    pub at: WallTime,
    /// Who set it.
    pub who: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Holds a call or one of its recordings, together with the row of the audit log that tells of
    /// it; a hold that is there already gets the new reason. `false` where there is no such call or
    /// recording, or it was removed before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn hold(&self, hold: LegalHold, told: AuditEntry) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let call = integer(hold.call.0);
            let sql = match hold.part {
                0 => "SELECT EXISTS (SELECT 1 FROM call WHERE id = ?1) AND ?2 = 0",
                _ => {
                    "SELECT coalesce((SELECT removed_at_us IS NULL FROM recording
                     WHERE call_id = ?1 ORDER BY event_id LIMIT 1 OFFSET ?2 - 1), 0)"
                }
            };
            if !transaction.query_row(sql, (call, hold.part), |row| row.get(0))? {
                return Ok(false);
            }
            transaction.execute(
                "INSERT OR REPLACE INTO legal_hold (call_id, part, at_us, who, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (call, hold.part, hold.at.unix_micros(), hold.who, hold.reason),
            )?;
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// Takes a hold away, with the row of the audit log that tells of it; its reason is what was
    /// before. `false` where there is none.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn release_hold(
        &self,
        call: CallId,
        part: u32,
        told: AuditEntry,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let sql = "DELETE FROM legal_hold WHERE call_id = ?1 AND part = ?2
                RETURNING json_object('reason', reason, 'who', who)";
            let before: Option<String> =
                transaction.query_row(sql, (integer(call.0), part), |row| row.get(0)).optional()?;
            let Some(before) = before else { return Ok(false) };
            audit::write(&transaction, &AuditEntry { before: Some(before), ..told })?;
            transaction.commit()?;
            Ok(true)
        })
    }
}

impl Reader {
    /// The holds of a call, that of the whole call first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn holds(&self, call: CallId) -> Result<Vec<LegalHold>, StoreError> {
        self.with(|connection| holds(connection, call))
    }
}

/// The holds of a call, that of the whole call first.
pub(crate) fn holds(
    connection: &rusqlite::Connection,
    call: CallId,
) -> rusqlite::Result<Vec<LegalHold>> {
    let sql = "SELECT part, at_us, who, reason FROM legal_hold WHERE call_id = ?1 ORDER BY part";
    rows_of(connection, sql, integer(call.0), |c: &mut Columns<'_, '_>| {
        let (part, at, who, reason) = (c.get()?, c.time()?, c.get()?, c.get()?);
        Ok(LegalHold { call, part, at, who, reason })
    })
}

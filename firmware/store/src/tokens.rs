//! Keys by which other software asks. The caller makes the key and hashes it; the store never sees
//! it.

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_events::QueueId;

use crate::audit::{self, AuditEntry};
use crate::users::Role;
use crate::{Reader, Store, StoreError, word};

/// A token, by the id that is never used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub u32);

/// What is known of a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// The token.
    pub id: TokenId,
    /// What it is for, as people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The queues it sees, as a supervisor's.
    pub queues: Vec<QueueId>,
    /// When it was made.
    pub made: WallTime,
    /// By whom.
    pub made_by: String,
    /// When it was used last, to within some minutes.
    pub used: Option<WallTime>,
}

const COLUMNS: &str = "id, name, role, queues, made_at_us, made_by, used_at_us";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Token> {
    let used: Option<i64> = row.get(6)?;
    Ok(Token {
        id: TokenId(row.get(0)?),
        name: row.get(1)?,
        role: word::parse(2, &row.get::<_, String>(2)?)?,
        queues: word::list(3, &row.get::<_, String>(3)?)?,
        made: WallTime::from_unix_micros(row.get(4)?),
        made_by: row.get(5)?,
        used: used.map(WallTime::from_unix_micros),
    })
}

impl Store {
    /// Keeps a new token by the SHA-256 of its key. `told` says who makes it and when.
    pub fn add_token(
        &self,
        name: &str,
        role: Role,
        queues: &[QueueId],
        hash: [u8; 32],
        told: AuditEntry,
    ) -> Result<TokenId, StoreError> {
        let (name, queues) = (name.to_owned(), word::json(queues));
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO token (name, role, queues, hash, made_at_us, made_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (name, word::word(role), queues, hash, told.at.unix_micros(), &told.who),
            )?;
            let id = transaction.last_insert_rowid();
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(TokenId(u32::try_from(id).unwrap_or(u32::MAX)))
        })
    }

    /// Takes a token away; `false` where there is none.
    pub fn remove_token(&self, id: TokenId, told: AuditEntry) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            if transaction.execute("DELETE FROM token WHERE id = ?1", [id.0])? == 0 {
                return Ok(false);
            }
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// Remembers that a token was used. Call it now and then, not for each request: flash wears.
    pub fn token_used(&self, id: TokenId, at: WallTime) -> Result<(), StoreError> {
        self.run(move |connection| {
            let sql = "UPDATE token SET used_at_us = ?2 WHERE id = ?1";
            connection.execute(sql, (id.0, at.unix_micros()))?;
            Ok(())
        })
    }
}

impl Reader {
    /// Every token, the oldest first.
    pub fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM token ORDER BY id");
            connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
        })
    }

    /// The token whose key has this SHA-256.
    pub fn token(&self, hash: [u8; 32]) -> Result<Option<Token>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = ?1");
            connection.prepare_cached(&sql)?.query_row([hash], from_row).optional()
        })
    }
}

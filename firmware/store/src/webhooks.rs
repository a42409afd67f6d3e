//! Where other software wants to be told of events, how far it has been told, and what it could
//! not be told.

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_events::QueueId;

use crate::audit::{self, AuditEntry};
use crate::{Reader, Store, StoreError, word};

/// The most dead letters kept for one webhook; the oldest gives way.
pub const DEAD_MAX: u32 = 1_000;

/// A webhook, by the id that is never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookId(pub u32);

/// What people decide of a webhook.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookChange {
    /// What it is for, as people call it.
    pub name: String,
    /// Where events are posted.
    pub url: String,
    /// Words of events: `call-began`. All where empty.
    pub events: Vec<String>,
    /// Only calls that came through one of these queues, and these queues' events; all where empty.
    pub queues: Vec<QueueId>,
    /// Whether it is told anything. What happens meanwhile is not told later.
    pub enabled: bool,
}

/// One webhook.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The webhook.
    pub id: WebhookId,
    /// What people decided.
    pub change: WebhookChange,
    /// The key of the signature.
    pub secret: Vec<u8>,
    /// Every event up to this row of the log has been told or given up.
    pub cursor: u64,
}

/// An event that could not be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// The event's row in the log.
    pub event: u64,
    /// When it was given up.
    pub at: WallTime,
    /// After how many attempts.
    pub attempts: u32,
    /// What the last attempt met with.
    pub error: String,
}

/// An event as it stands in the log, whichever version wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawEvent {
    /// The row's number.
    pub id: u64,
    /// When it happened.
    pub at: WallTime,
    /// What happened, as a JSON object.
    pub body: String,
}

fn raw_event(row: &Row<'_>) -> rusqlite::Result<RawEvent> {
    Ok(RawEvent {
        id: row.get::<_, i64>(0)?.unsigned_abs(),
        at: WallTime::from_unix_micros(row.get(1)?),
        body: row.get(2)?,
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let change = WebhookChange {
        name: row.get(1)?,
        url: row.get(2)?,
        events: word::list(3, &row.get::<_, String>(3)?)?,
        queues: word::list(4, &row.get::<_, String>(4)?)?,
        enabled: row.get(6)?,
    };
    let cursor = row.get::<_, i64>(7)?.unsigned_abs();
    Ok(Webhook { id: WebhookId(row.get(0)?), change, secret: row.get(5)?, cursor })
}

impl Store {
    /// Keeps a new webhook. It is told what is logged from now on.
    pub fn add_webhook(
        &self,
        change: WebhookChange,
        secret: Vec<u8>,
        told: AuditEntry,
    ) -> Result<WebhookId, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO webhook (name, url, events, queues, secret, enabled, cursor)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT coalesce(max(id), 0) FROM event))",
                (
                    change.name,
                    change.url,
                    word::json(&change.events),
                    word::json(&change.queues),
                    secret,
                    change.enabled,
                ),
            )?;
            let id = transaction.last_insert_rowid();
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(WebhookId(u32::try_from(id).unwrap_or(u32::MAX)))
        })
    }

    /// Changes a webhook; `false` where there is none. One that was disabled is told what is
    /// logged from now on.
    pub fn change_webhook(
        &self,
        id: WebhookId,
        change: WebhookChange,
        told: AuditEntry,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let changed = transaction.execute(
                "UPDATE webhook SET name = ?2, url = ?3, events = ?4, queues = ?5,
                     cursor = CASE WHEN enabled THEN cursor
                         ELSE (SELECT coalesce(max(id), 0) FROM event) END,
                     enabled = ?6
                 WHERE id = ?1",
                (
                    id.0,
                    change.name,
                    change.url,
                    word::json(&change.events),
                    word::json(&change.queues),
                    change.enabled,
                ),
            )?;
            if changed == 0 {
                return Ok(false);
            }
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// Takes a webhook and its dead letters away; `false` where there is none.
    pub fn remove_webhook(&self, id: WebhookId, told: AuditEntry) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM webhook_dead WHERE webhook_id = ?1", [id.0])?;
            if transaction.execute("DELETE FROM webhook WHERE id = ?1", [id.0])? == 0 {
                return Ok(false);
            }
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(true)
        })
    }

    /// Keeps how far a webhook has been told, and what was given up on the way, in one
    /// transaction. Returns how many older dead letters gave way.
    pub fn webhook_told(
        &self,
        id: WebhookId,
        cursor: u64,
        dead: Vec<DeadLetter>,
    ) -> Result<u32, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let cursor = crate::value::integer(cursor);
            transaction.execute(
                "UPDATE webhook SET cursor = max(cursor, ?2) WHERE id = ?1",
                (id.0, cursor),
            )?;
            for letter in dead {
                transaction.execute(
                    "INSERT OR REPLACE INTO webhook_dead
                     SELECT id, ?2, ?3, ?4, ?5 FROM webhook WHERE id = ?1",
                    (
                        id.0,
                        crate::value::integer(letter.event),
                        letter.at.unix_micros(),
                        letter.attempts,
                        letter.error,
                    ),
                )?;
            }
            let gone = transaction.execute(
                "DELETE FROM webhook_dead WHERE webhook_id = ?1 AND event_id <=
                 (SELECT event_id FROM webhook_dead WHERE webhook_id = ?1
                  ORDER BY event_id DESC LIMIT 1 OFFSET ?2)",
                (id.0, DEAD_MAX),
            )?;
            transaction.commit()?;
            Ok(u32::try_from(gone).unwrap_or(u32::MAX))
        })
    }

    /// Takes dead letters away: one, or all of a webhook. Returns how many there were.
    pub fn forget_dead(
        &self,
        id: WebhookId,
        event: Option<u64>,
        told: AuditEntry,
    ) -> Result<usize, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let count = transaction.execute(
                "DELETE FROM webhook_dead WHERE webhook_id = ?1 AND (?2 IS NULL OR event_id = ?2)",
                (id.0, event.map(crate::value::integer)),
            )?;
            if count > 0 {
                audit::write(&transaction, &told)?;
            }
            transaction.commit()?;
            Ok(count)
        })
    }
}

const COLUMNS: &str = "id, name, url, events, queues, secret, enabled, cursor";

impl Reader {
    /// Every webhook, the oldest first.
    pub fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM webhook ORDER BY id");
            connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
        })
    }

    /// One webhook.
    pub fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM webhook WHERE id = ?1");
            connection.prepare_cached(&sql)?.query_row([id.0], from_row).optional()
        })
    }

    /// A webhook's dead letters, the newest first.
    pub fn dead_letters(&self, id: WebhookId) -> Result<Vec<DeadLetter>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT event_id, at_us, attempts, error FROM webhook_dead
                 WHERE webhook_id = ?1 ORDER BY event_id DESC LIMIT ?2",
            )?;
            let one = |row: &Row<'_>| {
                Ok(DeadLetter {
                    event: row.get::<_, i64>(0)?.unsigned_abs(),
                    at: WallTime::from_unix_micros(row.get(1)?),
                    attempts: row.get(2)?,
                    error: row.get(3)?,
                })
            };
            statement.query_map((id.0, DEAD_MAX), one)?.collect()
        })
    }

    /// Events of the log after row `cursor`, in order, at most `limit`.
    pub fn events_after(&self, cursor: u64, limit: u32) -> Result<Vec<RawEvent>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, at_us, body FROM event WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let rows = statement.query_map((crate::value::integer(cursor), limit), raw_event)?;
            rows.collect()
        })
    }

    /// The row of the last event; 0 where there is none.
    pub fn last_event(&self) -> Result<u64, StoreError> {
        self.with(|connection| {
            let sql = "SELECT coalesce(max(id), 0) FROM event";
            connection.query_row(sql, [], |row| row.get(0)).map(i64::unsigned_abs)
        })
    }

    /// One event of the log.
    pub fn event(&self, id: u64) -> Result<Option<RawEvent>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT id, at_us, body FROM event WHERE id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([crate::value::integer(id)], raw_event).optional()
        })
    }

    /// The queues that a call has waited in so far.
    pub fn queues_of(&self, call: tipring_line::CallId) -> Result<Vec<QueueId>, StoreError> {
        self.with(|connection| {
            let sql = "SELECT DISTINCT queue_id FROM queue_visit WHERE call_id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement
                .query_map([crate::value::integer(call.0)], |row| row.get(0).map(QueueId))?;
            rows.collect()
        })
    }
}

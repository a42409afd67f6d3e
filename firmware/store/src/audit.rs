//! Who changed what: rows that are only ever added, each in the transaction of the change it tells
//! of. The schema itself refuses to change or delete one.

use rusqlite::{Connection, Row, params_from_iter};
use tipring_clock::WallTime;

use crate::value::{Value, integer};
use crate::{Reader, Store, StoreError};

/// The most rows on a page.
pub const AUDIT_PER_PAGE_MAX: u32 = 500;

/// One row to add.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: WallTime,
    /// Who: a user's name, an agent's work number, a token's name.
    pub who: String,
    /// The address it came from; empty for the box's own command line.
    pub address: String,
    /// What was done: `user-changed`.
    pub action: String,
    /// To what: `admin`, `queue 1`, `call 17`.
    pub target: String,
    /// How it was before, as JSON whose secrets are masked.
    pub before: Option<String>,
    /// How it is now.
    pub after: Option<String>,
}

impl AuditEntry {
    /// An entry without address, before and after.
    pub fn new(at: WallTime, who: &str, action: &str, target: &str) -> Self {
        AuditEntry {
            at,
            who: who.to_owned(),
            address: String::new(),
            action: action.to_owned(),
            target: target.to_owned(),
            before: None,
            after: None,
        }
    }
}

/// One row of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// Counts up.
    pub id: u64,
    /// What it says.
    pub entry: AuditEntry,
}

/// Which rows to read. Everything that is set must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// Who did it.
    pub who: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// What it was done to.
    pub target: Option<String>,
    /// At this time or later.
    pub from: Option<WallTime>,
    /// Before this time.
    pub to: Option<WallTime>,
    /// Only rows older than this one.
    pub before_id: Option<u64>,
    /// How many, at most [`AUDIT_PER_PAGE_MAX`].
    pub limit: u32,
}

/// Adds a row on the writer's own connection.
pub(crate) fn write(connection: &Connection, entry: &AuditEntry) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO audit (at_us, who, address, action, target, before, after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                entry.at.unix_micros(),
                &entry.who,
                &entry.address,
                &entry.action,
                &entry.target,
                &entry.before,
                &entry.after,
            ),
        )
        .map(|_| ())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let entry = AuditEntry {
        at: WallTime::from_unix_micros(row.get(1)?),
        who: row.get(2)?,
        address: row.get(3)?,
        action: row.get(4)?,
        target: row.get(5)?,
        before: row.get(6)?,
        after: row.get(7)?,
    };
    Ok(AuditRow { id: row.get::<_, i64>(0)?.unsigned_abs(), entry })
}

impl Store {
    /// Adds a row for something that the store itself does not keep: a log-in, a command.
    pub fn audit(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.run(move |connection| Ok(write(connection, &entry)?))
    }
}

impl Reader {
    /// Rows of the audit log, the newest first.
    pub fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        let mut sql = String::from(
            "SELECT id, at_us, who, address, action, target, before, after FROM audit WHERE 1",
        );
        let mut values = Vec::new();
        let mut add = |condition: &str, value: Option<Value<'static>>| {
            if let Some(value) = value {
                sql.push_str(condition);
                values.push(value);
            }
        };
        add(" AND who = ?", filter.who.clone().map(Value::from));
        add(" AND action = ?", filter.action.clone().map(Value::from));
        add(" AND target = ?", filter.target.clone().map(Value::from));
        add(" AND at_us >= ?", filter.from.map(|t| t.unix_micros().into()));
        add(" AND at_us < ?", filter.to.map(|t| t.unix_micros().into()));
        add(" AND id < ?", filter.before_id.map(|id| integer(id).into()));
        sql.push_str(" ORDER BY id DESC LIMIT ?");
        values.push(filter.limit.min(AUDIT_PER_PAGE_MAX).into());
        self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params_from_iter(&values), from_row)?.collect()
        })
    }
}

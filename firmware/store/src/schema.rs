//! Opening the database file: is it ours, how old is it, and how it is kept.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::figures::ledger;
use crate::{StoreError, apply};

/// `TPRG` in ASCII; SQLite keeps it in the file's header so that a stranger's file is recognised.
const APPLICATION_ID: i64 = 0x5450_5247;

/// The migrations, the first for schema 1. Only ever append: what is here is on somebody's disk.
const MIGRATIONS: &[&str] = &[
    include_str!("../schema/001.sql"),
    include_str!("../schema/002.sql"),
    include_str!("../schema/003.sql"),
    include_str!("../schema/004.sql"),
    include_str!("../schema/005.sql"),
    include_str!("../schema/006.sql"),
    include_str!("../schema/007.sql"),
    include_str!("../schema/008.sql"),
    include_str!("../schema/009.sql"),
];

/// A file up to this size is checked page by page when it is opened, which takes under a second;
/// damage in a larger one is found when the page is read.
const CHECKED_BYTES_MAX: u64 = 32 << 20;

/// The database's file within the state folder.
pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("tipring.db")
}

/// Opens the database for the writer, and brings it to the newest schema.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let at = |e| StoreError::at(path, e);
    let mut connection = Connection::open(path).map_err(at)?;
    let found = check_identity(&connection, path)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = NORMAL;
             PRAGMA journal_size_limit = 4194304;
             PRAGMA cache_size = -4000;
             PRAGMA temp_store = MEMORY;",
        )
        .map_err(at)?;
    connection.set_prepared_statement_cache_capacity(64);
    if found > 0 && std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECKED_BYTES_MAX) {
        check_pages(&connection, path)?;
    }
    migrate(&mut connection, found).map_err(at)?;
    // A log without figures, or with fewer kinds of them, is that of an older version.
    let sql = "SELECT open_day IS NULL AND EXISTS (SELECT 1 FROM event),
        EXISTS (SELECT 1 FROM figure) FROM figure_day";
    let older = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    match older.map_err(at)? {
        (false, _) => {}
        (true, false) => {
            apply::rebuild(&mut connection)?;
        }
        (true, true) => {
            let offset = ledger::Days::read(&connection).map_err(at)?.offset;
            ledger::add_up_again(&mut connection, offset).map_err(at)?;
        }
    }
    Ok(connection)
}

/// Opens the database for reading only.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let at = |e| StoreError::at(path, e);
    let connection = Connection::open_with_flags(path, flags).map_err(at)?;
    connection.busy_timeout(std::time::Duration::from_secs(2)).map_err(at)?;
    connection
        .execute_batch("PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY;")
        .map_err(at)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// The file's schema number: 0 for a new file. A stranger's or a newer file is refused.
fn check_identity(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let at = |e| StoreError::at(path, e);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(at)?;
    let application = pragma("application_id").map_err(at)?;
    let found = pragma("user_version").map_err(at)?;
    if application != APPLICATION_ID && (tables > 0 || application != 0 || found != 0) {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found.max(0))
}

/// Refuses a file this version cannot read as it is; only the writer migrates.
pub(crate) fn check_current(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found = check_identity(connection, path)?;
    if found == MIGRATIONS.len() as i64 {
        return Ok(());
    }
    Err(StoreError::Older { path: path.to_owned() })
}

fn check_pages(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| StoreError::at(path, e))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreError::Corrupt { path: path.to_owned(), detail: verdict })
}

/// Runs each migration not yet run, one transaction for each, so that a cut leaves a whole schema.
fn migrate(connection: &mut Connection, found: i64) -> rusqlite::Result<()> {
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

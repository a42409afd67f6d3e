//! What can go wrong, in words that say what to do.

use std::path::PathBuf;

use thiserror::Error;

/// Why the store could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The state folder cannot be made or written.
    #[error(
        "the state folder {path} cannot be used: {source}; check that it exists and that its owner is the user who runs the box"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process has the store open.
    #[error(
        "another Tipring is running on the state folder {path}; stop it, or choose another folder with --state"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is a database of something else, or no database at all.
    #[error(
        "{path} is not a Tipring database; move it away, or choose another folder with --state"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version.
    #[error(
        "{path} was written by a newer Tipring (its schema is {found}, this version knows up to {known}); install that version again, or put back a copy from the backups folder"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's schema number.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// The file was written by an older version, and only the box itself brings it up to date.
    #[error("{path} was written by an older Tipring; start the box once, it brings it up to date")]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "{path} is damaged ({detail}); stop the box, move tipring.db, tipring.db-wal and tipring.db-shm away, and put a copy from the backups folder in place as tipring.db"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The disk is full.
    #[error(
        "the disk is full; delete old recordings or attach a larger disk, the box goes on by itself"
    )]
    DiskFull,
    /// The disk does not do what is asked of it.
    #[error(
        "the disk cannot be written or read ({detail}); check that it is in order and not full, the box goes on by itself"
    )]
    Disk {
        /// What SQLite says.
        detail: String,
    },
    /// What was asked was not done, since the disk takes nothing at the moment.
    #[error("nothing was changed: {trouble}")]
    Refused {
        /// What the disk said last.
        trouble: String,
    },
    /// The writer has too much to do; nothing was changed.
    #[error("the store has too much to do; try again")]
    Busy,
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// A logged event that cannot be read.
    #[error(
        "event {id} of the log cannot be read: {source}; it was written by another version, so install that one again"
    )]
    Event {
        /// The event's row.
        id: i64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// More rows of figures than anybody reads.
    #[error(
        "that makes {rows} rows of figures, at most {limit} are answered with; ask for longer steps or a shorter period"
    )]
    TooManyRows {
        /// How many there would be.
        rows: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A backup's file cannot be put in place.
    #[error("the backup {path} cannot be written: {source}; check the folder and the space left")]
    Backup {
        /// The backup's file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Anything else SQLite says.
    #[error("the database says: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// The error for what SQLite said about the file at `path`.
    pub(crate) fn at(path: &std::path::Path, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => {
                StoreError::Foreign { path: path.to_owned() }
            }
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => {
                StoreError::Corrupt { path: path.to_owned(), detail: error.to_string() }
            }
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(
                rusqlite::ErrorCode::SystemIoFailure
                | rusqlite::ErrorCode::ReadOnly
                | rusqlite::ErrorCode::CannotOpen,
            ) => StoreError::Disk { detail: error.to_string() },
            _ => StoreError::Sqlite(error),
        }
    }
}

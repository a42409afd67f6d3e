//! What people decided: the configuration document, users and settings. Written through the one
//! writer like everything else, but waited for, and on the disk when the call returns.

use rusqlite::{Connection, OptionalExtension, Row};
use tipring_clock::WallTime;

use crate::store::Store;
use crate::users::{self, PasswordError, Role};
use crate::{Reader, StoreError};

/// One version of the configuration document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Configuration {
    /// Counts up from 1.
    pub version: u64,
    /// When it was put in force.
    pub at: WallTime,
    /// Who did.
    pub who: String,
    /// The document.
    pub toml: String,
}

impl Configuration {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Configuration {
            version: row.get::<_, i64>(0)?.unsigned_abs(),
            at: WallTime::from_unix_micros(row.get(1)?),
            who: row.get(2)?,
            toml: row.get(3)?,
        })
    }
}

impl Store {
    /// Appends a version of the configuration document and returns its number. The store keeps it
    /// as it is; whether it makes sense is the caller's to know.
    pub fn save_configuration(
        &self,
        at: WallTime,
        who: &str,
        toml: &str,
    ) -> Result<u64, StoreError> {
        let (who, toml) = (who.to_owned(), toml.to_owned());
        self.run(move |connection| {
            connection.execute(
                "INSERT INTO configuration (version, at_us, who, toml)
                 VALUES ((SELECT coalesce(max(version), 0) + 1 FROM configuration), ?1, ?2, ?3)",
                (at.unix_micros(), who, toml),
            )?;
            Ok(connection.last_insert_rowid().unsigned_abs())
        })
    }

    /// Sets a small named value; `None` takes it away.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.run(move |connection| Ok(put_setting(connection, &name, value.as_deref())?))
    }

    /// Makes the user `name`, or gives an existing one this password and role. `salt` comes from
    /// the caller's random generator. Takes some 100 ms of processor time on purpose.
    pub fn set_user(
        &self,
        at: WallTime,
        name: &str,
        role: Role,
        password: &str,
        must_change: bool,
        salt: [u8; 16],
    ) -> Result<(), StoreError> {
        let hash = users::hash(password, salt);
        let name = name.to_owned();
        self.run(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO user (name, role, password_hash, must_change, changed_at_us)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (name, crate::word::word(role), hash, must_change, at.unix_micros()),
            )?;
            Ok(())
        })
    }

    /// Makes the first administrator, named `admin`, with a random password that must be changed
    /// at the first login, unless there is a user already. Returns the password for printing; it
    /// is kept nowhere.
    pub fn first_administrator(
        &self,
        at: WallTime,
        rng: &mut dyn rand::RngCore,
    ) -> Result<Option<String>, StoreError> {
        if self.reader().any_user()? {
            return Ok(None);
        }
        let password = users::random_password(rng);
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        self.set_user(at, "admin", Role::Administrator, &password, true, salt)?;
        Ok(Some(password))
    }

    /// Changes a user's own password, after which it need not be changed again.
    pub fn change_password(
        &self,
        at: WallTime,
        name: &str,
        old: &str,
        new: &str,
        salt: [u8; 16],
    ) -> Result<Result<(), PasswordError>, StoreError> {
        let Some(user) = self.reader().verify_password(name, old)? else {
            return Ok(Err(PasswordError::Wrong));
        };
        if let Err(e) = users::check_new_password(old, new) {
            return Ok(Err(e));
        }
        self.set_user(at, &user.name, user.role, new, false, salt)?;
        Ok(Ok(()))
    }
}

/// Sets a setting on the writer's own connection.
pub(crate) fn put_setting(
    connection: &Connection,
    name: &str,
    value: Option<&str>,
) -> rusqlite::Result<()> {
    match value {
        Some(value) => connection
            .execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)", (name, value)),
        None => connection.execute("DELETE FROM setting WHERE name = ?1", [name]),
    }
    .map(|_| ())
}

/// Reads a setting.
pub(crate) fn setting(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
        .optional()
}

impl Reader {
    /// The configuration in force, if one was ever saved.
    pub fn configuration(&self) -> Result<Option<Configuration>, StoreError> {
        self.with(|connection| {
            connection
                .query_row(
                    "SELECT version, at_us, who, toml FROM configuration
                     ORDER BY version DESC LIMIT 1",
                    [],
                    Configuration::from_row,
                )
                .optional()
        })
    }

    /// A version of the configuration.
    pub fn configuration_version(&self, version: u64) -> Result<Option<Configuration>, StoreError> {
        self.with(|connection| {
            connection
                .query_row(
                    "SELECT version, at_us, who, toml FROM configuration WHERE version = ?1",
                    [crate::derive::integer(version)],
                    Configuration::from_row,
                )
                .optional()
        })
    }

    /// A small named value.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.with(|connection| setting(connection, name))
    }
}

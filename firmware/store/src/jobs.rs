//! What people decided: the configuration document, users and settings. Written through the one
//! writer like everything else, but waited for, and on the disk when the call returns.

use rusqlite::{Connection, OptionalExtension, Row};
use tipring_clock::WallTime;

use crate::audit::{self, AuditEntry};
use crate::store::Store;
use crate::users::{self, PasswordError, Role, User};
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
    /// Appends a version of the configuration document and returns its number, together with the
    /// row of the audit log that tells of it. The store keeps it as it is; whether it makes sense
    /// is the caller's to know.
    pub fn save_configuration(&self, toml: &str, told: AuditEntry) -> Result<u64, StoreError> {
        let toml = toml.to_owned();
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO configuration (version, at_us, who, toml)
                 VALUES ((SELECT coalesce(max(version), 0) + 1 FROM configuration), ?1, ?2, ?3)",
                (told.at.unix_micros(), &told.who, toml),
            )?;
            let version = transaction.last_insert_rowid().unsigned_abs();
            audit::write(&transaction, &told)?;
            transaction.commit()?;
            Ok(version)
        })
    }

    /// Sets a small named value; `None` takes it away.
    pub fn set_setting(&self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.run(move |connection| Ok(put_setting(connection, &name, value.as_deref())?))
    }

    /// Makes a user, or puts one with another password in the place of the one of this name; its
    /// `must_change` says whether the password is to be changed first. `salt` comes from the
    /// caller's random generator. Takes some 100 ms of processor time on purpose.
    pub fn set_user(
        &self,
        user: User,
        password: &str,
        salt: [u8; 16],
        told: AuditEntry,
    ) -> Result<(), StoreError> {
        let hash = users::hash(password, salt);
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO user (name, role, password_hash, must_change, changed_at_us, queues,
                     extension, disabled)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (name) DO UPDATE SET role = ?2, password_hash = ?3, must_change = ?4,
                     changed_at_us = ?5, queues = ?6, extension = ?7, disabled = ?8",
                (
                    user.name,
                    crate::word::word(user.role),
                    hash,
                    user.must_change,
                    told.at.unix_micros(),
                    crate::word::json(&user.queues),
                    user.extension.map(|number| number.to_string()),
                    user.disabled,
                ),
            )?;
            audit::write(&transaction, &told)?;
            Ok(transaction.commit()?)
        })
    }

    /// Changes everything of a user but the password. `false` where there is no such user, or
    /// where nobody would be left who may do everything.
    pub fn change_user(&self, user: User, told: AuditEntry) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let changed = transaction.execute(
                "UPDATE user SET role = ?2, queues = ?3, extension = ?4, disabled = ?5
                 WHERE name = ?1",
                (
                    user.name,
                    crate::word::word(user.role),
                    crate::word::json(&user.queues),
                    user.extension.map(|number| number.to_string()),
                    user.disabled,
                ),
            )?;
            finish(transaction, changed, &told)
        })
    }

    /// Takes a user away. `false` as in [`Store::change_user`].
    pub fn remove_user(&self, name: &str, told: AuditEntry) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            let changed = transaction.execute("DELETE FROM user WHERE name = ?1", [name])?;
            finish(transaction, changed, &told)
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
        let user = User { must_change: true, ..User::new("admin", Role::Administrator) };
        let told = AuditEntry::new(at, "first start", "user-made", "admin");
        self.set_user(user, &password, salt, told)?;
        Ok(Some(password))
    }

    /// Changes a user's own password, after which it need not be changed again.
    pub fn change_password(
        &self,
        name: &str,
        old: &str,
        new: &str,
        salt: [u8; 16],
        told: AuditEntry,
    ) -> Result<Result<(), PasswordError>, StoreError> {
        let Some(user) = self.reader().verify_password(name, old)? else {
            return Ok(Err(PasswordError::Wrong));
        };
        if let Err(e) = users::check_new_password(old, new) {
            return Ok(Err(e));
        }
        self.set_user(User { must_change: false, ..user }, new, salt, told)?;
        Ok(Ok(()))
    }
}

/// Commits a change of the users, unless it changed none or left no administrator who can log in.
fn finish(
    transaction: rusqlite::Transaction<'_>,
    changed: usize,
    told: &AuditEntry,
) -> Result<bool, StoreError> {
    let left: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM user WHERE role = 'administrator' AND disabled = 0)",
        [],
        |row| row.get(0),
    )?;
    if changed == 0 || !left {
        return Ok(false);
    }
    audit::write(&transaction, told)?;
    transaction.commit()?;
    Ok(true)
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
                    [crate::value::integer(version)],
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

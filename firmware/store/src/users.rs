//! Who may use the web pages: names, roles and argon2id passwords (RFC 9106).

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use rand::{Rng, RngCore};
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Reader, StoreError, word};
use tipring_events::QueueId;
use tipring_line::Number;

/// The fewest characters a new password has.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The most characters a password has; more would only cost time.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// What a user may do. Which role may use which route stands in the web's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Lines, phones and the configuration; no users, no recordings.
    Technician,
    /// Sees and commands some queues, their agents and their calls.
    Supervisor,
    /// Works at a phone: the own desktop only.
    Agent,
    /// Works on what is handed over to it.
    Department,
    /// Reads calls and the audit log, changes nothing.
    Auditor,
}

/// A user of the web pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The password was given by somebody else and must be changed first.
    pub must_change: bool,
    /// A supervisor's queues.
    pub queues: Vec<QueueId>,
    /// The phone the user listens and talks at.
    pub extension: Option<Number>,
    /// May not log in.
    pub disabled: bool,
}

impl User {
    /// A user of this name and role, with nothing else set.
    pub fn new(name: &str, role: Role) -> Self {
        User {
            name: name.to_owned(),
            role,
            must_change: false,
            queues: Vec::new(),
            extension: None,
            disabled: false,
        }
    }
}

/// What a row of `user` says, its hash left out.
const COLUMNS: &str = "name, role, must_change, queues, extension, disabled";

fn from_row(row: &Row<'_>) -> rusqlite::Result<User> {
    let extension: Option<String> = row.get(4)?;
    Ok(User {
        name: row.get(0)?,
        role: word::parse(1, &row.get::<_, String>(1)?)?,
        must_change: row.get(2)?,
        queues: word::list(3, &row.get::<_, String>(3)?)?,
        extension: extension.map(|text| word::number(4, &text)).transpose()?,
        disabled: row.get(5)?,
    })
}

/// Why a password was not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PasswordError {
    /// The old one is wrong.
    #[error("the old password is wrong")]
    Wrong,
    /// The new one is the old one.
    #[error("the new password is the old one; choose another")]
    Same,
    /// Too short.
    #[error("the new password has fewer than {PASSWORD_CHARS_MIN} characters; choose a longer one")]
    TooShort,
    /// Too long.
    #[error("the new password has more than {PASSWORD_CHARS_MAX} characters; choose a shorter one")]
    TooLong,
}

/// A hash that no password has, so that an unknown name takes as long as a wrong password. Its
/// parameters are those of [`hash`].
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Characters that cannot be mistaken for one another when read from a screen.
const CLEAR: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A random password of 16 clear characters in groups of four: 79 bits.
pub(crate) fn random_password(rng: &mut dyn RngCore) -> String {
    let group = |rng: &mut dyn RngCore| -> String {
        (0..4).map(|_| char::from(CLEAR[rng.random_range(0..CLEAR.len())])).collect()
    };
    [group(rng), group(rng), group(rng), group(rng)].join("-")
}

/// The PHC string of a password, argon2id with 19 MiB, 2 passes, 1 lane: OWASP's least, since the
/// small box has little memory and few users.
pub(crate) fn hash(password: &str, salt: [u8; 16]) -> String {
    let salt = SaltString::encode_b64(&salt).expect("16 bytes are a valid salt length");
    Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .expect("the default parameters are valid for every password")
        .to_string()
}

fn matches(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether `new` may follow `old`.
pub(crate) fn check_new_password(old: &str, new: &str) -> Result<(), PasswordError> {
    let chars = new.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    if chars > PASSWORD_CHARS_MAX {
        return Err(PasswordError::TooLong);
    }
    if new == old { Err(PasswordError::Same) } else { Ok(()) }
}

impl Reader {
    /// Whether anybody can log in at all.
    pub fn any_user(&self) -> Result<bool, StoreError> {
        self.with(|c| c.query_row("SELECT EXISTS (SELECT 1 FROM user)", [], |row| row.get(0)))
    }

    /// A user.
    pub fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        Ok(self.user_and_hash(name)?.map(|(user, _)| user))
    }

    /// The user, if the password is right. A wrong name takes as long as a wrong password. Takes
    /// some 100 ms and 19 MiB on purpose: bound how many run at once.
    pub fn verify_password(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return Ok(None);
        }
        match self.user_and_hash(name)? {
            Some((user, hash)) => {
                Ok(matches(&hash, password).then_some(user).filter(|user| !user.disabled))
            }
            None => {
                matches(NOBODY, password);
                Ok(None)
            }
        }
    }

    /// Every user, by name.
    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM user ORDER BY name");
            connection.prepare_cached(&sql)?.query_map([], from_row)?.collect()
        })
    }

    fn user_and_hash(&self, name: &str) -> Result<Option<(User, String)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, password_hash FROM user WHERE name = ?1");
        self.with(|connection| {
            connection.query_row(&sql, [name], |row| Ok((from_row(row)?, row.get(6)?))).optional()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_hash_knows_its_password_and_nobody_has_one() {
        let hash = hash("correct horse", [7; 16]);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(matches(&hash, "correct horse"));
        assert!(!matches(&hash, "correct horsf"));
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!matches(NOBODY, ""));
    }

    #[test]
    fn a_new_password_is_neither_short_nor_long_nor_the_old_one() {
        assert_eq!(check_new_password("a", "1234567"), Err(PasswordError::TooShort));
        assert_eq!(check_new_password("a", "长长的密码十个字呢"), Ok(()));
        assert_eq!(check_new_password("a", &"x".repeat(129)), Err(PasswordError::TooLong));
        assert_eq!(check_new_password("12345678", "12345678"), Err(PasswordError::Same));
    }

    #[test]
    fn random_passwords_are_clear_and_differ() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let first = random_password(&mut rng);
        assert_eq!(first.len(), 19);
        assert!(first.bytes().all(|b| b == b'-' || CLEAR.contains(&b)));
        assert_ne!(first, random_password(&mut rng));
    }
}

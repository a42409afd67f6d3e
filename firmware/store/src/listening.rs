//! Who heard or fetched which recording, and when: a log that is only ever added to.

use tipring_clock::WallTime;
use tipring_line::CallId;

use crate::rows::Columns;
use crate::store::Store;
use crate::value::{Value, integer};
use crate::{Reader, StoreError};

/// The most entries on a page.
pub const LISTENINGS_PER_PAGE_MAX: u32 = 200;

/// A player asks for a recording piece by piece: what one person fetches of one recording within
/// this time is one listening.
const ONE_LISTENING_US: i64 = 10 * 60 * 1_000_000;

/// One listening.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listening {
    /// When it began.
    pub at: WallTime,
    /// The user.
    pub who: String,
    /// The address the user came from.
    pub address: String,
    /// The call.
    pub call: CallId,
    /// Which of its recordings, from 1.
    pub part: u32,
    /// The file, relative to the recordings folder.
    pub path: String,
}

/// Which listenings to read. Everything that is set must fit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListeningFilter {
    /// This user's.
    pub who: Option<String>,
    /// Of this call.
    pub call: Option<CallId>,
    /// At this time or later.
    pub from: Option<WallTime>,
    /// Before this time.
    pub to: Option<WallTime>,
    /// Those before the entry of this number.
    pub before: Option<u64>,
    /// How many, at most [`LISTENINGS_PER_PAGE_MAX`].
    pub limit: u32,
}

impl Store {
    /// Writes down that somebody hears a recording; on the disk when the call returns. Nobody may
    /// hear one where this fails.
    pub fn log_listening(&self, listening: Listening) -> Result<(), StoreError> {
        self.run(move |connection| {
            let Listening { at, who, address, call, part, path } = listening;
            let at_us = at.unix_micros();
            connection.execute(
                "INSERT INTO listening (at_us, who, address, call_id, part, path)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS
                     (SELECT 1 FROM listening WHERE call_id = ?4 AND part = ?5 AND who = ?2
                      AND address = ?3 AND at_us > ?7 AND at_us <= ?1)",
                (at_us, who, address, integer(call.0), part, path, at_us - ONE_LISTENING_US),
            )?;
            Ok(())
        })
    }
}

impl Reader {
    /// Listenings with their numbers, the newest first.
    pub fn listenings(
        &self,
        filter: &ListeningFilter,
    ) -> Result<Vec<(u64, Listening)>, StoreError> {
        let (mut sql, mut values) = (String::new(), Vec::<Value<'_>>::new());
        let mut narrow = |condition: &str, value: Option<Value<'static>>| {
            if let Some(value) = value {
                sql.push_str(if values.is_empty() { " WHERE " } else { " AND " });
                sql.push_str(condition);
                values.push(value);
            }
        };
        narrow("who = ?", filter.who.clone().map(Value::from));
        narrow("call_id = ?", filter.call.map(Value::from));
        narrow("at_us >= ?", filter.from.map(|t| t.unix_micros().into()));
        narrow("at_us < ?", filter.to.map(|t| t.unix_micros().into()));
        narrow("id < ?", filter.before.map(Value::from));
        values.push(filter.limit.min(LISTENINGS_PER_PAGE_MAX).into());
        let sql = format!(
            "SELECT id, at_us, who, address, call_id, part, path FROM listening{sql}
             ORDER BY id DESC LIMIT ?"
        );
        self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(rusqlite::params_from_iter(&values), |row| {
                let c = &mut Columns::of(row);
                let id = c.count()?;
                let listening = Listening {
                    at: c.time()?,
                    who: c.get()?,
                    address: c.get()?,
                    call: CallId(c.count()?),
                    part: c.get()?,
                    path: c.get()?,
                };
                Ok((id, listening))
            })?;
            rows.collect()
        })
    }
}

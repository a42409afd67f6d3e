//! What is read again at a start by whoever keeps state that the log tells: the newest part of the
//! log, and what was last set of extensions.

use tipring_clock::WallTime;
use tipring_events::{Event, EventKind};

use crate::{Reader, StoreError};

/// How many events are read at most: a branch's busy week. It takes a second on the small box.
pub const REPLAY_EVENTS_MAX: u32 = 300_000;

impl Reader {
    /// Gives the events since a time to `each`, in their order, the newest
    /// [`REPLAY_EVENTS_MAX`] at most. A row that cannot be read any more is passed over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn replay(&self, since: WallTime, mut each: impl FnMut(&Event)) -> Result<(), StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare(
                "SELECT at_us, body FROM event
                 WHERE id > (SELECT coalesce(max(id), 0) FROM event) - ?1 AND at_us >= ?2
                 ORDER BY id",
            )?;
            let mut rows = statement.query((REPLAY_EVENTS_MAX, since.unix_micros()))?;
            while let Some(row) = rows.next()? {
                let at = WallTime::from_unix_micros(row.get(0)?);
                if let Ok(kind) = serde_json::from_str(row.get_ref(1)?.as_str()?) {
                    each(&Event { at, kind });
                }
            }
            Ok(())
        })
    }

    /// The event that set each setting of an extension last, however long ago, in their order: at
    /// most one for each forward and one for do not disturb of every extension there ever was. One
    /// that cannot be read any more is passed over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn extension_settings(&self) -> Result<Vec<EventKind>, StoreError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare("SELECT body FROM extension_setting ORDER BY event_id")?;
            let mut rows = statement.query([])?;
            let mut settings = Vec::new();
            while let Some(row) = rows.next()? {
                settings.extend(serde_json::from_str::<EventKind>(row.get_ref(0)?.as_str()?).ok());
            }
            Ok(settings)
        })
    }
}

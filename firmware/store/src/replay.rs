//! What is read again at a start by whoever keeps state that the log tells: the newest part of the
//! log, and what was last set of extensions and spans.

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

    /// The event that set each setting last, however long ago: of extensions, then of spans, each
    /// in their order. At most one for each forward, one for do not disturb and one for waiting
    /// messages of every extension there ever was, and one for every span. One that cannot be read
    /// any more is passed over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settings(&self) -> Result<Vec<EventKind>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare(
                "SELECT body FROM (
                     SELECT 0 AS of_span, event_id, body FROM extension_setting
                     UNION ALL SELECT 1, event_id, body FROM span_setting)
                 ORDER BY of_span, event_id",
            )?;
            let mut rows = statement.query([])?;
            let mut settings = Vec::new();
            while let Some(row) = rows.next()? {
                settings.extend(serde_json::from_str::<EventKind>(row.get_ref(0)?.as_str()?).ok());
            }
            Ok(settings)
        })
    }
}

//! Today's figures for everybody who listens: read from the log at most once a second, however many
//! they are, and only when something was written or a while has gone by.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tipring_clock::Instant;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::access::access;
use crate::routes::calls::within;
use crate::routes::figures::{Today as Figures, TodayFigures, read_today};
use crate::routes::live::{Today, read_counts};
use crate::session::Session;
use crate::{ApiState, Problem};

/// The shortest time between two readings.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// After so long what lasts has grown enough to be told, though nothing was written.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// The day so far, as far as the listener may see it.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct TodayMessage {
    /// The counts of calls and visits; null for whom they are not.
    counts: Option<Today>,
    /// The figures; null for whom they are not.
    figures: Option<TodayFigures>,
}

/// One reading: everybody's, before anybody's scope.
pub(crate) struct Reading {
    counts: Today,
    figures: Figures,
}

/// The last reading.
#[derive(Default)]
pub(crate) struct TodayFeed {
    last: Mutex<Option<Taken>>,
}

struct Taken {
    at: Instant,
    /// How many events were written before it was taken.
    written: u64,
    reading: Arc<Reading>,
}

impl Taken {
    /// Whether it will do now that so many events are written.
    fn serves(&self, now: Instant, written: u64) -> bool {
        let age = now - self.at;
        age < AGAIN_AFTER || (written == self.written && age < AGAIN_WITHIN)
    }
}

impl TodayFeed {
    /// The latest reading; the same one until there is a newer.
    pub(crate) async fn latest(&self, state: &ApiState) -> Result<Arc<Reading>, Problem> {
        let mut last = self.last.lock().await;
        // Counted before the reading: what is written meanwhile leads to another.
        let (now, written) = (state.inner.clock.now(), state.inner.store.stats().written);
        if let Some(taken) = last.as_ref().filter(|taken| taken.serves(now, written)) {
            return Ok(Arc::clone(&taken.reading));
        }
        let read = |state: &ApiState| {
            Ok(Arc::new(Reading { counts: read_counts(state)?, figures: read_today(state)? }))
        };
        let reading = state.blocking(read).await?;
        *last = Some(Taken { at: now, written, reading: Arc::clone(&reading) });
        Ok(reading)
    }
}

impl Reading {
    /// What this session may see of it; `None` where that is nothing.
    pub(crate) fn seen_by(&self, state: &ApiState, session: &Session) -> Option<TodayMessage> {
        let may = |path| access("GET", path).is_some_and(|a| a.who.includes(session.role));
        let counts = may("/api/today").then(|| self.counts.clone());
        let figures =
            may("/api/figures/today").then(|| self.figures.within(within(state, session).as_ref()));
        (counts.is_some() || figures.is_some()).then_some(TodayMessage { counts, figures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_serves_a_second_and_longer_where_nothing_was_written() {
        let at = Instant::from_micros(5_000_000);
        let counts = Today::default();
        let figures = Figures::default();
        let reading = Arc::new(Reading { counts, figures });
        let taken = Taken { at, written: 7, reading };
        let after = |ms: u64| at + Duration::from_millis(ms);
        assert!(taken.serves(after(999), 8));
        assert!(!taken.serves(after(1000), 8));
        assert!(taken.serves(after(9_999), 7));
        assert!(!taken.serves(after(10_000), 7));
    }
}

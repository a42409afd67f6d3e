//! Plain counts of a period: what the status page says of today.

use tipring_clock::WallTime;

use crate::rows::Columns;
use crate::{Reader, StoreError};

/// What happened to the calls and queue visits that began in a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Calls that began.
    pub calls: u64,
    /// Those from outside.
    pub inbound: u64,
    /// Those in which two parties talked.
    pub talked: u64,
    /// Those cut off because the box stopped.
    pub interrupted: u64,
    /// Queue visits that began.
    pub visits: u64,
    /// Visits answered by an agent.
    pub visits_answered: u64,
    /// Visits the caller gave up, not counting those within the short-abandon limit.
    pub visits_abandoned: u64,
    /// Visits the caller gave up within the short-abandon limit.
    pub visits_short_abandoned: u64,
    /// Visits that ended in any other way.
    pub visits_other: u64,
    /// The waits of the answered visits, added up, milliseconds.
    pub wait_answered_ms: u64,
    /// The longest wait of a visit that has ended, milliseconds.
    pub wait_max_ms: u64,
}

impl Reader {
    /// Counts the calls and visits that began at `from` or later and before `to`.
    pub fn counts(&self, from: WallTime, to: WallTime) -> Result<Counts, StoreError> {
        let period = (from.unix_micros(), to.unix_micros());
        self.with(|connection| {
            let mut counts = Counts::default();
            let calls = "SELECT count(*), coalesce(sum(inbound), 0),
                coalesce(sum(EXISTS (SELECT 1 FROM segment s
                    WHERE s.call_id = call.id AND s.kind = 'talk')), 0),
                coalesce(sum(disposition IS 'interrupted'), 0)
                FROM call WHERE began_at_us >= ?1 AND began_at_us < ?2";
            connection.prepare_cached(calls)?.query_row(period, |row| {
                let c = &mut Columns::of(row);
                (counts.calls, counts.inbound) = (c.count()?, c.count()?);
                (counts.talked, counts.interrupted) = (c.count()?, c.count()?);
                Ok(())
            })?;
            let visits = "SELECT count(*), coalesce(sum(outcome IS 'answered'), 0),
                coalesce(sum(outcome IS 'abandoned'), 0),
                coalesce(sum(outcome IS 'short-abandoned'), 0),
                coalesce(sum(outcome NOT IN ('answered', 'abandoned', 'short-abandoned')), 0),
                coalesce(sum(CASE WHEN outcome = 'answered' THEN wait_ms END), 0),
                coalesce(max(wait_ms), 0)
                FROM queue_visit WHERE entered_at_us >= ?1 AND entered_at_us < ?2";
            connection.prepare_cached(visits)?.query_row(period, |row| {
                let c = &mut Columns::of(row);
                counts.visits = c.count()?;
                (counts.visits_answered, counts.visits_abandoned) = (c.count()?, c.count()?);
                (counts.visits_short_abandoned, counts.visits_other) = (c.count()?, c.count()?);
                (counts.wait_answered_ms, counts.wait_max_ms) = (c.count()?, c.count()?);
                Ok(())
            })?;
            Ok(counts)
        })
    }
}

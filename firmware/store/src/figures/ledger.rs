//! The figures of one transaction, gathered and then added to those kept.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::counter::{Counter, Tally};
use super::slot::{Level, Offset, quarter_of};

/// What a row of figures is about. The numbers stand in databases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Subject(pub(crate) u8);

/// Which row of figures.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) subject: Subject,
    pub(crate) slot: i64,
    pub(crate) queue: u32,
    pub(crate) agent: u32,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn work(quarter: i64, queue: u32, agent: u32) -> Self {
        Key { subject: Subject::WORK, slot: quarter, queue, agent, name: String::new() }
    }

    fn of_queue(&self) -> Self {
        Key { subject: Subject::QUEUE, agent: 0, ..self.clone() }
    }

    fn of_agent(&self) -> Self {
        Key { subject: Subject::AGENT, queue: 0, ..self.clone() }
    }

    fn of_all(&self) -> Self {
        Key { subject: Subject::ALL_TIME, agent: 0, ..self.clone() }
    }

    pub(crate) fn time(quarter: i64, agent: u32, reason: &str) -> Self {
        Key { subject: Subject::TIME, slot: quarter, queue: 0, agent, name: reason.to_owned() }
    }

    pub(crate) fn line(quarter: i64, line: &str) -> Self {
        let name = line.to_owned();
        Key { subject: Subject::LINE, slot: quarter, queue: 0, agent: 0, name }
    }
}

/// Figures by the quarter hour, not yet written.
pub(crate) struct Ledger {
    rows: BTreeMap<Key, Tally>,
    /// What belongs to earlier quarter hours is not counted: it was, before.
    from_quarter: i64,
    /// The latest time that was seen, microseconds since 1970.
    latest_us: i64,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger::from_quarter(i64::MIN)
    }
}

impl Ledger {
    /// Counts what belongs to this quarter hour or a later one.
    pub(crate) fn from_quarter(from_quarter: i64) -> Self {
        Ledger { rows: BTreeMap::new(), from_quarter, latest_us: i64::MIN }
    }

    pub(crate) fn add(&mut self, key: Key, counter: Counter, value: u64) {
        if value > 0 && key.slot >= self.from_quarter {
            self.rows.entry(key).or_default().add(counter, value);
        }
    }

    /// Says that something happened at this time.
    pub(crate) fn saw(&mut self, at_us: i64) {
        self.latest_us = self.latest_us.max(at_us);
    }

    /// How many rows wait to be written.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Key, &Tally)> {
        self.rows.iter()
    }

    /// Forgets everything: the transaction did not come about.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.latest_us = i64::MIN;
    }

    /// Adds what was gathered to what is kept, and closes the days that are over.
    pub(crate) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let days = Days::read(connection)?;
        let mut coarse = BTreeMap::new();
        let mut keeper = Keeper::new(connection)?;
        for (key, tally) in std::mem::take(&mut self.rows) {
            keeper.add(Level::Quarter, &key, &tally)?;
            if days.open_day.is_some_and(|open| days.offset.day_of(key.slot) < open) {
                days.coarsen(&key, &tally, &mut coarse);
            }
        }
        keeper.add_coarse(&mut coarse)?;
        let today = days.offset.day_of(quarter_of(self.latest_us));
        if self.latest_us > i64::MIN && days.open_day.is_none_or(|open| open < today) {
            days.close(connection, today, &mut keeper)?;
        }
        self.clear();
        Ok(())
    }
}

/// Adds to single rows.
struct Keeper<'a> {
    read: rusqlite::CachedStatement<'a>,
    write: rusqlite::CachedStatement<'a>,
    bytes: Vec<u8>,
}

impl<'a> Keeper<'a> {
    fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Keeper {
            read: connection.prepare_cached(
                "SELECT tally FROM figure WHERE level = ?1 AND subject = ?2 AND slot = ?3
                 AND queue = ?4 AND agent = ?5 AND name = ?6",
            )?,
            write: connection.prepare_cached(
                "INSERT OR REPLACE INTO figure (level, subject, slot, queue, agent, name, tally)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            bytes: Vec::new(),
        })
    }

    fn add(&mut self, level: Level, key: &Key, tally: &Tally) -> rusqlite::Result<()> {
        let place = (level as u8, key.subject.0, key.slot, key.queue, key.agent, &key.name);
        let mut sum = tally.clone();
        {
            let mut rows = self.read.query(place)?;
            if let Some(row) = rows.next()? {
                sum.merge_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
            }
        }
        self.bytes.clear();
        sum.write(&mut self.bytes);
        let (level, subject, slot, queue, agent, name) = place;
        self.write.execute((level, subject, slot, queue, agent, name, &self.bytes))?;
        Ok(())
    }

    fn add_coarse(&mut self, coarse: &mut Coarse) -> rusqlite::Result<()> {
        for ((level, key), tally) in std::mem::take(coarse) {
            self.add(level, &key, &tally)?;
        }
        Ok(())
    }
}

/// Larger pieces of time, not yet written.
type Coarse = BTreeMap<(Level, Key), Tally>;

/// How many rows of larger pieces are gathered before they are written.
const COARSE_ROWS_MAX: usize = 8_192;

/// Which days the larger pieces of time are there for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    pub(crate) offset: Offset,
    /// The first local day they are not there for; `None` while there is nothing.
    pub(crate) open_day: Option<i64>,
}

impl Days {
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT offset_minutes, open_day FROM figure_day";
        connection.prepare_cached(sql)?.query_row([], |row| {
            Ok(Days { offset: Offset::minutes(row.get(0)?), open_day: row.get(1)? })
        })
    }

    fn store(self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE figure_day SET offset_minutes = ?1, open_day = ?2")?
            .execute((self.offset.as_minutes(), self.open_day))
            .map(|_| ())
    }

    fn coarsen(self, key: &Key, tally: &Tally, into: &mut Coarse) {
        for level in Level::COARSE {
            let key = Key { slot: self.offset.slot(level, key.slot), ..key.clone() };
            if key.subject == Subject::WORK {
                // Few ask for one queue and one agent together, and there are many such pairs.
                for key in [key.of_queue(), key.of_agent()] {
                    into.entry((level, key)).or_default().merge(tally);
                }
            }
            if key.subject == Subject::TIME {
                into.entry((level, key.of_all())).or_default().merge(tally);
            }
            into.entry((level, key)).or_default().merge(tally);
        }
    }

    /// Adds up the quarter hours of the days before `today` that were still open.
    fn close(
        self,
        connection: &Connection,
        today: i64,
        keeper: &mut Keeper<'_>,
    ) -> rusqlite::Result<()> {
        let to = self.offset.first_of_day(today);
        let from = self.open_day.map_or(i64::MIN, |day| self.offset.first_of_day(day));
        let mut quarters = connection.prepare_cached(
            "SELECT slot, queue, agent, name, tally FROM figure
             WHERE level = 0 AND subject = ?1 AND slot >= ?2 AND slot < ?3",
        )?;
        let mut coarse = Coarse::new();
        for subject in [Subject::WORK, Subject::TIME, Subject::LINE] {
            let mut rows = quarters.query((subject.0, from, to))?;
            while let Some(row) = rows.next()? {
                let (slot, queue, agent, name) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                let mut tally = Tally::default();
                tally.merge_bytes(row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?);
                self.coarsen(&Key { subject, slot, queue, agent, name }, &tally, &mut coarse);
                if coarse.len() >= COARSE_ROWS_MAX {
                    keeper.add_coarse(&mut coarse)?;
                }
            }
        }
        keeper.add_coarse(&mut coarse)?;
        Days { open_day: Some(today), ..self }.store(connection)
    }
}

/// Makes the larger pieces of time again where local time has another offset.
pub(crate) fn change_offset(connection: &mut Connection, offset: Offset) -> rusqlite::Result<()> {
    match Days::read(connection)?.offset == offset {
        true => Ok(()),
        false => add_up_again(connection, offset),
    }
}

/// Makes the larger pieces of time again from the quarter hours.
pub(crate) fn add_up_again(connection: &mut Connection, offset: Offset) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM figure WHERE level > 0", [])?;
    Days { offset, open_day: None }.store(&transaction)?;
    let mut ledger = Ledger::default();
    let sql = "SELECT max(at_us) FROM event";
    if let Some(last) = transaction.query_row(sql, [], |row| row.get(0))? {
        ledger.saw(last);
        ledger.write(&transaction)?;
    }
    transaction.commit()
}

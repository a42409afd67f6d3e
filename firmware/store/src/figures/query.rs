//! Figures of any period, put together from the largest pieces of time that fit.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::Connection;
use tipring_clock::WallTime;
use tipring_events::{AgentId, QueueId};

use super::counter::Tally;
use super::formula::{
    CallFigures, HandlingFigures, Limits, OfferFigures, TimeFigures, VisitFigures, WaitBucket,
    wait_histogram,
};
use super::ledger::{Days, Key, Ledger, Subject};
use super::slot::{Level, QUARTER_US, Step, StepStart, quarter_of};
use super::work::Work;
use crate::{Reader, StoreError};

/// The most rows of figures that are answered with.
pub const FIGURE_ROWS_MAX: usize = 20_000;

/// No box has figures from then on.
const YEAR_10000_US: i64 = 253_402_300_800_000_000;

/// Whom rows of figures are about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum By {
    /// All together.
    #[default]
    All,
    /// Each queue.
    Queue,
    /// Each agent.
    Agent,
    /// Each line or trunk, and the calls within the house.
    Line,
}

/// Which figures to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FigureQuery {
    /// The period: the quarter hours that it touches.
    pub from: WallTime,
    /// Its end, not contained.
    pub to: WallTime,
    /// What is not complete counts up to this time.
    pub now: WallTime,
    /// Whom rows are about.
    pub by: By,
    /// Into which steps of time the period is taken apart.
    pub step: Step,
    /// Only this queue's visits, offers and handling.
    pub queue: Option<QueueId>,
    /// Only this agent's offers, handling and time; of visits, those the agent answered.
    pub agent: Option<AgentId>,
    /// Only this line's calls.
    pub line: Option<String>,
    /// The limits to reckon with.
    pub limits: Limits,
    /// With the histogram of waits.
    pub histogram: bool,
}

/// Whom a row is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FigureSubject {
    /// All together.
    All,
    /// A queue, with its last name.
    Queue(QueueId, String),
    /// An agent, with the last work number.
    Agent(AgentId, String),
    /// A line or trunk; empty for calls within the house.
    Line(String),
}

/// The figures of one subject in one step of time. What is asked of nobody is `None`: a queue has
/// no time of its own, a line no visits.
#[derive(Clone, PartialEq, Debug)]
pub struct FigureRow {
    /// When the step begins.
    pub start: StepStart,
    /// Whom it is about.
    pub subject: FigureSubject,
    /// Queue visits.
    pub visits: Option<VisitFigures>,
    /// Offers to agents.
    pub offers: Option<OfferFigures>,
    /// What agents did with callers.
    pub handling: Option<HandlingFigures>,
    /// How agents spent their time.
    pub time: Option<TimeFigures>,
    /// Calls by line.
    pub calls: Option<CallFigures>,
    /// How many waited how long, where it was asked for.
    pub waits: Vec<WaitBucket>,
}

/// What was counted for one row.
#[derive(Default)]
struct Counted {
    work: Tally,
    time: BTreeMap<String, Tally>,
    line: Tally,
    waiting: u64,
}

type Groups = BTreeMap<(i64, FigureId), Counted>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum FigureId {
    All,
    Queue(u32),
    Agent(u32),
    Line(String),
}

impl FigureQuery {
    fn quarters(&self) -> Range<i64> {
        let within = |time: WallTime| time.unix_micros().clamp(0, YEAR_10000_US);
        quarter_of(within(self.from))..quarter_of(within(self.to) + QUARTER_US - 1)
    }

    /// Which kinds of rows are read.
    fn reads(&self, subject: Subject) -> bool {
        let (queue, agent, line) =
            (self.queue.is_some(), self.agent.is_some(), self.line.is_some());
        match subject {
            Subject::WORK => self.by != By::Line && !line,
            Subject::TIME => matches!(self.by, By::All | By::Agent) && !queue && !line,
            _ => matches!(self.by, By::All | By::Line) && !queue && !agent,
        }
    }

    /// Under which subject rows of a level are kept that answer this.
    fn kept_as(&self, subject: Subject, level: Level) -> Subject {
        let by_queue = self.queue.is_some() || self.by == By::Queue;
        let by_agent = self.agent.is_some() || self.by == By::Agent;
        match (subject, by_queue, by_agent) {
            _ if level == Level::Quarter => subject,
            (Subject::WORK, _, false) => Subject::QUEUE,
            (Subject::WORK, false, true) => Subject::AGENT,
            (Subject::TIME, _, false) => Subject::ALL_TIME,
            _ => subject,
        }
    }

    /// The row that counts for these, if any does.
    fn group(&self, subject: Subject, queue: u32, agent: u32, name: &str) -> Option<FigureId> {
        let fits = self.queue.is_none_or(|q| q.0 == queue)
            && self.agent.is_none_or(|a| a.0 == agent)
            && self.line.as_ref().is_none_or(|l| l == name);
        if !fits {
            return None;
        }
        match self.by {
            By::All => Some(FigureId::All),
            By::Queue => (queue > 0).then_some(FigureId::Queue(queue)),
            By::Agent => (agent > 0).then_some(FigureId::Agent(agent)),
            By::Line => (subject == Subject::LINE).then(|| FigureId::Line(name.to_owned())),
        }
    }
}

impl Counted {
    fn of(&mut self, subject: Subject, name: &str) -> &mut Tally {
        match subject {
            Subject::WORK => &mut self.work,
            Subject::TIME => {
                if !self.time.contains_key(name) {
                    self.time.insert(name.to_owned(), Tally::default());
                }
                self.time.get_mut(name).expect("inserted just now")
            }
            _ => &mut self.line,
        }
    }
}

struct Reading<'a> {
    connection: &'a Connection,
    query: &'a FigureQuery,
    days: Days,
    groups: Groups,
}

impl Reading<'_> {
    /// Adds what is kept.
    fn kept(&mut self) -> rusqlite::Result<()> {
        let query = self.query;
        let open_day = self.days.open_day.unwrap_or(i64::MIN);
        let pieces = self.days.offset.cover(query.step, query.quarters(), open_day);
        let mut statement = self.connection.prepare_cached(
            "SELECT slot, queue, agent, name, tally FROM figure
             WHERE level = ?1 AND subject = ?2 AND slot >= ?3 AND slot < ?4",
        )?;
        for subject in [Subject::WORK, Subject::TIME, Subject::LINE] {
            if !query.reads(subject) {
                continue;
            }
            for piece in &pieces {
                let kept = query.kept_as(subject, piece.level);
                let place = (piece.level as u8, kept.0, piece.slots.start, piece.slots.end);
                let mut rows = statement.query(place)?;
                while let Some(row) = rows.next()? {
                    let name = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
                    let Some(id) = query.group(subject, row.get(1)?, row.get(2)?, name) else {
                        continue;
                    };
                    let step = self.days.offset.step_of(query.step, piece.level, row.get(0)?);
                    let counted = self.groups.entry((step, id)).or_default();
                    let bytes = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
                    counted.of(subject, name).merge_bytes(bytes);
                }
            }
        }
        Ok(())
    }

    /// Adds what lasts, as if it ended now.
    fn open(&mut self) -> rusqlite::Result<()> {
        let now_us = self.query.now.unix_micros();
        let mut ledger = Ledger::default();
        for (work, sql) in [
            (
                Work::Segment,
                "SELECT call_id, segment, kind, agent_id, began_at_us, ?1 FROM segment
                 INDEXED BY segment_open WHERE ended_at_us IS NULL",
            ),
            (
                Work::State,
                "SELECT agent_id, state, reason, call_id, began_at_us, ?1 FROM agent_state
                 INDEXED BY agent_state_open WHERE ended_at_us IS NULL",
            ),
        ] {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([now_us])?;
            while let Some(row) = rows.next()? {
                work.add(self.connection, row, &mut ledger)?;
            }
        }
        let quarters = self.query.quarters();
        for (Key { subject, slot, queue, agent, name }, tally) in ledger.rows() {
            if !quarters.contains(slot) || !self.query.reads(*subject) {
                continue;
            }
            if let Some(id) = self.query.group(*subject, *queue, *agent, name) {
                let step = self.days.offset.step_of(self.query.step, Level::Quarter, *slot);
                self.groups.entry((step, id)).or_default().of(*subject, name).merge(tally);
            }
        }
        self.waiting()
    }

    fn waiting(&mut self) -> rusqlite::Result<()> {
        let quarters = self.query.quarters();
        let mut statement = self.connection.prepare_cached(
            "SELECT queue_id, entered_at_us FROM queue_visit INDEXED BY queue_visit_open
             WHERE left_at_us IS NULL",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let quarter = quarter_of(row.get(1)?);
            if !quarters.contains(&quarter) || !self.query.reads(Subject::WORK) {
                continue;
            }
            if let Some(id) = self.query.group(Subject::WORK, row.get(0)?, 0, "") {
                let step = self.days.offset.step_of(self.query.step, Level::Quarter, quarter);
                self.groups.entry((step, id)).or_default().waiting += 1;
            }
        }
        Ok(())
    }

    fn finish(self) -> rusqlite::Result<Vec<FigureRow>> {
        let names = names(self.connection)?;
        let query = self.query;
        let row = |step, id, counted: Counted| {
            let name = |subject, id| names.get(&(subject, id)).cloned().unwrap_or_default();
            let subject = match id {
                FigureId::All => FigureSubject::All,
                FigureId::Queue(id) => FigureSubject::Queue(QueueId(id), name(0, id)),
                FigureId::Agent(id) => FigureSubject::Agent(AgentId(id), name(1, id)),
                FigureId::Line(line) => FigureSubject::Line(line),
            };
            let reads = |subject| query.reads(subject);
            let work = reads(Subject::WORK).then_some(&counted.work);
            let visits = work.map(|work| VisitFigures {
                waiting: counted.waiting,
                ..VisitFigures::of(work, &query.limits)
            });
            let waits = if query.histogram { wait_histogram(&counted.work) } else { Vec::new() };
            FigureRow {
                start: self.days.offset.step_began(query.step, step),
                subject,
                visits,
                offers: work.map(OfferFigures::of),
                handling: work.map(HandlingFigures::of),
                time: reads(Subject::TIME).then(|| TimeFigures::of(counted.time.iter())),
                calls: reads(Subject::LINE).then(|| CallFigures::of(&counted.line)),
                waits,
            }
        };
        let rows = self.groups.into_iter().map(|((step, id), counted)| row(step, id, counted));
        Ok(rows.collect())
    }
}

fn names(connection: &Connection) -> rusqlite::Result<BTreeMap<(u8, u32), String>> {
    let mut statement = connection.prepare_cached("SELECT subject, id, name FROM figure_name")?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    rows.collect()
}

impl Reader {
    /// Figures, by the step of time and then by whom they are about. A step or a subject for which
    /// there is nothing has no row.
    pub fn figures(&self, query: &FigureQuery) -> Result<Vec<FigureRow>, StoreError> {
        let rows = self.with(|connection| {
            // One transaction, so that what is kept and what lasts agree.
            let transaction = connection.unchecked_transaction()?;
            let days = Days::read(&transaction)?;
            let groups = Groups::new();
            let mut reading = Reading { connection: &transaction, query, days, groups };
            reading.kept()?;
            reading.open()?;
            reading.finish()
        })?;
        if rows.len() > FIGURE_ROWS_MAX {
            return Err(StoreError::TooManyRows { rows: rows.len(), limit: FIGURE_ROWS_MAX });
        }
        Ok(rows)
    }
}

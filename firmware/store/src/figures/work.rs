//! What a completed piece of work adds to the figures.
//!
//! A piece of work is a row of a derived table that has its end: a segment, a queue visit, an offer,
//! an agent's state, a call. What it adds follows from the row and from rows of the same call, so
//! the figures come out the same however often they are made again. What counts once (a visit, an
//! offer, a call) counts where it began; what lasts is cut at the borders of quarter hours.

use rusqlite::{Connection, OptionalExtension, Row};
use tipring_events::{AgentState, QueueOutcome, SegmentKind};
use tipring_line::Cause;

use super::counter::{Counter, Direction, REPEAT_DAYS_MAX, wait_bucket};
use super::ledger::{Key, Ledger, Subject};
use super::slot::{quarter_of, split};
use crate::word;

const DAY_US: i64 = 86_400_000_000;

/// How many earlier calls of a customer are looked through for the last contact.
const EARLIER_CALLS_MAX: u32 = 20;

/// What a statement returns when it completes rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    Segment,
    Visit,
    Offer,
    State,
    Call,
}

impl Work {
    /// Adds one row of this kind, with the columns that `derive` returns for it.
    pub(crate) fn add(
        self,
        connection: &Connection,
        row: &Row<'_>,
        ledger: &mut Ledger,
    ) -> rusqlite::Result<()> {
        match self {
            Work::Segment => segment(connection, row, ledger),
            Work::Visit => visit(connection, row, ledger),
            Work::Offer => offer(row, ledger),
            Work::State => state(connection, row, ledger),
            Work::Call => call(connection, row, ledger),
        }
    }
}

fn word_at<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    word::parse(column, row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)
}

fn count_at(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, Option<i64>>(column)?.unwrap_or(0).unsigned_abs())
}

/// The queue whose caller this agent answered last in this call; 0 for none.
fn queue_of(connection: &Connection, call: i64, agent: u32) -> rusqlite::Result<u32> {
    let sql = "SELECT queue_id FROM queue_visit
        WHERE call_id = ?1 AND agent_id = ?2 AND outcome = 'answered' ORDER BY event_id DESC LIMIT 1";
    let found = connection.prepare_cached(sql)?.query_row((call, agent), |row| row.get(0));
    Ok(found.optional()?.unwrap_or(0))
}

fn segment(connection: &Connection, row: &Row<'_>, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let counter = match word_at::<SegmentKind>(row, 2)? {
        SegmentKind::Talk => Counter::TALK_US,
        SegmentKind::Hold => Counter::HOLD_US,
        SegmentKind::Consult => Counter::CONSULT_US,
        SegmentKind::Conference => Counter::CONFERENCE_US,
        // What an agent settles is in the agent's state.
        SegmentKind::Ivr
        | SegmentKind::Queue
        | SegmentKind::Ring
        | SegmentKind::Park
        | SegmentKind::WrapUp => return Ok(()),
    };
    let (call, segment): (i64, i64) = (row.get(0)?, row.get(1)?);
    let Some((agent, direction)) = talker(connection, call, segment, row.get(3)?)? else {
        return Ok(());
    };
    let queue = queue_of(connection, call, agent)?;
    let (began, ended) = (row.get(4)?, row.get(5)?);
    for (quarter, us) in split(began, ended) {
        ledger.add(Key::work(quarter, queue, agent), counter, us);
    }
    let talks = counter == Counter::TALK_US || counter == Counter::CONFERENCE_US;
    if talks && !talked_before(connection, call, segment, row.get(3)?)? {
        let key = Key::work(quarter_of(began), queue, agent);
        ledger.add(key, Counter::handled(direction), 1);
    }
    Ok(())
}

/// The agent who talks in a segment: the one it names or, where it names none, the one who placed
/// the call.
fn talker(
    connection: &Connection,
    call: i64,
    segment: i64,
    named: Option<u32>,
) -> rusqlite::Result<Option<(u32, Direction)>> {
    let sql = "SELECT inbound, CASE WHEN ?2 <= coalesce(agent_segment, ?2) THEN agent_id END
        FROM call WHERE id = ?1";
    let found: Option<(bool, Option<u32>)> = connection
        .prepare_cached(sql)?
        .query_row((call, segment), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (inbound, placed_by) = found.unwrap_or((true, None));
    let Some(agent) = named.or(placed_by) else { return Ok(None) };
    let direction = match inbound {
        true => Direction::Inbound,
        false if named.is_none() && outward(connection, call)?.is_some() => Direction::Outbound,
        false => Direction::Internal,
    };
    Ok(Some((agent, direction)))
}

/// Whether the agent a segment names, or the placing agent where it names none, has a talk or
/// conference segment of this call before it.
fn talked_before(
    connection: &Connection,
    call: i64,
    segment: i64,
    named: Option<u32>,
) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM segment WHERE call_id = ?1 AND segment < ?2
        AND kind IN ('talk', 'conference') AND agent_id IS ?3)";
    connection.prepare_cached(sql)?.query_row((call, segment, named), |row| row.get(0))
}

/// The line or trunk by which a call from inside goes out; `None` for one that stays inside, where
/// the phone that is rung has a number for a name.
fn outward(connection: &Connection, call: i64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT handler FROM segment WHERE call_id = ?1 AND kind IN ('talk', 'ring')
        AND agent_id IS NULL ORDER BY kind = 'talk' DESC, segment LIMIT 1";
    let found = connection.prepare_cached(sql)?.query_row([call], |row| row.get(0));
    let handler: Option<String> = found.optional()?;
    Ok(handler.filter(|h| h.bytes().any(|b| !b.is_ascii_digit())))
}

fn visit(connection: &Connection, row: &Row<'_>, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let (queue, entered): (u32, i64) = (row.get(2)?, row.get(3)?);
    let outcome: QueueOutcome = word_at(row, 4)?;
    let wait_ms = count_at(row, 5)?;
    let agent = row.get::<_, Option<u32>>(6)?.unwrap_or(0);
    let mut add = |counter, value| {
        ledger.add(Key::work(quarter_of(entered), queue, agent), counter, value);
    };
    add(Counter::visit(outcome), 1);
    add(Counter::WAIT_MAX_MS, wait_ms);
    match outcome {
        QueueOutcome::Answered => {
            add(Counter::WAIT_ANSWERED_MS, wait_ms);
            add(Counter::answered_within(wait_bucket(wait_ms)), 1);
        }
        QueueOutcome::Abandoned | QueueOutcome::ShortAbandoned => {
            add(Counter::WAIT_ABANDONED_MS, wait_ms);
            add(Counter::abandoned_within(wait_bucket(wait_ms)), 1);
        }
        _ => add(Counter::WAIT_OTHER_MS, wait_ms),
    }
    let (call, event) = (row.get(0)?, row.get(1)?);
    let visit = Visit { call, event, queue, entered, agent, outcome };
    contact(connection, &visit, ledger)
}

struct Visit {
    call: i64,
    event: i64,
    queue: u32,
    entered: i64,
    agent: u32,
    outcome: QueueOutcome,
}

/// Counts contacts, a contact being a call of a known customer in one queue: it is eligible once it
/// is answered, and the next one, answered or not, shows on which day the customer came again.
fn contact(connection: &Connection, visit: &Visit, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let sql = "SELECT caller FROM call WHERE id = ?1 AND inbound = 1 AND caller IS NOT NULL";
    let caller: Option<String> =
        connection.prepare_cached(sql)?.query_row([visit.call], |row| row.get(0)).optional()?;
    let Some(caller) = caller else { return Ok(()) };
    let sql = "SELECT count(*), coalesce(sum(outcome = 'answered'), 0) FROM queue_visit
        WHERE call_id = ?1 AND queue_id = ?2 AND event_id <> ?3 AND outcome IS NOT NULL";
    let (before, answered): (i64, i64) = connection
        .prepare_cached(sql)?
        .query_row((visit.call, visit.queue, visit.event), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if visit.outcome == QueueOutcome::Answered && answered == 0 {
        let key = Key::work(quarter_of(visit.entered), visit.queue, visit.agent);
        ledger.add(key, Counter::CONTACTS, 1);
    }
    if before > 0 {
        return Ok(());
    }
    let sql = "SELECT v.entered_at_us, v.agent_id, v.outcome = 'answered'
        FROM (SELECT id FROM call WHERE caller = ?1 AND id < ?2 AND inbound = 1
            ORDER BY id DESC LIMIT ?4) AS c
        JOIN queue_visit AS v ON v.call_id = c.id
        WHERE v.queue_id = ?3 AND v.outcome IS NOT NULL
        ORDER BY c.id DESC, v.outcome = 'answered' DESC, v.event_id LIMIT 1";
    let last: Option<(i64, Option<u32>, bool)> = connection
        .prepare_cached(sql)?
        .query_row((&caller, visit.call, visit.queue, EARLIER_CALLS_MAX), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((entered, agent, true)) = last else { return Ok(()) };
    let days = (visit.entered - entered).max(1).unsigned_abs().div_ceil(DAY_US.unsigned_abs());
    if let Ok(days @ 1..=REPEAT_DAYS_MAX) = u32::try_from(days) {
        let key = Key::work(quarter_of(entered), visit.queue, agent.unwrap_or(0));
        ledger.add(key, Counter::repeated(days), 1);
    }
    Ok(())
}

fn offer(row: &Row<'_>, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let key = Key::work(quarter_of(row.get(2)?), row.get(0)?, row.get(1)?);
    ledger.add(key.clone(), Counter::offer(word_at(row, 3)?), 1);
    ledger.add(key, Counter::RING_MS, count_at(row, 4)?);
    Ok(())
}

fn state(connection: &Connection, row: &Row<'_>, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let (agent, state): (u32, AgentState) = (row.get(0)?, word_at(row, 1)?);
    let Some(counter) = Counter::state_us(state) else { return Ok(()) };
    let reason = if state == AgentState::NotReady { row.get(2)? } else { String::new() };
    let queue = match (state, row.get::<_, Option<i64>>(3)?) {
        (AgentState::WrapUp, Some(call)) => queue_of(connection, call, agent)?,
        _ => 0,
    };
    for (quarter, us) in split(row.get(4)?, row.get(5)?) {
        ledger.add(Key::time(quarter, agent, &reason), counter, us);
        if state == AgentState::WrapUp {
            ledger.add(Key::work(quarter, queue, agent), Counter::WRAP_UP_US, us);
        }
    }
    Ok(())
}

fn call(connection: &Connection, row: &Row<'_>, ledger: &mut Ledger) -> rusqlite::Result<()> {
    let (call, inbound): (i64, bool) = (row.get(0)?, row.get(3)?);
    let (line, direction) = if inbound {
        (row.get(2)?, Direction::Inbound)
    } else {
        match outward(connection, call)? {
            Some(line) => (line, Direction::Outbound),
            None => (String::new(), Direction::Internal),
        }
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM segment WHERE call_id = ?1 AND kind = 'talk'),
        EXISTS (SELECT 1 FROM queue_visit WHERE call_id = ?1 AND outcome IN ('refused', 'left-empty'))";
    let (talked, unserved): (bool, bool) =
        connection.prepare_cached(sql)?.query_row([call], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let no_channel = matches!(word_at(row, 4)?, Cause::NoChannel | Cause::Congestion);
    let key = Key::line(quarter_of(row.get(1)?), &line);
    ledger.add(key.clone(), Counter::calls(direction), 1);
    ledger.add(key.clone(), Counter::disposition(word_at(row, 5)?), 1);
    ledger.add(key.clone(), Counter::TALKED, talked.into());
    ledger.add(key.clone(), Counter::NO_CHANNEL, (no_channel && !talked).into());
    ledger.add(key, Counter::NO_AGENT, (unserved && !no_channel && !talked).into());
    Ok(())
}

impl Subject {
    /// What was done for whom.
    pub(crate) const WORK: Subject = Subject(0);
    /// How agents spent their time.
    pub(crate) const TIME: Subject = Subject(1);
    /// Calls by line.
    pub(crate) const LINE: Subject = Subject(2);
    /// What was done in a queue, by all agents; in the larger pieces of time only.
    pub(crate) const QUEUE: Subject = Subject(3);
    /// What was done by an agent, in all queues; in the larger pieces of time only.
    pub(crate) const AGENT: Subject = Subject(4);
    /// How all agents together spent their time; in the larger pieces of time only.
    pub(crate) const ALL_TIME: Subject = Subject(5);
}

//! Figures as the API shows them.

use serde::{Deserialize, Serialize};
use tipring_events::{AgentId, QueueId};
use tipring_store as store;
use utoipa::ToSchema;

use super::{Asked, By, Step};

/// How a service level is reckoned. O offered, A answered, B abandoned, Bθ abandoned within the
/// short-abandon limit, A_T and B_T answered and abandoned within the target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ServiceLevel {
    /// A_T / (O − Bθ).
    #[default]
    OfOffered,
    /// A_T / A; Asterisk's SL.
    OfAnswered,
    /// (A_T + B_T) / (A + B); Asterisk's SL2.
    AbandonedInTimeCount,
    /// A_T / (A + B).
    OfAnsweredAndAbandoned,
    /// A_T / (A + B − B_T).
    AbandonedInTimeLeftOut,
    /// (A_T + Bθ) / (A + B).
    ShortAbandonedCount,
}

impl ServiceLevel {
    fn store(self) -> store::ServiceLevel {
        match self {
            ServiceLevel::OfOffered => store::ServiceLevel::OfOffered,
            ServiceLevel::OfAnswered => store::ServiceLevel::OfAnswered,
            ServiceLevel::AbandonedInTimeCount => store::ServiceLevel::AbandonedInTimeCount,
            ServiceLevel::OfAnsweredAndAbandoned => store::ServiceLevel::OfAnsweredAndAbandoned,
            ServiceLevel::AbandonedInTimeLeftOut => store::ServiceLevel::AbandonedInTimeLeftOut,
            ServiceLevel::ShortAbandonedCount => store::ServiceLevel::ShortAbandonedCount,
        }
    }

    /// The formula, as it is shown.
    pub(crate) fn formula(self) -> String {
        self.store().formula().to_owned()
    }
}

/// The figures of a period.
#[derive(Serialize, ToSchema)]
pub(crate) struct FigureTable {
    /// When the period begins.
    pub(crate) from_ms: i64,
    /// When it ends, not contained.
    pub(crate) to_ms: i64,
    /// Whom rows are about.
    pub(crate) by: By,
    /// Into which steps the period is taken apart.
    pub(crate) step: Step,
    /// How the service level is reckoned.
    pub(crate) service_level: ServiceLevel,
    /// Its formula.
    pub(crate) formula: String,
    /// The target T.
    pub(crate) target_s: u32,
    /// The short-abandon limit θ; null for each queue's own.
    pub(crate) short_s: Option<u32>,
    /// The days of first-call resolution.
    pub(crate) days: u32,
    /// Whether so many days have passed since the period; until then first-call resolution may
    /// still fall.
    pub(crate) resolution_final: bool,
    /// The rows, by the step of time and then by whom they are about.
    pub(crate) rows: Vec<FigureRow>,
    /// The whole period together; null by line, and for who sees only some queues.
    pub(crate) total: Option<FigureRow>,
}

impl FigureTable {
    pub(crate) fn new(
        asked: &Asked,
        rows: Vec<store::FigureRow>,
        total: Vec<store::FigureRow>,
    ) -> Self {
        let query = &asked.query;
        let rows_of = |rows: Vec<store::FigureRow>| {
            rows.into_iter().map(|row| FigureRow::new(row, asked.service_level))
        };
        let days = query.limits.repeat_days();
        let decided_ms = query.to.unix_millis() + i64::from(days) * super::DAY_MS;
        FigureTable {
            from_ms: query.from.unix_millis(),
            to_ms: query.to.unix_millis(),
            by: asked.by,
            step: asked.step,
            service_level: asked.service_level,
            formula: asked.service_level.formula(),
            target_s: query.limits.target_s(),
            short_s: query.limits.short_s(),
            days,
            resolution_final: decided_ms <= query.now.unix_millis(),
            rows: rows_of(rows).collect(),
            total: rows_of(total).next().filter(|_| asked.by != By::Line),
        }
    }
}

/// The figures of one subject in one step of time. What is asked of nobody is null: a queue has no
/// time of its own, a line no visits.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct FigureRow {
    /// When the step begins; null where there are no steps, and for hours of the day.
    pub(crate) start_ms: Option<i64>,
    /// The hour of the day, 0 to 23, where that is the step.
    pub(crate) hour: Option<u8>,
    /// The queue, by queue.
    pub(crate) queue: Option<QueueId>,
    /// The agent, by agent.
    pub(crate) agent: Option<AgentId>,
    /// The queue's last name, the agent's last work number, or the line; empty for all together and
    /// for calls within the house.
    pub(crate) name: String,
    /// Queue visits.
    pub(crate) visits: Option<Visits>,
    /// Offers to agents.
    pub(crate) offers: Option<Offers>,
    /// What agents did with callers.
    pub(crate) handling: Option<Handling>,
    /// How agents spent their time.
    pub(crate) time: Option<AgentTime>,
    /// Calls.
    pub(crate) calls: Option<CallCounts>,
    /// How many waited how long, where it was asked for.
    pub(crate) waits: Vec<Waits>,
}

impl FigureRow {
    pub(crate) fn new(row: store::FigureRow, level: ServiceLevel) -> Self {
        let (start_ms, hour) = match row.start {
            store::StepStart::Whole => (None, None),
            store::StepStart::HourOfDay(hour) => (None, Some(hour)),
            store::StepStart::At(time) => (Some(time.unix_millis()), None),
        };
        let (queue, agent, name) = match row.subject {
            store::FigureSubject::All => (None, None, String::new()),
            store::FigureSubject::Queue(queue, name) => (Some(queue), None, name),
            store::FigureSubject::Agent(agent, name) => (None, Some(agent), name),
            store::FigureSubject::Line(line) => (None, None, line),
        };
        let waits = row.waits.iter().map(|w| Waits {
            to_s: w.to_s,
            answered: w.answered,
            abandoned: w.abandoned,
        });
        FigureRow {
            start_ms,
            hour,
            queue,
            agent,
            name,
            visits: row.visits.map(|visits| Visits::new(&visits, level)),
            offers: row.offers.map(|offers| Offers::new(&offers)),
            handling: row.handling.map(|handling| Handling::new(&handling)),
            time: row.time.map(AgentTime::new),
            calls: row.calls.map(|calls| CallCounts::new(&calls)),
            waits: waits.collect(),
        }
    }
}

/// Queue visits that began in the step, by how they ended: the outcomes sum to the visits.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Visits {
    /// Every visit that has ended.
    pub(crate) visits: u64,
    /// O: those let in, all but the refused.
    pub(crate) offered: u64,
    /// A.
    pub(crate) answered: u64,
    /// B: given up by the caller, early or late.
    pub(crate) abandoned: u64,
    /// Bθ: given up within the short-abandon limit.
    pub(crate) short_abandoned: u64,
    /// The longest wait was over.
    pub(crate) timed_out: u64,
    /// Left by a key.
    pub(crate) left_by_key: u64,
    /// A callback was asked for.
    pub(crate) callback_requested: u64,
    /// Moved on because of length or wait.
    pub(crate) overflowed: u64,
    /// Nobody was logged in any more.
    pub(crate) left_empty: u64,
    /// Not let in.
    pub(crate) refused: u64,
    /// Moved on by a person.
    pub(crate) transferred_away: u64,
    /// Cut off as the box stopped.
    pub(crate) interrupted: u64,
    /// A_T.
    pub(crate) answered_in_time: u64,
    /// B_T.
    pub(crate) abandoned_in_time: u64,
    /// Still waiting; in none of the others.
    pub(crate) waiting: u64,
    /// The waits of the answered, added up.
    pub(crate) wait_answered_ms: u64,
    /// The waits of those who gave up, added up.
    pub(crate) wait_abandoned_ms: u64,
    /// The longest wait.
    pub(crate) wait_max_ms: u64,
    /// Calls of known customers that were answered.
    pub(crate) contacts: u64,
    /// Those whose customer came to the same queue again within the days asked for.
    pub(crate) repeated: u64,
    /// The service level, 0 to 1.
    pub(crate) service_level: Option<f64>,
    /// (B − Bθ) / (O − Bθ).
    pub(crate) abandon_rate: Option<f64>,
    /// Σ wait of answered / A.
    pub(crate) average_answer_ms: Option<f64>,
    /// Contacts not repeated, of all.
    pub(crate) first_call_resolution: Option<f64>,
}

impl Visits {
    fn new(v: &store::VisitFigures, level: ServiceLevel) -> Self {
        Visits {
            visits: v.visits,
            offered: v.offered,
            answered: v.answered,
            abandoned: v.abandoned,
            short_abandoned: v.short_abandoned,
            timed_out: v.timed_out,
            left_by_key: v.left_by_key,
            callback_requested: v.callback_requested,
            overflowed: v.overflowed,
            left_empty: v.left_empty,
            refused: v.refused,
            transferred_away: v.transferred_away,
            interrupted: v.interrupted,
            answered_in_time: v.answered_in_time,
            abandoned_in_time: v.abandoned_in_time,
            waiting: v.waiting,
            wait_answered_ms: v.wait_answered_ms,
            wait_abandoned_ms: v.wait_abandoned_ms,
            wait_max_ms: v.wait_max_ms,
            contacts: v.contacts,
            repeated: v.repeated,
            service_level: level.store().of(v),
            abandon_rate: v.abandon_rate(),
            average_answer_ms: v.average_speed_of_answer_ms(),
            first_call_resolution: v.first_call_resolution(),
        }
    }
}

/// Offers to agents that began in the step, by how they ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Offers {
    /// Answered.
    pub(crate) answered: u64,
    /// It rang and nobody answered.
    pub(crate) no_answer: u64,
    /// Refused.
    pub(crate) rejected: u64,
    /// The phone was busy.
    pub(crate) busy: u64,
    /// The phone could not be reached.
    pub(crate) unreachable: u64,
    /// The caller left, or another agent answered.
    pub(crate) cancelled: u64,
    /// How long phones rang, added up.
    pub(crate) ring_ms: u64,
    /// The mean ring.
    pub(crate) average_ring_ms: Option<f64>,
}

impl Offers {
    fn new(o: &store::OfferFigures) -> Self {
        Offers {
            answered: o.answered,
            no_answer: o.no_answer,
            rejected: o.rejected,
            busy: o.busy,
            unreachable: o.unreachable,
            cancelled: o.cancelled,
            ring_ms: o.ring_ms,
            average_ring_ms: o.average_ring_ms(),
        }
    }
}

/// What agents did with callers in the step.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Handling {
    /// Calls from outside an agent began to talk in.
    pub(crate) inbound: u64,
    /// Calls an agent placed to the outside.
    pub(crate) outbound: u64,
    /// Calls within the house.
    pub(crate) internal: u64,
    /// Talking, conferences included.
    pub(crate) talk_ms: u64,
    /// Holding, consulting a third included.
    pub(crate) hold_ms: u64,
    /// Wrapping up.
    pub(crate) wrap_up_ms: u64,
    /// Σ (talk + hold + wrap-up) / handled.
    pub(crate) average_handling_ms: Option<f64>,
    /// The mean plain talk.
    pub(crate) average_talk_ms: Option<f64>,
}

impl Handling {
    fn new(h: &store::HandlingFigures) -> Self {
        Handling {
            inbound: h.inbound,
            outbound: h.outbound,
            internal: h.internal,
            talk_ms: h.talk_ms,
            hold_ms: h.hold_ms,
            wrap_up_ms: h.wrap_up_ms,
            average_handling_ms: h.average_handling_ms(),
            average_talk_ms: h.average_talk_ms(),
        }
    }
}

/// Time away for one reason.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct Away {
    /// The reason.
    pub(crate) reason: String,
    /// How long.
    pub(crate) away_ms: u64,
}

/// How agents spent their time in the step.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct AgentTime {
    /// At work in all.
    pub(crate) logged_in_ms: u64,
    /// Waiting for a call.
    pub(crate) ready_ms: u64,
    /// While a call rang.
    pub(crate) offered_ms: u64,
    /// In a call, on hold or not.
    pub(crate) talking_ms: u64,
    /// Wrapping up.
    pub(crate) wrap_up_ms: u64,
    /// Away.
    pub(crate) not_ready_ms: u64,
    /// Away, by reason.
    pub(crate) not_ready: Vec<Away>,
    /// (talk + hold + wrap-up) / (that + ready).
    pub(crate) occupancy: Option<f64>,
}

impl AgentTime {
    fn new(t: store::TimeFigures) -> Self {
        AgentTime {
            logged_in_ms: t.logged_in_ms(),
            ready_ms: t.ready_ms,
            offered_ms: t.offered_ms,
            talking_ms: t.talking_ms,
            wrap_up_ms: t.wrap_up_ms,
            not_ready_ms: t.not_ready_ms,
            occupancy: t.occupancy(),
            not_ready: t
                .not_ready
                .into_iter()
                .map(|(reason, away_ms)| Away { reason, away_ms })
                .collect(),
        }
    }
}

/// Calls that began in the step and have ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct CallCounts {
    /// From outside.
    pub(crate) inbound: u64,
    /// To the outside.
    pub(crate) outbound: u64,
    /// Within the house.
    pub(crate) internal: u64,
    /// Those in which two parties talked.
    pub(crate) talked: u64,
    /// Answered and ended in the ordinary way.
    pub(crate) answered: u64,
    /// Nobody answered.
    pub(crate) no_answer: u64,
    /// The called party was busy.
    pub(crate) busy: u64,
    /// The called party refused.
    pub(crate) rejected: u64,
    /// There was no such number.
    pub(crate) vacant: u64,
    /// The caller gave up.
    pub(crate) abandoned: u64,
    /// The network or the box could not carry it.
    pub(crate) failed: u64,
    /// Cut off as the box stopped.
    pub(crate) interrupted: u64,
    /// Lost for want of a channel.
    pub(crate) no_channel: u64,
    /// Lost because the queue let nobody in, or nobody was logged in.
    pub(crate) no_agent: u64,
    /// Refused for want of a channel or an agent, of all.
    pub(crate) blocked_rate: Option<f64>,
}

impl CallCounts {
    fn new(c: &store::CallFigures) -> Self {
        CallCounts {
            inbound: c.inbound,
            outbound: c.outbound,
            internal: c.internal,
            talked: c.talked,
            answered: c.answered,
            no_answer: c.no_answer,
            busy: c.busy,
            rejected: c.rejected,
            vacant: c.vacant,
            abandoned: c.abandoned,
            failed: c.failed,
            interrupted: c.interrupted,
            no_channel: c.no_channel,
            no_agent: c.no_agent,
            blocked_rate: c.blocked_rate(),
        }
    }
}

/// How many waited how long.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct Waits {
    /// The longest wait in it; null for the last one.
    pub(crate) to_s: Option<u32>,
    /// Answered visits.
    pub(crate) answered: u64,
    /// Abandoned ones.
    pub(crate) abandoned: u64,
}

//! Figures of the call centre for any period, as JSON and as a table for a spreadsheet, and today's.

mod csv;
pub(crate) mod views;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_events::{AgentId, QueueId};
use tipring_store as store;
use utoipa::{IntoParams, ToSchema};

use crate::document::ReadProblems;
use crate::extract::Parameters;
use crate::routes::calls::{Within, within};
use crate::routes::live::midnight;
use crate::session::Session;
use crate::{ApiState, Problem};
use views::{FigureRow, FigureTable, ServiceLevel};

const QUARTER_MS: i64 = 900_000;
const DAY_MS: i64 = 96 * QUARTER_MS;
/// The longest period that is asked about, ten years.
const PERIOD_MS_MAX: i64 = 3_660 * DAY_MS;

/// Whom rows are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
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

/// Into which steps of time the period is taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Not at all.
    #[default]
    Whole,
    /// Quarter hours.
    Quarter,
    /// Hours.
    Hour,
    /// The 24 hours of the day, all days together.
    HourOfDay,
    /// Days.
    Day,
    /// Weeks, from Monday on.
    Week,
    /// Months.
    Month,
}

/// The language of a spreadsheet's headings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) enum Language {
    /// Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// Which figures.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FigureQuery {
    /// When the period begins: on a quarter hour.
    from_ms: i64,
    /// When it ends, not contained: on a quarter hour.
    to_ms: i64,
    /// Whom rows are about; all together where it is not given.
    by: Option<By>,
    /// Into which steps the period is taken apart; not at all where it is not given.
    step: Option<Step>,
    /// Only this queue's visits, offers and handling.
    queue: Option<QueueId>,
    /// Only this agent's offers, handling and time.
    agent: Option<AgentId>,
    /// Only this line's calls.
    line: Option<String>,
    /// How the service level is reckoned; A_T / (O − Bθ) where it is not given.
    service_level: Option<ServiceLevel>,
    /// The target T, 20 s where it is not given: whole seconds up to 60, steps of 5 s up to 300,
    /// of 60 s up to 1800.
    target_s: Option<u32>,
    /// The short-abandon limit θ, counted as T is; each queue's own where it is not given.
    short_s: Option<u32>,
    /// The days of first-call resolution, 1 to 30; 7 where it is not given.
    #[param(minimum = 1, maximum = 30)]
    days: Option<u32>,
    /// With the histogram of waits.
    waits: Option<bool>,
    /// The language of the spreadsheet's headings; Chinese where it is not given.
    #[param(inline)]
    lang: Option<Language>,
}

/// A question that makes sense.
pub(crate) struct Asked {
    pub(crate) query: store::FigureQuery,
    pub(crate) by: By,
    pub(crate) step: Step,
    pub(crate) service_level: ServiceLevel,
    pub(crate) lang: Language,
}

fn time(ms: i64) -> WallTime {
    WallTime::from_unix_micros(ms.saturating_mul(1000))
}

fn check_period(from_ms: i64, to_ms: i64) -> Result<(), Problem> {
    let wrong = |detail: String| Err(Problem::bad_request(detail));
    if from_ms < 0 || to_ms <= from_ms {
        return wrong(format!("the period from {from_ms} to {to_ms} has no length; end it later"));
    }
    if from_ms % QUARTER_MS != 0 || to_ms % QUARTER_MS != 0 {
        return wrong(format!(
            "from_ms and to_ms must be multiples of {QUARTER_MS}: figures are kept by the quarter hour"
        ));
    }
    if to_ms - from_ms > PERIOD_MS_MAX {
        return wrong("the period is longer than ten years; ask for less".to_owned());
    }
    Ok(())
}

impl FigureQuery {
    fn asked(self, now: WallTime) -> Result<Asked, Problem> {
        check_period(self.from_ms, self.to_ms)?;
        let (by, step) = (self.by.unwrap_or_default(), self.step.unwrap_or_default());
        let limits = store::Limits::new(
            self.target_s.unwrap_or(20),
            self.short_s,
            self.days.unwrap_or(7),
        )
        .ok_or_else(|| {
            Problem::bad_request(
                "target_s and short_s are whole seconds up to 60, steps of 5 up to 300, of 60 up \
                 to 1800; days are 1 to 30",
            )
        })?;
        let query = store::FigureQuery {
            from: time(self.from_ms),
            to: time(self.to_ms),
            now,
            by: by.into(),
            step: step.into(),
            queue: self.queue,
            agent: self.agent,
            line: self.line,
            limits,
            histogram: self.waits.unwrap_or(false),
        };
        let service_level = self.service_level.unwrap_or_default();
        Ok(Asked { query, by, step, service_level, lang: self.lang.unwrap_or_default() })
    }
}

impl From<By> for store::By {
    fn from(by: By) -> Self {
        match by {
            By::All => store::By::All,
            By::Queue => store::By::Queue,
            By::Agent => store::By::Agent,
            By::Line => store::By::Line,
        }
    }
}

impl From<Step> for store::Step {
    fn from(step: Step) -> Self {
        match step {
            Step::Whole => store::Step::Whole,
            Step::Quarter => store::Step::Quarter,
            Step::Hour => store::Step::Hour,
            Step::HourOfDay => store::Step::HourOfDay,
            Step::Day => store::Step::Day,
            Step::Week => store::Step::Week,
            Step::Month => store::Step::Month,
        }
    }
}

/// The rows of a question, and those of the whole period together.
fn read(state: &ApiState, asked: &Asked, within: Option<Within>) -> Result<FigureTable, Problem> {
    let reader = state.reader();
    let mut rows = reader.figures(&asked.query).map_err(too_many)?;
    if let Some(within) = within.filter(|within| !asked.lies_in(within)) {
        if !matches!(asked.by, By::Queue | By::Agent) {
            return Err(Problem::bad_request(
                "ask by queue, by agent, or for one of your queues or agents: you see only these",
            ));
        }
        rows.retain(|row| is_in(row, &within));
        return Ok(FigureTable::new(asked, rows, Vec::new()));
    }
    let whole = store::FigureQuery {
        by: if asked.by == By::Line { store::By::Line } else { store::By::All },
        step: store::Step::Whole,
        ..asked.query.clone()
    };
    let total = reader.figures(&whole).map_err(too_many)?;
    Ok(FigureTable::new(asked, rows, total))
}

impl Asked {
    /// Whether all it asks about is of these queues and agents.
    fn lies_in(&self, (queues, agents): &Within) -> bool {
        self.query.queue.is_some_and(|queue| queues.contains(&queue))
            || self.query.agent.is_some_and(|agent| agents.contains(&agent))
    }
}

fn is_in(row: &store::FigureRow, (queues, agents): &Within) -> bool {
    match &row.subject {
        store::FigureSubject::Queue(queue, _) => queues.contains(queue),
        store::FigureSubject::Agent(agent, _) => agents.contains(agent),
        store::FigureSubject::All | store::FigureSubject::Line(_) => false,
    }
}

fn too_many(error: store::StoreError) -> Problem {
    match error {
        store::StoreError::TooManyRows { .. } => Problem::bad_request(error.to_string()),
        other => other.into(),
    }
}

/// Figures of a period.
#[utoipa::path(
    get, path = "/api/figures", tag = "figures", params(FigureQuery),
    responses((status = 200, body = FigureTable, description = "The figures"), ReadProblems)
)]
pub(crate) async fn figures(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Parameters(query): Parameters<FigureQuery>,
) -> Result<Json<FigureTable>, Problem> {
    let asked = query.asked(state.inner.clock.wall())?;
    let within = within(&state, &session);
    state.blocking(move |state| read(state, &asked, within)).await.map(Json)
}

/// A table for a spreadsheet.
#[derive(ToSchema)]
#[schema(value_type = String)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document")]
pub(crate) struct Spreadsheet(String);

/// Figures of a period for a spreadsheet: CSV (RFC 4180) in UTF-8 with a byte order mark, so that
/// Excel reads it, times local.
#[utoipa::path(
    get, path = "/api/figures.csv", tag = "figures", params(FigureQuery),
    responses(
        (status = 200, body = Spreadsheet, content_type = "text/csv", description = "The table"),
        ReadProblems,
    )
)]
pub(crate) async fn figures_csv(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Parameters(query): Parameters<FigureQuery>,
) -> Result<Response, Problem> {
    let within = within(&state, &session);
    let asked = query.asked(state.inner.clock.wall())?;
    let offset = state.inner.utc_offset_minutes;
    let name = {
        let day = |t: WallTime| {
            let c = t.civil(offset);
            format!("{:04}{:02}{:02}", c.year, c.month, c.day)
        };
        format!("figures-{}-{}.csv", day(asked.query.from), day(asked.query.to))
    };
    let text = state
        .blocking(move |state| {
            let table = read(state, &asked, within)?;
            Ok(csv::write(&table, asked.lang, offset))
        })
        .await?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, kind);
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.expect("digits and ASCII words"));
    Ok(response)
}

/// Today's figures, with what lasts counted up to now.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct TodayFigures {
    /// When today began, by the box's local time.
    pub(crate) from_ms: i64,
    /// Up to when what lasts is counted.
    pub(crate) at_ms: i64,
    /// How the service levels are reckoned.
    pub(crate) service_level: ServiceLevel,
    /// Their formula.
    pub(crate) formula: String,
    /// Their target T.
    pub(crate) target_s: u32,
    /// All together; null for who sees only some queues.
    pub(crate) total: Option<FigureRow>,
    /// Every queue that had a caller.
    pub(crate) queues: Vec<FigureRow>,
    /// Every agent who was at work.
    pub(crate) agents: Vec<FigureRow>,
}

/// Today's figures before anybody's scope.
#[derive(Default)]
pub(crate) struct Today {
    from_ms: i64,
    at_ms: i64,
    total: Vec<store::FigureRow>,
    queues: Vec<store::FigureRow>,
    agents: Vec<store::FigureRow>,
}

/// Reads today's figures.
pub(crate) fn read_today(state: &ApiState) -> Result<Today, Problem> {
    let now = state.inner.clock.wall();
    let from = midnight(now, state.inner.utc_offset_minutes);
    let to = time(from.unix_millis() + DAY_MS);
    let reader = state.reader();
    let rows = |by| reader.figures(&store::FigureQuery { from, to, now, by, ..Default::default() });
    Ok(Today {
        from_ms: from.unix_millis(),
        at_ms: now.unix_millis(),
        total: rows(store::By::All)?,
        queues: rows(store::By::Queue)?,
        agents: rows(store::By::Agent)?,
    })
}

impl Today {
    /// What is of these queues and agents; all where there are none.
    pub(crate) fn within(&self, within: Option<&Within>) -> TodayFigures {
        let level = ServiceLevel::default();
        let seen = |rows: &[store::FigureRow]| -> Vec<FigureRow> {
            let rows = rows.iter().filter(|row| within.is_none_or(|within| is_in(row, within)));
            rows.map(|row| FigureRow::new(row.clone(), level)).collect()
        };
        TodayFigures {
            from_ms: self.from_ms,
            at_ms: self.at_ms,
            service_level: level,
            formula: level.formula(),
            target_s: store::Limits::default().target_s(),
            total: seen(&self.total).into_iter().next(),
            queues: seen(&self.queues),
            agents: seen(&self.agents),
        }
    }
}

/// Today's figures: all together, by queue, and by agent. Who listens to `/api/events` is told them
/// anew whenever they change.
#[utoipa::path(
    get, path = "/api/figures/today", tag = "figures",
    responses((status = 200, body = TodayFigures, description = "The figures"), ReadProblems)
)]
pub(crate) async fn figures_today(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
) -> Result<Json<TodayFigures>, Problem> {
    let within = within(&state, &session);
    let today = state.blocking(read_today).await?;
    Ok(Json(today.within(within.as_ref())))
}

//! Past and present calls.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use tipring_clock::WallTime;
use tipring_events::{AgentId, QueueId};
use tipring_line::{CallId, Disposition, Number};
use tipring_store::{CALLS_PER_PAGE_MAX, CallFilter};
use utoipa::IntoParams;

use crate::document::{ReadOneProblems, ReadProblems};
use crate::extract::{Parameters, PathPart};
use crate::routes::views::{CallDetail, CallList};
use crate::scope::Scope;
use crate::session::Session;
use crate::{ApiState, Problem};

/// How many calls a page has where nobody says.
const LIMIT: u32 = 50;

/// Which calls to list; everything that is given must fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallQuery {
    /// How the caller's number begins; for a call that did not come from outside, the caller's or
    /// the called number.
    number: Option<Number>,
    /// How the same number ends.
    number_end: Option<Number>,
    /// The work number of an agent who talked.
    agent: Option<Number>,
    /// It began at this time or later.
    from_ms: Option<i64>,
    /// It began before this time.
    to_ms: Option<i64>,
    /// How it turned out.
    disposition: Option<Disposition>,
    /// Go on after the page that ended with this.
    after: Option<String>,
    /// How many calls, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

impl TryFrom<CallQuery> for CallFilter {
    type Error = Problem;

    fn try_from(query: CallQuery) -> Result<Self, Problem> {
        let limit = query.limit.unwrap_or(LIMIT);
        if !(1..=CALLS_PER_PAGE_MAX).contains(&limit) {
            let detail = format!("limit is {limit}; give 1 to {CALLS_PER_PAGE_MAX}");
            return Err(Problem::bad_request(detail));
        }
        let after = query.after.map(|text| text.parse()).transpose().map_err(|()| {
            Problem::bad_request("after is not what an earlier page gave as next; leave it out")
        })?;
        let time = |ms: i64| WallTime::from_unix_micros(ms.saturating_mul(1000));
        Ok(CallFilter {
            number: query.number,
            number_end: query.number_end,
            agent: query.agent,
            from: query.from_ms.map(time),
            to: query.to_ms.map(time),
            disposition: query.disposition,
            within: None,
            after,
            limit,
        })
    }
}

/// Calls, the newest first.
#[utoipa::path(
    get, path = "/api/calls", tag = "calls", params(CallQuery),
    responses((status = 200, body = CallList, description = "A page of calls"), ReadProblems)
)]
pub(crate) async fn calls(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Parameters(query): Parameters<CallQuery>,
) -> Result<Json<CallList>, Problem> {
    let filter = CallFilter { within: within(&state, &session), ..CallFilter::try_from(query)? };
    let page = state.blocking(move |state| Ok(state.reader().calls(&filter)?)).await?;
    Ok(Json(page.into()))
}

/// One call and everything known of it.
#[utoipa::path(
    get, path = "/api/calls/{call}", tag = "calls",
    params(("call" = CallId, Path, description = "The call")),
    responses((status = 200, body = CallDetail, description = "The call"), ReadOneProblems)
)]
pub(crate) async fn call(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
) -> Result<Json<CallDetail>, Problem> {
    let within = within(&state, &session);
    let detail = state.blocking(move |state| read_call(state, call, within)).await?;
    Ok(Json(detail.into()))
}

/// The queues and agents whose past calls one sees; `None` for all.
pub(crate) fn within(state: &ApiState, session: &Session) -> Option<Within> {
    match state.scope(session) {
        Scope::All => None,
        Scope::Queues { queues, agents, .. } => Some((queues, agents)),
        Scope::Agent { .. } | Scope::Nothing => Some((Vec::new(), Vec::new())),
    }
}

/// Queues and agents.
pub(crate) type Within = (Vec<QueueId>, Vec<AgentId>);

/// A call, if one may see it. Another's call is not told from one that never was.
pub(crate) fn read_call(
    state: &ApiState,
    call: CallId,
    within: Option<Within>,
) -> Result<tipring_store::CallDetail, Problem> {
    let detail = state.reader().call(call)?.ok_or_else(|| no_such_call(call))?;
    let theirs = within.is_none_or(|(queues, agents)| {
        detail.visits.iter().any(|visit| queues.contains(&visit.queue))
            || detail.segments.iter().any(|s| s.agent.is_some_and(|a| agents.contains(&a)))
    });
    if theirs { Ok(detail) } else { Err(no_such_call(call)) }
}

pub(crate) fn no_such_call(call: CallId) -> Problem {
    Problem::not_found("no-such-call", format!("there is no call {call}"))
}

//! Who heard or fetched which recording.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tipring_clock::WallTime;
use tipring_line::CallId;
use tipring_store as store;
use utoipa::{IntoParams, ToSchema};

use crate::document::ReadProblems;
use crate::extract::Parameters;
use crate::{ApiState, Problem};

/// How many entries a page has where nobody says.
const LIMIT: u32 = 50;

/// Which entries to list; everything that is given must fit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListeningQuery {
    /// The user.
    who: Option<String>,
    /// The call.
    call: Option<CallId>,
    /// At this time or later.
    from_ms: Option<i64>,
    /// Before this time.
    to_ms: Option<i64>,
    /// Entries before this one: the last of the page before.
    before: Option<u64>,
    /// How many, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// One listening.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listening {
    /// Its number in the log.
    entry: u64,
    /// When it began.
    at_ms: i64,
    /// The user.
    who: String,
    /// The address the user came from.
    address: String,
    /// The call.
    call: CallId,
    /// Which of its recordings, from 1.
    part: u32,
    /// The file, relative to the recordings folder.
    path: String,
}

/// Who heard or fetched which recording, the newest first. Nothing is ever taken from this log.
#[utoipa::path(
    get, path = "/api/listening", tag = "calls", params(ListeningQuery),
    responses((status = 200, body = [Listening], description = "A page of the log"), ReadProblems)
)]
pub(crate) async fn listening(
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListeningQuery>,
) -> Result<Json<Vec<Listening>>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=store::LISTENINGS_PER_PAGE_MAX).contains(&limit) {
        let most = store::LISTENINGS_PER_PAGE_MAX;
        return Err(Problem::bad_request(format!("limit is {limit}; give 1 to {most}")));
    }
    let time = |ms: i64| WallTime::from_unix_micros(ms.saturating_mul(1000));
    let filter = store::ListeningFilter {
        who: query.who,
        call: query.call,
        from: query.from_ms.map(time),
        to: query.to_ms.map(time),
        before: query.before,
        limit,
    };
    let rows = state.blocking(move |state| Ok(state.reader().listenings(&filter)?)).await?;
    let view = |(entry, l): (u64, store::Listening)| Listening {
        entry,
        at_ms: l.at.unix_millis(),
        who: l.who,
        address: l.address,
        call: l.call,
        part: l.part,
        path: l.path,
    };
    Ok(Json(rows.into_iter().map(view).collect()))
}

//! A technician's routes: the exchange lines, their test, the learning of their release tones, and
//! what the board found.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use tipring_events::LineState;
use tipring_line::Alarm;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::document::{CommandProblems, ReadProblems};
use crate::extract::PathPart;
use crate::session::Session;
use crate::technician::{BoardReport, TechnicianLine, TechnicianRefusal};
use crate::{ApiState, Problem};

/// All of them.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(lines))
        .routes(routes!(test_line))
        .routes(routes!(learn_tone))
        .routes(routes!(cancel_work))
        .routes(routes!(board))
}

/// An exchange line with its state.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineNow {
    /// What it does; null where the configuration has no such line.
    state: Option<LineState>,
    /// Why it cannot carry calls, where that is known.
    alarm: Option<Alarm>,
    #[serde(flatten)]
    line: TechnicianLine,
}

/// Every exchange line of the board.
#[utoipa::path(
    get, path = "/api/lines", tag = "lines",
    responses((status = 200, body = Vec<LineNow>, description = "The lines"), ReadProblems)
)]
pub(crate) async fn lines(State(state): State<ApiState>) -> Result<Json<Vec<LineNow>>, Problem> {
    let lines = state.blocking(|state| Ok(state.inner.technician.lines())).await?;
    let live = state.inner.live.snapshot();
    let now = |line: TechnicianLine| {
        let live = live.state.lines.iter().find(|live| live.name == line.line);
        LineNow {
            state: live.map(|live| live.state),
            alarm: live.and_then(|live| live.alarm),
            line,
        }
    };
    Ok(Json(lines.into_iter().map(now).collect()))
}

fn refused(refusal: TechnicianRefusal) -> Problem {
    let title = "This cannot be done on the line";
    match refusal {
        TechnicianRefusal::NoSuchLine(detail) => {
            Problem::new(StatusCode::NOT_FOUND, "no-such-line", title, detail)
        }
        TechnicianRefusal::WrongState(detail) => {
            Problem::new(StatusCode::CONFLICT, "line-at-work", title, detail)
        }
    }
}

/// Begin to test an idle line. It takes about ten seconds; `GET /api/lines` shows what was found.
#[utoipa::path(
    post, path = "/api/lines/{line}/test", tag = "lines",
    params(("line" = String, Path, description = "The label of its socket")),
    responses((status = 202, description = "Begun"), CommandProblems)
)]
pub(crate) async fn test_line(
    State(state): State<ApiState>,
    PathPart(line): PathPart<String>,
) -> Result<StatusCode, Problem> {
    state.inner.technician.test(&line).map_err(refused)?;
    Ok(StatusCode::ACCEPTED)
}

/// Begin to learn a line's release tone from the next call on it: call in from a mobile, let the
/// box answer, hang up at the mobile. `GET /api/lines` shows what was heard.
#[utoipa::path(
    post, path = "/api/lines/{line}/learn", tag = "lines",
    params(("line" = String, Path, description = "The label of its socket")),
    responses((status = 202, description = "Begun"), CommandProblems)
)]
pub(crate) async fn learn_tone(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(line): PathPart<String>,
) -> Result<StatusCode, Problem> {
    state.inner.technician.learn(&line, &session.name).map_err(refused)?;
    Ok(StatusCode::ACCEPTED)
}

/// End the work on a line.
#[utoipa::path(
    post, path = "/api/lines/{line}/cancel", tag = "lines",
    params(("line" = String, Path, description = "The label of its socket")),
    responses((status = 204, description = "Ended"), CommandProblems)
)]
pub(crate) async fn cancel_work(
    State(state): State<ApiState>,
    PathPart(line): PathPart<String>,
) -> Result<StatusCode, Problem> {
    state.inner.technician.cancel(&line).map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The board, and what was found at its sockets and pins when the box started.
#[utoipa::path(
    get, path = "/api/board", tag = "lines",
    responses((status = 200, body = BoardReport, description = "The board"), ReadProblems)
)]
pub(crate) async fn board(State(state): State<ApiState>) -> Result<Json<BoardReport>, Problem> {
    Ok(Json(state.blocking(|state| Ok(state.inner.technician.board())).await?))
}

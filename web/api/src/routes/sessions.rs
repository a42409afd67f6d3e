//! Who is logged in now, and putting somebody out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use tipring_events::AgentId;
use utoipa::ToSchema;

use crate::document::{ReadOneProblems, ReadProblems};
use crate::extract::PathPart;
use crate::routes::roles::RoleName;
use crate::session::Session;
use crate::{ApiState, Problem};

/// One session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    /// By which it is named here; tells nothing of its cookie.
    session: String,
    /// The user, or an agent's work number.
    name: String,
    role: RoleName,
    /// The agent whose desktop it is.
    agent: Option<AgentId>,
    /// Where it began from.
    address: String,
    began_ms: i64,
    /// When somebody last did something.
    used_ms: i64,
    /// Whether it is the asker's own.
    own: bool,
}

/// Every session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    sessions: Vec<SessionView>,
}

/// Who is logged in, the one who came first first.
#[utoipa::path(
    get, path = "/api/sessions", tag = "users",
    responses((status = 200, body = SessionList, description = "The sessions"), ReadProblems)
)]
pub(crate) async fn sessions(
    State(state): State<ApiState>,
    Extension(asker): Extension<Session>,
) -> Json<SessionList> {
    let all = state.sessions().list(state.inner.clock.now());
    let view = |session: Session| SessionView {
        session: format!("{:016x}", session.id),
        name: session.name,
        role: session.role.into(),
        agent: session.agent,
        address: session.address.to_string(),
        began_ms: session.began.unix_millis(),
        used_ms: session.used.unix_millis(),
        own: session.proof == asker.proof,
    };
    Json(SessionList { sessions: all.into_iter().map(view).collect() })
}

/// Put somebody out. The page asks for a new log-in.
#[utoipa::path(
    delete, path = "/api/sessions/{session}", tag = "users",
    params(("session" = String, Path, description = "The session")),
    responses((status = 204, description = "Ended"), ReadOneProblems)
)]
pub(crate) async fn end_session(
    State(state): State<ApiState>,
    Extension(asker): Extension<Session>,
    PathPart(session): PathPart<String>,
) -> Result<StatusCode, Problem> {
    let id = u64::from_str_radix(&session, 16).ok();
    let Some(ended) = id.and_then(|id| state.sessions().end_by_id(id)) else {
        return Err(Problem::not_found("no-such-session", "there is no such session any more"));
    };
    let told = state.told(&asker, "session-ended", &ended.name);
    state.blocking(move |state| Ok(state.inner.store.audit(told)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

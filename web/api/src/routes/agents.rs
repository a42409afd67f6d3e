//! What is asked of agents' states.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tipring_events::{AgentId, Command};
use tipring_line::Number;
use utoipa::ToSchema;

use crate::document::{CommandBodyProblems, CommandProblems};
use crate::extract::{Body, PathPart};
use crate::routes::command::{ask, order};
use crate::session::Session;
use crate::{ApiState, Problem};

/// The most characters of a reason.
const REASON_CHARS_MAX: usize = 100;

/// The most seconds by which a wrap-up is made longer at once.
const EXTEND_S_MAX: u32 = 3_600;

/// An agent who sits down at an extension.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentLogin {
    pub(crate) work_number: Number,
    /// Digits, as the agent keys them.
    pub(crate) password: String,
    pub(crate) extension: Number,
}

/// Why an agent is not ready, or is sent away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotReady {
    /// As shown to others; at most 100 characters.
    #[schema(max_length = 100)]
    reason: String,
}

impl NotReady {
    fn checked(self) -> Result<String, Problem> {
        if self.reason.chars().count() > REASON_CHARS_MAX {
            let detail =
                format!("the reason has more than {REASON_CHARS_MAX} characters; shorten it");
            return Err(Problem::bad_request(detail));
        }
        Ok(self.reason)
    }
}

/// What becomes of a wrap-up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrapUp {
    /// So many seconds more; null ends it now.
    #[schema(minimum = 1, maximum = 3600)]
    extend_s: Option<u32>,
}

/// Whether an agent's desktop is there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Desktop {
    present: bool,
}

/// The answer to an agent who asked for leave.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leave {
    granted: bool,
}

/// Log an agent in at an extension.
#[utoipa::path(
    post, path = "/api/agents/login", tag = "agents",
    request_body = AgentLogin,
    responses((status = 204, description = "Logged in"), CommandBodyProblems)
)]
pub(crate) async fn agent_log_in(
    State(state): State<ApiState>,
    Body(login): Body<AgentLogin>,
) -> Result<StatusCode, Problem> {
    let AgentLogin { work_number, password, extension } = login;
    ask(&state, Command::AgentLogIn { work_number, password, extension }).await
}

/// Make an agent ready; ends wrap-up too.
#[utoipa::path(
    post, path = "/api/agents/{agent}/ready", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")),
    responses((status = 204, description = "Ready"), CommandProblems)
)]
pub(crate) async fn agent_ready(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::AgentReady { agent }).await
}

/// Make an agent not ready.
#[utoipa::path(
    post, path = "/api/agents/{agent}/not-ready", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = NotReady,
    responses((status = 204, description = "Not ready"), CommandBodyProblems)
)]
pub(crate) async fn agent_not_ready(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
    Body(body): Body<NotReady>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::AgentNotReady { agent, reason: body.checked()? }).await
}

/// Log an agent out. A call in progress goes on.
#[utoipa::path(
    post, path = "/api/agents/{agent}/logout", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")),
    responses((status = 204, description = "Logged out"), CommandProblems)
)]
pub(crate) async fn agent_log_out(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::AgentLogOut { agent }).await
}

/// End an agent's wrap-up now, or make it last longer.
#[utoipa::path(
    post, path = "/api/agents/{agent}/wrap-up", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = WrapUp,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn agent_wrap_up(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
    Body(WrapUp { extend_s }): Body<WrapUp>,
) -> Result<StatusCode, Problem> {
    if extend_s.is_some_and(|s| !(1..=EXTEND_S_MAX).contains(&s)) {
        let detail = format!("extend_s is not right; give 1 to {EXTEND_S_MAX}, or null to end it");
        return Err(Problem::bad_request(detail));
    }
    ask(&state, Command::AgentWrapUp { agent, extend_s }).await
}

/// Say whether an agent's desktop is there, for desktops of other software. The box's own page
/// need not: it is there as long as it listens to live events.
#[utoipa::path(
    post, path = "/api/agents/{agent}/desktop", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = Desktop,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn agent_desktop(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
    Body(Desktop { present }): Body<Desktop>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::AgentDesktop { agent, present }).await
}

/// Grant or refuse the leave for a break that an agent has asked for.
#[utoipa::path(
    post, path = "/api/agents/{agent}/leave", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = Leave,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn agent_leave(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(agent): PathPart<AgentId>,
    Body(Leave { granted }): Body<Leave>,
) -> Result<StatusCode, Problem> {
    let command = Command::AgentLeave { agent, granted, by: session.name.clone() };
    order(&state, &session, ("agent-leave", format!("agent {}", agent.0)), command).await
}

/// Make an agent not ready, whatever the agent's queues say of leave (强制离席).
#[utoipa::path(
    post, path = "/api/agents/{agent}/force-not-ready", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = NotReady,
    responses((status = 204, description = "Not ready"), CommandBodyProblems)
)]
pub(crate) async fn force_not_ready(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(agent): PathPart<AgentId>,
    Body(body): Body<NotReady>,
) -> Result<StatusCode, Problem> {
    let by = session.name.clone();
    let command = Command::ForceNotReady { agent, reason: body.checked()?, by };
    order(&state, &session, ("force-not-ready", format!("agent {}", agent.0)), command).await
}

/// Log an agent out (强制签出). A call in progress goes on.
#[utoipa::path(
    post, path = "/api/agents/{agent}/force-logout", tag = "agents",
    params(("agent" = AgentId, Path, description = "The agent")), request_body = NotReady,
    responses((status = 204, description = "Logged out"), CommandBodyProblems)
)]
pub(crate) async fn force_log_out(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(agent): PathPart<AgentId>,
    Body(body): Body<NotReady>,
) -> Result<StatusCode, Problem> {
    let by = session.name.clone();
    let command = Command::ForceLogOut { agent, reason: body.checked()?, by };
    order(&state, &session, ("force-logout", format!("agent {}", agent.0)), command).await
}

//! What is asked of the switch: agents' states, and hanging up.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tipring_events::{AgentId, Command, Refusal};
use tipring_line::{CallId, Number};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use crate::document::{CommandBodyProblems, CommandProblems};
use crate::extract::{Body, PathPart};
use crate::{ApiState, Problem};

/// How long the switch may take to answer; it usually takes microseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The most characters of a reason.
const REASON_CHARS_MAX: usize = 100;

async fn ask(state: &ApiState, command: Command) -> Result<StatusCode, Problem> {
    let (reply, answer) = oneshot::channel();
    state.inner.commands.try_send((command, reply)).map_err(|e| match e {
        TrySendError::Full(_) => Problem::busy("too many commands wait; try again"),
        TrySendError::Closed(_) => Problem::internal("the switch does not run"),
    })?;
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(Ok(()))) => Ok(StatusCode::NO_CONTENT),
        Ok(Ok(Err(refusal))) => Err(refused(refusal)),
        Ok(Err(_)) => Err(Problem::internal("the switch stopped before it answered")),
        Err(_) => Err(Problem::busy("the switch did not answer; look whether it was done")),
    }
}

fn refused(refusal: Refusal) -> Problem {
    let problem =
        |status, kind, detail: &str| Problem::new(status, kind, "The switch refused", detail);
    match refusal {
        Refusal::WrongCredentials => problem(
            StatusCode::FORBIDDEN,
            "wrong-agent-credentials",
            "the work number or its password is wrong",
        ),
        Refusal::Locked => problem(
            StatusCode::TOO_MANY_REQUESTS,
            "locked",
            "too many wrong passwords for this work number; wait a while",
        ),
        Refusal::NoSuchExtension => problem(
            StatusCode::NOT_FOUND,
            "no-such-extension",
            "there is no such extension, or no phone is registered there",
        ),
        Refusal::ExtensionTaken => problem(
            StatusCode::CONFLICT,
            "extension-taken",
            "another agent is logged in at that extension; log that one out first",
        ),
        Refusal::NoSuchAgent => {
            problem(StatusCode::NOT_FOUND, "no-such-agent", "there is no such agent")
        }
        Refusal::NotLoggedIn => {
            problem(StatusCode::CONFLICT, "agent-not-logged-in", "the agent is not logged in")
        }
        Refusal::NoSuchCall => problem(
            StatusCode::NOT_FOUND,
            "no-such-call",
            "there is no such call now; it may have ended just before",
        ),
        Refusal::NoSuchQueue => {
            problem(StatusCode::NOT_FOUND, "no-such-queue", "there is no such queue")
        }
        Refusal::NoSuchLeg => problem(
            StatusCode::CONFLICT,
            "no-such-leg",
            "the phone is in no call of the kind that is needed",
        ),
        Refusal::NotPossible => problem(
            StatusCode::CONFLICT,
            "not-possible",
            "the state it is in does not allow it now; look at the live state",
        ),
        Refusal::NotAllowed => problem(
            StatusCode::FORBIDDEN,
            "not-allowed",
            "the number cannot be reached from there; look at the dial rules and the class",
        ),
        Refusal::DoNotCall => problem(
            StatusCode::FORBIDDEN,
            "do-not-call",
            "the number is on the list of those not to be called",
        ),
        Refusal::NoSuchPlace => problem(
            StatusCode::CONFLICT,
            "no-such-place",
            "the place is taken, or there is nothing in it",
        ),
        Refusal::LeaveAsked => problem(
            StatusCode::CONFLICT,
            "leave-asked",
            "a supervisor's leave is needed, and has been asked for",
        ),
        Refusal::Busy => Problem::busy("the switch has too much to do; nothing was changed"),
    }
}

/// An agent who sits down at an extension.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentLogin {
    work_number: Number,
    /// Digits, as the agent keys them.
    password: String,
    extension: Number,
}

/// Why an agent is not ready.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotReady {
    /// As shown to others; at most 100 characters.
    #[schema(max_length = 100)]
    reason: String,
}

/// Log an agent in at an extension.
#[utoipa::path(
    post, path = "/api/agents/login", tag = "agents", security(("session" = [])),
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
    post, path = "/api/agents/{agent}/ready", tag = "agents", security(("session" = [])),
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
    post, path = "/api/agents/{agent}/not-ready", tag = "agents", security(("session" = [])),
    params(("agent" = AgentId, Path, description = "The agent")), request_body = NotReady,
    responses((status = 204, description = "Not ready"), CommandBodyProblems)
)]
pub(crate) async fn agent_not_ready(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
    Body(NotReady { reason }): Body<NotReady>,
) -> Result<StatusCode, Problem> {
    if reason.chars().count() > REASON_CHARS_MAX {
        let detail = format!("the reason has more than {REASON_CHARS_MAX} characters; shorten it");
        return Err(Problem::bad_request(detail));
    }
    ask(&state, Command::AgentNotReady { agent, reason }).await
}

/// Log an agent out. A call in progress goes on.
#[utoipa::path(
    post, path = "/api/agents/{agent}/logout", tag = "agents", security(("session" = [])),
    params(("agent" = AgentId, Path, description = "The agent")),
    responses((status = 204, description = "Logged out"), CommandProblems)
)]
pub(crate) async fn agent_log_out(
    State(state): State<ApiState>,
    PathPart(agent): PathPart<AgentId>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::AgentLogOut { agent }).await
}

/// End a call: all its legs.
#[utoipa::path(
    post, path = "/api/calls/{call}/hangup", tag = "calls", security(("session" = [])),
    params(("call" = CallId, Path, description = "The call")),
    responses((status = 204, description = "Ended"), CommandProblems)
)]
pub(crate) async fn hang_up(
    State(state): State<ApiState>,
    PathPart(call): PathPart<CallId>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::HangUp { call, by: String::new() }).await
}

//! What is asked of calls that go on: ending, moving, recording, supervision.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tipring_events::{Command, MonitorMode, QueueId, RecordingOrder};
use tipring_line::{CallId, Number};
use tipring_store::Role;
use utoipa::ToSchema;

use crate::document::{CommandBodyProblems, CommandProblems};
use crate::extract::{Body, PathPart};
use crate::routes::command::{ask, order};
use crate::session::Session;
use crate::{ApiState, Problem};

fn target(call: CallId) -> String {
    format!("call {call}")
}

/// End a call: all its legs (强拆).
#[utoipa::path(
    post, path = "/api/calls/{call}/hangup", tag = "calls",
    params(("call" = CallId, Path, description = "The call")),
    responses((status = 204, description = "Ended"), CommandProblems)
)]
pub(crate) async fn hang_up(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
) -> Result<StatusCode, Problem> {
    let command = Command::HangUp { call, by: session.name.clone() };
    order(&state, &session, ("call-ended", target(call)), command).await
}

/// Where a caller is moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    queue: QueueId,
}

/// Move a caller who waits into another queue; the place in the box's service is kept.
#[utoipa::path(
    post, path = "/api/calls/{call}/queue", tag = "calls",
    params(("call" = CallId, Path, description = "The call")), request_body = Move,
    responses((status = 204, description = "Moved"), CommandBodyProblems)
)]
pub(crate) async fn move_call(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(Move { queue }): Body<Move>,
) -> Result<StatusCode, Problem> {
    let command = Command::QueueMove { call, queue, by: session.name.clone() };
    let what = format!("{} to queue {}", target(call), queue.0);
    order(&state, &session, ("call-moved", what), command).await
}

/// How urgent a call is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Priority {
    /// 0 is the lowest.
    #[schema(minimum = 0, maximum = 1000)]
    priority: u32,
}

/// The highest priority.
const PRIORITY_MAX: u32 = 1_000;

/// Change the priority of a caller who waits.
#[utoipa::path(
    post, path = "/api/calls/{call}/priority", tag = "calls",
    params(("call" = CallId, Path, description = "The call")), request_body = Priority,
    responses((status = 204, description = "Changed"), CommandBodyProblems)
)]
pub(crate) async fn call_priority(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(Priority { priority }): Body<Priority>,
) -> Result<StatusCode, Problem> {
    if priority > PRIORITY_MAX {
        return Err(Problem::bad_request(format!("give a priority of 0 to {PRIORITY_MAX}")));
    }
    let command = Command::QueuePriority { call, priority, by: session.name.clone() };
    order(&state, &session, ("call-priority", target(call)), command).await
}

/// What becomes of a call's recording.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    order: RecordingOrder,
}

/// Begin, pause, resume or end a call's recording. An agent pauses and resumes the own call's.
#[utoipa::path(
    post, path = "/api/calls/{call}/recording", tag = "calls",
    params(("call" = CallId, Path, description = "The call")), request_body = Recorded,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn call_recording(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(Recorded { order: what }): Body<Recorded>,
) -> Result<StatusCode, Problem> {
    if session.role == Role::Agent && what == RecordingOrder::Stop {
        let title = "You may not do this";
        let detail = "an agent pauses a recording; ending it is the supervisor's";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not-your-role", title, detail));
    }
    let command = Command::Recording { call, order: what, by: session.name.clone() };
    order(&state, &session, ("call-recording", target(call)), command).await
}

/// How a supervisor takes part in a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Monitor {
    mode: MonitorMode,
    /// The supervisor's phone; null for the one chosen by `PUT /api/me/extension`.
    extension: Option<Number>,
}

/// A supervisor's phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtPhone {
    /// Null for the one chosen by `PUT /api/me/extension`.
    extension: Option<Number>,
}

/// The phone that is named, if it is the asker's, or the asker's own.
fn own_phone(
    state: &ApiState,
    session: &Session,
    named: Option<Number>,
) -> Result<Number, Problem> {
    let Some(extension) = named.or(session.extension) else {
        let title = "Choose your phone first";
        let detail = "choose the extension at which you listen by PUT /api/me/extension";
        return Err(Problem::new(StatusCode::CONFLICT, "no-extension-chosen", title, detail));
    };
    if state.scope(session).extension(&extension, &state.inner.live.snapshot().state) {
        return Ok(extension);
    }
    let title = "You may not do this";
    let detail = format!("extension {extension} is not the one you have chosen as yours");
    Err(Problem::new(StatusCode::FORBIDDEN, "not-yours", title, detail))
}

/// Listen to a call (监听), speak to its agent alone (密语) or to both (强插). The supervisor's phone
/// is rung unless it already takes part; nobody's leg ends.
#[utoipa::path(
    post, path = "/api/calls/{call}/monitor", tag = "calls",
    params(("call" = CallId, Path, description = "The call")), request_body = Monitor,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn call_monitor(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(Monitor { mode, extension }): Body<Monitor>,
) -> Result<StatusCode, Problem> {
    let extension = own_phone(&state, &session, extension)?;
    let command = Command::Monitor { call, extension, mode, by: session.name.clone() };
    order(&state, &session, ("call-monitored", target(call)), command).await
}

/// Take over a call that rings at, or talks with, an agent (代接). The agent's leg ends.
#[utoipa::path(
    post, path = "/api/calls/{call}/take-over", tag = "calls",
    params(("call" = CallId, Path, description = "The call")), request_body = AtPhone,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn call_take_over(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(AtPhone { extension }): Body<AtPhone>,
) -> Result<StatusCode, Problem> {
    let extension = own_phone(&state, &session, extension)?;
    let command = Command::TakeOver { call, extension, by: session.name.clone() };
    order(&state, &session, ("call-taken-over", target(call)), command).await
}

/// A number that is to be called back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callback {
    number: Number,
}

/// Have a number called back by a queue's agents.
#[utoipa::path(
    post, path = "/api/queues/{queue}/callbacks", tag = "queues",
    params(("queue" = QueueId, Path, description = "The queue")), request_body = Callback,
    responses((status = 204, description = "On the list"), CommandBodyProblems)
)]
pub(crate) async fn add_callback(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(queue): PathPart<QueueId>,
    Body(Callback { number }): Body<Callback>,
) -> Result<StatusCode, Problem> {
    ask(&state, Command::CallbackAdd { queue, number, by: session.name }).await
}

/// Take a number that is to be called back from a queue's list.
#[utoipa::path(
    delete, path = "/api/queues/{queue}/callbacks/{number}", tag = "queues",
    params(
        ("queue" = QueueId, Path, description = "The queue"),
        ("number" = Number, Path, description = "The number"),
    ),
    responses((status = 204, description = "Taken away"), CommandProblems)
)]
pub(crate) async fn cancel_callback(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart((queue, number)): PathPart<(QueueId, Number)>,
) -> Result<StatusCode, Problem> {
    let command = Command::CallbackCancel { queue, number, by: session.name.clone() };
    order(&state, &session, ("callback-cancelled", format!("queue {}", queue.0)), command).await
}

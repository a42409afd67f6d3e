//! Legal holds: what keeps a call or a recording from being removed when its time is over.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_line::CallId;
use tipring_store::LegalHold;
use utoipa::{IntoParams, ToSchema};

use crate::document::{BodyProblems, ReadOneProblems};
use crate::extract::{Body, Parameters, PathPart};
use crate::routes::calls::{read_call, within};
use crate::routes::views;
use crate::session::Session;
use crate::{ApiState, Problem};

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 500;

/// A hold to set.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// Why, 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// Which of the call's recordings, from 1; 0 for the call with all that is known of it.
    part: u32,
}

/// Which hold.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldQuery {
    /// Which of the call's recordings, from 1; 0, or nothing, for the whole call.
    part: Option<u32>,
}

/// What a hold is set of or taken from, for the audit log.
fn target(call: CallId, part: u32) -> String {
    match part {
        0 => format!("call {call}"),
        part => format!("call {call}, recording {part}"),
    }
}

/// Hold a call, or one of its recordings: no rule removes it until the hold is taken away. A hold
/// that is there already gets the new reason.
#[utoipa::path(
    put, path = "/api/calls/{call}/hold", tag = "calls", request_body = NewHold,
    params(("call" = CallId, Path, description = "The call")),
    responses(
        (status = 200, body = Vec<views::LegalHold>, description = "The holds of the call"),
        BodyProblems,
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "There is no such call or recording"),
    )
)]
pub(crate) async fn hold(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Body(new): Body<NewHold>,
) -> Result<Json<Vec<views::LegalHold>>, Problem> {
    let reason = new.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        let detail = format!("give a reason of 1 to {REASON_CHARS_MAX} characters");
        return Err(Problem::bad_request(detail));
    }
    let within = within(&state, &session);
    let mut told = state.told(&session, "hold-set", &target(call, new.part));
    told.after = Some(serde_json::json!({ "reason": reason }).to_string());
    let (who, at, part) = (session.name, told.at, new.part);
    let holds = state
        .blocking(move |state| {
            read_call(state, call, within)?;
            let hold = LegalHold { call, part, at, who, reason };
            if !state.inner.store.hold(hold, told)? {
                let detail = format!("call {call} has no recording {part}, or none any more");
                return Err(Problem::not_found("no-such-recording", detail));
            }
            Ok(state.reader().holds(call)?)
        })
        .await?;
    Ok(Json(holds.into_iter().map(views::LegalHold::from).collect()))
}

/// Take a hold away: from then on the rules count again.
#[utoipa::path(
    delete, path = "/api/calls/{call}/hold", tag = "calls",
    params(("call" = CallId, Path, description = "The call"), HoldQuery),
    responses((status = 204, description = "It is taken away"), ReadOneProblems)
)]
pub(crate) async fn release_hold(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(call): PathPart<CallId>,
    Parameters(query): Parameters<HoldQuery>,
) -> Result<StatusCode, Problem> {
    let part = query.part.unwrap_or(0);
    let told = state.told(&session, "hold-released", &target(call, part));
    let released =
        state.blocking(move |state| Ok(state.inner.store.release_hold(call, part, told)?)).await?;
    if !released {
        let detail = format!("{} is not on hold", target(call, part));
        return Err(Problem::not_found("no-such-hold", detail));
    }
    Ok(StatusCode::NO_CONTENT)
}

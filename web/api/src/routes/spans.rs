//! What is asked of E1 spans.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tipring_events::Command;
use utoipa::ToSchema;

use crate::document::CommandBodyProblems;
use crate::extract::{Body, PathPart};
use crate::routes::command::order;
use crate::session::Session;
use crate::{ApiState, Problem};

/// Which channels of a span are to carry calls or not.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanService {
    /// Their timeslots; all of the span's channels if none is named.
    #[serde(default)]
    #[schema(max_items = 31)]
    timeslots: Vec<u8>,
    /// Whether they are to carry calls.
    in_service: bool,
}

/// Take channels of a span out of service, or back into it. Calls in progress go on. It stays so
/// over a restart, until what the configuration says of it changes.
#[utoipa::path(
    post, path = "/api/spans/{span}/service", tag = "lines",
    params(("span" = String, Path, description = "The span's name")), request_body = SpanService,
    responses((status = 204, description = "Done"), CommandBodyProblems)
)]
pub(crate) async fn span_service(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(span): PathPart<String>,
    Body(SpanService { timeslots, in_service }): Body<SpanService>,
) -> Result<StatusCode, Problem> {
    let target = format!("span {span}");
    let command = Command::SpanService { span, timeslots, in_service };
    order(&state, &session, ("span-service", target), command).await
}

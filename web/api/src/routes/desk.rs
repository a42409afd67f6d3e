//! What a desktop needs to know that does not change from moment to moment, and where a
//! supervisor's phone is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_line::Number;
use tipring_store::{AuditEntry, User};
use utoipa::ToSchema;

use crate::document::{BodyProblems, ReadProblems};
use crate::extract::Body;
use crate::session::{Proof, Session};
use crate::state::{DirectoryAgent, DirectoryQueue};
use crate::{ApiState, Problem};

/// The queues and agents one may see.
#[derive(Serialize, ToSchema)]
pub(crate) struct Desk {
    queues: Vec<DirectoryQueue>,
    agents: Vec<DirectoryAgent>,
}

/// The queues and agents in one's scope.
#[utoipa::path(
    get, path = "/api/desk", tag = "live",
    responses((status = 200, body = Desk, description = "Queues and agents"), ReadProblems)
)]
pub(crate) async fn desk(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
) -> Json<Desk> {
    let (directory, scope) = (state.inner.config.directory(), state.scope(&session));
    let queues = directory.queues.iter().filter(|q| scope.queue(q.queue));
    let agents = directory.agents.iter().filter(|a| scope.agent(a.agent));
    Json(Desk { queues: queues.cloned().collect(), agents: agents.cloned().collect() })
}

/// Where one listens and talks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnExtension {
    /// Null for nowhere.
    extension: Option<Number>,
}

/// Choose the phone at which one listens to calls and takes them over.
#[utoipa::path(
    put, path = "/api/me/extension", tag = "login", request_body = OwnExtension,
    responses(
        (status = 204, description = "Chosen"),
        BodyProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "A token has no phone, or an agent is logged in there"),
    )
)]
pub(crate) async fn own_extension(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Body(OwnExtension { extension }): Body<OwnExtension>,
) -> Result<StatusCode, Problem> {
    let conflict = |kind, detail: &str| {
        Problem::new(StatusCode::CONFLICT, kind, "The phone cannot be chosen", detail)
    };
    if let Proof::Token(_) = session.proof {
        return Err(conflict("no-user", "a token has no phone; name the extension each time"));
    }
    let live = state.inner.live.snapshot();
    if extension.is_some() && live.state.agents.iter().any(|a| a.extension == extension) {
        return Err(conflict("extension-taken", "an agent is logged in there; choose another"));
    }
    let told = state.told(&session, "extension-chosen", &session.name);
    let name = session.name.clone();
    state
        .blocking(move |state| {
            let Some(user) = state.reader().user(&name)? else {
                return Err(Problem::internal("the user is no longer there"));
            };
            let told = change_told(told, &user, extension);
            state.inner.store.change_user(User { extension, ..user }, told)?;
            Ok(())
        })
        .await?;
    state.sessions().moved(&session.name, extension);
    Ok(StatusCode::NO_CONTENT)
}

fn change_told(mut told: AuditEntry, user: &User, extension: Option<Number>) -> AuditEntry {
    let json =
        |extension: Option<Number>| serde_json::json!({ "extension": extension }).to_string();
    (told.before, told.after) = (Some(json(user.extension)), Some(json(extension)));
    told
}

//! The configuration document.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::document::{BodyProblems, ReadProblems};
use crate::extract::TomlBody;
use crate::session::Session;
use crate::{ApiState, Problem};

/// The most bytes of the document: thousands of extensions.
pub(crate) const CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The configuration in force, as TOML. It holds the secrets of SIP accounts.
#[utoipa::path(
    get, path = "/api/config", tag = "configuration", security(("session" = [])),
    responses(
        (status = 200, body = String, content_type = "application/toml",
            description = "The document"),
        ReadProblems,
    )
)]
pub(crate) async fn export_config(
    State(state): State<ApiState>,
) -> Result<impl IntoResponse, Problem> {
    let toml = state.blocking(|state| Ok(state.inner.config.export())).await?;
    Ok(([(header::CONTENT_TYPE, "application/toml")], toml))
}

/// Put a configuration in force. A document with a mistake changes nothing.
#[utoipa::path(
    put, path = "/api/config", tag = "configuration", security(("session" = [])),
    request_body(content = String, content_type = "application/toml"),
    responses(
        (status = 204, description = "In force"),
        BodyProblems,
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The document is not right; line and column say where"),
    )
)]
pub(crate) async fn import_config(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    TomlBody(toml): TomlBody,
) -> Result<StatusCode, Problem> {
    let import = move |state: &ApiState| {
        state.inner.config.import(&toml, &session.name).map_err(|e| {
            let title = "The configuration is not right";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Problem::new(status, "bad-configuration", title, e.message).at(e.line, e.column)
        })
    };
    state.blocking(import).await?;
    Ok(StatusCode::NO_CONTENT)
}

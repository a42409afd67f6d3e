//! The configuration document.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

use crate::document::{BodyProblems, ReadProblems};
use crate::etag::{changed_meanwhile, check_match_if_any, tag_of};
use crate::extract::TomlBody;
use crate::session::Session;
use crate::{ApiState, ConfigError, Problem};

/// The most bytes of the document: thousands of extensions.
pub(crate) const CONFIG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The configuration in force, as TOML. It holds the secrets of SIP accounts.
#[utoipa::path(
    get, path = "/api/config", tag = "configuration",
    responses(
        (status = 200, body = String, content_type = "application/toml",
            description = "The document", headers(("ETag" = String, description = "Its state, for If-Match"))),
        ReadProblems,
    )
)]
pub(crate) async fn export_config(
    State(state): State<ApiState>,
) -> Result<impl IntoResponse, Problem> {
    let toml = state.blocking(|state| Ok(state.inner.config.export())).await?;
    let kind = HeaderValue::from_static("application/toml");
    Ok(([(header::CONTENT_TYPE, kind), (header::ETAG, tag_of(&toml))], toml))
}

/// Put a configuration in force. A document with a mistake changes nothing; with `If-Match`, nor
/// does one that was made from a state that is no longer in force.
#[utoipa::path(
    put, path = "/api/config", tag = "configuration",
    params(("If-Match" = Option<String>, Header, description = "The ETag of what was seen")),
    request_body(content = String, content_type = "application/toml"),
    responses(
        (status = 204, description = "In force"),
        BodyProblems,
        (status = 412, body = Problem, content_type = "application/problem+json",
            description = "Somebody has changed it meanwhile"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The document is not right; line and column say where"),
    )
)]
pub(crate) async fn import_config(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    headers: HeaderMap,
    TomlBody(toml): TomlBody,
) -> Result<StatusCode, Problem> {
    let author = session.author();
    let seen = headers.get(header::IF_MATCH).cloned();
    let import = move |state: &ApiState| {
        let config = &state.inner.config;
        if seen.is_none() {
            return config.import(&toml, &author).map_err(bad_configuration);
        }
        let current = config.export();
        check_match_if_any(seen.as_ref(), &current)?;
        let done = config.import_over(&current, &toml, &author).map_err(bad_configuration)?;
        if done { Ok(()) } else { Err(changed_meanwhile()) }
    };
    state.blocking(import).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is wrong with a document.
pub(crate) fn bad_configuration(e: ConfigError) -> Problem {
    let title = "The configuration is not right";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "bad-configuration", title, e.message).at(e.line, e.column)
}

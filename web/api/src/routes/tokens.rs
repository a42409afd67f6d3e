//! Tokens by which other software asks.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tipring_events::QueueId;
use tipring_store::{Token, TokenId};
use utoipa::ToSchema;

use crate::document::{BodyProblems, ReadOneProblems, ReadProblems};
use crate::extract::{Body, PathPart};
use crate::routes::roles::RoleName;
use crate::session::{Session, hex};
use crate::{ApiState, Problem};

/// The most tokens.
const TOKENS_MAX: usize = 200;

/// A new token.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// What it may do; an agent's role is for people only.
    role: RoleName,
    /// The queues it sees, as a supervisor's.
    queues: Vec<QueueId>,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    token: u32,
    name: String,
    role: RoleName,
    queues: Vec<QueueId>,
    made_ms: i64,
    made_by: String,
    /// When it was used last, to within ten minutes.
    used_ms: Option<i64>,
}

/// A token that was just made, and its key.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    token: u32,
    /// To be sent as `Authorization: Bearer …`. It is shown this once; the box keeps a hash.
    key: String,
}

/// Every token.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenList {
    tokens: Vec<TokenView>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        TokenView {
            token: token.id.0,
            name: token.name,
            role: token.role.into(),
            queues: token.queues,
            made_ms: token.made.unix_millis(),
            made_by: token.made_by,
            used_ms: token.used.map(|at| at.unix_millis()),
        }
    }
}

/// Every token.
#[utoipa::path(
    get, path = "/api/tokens", tag = "other software",
    responses((status = 200, body = TokenList, description = "The tokens"), ReadProblems)
)]
pub(crate) async fn tokens(State(state): State<ApiState>) -> Result<Json<TokenList>, Problem> {
    let tokens = state.blocking(|state| Ok(state.reader().tokens()?)).await?;
    Ok(Json(TokenList { tokens: tokens.into_iter().map(TokenView::from).collect() }))
}

/// Make a token.
#[utoipa::path(
    post, path = "/api/tokens", tag = "other software", request_body = NewToken,
    responses(
        (status = 201, body = MadeToken, description = "Made; its key is shown this once"),
        BodyProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "There are too many tokens"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The name or the role will not do"),
    )
)]
pub(crate) async fn make_token(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let chars = new.name.chars().count();
    let unfit = new.name.trim() != new.name || new.name.chars().any(char::is_control);
    if !(1..=64).contains(&chars) || unfit || new.role == RoleName::Agent {
        let title = "The token is not right";
        let detail = "give a name of 1 to 64 characters, and a role other than agent";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Problem::new(status, "bad-token", title, detail));
    }
    let key = format!("tipring_{}", hex(&state.random::<32>()));
    let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let mut told = state.told(&session, "token-made", &new.name);
    told.after = serde_json::to_string(&new).ok();
    let add = move |state: &ApiState| {
        if state.reader().tokens()?.len() >= TOKENS_MAX {
            let title = "There are too many tokens";
            let detail = format!("{TOKENS_MAX} is the most; take away those that nobody uses");
            return Err(Problem::new(StatusCode::CONFLICT, "too-many", title, detail));
        }
        Ok(state.inner.store.add_token(&new.name, new.role.into(), &new.queues, hash, told)?)
    };
    let id = state.blocking(add).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token: id.0, key })))
}

/// Take a token away. What it asks from then on is refused.
#[utoipa::path(
    delete, path = "/api/tokens/{token}", tag = "other software",
    params(("token" = u32, Path, description = "The token")),
    responses((status = 204, description = "Taken away"), ReadOneProblems)
)]
pub(crate) async fn remove_token(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(token): PathPart<u32>,
) -> Result<StatusCode, Problem> {
    let told = state.told(&session, "token-removed", &format!("token {token}"));
    let remove =
        move |state: &ApiState| Ok(state.inner.store.remove_token(TokenId(token), told)?);
    if state.blocking(remove).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::not_found("no-such-token", format!("there is no token {token}")))
}

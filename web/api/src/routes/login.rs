//! Logging in and out, and one's own password.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_store::PasswordError;
use utoipa::ToSchema;

use crate::document::BodyProblems;
use crate::extract::{Body, Peer};
use crate::session::{Session, set_cookie};
use crate::{ApiState, Problem};

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    name: String,
    password: String,
}

/// What a user may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Everything.
    Administrator,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    name: String,
    role: Role,
    /// The password was made by the box: until it is changed, nothing else is allowed.
    must_change_password: bool,
}

impl From<&Session> for Me {
    fn from(session: &Session) -> Self {
        let role = match session.role {
            tipring_store::Role::Administrator => Role::Administrator,
        };
        Me { name: session.name.clone(), role, must_change_password: session.must_change }
    }
}

/// One's old and new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    old: String,
    /// At least 8, at most 128 characters.
    #[schema(min_length = 8, max_length = 128)]
    new: String,
}

type Cookie = AppendHeaders<[(header::HeaderName, HeaderValue); 1]>;

fn cookie(session: Option<&Session>) -> Cookie {
    AppendHeaders([(header::SET_COOKIE, set_cookie(session))])
}

/// Counts the try, checks the password, and takes the count back where it was right.
async fn check<T: Send + 'static>(
    state: &ApiState,
    name: &str,
    Peer(address): Peer,
    check: impl FnOnce(&ApiState) -> Result<Option<T>, Problem> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let _place = state
        .inner
        .password_checks
        .acquire()
        .await
        .map_err(|_| Problem::internal("the box is stopping"))?;
    let now = state.inner.clock.now();
    let locked_s = {
        let mut lockout = state.lockout();
        let locked_s = lockout.locked_s(now, name, address);
        if locked_s.is_none() {
            lockout.failed(now, name, address);
        }
        locked_s
    };
    if let Some(seconds) = locked_s {
        let title = "Too many wrong passwords";
        let detail = format!("wait {seconds} seconds, then try again");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "locked", title, detail)
            .retry_after(seconds));
    }
    let right = state.blocking(check).await?;
    if right.is_some() {
        state.lockout().succeeded(name, address);
    }
    Ok(right)
}

/// Log in.
#[utoipa::path(
    post, path = "/api/login", tag = "login", request_body = Login,
    responses(
        (status = 200, body = Me, description = "Logged in; the answer sets the session's cookie",
            headers(("Set-Cookie" = String, description = "The session"))),
        BodyProblems,
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "The name or the password is wrong"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many wrong passwords"),
    )
)]
pub(crate) async fn login(
    State(state): State<ApiState>,
    peer: Peer,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse, Problem> {
    let name = login.name.clone();
    let verify =
        move |state: &ApiState| Ok(state.reader().verify_password(&login.name, &login.password)?);
    let Some(user) = check(&state, &name, peer, verify).await? else {
        let title = "The name or the password is wrong";
        let detail = "check both; after five failures the name is locked for a while";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong-credentials", title, detail));
    };
    let token = state.random();
    let session = state.sessions().begin(state.inner.clock.now(), token, user);
    Ok((cookie(Some(&session)), Json(Me::from(&session))))
}

/// Log out.
#[utoipa::path(
    post, path = "/api/logout", tag = "login", security(("session" = [])),
    responses(
        (status = 204, description = "Logged out; the answer takes the cookie away"),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "Not logged in"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "Another site's page asks"),
    )
)]
pub(crate) async fn logout(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
) -> impl IntoResponse {
    state.sessions().end(&session.token);
    (StatusCode::NO_CONTENT, cookie(None))
}

/// Who is logged in.
#[utoipa::path(
    get, path = "/api/me", tag = "login", security(("session" = [])),
    responses(
        (status = 200, body = Me, description = "Who is logged in"),
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "Not logged in"),
    )
)]
pub(crate) async fn me(Extension(session): Extension<Session>) -> Json<Me> {
    Json(Me::from(&session))
}

/// Change one's own password. Every other session of the same user ends.
#[utoipa::path(
    post, path = "/api/password", tag = "login", security(("session" = [])),
    request_body = ChangePassword,
    responses(
        (status = 204, description = "Changed"),
        BodyProblems,
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The old password is wrong, or the new one will not do"),
        (status = 429, body = Problem, content_type = "application/problem+json",
            description = "Too many wrong passwords"),
    )
)]
pub(crate) async fn change_password(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    peer: Peer,
    Body(change): Body<ChangePassword>,
) -> Result<StatusCode, Problem> {
    let name = session.name.clone();
    let (now, salt) = (state.inner.clock.wall(), state.random());
    let outcome = check(&state, &session.name, peer, move |state| {
        let store = &state.inner.store;
        match store.change_password(now, &name, &change.old, &change.new, salt)? {
            Err(PasswordError::Wrong) => Ok(None),
            other => Ok(Some(other)),
        }
    })
    .await?;
    if let Err(e) = outcome.unwrap_or(Err(PasswordError::Wrong)) {
        let (kind, title) = match e {
            PasswordError::Wrong => ("wrong-password", "The old password is wrong"),
            _ => ("bad-password", "The new password will not do"),
        };
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title, e.to_string()));
    }
    state.sessions().password_changed(&session);
    Ok(StatusCode::NO_CONTENT)
}

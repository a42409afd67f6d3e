//! Logging in and out, and one's own password.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_events::{AgentId, Command, QueueId};
use tipring_line::Number;
use tipring_store::{PasswordError, Role, User};
use utoipa::ToSchema;

use crate::document::{BodyProblems, CommandBodyProblems};
use crate::extract::{Body, Peer, Tls};
use crate::routes::agents::AgentLogin;
use crate::routes::command::ask;
use crate::routes::roles::RoleName;
use crate::session::{Beginning, Proof, Secret, Session, set_cookie};
use crate::{ApiState, Problem};

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    name: String,
    password: String,
}

/// Who is logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    name: String,
    role: RoleName,
    /// A supervisor's queues.
    queues: Vec<QueueId>,
    /// The agent whose desktop it is.
    agent: Option<AgentId>,
    /// Where a supervisor listens and takes over.
    extension: Option<Number>,
    /// The password was made by the box: until it is changed, nothing else is allowed.
    must_change_password: bool,
}

impl From<&Session> for Me {
    fn from(session: &Session) -> Self {
        Me {
            name: session.name.clone(),
            role: session.role.into(),
            queues: session.queues.clone(),
            agent: session.agent,
            extension: session.extension,
            must_change_password: session.must_change,
        }
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

fn cookie(secret: Option<&Secret>, tls: bool) -> Cookie {
    AppendHeaders([(header::SET_COOKIE, set_cookie(secret, tls))])
}

/// Counts the try, checks the password, and takes the count back where it was right.
async fn check<T: Send + 'static>(
    state: &ApiState,
    name: &str,
    address: IpAddr,
    check: impl FnOnce(&ApiState) -> Result<Option<T>, Problem> + Send + 'static,
) -> Result<Option<T>, Problem> {
    let _place = state.password_place().await?;
    count_try(state, name, address)?;
    let right = state.blocking(check).await?;
    if right.is_some() {
        state.lockout().succeeded(name, address);
    }
    Ok(right)
}

/// Counts a try to log in, unless the name is locked.
fn count_try(state: &ApiState, name: &str, address: IpAddr) -> Result<(), Problem> {
    let now = state.inner.clock.now();
    let mut lockout = state.lockout();
    if let Some(seconds) = lockout.locked_s(now, name, address) {
        let title = "Too many wrong passwords";
        let detail = format!("wait {seconds} seconds, then try again");
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "locked", title, detail)
            .retry_after(seconds));
    }
    lockout.failed(now, name, address);
    Ok(())
}

fn wrong_credentials(detail: &str) -> Problem {
    let title = "The name or the password is wrong";
    Problem::new(StatusCode::UNAUTHORIZED, "wrong-credentials", title, detail)
}

/// Begins the session and writes down that it began.
async fn begin(
    state: &ApiState,
    user: User,
    agent: Option<AgentId>,
    address: IpAddr,
    tls: bool,
) -> Result<(Cookie, Json<Me>), Problem> {
    let secret: Secret = state.random();
    let beginning = Beginning {
        proof: Proof::Session(secret),
        id: u64::from_le_bytes(state.random()),
        user,
        agent,
        address,
        at: state.inner.clock.wall(),
    };
    let session = Session::new(state.inner.clock.now(), beginning);
    let told = state.told(&session, "logged-in", &session.name);
    state.blocking(move |state| Ok(state.inner.store.audit(told)?)).await?;
    let me = Me::from(&session);
    state.sessions().begin(state.inner.clock.now(), secret, session);
    Ok((cookie(Some(&secret), tls), Json(me)))
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
    Peer(address): Peer,
    Tls(tls): Tls,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse, Problem> {
    let name = login.name.clone();
    let verify =
        move |state: &ApiState| Ok(state.reader().verify_password(&login.name, &login.password)?);
    let Some(user) = check(&state, &name, address, verify).await? else {
        let detail = "check both; after five failures the name is locked for a while";
        return Err(wrong_credentials(detail));
    };
    begin(&state, user, None, address, tls).await
}

/// Log in as an agent, at an extension: the agent is logged in at the switch, too. An agent has no
/// other account.
#[utoipa::path(
    post, path = "/api/login/agent", tag = "login", request_body = AgentLogin,
    responses(
        (status = 200, body = Me, description = "Logged in; the answer sets the session's cookie",
            headers(("Set-Cookie" = String, description = "The session"))),
        CommandBodyProblems,
        (status = 401, body = Problem, content_type = "application/problem+json",
            description = "The work number or the password is wrong"),
    )
)]
pub(crate) async fn login_agent(
    State(state): State<ApiState>,
    Peer(address): Peer,
    Tls(tls): Tls,
    Body(AgentLogin { work_number, password, extension }): Body<AgentLogin>,
) -> Result<impl IntoResponse, Problem> {
    let name = format!("agent {work_number}");
    count_try(&state, &name, address)?;
    let asked = ask(&state, Command::AgentLogIn { work_number, password, extension }).await;
    if let Err(problem) = asked {
        if problem.is("wrong-agent-credentials") {
            return Err(wrong_credentials("check the work number and its password"));
        }
        // The password was right, or was not looked at.
        state.lockout().succeeded(&name, address);
        return Err(problem);
    }
    state.lockout().succeeded(&name, address);
    let directory = state.inner.config.directory();
    let Some(known) = directory.agents.iter().find(|a| a.work_number == work_number) else {
        return Err(Problem::busy("the agent was changed in this moment; try again"));
    };
    let user = User { extension: Some(extension), ..User::new(&name, Role::Agent) };
    begin(&state, user, Some(known.agent), address, tls).await
}

/// Log out. An agent is logged out at the switch, too.
#[utoipa::path(
    post, path = "/api/logout", tag = "login",
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
    Tls(tls): Tls,
) -> impl IntoResponse {
    if let Proof::Session(secret) = session.proof {
        state.sessions().end(&secret);
    }
    if let Some(agent) = session.agent {
        // Who was logged out already, by handset or by a supervisor, stays so.
        let _ = ask(&state, Command::AgentLogOut { agent }).await;
    }
    (StatusCode::NO_CONTENT, cookie(None, tls))
}

/// Who is logged in.
#[utoipa::path(
    get, path = "/api/me", tag = "login",
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
    post, path = "/api/password", tag = "login",
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
    Peer(address): Peer,
    Body(change): Body<ChangePassword>,
) -> Result<StatusCode, Problem> {
    if session.agent.is_some() || matches!(session.proof, Proof::Token(_)) {
        let title = "There is no password to change";
        let detail = "an agent's is in the configuration, and a token has none";
        return Err(Problem::new(StatusCode::FORBIDDEN, "no-password", title, detail));
    }
    let name = session.name.clone();
    let (told, salt) = (state.told(&session, "password-changed", &name), state.random());
    let outcome = check(&state, &session.name, address, move |state| {
        let store = &state.inner.store;
        match store.change_password(&name, &change.old, &change.new, salt, told)? {
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

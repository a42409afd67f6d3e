//! Who may log in: making, changing and taking away users, and giving them a new password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_events::QueueId;
use tipring_line::Number;
use tipring_store::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Role, User};
use utoipa::ToSchema;

use crate::document::{BodyProblems, ReadOneProblems, ReadProblems};
use crate::etag::{check_match, tag_of};
use crate::extract::{Body, PathPart};
use crate::routes::roles::RoleName;
use crate::session::Session;
use crate::{ApiState, Problem};

/// The most characters of a user's name.
const NAME_CHARS_MAX: usize = 64;

/// The most users.
const USERS_MAX: usize = 1_000;

/// What can be changed of a user.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    role: RoleName,
    /// A supervisor's queues.
    queues: Vec<QueueId>,
    /// The phone the user listens and talks at.
    extension: Option<Number>,
    /// May not log in.
    disabled: bool,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// 1 to 64 characters without white space and slashes.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// 8 to 128 characters, to be changed at the first log-in.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    role: RoleName,
    /// A supervisor's queues.
    queues: Vec<QueueId>,
}

/// A password that the user has to change at the next log-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenPassword {
    /// 8 to 128 characters.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    name: String,
    role: RoleName,
    queues: Vec<QueueId>,
    extension: Option<Number>,
    disabled: bool,
    /// The password was given by somebody else and not yet changed.
    must_change_password: bool,
}

/// Every user.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    users: Vec<UserView>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        UserView {
            name: user.name,
            role: user.role.into(),
            queues: user.queues,
            extension: user.extension,
            disabled: user.disabled,
            must_change_password: user.must_change,
        }
    }
}

fn change_of(user: &User) -> UserChange {
    UserChange {
        role: user.role.into(),
        queues: user.queues.clone(),
        extension: user.extension,
        disabled: user.disabled,
    }
}

fn json(change: &UserChange) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

fn no_such_user(name: &str) -> Problem {
    Problem::not_found("no-such-user", format!("there is no user {name}"))
}

fn check_role(role: RoleName) -> Result<(), Problem> {
    if role == RoleName::Agent {
        return Err(unfit("agents log in with their work number; make them under agents"));
    }
    Ok(())
}

fn unfit(detail: &str) -> Problem {
    let title = "The user is not right";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-user", title, detail)
}

fn check_password(password: &str) -> Result<(), Problem> {
    let chars = password.chars().count();
    if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return Ok(());
    }
    Err(unfit(&format!(
        "the password has {chars} characters; give {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX}"
    )))
}

/// Every user.
#[utoipa::path(
    get, path = "/api/users", tag = "users",
    responses((status = 200, body = UserList, description = "The users"), ReadProblems)
)]
pub(crate) async fn users(State(state): State<ApiState>) -> Result<Json<UserList>, Problem> {
    let users = state.blocking(|state| Ok(state.reader().users()?)).await?;
    Ok(Json(UserList { users: users.into_iter().map(UserView::from).collect() }))
}

/// One user.
#[utoipa::path(
    get, path = "/api/users/{name}", tag = "users",
    params(("name" = String, Path, description = "The user")),
    responses(
        (status = 200, body = UserView, description = "The user", headers(("ETag" = String, description = "Its state, for If-Match"))),
        ReadOneProblems,
    )
)]
pub(crate) async fn user(
    State(state): State<ApiState>,
    PathPart(name): PathPart<String>,
) -> Result<impl IntoResponse, Problem> {
    let user = find(&state, name).await?;
    let tag = tag_of(&json(&change_of(&user)));
    Ok((AppendHeaders([(header::ETAG, tag)]), Json(UserView::from(user))))
}

async fn find(state: &ApiState, name: String) -> Result<User, Problem> {
    let wanted = name.clone();
    let user = state.blocking(move |state| Ok(state.reader().user(&wanted)?)).await?;
    user.ok_or_else(|| no_such_user(&name))
}

/// Make a user.
#[utoipa::path(
    post, path = "/api/users", tag = "users", request_body = NewUser,
    responses(
        (status = 201, body = UserView, description = "Made"),
        BodyProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "The name is taken, or there are too many users"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The name, the password or the role will not do"),
    )
)]
pub(crate) async fn make_user(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    let chars = new.name.chars().count();
    let unfit_char = |c: char| c.is_whitespace() || c.is_control() || "/\\%".contains(c);
    if !(1..=NAME_CHARS_MAX).contains(&chars)
        || new.name.chars().any(unfit_char)
        || [".", ".."].contains(&new.name.as_str())
    {
        let detail = "the name has 1 to 64 characters, no white space and none of / \\ %";
        return Err(unfit(detail));
    }
    check_role(new.role)?;
    check_password(&new.password)?;
    let mut user = User::new(&new.name, Role::from(new.role));
    (user.queues, user.must_change) = (new.queues, true);
    let mut told = state.told(&session, "user-made", &user.name);
    told.after = Some(json(&change_of(&user)));
    let salt = state.random();
    let _place = state.password_place().await?;
    let made = state
        .blocking(move |state| {
            let users = state.reader().users()?;
            if users.len() >= USERS_MAX || users.iter().any(|known| known.name == user.name) {
                let title = "The user cannot be made";
                let detail = "the name is taken, or there are too many users";
                return Err(Problem::new(StatusCode::CONFLICT, "user-exists", title, detail));
            }
            state.inner.store.set_user(user.clone(), &new.password, salt, told)?;
            Ok(user)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Change a user. The user's sessions end.
#[utoipa::path(
    put, path = "/api/users/{name}", tag = "users", request_body = UserChange,
    params(("name" = String, Path, description = "The user"), crate::etag::IfMatch),
    responses(
        (status = 204, description = "Changed"),
        BodyProblems, crate::document::MatchProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "Nobody would be left who may do everything"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The role will not do"),
    )
)]
pub(crate) async fn change_user(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(name): PathPart<String>,
    headers: HeaderMap,
    Body(change): Body<UserChange>,
) -> Result<StatusCode, Problem> {
    check_role(change.role)?;
    let user = find(&state, name).await?;
    let before = json(&change_of(&user));
    check_match(&headers, &before)?;
    let mut told = state.told(&session, "user-changed", &user.name);
    (told.before, told.after) = (Some(before), Some(json(&change)));
    let user = User {
        role: change.role.into(),
        queues: change.queues,
        extension: change.extension,
        disabled: change.disabled,
        ..user
    };
    let name = user.name.clone();
    settle(&state, name, move |state| Ok(state.inner.store.change_user(user, told)?)).await
}

/// Take a user away. The user's sessions end.
#[utoipa::path(
    delete, path = "/api/users/{name}", tag = "users",
    params(("name" = String, Path, description = "The user"), crate::etag::IfMatch),
    responses(
        (status = 204, description = "Taken away"),
        ReadOneProblems, crate::document::MatchProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "Nobody would be left who may do everything"),
    )
)]
pub(crate) async fn remove_user(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(name): PathPart<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let user = find(&state, name).await?;
    let before = json(&change_of(&user));
    check_match(&headers, &before)?;
    let mut told = state.told(&session, "user-removed", &user.name);
    told.before = Some(before);
    let name = user.name.clone();
    settle(&state, name, move |state| Ok(state.inner.store.remove_user(&user.name, told)?)).await
}

/// Does the change, and ends the sessions of the user whom it concerns.
async fn settle(
    state: &ApiState,
    name: String,
    change: impl FnOnce(&ApiState) -> Result<bool, Problem> + Send + 'static,
) -> Result<StatusCode, Problem> {
    if !state.blocking(change).await? {
        let title = "The user stays as it is";
        let detail = "nobody would be left who may do everything, or the user has gone meanwhile";
        return Err(Problem::new(StatusCode::CONFLICT, "last-administrator", title, detail));
    }
    state.sessions().end_all(&name);
    Ok(StatusCode::NO_CONTENT)
}

/// Give a user a new password, which the user has to change. The user's sessions end.
#[utoipa::path(
    post, path = "/api/users/{name}/password", tag = "users", request_body = GivenPassword,
    params(("name" = String, Path, description = "The user")),
    responses(
        (status = 204, description = "Given"),
        BodyProblems,
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "There is no such user"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "The password will not do"),
    )
)]
pub(crate) async fn give_password(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(name): PathPart<String>,
    Body(given): Body<GivenPassword>,
) -> Result<StatusCode, Problem> {
    check_password(&given.password)?;
    let user = find(&state, name).await?;
    let told = state.told(&session, "password-given", &user.name);
    let (name, salt) = (user.name.clone(), state.random());
    let _place = state.password_place().await?;
    let give = move |state: &ApiState| {
        let user = User { must_change: true, ..user };
        Ok(state.inner.store.set_user(user, &given.password, salt, told)?)
    };
    state.blocking(give).await?;
    state.sessions().end_all(&name);
    Ok(StatusCode::NO_CONTENT)
}

//! Where other software is told of events.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tipring_events::QueueId;
use tipring_store::{DeadLetter, Webhook, WebhookChange, WebhookId};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use crate::document::{BodyProblems, CommandProblems, ReadOneProblems, ReadProblems};
use crate::extract::{Body, PathPart};
use crate::session::Session;
use crate::state::WebhookOrder;
use crate::webhook::{envelope, secret_text};
use crate::{ApiState, Problem};

/// The most webhooks.
const WEBHOOKS_MAX: usize = 20;

/// How long the receiver of a test may take.
const TEST_WITHIN: std::time::Duration = std::time::Duration::from_secs(20);

/// What is decided of a webhook.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookBody {
    /// What it is for, 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// Where events are posted: an `http` or `https` address.
    #[schema(min_length = 8, max_length = 2000)]
    url: String,
    /// Words of events: `call-began`. All where empty.
    events: Vec<String>,
    /// Only events of these queues and of calls that waited in them; all where empty.
    queues: Vec<QueueId>,
    /// Whether it is told anything. What happens meanwhile is not told later.
    enabled: bool,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookView {
    webhook: u32,
    name: String,
    url: String,
    events: Vec<String>,
    queues: Vec<QueueId>,
    enabled: bool,
    /// Every event up to this one of the log is told or given up.
    cursor: u64,
    /// How many events of the log come after it, told or not wanted or waiting.
    behind: u64,
    /// How many could not be told.
    dead: u32,
}

/// Every webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    webhooks: Vec<WebhookView>,
}

/// A webhook that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeWebhook {
    webhook: u32,
    /// The key of its signatures (Standard Webhooks 1.0). It is shown this once.
    secret: String,
}

/// How a test went.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tested {
    /// What the receiver answered; null where it did not.
    status: Option<u16>,
    /// What kept it from answering; empty where it did.
    error: String,
}

/// An event that could not be told.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeadView {
    event: u64,
    /// When it was given up.
    at_ms: i64,
    attempts: u32,
    /// What the last attempt met with.
    error: String,
}

/// Events that could not be told, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeadList {
    dead: Vec<DeadView>,
}

impl WebhookBody {
    fn checked(self) -> Result<WebhookChange, Problem> {
        let unfit = |detail: &str| {
            let title = "The webhook is not right";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-webhook", title, detail))
        };
        if !(1..=64).contains(&self.name.chars().count()) {
            return unfit("give a name of 1 to 64 characters");
        }
        let host = self.url.strip_prefix("http://").or(self.url.strip_prefix("https://"));
        let is_uri = self.url.parse::<axum::http::Uri>().is_ok_and(|uri| uri.host().is_some());
        if host.is_none_or(str::is_empty) || self.url.len() > 2_000 || !is_uri {
            return unfit("give an address that begins with http:// or https://");
        }
        if self.events.len() > 200 || self.queues.len() > 200 {
            return unfit("give at most 200 events and 200 queues");
        }
        let WebhookBody { name, url, events, queues, enabled } = self;
        Ok(WebhookChange { name, url, events, queues, enabled })
    }
}

fn json(change: &WebhookChange) -> String {
    let WebhookChange { name, url, events, queues, enabled } = change.clone();
    serde_json::to_string(&WebhookBody { name, url, events, queues, enabled }).unwrap_or_default()
}

fn no_such_webhook(id: u32) -> Problem {
    Problem::not_found("no-such-webhook", format!("there is no webhook {id}"))
}

fn tell_sender(state: &ApiState) {
    // A full channel holds the same order already.
    let _ = state.inner.webhook_orders.try_send(WebhookOrder::Changed);
}

/// Every webhook.
#[utoipa::path(
    get, path = "/api/webhooks", tag = "other software",
    responses((status = 200, body = WebhookList, description = "The webhooks"), ReadProblems)
)]
pub(crate) async fn webhooks(State(state): State<ApiState>) -> Result<Json<WebhookList>, Problem> {
    let read = |state: &ApiState| {
        let reader = state.reader();
        let last = reader.last_event()?;
        let view = |hook: Webhook| -> Result<WebhookView, Problem> {
            let dead = reader.dead_letters(hook.id)?.len();
            let WebhookChange { name, url, events, queues, enabled } = hook.change;
            Ok(WebhookView {
                webhook: hook.id.0,
                name,
                url,
                events,
                queues,
                enabled,
                cursor: hook.cursor,
                behind: if enabled { last.saturating_sub(hook.cursor) } else { 0 },
                dead: u32::try_from(dead).unwrap_or(u32::MAX),
            })
        };
        reader.webhooks()?.into_iter().map(view).collect::<Result<Vec<_>, _>>()
    };
    Ok(Json(WebhookList { webhooks: state.blocking(read).await? }))
}

/// Make a webhook. It is told what happens from now on.
#[utoipa::path(
    post, path = "/api/webhooks", tag = "other software", request_body = WebhookBody,
    responses(
        (status = 201, body = MadeWebhook, description = "Made; its secret is shown this once"),
        BodyProblems,
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "There are too many"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "It is not right"),
    )
)]
pub(crate) async fn make_webhook(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    Body(body): Body<WebhookBody>,
) -> Result<(StatusCode, Json<MadeWebhook>), Problem> {
    let change = body.checked()?;
    let secret = state.random::<32>().to_vec();
    let shown = secret_text(&secret);
    let mut told = state.told(&session, "webhook-made", &change.name);
    told.after = Some(json(&change));
    let add = move |state: &ApiState| {
        if state.reader().webhooks()?.len() >= WEBHOOKS_MAX {
            let title = "There are too many webhooks";
            let detail = format!("{WEBHOOKS_MAX} is the most; take one away first");
            return Err(Problem::new(StatusCode::CONFLICT, "too-many", title, detail));
        }
        Ok(state.inner.store.add_webhook(change, secret, told)?)
    };
    let id = state.blocking(add).await?;
    tell_sender(&state);
    Ok((StatusCode::CREATED, Json(MadeWebhook { webhook: id.0, secret: shown })))
}

/// Change a webhook. Its secret stays.
#[utoipa::path(
    put, path = "/api/webhooks/{webhook}", tag = "other software", request_body = WebhookBody,
    params(("webhook" = u32, Path, description = "The webhook")),
    responses(
        (status = 204, description = "Changed"),
        BodyProblems,
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "There is no such webhook"),
        (status = 422, body = Problem, content_type = "application/problem+json",
            description = "It is not right"),
    )
)]
pub(crate) async fn change_webhook(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(id): PathPart<u32>,
    Body(body): Body<WebhookBody>,
) -> Result<StatusCode, Problem> {
    let change = body.checked()?;
    let mut told = state.told(&session, "webhook-changed", &change.name);
    let put = move |state: &ApiState| {
        let old = state.reader().webhook(WebhookId(id))?.ok_or_else(|| no_such_webhook(id))?;
        (told.before, told.after) = (Some(json(&old.change)), Some(json(&change)));
        Ok(state.inner.store.change_webhook(WebhookId(id), change, told)?)
    };
    if !state.blocking(put).await? {
        return Err(no_such_webhook(id));
    }
    tell_sender(&state);
    Ok(StatusCode::NO_CONTENT)
}

/// Take a webhook away.
#[utoipa::path(
    delete, path = "/api/webhooks/{webhook}", tag = "other software",
    params(("webhook" = u32, Path, description = "The webhook")),
    responses((status = 204, description = "Taken away"), ReadOneProblems)
)]
pub(crate) async fn remove_webhook(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(id): PathPart<u32>,
) -> Result<StatusCode, Problem> {
    let told = state.told(&session, "webhook-removed", &format!("webhook {id}"));
    let remove =
        move |state: &ApiState| Ok(state.inner.store.remove_webhook(WebhookId(id), told)?);
    if !state.blocking(remove).await? {
        return Err(no_such_webhook(id));
    }
    tell_sender(&state);
    Ok(StatusCode::NO_CONTENT)
}

/// Post a test event to a webhook now, and say how it went.
#[utoipa::path(
    post, path = "/api/webhooks/{webhook}/test", tag = "other software",
    params(("webhook" = u32, Path, description = "The webhook")),
    responses((status = 200, body = Tested, description = "How it went"), CommandProblems)
)]
pub(crate) async fn test_webhook(
    State(state): State<ApiState>,
    PathPart(id): PathPart<u32>,
) -> Result<Json<Tested>, Problem> {
    find(&state, id).await?;
    let at_ms = state.inner.clock.wall().unix_millis();
    let body = serde_json::json!({ "event": "test", "id": 0, "at_ms": at_ms }).to_string();
    Ok(Json(send_now(&state, WebhookId(id), format!("test-{id}-{at_ms}"), body).await?))
}

async fn find(state: &ApiState, id: u32) -> Result<Webhook, Problem> {
    let hook = state.blocking(move |state| Ok(state.reader().webhook(WebhookId(id))?)).await?;
    hook.ok_or_else(|| no_such_webhook(id))
}

async fn send_now(
    state: &ApiState,
    webhook: WebhookId,
    name: String,
    body: String,
) -> Result<Tested, Problem> {
    let (reply, answer) = oneshot::channel();
    let order = WebhookOrder::SendNow { webhook, name, body, reply };
    let busy = || Problem::busy("the sender of webhooks has too much to do; try again");
    state.inner.webhook_orders.try_send(order).map_err(|_| busy())?;
    match tokio::time::timeout(TEST_WITHIN, answer).await {
        Ok(Ok(Ok(status))) => Ok(Tested { status: Some(status), error: String::new() }),
        Ok(Ok(Err(error))) => Ok(Tested { status: None, error }),
        Ok(Err(_)) | Err(_) => Err(busy()),
    }
}

/// What could not be told to a webhook.
#[utoipa::path(
    get, path = "/api/webhooks/{webhook}/dead", tag = "other software",
    params(("webhook" = u32, Path, description = "The webhook")),
    responses((status = 200, body = DeadList, description = "The events"), ReadOneProblems)
)]
pub(crate) async fn dead_letters(
    State(state): State<ApiState>,
    PathPart(id): PathPart<u32>,
) -> Result<Json<DeadList>, Problem> {
    find(&state, id).await?;
    let read = move |state: &ApiState| Ok(state.reader().dead_letters(WebhookId(id))?);
    let view = |letter: DeadLetter| DeadView {
        event: letter.event,
        at_ms: letter.at.unix_millis(),
        attempts: letter.attempts,
        error: letter.error,
    };
    Ok(Json(DeadList { dead: state.blocking(read).await?.into_iter().map(view).collect() }))
}

/// Post an event that could not be told once more. It leaves the list when it is taken.
#[utoipa::path(
    post, path = "/api/webhooks/{webhook}/dead/{event}/retry", tag = "other software",
    params(
        ("webhook" = u32, Path, description = "The webhook"),
        ("event" = u64, Path, description = "The event"),
    ),
    responses((status = 200, body = Tested, description = "How it went"), CommandProblems)
)]
pub(crate) async fn retry_dead(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart((id, event)): PathPart<(u32, u64)>,
) -> Result<Json<Tested>, Problem> {
    let webhook = WebhookId(id);
    let read = move |state: &ApiState| {
        let known = state.reader().dead_letters(webhook)?.iter().any(|d| d.event == event);
        Ok(state.reader().event(event)?.filter(|_| known))
    };
    let Some(raw) = state.blocking(read).await? else {
        let detail = format!("webhook {id} has no dead letter {event}, or the event has gone");
        return Err(Problem::not_found("no-such-letter", detail));
    };
    let tested = send_now(&state, webhook, format!("{id}-{event}"), envelope(&raw).body).await?;
    if tested.status.is_some_and(|status| (200..300).contains(&status)) {
        let told = state.told(&session, "dead-letter-sent", &format!("webhook {id}"));
        let forget = move |state: &ApiState| {
            Ok(state.inner.store.forget_dead(webhook, Some(event), told)?)
        };
        state.blocking(forget).await?;
    }
    Ok(Json(tested))
}

/// Forget what could not be told to a webhook.
#[utoipa::path(
    delete, path = "/api/webhooks/{webhook}/dead", tag = "other software",
    params(("webhook" = u32, Path, description = "The webhook")),
    responses((status = 204, description = "Forgotten"), ReadOneProblems)
)]
pub(crate) async fn forget_dead(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(id): PathPart<u32>,
) -> Result<StatusCode, Problem> {
    find(&state, id).await?;
    let told = state.told(&session, "dead-letters-forgotten", &format!("webhook {id}"));
    let forget =
        move |state: &ApiState| Ok(state.inner.store.forget_dead(WebhookId(id), None, told)?);
    state.blocking(forget).await?;
    Ok(StatusCode::NO_CONTENT)
}

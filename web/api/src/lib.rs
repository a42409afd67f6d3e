//! The web's side of the box (seam 6): REST described by OpenAPI, live events by server-sent
//! events, figures for Prometheus, health, and the page itself.
//!
//! It knows the store and, through [`ApiState`], one bounded channel of commands to the switch and
//! the [`Live`] state that comes back; everything else it needs (recordings, the configuration,
//! figures, health) is handed in as a small trait or closure, so that it knows no telephony.
//!
//! Problems are told as RFC 9457 `application/problem+json`. Sessions are random 256-bit tokens in
//! an `HttpOnly`, `SameSite=Strict` cookie (RFC 6265bis), kept in memory, so a restart logs
//! everybody out. A request that changes something and was begun by another site's page is refused
//! by its `Origin` (Fetch standard, section 3.2); bodies must be `application/json`, where an
//! unknown field is an error.
//!
//! One table says which role may use which route; beyond that a supervisor sees and commands the
//! own queues, an agent the own desktop. Commands may carry an `Idempotency-Key`, changes of the
//! configuration an `If-Match`. Other software asks by bearer tokens (RFC 6750) and is told of
//! events by signed webhooks, whose sending is a sans-IO machine, [`webhook::Dispatcher`].
//!
//! Left out on purpose: TLS and HTTP itself (whoever serves the router adds them, and puts
//! [`ServedByTls`] into requests that came over TLS).

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod access;
mod document;
mod etag;
mod extract;
mod guard;
mod idempotency;
mod live;
mod lockout;
mod metrics;
mod pages;
mod presence;
mod problem;
mod routes;
mod scope;
mod screen_pop;
mod session;
mod span_traces;
mod state;
mod technician;
mod today;
pub mod webhook;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use extract::ServedByTls;
pub use live::{Live, LiveSnapshot};
pub use metrics::{Family, MetricKind, Sample};
pub use problem::Problem;
pub use screen_pop::ScreenPop;
pub use span_traces::{SpanTraces, TraceField, TraceFrame, TraceWords};
pub use state::{
    ApiParts, ApiState, Author, CommandSender, ConfigAccess, ConfigError, Directory,
    DirectoryAgent, DirectoryQueue, HealthNote, RecordingReader, Recordings, WebhookOrder,
    WebhookOrders,
};
pub use technician::{
    BoardFinding, BoardReport, HeardCallerId, LearningOutcome, LineFigures, LineLearnt, LineTested,
    LineTone, LineWork, LineWorking, Technician, TechnicianLine, TechnicianRefusal,
};

/// Every route of the box's web side.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the log-in lock
/// can tell addresses apart.
pub fn router(state: ApiState) -> Router {
    let (routes, _) = routes::all().split_for_parts();
    // A recording keeps its length and its ranges, so it is sent as it is.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("audio/"));
    routes
        .route_layer(from_fn_with_state(state.clone(), idempotency::once))
        .route_layer(from_fn_with_state(state.clone(), guard::admit))
        .method_not_allowed_fallback(pages::method_not_allowed)
        .fallback(pages::page)
        .layer(DefaultBodyLimit::max(routes::BODY_BYTES_MAX))
        .layer(from_fn(guard::same_origin))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(map_response(guard::secure_headers))
        .with_state(state)
}

/// The OpenAPI document of every route, as `/api/openapi.json` serves it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) = OpenApiRouter::with_openapi(document::Base::openapi())
        .merge(routes::all())
        .split_for_parts();
    document::require_every_field(&mut document);
    document::describe_access(&mut document);
    document
}

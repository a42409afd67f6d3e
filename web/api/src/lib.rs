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
//! Left out on purpose: TLS (whoever serves the router adds it), and roles other than the
//! administrator's.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod document;
mod extract;
mod guard;
mod live;
mod lockout;
mod metrics;
mod pages;
mod problem;
mod routes;
mod session;
mod state;
mod technician;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use live::{Live, LiveSnapshot};
pub use metrics::{Family, MetricKind, Sample};
pub use problem::Problem;
pub use state::{
    ApiParts, ApiState, CommandSender, ConfigAccess, ConfigError, HealthNote, RecordingReader,
    Recordings,
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
    let logged_in = from_fn_with_state(state.clone(), guard::logged_in);
    let (open, _) = routes::open().split_for_parts();
    let (own, _) = routes::logged_in().split_for_parts();
    let (full, _) = routes::own_password().split_for_parts();
    // A recording keeps its length and its ranges, so it is sent as it is.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("audio/"));
    open.merge(own.route_layer(logged_in.clone()))
        .merge(full.route_layer(from_fn(guard::own_password)).route_layer(logged_in))
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
        .merge(routes::open())
        .merge(routes::logged_in())
        .merge(routes::own_password())
        .split_for_parts();
    document::require_every_field(&mut document);
    document
}

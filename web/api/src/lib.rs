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

mod live;
mod metrics;
mod problem;
mod state;

pub use live::{Live, LiveSnapshot};
pub use metrics::{Family, MetricKind, Sample};
pub use problem::Problem;
pub use state::{
    ApiParts, ApiState, CommandSender, ConfigAccess, ConfigError, HealthNote, RecordingReader,
    Recordings,
};

/// Every route of the box's web side.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the log-in lock
/// can tell addresses apart.
pub fn router(state: ApiState) -> axum::Router {
    axum::Router::new().with_state(state)
}

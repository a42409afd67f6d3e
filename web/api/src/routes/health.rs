//! Whether the box is well, its figures, and the description of all routes.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::metrics::render;
use crate::{ApiState, Family, HealthNote, MetricKind};

/// How the box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HealthStatus {
    /// All is well.
    Ok,
    /// Calls go on, but something is wrong; the notes say what.
    Degraded,
    /// The switch does not run: no call can go on.
    Down,
}

/// How the box is, and what is wrong.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    status: HealthStatus,
    /// What is wrong, the worst first.
    notes: Vec<HealthNote>,
}

/// Whether the box is well.
///
/// Answers 200 as long as calls can go on, even where something is wrong, so that whoever restarts
/// on a bad answer does not cut off calls for a full disk.
#[utoipa::path(
    get, path = "/healthz", tag = "box",
    responses(
        (status = 200, body = Health, description = "Calls can go on"),
        (status = 503, body = Health, description = "No call can go on"),
    )
)]
pub(crate) async fn healthz(State(state): State<ApiState>) -> (StatusCode, Json<Health>) {
    let mut notes = (state.inner.health)();
    if let Some(trouble) = state.inner.store.stats().trouble {
        let note = HealthNote::new(
            [trouble.clone(), format!("数据库写不进去：{trouble}")],
            [
                "calls go on and wait to be written; if this lasts, events are dropped",
                "通话照常进行，记录先排队等待写入；长时间如此会丢失事件",
            ],
        );
        notes.insert(0, note);
    }
    if state.inner.commands.is_closed() {
        let note = HealthNote::new(
            ["the switch does not run", "交换程序没有运行"],
            [
                "restart the box, and send its log to whoever supports it",
                "请重启设备，并把日志发给技术支持",
            ],
        );
        notes.insert(0, note);
        let health = Health { status: HealthStatus::Down, notes };
        return (StatusCode::SERVICE_UNAVAILABLE, Json(health));
    }
    let status = if notes.is_empty() { HealthStatus::Ok } else { HealthStatus::Degraded };
    (StatusCode::OK, Json(Health { status, notes }))
}

/// The figures of the box in the Prometheus text format.
#[utoipa::path(
    get, path = "/metrics", tag = "box",
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4",
        description = "The figures"))
)]
pub(crate) async fn metrics(State(state): State<ApiState>) -> impl IntoResponse {
    let mut families = (state.inner.metrics)();
    families.extend(store_families(&state));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render(&families))
}

fn store_families(state: &ApiState) -> Vec<Family> {
    use MetricKind::{Counter, Gauge};
    let stats = state.inner.store.stats();
    let trouble = u64::from(stats.trouble.is_some());
    [
        ("tipring_store_queued_events", "Events that wait to be written.", Gauge, stats.queued),
        (
            "tipring_store_queued_events_max",
            "The most events that ever waited.",
            Gauge,
            stats.queued_max,
        ),
        ("tipring_store_events_written_total", "Events written.", Counter, stats.written),
        (
            "tipring_store_events_dropped_total",
            "Events dropped because the queue was full.",
            Counter,
            stats.dropped,
        ),
        (
            "tipring_store_events_rejected_total",
            "Events that could not be written as they were.",
            Counter,
            stats.rejected,
        ),
        ("tipring_store_transactions_total", "Transactions.", Counter, stats.transactions),
        ("tipring_store_syncs_total", "Times the log was forced to disk.", Counter, stats.syncs),
        ("tipring_store_trouble", "1 while the disk refuses to be written.", Gauge, trouble),
        ("tipring_web_listeners", "Listeners to live events.", Gauge, state.listening()),
    ]
    .map(|(name, help, kind, value)| Family::single(name, help, kind, value as f64))
    .into()
}

/// The description of all routes.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "box",
    responses((status = 200, body = Object, description = "The OpenAPI document"))
)]
pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::openapi())
}

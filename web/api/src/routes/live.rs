//! What goes on now, and today's counts.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use tipring_clock::WallTime;
use utoipa::ToSchema;

use crate::document::ReadProblems;
use crate::live::LiveSnapshot;
use crate::session::Session;
use crate::{ApiState, Problem};

/// The state of the lines, calls, queues and agents that one may see.
#[utoipa::path(
    get, path = "/api/live", tag = "live",
    responses((status = 200, body = LiveSnapshot, description = "The state now"), ReadProblems)
)]
pub(crate) async fn live_state(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
) -> Response {
    let (scope, directory) = (state.scope(&session), state.inner.config.directory());
    Json(state.inner.live.snapshot().within(&scope, &directory)).into_response()
}

/// What happened to the calls and queue visits that began today.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Today {
    /// When today began, by the box's local time.
    from_ms: i64,
    /// Calls that began.
    calls: u64,
    /// Those from outside.
    inbound: u64,
    /// Those in which two parties talked.
    talked: u64,
    /// Those cut off because the box stopped.
    interrupted: u64,
    /// Queue visits that began.
    visits: u64,
    /// Visits answered by an agent.
    visits_answered: u64,
    /// Visits the caller gave up, not counting those within the short-abandon limit.
    visits_abandoned: u64,
    /// Visits the caller gave up within the short-abandon limit.
    visits_short_abandoned: u64,
    /// Visits that ended in any other way.
    visits_other: u64,
    /// The waits of the answered visits, added up.
    wait_answered_ms: u64,
    /// The longest wait of a visit that has ended.
    wait_max_ms: u64,
}

const DAY_US: i64 = 86_400_000_000;

/// When the day of `now` began, `offset_minutes` east of UTC.
pub(crate) fn midnight(now: WallTime, offset_minutes: i32) -> WallTime {
    let offset_us = i64::from(offset_minutes) * 60_000_000;
    let local = now.unix_micros().saturating_add(offset_us);
    WallTime::from_unix_micros(local - local.rem_euclid(DAY_US) - offset_us)
}

/// Reads today's counts.
pub(crate) fn read_counts(state: &ApiState) -> Result<Today, Problem> {
    let from = midnight(state.inner.clock.wall(), state.inner.utc_offset_minutes);
    let to = from.plus(Duration::from_micros(DAY_US.unsigned_abs()));
    let counts = state.reader().counts(from, to)?;
    Ok(Today {
        from_ms: from.unix_millis(),
        calls: counts.calls,
        inbound: counts.inbound,
        talked: counts.talked,
        interrupted: counts.interrupted,
        visits: counts.visits,
        visits_answered: counts.visits_answered,
        visits_abandoned: counts.visits_abandoned,
        visits_short_abandoned: counts.visits_short_abandoned,
        visits_other: counts.visits_other,
        wait_answered_ms: counts.wait_answered_ms,
        wait_max_ms: counts.wait_max_ms,
    })
}

/// Today's counts. Who listens to `/api/events` is told them anew whenever they change.
#[utoipa::path(
    get, path = "/api/today", tag = "live",
    responses((status = 200, body = Today, description = "The counts"), ReadProblems)
)]
pub(crate) async fn today(State(state): State<ApiState>) -> Result<Json<Today>, Problem> {
    state.blocking(read_counts).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        // 2024-02-29T23:59:59Z is the morning of 1 March in China.
        let now = WallTime::from_unix_micros(1_709_251_199_000_000);
        assert_eq!(midnight(now, 480).to_string(), "2024-02-29T16:00:00.000Z");
        assert_eq!(midnight(now, 0).to_string(), "2024-02-29T00:00:00.000Z");
        assert_eq!(midnight(now, -300).to_string(), "2024-02-29T05:00:00.000Z");
    }
}

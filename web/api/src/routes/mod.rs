//! The routes, one file for each resource.

pub(crate) mod agents;
pub(crate) mod calls;
pub(crate) mod config;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod health;
pub(crate) mod listening;
pub(crate) mod live;
pub(crate) mod login;
pub(crate) mod recording;
pub(crate) mod views;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::ApiState;

/// The most bytes of a body, but for the configuration document.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// Routes for everybody.
pub(crate) fn open() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
        .routes(routes!(login::login))
}

/// Routes for everybody who is logged in, whether or not with a password of their own.
pub(crate) fn logged_in() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(login::logout))
        .routes(routes!(login::me))
        .routes(routes!(login::change_password))
}

/// All other routes.
pub(crate) fn own_password() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(live::live_state))
        .routes(routes!(live::today))
        .routes(routes!(events::live_events))
        .routes(routes!(figures::figures))
        .routes(routes!(figures::figures_csv))
        .routes(routes!(figures::figures_today))
        .routes(routes!(calls::calls))
        .routes(routes!(calls::call))
        .routes(routes!(recording::recording))
        .routes(routes!(listening::listening))
        .routes(routes!(agents::hang_up))
        .routes(routes!(agents::agent_log_in))
        .routes(routes!(agents::agent_ready))
        .routes(routes!(agents::agent_not_ready))
        .routes(routes!(agents::agent_log_out))
        .routes(
            routes!(config::export_config, config::import_config)
                .layer(DefaultBodyLimit::max(config::CONFIG_BYTES_MAX)),
        )
}

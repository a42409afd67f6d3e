//! The routes, one file for each resource. Whom each is for stands in the table of `access`.

pub(crate) mod agents;
pub(crate) mod audit;
pub(crate) mod calls;
pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod desk;
pub(crate) mod entries;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod lines;
pub(crate) mod listening;
pub(crate) mod live;
pub(crate) mod live_calls;
pub(crate) mod login;
pub(crate) mod phones;
pub(crate) mod recording;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod span_trace;
pub(crate) mod spans;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod views;
pub(crate) mod webhooks;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::ApiState;

/// The most bytes of a body, but for the configuration document.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// Every route.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    reading().merge(commands()).merge(phones()).merge(administration())
}

/// Health, logging in, and what goes on and went on.
fn reading() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
        .routes(routes!(login::login))
        .routes(routes!(login::login_agent))
        .routes(routes!(login::logout))
        .routes(routes!(login::me))
        .routes(routes!(login::change_password))
        .routes(routes!(desk::own_extension))
        .routes(routes!(desk::desk))
        .routes(routes!(live::live_state))
        .routes(routes!(live::today))
        .routes(routes!(events::live_events))
        .routes(routes!(figures::figures))
        .routes(routes!(figures::figures_csv))
        .routes(routes!(figures::figures_today))
        .routes(routes!(calls::calls))
        .routes(routes!(calls::call))
        .merge(lines::all())
        .merge(span_trace::all())
        .routes(routes!(recording::recording, live_calls::call_recording))
        .routes(routes!(holds::hold, holds::release_hold))
        .routes(routes!(listening::listening))
}

/// What is asked of calls, queues and agents.
fn commands() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(live_calls::hang_up))
        .routes(routes!(live_calls::move_call))
        .routes(routes!(live_calls::call_priority))
        .routes(routes!(live_calls::call_monitor))
        .routes(routes!(live_calls::call_take_over))
        .routes(routes!(spans::span_service))
        .routes(routes!(live_calls::add_callback))
        .routes(routes!(live_calls::cancel_callback))
        .routes(routes!(agents::agent_log_in))
        .routes(routes!(agents::agent_ready))
        .routes(routes!(agents::agent_not_ready))
        .routes(routes!(agents::agent_log_out))
        .routes(routes!(agents::agent_wrap_up))
        .routes(routes!(agents::agent_desktop))
        .routes(routes!(agents::agent_leave))
        .routes(routes!(agents::force_not_ready))
        .routes(routes!(agents::force_log_out))
}

/// What is asked of phones.
fn phones() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(phones::phone_hang_up))
        .routes(routes!(phones::phone_dial))
        .routes(routes!(phones::phone_hold))
        .routes(routes!(phones::phone_mute))
        .routes(routes!(phones::phone_digits))
        .routes(routes!(phones::phone_transfer))
        .routes(routes!(phones::phone_consult))
        .routes(routes!(phones::phone_consult_swap))
        .routes(routes!(phones::phone_consult_transfer))
        .routes(routes!(phones::phone_consult_cancel))
        .routes(routes!(phones::phone_conference))
        .routes(routes!(phones::phone_conference_add))
        .routes(routes!(phones::phone_park))
        .routes(routes!(phones::phone_unpark))
        .routes(routes!(phones::phone_pick_up))
        .routes(routes!(phones::phone_forward))
        .routes(routes!(phones::phone_do_not_disturb))
        .routes(routes!(phones::phone_messages))
        .routes(routes!(phones::phone_monitor_stop))
}

/// The configuration, users, other software, and who changed what.
fn administration() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(
            routes!(config::export_config, config::import_config)
                .layer(DefaultBodyLimit::max(config::CONFIG_BYTES_MAX)),
        )
        .routes(routes!(entries::entries, entries::add_entry))
        .routes(routes!(entries::entry, entries::put_entry, entries::remove_entry))
        .routes(routes!(users::users, users::make_user))
        .routes(routes!(users::user, users::change_user, users::remove_user))
        .routes(routes!(users::give_password))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(tokens::tokens, tokens::make_token))
        .routes(routes!(tokens::remove_token))
        .routes(routes!(webhooks::webhooks, webhooks::make_webhook))
        .routes(routes!(webhooks::change_webhook, webhooks::remove_webhook))
        .routes(routes!(webhooks::test_webhook))
        .routes(routes!(webhooks::dead_letters, webhooks::forget_dead))
        .routes(routes!(webhooks::retry_dead))
        .routes(routes!(audit::audit))
        .routes(routes!(audit::audit_csv))
}

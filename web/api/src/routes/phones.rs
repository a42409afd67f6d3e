//! What is asked of a phone, as its keys would: each route is one command of the switch.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tipring_events::{Command, ForwardWhen};
use tipring_line::Number;
use utoipa::ToSchema;

use crate::document::{CommandBodyProblems, CommandProblems};
use crate::extract::{Body, PathPart};
use crate::routes::command::ask;
use crate::{ApiState, Problem};

/// Whom to call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct To {
    to: Number,
}

/// What to dial.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dial {
    /// As it would be keyed at the phone.
    to: Number,
    /// The account the call is booked to, or null.
    account: Option<Number>,
}

/// Whether the other side is on hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Held {
    held: bool,
}

/// Whether the microphone is off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Muted {
    muted: bool,
}

/// Whether messages wait.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Messages {
    waiting: bool,
}

/// Keys to send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    digits: Number,
}

/// A parking place, or null for the next free one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreePlace {
    place: Option<Number>,
}

/// A parking place.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakenPlace {
    place: Number,
}

/// Where it rings, or null for any phone of the same group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingsAt {
    from: Option<Number>,
}

/// Where calls go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forwarding {
    when: ForwardWhen,
    /// Null ends it.
    to: Option<Number>,
}

/// Whether the phone is left alone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quiet {
    on: bool,
}

/// A route without a body, or with one whose fields become the command's.
macro_rules! phone_routes {
    ($($(#[$doc:meta])* $name:ident: $path:literal => $command:ident
        $(($body:ident { $($field:ident),* }))?;)*) => {$(
        phone_routes!(@one $(#[$doc])* $name, $path, $command $(, $body { $($field),* })?);
    )*};
    (@one $(#[$doc:meta])* $name:ident, $path:literal, $command:ident) => {
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "phones",
            params(("extension" = Number, Path, description = "The phone's extension")),
            responses((status = 204, description = "Done"), CommandProblems)
        )]
        pub(crate) async fn $name(
            State(state): State<ApiState>,
            PathPart(extension): PathPart<Number>,
        ) -> Result<StatusCode, Problem> {
            ask(&state, Command::$command { extension }).await
        }
    };
    (@one $(#[$doc:meta])* $name:ident, $path:literal, $command:ident,
        $body:ident { $($field:ident),* }) => {
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, tag = "phones", request_body = $body,
            params(("extension" = Number, Path, description = "The phone's extension")),
            responses((status = 204, description = "Done"), CommandBodyProblems)
        )]
        pub(crate) async fn $name(
            State(state): State<ApiState>,
            PathPart(extension): PathPart<Number>,
            Body($body { $($field),* }): Body<$body>,
        ) -> Result<StatusCode, Problem> {
            ask(&state, Command::$command { extension, $($field),* }).await
        }
    };
}

phone_routes! {
    /// End the phone's leg, as hanging up there would.
    phone_hang_up: "/api/phones/{extension}/hangup" => HangUpPhone;
    /// Ring the phone and, once it is answered, dial for it.
    phone_dial: "/api/phones/{extension}/dial" => Dial (Dial { to, account });
    /// Put the other side on hold, or take it back.
    phone_hold: "/api/phones/{extension}/hold" => Hold (Held { held });
    /// Keep the phone's microphone from being heard, or let it.
    phone_mute: "/api/phones/{extension}/mute" => Mute (Muted { muted });
    /// Send keys to the other side.
    phone_digits: "/api/phones/{extension}/digits" => SendDigits (Keys { digits });
    /// Transfer the other side to a number at once; this phone's leg ends.
    phone_transfer: "/api/phones/{extension}/transfer" => Transfer (To { to });
    /// Put the other side on hold and call a number to consult.
    phone_consult: "/api/phones/{extension}/consult" => Consult (To { to });
    /// Talk to the party on hold; the other is held instead.
    phone_consult_swap: "/api/phones/{extension}/consult-swap" => ConsultSwap;
    /// Join the other side and the consulted party; this phone's leg ends.
    phone_consult_transfer: "/api/phones/{extension}/consult-transfer" => ConsultTransfer;
    /// End the consultation and take the other side back.
    phone_consult_cancel: "/api/phones/{extension}/consult-cancel" => ConsultCancel;
    /// Let all of this phone's parties hear each other.
    phone_conference: "/api/phones/{extension}/conference" => Conference;
    /// Call a number into the conference.
    phone_conference_add: "/api/phones/{extension}/conference-add" => ConferenceAdd (To { to });
    /// Park the other side; this phone's leg ends.
    phone_park: "/api/phones/{extension}/park" => Park (FreePlace { place });
    /// Take a parked call.
    phone_unpark: "/api/phones/{extension}/unpark" => Unpark (TakenPlace { place });
    /// Take a call that rings elsewhere.
    phone_pick_up: "/api/phones/{extension}/pick-up" => PickUp (RingsAt { from });
    /// Have calls to the extension go elsewhere, or no longer.
    phone_forward: "/api/phones/{extension}/forward" => Forward (Forwarding { when, to });
    /// Let the phone not be rung, or be rung again.
    phone_do_not_disturb: "/api/phones/{extension}/do-not-disturb" => DoNotDisturb (Quiet { on });
    /// Say that messages wait for the extension, or no more.
    phone_messages: "/api/phones/{extension}/messages" => MessageWaiting (Messages { waiting });
    /// End the monitoring at this phone.
    phone_monitor_stop: "/api/phones/{extension}/monitor-stop" => MonitorStop;
}

//! Asking the switch, and telling its refusals.

use std::time::Duration;

use axum::http::StatusCode;
use tipring_events::{Command, Refusal};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use crate::session::Session;
use crate::{ApiState, Problem};

/// How long the switch may take to answer; it usually takes microseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Asks the switch, and waits for its answer.
pub(crate) async fn ask(state: &ApiState, command: Command) -> Result<StatusCode, Problem> {
    let (reply, answer) = oneshot::channel();
    state.inner.commands.try_send((command, reply)).map_err(|e| match e {
        TrySendError::Full(_) => Problem::busy("too many commands wait; try again"),
        TrySendError::Closed(_) => Problem::internal("the switch does not run"),
    })?;
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(Ok(()))) => Ok(StatusCode::NO_CONTENT),
        Ok(Ok(Err(refusal))) => Err(refused(refusal)),
        Ok(Err(_)) => Err(Problem::internal("the switch stopped before it answered")),
        Err(_) => Err(Problem::busy("the switch did not answer; look whether it was done")),
    }
}

fn refused(refusal: Refusal) -> Problem {
    let (status, kind) = match refusal {
        Refusal::Busy => return Problem::busy(advice(refusal)),
        Refusal::WrongCredentials => (StatusCode::FORBIDDEN, "wrong-agent-credentials"),
        Refusal::Locked => (StatusCode::TOO_MANY_REQUESTS, "locked"),
        Refusal::NoSuchExtension => (StatusCode::NOT_FOUND, "no-such-extension"),
        Refusal::ExtensionTaken => (StatusCode::CONFLICT, "extension-taken"),
        Refusal::NoSuchAgent => (StatusCode::NOT_FOUND, "no-such-agent"),
        Refusal::NotLoggedIn => (StatusCode::CONFLICT, "agent-not-logged-in"),
        Refusal::NoSuchCall => (StatusCode::NOT_FOUND, "no-such-call"),
        Refusal::NoSuchQueue => (StatusCode::NOT_FOUND, "no-such-queue"),
        Refusal::NoSuchSpan => (StatusCode::NOT_FOUND, "no-such-span"),
        Refusal::NoSuchLeg => (StatusCode::CONFLICT, "no-such-leg"),
        Refusal::NotPossible => (StatusCode::CONFLICT, "not-possible"),
        Refusal::NotAllowed => (StatusCode::FORBIDDEN, "not-allowed"),
        Refusal::DoNotCall => (StatusCode::FORBIDDEN, "do-not-call"),
        Refusal::NoSuchPlace => (StatusCode::CONFLICT, "no-such-place"),
        Refusal::LeaveAsked => (StatusCode::CONFLICT, "leave-asked"),
    };
    Problem::new(status, kind, "The switch refused", advice(refusal))
}

/// What whoever asked may do about it.
fn advice(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::WrongCredentials => "the work number or its password is wrong",
        Refusal::Locked => "too many wrong passwords for this work number; wait a while",
        Refusal::NoSuchExtension => "there is no such extension, or no phone is registered there",
        Refusal::ExtensionTaken => {
            "another agent is logged in at that extension; log that one out first"
        }
        Refusal::NoSuchAgent => "there is no such agent",
        Refusal::NotLoggedIn => "the agent is not logged in",
        Refusal::NoSuchCall => "there is no such call now; it may have ended just before",
        Refusal::NoSuchQueue => "there is no such queue",
        Refusal::NoSuchSpan => "there is no such span, or it has no such channel",
        Refusal::NoSuchLeg => "the phone is in no call of the kind that is needed",
        Refusal::NotPossible => "the state it is in does not allow it now; look at the live state",
        Refusal::NotAllowed => {
            "the number cannot be reached from there; look at the dial rules and the class"
        }
        Refusal::DoNotCall => "the number is on the list of those not to be called",
        Refusal::NoSuchPlace => "the place is taken, or there is nothing in it",
        Refusal::LeaveAsked => "a supervisor's leave is needed, and has been asked for",
        Refusal::Busy => "the switch has too much to do; nothing was changed",
    }
}

/// Asks the switch for something that concerns another person's call or state, and writes down
/// who did once it is done.
pub(crate) async fn order(
    state: &ApiState,
    session: &Session,
    (action, target): (&str, String),
    command: Command,
) -> Result<StatusCode, Problem> {
    let mut told = state.told(session, action, &target);
    let mut order = serde_json::to_value(&command).unwrap_or_default();
    if let Some(fields) = order.as_object_mut() {
        // Who and what stand in the row itself.
        fields.retain(|name, _| {
            !["command", "by", "call", "agent", "queue"].contains(&name.as_str())
        });
        told.after = (!fields.is_empty()).then(|| order.to_string());
    }
    let done = ask(state, command).await?;
    state.blocking(move |state| Ok(state.inner.store.audit(told)?)).await?;
    Ok(done)
}

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
    let problem =
        |status, kind, detail: &str| Problem::new(status, kind, "The switch refused", detail);
    match refusal {
        Refusal::WrongCredentials => problem(
            StatusCode::FORBIDDEN,
            "wrong-agent-credentials",
            "the work number or its password is wrong",
        ),
        Refusal::Locked => problem(
            StatusCode::TOO_MANY_REQUESTS,
            "locked",
            "too many wrong passwords for this work number; wait a while",
        ),
        Refusal::NoSuchExtension => problem(
            StatusCode::NOT_FOUND,
            "no-such-extension",
            "there is no such extension, or no phone is registered there",
        ),
        Refusal::ExtensionTaken => problem(
            StatusCode::CONFLICT,
            "extension-taken",
            "another agent is logged in at that extension; log that one out first",
        ),
        Refusal::NoSuchAgent => {
            problem(StatusCode::NOT_FOUND, "no-such-agent", "there is no such agent")
        }
        Refusal::NotLoggedIn => {
            problem(StatusCode::CONFLICT, "agent-not-logged-in", "the agent is not logged in")
        }
        Refusal::NoSuchCall => problem(
            StatusCode::NOT_FOUND,
            "no-such-call",
            "there is no such call now; it may have ended just before",
        ),
        Refusal::NoSuchQueue => {
            problem(StatusCode::NOT_FOUND, "no-such-queue", "there is no such queue")
        }
        Refusal::NoSuchLeg => problem(
            StatusCode::CONFLICT,
            "no-such-leg",
            "the phone is in no call of the kind that is needed",
        ),
        Refusal::NotPossible => problem(
            StatusCode::CONFLICT,
            "not-possible",
            "the state it is in does not allow it now; look at the live state",
        ),
        Refusal::NotAllowed => problem(
            StatusCode::FORBIDDEN,
            "not-allowed",
            "the number cannot be reached from there; look at the dial rules and the class",
        ),
        Refusal::DoNotCall => problem(
            StatusCode::FORBIDDEN,
            "do-not-call",
            "the number is on the list of those not to be called",
        ),
        Refusal::NoSuchPlace => problem(
            StatusCode::CONFLICT,
            "no-such-place",
            "the place is taken, or there is nothing in it",
        ),
        Refusal::LeaveAsked => problem(
            StatusCode::CONFLICT,
            "leave-asked",
            "a supervisor's leave is needed, and has been asked for",
        ),
        Refusal::Busy => Problem::busy("the switch has too much to do; nothing was changed"),
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

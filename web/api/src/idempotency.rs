//! A command that is sent again because its answer was lost is done once
//! (draft-ietf-httpapi-idempotency-key-header-07): the first answer to a key is kept for a while and
//! given again.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use sha2::{Digest, Sha256};
use tipring_clock::Instant;

use crate::extract::read_body;
use crate::session::{Proof, Session};
use crate::{ApiState, Problem};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The most answers kept for one session or token; the oldest gives way.
const PER_ASKER_MAX: usize = 64;
/// The most answers kept in all.
const ANSWERS_MAX: usize = 2_048;
/// The most bytes of an answer that is kept; those of commands have next to none.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// The most characters of a key.
const KEY_CHARS_MAX: usize = 128;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

struct Entry {
    /// Of the method, the path and the body.
    fingerprint: [u8; 32],
    at: Instant,
    /// `None` while the first request is being answered.
    answer: Option<Answer>,
}

/// The answers kept.
#[derive(Default)]
pub(crate) struct Answers {
    table: HashMap<(Proof, String), Entry>,
}

/// What is known of a key.
enum Known {
    New,
    Running,
    OtherRequest,
    Answered(Answer),
}

impl Answers {
    /// Takes note of a request, unless it is known.
    fn begin(&mut self, now: Instant, key: (Proof, String), fingerprint: [u8; 32]) -> Known {
        self.table.retain(|_, entry| now - entry.at < KEPT);
        if let Some(entry) = self.table.get(&key) {
            return match &entry.answer {
                _ if entry.fingerprint != fingerprint => Known::OtherRequest,
                None => Known::Running,
                Some(answer) => Known::Answered(answer.clone()),
            };
        }
        let own = |k: &&(Proof, String)| k.0 == key.0;
        while self.table.keys().filter(own).count() >= PER_ASKER_MAX {
            self.drop_oldest(|k| k.0 == key.0);
        }
        if self.table.len() >= ANSWERS_MAX {
            self.drop_oldest(|_| true);
        }
        self.table.insert(key, Entry { fingerprint, at: now, answer: None });
        Known::New
    }

    fn drop_oldest(&mut self, among: impl Fn(&(Proof, String)) -> bool) {
        let entries = self.table.iter().filter(|(key, _)| among(key));
        let oldest = entries.min_by_key(|(_, entry)| entry.at).map(|(key, _)| key.clone());
        oldest.map(|key| self.table.remove(&key));
    }

    /// Keeps the first answer. One that says "try again" is not kept, so that trying again helps.
    fn end(&mut self, key: &(Proof, String), answer: Option<Answer>) {
        match (answer, self.table.get_mut(key)) {
            (Some(answer), Some(entry)) => entry.answer = Some(answer),
            _ => drop(self.table.remove(key)),
        }
    }
}

/// Forgets the key when the request is dropped before it is answered.
struct Running<'a> {
    state: &'a ApiState,
    key: (Proof, String),
    answer: Option<Answer>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        answers(self.state).end(&self.key, self.answer.take());
    }
}

fn answers(state: &ApiState) -> MutexGuard<'_, Answers> {
    state.inner.answers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a `POST` whose `Idempotency-Key` is known as it was answered first. Stands behind the
/// guard, since keys are each asker's own.
pub(crate) async fn once(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let session = request.extensions().get::<Session>().map(|session| session.proof);
    let (Some(proof), &Method::POST, Some(key)) =
        (session, request.method(), request.headers().get(HEADER))
    else {
        return Ok(next.run(request).await);
    };
    let key = (proof, read_key(key)?);
    let (parts, body) = request.into_parts();
    let body = read_body(Request::new(body)).await?;
    let mut hash = Sha256::new();
    hash.update(parts.uri.to_string().as_bytes());
    hash.update([0]);
    hash.update(&body);
    let known = answers(&state).begin(state.inner.clock.now(), key.clone(), hash.finalize().into());
    match known {
        Known::New => {}
        Known::Running => {
            return Err(conflict(
                StatusCode::CONFLICT,
                "idempotency-running",
                "the first request with this key is still being answered; ask again in a moment",
            ));
        }
        Known::OtherRequest => {
            return Err(conflict(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-reused",
                "this key was used for another request; take a new key for each command",
            ));
        }
        Known::Answered(answer) => {
            let mut response = Response::new(Body::from(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            return Ok(response);
        }
    }
    let mut running = Running { state: &state, key, answer: None };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(|_| Problem::internal("the answer was too large to be kept"))?;
    if !parts.status.is_server_error() && parts.status != StatusCode::TOO_MANY_REQUESTS {
        let headers = parts.headers.clone();
        running.answer = Some(Answer { status: parts.status, headers, body: body.clone() });
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The key: a quoted string (RFC 9651, section 3.3.3) or, as many send it, the bare characters.
fn read_key(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().unwrap_or("").trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let visible = bare.chars().all(|c| c.is_ascii_graphic() && c != '"');
    if bare.is_empty() || bare.len() > KEY_CHARS_MAX || !visible {
        return Err(Problem::bad_request(format!(
            "Idempotency-Key is not right: give 1 to {KEY_CHARS_MAX} visible characters in quotes"
        )));
    }
    Ok(bare.to_owned())
}

fn conflict(status: StatusCode, kind: &str, detail: &str) -> Problem {
    Problem::new(status, kind, "The key was used before", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_store::TokenId;

    #[test]
    fn the_table_stays_bounded_for_each_asker_and_forgets() {
        let mut answers = Answers::default();
        let key = |asker, n: u64| (Proof::Token(TokenId(asker)), n.to_string());
        for n in 0..PER_ASKER_MAX as u64 + 9 {
            let known = answers.begin(Instant::from_millis(n), key(1, n), [0; 32]);
            assert!(matches!(known, Known::New));
        }
        answers.begin(Instant::from_millis(99), key(2, 0), [0; 32]);
        assert_eq!(answers.table.len(), PER_ASKER_MAX + 1);
        let gone = answers.begin(Instant::from_millis(99), key(1, 0), [0; 32]);
        assert!(matches!(gone, Known::New), "the oldest gave way");
        let later = answers.begin(Instant::from_millis(99) + KEPT, key(2, 0), [1; 32]);
        assert!(matches!(later, Known::New), "a day later the key is free again");
    }
}

//! D-channels as they speak: live as server-sent events (HTML standard, section 9.2), and as a file
//! that Wireshark reads.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::MissedTickBehavior;
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::document::{ReadOneProblems, ReadProblems};
use crate::extract::PathPart;
use crate::session::Session;
use crate::span_traces::TraceFrame;
use crate::{ApiState, Problem};

/// Frames sent between two looks at whether the listener is still there.
const FRAMES_MAX: usize = 64;
/// How often whether the session lasts is looked at.
const TICK: Duration = Duration::from_secs(5);
/// How often an idle stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a listener may take nothing before it is cut off.
const STALLED: Duration = Duration::from_secs(30);

/// All of them.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(traced_spans))
        .routes(routes!(span_trace))
        .routes(routes!(span_capture))
}

/// The spans whose D-channels can be looked at.
#[utoipa::path(
    get, path = "/api/spans/traced", tag = "lines",
    responses((status = 200, body = Vec<String>, description = "Their names"), ReadProblems)
)]
pub(crate) async fn traced_spans(State(state): State<ApiState>) -> Json<Vec<String>> {
    Json(state.inner.traces.spans())
}

fn no_such_span(state: &ApiState) -> Problem {
    let spans = state.inner.traces.spans().join(", ");
    let detail = if spans.is_empty() {
        "no span with a D-channel is configured".to_owned()
    } else {
        format!("spans with a D-channel: {spans}")
    };
    Problem::new(StatusCode::NOT_FOUND, "no-such-span", "There is no such span", detail)
}

/// The frames of a span's D-channel, as a stream of server-sent events: first those still kept, then
/// each as it comes. Each message's event name is `frame`.
#[utoipa::path(
    get, path = "/api/spans/{span}/trace", tag = "lines",
    params(
        ("span" = String, Path, description = "The span's name"),
        ("Last-Event-ID" = Option<u64>, Header,
            description = "The number of the last frame heard, to go on from there"),
    ),
    responses(
        (status = 200, body = TraceFrame, content_type = "text/event-stream",
            description = "Frames"),
        ReadOneProblems,
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "Too many listen already"),
    )
)]
pub(crate) async fn span_trace(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    PathPart(span): PathPart<String>,
    headers: HeaderMap,
) -> Result<Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>>, Problem> {
    if state.inner.traces.after(&span, 0, 0).is_none() {
        return Err(no_such_span(&state));
    }
    let place = state.listening_place()?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let (messages, stream) = mpsc::channel(FRAMES_MAX);
    let listener = Listener {
        cursor: last.and_then(|id| id.parse().ok()).unwrap_or(0),
        state,
        session,
        span,
        headers,
        messages,
        _place: place,
    };
    // The task ends when the response is dropped, since then nobody takes its messages.
    tokio::spawn(listener.run());
    let stream = tokio_stream::StreamExt::map(ReceiverStream::new(stream), Ok);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One who looks at a D-channel.
struct Listener {
    state: ApiState,
    session: Session,
    span: String,
    /// Of the request, which say who listens.
    headers: HeaderMap,
    messages: mpsc::Sender<Event>,
    /// The last frame sent.
    cursor: u64,
    /// Given back when the listener goes.
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// Sends frames until the listener goes, its session ends, the span is no more, or the box
    /// stops.
    async fn run(mut self) {
        let mut changes = self.state.inner.traces.changes();
        let mut stops = self.state.inner.live.changes();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Marked as seen before looking, so that what comes in between wakes again.
            changes.borrow_and_update();
            if self.catch_up().await.is_none() {
                return;
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                changed = stops.changed() => {
                    if changed.is_err() || self.state.inner.live.is_closed() { return }
                }
                () = self.messages.closed() => return,
                _ = tick.tick() => if !self.may_go_on().await { return },
            }
        }
    }

    async fn may_go_on(&mut self) -> bool {
        let Ok(Some(session)) = self.state.session_of(&self.headers, true).await else {
            return false;
        };
        session.role == self.session.role
    }

    /// Sends every frame not yet sent.
    async fn catch_up(&mut self) -> Option<()> {
        loop {
            let frames = self.state.inner.traces.after(&self.span, self.cursor, FRAMES_MAX)?;
            if frames.is_empty() {
                return Some(());
            }
            for frame in frames {
                self.cursor = frame.number;
                let message = Event::default().event("frame").id(frame.number.to_string());
                let message = message.json_data(frame).ok()?;
                let sent = tokio::time::timeout(STALLED, self.messages.send(message)).await;
                sent.ok()?.ok()?;
            }
        }
    }
}

/// The frames of a span's D-channel that are still kept, as a capture file for Wireshark.
#[utoipa::path(
    get, path = "/api/spans/{span}/trace.pcap", tag = "lines",
    params(("span" = String, Path, description = "The span's name")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.tcpdump.pcap",
            description = "The capture"),
        ReadOneProblems,
    )
)]
pub(crate) async fn span_capture(
    State(state): State<ApiState>,
    PathPart(span): PathPart<String>,
) -> Result<Response, Problem> {
    let capture = state.inner.traces.capture(&span).ok_or_else(|| no_such_span(&state))?;
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.tcpdump.pcap"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"d-channel.pcap\""),
    ];
    Ok((headers, capture).into_response())
}

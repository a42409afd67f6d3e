//! Live events as server-sent events (HTML standard, section 9.2).
//!
//! The stream begins with a `snapshot`, then carries each `event` once and in order, and a new
//! `snapshot` a little after the state changed; and the figures of the day so far, as `today`, at
//! the beginning and at most once a second when they have changed. A listener that falls behind is told so by a `note`
//! and cut off; the browser comes back by itself, with `Last-Event-ID`, and goes on where it was if
//! the box still has what it missed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use tipring_events::{AgentId, Command, LiveEvent};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::document::ReadProblems;
use crate::live::{Live, LiveSnapshot, Unheard};
use crate::presence::GRACE;
use crate::routes::command::ask;
use crate::scope::Seen;
use crate::session::{Proof, Session};
use crate::today::{Reading, TodayMessage};
use crate::{ApiState, Problem};

/// How often the state is sent again, if it changed, and whether the session lasts is looked at.
const TICK: Duration = Duration::from_millis(250);
/// At every so many looks a token is looked up again: every 5 seconds.
const TOKEN_TICKS: u32 = 20;
/// How often an idle stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a listener may take nothing before it is cut off.
const STALLED: Duration = Duration::from_secs(30);
/// How many messages may wait for one listener.
const MESSAGES_MAX: usize = 64;

/// Why the stream ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StreamEnd {
    /// The listener was too slow and missed events; it should come back.
    Behind,
    /// The session ended.
    LoggedOut,
    /// The box is stopping.
    Stopping,
}

/// The last message of a stream that the box ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub(crate) struct StreamNote {
    reason: StreamEnd,
}

/// One message of the stream; its SSE event name is `event`, `snapshot`, `today` or `note`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes the stream in the OpenAPI document")]
pub(crate) enum LiveMessage {
    /// `event: event`
    Event(LiveEvent),
    /// `event: snapshot`
    Snapshot(LiveSnapshot),
    /// `event: today`
    Today(Box<TodayMessage>),
    /// `event: note`
    Note(StreamNote),
}

/// Live events, as a stream of server-sent events: those that one may see. An agent's desktop
/// counts as there while it listens, and for 30 seconds after.
#[utoipa::path(
    get, path = "/api/events", tag = "live",
    params(("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last message heard, to go on from there")),
    responses(
        (status = 200, body = LiveMessage, content_type = "text/event-stream",
            description = "A snapshot, then what happens"),
        ReadProblems,
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "Too many listen already"),
    )
)]
pub(crate) async fn live_events(
    State(state): State<ApiState>,
    Extension(session): Extension<Session>,
    headers: HeaderMap,
) -> Result<Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>>, Problem> {
    let place = state.listening_place()?;
    let live = state.inner.live.clone();
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let resumed = last.and_then(|id| resume(&live, id));
    let (messages, stream) = mpsc::channel(MESSAGES_MAX);
    let listener = Listener {
        cursor: resumed.unwrap_or(0),
        began: resumed.is_some(),
        shown: None,
        read: None,
        today: None,
        seen: Seen::new(state.scope(&session), &live.snapshot().state),
        changes: live.changes(),
        live,
        messages,
        state,
        session,
        ticks: 0,
        headers,
        _place: place,
    };
    // The task ends when the response is dropped, since then nobody takes its messages.
    let agent = listener.session.agent;
    tokio::spawn(listener.run(agent));
    let stream = tokio_stream::StreamExt::map(ReceiverStream::new(stream), Ok);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The cursor of a `Last-Event-ID`, if it is of this run and the ring still holds what follows.
fn resume(live: &Live, id: &str) -> Option<u64> {
    let (run, sequence) = id.split_once('-')?;
    let cursor = sequence.parse().ok()?;
    (run.parse() == Ok(live.run()) && live.after(cursor, 0).is_ok()).then_some(cursor)
}

/// Why a listener stops.
enum End {
    Gone,
    Note(StreamEnd),
}

impl From<Unheard> for End {
    fn from(why: Unheard) -> Self {
        match why {
            Unheard::Behind => End::Note(StreamEnd::Behind),
            Unheard::Closed => End::Note(StreamEnd::Stopping),
        }
    }
}

/// One who listens.
struct Listener {
    live: Live,
    changes: watch::Receiver<u64>,
    messages: mpsc::Sender<Event>,
    /// The last event sent.
    cursor: u64,
    /// The stream has its beginning.
    began: bool,
    /// The last snapshot sent.
    shown: Option<Arc<LiveSnapshot>>,
    /// The last figures of the day looked at, and what was sent of them.
    read: Option<Arc<Reading>>,
    today: Option<TodayMessage>,
    /// What of it all the listener may see.
    seen: Seen,
    state: ApiState,
    session: Session,
    ticks: u32,
    /// Of the request, which say who listens.
    headers: HeaderMap,
    /// Given back when the listener goes.
    _place: OwnedSemaphorePermit,
}

impl Listener {
    async fn run(mut self, agent: Option<AgentId>) {
        let desk = match agent {
            Some(agent) => Some(Desk::sit_down(self.state.clone(), agent).await),
            None => None,
        };
        if let Err(End::Note(reason)) = self.tell().await {
            let note = StreamNote { reason };
            // Whoever cannot even take the note is cut off without.
            if let Ok(event) = Event::default().event("note").json_data(note) {
                let _ = self.send(event).await;
            }
        }
        // The place is free for another before the time of grace begins.
        drop(self);
        if let Some(desk) = desk {
            desk.leave().await;
        }
    }

    async fn tell(&mut self) -> Result<Infallible, End> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if !self.began {
            let snapshot = self.live.snapshot();
            self.cursor = snapshot.sequence;
            self.show(snapshot).await?;
        }
        loop {
            // Marked as seen before looking, so that what comes in between wakes again.
            self.changes.borrow_and_update();
            self.catch_up().await?;
            tokio::select! {
                changed = self.changes.changed() => changed.map_err(|_| End::Gone)?,
                () = self.messages.closed() => return Err(End::Gone),
                _ = tick.tick() => self.look_again().await?,
            }
        }
    }

    /// Looks whether the session lasts and what it may see now, and sends the state if it changed.
    async fn look_again(&mut self) -> Result<(), End> {
        self.ticks = self.ticks.wrapping_add(1);
        // A session is in memory; a token is looked up on the disk, so not at every tick.
        let is_token = matches!(self.session.proof, Proof::Token(_));
        if !is_token || self.ticks.is_multiple_of(TOKEN_TICKS) {
            let Ok(Some(session)) = self.state.session_of(&self.headers, true).await else {
                return Err(End::Note(StreamEnd::LoggedOut));
            };
            self.session = session;
        }
        let latest = self.catch_up().await?;
        let scope = self.state.scope(&self.session);
        let wider = scope != *self.seen.scope();
        if wider || !self.shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &latest)) {
            self.seen.renew(scope, &latest.state);
            self.show(latest).await?;
        }
        self.show_today(wider).await
    }

    /// Sends the figures of the day so far, if there are others, or others may be `seen`.
    async fn show_today(&mut self, seen: bool) -> Result<(), End> {
        // A database that cannot be read is told of elsewhere; the next look may succeed.
        let Ok(latest) = self.state.inner.today.latest(&self.state).await else { return Ok(()) };
        if !seen && self.read.as_ref().is_some_and(|read| Arc::ptr_eq(read, &latest)) {
            return Ok(());
        }
        let today = latest.seen_by(&self.state, &self.session);
        self.read = Some(latest);
        if let Some(message) = today.as_ref().filter(|_| today != self.today) {
            let event = Event::default().event("today");
            self.send(event.json_data(message).map_err(|_| End::Gone)?).await?;
        }
        self.today = today;
        Ok(())
    }

    /// Sends every event not yet sent; returns the snapshot as of then.
    async fn catch_up(&mut self) -> Result<Arc<LiveSnapshot>, End> {
        loop {
            let (events, snapshot) = self.live.after(self.cursor, MESSAGES_MAX)?;
            if events.is_empty() {
                return Ok(snapshot);
            }
            for event in events {
                self.cursor = event.sequence;
                if let Some(value) = self.seen.event(&event) {
                    let message = Event::default().event("event").id(self.id(event.sequence));
                    self.send(message.json_data(value).map_err(|_| End::Gone)?).await?;
                }
            }
        }
    }

    async fn show(&mut self, snapshot: Arc<LiveSnapshot>) -> Result<(), End> {
        let message = Event::default().event("snapshot").id(self.id(self.cursor));
        let shown = snapshot.within(self.seen.scope(), &self.state.inner.config.directory());
        self.send(message.json_data(shown).map_err(|_| End::Gone)?).await?;
        self.shown = Some(snapshot);
        Ok(())
    }

    fn id(&self, sequence: u64) -> String {
        format!("{}-{sequence}", self.live.run())
    }

    async fn send(&mut self, message: Event) -> Result<(), End> {
        match tokio::time::timeout(STALLED, self.messages.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}

/// An agent's desktop, as long as its page listens.
struct Desk {
    state: ApiState,
    agent: AgentId,
}

impl Desk {
    async fn sit_down(state: ApiState, agent: AgentId) -> Self {
        state.inner.presence.came(agent);
        // A switch that does not know of desktops says so; the page works all the same.
        let _ = ask(&state, Command::AgentDesktop { agent, present: true }).await;
        Desk { state, agent }
    }

    /// The page has gone. If none comes within the time of grace, the desktop is lost.
    async fn leave(self) {
        let Some(loss) = self.state.inner.presence.went(self.agent) else { return };
        let mut grace = tokio::time::interval(GRACE);
        grace.tick().await;
        grace.tick().await;
        if self.state.inner.presence.is_lost(self.agent, loss) {
            let command = Command::AgentDesktop { agent: self.agent, present: false };
            let _ = ask(&self.state, command).await;
        }
    }
}

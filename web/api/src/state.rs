//! What the routes are given by the box.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use rand::RngCore;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr};
use thiserror::Error;
use tipring_clock::{Clock, Instant};
use tipring_events::{AgentId, Command, QueueId, Reply};
use tipring_line::Number;
use tipring_store::{AuditEntry, Reader, Store, Token, TokenId, User, WebhookId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot};
use utoipa::ToSchema;

use crate::idempotency::Answers;
use crate::lockout::Lockout;
use crate::presence::Presence;
use crate::scope::Scope;
use crate::session::{Beginning, Proof, Session, Sessions, secret_of};
use crate::span_traces::SpanTraces;
use crate::technician::Technician;
use crate::today::TodayFeed;
use crate::{Family, Live, Problem};

/// Where commands for the switch go. Bounded: a full one answers "busy".
pub type CommandSender = mpsc::Sender<(Command, oneshot::Sender<Reply>)>;

/// Where orders to the sender of webhooks go.
pub type WebhookOrders = mpsc::Sender<WebhookOrder>;

/// What the sender of webhooks is told.
#[derive(Debug)]
pub enum WebhookOrder {
    /// The table of webhooks has changed: read it again.
    Changed,
    /// Send this at once and once only, whatever else waits, and say how it went: the status, or
    /// what kept the receiver from answering.
    SendNow {
        /// To which webhook.
        webhook: WebhookId,
        /// The delivery's name, as its header says.
        name: String,
        /// The body.
        body: String,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<u16, String>>,
    },
}

/// What is wrong with a configuration document.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The line, from 1, where one can be told.
    pub line: Option<u32>,
    /// The column, from 1, where one can be told.
    pub column: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

/// The configuration document, as the box has it. Called from a thread that may wait.
pub trait ConfigAccess: Send + Sync {
    /// The document in force.
    fn export(&self) -> String;
    /// Checks the document, keeps it as the decision of `who`, and puts it in force; or changes
    /// nothing and says what is wrong.
    fn import(&self, toml: &str, who: &Author) -> Result<(), ConfigError>;
    /// As [`ConfigAccess::import`], if the document in force is still `seen`; `false` where it was
    /// changed meanwhile.
    fn import_over(&self, seen: &str, toml: &str, who: &Author) -> Result<bool, ConfigError>;
    /// The queues and agents in force.
    fn directory(&self) -> Arc<Directory>;
}

/// Who changes something, for the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Author {
    /// The user, token or agent.
    pub name: String,
    /// The address the request came from; empty for the box's own command line.
    pub address: String,
}

/// The queues and agents that there are, and what desktops need to know of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// The queues.
    pub queues: Vec<DirectoryQueue>,
    /// The agents.
    pub agents: Vec<DirectoryAgent>,
}

/// One queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DirectoryQueue {
    /// The queue.
    pub queue: QueueId,
    /// Its name.
    pub name: String,
    /// What an agent's desktop opens when a call of it is offered, as a template; empty for
    /// nothing.
    pub screen_pop: String,
}

/// One agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DirectoryAgent {
    /// The agent.
    pub agent: AgentId,
    /// The work number.
    pub work_number: Number,
    /// The name.
    pub name: String,
    /// The queues the agent serves.
    pub queues: Vec<QueueId>,
}

/// One recording, opened for playing. Called from a thread that may wait.
pub trait RecordingReader: Send {
    /// How many samples of 8 kHz each channel has. What a running recording grows by later is left
    /// out.
    fn samples(&self) -> u64;
    /// Reads from sample `from` on: caller and agent, 16-bit linear. Returns how many were read:
    /// as many as `out` holds, but at the end.
    fn read(&mut self, from: u64, out: &mut [[i16; 2]]) -> io::Result<usize>;
}

/// The recordings folder.
pub trait Recordings: Send + Sync {
    /// Opens a recording by its path relative to the folder. `NotFound` where there is none (any
    /// more).
    fn open(&self, path: &str) -> io::Result<Box<dyn RecordingReader>>;
}

/// Something that is wrong with the box, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct HealthNote {
    /// What is wrong: `fxo-1 has no line voltage`.
    pub what: String,
    /// The same in Chinese.
    pub what_zh: String,
    /// What to do: `check that the cable is plugged in at both ends`.
    pub advice: String,
    /// The same in Chinese.
    pub advice_zh: String,
}

impl HealthNote {
    /// Of what is wrong and what to do, each in English and in Chinese.
    pub fn new<W: Into<String>, A: Into<String>>(what: [W; 2], advice: [A; 2]) -> Self {
        let [what, what_zh] = what.map(Into::into);
        let [advice, advice_zh] = advice.map(Into::into);
        HealthNote { what, what_zh, advice, advice_zh }
    }
}

/// Everything the routes need, as the box hands it in.
pub struct ApiParts {
    /// The store.
    pub store: Store,
    /// The switch.
    pub commands: CommandSender,
    /// What goes on now.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random numbers for sessions and salts, seeded from the system.
    pub rng: Box<dyn RngCore + Send>,
    /// Figures beyond those of the store and the web, read at each scrape.
    pub metrics: Box<dyn Fn() -> Vec<Family> + Send + Sync>,
    /// What is wrong with the box beyond what the store says, read at each look.
    pub health: Box<dyn Fn() -> Vec<HealthNote> + Send + Sync>,
    /// The recordings.
    pub recordings: Box<dyn Recordings>,
    /// The configuration.
    pub config: Box<dyn ConfigAccess>,
    /// What does a technician's work on the lines.
    pub technician: Box<dyn Technician>,
    /// What keeps the D-channels' frames.
    pub traces: Box<dyn SpanTraces>,
    /// Where orders to the sender of webhooks go.
    pub webhook_orders: WebhookOrders,
    /// The offset of local time from UTC, minutes east: where "today" begins. China: 480.
    pub utc_offset_minutes: i32,
}

/// What every route is given. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) commands: CommandSender,
    pub(crate) live: Live,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Box<dyn Fn() -> Vec<Family> + Send + Sync>,
    pub(crate) health: Box<dyn Fn() -> Vec<HealthNote> + Send + Sync>,
    pub(crate) recordings: Box<dyn Recordings>,
    pub(crate) config: Box<dyn ConfigAccess>,
    pub(crate) technician: Box<dyn Technician>,
    pub(crate) traces: Box<dyn SpanTraces>,
    pub(crate) utc_offset_minutes: i32,
    rng: Mutex<Box<dyn RngCore + Send>>,
    sessions: Mutex<Sessions>,
    lockout: Mutex<Lockout>,
    pub(crate) answers: Mutex<Answers>,
    pub(crate) presence: Presence,
    /// When each token's use was last written down.
    tokens_used: Mutex<HashMap<TokenId, Instant>>,
    /// Tells the sender of webhooks that their table has changed, or of a single delivery.
    pub(crate) webhook_orders: WebhookOrders,
    /// Places for checking a password, which takes much time and memory.
    pub(crate) password_checks: Semaphore,
    /// The day so far.
    pub(crate) today: TodayFeed,
    /// Places for listeners to live events.
    pub(crate) listeners: Arc<Semaphore>,
}

/// How many passwords are checked at once: 19 MiB each.
const PASSWORD_CHECKS_MAX: usize = 2;

/// How often at most the use of a token is written down: flash wears.
const TOKEN_USE_NOTED: std::time::Duration = std::time::Duration::from_secs(600);

/// How many tokens' uses are remembered.
const TOKENS_REMEMBERED_MAX: usize = 1_024;

/// The key in an `Authorization` header (RFC 6750, section 2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// How many listen to live events at once.
const LISTENERS_MAX: usize = 64;

impl ApiState {
    /// The state for one router.
    pub fn new(parts: ApiParts) -> Self {
        let inner = Inner {
            store: parts.store,
            commands: parts.commands,
            live: parts.live,
            clock: parts.clock,
            metrics: parts.metrics,
            health: parts.health,
            recordings: parts.recordings,
            config: parts.config,
            technician: parts.technician,
            traces: parts.traces,
            utc_offset_minutes: parts.utc_offset_minutes,
            rng: Mutex::new(parts.rng),
            sessions: Mutex::default(),
            lockout: Mutex::default(),
            answers: Mutex::default(),
            presence: Presence::default(),
            tokens_used: Mutex::default(),
            webhook_orders: parts.webhook_orders,
            password_checks: Semaphore::new(PASSWORD_CHECKS_MAX),
            today: TodayFeed::default(),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
        };
        ApiState { inner: Arc::new(inner) }
    }

    pub(crate) fn reader(&self) -> Reader {
        self.inner.store.reader()
    }

    /// The sessions. The table is sound at every moment, so a panic elsewhere does not spoil it.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who failed to log in how often.
    pub(crate) fn lockout(&self) -> MutexGuard<'_, Lockout> {
        self.inner.lockout.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this session is about.
    pub(crate) fn scope(&self, session: &Session) -> Scope {
        Scope::of(session, &self.inner.config.directory())
    }

    /// Who asks, by a token or by a session's cookie. A `passive` request is one that a page makes
    /// by itself.
    pub(crate) async fn session_of(
        &self,
        headers: &HeaderMap,
        passive: bool,
    ) -> Result<Option<Session>, Problem> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let Some(key) = value.to_str().ok().and_then(bearer) else { return Ok(None) };
            let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
            let found = self.blocking(move |state| Ok(state.reader().token(hash)?)).await?;
            let Some(token) = found else { return Ok(None) };
            self.note_use(&token);
            return Ok(Some(self.session_of_token(token)));
        }
        let now = (self.inner.clock.now(), self.inner.clock.wall());
        Ok(secret_of(headers).and_then(|secret| self.sessions().find(now, &secret, passive)))
    }

    fn session_of_token(&self, token: Token) -> Session {
        let mut user = User::new(&format!("token {}", token.name), token.role);
        user.queues = token.queues;
        let beginning = Beginning {
            proof: Proof::Token(token.id),
            id: u64::from(token.id.0),
            user,
            agent: None,
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            at: self.inner.clock.wall(),
        };
        Session::new(self.inner.clock.now(), beginning)
    }

    /// Writes down that a token was used, now and then.
    fn note_use(&self, token: &Token) {
        let now = self.inner.clock.now();
        let mut used = self.inner.tokens_used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.get(&token.id).is_some_and(|at| now - *at < TOKEN_USE_NOTED) {
            return;
        }
        if used.len() >= TOKENS_REMEMBERED_MAX {
            used.clear();
        }
        used.insert(token.id, now);
        drop(used);
        let (store, id, at) = (self.inner.store.clone(), token.id, self.inner.clock.wall());
        // Nobody waits for it; a disk that takes nothing is told of elsewhere.
        tokio::task::spawn_blocking(move || store.token_used(id, at));
    }

    /// A row for the audit log: who does what to what, now.
    pub(crate) fn told(&self, session: &Session, action: &str, target: &str) -> AuditEntry {
        let mut entry = AuditEntry::new(self.inner.clock.wall(), &session.name, action, target);
        if !session.address.is_unspecified() {
            entry.address = session.address.to_string();
        }
        entry
    }

    /// A place for one who listens to a stream, given back when dropped.
    ///
    /// # Errors
    /// All are taken.
    pub(crate) fn listening_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.inner.listeners.clone().try_acquire_owned().map_err(|_| {
            let title = "Too many listen already";
            let detail = "close a page that shows live events, then try again";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-listeners", title, detail)
                .retry_after(5)
        })
    }

    /// How many listen to live events.
    pub(crate) fn listening(&self) -> u64 {
        LISTENERS_MAX.saturating_sub(self.inner.listeners.available_permits()) as u64
    }

    /// Waits for a place to check or make a password in, which takes much time and memory.
    pub(crate) async fn password_place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let place = self.inner.password_checks.acquire().await;
        place.map_err(|_| Problem::internal("the box is stopping"))
    }

    /// Does `work`, which may wait for the disk, apart from the threads that serve.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ApiState) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = self.clone();
        tokio::task::spawn_blocking(move || work(&state))
            .await
            .unwrap_or_else(|e| Err(Problem::internal(format!("the work was cut off: {e}"))))
    }

    /// Random bytes from the generator handed in.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }
}

//! What the routes are given by the box.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::RngCore;
use serde::Serialize;
use thiserror::Error;
use tipring_clock::Clock;
use tipring_events::{Command, Reply};
use tipring_store::{Reader, Store};
use tokio::sync::{Semaphore, mpsc, oneshot};
use utoipa::ToSchema;

use crate::lockout::Lockout;
use crate::session::Sessions;
use crate::technician::Technician;
use crate::{Family, Live, Problem};

/// Where commands for the switch go. Bounded: a full one answers "busy".
pub type CommandSender = mpsc::Sender<(Command, oneshot::Sender<Reply>)>;

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
    fn import(&self, toml: &str, who: &str) -> Result<(), ConfigError>;
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
    /// What to do: `check that the cable is plugged in at both ends`.
    pub advice: String,
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
    pub(crate) utc_offset_minutes: i32,
    rng: Mutex<Box<dyn RngCore + Send>>,
    sessions: Mutex<Sessions>,
    lockout: Mutex<Lockout>,
    /// Places for checking a password, which takes much time and memory.
    pub(crate) password_checks: Semaphore,
    /// Places for listeners to live events.
    pub(crate) listeners: Arc<Semaphore>,
}

/// How many passwords are checked at once: 19 MiB each.
const PASSWORD_CHECKS_MAX: usize = 2;

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
            utc_offset_minutes: parts.utc_offset_minutes,
            rng: Mutex::new(parts.rng),
            sessions: Mutex::default(),
            lockout: Mutex::default(),
            password_checks: Semaphore::new(PASSWORD_CHECKS_MAX),
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

    /// How many listen to live events.
    pub(crate) fn listening(&self) -> u64 {
        LISTENERS_MAX.saturating_sub(self.inner.listeners.available_permits()) as u64
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

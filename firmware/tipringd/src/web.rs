//! What the web's routes are given by the box, and the server itself.

use std::io::{self, Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rand::{RngCore, SeedableRng};
use tipring_api::webhook::Timing;
use tipring_api::{
    ApiParts, ApiState, Author, ConfigAccess, ConfigError, Directory, HealthNote, Live,
    RecordingReader, Recordings,
};
use tipring_clock::{Clock, RealClock};
use tipring_config::Document;
use tipring_events::{Command, Refusal, Reply};
use tipring_media::wav::{PCM_HEADER_BYTES, PcmReader, pcm_reader};
use tipring_media::{MediaError, Metrics};
use tipring_store::{AuditEntry, Store};
use tipring_tts::Catalogue;
use tokio::sync::{mpsc, oneshot, watch};

use crate::analog_ports::AnalogPorts;
use crate::directory::directory;
use crate::figures::{self, Figures};
use crate::inbox::{Mail, Mailbox};
use crate::journal::{Level, note};
use crate::line_desk::WebTechnician;
use crate::retention::Storage;
use crate::settings::{self, OwnedSite};
use crate::sounds::unrecorded;
use crate::span_traces::SpanTraces;
use crate::webhooks;

/// Orders that may wait for the sender of webhooks.
const WEBHOOK_ORDERS_MAX: usize = 16;

/// How long the receiver of a webhook may take to answer.
const WEBHOOK_ANSWER_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// Commands that may wait for the core.
const COMMANDS_MAX: usize = 256;

/// The configuration as the web and the control socket see it.
pub(crate) struct Configuration {
    store: Store,
    clock: RealClock,
    site: OwnedSite,
    mailbox: Mailbox,
    catalogue: Arc<Catalogue>,
    ports: AnalogPorts,
    storage: Storage,
    current: Mutex<Current>,
}

/// The configuration in force.
struct Current {
    toml: String,
    notes: Vec<HealthNote>,
    directory: Arc<Directory>,
}

impl Configuration {
    /// The configuration in force.
    pub(crate) fn new(
        store: Store,
        clock: RealClock,
        site: OwnedSite,
        mailbox: Mailbox,
        catalogue: Arc<Catalogue>,
        ports: AnalogPorts,
        document: &Document,
    ) -> Self {
        let notes = prompt_notes(&catalogue, document);
        let directory = directory(document);
        let current = Mutex::new(Current { toml: document.to_toml(), notes, directory });
        let storage = Storage::default();
        Configuration { store, clock, site, mailbox, catalogue, ports, storage, current }
    }

    /// The same, which tells this storage how long things are kept.
    pub(crate) fn keeping(self, storage: Storage, document: &Document) -> Self {
        storage.configure(document);
        Configuration { storage, ..self }
    }

    fn notes(&self) -> Vec<HealthNote> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        self.storage.note().into_iter().chain(current.notes.iter().cloned()).collect()
    }

    fn general(message: String) -> ConfigError {
        ConfigError { line: None, column: None, message }
    }
}

impl Configuration {
    fn put(&self, toml: &str, who: &Author, seen: Option<&str>) -> Result<bool, ConfigError> {
        let document = Document::parse(toml).map_err(from_config)?;
        let resolved = self.site.resolve(&document).map_err(from_config)?;
        settings::sip_config(&resolved, Vec::new()).map_err(from_config)?;
        self.ports.check(&resolved).map_err(|e| Self::general(format!("{e:#}")))?;
        let written = document.to_toml();
        let notes = prompt_notes(&self.catalogue, &document);
        // One import at a time, so that what is kept last is what is in force.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_some_and(|seen| seen != current.toml) {
            return Ok(false);
        }
        let told = self.told(&current.toml, &document, who);
        self.store.save_configuration(&written, told).map_err(|e| Self::general(e.to_string()))?;
        self.store
            .set_offset_minutes(document.offset_minutes)
            .map_err(|e| Self::general(e.to_string()))?;
        let lines = resolved.clone();
        self.mailbox
            .send(Mail::Configure(Box::new(resolved)))
            .map_err(|_| Self::general("the box is too busy; try again".to_owned()))?;
        self.storage.configure(&document);
        *current = Current { toml: written, notes, directory: directory(&document) };
        // The country's plan was read just before; one that has gone bad since is told.
        if let Err(e) = self.ports.configure(&lines) {
            note(Level::Error, &format!("the analog lines stay as they are: {e:#}"));
        }
        Ok(true)
    }

    /// The row of the audit log: what differs, without secrets.
    fn told(&self, before: &str, after: &Document, who: &Author) -> AuditEntry {
        let wall = self.clock.wall();
        let mut told = AuditEntry::new(wall, &who.name, "configuration-changed", "configuration");
        told.address.clone_from(&who.address);
        if let Ok(before) = Document::parse(before) {
            let (before, after) = tipring_config::changes(&before, after);
            (told.before, told.after) = (Some(before.to_string()), Some(after.to_string()));
        }
        told
    }
}

impl ConfigAccess for Configuration {
    fn export(&self) -> String {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).toml.clone()
    }

    fn import(&self, toml: &str, who: &Author) -> Result<(), ConfigError> {
        self.put(toml, who, None).map(|_| ())
    }

    fn import_over(&self, seen: &str, toml: &str, who: &Author) -> Result<bool, ConfigError> {
        self.put(toml, who, Some(seen))
    }

    fn directory(&self) -> Arc<Directory> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).directory.clone()
    }
}

/// Says which of the site's own prompts the makeshift voice has to say.
fn prompt_notes(catalogue: &Catalogue, document: &Document) -> Vec<HealthNote> {
    unrecorded(catalogue, &document.prompts)
        .into_iter()
        .map(|(key, lang)| {
            let (tag, file) = (lang.tag(), format!("prompts/{}/{key}.wav", lang.tag()));
            HealthNote::new(
                [
                    format!("prompt {key} ({tag}) is said by a makeshift voice"),
                    format!("提示音 {key}（{tag}）由临时合成语音播放"),
                ],
                [
                    format!("record it as 8 kHz mono WAV, put it into the state folder as {file}, and restart"),
                    format!("请录成 8 kHz 单声道 WAV，放到状态目录的 {file}，然后重启"),
                ],
            )
        })
        .collect()
}

fn from_config(e: tipring_config::ConfigError) -> ConfigError {
    let small = |n: usize| u32::try_from(n).ok();
    ConfigError {
        line: e.line.and_then(small),
        column: e.column.and_then(small),
        message: e.message,
    }
}

/// The configuration, shared by the web and the control socket.
#[derive(Clone)]
pub(crate) struct SharedConfiguration(pub Arc<Configuration>);

impl ConfigAccess for SharedConfiguration {
    fn export(&self) -> String {
        self.0.export()
    }
    fn import(&self, toml: &str, who: &Author) -> Result<(), ConfigError> {
        self.0.import(toml, who)
    }
    fn import_over(&self, seen: &str, toml: &str, who: &Author) -> Result<bool, ConfigError> {
        self.0.import_over(seen, toml, who)
    }
    fn directory(&self) -> Arc<Directory> {
        self.0.directory()
    }
}

struct RecordingsFolder(PathBuf);

struct Recording(PcmReader);

/// Octets of one stereo sample of 16-bit PCM.
const STEREO_BYTES: u64 = 4;

impl Recordings for RecordingsFolder {
    fn open(&self, path: &str) -> io::Result<Box<dyn RecordingReader>> {
        match pcm_reader(&self.0.join(path)) {
            Ok(reader) => Ok(Box::new(Recording(reader))),
            Err(MediaError::File { cause, .. }) => Err(cause),
            Err(other) => Err(io::Error::other(other)),
        }
    }
}

impl RecordingReader for Recording {
    fn samples(&self) -> u64 {
        (self.0.length() - PCM_HEADER_BYTES as u64) / STEREO_BYTES
    }

    fn read(&mut self, from: u64, out: &mut [[i16; 2]]) -> io::Result<usize> {
        self.0.seek(SeekFrom::Start(PCM_HEADER_BYTES as u64 + from * STEREO_BYTES))?;
        let left = self.samples().saturating_sub(from);
        let count = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut bytes = vec![0; count * STEREO_BYTES as usize];
        self.0.read_exact(&mut bytes)?;
        for (sample, b) in out.iter_mut().zip(bytes.chunks_exact(STEREO_BYTES as usize)) {
            *sample = [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])];
        }
        Ok(count)
    }
}

/// What the routes need from the other threads.
pub(crate) struct WebParts {
    /// The records.
    pub store: Store,
    /// The time.
    pub clock: RealClock,
    /// What goes on now.
    pub live: Live,
    /// The core thread.
    pub mailbox: Mailbox,
    /// The core thread's figures.
    pub figures: watch::Receiver<Figures>,
    /// The media side's figures.
    pub media: Arc<Metrics>,
    /// Where recordings are kept.
    pub recordings: PathBuf,
    /// The configuration.
    pub configuration: SharedConfiguration,
    /// The technician's desk.
    pub technician: WebTechnician,
    /// The D-channels' frames.
    pub traces: SpanTraces,
    /// Local time, minutes east of UTC.
    pub offset_minutes: i32,
    /// What has been wrong since the start.
    pub notes: Vec<HealthNote>,
}

/// The routes; commands go on to the core thread.
pub(crate) fn router(parts: WebParts) -> axum::Router {
    let (commands, waiting) = mpsc::channel(COMMANDS_MAX);
    tokio::spawn(pass_on(waiting, parts.mailbox));
    let (webhook_orders, orders) = mpsc::channel(WEBHOOK_ORDERS_MAX);
    let sender = webhooks::Sender {
        store: parts.store.clone(),
        live: parts.live.clone(),
        clock: Arc::new(parts.clock.clone()),
        timing: Timing::default(),
        answer_within: WEBHOOK_ANSWER_WITHIN,
        seed: rand::rngs::StdRng::from_os_rng().next_u64(),
    };
    tokio::spawn(webhooks::run(sender, orders));
    let (figures, media) = (parts.figures, parts.media);
    let (notes, configuration) = (parts.notes, parts.configuration.clone());
    tipring_api::router(ApiState::new(ApiParts {
        store: parts.store,
        commands,
        live: parts.live,
        clock: Arc::new(parts.clock),
        rng: Box::new(rand::rngs::StdRng::from_os_rng()),
        metrics: Box::new(move || figures::families(&figures.borrow(), &media.snapshot())),
        health: Box::new(move || [notes.clone(), configuration.0.notes()].concat()),
        recordings: Box::new(RecordingsFolder(parts.recordings)),
        config: Box::new(parts.configuration),
        technician: Box::new(parts.technician),
        traces: Box::new(parts.traces),
        webhook_orders,
        utc_offset_minutes: parts.offset_minutes,
    }))
}

async fn pass_on(mut waiting: mpsc::Receiver<(Command, oneshot::Sender<Reply>)>, mailbox: Mailbox) {
    while let Some((command, reply)) = waiting.recv().await {
        let (asked, answered) = oneshot::channel();
        if mailbox.send(Mail::Command { command, reply: asked }).is_err() {
            let _ = reply.send(Err(Refusal::Busy));
            continue;
        }
        tokio::spawn(async move {
            let _ = reply.send(answered.await.unwrap_or(Err(Refusal::Busy)));
        });
    }
}

/// Binds the web's address.
///
/// # Errors
/// It is taken or not ours; the message says what to do.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address).with_context(|| {
        format!("web address {address} cannot be used; choose another with --http")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

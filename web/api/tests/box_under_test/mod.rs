//! A box with a real store and a make-believe switch, asked through its router. Every answer is
//! held against the OpenAPI document.

#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod schema;
pub(crate) mod stream;
pub(crate) mod technician;
pub(crate) mod traces;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tempfile::TempDir;
use tipring_api::{
    ApiParts, ApiState, Author, ConfigAccess, ConfigError, Directory, DirectoryAgent,
    DirectoryQueue, Family, HealthNote, Live, MetricKind, RecordingReader, Recordings,
    WebhookOrder,
};
use tipring_clock::{Clock, VirtualClock, WallTime};
use tipring_events::{AgentId, Command, QueueId, Reply};
use tipring_store::{AuditEntry, Role, Store, User};
use tokio::sync::{mpsc, oneshot};
use tower::ServiceExt;

/// Noon in UTC, microseconds since 1970.
pub(crate) const NOON_US: i64 = 1_699_963_200_000_000;

/// What the box was asked to do and has not yet.
pub(crate) type Commands = mpsc::Receiver<(Command, oneshot::Sender<Reply>)>;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(&name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's kind and its detail; panics where it is none.
    pub(crate) fn problem(&self) -> (String, String) {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        let kind = json["type"].as_str().unwrap().strip_prefix("/problems/").unwrap();
        (kind.to_owned(), json["detail"].as_str().unwrap().to_owned())
    }
}

/// A recording that counts up on the left and down on the right; one named `broken` breaks off
/// after 100 samples, one named `gone` is not there.
struct Ramp {
    broken: bool,
}

/// How many samples a make-believe recording has.
pub(crate) const RAMP_SAMPLES: u64 = 40_000;

impl RecordingReader for Ramp {
    fn samples(&self) -> u64 {
        RAMP_SAMPLES
    }

    fn read(&mut self, from: u64, out: &mut [[i16; 2]]) -> io::Result<usize> {
        if self.broken && from > 100 {
            return Err(io::Error::other("broken"));
        }
        let count = out.len().min((RAMP_SAMPLES - from) as usize);
        for (n, sample) in out[..count].iter_mut().enumerate() {
            let value = (from + n as u64) as i16;
            *sample = [value, value.wrapping_neg()];
        }
        Ok(count)
    }
}

struct Ramps;

impl Recordings for Ramps {
    fn open(&self, path: &str) -> io::Result<Box<dyn RecordingReader>> {
        if path.contains("gone") {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(Box::new(Ramp { broken: path.contains("broken") }))
    }
}

/// A configuration that refuses any document with the word `wrong`.
#[derive(Clone, Default)]
pub(crate) struct Document(pub(crate) Arc<Mutex<(String, String)>>);

impl ConfigAccess for Document {
    fn export(&self) -> String {
        self.0.lock().unwrap().0.clone()
    }

    fn import(&self, toml: &str, who: &Author) -> Result<(), ConfigError> {
        if let Some(line) = toml.lines().position(|line| line.contains("wrong")) {
            let message = "unknown key wrong, did you mean ring?".to_owned();
            return Err(ConfigError { line: Some(line as u32 + 1), column: Some(1), message });
        }
        *self.0.lock().unwrap() = (toml.to_owned(), who.name.clone());
        Ok(())
    }

    fn import_over(&self, seen: &str, toml: &str, who: &Author) -> Result<bool, ConfigError> {
        if self.export() != seen {
            return Ok(false);
        }
        self.import(toml, who).map(|()| true)
    }

    /// Two queues, an agent for each and one for both.
    fn directory(&self) -> Arc<Directory> {
        let queue = |id, name: &str, screen_pop: &str| DirectoryQueue {
            queue: QueueId(id),
            name: name.to_owned(),
            screen_pop: screen_pop.to_owned(),
        };
        let agent = |id: u32, queues: &[u32]| DirectoryAgent {
            agent: AgentId(id),
            work_number: format!("100{id}").parse().unwrap(),
            name: format!("agent {id}"),
            queues: queues.iter().map(|id| QueueId(*id)).collect(),
        };
        Arc::new(Directory {
            queues: vec![queue(1, "gas", "https://crm/?n={caller}"), queue(2, "water", "")],
            agents: vec![agent(1, &[1]), agent(2, &[2]), agent(3, &[1, 2])],
        })
    }
}

pub(crate) struct TestBox {
    pub(crate) router: axum::Router,
    pub(crate) store: Store,
    pub(crate) live: Live,
    pub(crate) clock: VirtualClock,
    pub(crate) commands: Commands,
    pub(crate) webhook_orders: mpsc::Receiver<WebhookOrder>,
    pub(crate) config: Document,
    pub(crate) desk: technician::Desk,
    pub(crate) traces: traces::Traces,
    pub(crate) notes: Arc<Mutex<Vec<HealthNote>>>,
    /// The administrator's first password.
    pub(crate) password: String,
    document: schema::Document,
    _dir: TempDir,
}

impl TestBox {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = VirtualClock::starting_at(WallTime::from_unix_micros(NOON_US));
        let (store, _) = Store::open(dir.path(), clock.wall(), |_| None).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(42);
        let password = store.first_administrator(clock.wall(), &mut rng).unwrap().unwrap();
        let (sender, commands) = mpsc::channel(2);
        let (orders, webhook_orders) = mpsc::channel(4);
        let (live, config) = (Live::new(clock.wall()), Document::default());
        let desk = technician::Desk::default();
        let traces = traces::Traces::default();
        let notes = Arc::<Mutex<Vec<HealthNote>>>::default();
        let shown = notes.clone();
        let gauge = || Family::single("tipring_calls", "Calls.", MetricKind::Gauge, 3.0);
        let state = ApiState::new(ApiParts {
            store: store.clone(),
            commands: sender,
            live: live.clone(),
            clock: Arc::new(clock.clone()),
            rng: Box::new(rng),
            metrics: Box::new(move || vec![gauge()]),
            health: Box::new(move || shown.lock().unwrap().clone()),
            recordings: Box::new(Ramps),
            config: Box::new(config.clone()),
            technician: Box::new(desk.clone()),
            traces: Box::new(traces.clone()),
            webhook_orders: orders,
            utc_offset_minutes: 480,
        });
        let router = tipring_api::router(state);
        let document = schema::Document::new();
        TestBox {
            router,
            store,
            live,
            clock,
            commands,
            webhook_orders,
            config,
            desk,
            traces,
            notes,
            password,
            document,
            _dir: dir,
        }
    }

    /// Sends a request as it is and checks the answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        let kind = answer.header(header::CONTENT_TYPE).split(';').next().unwrap();
        if method != "HEAD" && answer.header(header::CONTENT_ENCODING).is_empty() {
            let status = answer.status.as_u16();
            self.document.check((&method, &path), status, kind, &answer.body).unwrap();
        }
        answer
    }

    /// A request with a cookie and, where there is one, a JSON body.
    pub(crate) fn request(method: &str, path: &str, cookie: &str, json: &str) -> Request<Body> {
        let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
        if json.is_empty() {
            return request.body(Body::empty()).unwrap();
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        request.body(Body::from(json.to_owned())).unwrap()
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Self::request("GET", path, cookie, "")).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, json: &str) -> Answer {
        self.send(Self::request("POST", path, cookie, json)).await
    }

    /// Logs in and returns the answer.
    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "name": name, "password": password });
        self.post("/api/login", "", &body.to_string()).await
    }

    /// The cookie of a session that has yet to choose its password.
    pub(crate) async fn first_cookie(&self) -> String {
        let answer = self.log_in("admin", &self.password).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    /// The cookie of a session that may do everything.
    pub(crate) async fn cookie(&self) -> String {
        let cookie = self.first_cookie().await;
        let change = serde_json::json!({ "old": self.password, "new": "a good long one" });
        let answer = self.post("/api/password", &cookie, &change.to_string()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        cookie
    }

    /// The cookie of a user of this role, who has queue 1 and sits at extension 8001.
    pub(crate) async fn cookie_of(&mut self, role: Role) -> String {
        if role == Role::Agent {
            return self.agent_cookie().await;
        }
        let name = format!("{role:?}").to_lowercase();
        let mut user = User::new(&name, role);
        (user.queues, user.extension) = (vec![QueueId(1)], Some("8001".parse().unwrap()));
        let told = AuditEntry::new(self.clock.wall(), "test", "user-made", &name);
        self.store.set_user(user, "a good long one", [3; 16], told).unwrap();
        let answer = self.log_in(&name, "a good long one").await;
        answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned()
    }

    /// The cookie of agent 1, who has logged in at extension 8101.
    pub(crate) async fn agent_cookie(&mut self) -> String {
        let body = r#"{"work_number":"1001","password":"1","extension":"8101"}"#;
        let request = Self::request("POST", "/api/login/agent", "", body);
        let router = self.router.clone();
        let asked = tokio::spawn(async move { router.oneshot(request).await.unwrap() });
        let (command, reply) = self.commands.recv().await.unwrap();
        assert!(matches!(command, Command::AgentLogIn { .. }), "{command:?}");
        reply.send(Ok(())).unwrap();
        let answer = asked.await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) fn document(&self) -> &schema::Document {
        &self.document
    }
}

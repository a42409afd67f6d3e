//! The sender of webhooks: reads the event log on from each webhook's cursor, lets the
//! dispatchers decide, and does the HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tipring_api::webhook::{Dispatcher, Outcome, Output, Timing, envelope, sign, wants};
use tipring_api::{Live, WebhookOrder};
use tipring_clock::{Clock, Instant};
use tipring_store::{DeadLetter, Reader, Store, StoreError, Webhook, WebhookId};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::journal::{Level, note};

/// How many requests are under way at once, to all receivers.
const REQUESTS_MAX: usize = 16;

/// How many events are read from the log at a time.
const READ_MAX: usize = 256;

/// How long after something happened the log is read: by then it is written.
const WRITTEN_WITHIN: Duration = Duration::from_millis(50);

/// How often the log is looked at in any case.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often at most a cursor is written, to spare the flash. After a power cut the events since
/// are told twice.
const KEEP_EVERY: Duration = Duration::from_secs(2);

/// The most characters of a failure that are kept.
const ERROR_CHARS_MAX: usize = 300;

/// What the sender is given.
pub struct Sender {
    /// The log and the webhooks.
    pub store: Store,
    /// Wakes when something happens.
    pub live: Live,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The pauses between attempts.
    pub timing: Timing,
    /// How long a receiver may take to answer.
    pub answer_within: Duration,
    /// Spreads the pauses.
    pub seed: u64,
}

/// A delivery that has ended.
struct Finished {
    webhook: WebhookId,
    event: u64,
    outcome: Outcome,
}

struct Hook {
    webhook: Webhook,
    dispatcher: Dispatcher,
    /// The cursor that is yet to be written.
    cursor: Option<u64>,
    /// There may be more in the log than was read.
    behind: bool,
}

/// The running sender.
struct Running {
    parts: Sender,
    rng: StdRng,
    agent: ureq::Agent,
    places: Arc<Semaphore>,
    /// Deliveries whose end has not been told.
    on_the_way: usize,
    hooks: BTreeMap<WebhookId, Hook>,
    finished: mpsc::Sender<Finished>,
    look_at: Instant,
    keep_at: Instant,
}

/// Sends until the orders end.
pub async fn run(parts: Sender, mut orders: mpsc::Receiver<WebhookOrder>) {
    let (finished, mut results) = mpsc::channel(REQUESTS_MAX);
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(parts.answer_within))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent("Tipring")
        .build()
        .new_agent();
    let mut changes = parts.live.changes();
    let now = parts.clock.now();
    let mut sender = Running {
        rng: StdRng::seed_from_u64(parts.seed),
        parts,
        agent,
        places: Arc::new(Semaphore::new(REQUESTS_MAX)),
        on_the_way: 0,
        hooks: BTreeMap::new(),
        finished,
        look_at: now,
        keep_at: now,
    };
    sender.reload().await;
    loop {
        sender.work().await;
        let wait = sender.next_wake() - sender.parts.clock.now();
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => sender.obey(order).await,
                None => return sender.finish(&mut results).await,
            },
            Some(result) = results.recv() => sender.ended(result),
            Ok(()) = changes.changed() => sender.something_happened(),
            () = after(wait) => {}
        }
    }
}

/// Waits so long. Nothing in it reads a clock: the runtime's timer does.
async fn after(wait: Duration) {
    let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
}

impl Running {
    fn something_happened(&mut self) {
        if !self.hooks.is_empty() {
            let soon = self.parts.clock.now() + WRITTEN_WITHIN;
            self.look_at = self.look_at.min(soon);
        }
    }

    /// Waits for the answers to what is on its way, as long as one may take, and keeps the places.
    async fn finish(mut self, results: &mut mpsc::Receiver<Finished>) {
        let within = self.parts.answer_within;
        let answers = async {
            while self.on_the_way > 0 {
                let Some(result) = results.recv().await else { return };
                self.ended(result);
            }
        };
        let _ = tokio::time::timeout(within, answers).await;
        for id in self.hooks.keys().copied().collect::<Vec<_>>() {
            while let Some(output) = self.next_output(id) {
                // What would be sent now is sent after the next start.
                if let Output::Keep { cursor, dead } = output {
                    self.write(id, cursor, dead).await;
                }
            }
        }
        self.keep(true).await;
    }

    fn next_wake(&self) -> Instant {
        let mut wake = self.look_at;
        for hook in self.hooks.values() {
            wake = hook.dispatcher.poll_timeout().map_or(wake, |at| wake.min(at));
            if hook.cursor.is_some() {
                wake = wake.min(self.keep_at);
            }
        }
        wake
    }

    /// Reads the log where there is room, sends what may go out, and keeps the cursors.
    async fn work(&mut self) {
        let now = self.parts.clock.now();
        if now >= self.look_at {
            self.look_at = now + LOOK_EVERY;
            self.hooks.values_mut().for_each(|hook| hook.behind = true);
        }
        for id in self.hooks.keys().copied().collect::<Vec<_>>() {
            self.read(id).await;
            self.drive(id).await;
        }
        self.keep(false).await;
    }

    async fn read(&mut self, id: WebhookId) {
        let Some(hook) = self.hooks.get_mut(&id).filter(|hook| hook.behind) else { return };
        let (cursor, room) = hook.dispatcher.room();
        if room == 0 {
            return;
        }
        let (reader, webhook) = (self.parts.store.reader(), hook.webhook.clone());
        let limit = room.min(READ_MAX);
        let read = tokio::task::spawn_blocking(move || read_log(&reader, &webhook, cursor, limit));
        match read.await {
            Ok(Ok(events)) => {
                hook.behind = events.len() == limit;
                for (event, call, body) in events {
                    hook.dispatcher.handle_event(event, call, body);
                }
            }
            Ok(Err(e)) => {
                hook.behind = false;
                note(Level::Notice, &format!("webhooks cannot read the log: {e}"));
            }
            Err(_) => hook.behind = false,
        }
        if hook.behind {
            self.look_at = self.parts.clock.now();
        }
    }

    async fn drive(&mut self, id: WebhookId) {
        while let Some(output) = self.next_output(id) {
            let moved = match output {
                Output::Send { event, body } => {
                    self.send(id, event, body);
                    continue;
                }
                Output::Keep { cursor, dead } if dead.is_empty() => Some(cursor),
                Output::Keep { cursor, dead } => {
                    self.write(id, cursor, dead).await;
                    None
                }
            };
            if let Some(hook) = self.hooks.get_mut(&id) {
                hook.cursor = moved;
            }
        }
    }

    fn next_output(&mut self, id: WebhookId) -> Option<Output> {
        let now = self.parts.clock.now();
        self.hooks.get_mut(&id)?.dispatcher.poll_output(now)
    }

    /// Writes the cursors that have moved, not too often.
    async fn keep(&mut self, at_once: bool) {
        let now = self.parts.clock.now();
        if !at_once && now < self.keep_at {
            return;
        }
        let moved = self.hooks.iter_mut();
        let moved: Vec<_> =
            moved.filter_map(|(id, hook)| Some((*id, hook.cursor.take()?))).collect();
        for (id, cursor) in moved {
            self.keep_at = now + KEEP_EVERY;
            self.write(id, cursor, Vec::new()).await;
        }
    }

    async fn write(&self, id: WebhookId, cursor: u64, dead: Vec<DeadLetter>) {
        let store = self.parts.store.clone();
        let written = tokio::task::spawn_blocking(move || store.webhook_told(id, cursor, dead));
        // What is not kept is told again after a restart.
        if let Ok(Err(e)) = written.await {
            note(Level::Notice, &format!("webhook {}: its place was not kept: {e}", id.0));
        }
    }

    fn send(&mut self, webhook: WebhookId, event: u64, body: String) {
        let Some(hook) = self.hooks.get(&webhook) else { return };
        let request = self.request(&hook.webhook, &format!("{}-{event}", webhook.0), body);
        let finished = self.finished.clone();
        self.on_the_way += 1;
        tokio::spawn(async move {
            let outcome = match request.await {
                Ok(status) if (200..300).contains(&status) => Outcome::Taken,
                Ok(status) => Outcome::Failed(format!("the receiver answered {status}")),
                Err(error) => Outcome::Failed(error),
            };
            let _ = finished.send(Finished { webhook, event, outcome }).await;
        });
    }

    /// Posts a body; gives the status, or what kept the receiver from answering.
    fn request(
        &self,
        webhook: &Webhook,
        name: &str,
        body: String,
    ) -> impl Future<Output = Result<u16, String>> + Send + 'static {
        let (agent, places) = (self.agent.clone(), Arc::clone(&self.places));
        let (url, secret) = (webhook.change.url.clone(), webhook.secret.clone());
        let (name, clock) = (name.to_owned(), Arc::clone(&self.parts.clock));
        async move {
            let _place = places.acquire_owned().await.map_err(|e| e.to_string())?;
            let post = move || {
                let signed = sign(&secret, &name, clock.wall(), &body);
                let answer = agent
                    .post(&url)
                    .header("content-type", "application/json")
                    .header("webhook-id", &signed.id)
                    .header("webhook-timestamp", &signed.timestamp)
                    .header("webhook-signature", &signed.signature)
                    .send(body.as_bytes());
                let status = answer.map(|response| response.status().as_u16());
                status.map_err(|e| e.to_string().chars().take(ERROR_CHARS_MAX).collect())
            };
            tokio::task::spawn_blocking(post).await.map_err(|e| e.to_string())?
        }
    }

    fn ended(&mut self, Finished { webhook, event, outcome }: Finished) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
        let (now, wall) = (self.parts.clock.now(), self.parts.clock.wall());
        if let Some(hook) = self.hooks.get_mut(&webhook) {
            hook.dispatcher.finished(now, wall, event, outcome);
        }
    }

    async fn obey(&mut self, order: WebhookOrder) {
        match order {
            WebhookOrder::Changed => self.reload().await,
            WebhookOrder::SendNow { webhook, name, body, reply } => {
                self.send_now(webhook, name, body, reply).await;
            }
        }
    }

    async fn send_now(
        &self,
        id: WebhookId,
        name: String,
        body: String,
        reply: oneshot::Sender<Result<u16, String>>,
    ) {
        let reader = self.parts.store.reader();
        let found = tokio::task::spawn_blocking(move || reader.webhook(id)).await;
        let Ok(Ok(Some(webhook))) = found else {
            let _ = reply.send(Err("the webhook is no longer there".to_owned()));
            return;
        };
        let request = self.request(&webhook, &name, body);
        tokio::spawn(async move {
            let _ = reply.send(request.await);
        });
    }

    /// Reads the webhooks again. One that goes on keeps what it has under way.
    async fn reload(&mut self) {
        let reader = self.parts.store.reader();
        let read = tokio::task::spawn_blocking(move || reader.webhooks()).await;
        let Ok(Ok(webhooks)) = read else { return };
        let mut old = std::mem::take(&mut self.hooks);
        for webhook in webhooks.into_iter().filter(|webhook| webhook.change.enabled) {
            let hook = match old.remove(&webhook.id) {
                Some(hook) => Hook { webhook, behind: true, ..hook },
                None => {
                    let rng = Box::new(StdRng::seed_from_u64(self.rng.next_u64()));
                    let dispatcher = Dispatcher::new(webhook.cursor, self.parts.timing, rng);
                    Hook { webhook, dispatcher, cursor: None, behind: true }
                }
            };
            self.hooks.insert(hook.webhook.id, hook);
        }
        self.look_at = self.parts.clock.now();
    }
}

type Read = (u64, Option<tipring_line::CallId>, Option<String>);

/// Events of the log after a cursor, the body left out where the webhook does not want them.
fn read_log(
    reader: &Reader,
    webhook: &Webhook,
    cursor: u64,
    limit: usize,
) -> Result<Vec<Read>, StoreError> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let mut events = Vec::new();
    for raw in reader.events_after(cursor, limit)? {
        let event = envelope(&raw);
        let wanted =
            wants(&webhook.change, &event, |call| reader.queues_of(call).unwrap_or_default());
        events.push((event.id, event.call, wanted.then_some(event.body)));
    }
    Ok(events)
}

//! Webhooks against a real HTTP server that fails, is slow, goes away and comes back; and a box that
//! is cut off in between.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tipring_api::webhook::{Timing, sign};
use tipring_api::{Live, WebhookOrder};
use tipring_clock::{Clock, RealClock, WallTime};
use tipring_events::{Event, EventKind};
use tipring_line::CallId;
use tipring_store::{AuditEntry, Store, WebhookChange, WebhookId};
use tipring_tipringd::webhooks::{Sender, run};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What the receiver does with a request.
#[derive(Clone, Copy)]
enum Behaviour {
    Refuse,
    NeverAnswer,
}

#[derive(Clone)]
struct Receiver {
    /// What is done with the next requests; then all are taken.
    script: Arc<Mutex<VecDeque<Behaviour>>>,
    taken: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let behaviour = receiver.script.lock().unwrap().pop_front();
    match behaviour {
        Some(Behaviour::Refuse) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Behaviour::NeverAnswer) => std::future::pending().await,
        None => {
            receiver.taken.send((headers, body)).unwrap();
            StatusCode::NO_CONTENT
        }
    }
}

async fn listen(address: SocketAddr, receiver: Receiver) -> (SocketAddr, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/hook", post(take)).with_state(receiver);
    (address, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

struct Bench {
    store: Store,
    live: Live,
    orders: mpsc::Sender<WebhookOrder>,
    sender: JoinHandle<()>,
}

fn start(store: Store) -> Bench {
    let clock = RealClock::start();
    let live = Live::new(clock.wall());
    let (orders, waiting) = mpsc::channel(4);
    let sender = Sender {
        store: store.clone(),
        live: live.clone(),
        clock: Arc::new(clock),
        timing: Timing { first: Duration::from_millis(20), max: Duration::from_millis(200) },
        answer_within: Duration::from_millis(500),
        seed: 1,
    };
    Bench { store, live, orders, sender: tokio::spawn(run(sender, waiting)) }
}

impl Bench {
    /// Logs keys pressed in five calls, in turn.
    fn log(&self, keys: std::ops::Range<u64>) {
        for key in keys {
            let digit = char::from(b'0' + (key % 10) as u8);
            let kind = EventKind::KeyPressed { call: CallId(1 + key % 5), digit };
            let event = Event { at: WallTime::from_unix_micros(key as i64), kind };
            self.store.log(event.clone()).unwrap();
            self.live.publish_events([&event]);
        }
        self.store.flush().unwrap();
    }
}

/// Takes deliveries until these events have come; checks that those of a call came in order.
async fn expect(
    taken: &mut mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    seen: &mut BTreeSet<u64>,
    count: usize,
    secret: &[u8],
) {
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    while seen.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(60), taken.recv()).await;
        let (headers, body) = next.expect("a delivery comes within a minute").unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let header = |name: &str| headers[name].to_str().unwrap();
        let seconds: i64 = header("webhook-timestamp").parse().unwrap();
        let at = WallTime::from_unix_micros(seconds * 1_000_000);
        let signed = sign(secret, header("webhook-id"), at, &text);
        assert_eq!(signed.signature, header("webhook-signature"));
        let (id, call) = (value["id"].as_u64().unwrap(), value["call"].as_u64().unwrap());
        assert_eq!(header("webhook-id"), format!("1-{id}"));
        // An event may come twice, after its answer was lost; a new one never before an older one.
        if seen.insert(id) {
            let before = last.insert(call, id);
            assert!(before.is_none_or(|before| before < id), "call {call}: {before:?}, {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_receiver_fails_or_the_box_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), WallTime::from_unix_micros(0), |_| None).unwrap();
    let (told, mut taken) = mpsc::unbounded_channel();
    let script = Arc::new(Mutex::new(VecDeque::new()));
    let receiver = Receiver { script: Arc::clone(&script), taken: told };
    let (address, server) = listen(([127, 0, 0, 1], 0).into(), receiver.clone()).await;
    let secret = b"between us".to_vec();
    let change = WebhookChange {
        name: "crm".to_owned(),
        url: format!("http://{address}/hook"),
        enabled: true,
        ..WebhookChange::default()
    };
    let entry = AuditEntry::new(WallTime::from_unix_micros(0), "test", "webhook-made", "crm");
    store.add_webhook(change, secret.clone(), entry).unwrap();

    let bench = start(store.clone());
    let mut seen = BTreeSet::new();
    {
        use Behaviour::{NeverAnswer, Refuse};
        let mut script = script.lock().unwrap();
        script.extend([Refuse, Refuse, NeverAnswer, Refuse, NeverAnswer]);
    }
    bench.log(0..40);
    expect(&mut taken, &mut seen, 40, &secret).await;

    // The receiver goes away, and comes back at the same address.
    server.abort();
    let _ = server.await;
    bench.log(40..60);
    let (reply, answer) = oneshot::channel();
    let order = WebhookOrder::SendNow {
        webhook: WebhookId(1),
        name: "test".to_owned(),
        body: "{}".to_owned(),
        reply,
    };
    bench.orders.send(order).await.unwrap();
    assert!(answer.await.unwrap().is_err(), "there is nobody to answer");
    let (_, server) = listen(address, receiver.clone()).await;
    expect(&mut taken, &mut seen, 60, &secret).await;

    // The box is cut off with events not yet told, and goes on after the last it had told.
    script.lock().unwrap().extend([Behaviour::Refuse; 8]);
    bench.log(60..90);
    bench.sender.abort();
    let _ = bench.sender.await;
    let again = start(store.clone());
    again.log(90..100);
    expect(&mut taken, &mut seen, 100, &secret).await;
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());

    // An orderly end keeps the place, so nothing is told again.
    drop(again.orders);
    again.sender.await.unwrap();
    assert_eq!(store.reader().webhook(WebhookId(1)).unwrap().unwrap().cursor, 100);
    server.abort();
}

//! The box's side of the control socket.

use std::time::Duration;

use tipring_api::{Author, ConfigAccess, Live};
use tipring_line::{CallerId, Language, Presentation};
use tipring_sim::{CallPlan, CalledPlan, KeyPlan, Speech};
use tipring_store::Store;
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use crate::control::{
    Acts, Answer, Connection, Request, SimRequest, samples_from_bytes, samples_to_bytes,
};
use crate::line_desk::LineDesk;
use crate::sim_handset::HandsetVisit;
use crate::simboard::SimBoard;
use crate::span_traces::SpanTraces;
use crate::spans::SimSpans;
use crate::web::SharedConfiguration;

/// Lines of progress that may wait for a client.
const PROGRESS_MAX: usize = 16;

/// How long a simulated caller lets the line ring.
const PATIENCE_MS: u32 = 60_000;

/// What requests reach.
#[derive(Clone)]
pub(crate) struct Parts {
    /// The configuration.
    pub configuration: SharedConfiguration,
    /// What goes on now.
    pub live: Live,
    /// The records.
    pub store: Store,
    /// The simulated board.
    pub sim: SimBoard,
    /// The simulated exchange at the end of simulated spans.
    pub sim_spans: SimSpans,
    /// The technician's desk.
    pub desk: LineDesk,
    /// The D-channels' frames.
    pub traces: SpanTraces,
}

/// Answers requests until the runtime ends.
pub(crate) async fn serve(listener: UnixListener, parts: Parts) {
    while let Ok((stream, _)) = listener.accept().await {
        let parts = parts.clone();
        tokio::spawn(async move {
            // A client that has gone away needs no answer.
            let _ = answer(Connection::new(stream), parts).await;
        });
    }
}

async fn answer(mut connection: Connection, parts: Parts) -> anyhow::Result<()> {
    let (request, payload) = connection.read_request().await?;
    match perform(&mut connection, request, payload, parts).await {
        Ok(result) => {
            connection.write_answer(&Answer::Done { payload: result.len() }, &result).await
        }
        Err(e) => connection.write_answer(&Answer::Failed { text: format!("{e:#}") }, &[]).await,
    }
}

async fn perform(
    connection: &mut Connection,
    request: Request,
    payload: Vec<u8>,
    parts: Parts,
) -> anyhow::Result<Vec<u8>> {
    match request {
        Request::ConfigExport => Ok(parts.configuration.export().into_bytes()),
        Request::ConfigImport => {
            let toml = String::from_utf8(payload)
                .map_err(|_| anyhow::anyhow!("the configuration is not UTF-8 text"))?;
            let configuration = parts.configuration.clone();
            let author = Author { name: "command line".to_owned(), address: String::new() };
            tokio::task::spawn_blocking(move || configuration.import(&toml, &author))
                .await?
                .map_err(|e| anyhow::anyhow!(placed(&e)))?;
            Ok(Vec::new())
        }
        Request::Status => Ok(serde_json::to_vec_pretty(&parts.live.snapshot().state)?),
        Request::ReportsRebuild => {
            let events = tokio::task::spawn_blocking(move || parts.store.rebuild()).await??;
            Ok(events.to_string().into_bytes())
        }
        Request::LineTest { line } => {
            Ok(parts.desk.test(&line, &parts.configuration).await?.into_bytes())
        }
        Request::LineLearn { line } => {
            Ok(parts.desk.learn(&line, &parts.configuration).await?.into_bytes())
        }
        Request::Trace { span, for_ms, chinese } => {
            let language = if chinese { Language::Chinese } else { Language::English };
            let how = (Duration::from_millis(for_ms), language);
            watched(connection, |tell| parts.traces.follow(&span, how, tell)).await
        }
        Request::Sim { what } => simulate(connection, what, payload, parts).await,
    }
}

/// What is asked of the simulated board, exchange and handsets.
async fn simulate(
    connection: &mut Connection,
    request: SimRequest,
    payload: Vec<u8>,
    parts: Parts,
) -> anyhow::Result<Vec<u8>> {
    let speech =
        || (!payload.is_empty()).then(|| Speech::from_samples(&samples_from_bytes(&payload)));
    match request {
        SimRequest::Show => Ok(parts.sim.show().into_bytes()),
        SimRequest::Set { line, usual, faults } => {
            Ok(parts.sim.set(&line, usual, &faults)?.into_bytes())
        }
        SimRequest::Call { line, from, acts } => {
            let plan = call_plan(from, &acts, &payload)?;
            let heard = watched(connection, |tell| parts.sim.call(&line, plan, Some(tell))).await?;
            Ok(if acts.hear { samples_to_bytes(&heard) } else { Vec::new() })
        }
        SimRequest::Handset { port, dial, acts } => {
            let visit = HandsetVisit::new(dial, speech(), &acts)?;
            let heard = watched(connection, |tell| parts.sim.sit_at(&port, visit, tell)).await?;
            Ok(if acts.hear { samples_to_bytes(&heard) } else { Vec::new() })
        }
        SimRequest::E1 { span, to, from, hidden, count, acts } => {
            let mut plan = call_plan(from, &acts, &payload)?;
            if hidden {
                plan.caller.presentation = Presentation::Restricted;
            }
            plan.repeat = true;
            let to = to.parse()?;
            let calls = |tell| parts.sim_spans.call(&span, to, plan, count, tell);
            let heard = watched(connection, calls).await?;
            Ok(if acts.hear { samples_to_bytes(&heard) } else { Vec::new() })
        }
        SimRequest::E1Set { span, fault, called } => {
            let say = speech();
            let called = called.map(|word| CalledPlan {
                outcome: word.into(),
                say,
                repeat: true,
                ..CalledPlan::default()
            });
            parts.sim_spans.set(&span, fault.map(Into::into), called)?;
            Ok(Vec::new())
        }
    }
}

/// Does the work, and passes on what it tells meanwhile.
async fn watched<T, F: Future<Output = T>>(
    connection: &mut Connection,
    work: impl FnOnce(mpsc::Sender<String>) -> F,
) -> T {
    let (tell, mut told) = mpsc::channel(PROGRESS_MAX);
    let watch = async {
        while let Some(text) = told.recv().await {
            if connection.write_answer(&Answer::Progress { text }, &[]).await.is_err() {
                // Nobody watches any more: what goes on without being watched does so.
                return told.close();
            }
        }
    };
    let (done, ()) = tokio::join!(work(tell), watch);
    done
}

fn placed(e: &tipring_api::ConfigError) -> String {
    match (e.line, e.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: {}", e.message),
        _ => e.message.clone(),
    }
}

fn call_plan(from: Option<String>, acts: &Acts, speech: &[u8]) -> anyhow::Result<CallPlan> {
    let caller = match from {
        Some(number) => CallerId::from_number(number.parse()?),
        None => CallerId::default(),
    };
    let say = (!speech.is_empty()).then(|| Speech::from_samples(&samples_from_bytes(speech)));
    Ok(CallPlan {
        caller,
        say,
        say_after_ms: 0,
        repeat: false,
        keys: acts.keys.parse::<KeyPlan>()?,
        talk_ms: Some(u32::try_from(acts.duration_ms)?),
        patience_ms: Some(PATIENCE_MS),
    })
}

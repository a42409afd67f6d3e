//! What `tipring` does: asks the running box through its control socket.

use std::path::Path;

use anyhow::Context;
use tipring_sim::KeyPlan;

use crate::control::{Connection, Request, samples_from_bytes, samples_to_bytes};
use tipring_board::Board;

use crate::board_check;
use crate::options::{
    BoardCommand, ClientCommand, ClientOptions, ConfigCommand, LineCommand, ReportsCommand,
    SimCall, SimCommand, SimE1, SimE1Set, SimHandset, SimSet, Trace, parse_ms,
};
use crate::reports;
use crate::sim_faults::LineFaults;
use crate::sim_handset::HandsetKeys;
use crate::span_test;

/// Runs one command.
///
/// # Errors
/// What went wrong and what to do, in one line.
pub fn run(options: ClientOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run_async(options))
}

async fn run_async(options: ClientOptions) -> anyhow::Result<()> {
    match options.command {
        ClientCommand::Config { what: ConfigCommand::Export } => {
            let toml = ask(&options.state, Request::ConfigExport, &[]).await?;
            print!("{}", String::from_utf8_lossy(&toml));
        }
        ClientCommand::Config { what: ConfigCommand::Import { file } } => {
            let toml = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
            ask(&options.state, Request::ConfigImport, &toml)
                .await
                .with_context(|| format!("{}: nothing was changed", file.display()))?;
            println!("the configuration is in force");
        }
        ClientCommand::Board { what: BoardCommand::Check { board } } => {
            let site = options.state.join("board.toml");
            let site = site.exists().then_some(site);
            let board = match &board {
                Some(folder) => Board::load(folder, site.as_deref())?,
                None => Board::sim(),
            };
            let (text, all_well) = board_check::check(&board);
            print!("{text}");
            anyhow::ensure!(all_well, "not everything is as the board says");
        }
        ClientCommand::Line { what } => {
            let request = match what {
                LineCommand::Test { line } => Request::LineTest { line },
                LineCommand::Learn { line } => {
                    eprintln!("call line {line} from a mobile, let the box answer, then hang up");
                    Request::LineLearn { line }
                }
            };
            let text = ask(&options.state, request, &[]).await?;
            print!("{}", String::from_utf8_lossy(&text));
        }
        ClientCommand::Span { what } => span_test::run(&what)?,
        ClientCommand::Trace(what) => trace(&options.state, what).await?,
        ClientCommand::Status => {
            let json = ask(&options.state, Request::Status, &[]).await?;
            println!("{}", String::from_utf8_lossy(&json));
        }
        ClientCommand::Reports { what: ReportsCommand::Rebuild } => {
            let events = ask(&options.state, Request::ReportsRebuild, &[]).await?;
            let events = String::from_utf8_lossy(&events);
            println!("calls and figures were made again from {events} events");
        }
        ClientCommand::Reports { what: ReportsCommand::Show(what) } => {
            print!("{}", reports::show(&options.state, &what)?);
        }
        ClientCommand::Sim { what } => sim(&options.state, what).await?,
    }
    Ok(())
}

async fn trace(state: &Path, what: Trace) -> anyhow::Result<()> {
    let for_ms = parse_ms(&what.duration).map_err(anyhow::Error::msg)?;
    let request = Request::Trace { span: what.span, for_ms, chinese: what.chinese };
    let mut connection = Connection::open(state).await?;
    connection.write_request(request, &[]).await?;
    let capture = connection.read_answer(|line| println!("{line}")).await?;
    if let Some(path) = &what.out {
        std::fs::write(path, capture).with_context(|| format!("{}", path.display()))?;
    }
    Ok(())
}

async fn ask(state: &Path, request: Request, payload: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut connection = Connection::open(state).await?;
    connection.write_request(request, payload).await?;
    connection.read_answer(|line| eprintln!("{line}")).await
}

async fn sim(state: &Path, what: SimCommand) -> anyhow::Result<()> {
    let request = match what {
        SimCommand::Call(call) => return sim_call(state, call).await,
        SimCommand::Handset(call) => return sim_handset(state, call).await,
        SimCommand::E1(call) => return sim_e1(state, call).await,
        SimCommand::E1Set(set) => {
            let said = set.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
            let SimE1Set { span, fault, called, .. } = set;
            let request = Request::SimE1Set { span, fault, called };
            ask(state, request, &samples_to_bytes(&said)).await?;
            return Ok(());
        }
        SimCommand::Show => Request::SimShow,
        SimCommand::Set(SimSet { line, usual, faults }) => {
            anyhow::ensure!(
                usual || faults != LineFaults::default(),
                "say what line {line} is to be like, as `--caller-id none`; \
                 `tipring sim set --help` has everything that can be said"
            );
            Request::SimSet { line, usual, faults: Box::new(faults) }
        }
    };
    let text = ask(state, request, &[]).await?;
    print!("{}", String::from_utf8_lossy(&text));
    Ok(())
}

async fn sim_e1(state: &Path, call: SimE1) -> anyhow::Result<()> {
    let spoken = call.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
    let keys = call.press.join(",");
    keys.parse::<KeyPlan>()?;
    let request = Request::SimE1 {
        span: call.span,
        to: call.to,
        from: call.from,
        hidden: call.hidden,
        count: call.calls,
        keys,
        duration_ms: parse_ms(&call.duration).map_err(anyhow::Error::msg)?,
        hear: call.hear.is_some(),
    };
    let heard = ask(state, request, &samples_to_bytes(&spoken)).await?;
    keep_heard(call.hear.as_deref(), &heard)
}

fn keep_heard(path: Option<&Path>, heard: &[u8]) -> anyhow::Result<()> {
    if let Some(path) = path {
        let wav = tipring_sim::write_wav(&samples_from_bytes(heard));
        std::fs::write(path, wav).with_context(|| format!("{}", path.display()))?;
        println!("{}: {:.1} s heard", path.display(), heard.len() as f64 / 16_000.0);
    }
    Ok(())
}

async fn sim_call(state: &Path, call: SimCall) -> anyhow::Result<()> {
    let spoken = call.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
    let keys = call.press.join(",");
    keys.parse::<KeyPlan>()?;
    let request = Request::SimCall {
        line: call.line,
        from: call.from,
        keys,
        duration_ms: parse_ms(&call.duration).map_err(anyhow::Error::msg)?,
        hear: call.hear.is_some(),
    };
    let heard = ask(state, request, &samples_to_bytes(&spoken)).await?;
    keep_heard(call.hear.as_deref(), &heard)
}

async fn sim_handset(state: &Path, call: SimHandset) -> anyhow::Result<()> {
    let spoken = call.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
    let keys = call.press.join(",");
    keys.parse::<HandsetKeys>()?;
    let request = Request::SimHandset {
        port: call.port,
        dial: call.dial,
        keys,
        duration_ms: parse_ms(&call.duration).map_err(anyhow::Error::msg)?,
        hear: call.hear.is_some(),
    };
    let heard = ask(state, request, &samples_to_bytes(&spoken)).await?;
    keep_heard(call.hear.as_deref(), &heard)
}

fn read_speech(path: &Path) -> anyhow::Result<Vec<i16>> {
    let named = || format!("{}", path.display());
    tipring_sim::read_wav(&std::fs::read(path).with_context(named)?).with_context(named)
}

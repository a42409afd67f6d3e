//! What `tipring` does: asks the running box through its control socket.

use std::path::Path;

use anyhow::Context;

use crate::control::{Acts, Connection, Request, SimRequest, samples_from_bytes, samples_to_bytes};
use tipring_board::Board;

use crate::board_check;
use crate::options::{
    BoardCommand, ClientCommand, ClientOptions, Conduct, ConfigCommand, LineCommand,
    ReportsCommand, SimCall, SimCommand, SimE1, SimE1Set, SimHandset, SimSet, Trace, parse_ms,
};
use crate::reports;
use crate::sim_faults::LineFaults;
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
        SimCommand::Call(SimCall { line, from, conduct }) => {
            return act(state, conduct, |acts| SimRequest::Call { line, from, acts }).await;
        }
        SimCommand::Handset(SimHandset { port, dial, conduct }) => {
            return act(state, conduct, |acts| SimRequest::Handset { port, dial, acts }).await;
        }
        SimCommand::E1(SimE1 { span, to, from, hidden, calls: count, conduct }) => {
            let calls = |acts| SimRequest::E1 { span, to, from, hidden, count, acts };
            return act(state, conduct, calls).await;
        }
        SimCommand::E1Set(set) => {
            let said = set.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
            let SimE1Set { span, fault, called, .. } = set;
            let request = SimRequest::E1Set { span, fault, called };
            ask(state, Request::Sim { what: request }, &samples_to_bytes(&said)).await?;
            return Ok(());
        }
        SimCommand::Show => SimRequest::Show,
        SimCommand::Set(SimSet { line, usual, faults }) => {
            anyhow::ensure!(
                usual || faults != LineFaults::default(),
                "say what line {line} is to be like, as `--caller-id none`; \
                 `tipring sim set --help` has everything that can be said"
            );
            SimRequest::Set { line, usual, faults: Box::new(faults) }
        }
    };
    let text = ask(state, Request::Sim { what: request }, &[]).await?;
    print!("{}", String::from_utf8_lossy(&text));
    Ok(())
}

/// Has somebody simulated do their part, and keeps what was heard.
async fn act(
    state: &Path,
    conduct: Conduct,
    request: impl FnOnce(Acts) -> SimRequest,
) -> anyhow::Result<()> {
    let spoken = conduct.say.as_deref().map(read_speech).transpose()?.unwrap_or_default();
    let duration_ms = parse_ms(&conduct.duration).map_err(anyhow::Error::msg)?;
    let keys = conduct.press.join(",");
    let what = request(Acts { keys, duration_ms, hear: conduct.hear.is_some() });
    let heard = ask(state, Request::Sim { what }, &samples_to_bytes(&spoken)).await?;
    if let Some(path) = &conduct.hear {
        let wav = tipring_sim::write_wav(&samples_from_bytes(&heard));
        std::fs::write(path, wav).with_context(|| format!("{}", path.display()))?;
        println!("{}: {:.1} s heard", path.display(), heard.len() as f64 / 16_000.0);
    }
    Ok(())
}

fn read_speech(path: &Path) -> anyhow::Result<Vec<i16>> {
    let named = || format!("{}", path.display());
    tipring_sim::read_wav(&std::fs::read(path).with_context(named)?).with_context(named)
}

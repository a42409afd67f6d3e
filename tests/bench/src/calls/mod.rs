//! `calls`: how many bridged calls one core carries, each with DTMF detection on both legs and a
//! stereo recording on disk, and what each costs.

pub(crate) mod child;
mod floor;
mod load;
mod media;
mod profile;
mod report;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use self::load::{Load, Window};
use self::report::Level;

/// The processor of what is measured, and that of the load.
const MEASURED_CPU: usize = 0;
const LOAD_CPU: usize = 1;
/// The bounds of `calls_at_limit`.
const TRANSIT_P99_MAX: Duration = Duration::from_millis(5);
/// Legs that child and load make room for.
const CALLS_MAX: usize = 2000;
/// Calls of the floor at which it is compared, and of the comparison of back ends.
const FLOOR_CALLS: usize = 400;

/// Options of `calls`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fewer and shorter steps: under a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line.
    #[arg(long)]
    json: bool,
    /// Serve sockets by `io-uring` or `epoll` alone, instead of the better one with the other for
    /// comparison.
    #[arg(long)]
    backend: Option<String>,
    /// Measure one number of calls only, for so many seconds: for a profiler.
    #[arg(long, num_args = 2, value_names = ["CALLS", "SECONDS"])]
    at: Option<Vec<u64>>,
    /// Where recordings go; a folder on the disk to be measured.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What is measured, as the child is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subject {
    Media(&'static str),
    Floor,
}

/// To the child, one JSON object a line.
#[derive(Serialize, Deserialize, Debug)]
enum Order {
    /// Open calls between these peers' ports, two for each call.
    Open(Vec<u16>),
    Figures,
}

/// From the child, one JSON object a line.
#[derive(Serialize, Deserialize, Debug)]
enum Answer {
    /// What it is and what it could not get.
    Ready(String),
    /// Ports of the legs just opened.
    Ports(Vec<u16>),
    Figures(Figures),
}

/// What the child says of itself.
#[derive(Serialize, Deserialize, Clone, Copy, Default, Debug)]
struct Figures {
    cpu_us: u64,
    rss_kb: u64,
    packets_in: u64,
    tick_late_us_max: u64,
    ticks: u64,
    ticks_late: u64,
    ticks_missed: u64,
    digits: u64,
    chunks_lost: u64,
    chunks_late: u64,
    recorded_bytes: u64,
    flush_us_max: u64,
    packets_unsent: u64,
}

/// A process that is measured.
struct Measured {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    what: String,
}

impl Measured {
    fn start(subject: Subject, dir: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("calls-child").arg("--dir").arg(dir);
        match subject {
            Subject::Media(backend) => command.args(["--backend", backend]),
            Subject::Floor => command.arg("--floor"),
        };
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().context("the child has no input")?;
        let answers = BufReader::new(process.stdout.take().context("the child has no output")?);
        let mut measured = Measured { process, orders, answers, what: String::new() };
        match measured.answer()? {
            Answer::Ready(what) => measured.what = what,
            other => bail!("the child said {other:?}"),
        }
        Ok(measured)
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("the measured process has ended; see its message above");
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, order: &Order) -> Result<Answer> {
        writeln!(self.orders, "{}", serde_json::to_string(order)?)?;
        self.answer()
    }

    fn figures(&mut self) -> Result<Figures> {
        match self.ask(&Order::Figures)? {
            Answer::Figures(figures) => Ok(figures),
            other => bail!("the child said {other:?}"),
        }
    }

    /// Opens calls until there are so many.
    fn open(&mut self, load: &mut Load, calls: usize) -> Result<()> {
        let peers = load.make_room(2 * calls)?;
        if peers.is_empty() {
            return Ok(());
        }
        match self.ask(&Order::Open(peers))? {
            Answer::Ports(ports) => load.connect(&ports),
            other => bail!("the child said {other:?}"),
        }
    }

    /// Carries so many calls for a while and measures.
    fn level(&mut self, load: &mut Load, calls: usize, steps: &Steps) -> Result<Level> {
        self.open(load, calls)?;
        load.run(steps.settle)?;
        let before = self.figures()?;
        let window = load.run(steps.measure)?;
        let after = self.figures()?;
        Ok(Level::new(calls, before, after, window))
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        // It ends with its input; a child that hangs is not waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How long and in what steps is measured.
struct Steps {
    settle: Duration,
    measure: Duration,
    first: usize,
    step: usize,
}

impl Steps {
    fn new(quick: bool) -> Self {
        let seconds = Duration::from_secs;
        if quick {
            let settle = Duration::from_millis(700);
            Steps { settle, measure: seconds(2), first: 200, step: 200 }
        } else {
            Steps { settle: seconds(2), measure: seconds(10), first: 100, step: 100 }
        }
    }
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<()> {
    tipring_media::thread::raise_file_limit();
    let mut set = CpuSet::new();
    set.set(LOAD_CPU)?;
    sched_setaffinity(Pid::from_raw(0), &set)
        .context("two processors are needed: 0 for the box, 1 for the load")?;
    if let Some(why) = tipring_media::thread::set_priority(20) {
        println!("The load has no real-time priority ({why}): other programs will disturb it.");
    }
    let dir = Scratch::new(options.dir.as_deref())?;
    let steps = Steps::new(options.quick);
    if let Some(at) = &options.at {
        return at_one_level(options, at, &dir.0);
    }
    let (backend, other) = match options.backend.as_deref() {
        None => ("io-uring", Some("epoll")),
        Some("epoll") => ("epoll", None),
        Some("io-uring") => ("io-uring", None),
        Some(what) => bail!("--backend is io-uring or epoll, not {what}"),
    };
    let levels = climb(Subject::Media(backend), &dir.0, &steps)?;
    let other = match other {
        Some(other) => Some(once(Subject::Media(other), &dir.0, &steps)?),
        None => None,
    };
    let floor = once(Subject::Floor, &dir.0, &steps)?;
    report::conclude(&levels, other.as_ref(), &floor, options.json)
}

/// Rises until a packet is lost or transit is too long. The last level is the one that failed.
fn climb(subject: Subject, dir: &Path, steps: &Steps) -> Result<Vec<Level>> {
    let mut load = Load::new(CALLS_MAX)?;
    let mut measured = Measured::start(subject, dir)?;
    println!("{}", measured.what);
    report::head();
    let mut levels = Vec::new();
    let (mut calls, mut step) = (steps.first, steps.step);
    while calls <= CALLS_MAX {
        let level = measured.level(&mut load, calls, steps)?;
        report::line(&level);
        let (passed, near) = (level.passes(), level.core_pct() > 60.0);
        levels.push(level);
        if !passed {
            break;
        }
        if near {
            step = steps.step / 2;
        }
        calls += step;
    }
    println!();
    profile::where_it_goes(measured.process.id(), dir, || load.run(steps.measure).map(drop))?;
    Ok(levels)
}

/// One level, in a process of its own.
fn once(subject: Subject, dir: &Path, steps: &Steps) -> Result<Level> {
    let mut load = Load::new(FLOOR_CALLS)?;
    let mut measured = Measured::start(subject, dir)?;
    println!("\n{}", measured.what);
    report::head();
    let level = measured.level(&mut load, FLOOR_CALLS, steps)?;
    report::line(&level);
    Ok(level)
}

fn at_one_level(options: &Options, at: &[u64], dir: &Path) -> Result<()> {
    let [calls, seconds] = at else { bail!("--at takes CALLS and SECONDS") };
    let calls = usize::try_from(*calls)?;
    let subject = match options.backend.as_deref() {
        Some("epoll") => Subject::Media("epoll"),
        Some("floor") => Subject::Floor,
        _ => Subject::Media("io-uring"),
    };
    let mut load = Load::new(calls)?;
    let mut measured = Measured::start(subject, dir)?;
    println!("{} (process {})", measured.what, measured.process.id());
    report::head();
    let steps = Steps { measure: Duration::from_secs(*seconds), ..Steps::new(false) };
    let level = measured.level(&mut load, calls, &steps)?;
    report::line(&level);
    report::details(&level);
    Ok(())
}

/// A folder for the recordings, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(dir: Option<&Path>) -> Result<Self> {
        let parent = dir.map_or_else(std::env::temp_dir, Path::to_owned);
        let path = parent.join(format!("tipring-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is only disk space, in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Window {
    fn passes(&self) -> bool {
        self.lost == 0 && self.transit.quantile(0.99) <= TRANSIT_P99_MAX
    }
}

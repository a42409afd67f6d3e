//! The measured process: takes orders on its standard input, answers on its standard output.

use std::io::{BufRead, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;

use super::floor::Floor;
use super::media::Media;
use super::{Answer, Figures, MEASURED_CPU, Order};

pub(super) const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Options of the measured process.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    dir: PathBuf,
    #[arg(long, default_value = "io-uring")]
    backend: String,
    #[arg(long)]
    floor: bool,
}

/// What can be measured.
pub(super) trait Subject {
    /// Opens calls between these peers' ports and gives the ports they shall send to.
    fn open(&mut self, peers: &[u16]) -> Result<Vec<u16>>;

    /// Its own figures; those of the process are added.
    fn figures(&mut self) -> Figures;
}

/// Runs the measured process until its input ends.
pub(crate) fn run(options: &Options) -> Result<()> {
    tipring_media::thread::raise_file_limit();
    let mut set = CpuSet::new();
    set.set(MEASURED_CPU)?;
    sched_setaffinity(Pid::from_raw(0), &set).context("pinning to a processor")?;
    let (mut subject, what): (Box<dyn Subject>, String) = if options.floor {
        let floor = Floor::start()?;
        (
            Box::new(floor),
            "Floor: a bare UDP relay, one process, epoll, one recv and one send a packet".into(),
        )
    } else {
        let (media, what) = Media::start(&options.backend, &options.dir)?;
        (Box::new(media), what)
    };
    say(&Answer::Ready(what))?;
    for line in std::io::stdin().lock().lines() {
        match serde_json::from_str(&line?)? {
            Order::Open(peers) => say(&Answer::Ports(subject.open(&peers)?))?,
            Order::Figures => {
                let figures = with_process(subject.figures())?;
                say(&Answer::Figures(figures))?;
            }
        }
    }
    Ok(())
}

fn say(answer: &Answer) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(answer)?)?;
    out.flush()?;
    Ok(())
}

/// Adds what the system knows: processor time of all threads, and memory.
fn with_process(mut figures: Figures) -> Result<Figures> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let us = |time: nix::sys::time::TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()) as u64;
    figures.cpu_us = us(usage.user_time()) + us(usage.system_time());
    let status = std::fs::read_to_string("/proc/self/status")?;
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = rss.and_then(|rss| rss.trim().strip_suffix(" kB")).and_then(|kb| kb.parse().ok());
    figures.rss_kb = kb.context("VmRSS in /proc/self/status")?;
    Ok(figures)
}

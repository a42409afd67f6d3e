//! Where the time goes: one look with `perf`, after everything has been measured.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

/// Functions named in the report.
const FUNCTIONS: usize = 8;

/// Profiles a process while `load` runs, and prints the share of each thread and of the kernel.
/// Without `perf`, or without the right to use it, a line says so.
pub(super) fn where_it_goes(
    process: u32,
    dir: &Path,
    load: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let data = dir.join("perf.data");
    let recording = Command::new("perf")
        .args(["record", "-q", "-o"])
        .arg(&data)
        .args(["-p", &process.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut recording) = recording else {
        println!("Where it goes is not known: perf is not installed (Debian: linux-perf).");
        return Ok(());
    };
    load()?;
    // It writes its file when interrupted.
    let pid = nix::unistd::Pid::from_raw(i32::try_from(recording.id())?);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT)?;
    recording.wait()?;
    println!("Where it goes, of the box's processor time (threads, then functions):");
    print_report(&data, "comm,dso", usize::MAX);
    print_report(&data, "symbol", FUNCTIONS);
    Ok(())
}

fn print_report(data: &Path, sort: &str, lines: usize) {
    let report = Command::new("perf")
        .args(["report", "--stdio", "--percent-limit", "1", "--sort", sort, "-i"])
        .arg(data)
        .stderr(Stdio::null())
        .output();
    let Ok(report) = report else { return };
    let text = String::from_utf8_lossy(&report.stdout).into_owned();
    let shares =
        text.lines().filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    shares.take(lines).for_each(|line| println!("  {}", line.trim()));
}

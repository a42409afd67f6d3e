//! The box itself in the machine: `tipringd` as a process, spoken to by `tipring` as a person would.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tipring_events::LiveState;

/// Where it keeps everything.
pub(crate) const STATE: &str = "/state";
/// The board of this machine.
pub(crate) const BOARD: &str = "/etc/tipring/board";
/// How long the box may take to write a line that is waited for, in the machine's time.
const LINE_S: u64 = 60;

/// A running box.
pub(crate) struct TheBox {
    child: Child,
    lines: Receiver<String>,
    /// What it has written.
    pub(crate) journal: Vec<String>,
}

impl TheBox {
    /// Starts it and waits until it is ready.
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new("/bin/tipringd")
            .args(["--state", STATE, "--board", BOARD])
            .args(["--http", "127.0.0.1:8080", "--sip", "127.0.0.1:5060"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("/bin/tipringd does not start")?;
        let (writer, lines) = channel();
        follow(child.stdout.take().context("was asked for")?, writer.clone());
        follow(child.stderr.take().context("was asked for")?, writer);
        let mut started = TheBox { child, lines, journal: Vec::new() };
        started.await_line("Administrator")?;
        Ok(started)
    }

    /// Gives it this configuration and starts it anew, which is when it takes up spans.
    pub(crate) fn restart_with(self, toml: &str) -> Result<Self> {
        let file = Path::new(STATE).join("to-import.toml");
        std::fs::write(&file, toml)?;
        tipring(&["config", "import", &file.to_string_lossy()])?;
        self.stop()?;
        TheBox::start()
    }

    /// Waits until it has written this, if it has not before.
    pub(crate) fn await_line(&mut self, words: &str) -> Result<String> {
        loop {
            if let Some(line) = self.journal.iter().find(|line| line.contains(words)) {
                return Ok(line.clone());
            }
            match self.lines.recv_timeout(Duration::from_secs(LINE_S)) {
                Ok(line) => self.journal.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    bail!("the box did not write '{words}' but:\n{}", self.journal.join("\n"))
                }
            }
        }
    }

    /// Takes what it has written so far.
    pub(crate) fn read_on(&mut self) {
        self.journal.extend(self.lines.try_iter());
    }

    /// Forgets what it has written.
    pub(crate) fn forget_lines(&mut self) {
        self.read_on();
        self.journal.clear();
    }

    /// Ends it in order.
    pub(crate) fn stop(mut self) -> Result<Vec<String>> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        self.read_on();
        ensure!(status.success(), "the box ended with {status}:\n{}", self.journal.join("\n"));
        Ok(std::mem::take(&mut self.journal))
    }
}

impl Drop for TheBox {
    fn drop(&mut self) {
        // It has ended already if it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}

/// Runs `tipring`: what it printed.
pub(crate) fn tipring(arguments: &[&str]) -> Result<String> {
    let output = Command::new("/bin/tipring").args(["--state", STATE]).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "tipring {arguments:?}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

/// What goes on now.
pub(crate) fn status() -> Result<LiveState> {
    serde_json::from_str(&tipring(&["status"])?).context("`tipring status` prints the live state")
}

//! A process that a test started, ended with the test at the latest.

use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lines::Lines;
use crate::wait::{Deadline, wait_until};

/// A running process and what it writes.
pub struct Process {
    name: String,
    child: Child,
    lines: Lines,
}

impl Process {
    /// Starts `command`; its output is kept.
    ///
    /// # Panics
    /// The program is not there.
    #[track_caller]
    pub fn start(name: &str, command: &mut Command) -> Self {
        Process::spawn(name, command.stdout(Stdio::piped()))
    }

    /// The same for a program whose standard output says nothing of use.
    ///
    /// # Panics
    /// The program is not there.
    #[track_caller]
    pub fn start_silent(name: &str, command: &mut Command) -> Self {
        Process::spawn(name, command.stdout(Stdio::null()))
    }

    #[track_caller]
    fn spawn(name: &str, command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{name}: {:?} does not start: {e}", command.get_program()));
        let lines = Lines::default();
        if let Some(stdout) = child.stdout.take() {
            lines.follow(stdout);
        }
        lines.follow(child.stderr.take().expect("was asked for"));
        Process { name: name.to_owned(), child, lines }
    }

    /// What it has written.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid fits"));
        // It may have ended already.
        let _ = kill(pid, signal);
    }

    /// Waits until it has ended, and all it wrote is kept.
    ///
    /// # Panics
    /// It still runs after so many seconds.
    #[track_caller]
    pub fn wait(&mut self, seconds: u64) -> ExitStatus {
        let name = self.name.clone();
        let child = &mut self.child;
        let status = wait_until(&format!("{name} ends"), seconds, || {
            child.try_wait().expect("our own child can be waited for")
        });
        self.lines.wait_for(Deadline::seconds(2), |_| None::<()>);
        status
    }

    /// Ends it at once, as a power cut would.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("--- {} wrote:\n{}\n---", self.name, self.lines.text());
        }
    }
}

//! The box under test, as a process of its own.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::sys::signal::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::api::Api;
use crate::ports;
use crate::process::Process;
use crate::site::Site;
use crate::wait::Deadline;

/// How long the box may take to start on a busy machine.
const START_S: u64 = 30;
/// How long it may take to end.
const END_S: u64 = 15;
/// The password the administrator chooses.
const OWN_PASSWORD: &str = "one-of-my-own";

/// The path of one of the box's programs: in `TIPRING_BIN_DIR`, or where the workspace builds it.
///
/// # Panics
/// It has not been built.
pub fn built(program: &str) -> PathBuf {
    let folder = std::env::var_os("TIPRING_BIN_DIR").map_or_else(beside_tests, PathBuf::from);
    let path = folder.join(program);
    assert!(
        path.is_file(),
        "{} is not there: run `cargo build -p tipring-tipringd` first, or set TIPRING_BIN_DIR",
        path.display()
    );
    path
}

/// Tests lie in target/PROFILE/deps, programs in target/PROFILE.
fn beside_tests() -> PathBuf {
    let test = std::env::current_exe().expect("the system tells which program runs");
    test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_owned()
}

/// A box with addresses and a state folder of its own.
pub struct TestBox {
    process: Option<Process>,
    state: TempDir,
    sip: SocketAddr,
    http: SocketAddr,
    rtp: RangeInclusive<u16>,
    board: Option<PathBuf>,
    first_password: Option<String>,
    password_changed: Cell<bool>,
}

impl TestBox {
    /// Starts a box with an empty state folder and gives it this configuration.
    ///
    /// # Panics
    /// It does not start, or refuses the configuration.
    #[track_caller]
    pub fn start(site: &Site) -> Self {
        let started = TestBox::start_as_it_comes();
        started.import(&site.to_toml());
        started
    }

    /// Starts a box with an empty state folder and leaves it as it makes itself.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn start_as_it_comes() -> Self {
        TestBox::start_on(None)
    }

    /// The same on the board that this folder describes.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn start_on_board(folder: &Path) -> Self {
        TestBox::start_on(Some(folder.to_owned()))
    }

    #[track_caller]
    fn start_on(board: Option<PathBuf>) -> Self {
        let addresses = ports::block();
        let address = |n: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, addresses.start() + n));
        let mut started = TestBox {
            process: None,
            state: TempDir::new().expect("a folder for temporary files"),
            sip: address(0),
            http: address(2),
            rtp: ports::block(),
            board,
            first_password: None,
            password_changed: Cell::new(false),
        };
        started.restart();
        started
    }

    /// The command that starts this box.
    pub fn command(&self) -> Command {
        self.command_with(self.state.path())
    }

    /// The same with another state folder.
    pub fn command_with(&self, state: &Path) -> Command {
        let mut command = Command::new(built("tipringd"));
        let rtp = format!("{}-{}", self.rtp.start(), self.rtp.end());
        command.arg("--state").arg(state);
        command.args(["--sip", &self.sip.to_string(), "--http", &self.http.to_string()]);
        command.args(["--rtp", &rtp]);
        if let Some(board) = &self.board {
            command.arg("--board").arg(board);
        }
        command
    }

    /// Starts the box again with the state it left.
    ///
    /// # Panics
    /// It does not start.
    #[track_caller]
    pub fn restart(&mut self) {
        let process = Process::start("tipringd", &mut self.command());
        // The line about the administrator stands in the banner, which comes when all is ready.
        let administrator = process.lines().wait_for(Deadline::seconds(START_S), |line| {
            line.contains("Administrator").then(|| line.to_owned())
        });
        let line = administrator
            .unwrap_or_else(|| panic!("the box is not ready:\n{}", process.lines().text()));
        if let Some((_, rest)) = line.split_once("password ") {
            self.first_password = rest.split_whitespace().next().map(str::to_owned);
        }
        self.process = Some(process);
    }

    /// Where it listens for SIP.
    pub fn sip(&self) -> SocketAddr {
        self.sip
    }

    /// Where its page is.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Its state folder.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// The administrator's first password, as the banner told it.
    ///
    /// # Panics
    /// The banner did not tell any.
    pub fn first_password(&self) -> &str {
        self.first_password.as_deref().expect("the banner tells the first password")
    }

    /// What it has written.
    pub fn text(&self) -> String {
        self.process.as_ref().map(|p| p.lines().text()).unwrap_or_default()
    }

    /// Runs `tipring` for this box and waits for its end.
    pub fn tipring(&self, arguments: &[&str]) -> Output {
        self.tipring_command(arguments).output().expect("tipring runs")
    }

    /// `tipring` for this box.
    pub fn tipring_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(built("tipring"));
        command.arg("--state").arg(self.state.path()).args(arguments);
        command
    }

    /// Puts a configuration in force.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn import(&self, toml: &str) {
        let output = self.try_import(toml);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "config import: {text}\n{toml}");
    }

    /// Tries to put a configuration in force.
    pub fn try_import(&self, toml: &str) -> Output {
        let file = self.state.path().join("to-import.toml");
        std::fs::write(&file, toml).expect("the state folder can be written");
        self.tipring(&["config", "import", &file.to_string_lossy()])
    }

    /// The API, logged in as the administrator with a password of one's own.
    ///
    /// # Panics
    /// It lets nobody in.
    #[track_caller]
    pub fn api(&self) -> Api {
        let mut api = Api::new(self.http);
        let changed = self.password_changed.get();
        let password = if changed { OWN_PASSWORD } else { self.first_password() };
        let answer = api.log_in(password);
        assert_eq!(answer.status, 200, "{}", answer.text());
        if !changed {
            let change = json!({"old": password, "new": OWN_PASSWORD});
            let answer = api.post("/api/password", &change);
            assert_eq!(answer.status, 204, "{}", answer.text());
            self.password_changed.set(true);
        }
        api
    }

    /// Ends it at once, as a power cut would.
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill9();
        }
    }

    /// Asks it to end, and checks that it ends well.
    ///
    /// # Panics
    /// It does not end, or not well.
    #[track_caller]
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.signal(Signal::SIGTERM);
        let status = process.wait(END_S);
        assert!(status.success(), "{status}:\n{}", process.lines().text());
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::runs)
    }
}

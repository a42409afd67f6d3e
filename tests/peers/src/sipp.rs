//! sipp as a real SIP peer, on the scenarios in `scenarios/`.
//!
//! A scenario that waits is told to go on by a request with the Call-ID of its call, sent by the
//! test to sipp's port: a word. NOTIFY ends the call; `caller.xml` and `agent.xml` say what the
//! others do.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::process::Process;
use crate::rtp_peer::RtpPeer;
use crate::wait::{look_again, wait_until};
use crate::{installed, ports, site};

/// How long a whole scenario may take.
const SCENARIO_S: u64 = 90;
/// sipp's words for "run once".
const ONE_CALL: [&str; 4] = ["-m", "1", "-l", "1"];

static COUNT: AtomicU32 = AtomicU32::new(0);

/// What sipp is to do.
pub struct Scenario {
    name: &'static str,
    remote: SocketAddr,
    port: u16,
    tcp: bool,
    keys: Vec<(&'static str, String)>,
    account: Option<(String, String)>,
    media_port: u16,
    echoes: bool,
    header: String,
}

impl Scenario {
    /// The scenario of this name, towards `remote`, from a port of its own, by UDP.
    pub fn new(name: &'static str, remote: SocketAddr) -> Self {
        let port = ports::one();
        let media_port = ports::one();
        let keys = Vec::new();
        let account = None;
        let header = "Subject: a call".to_owned();
        Scenario {
            name,
            remote,
            port,
            tcp: false,
            keys,
            account,
            media_port,
            echoes: false,
            header,
        }
    }

    /// From this port instead.
    #[must_use]
    pub fn from_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// By TCP.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// With `[name]` in the scenario standing for `value`.
    #[must_use]
    pub fn key(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.keys.push((name, value.into()));
        self
    }

    /// With the session description naming this port for sound.
    #[must_use]
    pub fn sound(self, peer: &RtpPeer) -> Self {
        let port = peer.port().to_string();
        self.key("sound_port", port)
    }

    /// With sipp's own sound: it sends back what it hears.
    #[must_use]
    pub fn echo(mut self) -> Self {
        self.echoes = true;
        let port = self.media_port.to_string();
        self.key("sound_port", port)
    }

    /// With this header in the INVITE of a caller with an account.
    #[must_use]
    pub fn header(mut self, line: String) -> Self {
        self.header = line;
        self
    }

    /// As this extension, with its password.
    #[must_use]
    pub fn extension(self, number: &str) -> Self {
        self.account(number, &site::secret(number))
    }

    /// With this account.
    #[must_use]
    pub fn account(mut self, user: &str, password: &str) -> Self {
        self.account = Some((user.to_owned(), password.to_owned()));
        self.key("user", user)
    }

    /// Starts sipp, and returns at once.
    ///
    /// # Panics
    /// sipp is not installed.
    #[track_caller]
    pub fn start(self) -> Sipp {
        let folder = TempDir::new().expect("a folder for temporary files");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{count}", std::process::id());
        let process = Process::start_silent("sipp", &mut self.command(folder.path(), &id));
        Sipp { process, name: self.name, port: self.port, tcp: self.tcp, folder, id, words: 0 }
    }

    /// Runs the scenario to its end.
    ///
    /// # Panics
    /// It did not go as the scenario says.
    #[track_caller]
    pub fn run(self) {
        self.start().finish();
    }

    fn command(&self, folder: &Path, id: &str) -> Command {
        let scenarios = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let mut command = Command::new(installed::program("sipp", "sip-tester"));
        command.current_dir(folder);
        command.arg(self.remote.to_string());
        command.arg("-sf").arg(format!("{scenarios}/{}.xml", self.name));
        command.args(["-i", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-mi", "127.0.0.1", "-mp", &self.media_port.to_string()]);
        command.args(["-t", if self.tcp { "t1" } else { "u1" }]).args(ONE_CALL);
        // Without `%u` there would be one Call-ID for all; there is one call.
        command.args(["-cid_str", &format!("{id}-%u")]);
        command.args(["-timeout", &SCENARIO_S.to_string(), "-timeout_error"]);
        command.args(["-nostdin", "-skip_rlimit", "-watchdog_interval", "0"]);
        for (trace, file) in [("err", "error_file"), ("msg", "message_file"), ("logs", "log_file")]
        {
            command.arg(format!("-trace_{trace}")).arg(format!("-{file}"));
            command.arg(folder.join(trace));
        }
        if self.echoes {
            command.arg("-rtp_echo");
        }
        if let Some((user, password)) = &self.account {
            command.args(["-au", user, "-ap", password]);
        }
        command.args(["-key", "header", &self.header]);
        for (name, value) in &self.keys {
            command.args(["-key", name, value]);
        }
        command
    }
}

/// A running sipp.
pub struct Sipp {
    process: Process,
    name: &'static str,
    port: u16,
    tcp: bool,
    folder: TempDir,
    id: String,
    words: u32,
}

impl Sipp {
    fn file(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    /// Waits for what the scenario logs as `name: value`, and returns the newest value.
    ///
    /// # Panics
    /// It does not come in time, or sipp has ended without it.
    #[track_caller]
    pub fn logged(&mut self, name: &str, seconds: u64) -> String {
        let deadline = crate::wait::Deadline::seconds(seconds);
        loop {
            let runs = self.process.runs();
            let log = self.file("logs");
            let found = log.lines().rev().find_map(|line| {
                let (found, value) = line.split_once(": ")?;
                (found == name).then(|| value.trim().to_owned())
            });
            if let Some(value) = found {
                return value;
            }
            let scenario = self.name;
            assert!(runs, "{scenario}: sipp ended without {name}");
            assert!(!deadline.passed(), "{scenario}: no {name} within {seconds} s");
            look_again();
        }
    }

    /// Waits until the call is answered, and lets `sound` know where to send.
    ///
    /// # Panics
    /// It is not answered.
    #[track_caller]
    pub fn answered(&mut self, sound: &RtpPeer) {
        let port = self.logged("sound", 40);
        sound.talk_to(port.parse().unwrap_or_else(|e| panic!("port {port:?}: {e}")));
    }

    /// Tells a scenario that waits to go on: a request with the Call-ID of its call.
    ///
    /// # Panics
    /// The call has none yet, or sipp speaks TCP.
    #[track_caller]
    pub fn word(&mut self, method: &str, body: &str) {
        assert!(!self.tcp, "words are sent by UDP");
        let call_id = self.logged("call-id", 20);
        self.words += 1;
        let (port, n, length) = (self.port, self.words, body.len());
        let message = format!(
            "{method} sip:sipp@127.0.0.1:{port} SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-word-{n}\r\n\
             From: <sip:test@127.0.0.1>;tag=word\r\nTo: <sip:sipp@127.0.0.1>\r\n\
             Call-ID: {call_id}\r\nCSeq: {n} {method}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.send_to(message.as_bytes(), (Ipv4Addr::LOCALHOST, port)).expect("sipp listens");
    }

    /// Tells it to hang up, and waits until all has gone as the scenario says.
    ///
    /// # Panics
    /// It has not.
    #[track_caller]
    pub fn hang_up(mut self) {
        self.word("NOTIFY", "");
        self.finish();
    }

    /// Waits for the answer, hangs up, and waits until all has gone as the scenario says.
    ///
    /// # Panics
    /// It has not.
    #[track_caller]
    pub fn hang_up_when_answered(mut self, sound: &RtpPeer) {
        self.answered(sound);
        self.hang_up();
    }

    /// Waits until the scenario is over.
    ///
    /// # Panics
    /// It did not go as it says.
    #[track_caller]
    pub fn finish(mut self) {
        self.wait();
    }

    /// The same, keeping sipp's files.
    ///
    /// # Panics
    /// It did not go as it says.
    #[track_caller]
    pub fn wait(&mut self) {
        let status = self.process.wait(SCENARIO_S + 10);
        assert!(status.success(), "{}: sipp ended with {status}: {}", self.name, self.file("err"));
    }

    /// Waits until its port takes datagrams.
    pub fn ready(&self) {
        let port = self.port;
        wait_until("sipp listens", 10, || {
            UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_err().then_some(())
        });
    }

    /// The Call-ID of its call, where sipp began it.
    pub fn call_id(&self) -> String {
        format!("{}-1", self.id)
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- sipp {}: {}\n{}---", self.name, self.file("err"), self.file("msg"));
        }
    }
}

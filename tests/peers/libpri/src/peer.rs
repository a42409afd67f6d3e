//! The program that holds libpri.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;
use tipring_clock::Instant;
use tipring_isdn::q921::Side;

/// An event of libpri's: its name and what it tells, as `key=value`.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub name: String,
    values: BTreeMap<String, String>,
}

impl Event {
    fn parse(line: &str) -> Self {
        let mut words = line.split(' ');
        Event {
            name: words.next().unwrap_or_default().to_owned(),
            values: words
                .filter_map(|word| word.split_once('='))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// A value as text; `-` if it is empty.
    pub fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    /// A value as number.
    ///
    /// # Panics
    /// There is none of this name.
    pub fn number(&self, key: &str) -> i32 {
        self.text(key).parse().unwrap_or_else(|_| panic!("{self:?} has no number {key}"))
    }
}

/// libpri in a process of its own.
#[derive(Debug)]
pub struct LibPri {
    side: Side,
    child: Child,
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    /// Events not yet taken.
    pub events: VecDeque<Event>,
    /// Frames for the wire, without FCS.
    pub frames: VecDeque<Vec<u8>>,
    info: Vec<String>,
    next: Option<Instant>,
}

/// The compiled program, made once for all tests of a process.
///
/// # Panics
/// It does not compile.
pub fn program() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder for the peer can be made");
        let path = folder.path().join("pri_peer");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("pri_peer.c");
        assert!(
            Path::new("/usr/include/libpri.h").exists(),
            "libpri is not installed: apt install libpri-dev"
        );
        let made = Command::new("gcc")
            .args(["-O1", "-Wall", "-Wextra", "-o"])
            .args([&path, &source])
            .arg("-lpri")
            .output()
            .expect("gcc is not installed: apt install gcc");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        (folder, path)
    });
    path
}

impl LibPri {
    /// Starts libpri as this side, with timers changed as `name=value` (milliseconds).
    ///
    /// # Panics
    /// It does not start.
    pub fn start(side: Side, timers: &[&str]) -> Self {
        LibPri::run(program(), side, timers)
    }

    /// Starts libpri as this side on a D-channel of DAHDI, of this number. `program` is what
    /// [`program`] made, wherever it lies now.
    ///
    /// # Panics
    /// It does not start.
    pub fn start_on_device(program: &Path, side: Side, channel: u16) -> Self {
        LibPri::run(program, side, &[&format!("device={channel}")])
    }

    fn run(program: &Path, side: Side, arguments: &[&str]) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        ours.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
        let input = OwnedFd::from(theirs.try_clone().expect("a socket can be cloned"));
        let child = Command::new(program)
            .arg(if side == Side::Network { "network" } else { "user" })
            .args(arguments)
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .expect("the peer starts");
        let writer = ours.try_clone().expect("a socket can be cloned");
        let mut peer = LibPri {
            side,
            child,
            reader: BufReader::new(ours),
            writer,
            events: VecDeque::new(),
            frames: VecDeque::new(),
            info: Vec::new(),
            next: None,
        };
        peer.advance(Instant::ZERO);
        peer
    }

    /// Which side it is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Tells libpri to do something, and waits until it is done.
    ///
    /// # Panics
    /// The program has ended: its last words are on standard error.
    pub fn command(&mut self, command: &str) {
        writeln!(self.writer, "{command}").expect("the peer lives");
        loop {
            let mut line = String::new();
            let read = self.reader.read_line(&mut line).expect("the peer answers");
            assert!(read > 0, "the peer ended at: {command}");
            let line = line.trim_end();
            match line.split_once(' ') {
                Some(("f", hex)) => self.frames.push_back(octets(hex)),
                Some(("e", event)) => self.events.push_back(Event::parse(event)),
                Some(("i", info)) => self.info.push(info.to_owned()),
                Some((".", next)) => {
                    self.next = next.parse().ok().map(Instant::from_micros);
                    return;
                }
                _ => panic!("the peer said: {line}"),
            }
        }
    }

    /// Moves libpri's time on.
    pub fn advance(&mut self, now: Instant) {
        self.command(&format!("t {}", now.as_micros()));
    }

    /// Hands libpri a frame.
    pub fn receive(&mut self, frame: &[u8]) {
        let hex: String = frame.iter().map(|octet| format!("{octet:02x}")).collect();
        self.command(&format!("f {hex}"));
    }

    /// When libpri next wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// How many calls libpri knows.
    ///
    /// # Panics
    /// libpri does not tell it as it did.
    pub fn calls(&mut self) -> usize {
        self.info.clear();
        self.command("dump");
        let line = self.info.iter().find_map(|line| line.strip_prefix("Total active-calls:"));
        let count = line.and_then(|rest| rest.split(' ').next()).expect("libpri counts its calls");
        count.parse().expect("a count")
    }
}

impl Drop for LibPri {
    fn drop(&mut self) {
        // Its input ends with us; what it still says interests nobody.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("the peer writes hex"))
        .collect()
}

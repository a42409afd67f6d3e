//! OpenR2 at the far end of a timeslot: a process that is given frames and bits, and answers with
//! its own. Its clock counts the frames.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use tipring_dsp::g711;
use tipring_line::{Frame, Law, PortError, Timeslot, TimeslotEvent};

/// The program, built once.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/openr2/peer.c");
    let header = Path::new("/usr/include/openr2.h");
    assert!(header.exists(), "OpenR2 is not installed: apt install libopenr2-dev");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openr2-peer");
    // What the program answers in the kernel's place must be seen by the library.
    let built = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-rdynamic", "-o"])
        .args([&program, &source])
        .arg("-lopenr2")
        .output()
        .unwrap_or_else(|error| panic!("cc does not run: {error}: apt install gcc"));
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success() && said.is_empty(), "{said}");
    program
});

/// OpenR2 as the far side of our timeslot.
#[derive(Debug)]
pub(crate) struct Peer {
    process: Child,
    socket: BufReader<UnixStream>,
    bits: u8,
    bits_heard: Option<u8>,
    command: String,
    events: VecDeque<TimeslotEvent>,
    words: VecDeque<String>,
}

impl Peer {
    /// Of this variant, asking for so many digits at most.
    pub(crate) fn start(variant: &str, caller_max: u8, called_max: u8) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let process = Command::new(&*PROGRAM)
            .args([variant, &caller_max.to_string(), &called_max.to_string()])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .unwrap();
        Peer {
            process,
            socket: BufReader::new(ours),
            bits: 0,
            bits_heard: None,
            command: String::new(),
            events: VecDeque::new(),
            words: VecDeque::new(),
        }
    }

    /// Tells it to do something with the next frame.
    pub(crate) fn order(&mut self, command: &str) {
        assert!(self.command.is_empty(), "'{}' waits", self.command);
        self.command = command.to_owned();
    }

    /// What it told since the last time.
    pub(crate) fn take_words(&mut self) -> Vec<String> {
        self.words.drain(..).collect()
    }

    /// The bits it sends.
    pub(crate) fn bits(&self) -> Option<u8> {
        self.bits_heard
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Timeslot for Peer {
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        let mut record = vec![self.bits];
        record.resize(161, 0);
        g711::encode(Law::A, tx, &mut record[1..]);
        record.extend(self.command.drain(..).map(|c| c as u8).chain([b'\n']));
        self.socket.get_mut().write_all(&record).expect("the peer has ended");
        let mut answer = [0; 161];
        self.socket.read_exact(&mut answer).expect("the peer has ended");
        let mut words = String::new();
        self.socket.read_line(&mut words).expect("the peer speaks UTF-8");
        let told = words.trim_end().split(';').filter(|word| !word.is_empty());
        self.words.extend(told.map(str::to_owned));
        g711::decode(Law::A, &answer[1..], rx);
        if self.bits_heard.replace(answer[0]) != Some(answer[0]) {
            self.events.push_back(TimeslotEvent::SignallingBits(answer[0]));
        }
        Ok(())
    }

    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError> {
        self.bits = abcd;
        Ok(())
    }

    fn poll_event(&mut self) -> Option<TimeslotEvent> {
        self.events.pop_front()
    }
}

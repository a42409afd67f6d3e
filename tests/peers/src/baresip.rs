//! baresip as a real SIP phone without sound devices: a WAV is its microphone, and what it hears
//! is kept. It is controlled through `ctrl_tcp` (netstrings of JSON) and its console.

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lines::Lines;
use crate::process::Process;
use crate::wait::{Deadline, wait_until};
use crate::{installed, ports, site, wav};

const MODULES: &str = "/usr/lib/baresip/modules";
const PACKAGE: &str = "baresip-core";
/// How long an answer to a command may take.
const ANSWER_S: u64 = 10;
/// The longest netstring.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// What kind of phone it is.
#[derive(Clone, Debug)]
pub struct Phone {
    number: String,
    server: SocketAddr,
    password: String,
    transport: &'static str,
    codec: &'static str,
    registers: bool,
    messages: bool,
    traces: bool,
}

impl Phone {
    /// A phone of this extension, by UDP, with A-law.
    pub fn new(number: &str, server: SocketAddr) -> Self {
        Phone {
            number: number.to_owned(),
            server,
            password: site::secret(number),
            transport: "udp",
            codec: "PCMA",
            registers: true,
            messages: false,
            traces: false,
        }
    }

    /// With this password instead of its own.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    /// By TCP.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        self.transport = "tcp";
        self
    }

    /// With µ-law.
    #[must_use]
    pub fn mu_law(mut self) -> Self {
        self.codec = "PCMU";
        self
    }

    /// Subscribed to its messages.
    #[must_use]
    pub fn messages(mut self) -> Self {
        self.messages = true;
        self
    }

    /// With every SIP message among what it writes, for [`Baresip::dialog`].
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.traces = true;
        self
    }

    /// Without registering anywhere.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.registers = false;
        self
    }

    /// Starts baresip with this sound as its microphone; the sound is played from the start of
    /// each call, and a call ends with it.
    ///
    /// # Panics
    /// baresip is not installed or does not start.
    #[track_caller]
    pub fn start(self, microphone: &[i16]) -> Baresip {
        let folder = TempDir::new().expect("a folder for temporary files");
        let port = *ports::block().start();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).expect("a temporary file");
        };
        write("microphone.wav", &wav::write(microphone));
        write("config", self.config(&folder, port).as_bytes());
        write("accounts", self.account().as_bytes());
        write("contacts", b"");
        let mut command = Command::new(installed::program("baresip", PACKAGE));
        if self.traces {
            command.arg("-s");
        }
        command.arg("-f").arg(folder.path());
        let mut process = Process::start("baresip", &mut command);
        let control = wait_until("baresip takes commands", 10, || {
            assert!(process.runs(), "baresip ended: {}", process.lines().text());
            TcpStream::connect((Ipv4Addr::LOCALHOST, port + CONTROL)).ok()
        });
        let messages = Lines::default();
        messages.follow(Messages::new(control.try_clone().expect("a second handle")));
        Baresip { process, folder, port, control, messages, commands: 0 }
    }

    fn config(&self, folder: &TempDir, port: u16) -> String {
        installed::file(MODULES, PACKAGE);
        let folder = folder.path().display();
        let (control, console) = (port + CONTROL, port + CONSOLE);
        let (first, last) = (port + RTP, port + 39);
        // Before everything that registers, and so at once: the millisecond after which this
        // module looks at its subscriptions must not see one, or it subscribes without end.
        let mwi = if self.messages { "module mwi.so\n" } else { "" };
        format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\n\
             audio_source aufile,{folder}/microphone.wav\naudio_player aubridge,ear\n\
             audio_alert aubridge,bell\nausrc_srate 8000\nauplay_srate 8000\n\
             ausrc_channels 1\nauplay_channels 1\nrtp_ports {first}-{last}\n\
             jitter_buffer_delay 5-10\nsnd_path {folder}\nstatmode_default off\n\
             ringback_disabled yes\nmodule_path {MODULES}\n{mwi}\
             module g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
             module cons.so\ncons_listen 127.0.0.1:{console}\n\
             module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
             ctrl_tcp_listen 127.0.0.1:{control}\n"
        )
    }

    fn account(&self) -> String {
        let Phone { number, server, password, transport, codec, registers, messages, .. } = self;
        let seconds = if *registers { 300 } else { 0 };
        let mwi = if *messages { "yes" } else { "no" };
        format!(
            "<sip:{number}@{server};transport={transport}>;auth_user={number};\
             auth_pass={password};regint={seconds};answermode=manual;audio_codecs={codec};mwi={mwi}\n"
        )
    }
}

/// Offsets from the phone's first port; the second is its TLS port.
const CONTROL: u16 = 2;
const CONSOLE: u16 = 4;
const RTP: u16 = 10;

/// A running baresip.
pub struct Baresip {
    process: Process,
    folder: TempDir,
    port: u16,
    control: TcpStream,
    messages: Lines,
    commands: u32,
}

impl Baresip {
    /// Its SIP address.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Gives a command and returns its answer.
    ///
    /// # Panics
    /// baresip refuses it.
    #[track_caller]
    pub fn command(&mut self, command: &str, parameters: &str) -> String {
        self.commands += 1;
        let token = self.commands.to_string();
        let ask = json!({"command": command, "params": parameters, "token": token}).to_string();
        write!(self.control, "{}:{ask},", ask.len()).expect("baresip takes commands");
        let answer = self.messages.wait_for(Deadline::seconds(ANSWER_S), |line| {
            let message: Value = serde_json::from_str(line).ok()?;
            (message["token"] == *token).then_some(message)
        });
        let answer = answer.unwrap_or_else(|| {
            panic!("baresip does not answer {command}; it wrote {}", self.process.lines().text())
        });
        assert_eq!(answer["ok"], true, "baresip refuses {command} {parameters}: {answer}");
        answer["data"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits for the `count`-th event of this type, and returns it.
    ///
    /// # Panics
    /// It does not come.
    #[track_caller]
    pub fn event(&self, kind: &str, count: usize, seconds: u64) -> Value {
        let mut seen = 0;
        let found = self.messages.wait_for(Deadline::seconds(seconds), |line| {
            let message: Value = serde_json::from_str(line).ok()?;
            seen += usize::from(message["type"] == kind);
            (message["type"] == kind && seen == count).then_some(message)
        });
        let told = || self.messages.text();
        found.unwrap_or_else(|| panic!("no {kind} number {count} within {seconds} s:\n{}", told()))
    }

    /// How many events of this type there were.
    pub fn events(&self, kind: &str) -> usize {
        let all = self.messages.text();
        let of_kind = |line: &&str| {
            serde_json::from_str::<Value>(line).is_ok_and(|message| message["type"] == kind)
        };
        all.lines().filter(of_kind).count()
    }

    /// Waits until it is registered.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn registered(&mut self) {
        self.registration("OK");
    }

    /// Waits until its registration is refused.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    pub fn refused(&mut self) {
        self.registration("ERR");
    }

    /// Whoever connects late has missed the event, so this asks.
    #[track_caller]
    fn registration(&mut self, state: &str) {
        wait_until(&format!("the registration is {state}"), 15, || {
            let told = self.command("reginfo", "");
            told.contains(state).then_some(())
        });
    }

    /// Calls a number of its server and waits for the answer.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn call(&mut self, number: &str) {
        let answered = self.events("CALL_ESTABLISHED") + 1;
        self.command("dial", number);
        self.event("CALL_ESTABLISHED", answered, 20);
    }

    /// Waits for the `count`-th call that rings here and answers it; returns who calls.
    ///
    /// # Panics
    /// None rings.
    #[track_caller]
    pub fn answer(&mut self, count: usize) -> String {
        let call = self.event("CALL_INCOMING", count, 30);
        let answered = self.events("CALL_ESTABLISHED") + 1;
        self.command("accept", "");
        self.event("CALL_ESTABLISHED", answered, 10);
        call["peeruri"].as_str().unwrap_or_default().to_owned()
    }

    /// The dialog in which it last had an INVITE of its own answered (a call, or its hold), as a
    /// Replaces value names it to the box (RFC 3891): Call-ID, the box's tag, its own tag.
    ///
    /// # Panics
    /// There is none, or it does not trace.
    #[track_caller]
    pub fn dialog(&self) -> String {
        let text = self.process.lines().text();
        // The ACK of the newest answer has all of it.
        let found = text.rfind("\nACK sip:").and_then(|at| {
            let ack = &text[at..];
            let header = |name: &str| ack.lines().find_map(|line| line.strip_prefix(name));
            let tag = |value: &str| Some(value.split(";tag=").nth(1)?.trim().to_owned());
            let (ours, theirs) = (tag(header("From: ")?)?, tag(header("To: ")?)?);
            let call_id = header("Call-ID: ")?.trim();
            Some(format!("{call_id};to-tag={theirs};from-tag={ours}"))
        });
        found.unwrap_or_else(|| panic!("no answered call among what baresip wrote:\n{text}"))
    }

    /// Waits until this is among what it wrote.
    ///
    /// # Panics
    /// It is not in time.
    #[track_caller]
    pub fn wrote(&self, what: &str) {
        let lines = self.process.lines();
        let found = lines.wait_for(Deadline::seconds(10), |l| l.contains(what).then_some(()));
        found.unwrap_or_else(|| panic!("baresip never wrote {what:?}:\n{}", lines.text()));
    }

    /// Hangs up.
    #[track_caller]
    pub fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    /// Waits until the `count`-th of its calls is over.
    #[track_caller]
    pub fn ended(&self, count: usize) {
        self.event("CALL_CLOSED", count, 20);
    }

    /// Presses keys; they are sent as telephone-events.
    pub fn press(&self, keys: &str) {
        let console = (Ipv4Addr::LOCALHOST, self.port + CONSOLE);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        socket.send_to(keys.as_bytes(), console).expect("the console listens");
    }

    /// Everything heard in its calls that are over, in order.
    pub fn heard(&self) -> Vec<i16> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder is ours");
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        files.sort();
        let sounds = files.iter().filter_map(|path| wav::read(&std::fs::read(path).ok()?).ok());
        sounds.flat_map(|mut channels| channels.swap_remove(0)).collect()
    }
}

/// Netstrings as lines.
struct Messages {
    stream: BufReader<TcpStream>,
    line: Vec<u8>,
    read: usize,
}

impl Messages {
    fn new(stream: TcpStream) -> Self {
        Messages { stream: BufReader::new(stream), line: Vec::new(), read: 0 }
    }

    /// The next netstring, and an end of line after it.
    fn next(&mut self) -> std::io::Result<Vec<u8>> {
        let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidData);
        let (mut length, mut octet) = (0, [0]);
        loop {
            self.stream.read_exact(&mut octet)?;
            match octet[0] {
                b':' => break,
                digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
                _ => return Err(invalid()),
            }
            if length > MESSAGE_BYTES_MAX {
                return Err(invalid());
            }
        }
        let mut text = vec![0; length + 1];
        self.stream.read_exact(&mut text)?;
        text[length] = b'\n';
        Ok(text)
    }
}

impl Read for Messages {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.line.len() {
            match self.next() {
                Ok(line) => (self.line, self.read) = (line, 0),
                Err(_) => return Ok(0),
            }
        }
        let count = out.len().min(self.line.len() - self.read);
        out[..count].copy_from_slice(&self.line[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

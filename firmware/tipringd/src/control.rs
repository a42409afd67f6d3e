//! The control socket in the state folder: how `tipring` speaks to the running box.
//!
//! One connection carries one request: a line of JSON, followed by the raw bytes it announces
//! (speech, a configuration). The answer is lines of JSON, the last one with `done`, again
//! followed by the bytes it announces. Whoever may open the state folder may do everything, so
//! the socket is open to its owner alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::sim_faults::LineFaults;
use crate::sim_spans::{CalledWord, WireFault};

/// The most bytes that may follow a line: ten minutes of 16-bit speech.
pub const PAYLOAD_MAX: usize = 10 * 60 * 8000 * 2;
const LINE_MAX: u64 = 64 * 1024;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The configuration as TOML.
    ConfigExport,
    /// Replace the configuration by the payload.
    ConfigImport,
    /// The live state as JSON.
    Status,
    /// Make every derived table again from the event log.
    ReportsRebuild,
    /// Test an exchange line.
    LineTest {
        /// The line's label.
        line: String,
    },
    /// Learn an exchange line's release tone from the next call on it.
    LineLearn {
        /// The line's label.
        line: String,
    },
    /// Follow a span's D-channel: a line for each frame, and in the end a capture file.
    Trace {
        /// The span's name.
        span: String,
        /// For how long.
        for_ms: u64,
        /// In Chinese, and not in English.
        chinese: bool,
    },
    /// Something of the simulation.
    Sim {
        /// What.
        what: SimRequest,
    },
}

/// What may be asked of the simulated board, exchange and handsets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum SimRequest {
    /// What is wrong with the simulated lines, in words.
    Show,
    /// Make something wrong with a simulated line, or right again.
    Set {
        /// The line's label, or `all`.
        line: String,
        /// Whether it is made as it was at the start first.
        usual: bool,
        /// What it is to be like.
        faults: Box<LineFaults>,
    },
    /// Make calls over a simulated E1 span. The payload is the callers' speech, 16-bit little-endian
    /// samples at 8 kHz.
    E1 {
        /// The span's name.
        span: String,
        /// The number called, as the exchange sends it.
        to: String,
        /// The caller's number; restricted where `hidden`.
        from: Option<String>,
        /// Whether the caller's number may not be shown (CLIR).
        hidden: bool,
        /// How many calls at once.
        count: u8,
        /// What is done.
        acts: Acts,
    },
    /// What a simulated span's wire is like, and what becomes of the box's calls there. The payload
    /// is the called party's speech.
    E1Set {
        /// The span's name.
        span: String,
        /// Its fault as the box sees it.
        fault: Option<WireFault>,
        /// What becomes of calls.
        called: Option<CalledWord>,
    },
    /// Use a simulated handset. The payload is what is said, 16-bit little-endian samples at 8 kHz.
    Handset {
        /// The port's label.
        port: String,
        /// The number to dial; the handset waits to be rung without it.
        dial: Option<String>,
        /// What is done.
        acts: Acts,
    },
    /// Ring a simulated line. The payload is the caller's speech, 16-bit little-endian samples at
    /// 8 kHz.
    Call {
        /// The line's label.
        line: String,
        /// The caller's number.
        from: Option<String>,
        /// What is done.
        acts: Acts,
    },
}

/// What somebody simulated does in a call. Times are counted from the answer; at a handset that
/// dials, from when it has dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acts {
    /// Keys and when to press them, `R` for a handset's hook: `1@4s,R@6s`.
    pub keys: String,
    /// When to hang up, in milliseconds.
    pub duration_ms: u64,
    /// Whether to send back what was heard, of several callers by the first.
    pub hear: bool,
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// Something happened on the way.
    Progress {
        /// What, in words.
        text: String,
    },
    /// It is done; this many bytes follow.
    Done {
        /// Bytes that follow.
        payload: usize,
    },
    /// It could not be done.
    Failed {
        /// Why, and what to do.
        text: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    payload: usize,
    #[serde(flatten)]
    request: Request,
}

/// Where the socket lies in a state folder.
pub fn socket_path(state: &Path) -> PathBuf {
    state.join("control.sock")
}

/// Opens the control socket, in place of one that a killed box left behind.
///
/// # Errors
/// The folder cannot be written.
pub fn listen(state: &Path) -> anyhow::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let path = socket_path(state);
    if path.exists() {
        std::fs::remove_file(&path).with_context(|| format!("{}", path.display()))?;
    }
    let listener = UnixListener::bind(&path)
        .with_context(|| format!("the control socket {} cannot be made", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// One side's end of a connection.
pub struct Connection {
    stream: BufReader<UnixStream>,
}

impl Connection {
    /// Wraps a connected stream.
    pub fn new(stream: UnixStream) -> Self {
        Connection { stream: BufReader::new(stream) }
    }

    /// Connects to the running box.
    ///
    /// # Errors
    /// No box runs with this state folder.
    pub async fn open(state: &Path) -> anyhow::Result<Self> {
        let path = socket_path(state);
        let stream = UnixStream::connect(&path).await.with_context(|| {
            format!(
                "no box runs with the state folder {}; start one with ./box run, or name its folder with --state",
                state.display()
            )
        })?;
        Ok(Connection::new(stream))
    }

    async fn read_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        let n = (&mut self.stream).take(LINE_MAX).read_line(&mut line).await?;
        if n == 0 || !line.ends_with('\n') {
            bail!("the other side closed the connection");
        }
        Ok(line)
    }

    async fn read_payload(&mut self, length: usize) -> anyhow::Result<Vec<u8>> {
        if length > PAYLOAD_MAX {
            bail!("{length} bytes are too many; at most {PAYLOAD_MAX}");
        }
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        Ok(payload)
    }

    /// The box's side: reads the request and its payload.
    ///
    /// # Errors
    /// It is not one.
    pub async fn read_request(&mut self) -> anyhow::Result<(Request, Vec<u8>)> {
        let line = self.read_line().await?;
        let head: Head = serde_json::from_str(&line).context("not a request")?;
        let payload = self.read_payload(head.payload).await?;
        Ok((head.request, payload))
    }

    /// The client's side: sends the request and its payload.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn write_request(&mut self, request: Request, payload: &[u8]) -> anyhow::Result<()> {
        let head = Head { payload: payload.len(), request };
        self.write(&head, payload).await
    }

    /// The box's side: sends a line of the answer, and the bytes that `Done` announces.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn write_answer(&mut self, answer: &Answer, payload: &[u8]) -> anyhow::Result<()> {
        self.write(answer, payload).await
    }

    async fn write(&mut self, head: &impl Serialize, payload: &[u8]) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(head)?;
        line.push(b'\n');
        self.stream.write_all(&line).await?;
        self.stream.write_all(payload).await?;
        Ok(self.stream.flush().await?)
    }

    /// The client's side: reads the answer, handing each progress line to `progress`.
    ///
    /// # Errors
    /// What the box refused, in its words; or the connection broke.
    pub async fn read_answer(&mut self, mut progress: impl FnMut(&str)) -> anyhow::Result<Vec<u8>> {
        loop {
            let line = self.read_line().await?;
            match serde_json::from_str(&line).context("not an answer")? {
                Answer::Progress { text } => progress(&text),
                Answer::Done { payload } => return self.read_payload(payload).await,
                Answer::Failed { text } => bail!(text),
            }
        }
    }
}

/// Samples as they cross the socket: 16-bit little-endian.
pub fn samples_to_bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|s| s.to_le_bytes()).collect()
}

/// The samples of what crossed the socket; an odd byte at the end is dropped.
pub fn samples_from_bytes(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_answer_cross_the_socket() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (a, b) = UnixStream::pair().unwrap();
            let (mut client, mut server) = (Connection::new(a), Connection::new(b));
            client.write_request(Request::ConfigImport, b"x = 1\n").await.unwrap();
            let (request, payload) = server.read_request().await.unwrap();
            assert_eq!((request, payload.as_slice()), (Request::ConfigImport, &b"x = 1\n"[..]));
            let progress = Answer::Progress { text: "reading".into() };
            server.write_answer(&progress, &[]).await.unwrap();
            server.write_answer(&Answer::Done { payload: 2 }, b"ok").await.unwrap();
            let mut seen = Vec::new();
            let answer = client.read_answer(|t| seen.push(t.to_owned())).await.unwrap();
            assert_eq!((seen, answer), (vec!["reading".to_owned()], b"ok".to_vec()));
        });
    }

    #[test]
    fn garbage_and_too_much_are_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for line in
                ["{}\n", "garbage\n", "{\"payload\":999999999,\"request\":\"status\"}\n", ""]
            {
                let (mut a, b) = UnixStream::pair().unwrap();
                a.write_all(line.as_bytes()).await.unwrap();
                drop(a);
                assert!(Connection::new(b).read_request().await.is_err(), "{line:?}");
            }
        });
    }
}

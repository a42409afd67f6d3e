//! The box as a process: started, set up, watched.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The number that leads to a flow which answers and plays.
pub(super) const ANSWER: &str = "100";
/// The number that leads into the queue.
pub(super) const QUEUE: &str = "200";
/// The number that leads to a menu without a prompt; key 1 plays one.
pub(super) const DIGITS: &str = "300";
/// The password of every account.
pub(super) const SECRET: &str = "bench";
/// The first of the hundred accounts.
pub(super) const FIRST_ACCOUNT: u32 = 9000;

/// A running box.
pub(super) struct BoxUnderTest {
    process: Child,
    state: PathBuf,
    /// Where it speaks SIP.
    pub(super) sip: SocketAddr,
    /// The trunk's end: requests from here are the trunk's.
    pub(super) trunk: UdpSocket,
}

impl BoxUnderTest {
    /// Starts the box on `core`.
    pub(super) fn start(core: usize) -> Result<Self> {
        let state = std::env::temp_dir().join(format!("tipring-bench-{}", std::process::id()));
        std::fs::create_dir_all(state.join("prompts/en"))?;
        // A prompt that is loud from its first sample, so that its beginning can be seen.
        std::fs::write(state.join("prompts/en/greeting.wav"), tone_wav())?;
        let trunk = UdpSocket::bind("127.0.0.1:0")?;
        trunk.set_nonblocking(true)?;
        let (sip, http) = (free_address()?, free_address()?);
        let bin = std::env::current_exe()?;
        let folder = bin.parent().context("this program lies in a folder")?;
        let mut process = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .arg(folder.join("tipringd"))
            .args(["--sip", &sip.to_string(), "--http", &http.to_string()])
            .args(["--rtp", "30000-49999", "--state"])
            .arg(&state)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("tipringd lies beside this program: ./box bench builds both")?;
        let output = process.stdout.take().context("its output is piped")?;
        let ready =
            BufReader::new(output).lines().map_while(Result::ok).any(|l| l.contains("ready"));
        if !ready {
            bail!("the box did not start");
        }
        let config = state.join("bench.toml");
        std::fs::write(&config, configuration(trunk.local_addr()?))?;
        let imported = Command::new(folder.join("tipring"))
            .arg("--state")
            .arg(&state)
            .args(["config", "import"])
            .arg(&config)
            .stdout(Stdio::null())
            .status()?;
        if !imported.success() {
            bail!("the box did not take its configuration");
        }
        Ok(BoxUnderTest { process, state, sip, trunk })
    }

    /// Processor time used so far, in seconds: user and system.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The second field, the name, is in brackets and may hold anything.
        let rest = stat.rsplit(')').next().context("a process has a name")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        Ok(ticks / 100.0)
    }

    /// Resident memory, in kB.
    pub(super) fn rss_kb(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("VmRSS")?;
        Ok(line.split_whitespace().nth(1).context("a figure")?.parse()?)
    }
}

impl Drop for BoxUnderTest {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

fn free_address() -> Result<SocketAddr> {
    // Free for TCP and, as nobody else binds meanwhile, for UDP too.
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The documented sample, with this run's trunk in place of the sample's.
fn configuration(trunk: SocketAddr) -> String {
    include_str!("../../../../docs/samples/benchmark.toml")
        .replace("127.0.0.1:5080", &trunk.to_string())
}

/// 300 ms of 400 Hz in A-law, as a WAV file.
fn tone_wav() -> Vec<u8> {
    let samples: Vec<i16> = (0..2400)
        .map(|i| {
            (8000.0 * (f64::from(i) * 400.0 * std::f64::consts::TAU / 8000.0 + 1.0).sin()) as i16
        })
        .collect();
    tipring_sim::write_wav(&samples)
}

//! What the two programs are told on the command line.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::sim_faults::LineFaults;
use crate::sim_spans::{CalledWord, WireFault};

/// The box.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "tipringd",
    version,
    about = "Tipring: the box that answers, guides, queues, connects and records"
)]
pub struct DaemonOptions {
    /// Folder for everything the box keeps
    #[arg(long, value_name = "DIR", env = "TIPRING_STATE", default_value = "state")]
    pub state: PathBuf,
    /// Address of the web page
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080")]
    pub http: SocketAddr,
    /// Address for SIP, UDP and TCP
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:5060")]
    pub sip: SocketAddr,
    /// UDP ports for RTP and RTCP
    #[arg(long, value_name = "FIRST-LAST", default_value = "16384-17407", value_parser = port_range)]
    pub rtp: RangeInclusive<u16>,
    /// Folder of the board's description; the simulated board without it
    #[arg(long, value_name = "DIR")]
    pub board: Option<PathBuf>,
    /// Adds simulated callers and two agents who talk
    #[arg(long)]
    pub demo: bool,
    /// Seed of everything random in the simulation
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Core that the media thread is bound to
    #[arg(long, value_name = "CORE", hide = true)]
    pub media_core: Option<usize>,
}

/// The command that speaks to a running box.
#[derive(Parser, Clone, Debug)]
#[command(name = "tipring", version, about = "Speaks to the running box")]
pub struct ClientOptions {
    /// The box's state folder
    #[arg(long, value_name = "DIR", env = "TIPRING_STATE", default_value = "state", global = true)]
    pub state: PathBuf,
    /// What to do
    #[command(subcommand)]
    pub command: ClientCommand,
}

/// What `tipring` can do.
#[derive(Subcommand, Clone, Debug)]
pub enum ClientCommand {
    /// Read or replace the configuration
    Config {
        /// Which of the two
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Compare a board with what is on its buses
    Board {
        /// What to do
        #[command(subcommand)]
        what: BoardCommand,
    },
    /// Test an exchange line, or have it learn
    Line {
        /// What to do
        #[command(subcommand)]
        what: LineCommand,
    },
    /// Play the outside world on the simulated board
    Sim {
        /// What happens there
        #[command(subcommand)]
        what: SimCommand,
    },
    /// Test the timeslots of E1 spans under DAHDI; the box itself must not use them meanwhile
    Span {
        /// What to do
        #[command(subcommand)]
        what: SpanCommand,
    },
    /// Follow the D-channel of an E1 span in words
    Trace(Trace),
    /// Figures of queues, agents and lines
    Reports {
        /// What to do
        #[command(subcommand)]
        what: ReportsCommand,
    },
    /// Show lines, calls, queues and agents as they are now (JSON)
    Status,
}

/// What can be done with a board.
#[derive(Subcommand, Clone, Debug)]
pub enum BoardCommand {
    /// Say for each port what is there; the box itself should not run meanwhile
    Check {
        /// The board's folder; without it the simulated board
        #[arg(long, value_name = "DIR")]
        board: Option<PathBuf>,
    },
}

/// What can be done on an exchange line.
#[derive(Subcommand, Clone, Debug)]
pub enum LineCommand {
    /// Measure an idle line and say what is wrong with it, if anything
    Test {
        /// The line, as labelled on the board
        line: String,
    },
    /// Learn the tone by which the exchange releases the line: begin, call the line from a mobile,
    /// let the box answer, and hang up at the mobile
    Learn {
        /// The line, as labelled on the board
        line: String,
    },
}

/// What can be done with E1 spans under DAHDI.
#[derive(Subcommand, Clone, Debug)]
pub enum SpanCommand {
    /// Say for each span how it runs and what is wrong with it
    Show,
    /// Send a pattern (ITU-T O.150) through a timeslot that is looped at its far end, and count the
    /// bits that come back wrong
    Test(SpanChannel),
    /// Send back what a timeslot receives, for a test from its far end
    Loop(SpanChannel),
    /// Have the card itself loop a span, or end that; not every driver can
    Card {
        /// The span's number
        span: u16,
        /// What the card is to do
        test: CardTest,
    },
}

/// A timeslot under DAHDI.
#[derive(Args, Clone, Debug)]
pub struct SpanChannel {
    /// The channel's number
    pub channel: u16,
    /// It has signalling bits (R2), and is no B-channel
    #[arg(long)]
    pub cas: bool,
    /// For how long
    #[arg(long = "for", value_name = "TIME", default_value = "10s")]
    pub duration: String,
}

/// What a card does with a span.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardTest {
    /// Everything as in service
    Off,
    /// What we send comes back to us
    Local,
    /// What is received goes back as it came
    Remote,
    /// What is received goes back newly framed
    Payload,
    /// The card sends a pattern and looks for it
    Pattern,
}

/// Following a D-channel.
#[derive(Args, Clone, Debug)]
pub struct Trace {
    /// The span, by its name
    pub span: String,
    /// Where to write the frames, for Wireshark (pcap, link type LINUX_LAPD)
    #[arg(long, value_name = "FILE.pcap")]
    pub out: Option<PathBuf>,
    /// For how long
    #[arg(long = "for", value_name = "TIME", default_value = "60s")]
    pub duration: String,
    /// In Chinese
    #[arg(long)]
    pub chinese: bool,
}

/// The configuration as a file.
#[derive(Subcommand, Clone, Debug)]
pub enum ConfigCommand {
    /// Print the configuration (TOML, passwords included)
    Export,
    /// Replace the configuration; calls in progress go on
    Import {
        /// The TOML file
        file: PathBuf,
    },
}

/// What can be done with figures.
#[derive(Subcommand, Clone, Debug)]
pub enum ReportsCommand {
    /// Show the figures of the last days; the box need not run
    Show(ReportsShow),
    /// Make calls and figures again from the event log of the running box
    Rebuild,
}

/// Which figures.
#[derive(Args, Clone, Debug)]
pub struct ReportsShow {
    /// How many days, up to now
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// By what
    #[arg(long, value_enum, default_value_t = ReportSubject::Queue)]
    pub by: ReportSubject,
}

/// Whom figures are about.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportSubject {
    /// All together
    All,
    /// Each queue
    Queue,
    /// Each agent
    Agent,
    /// Each line
    Line,
    /// Each hour of the day
    Hour,
}

/// What the simulated exchange can be told.
#[derive(Subcommand, Clone, Debug)]
pub enum SimCommand {
    /// Ring a line as the street would
    Call(SimCall),
    /// Use a simulated handset: dial, or answer when it rings
    Handset(SimHandset),
    /// Make calls over a simulated E1 span
    E1(SimE1),
    /// Say what a simulated E1 span is to be like, and what becomes of the box's calls there
    E1Set(SimE1Set),
    /// Show what is wrong with the simulated lines
    Show,
    /// Make something wrong with a line, or right again; it stays so until the box stops
    Set(SimSet),
}

/// Which simulated line is to be like what.
#[derive(Args, Clone, Debug)]
pub struct SimSet {
    /// The line, as labelled on the board, or `all`
    #[arg(long, value_name = "LABEL")]
    pub line: String,
    /// As it was when the box started, before the rest is set
    #[arg(long)]
    pub usual: bool,
    /// What it is to be like.
    #[command(flatten)]
    pub faults: LineFaults,
}

/// Simulated callers over an E1 span.
#[derive(Args, Clone, Debug)]
pub struct SimE1 {
    /// The span, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    pub span: String,
    /// The number called, as the exchange sends it
    #[arg(long, value_name = "NUMBER")]
    pub to: String,
    /// The caller's number
    #[arg(long, value_name = "NUMBER")]
    pub from: Option<String>,
    /// The caller's number may not be shown
    #[arg(long)]
    pub hidden: bool,
    /// How many calls at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=31))]
    pub calls: u8,
    /// What the callers do; all speak alike, and what the first heard is kept.
    #[command(flatten)]
    pub conduct: Conduct,
}

/// What a simulated span is to be like.
#[derive(Args, Clone, Debug)]
pub struct SimE1Set {
    /// The span, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    pub span: String,
    /// What is wrong with what the box receives
    #[arg(long, value_enum)]
    pub fault: Option<WireFault>,
    /// What becomes of the box's calls
    #[arg(long, value_enum)]
    pub called: Option<CalledWord>,
    /// What the called party says, again and again: a WAV file, 8 kHz, mono, 16-bit
    #[arg(long, value_name = "WAV", requires = "called")]
    pub say: Option<PathBuf>,
}

/// One simulated caller.
#[derive(Args, Clone, Debug)]
pub struct SimCall {
    /// The line to ring, as labelled on the board
    #[arg(long, value_name = "LABEL")]
    pub line: String,
    /// The caller's number, shown by FSK between the first two rings
    #[arg(long, value_name = "NUMBER")]
    pub from: Option<String>,
    /// What the caller does.
    #[command(flatten)]
    pub conduct: Conduct,
}

/// What somebody simulated does in a call. Times are counted from the answer; at a handset that
/// dials, from when it has dialled.
#[derive(Args, Clone, Debug)]
pub struct Conduct {
    /// Speech: a WAV file, 8 kHz, mono, 16-bit; over an E1 and at a handset said again and again
    #[arg(long, value_name = "WAV")]
    pub say: Option<PathBuf>,
    /// A key and when to press it after the answer: 1@4s; R@4s presses a handset's hook (may be
    /// repeated)
    #[arg(long, value_name = "KEY@TIME")]
    pub press: Vec<String>,
    /// Where to keep what was heard
    #[arg(long, value_name = "WAV")]
    pub hear: Option<PathBuf>,
    /// When to hang up after the answer
    #[arg(long = "for", value_name = "TIME", default_value = "30s")]
    pub duration: String,
}

/// Somebody at a simulated handset.
#[derive(Args, Clone, Debug)]
pub struct SimHandset {
    /// The handset's port, as labelled on the board
    #[arg(long, value_name = "LABEL")]
    pub port: String,
    /// Lift it and dial; without this, it is answered when it rings
    #[arg(long, value_name = "NUMBER")]
    pub dial: Option<String>,
    /// What is done there.
    #[command(flatten)]
    pub conduct: Conduct,
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || format!("`{text}` is no range of ports; write it as 16384-17407");
    let (first, last) = text.split_once('-').ok_or_else(wrong)?;
    let (first, last): (u16, u16) =
        (first.trim().parse().map_err(|_| wrong())?, last.trim().parse().map_err(|_| wrong())?);
    if first < 1024 || last <= first {
        return Err(format!("`{text}`: the first port is at least 1024 and less than the last"));
    }
    Ok(first..=last)
}

/// A time as people write it: `4s`, `250ms`, `1.5s`, `2m`. In whole milliseconds, one hour at most.
///
/// # Errors
/// Says how to write it.
pub fn parse_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no time; write it as 4s, 250ms or 2m");
    let (number, unit_ms) = if let Some(n) = text.strip_suffix("ms") {
        (n, 1.0)
    } else if let Some(n) = text.strip_suffix('s') {
        (n, 1000.0)
    } else if let Some(n) = text.strip_suffix('m') {
        (n, 60_000.0)
    } else {
        return Err(wrong());
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let ms = number * unit_ms;
    if !(0.0..=3_600_000.0).contains(&ms) {
        return Err(format!("`{text}`: a time is from 0 to 60m"));
    }
    Ok(ms.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        use clap::CommandFactory;
        DaemonOptions::command().debug_assert();
        ClientOptions::command().debug_assert();
    }

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(parse_ms("4s"), Ok(4000));
        assert_eq!(parse_ms("250ms"), Ok(250));
        assert_eq!(parse_ms("1.5s"), Ok(1500));
        assert_eq!(parse_ms("2m"), Ok(120_000));
        for wrong in ["4", "s", "-1s", "9999m", "NaNs", "infs", ""] {
            assert!(parse_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn port_ranges() {
        assert_eq!(port_range("16384-17407"), Ok(16384..=17407));
        for wrong in ["1-2", "5000", "9000-8000", "a-b", "1024-70000"] {
            assert!(port_range(wrong).is_err(), "{wrong}");
        }
    }
}

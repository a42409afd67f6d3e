//! `setup`: what it costs to set up a call, and how long people wait for the box.
//!
//! The box itself, `tipringd`, runs as a process pinned to one core; the callers, agents and
//! phones are this process, pinned to the other, busily polling so that its own waking up is not
//! measured. Everything is real SIP and RTP over loopback.

mod calls;
mod digits;
mod process;
mod queue;
mod register;
mod sip;

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use process::BoxUnderTest;

/// The core of the box, and that of the load.
const BOX_CORE: usize = 0;
const LOAD_CORE: usize = 1;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Shorter runs: under a minute in all.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line.
    #[arg(long)]
    json: bool,
}

/// The figures, under the names by which they are compared.
#[derive(Serialize)]
struct Figures {
    cpu_ms_per_call: f64,
    calls_per_s: f64,
    rss_kb_before: u64,
    rss_kb_half: u64,
    rss_kb_after: u64,
    free_to_invite_p50_ms: f64,
    free_to_invite_p99_ms: f64,
    rfc4733_p50_ms: f64,
    rfc4733_p99_ms: f64,
    inband_p50_ms: f64,
    inband_p99_ms: f64,
    register_per_s: f64,
    register_cpu_ms: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    pin_to(LOAD_CORE)?;
    let seconds =
        |quick: u64, full: u64| Duration::from_secs(if options.quick { quick } else { full });
    let mut tested = BoxUnderTest::start(BOX_CORE)?;
    // Half of the full time is longer than SIP keeps finished transactions (32 s), so that memory
    // which still grows in the second half is lost, not kept.
    let set_ups = calls::run(&mut tested, seconds(8, 90))?;
    let [rss_before, rss_half, rss_after] = set_ups.rss_kb;
    println!(
        "call set-up     {:8.0} calls/s   {:.3} ms CPU a call   RSS {rss_before} → {rss_half} → {rss_after} kB   lost {}",
        set_ups.per_s, set_ups.cpu_ms, set_ups.lost
    );
    let registers = register::run(&mut tested, seconds(5, 15))?;
    println!(
        "REGISTER        {:8.0} a second  {:.3} ms CPU each (401 and 200, a new nonce each)",
        registers.per_s, registers.cpu_ms
    );
    let free = queue::run(&mut tested, if options.quick { 100 } else { 500 })?;
    print_delays("agent free → INVITE", &free);
    let events = digits::run(&mut tested, digits::Sort::Rfc4733, seconds(10, 40))?;
    print_delays("RFC 4733 digit end → prompt", &events);
    let tones = digits::run(&mut tested, digits::Sort::InBand, seconds(10, 40))?;
    print_delays("in-band digit start → prompt", &tones);
    if options.json {
        let figures = Figures {
            cpu_ms_per_call: set_ups.cpu_ms,
            calls_per_s: set_ups.per_s,
            rss_kb_before: rss_before,
            rss_kb_half: rss_half,
            rss_kb_after: rss_after,
            free_to_invite_p50_ms: free.percentile(50.0),
            free_to_invite_p99_ms: free.percentile(99.0),
            rfc4733_p50_ms: events.percentile(50.0),
            rfc4733_p99_ms: events.percentile(99.0),
            inband_p50_ms: tones.percentile(50.0),
            inband_p99_ms: tones.percentile(99.0),
            register_per_s: registers.per_s,
            register_cpu_ms: registers.cpu_ms,
        };
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

/// From an agent's becoming free to the next caller's INVITE at the agent's phone, in
/// milliseconds: p50 and p99.
pub(crate) fn free_to_invite(times: usize) -> Result<(f64, f64)> {
    pin_to(LOAD_CORE)?;
    let mut tested = BoxUnderTest::start(BOX_CORE)?;
    let free = queue::run(&mut tested, times)?;
    print_delays("agent free → INVITE", &free);
    Ok((free.percentile(50.0), free.percentile(99.0)))
}

fn pin_to(core: usize) -> Result<()> {
    let mut set = nix::sched::CpuSet::new();
    set.set(core)?;
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?;
    Ok(())
}

/// Delays, in milliseconds.
struct Delays(Vec<f64>);

impl Delays {
    fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
    }
}

fn print_delays(what: &str, delays: &Delays) {
    println!(
        "{what:30} p50 {:7.2} ms   p99 {:7.2} ms   max {:7.2} ms   ({} times)",
        delays.percentile(50.0),
        delays.percentile(99.0),
        delays.percentile(100.0),
        delays.0.len()
    );
}

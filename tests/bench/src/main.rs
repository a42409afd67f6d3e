//! `./box bench NAME`: what the box costs, measured on this machine.
//!
//! Every benchmark takes `--quick` (under a minute) and `--json` (one object on the last line).
//! Where a load is needed, the thing measured runs in a child process pinned to one processor and
//! the load comes from another; both are this program.

mod acd;
mod calls;
mod dtmf;
mod e1;
mod echo;
mod reports;
mod setup;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench", about = "Measures what the box costs")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Bridged, recorded SIP calls on one core, rising to the limit, and a bare relay as the floor.
    Calls(calls::Options),
    /// Call set-ups and registrations a second, and how long people wait for the box.
    Setup(setup::Options),
    /// What the DTMF detector hears and what it does not, beside SpanDSP's.
    Dtmf(dtmf::Options),
    /// The line echo canceller: G.168-style trials on eight hybrids, and processor time.
    Echo(echo::Options),
    /// 240 channels of eight E1 spans that talk, recorded, and ISDN call set-ups a second.
    E1(e1::Options),
    /// A year of events into the store, and figures of any period out of it.
    Reports(reports::Options),
    /// Queues: 10,000 callers who wait, 500 agents, and a branch's day of 5,000 calls.
    Acd(acd::Options),
    /// The part of `calls` that is measured.
    #[command(hide = true)]
    CallsChild(calls::child::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().benchmark {
        Benchmark::Calls(options) => calls::run(&options),
        Benchmark::Setup(options) => setup::run(&options),
        Benchmark::Dtmf(options) => dtmf::run(&options),
        Benchmark::Echo(options) => echo::run(&options),
        Benchmark::E1(options) => e1::run(&options),
        Benchmark::Reports(options) => reports::run(&options),
        Benchmark::Acd(options) => acd::run(&options),
        Benchmark::CallsChild(options) => calls::child::run(&options),
    }
}

//! `acd`: queues under load.
//!
//! Ten thousand callers wait, 500 agents talk. Again and again an agent's phone hangs up; measured
//! is the time inside the core, switch and flows included, until that phone is told to ring for
//! the next caller. Then the same on the wire, with the real program and real SIP, and at last a
//! branch's day of 5,000 calls under virtual time.

mod desk;

use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use desk::Desk;

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
    free_to_offer_p50_ms: f64,
    free_to_offer_p99_ms: f64,
    offers_per_s: f64,
    /// p99 of free → offer with a tenth, and with a hundredth, of the callers.
    free_to_offer_p99_ms_tenth: f64,
    free_to_offer_p99_ms_hundredth: f64,
    free_to_invite_p50_ms: f64,
    free_to_invite_p99_ms: f64,
    day_s: f64,
    day_calls: u64,
}

/// Callers who wait, and agents who serve them.
const WAITING: usize = 10_000;
const AGENTS: usize = 500;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

struct Offers {
    p50_ms: f64,
    p99_ms: f64,
    per_s: f64,
}

/// Frees agents, one after the other, and measures until the next caller is offered.
fn offers(waiting: usize, agents: usize, times: usize) -> Result<Offers> {
    let mut desk = Desk::new(waiting, agents)?;
    let mut delays = Vec::with_capacity(times);
    let mut inside = 0.0;
    for n in 0..times {
        let began = now();
        desk.free(n % agents)?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        delays.push(ms);
        inside += ms / 1000.0;
        let began = now();
        desk.answer_and_refill()?;
        inside += began.elapsed().as_secs_f64();
    }
    delays.sort_by(f64::total_cmp);
    let at = |share: f64| delays[((delays.len() as f64 * share) as usize).min(delays.len() - 1)];
    let offers = Offers { p50_ms: at(0.5), p99_ms: at(0.99), per_s: times as f64 / inside };
    println!(
        "{waiting:6} wait, {agents:3} agents   free → offer p50 {:.4} ms   p99 {:.4} ms   {:7.0} offers/s",
        offers.p50_ms, offers.p99_ms, offers.per_s
    );
    Ok(offers)
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let times = if options.quick { 5_000 } else { 50_000 };
    let hundredth = offers(WAITING / 100, AGENTS / 10, times)?;
    let tenth = offers(WAITING / 10, AGENTS / 2, times)?;
    let full = offers(WAITING, AGENTS, times)?;
    let (invite_p50, invite_p99) =
        crate::setup::free_to_invite(if options.quick { 100 } else { 500 })?;
    let began = now();
    let day = tipring_test_scenarios::branch_day(1);
    let day_s = began.elapsed().as_secs_f64();
    println!("{day}a day of {} calls in {day_s:.2} s", day.calls);
    if options.json {
        let figures = Figures {
            free_to_offer_p50_ms: full.p50_ms,
            free_to_offer_p99_ms: full.p99_ms,
            offers_per_s: full.per_s,
            free_to_offer_p99_ms_tenth: tenth.p99_ms,
            free_to_offer_p99_ms_hundredth: hundredth.p99_ms,
            free_to_invite_p50_ms: invite_p50,
            free_to_invite_p99_ms: invite_p99,
            day_s,
            day_calls: day.calls,
        };
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

//! How much processor time an event costs, and how long the pages' queries take on a full store:
//! `cargo run --release -p tipring-store --example throughput -- [CALLS]`.

#[path = "../tests/day/mod.rs"]
mod day;

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use tipring_clock::{Clock, RealClock};
use tipring_store::{CallFilter, Full, Reader, Store, StoreError};

/// Processor time of this process, microseconds.
fn cpu_us() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("a process may ask for its own usage");
    let us = |t: nix::sys::time::TimeVal| t.tv_sec() * 1_000_000 + t.tv_usec();
    us(usage.user_time()) + us(usage.system_time())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls: u64 = std::env::args().nth(1).map_or(Ok(50_000), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let clock = RealClock::start();
    let (store, _) = Store::open(dir.path(), clock.wall(), |_| None)?;
    let mut events_total = 0;
    let (mut cpu_total, mut wall) = (0, Duration::ZERO);
    for first in (1..=calls).step_by(10_000) {
        let events = day::day(first, first, 10_000.min(calls + 1 - first));
        events_total += events.len() as i64;
        let (cpu, began) = (cpu_us(), clock.now());
        for event in events {
            while store.log(event.clone()) == Err(Full) {
                store.flush()?;
            }
        }
        store.flush()?;
        cpu_total += cpu_us() - cpu;
        wall += clock.now() - began;
    }
    let size = std::fs::metadata(dir.path().join("tipring.db"))?.len();
    println!(
        "{calls} calls, {events_total} events: {:.1} us processor time an event, {:.1} us on the \
         clock, {} bytes of database a call",
        cpu_total as f64 / events_total as f64,
        wall.as_micros() as f64 / events_total as f64,
        size / calls
    );
    println!("{:?}", store.stats());
    queries(&store.reader(), &clock, calls)?;
    let began = clock.now();
    let count = store.rebuild()?;
    println!("rebuild of {count} events: {:?}", clock.now() - began);
    let began = clock.now();
    store.close()?;
    let (store, _) = Store::open(dir.path(), clock.wall(), |_| None)?;
    println!("close and open again: {:?}", clock.now() - began);
    Ok(store.close()?)
}

fn queries(
    reader: &Reader,
    clock: &RealClock,
    calls: u64,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = || CallFilter { limit: 50, ..CallFilter::default() };
    let one = format!("138{:08}", calls / 2);
    for (name, filter) in [
        ("the newest", filter()),
        ("one caller", CallFilter { number: Some(one.parse()?), ..filter() }),
        ("half of all callers", CallFilter { number: Some("138".parse()?), ..filter() }),
        ("one agent", CallFilter { agent: Some("1003".parse()?), ..filter() }),
        ("an agent nobody knows", CallFilter { agent: Some("77".parse()?), ..filter() }),
    ] {
        timed(clock, name, || reader.calls(&filter).map(|page| page.calls.len()))?;
    }
    let day = clock.wall();
    let noon = tipring_clock::WallTime::from_unix_micros(day::NOON_US);
    timed(clock, "one call", || reader.call(tipring_line::CallId(calls / 2)).map(|_| 1))?;
    let shift = noon.plus(Duration::from_secs(5 * 5_000));
    timed(clock, "counts of 5,000 calls", || reader.counts(noon, shift).map(|c| c.calls as usize))?;
    timed(clock, "counts of all", || reader.counts(noon, day).map(|c| c.calls as usize))
}

fn timed(
    clock: &RealClock,
    name: &str,
    query: impl Fn() -> Result<usize, StoreError>,
) -> Result<(), Box<dyn std::error::Error>> {
    // The first time is from a cold cache of prepared statements.
    query()?;
    let began = clock.now();
    let count = query()?;
    println!("{name}: {count} in {:?}", clock.now() - began);
    Ok(())
}

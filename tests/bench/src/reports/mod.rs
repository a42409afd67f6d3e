//! `reports`: how fast the store takes a year of events in, and how fast it answers from it.

mod year;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use tipring_clock::{Clock, Instant, RealClock, WallTime};
use tipring_events::{AgentId, QueueId};
use tipring_line::Disposition;
use tipring_store::{By, CallFilter, FigureQuery, Full, Reader, Step, Store, StoreError};

use year::{BEGAN_US, DAY_US, Year};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A tenth of the events: about a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line.
    #[arg(long)]
    json: bool,
    /// How many events there are.
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// Where the year is written; a folder under the system's for temporary files if none is named.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Keeps the year in this folder, and only asks where it is there already.
    #[arg(long, conflicts_with = "folder")]
    keep: Option<PathBuf>,
}

/// The times of one kind of question, milliseconds.
#[derive(Serialize)]
struct Answered {
    question: &'static str,
    rows: usize,
    p50_ms: f64,
    p99_ms: f64,
}

/// A year that was written, and how fast.
#[derive(Serialize, Deserialize)]
struct Written {
    events: u64,
    calls: u64,
    days: u64,
    events_per_s: f64,
    disk_bytes_per_call: f64,
}

#[derive(Serialize)]
struct Figures {
    events: u64,
    calls: u64,
    days: u64,
    events_per_s: f64,
    disk_bytes_per_call: f64,
    store_bytes_per_call: f64,
    /// Not where a kept year was only asked.
    rebuild_s: Option<f64>,
    slowest_p99_ms: f64,
    answers: Vec<Answered>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let clock = RealClock::start();
    let wanted = if options.quick { options.events / 10 } else { options.events };
    let figures = match &options.keep {
        Some(kept) => measure(&clock, kept, wanted)?,
        None => {
            let place = options.folder.clone().unwrap_or_else(std::env::temp_dir);
            let dir = place.join(format!("tipring-bench-{}", std::process::id()));
            let measured = measure(&clock, &dir, wanted);
            std::fs::remove_dir_all(&dir)?;
            measured?
        }
    };
    print(&figures);
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

/// The file beside a kept year that tells of it.
const WRITTEN_FILE: &str = "written.json";

fn measure(clock: &RealClock, dir: &Path, wanted: u64) -> Result<Figures> {
    std::fs::create_dir_all(dir).with_context(|| format!("{}", dir.display()))?;
    let (store, _) = Store::open(dir, WallTime::from_unix_micros(BEGAN_US), |_| None)?;
    let kept = dir.join(WRITTEN_FILE);
    let (written, fresh) = match std::fs::read(&kept) {
        Ok(json) => (serde_json::from_slice(&json)?, false),
        Err(_) => (write(clock, &store, wanted)?, true),
    };
    std::fs::write(&kept, serde_json::to_vec(&written)?)?;
    let Written { events, calls, days, .. } = written;
    let size = std::fs::metadata(dir.join("tipring.db"))?.len();
    let answers = ask(clock, &store.reader(), days, calls)?;
    let rebuild_s = match fresh {
        true => {
            let began = clock.now();
            store.rebuild()?;
            Some(seconds(began, clock.now()))
        }
        false => None,
    };
    store.close()?;
    Ok(Figures {
        events,
        calls,
        days,
        events_per_s: written.events_per_s,
        disk_bytes_per_call: written.disk_bytes_per_call,
        store_bytes_per_call: size as f64 / calls as f64,
        rebuild_s,
        slowest_p99_ms: answers.iter().map(|a| a.p99_ms).fold(0.0, f64::max),
        answers,
    })
}

fn write(clock: &RealClock, store: &Store, wanted: u64) -> Result<Written> {
    let mut year = Year::new(1);
    let (mut events, mut days, mut took) = (0, 0, Duration::ZERO);
    let before = disk_bytes()?;
    while events < wanted {
        // Making the day up is not what is measured.
        let day = year.next_day();
        (events, days) = (events + day.len() as u64, days + 1);
        let began = clock.now();
        for event in day {
            while store.log(event.clone()) == Err(Full) {
                store.flush()?;
            }
        }
        store.flush()?;
        took += clock.now() - began;
    }
    let calls = year.calls();
    eprintln!("{events} events of {days} days written");
    Ok(Written {
        events,
        calls,
        days,
        events_per_s: events as f64 / took.as_secs_f64(),
        disk_bytes_per_call: (disk_bytes()? - before) as f64 / calls as f64,
    })
}

fn seconds(from: Instant, to: Instant) -> f64 {
    (to - from).as_secs_f64()
}

/// What this process has had written to the disk so far.
fn disk_bytes() -> Result<u64> {
    let io = std::fs::read_to_string("/proc/self/io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.context("/proc/self/io has no write_bytes")?.parse().context("write_bytes")
}

/// A question about figures: how many days, whom, in which steps.
const QUESTIONS: [(&str, i64, By, Step); 14] = [
    ("today", 0, By::All, Step::Whole),
    ("today by queue", 0, By::Queue, Step::Whole),
    ("today by agent", 0, By::Agent, Step::Whole),
    ("a day by queue and quarter hour", 1, By::Queue, Step::Quarter),
    ("a month by queue and day", 30, By::Queue, Step::Day),
    ("a month by agent", 30, By::Agent, Step::Whole),
    ("90 days by agent", 90, By::Agent, Step::Whole),
    ("90 days by queue and day", 90, By::Queue, Step::Day),
    ("90 days by queue and hour of the day", 90, By::Queue, Step::HourOfDay),
    ("90 days by agent and hour of the day", 90, By::Agent, Step::HourOfDay),
    ("a year by agent", 330, By::Agent, Step::Whole),
    ("a year by queue and hour of the day", 330, By::Queue, Step::HourOfDay),
    ("a year by line and month", 330, By::Line, Step::Month),
    ("a year by week", 330, By::All, Step::Week),
];

/// Narrows a list of calls, given how many days there are.
type Narrow = fn(&mut SmallRng, i64, &mut CallFilter);

const LISTS: [(&str, Narrow); 17] = [
    ("calls: the newest", |_, _, _| {}),
    ("calls: of a week long ago", |rng, days, f| {
        let day = rng.random_range(7..days);
        (f.from, f.to) = (Some(time((day - 7) * DAY_US)), Some(time(day * DAY_US)));
    }),
    ("calls: one customer", |rng, _, f| f.number = Some(year::customer(rng.random()))),
    ("calls: half of all customers", |_, _, f| f.number = "138".parse().ok()),
    ("calls: a quarter of all customers", |_, _, f| f.number = "1380002".parse().ok()),
    ("calls: every fortieth customer", |_, _, f| f.number = "13800012".parse().ok()),
    ("calls: ten customers", |_, _, f| f.number = "1380001234".parse().ok()),
    ("calls: numbers that end in two digits", |_, _, f| f.number_end = "42".parse().ok()),
    ("calls: numbers that end in four digits", |rng, _, f| {
        f.number_end = format!("{:04}", rng.random_range(0..10_000)).parse().ok();
    }),
    ("calls: a number nobody has", |_, _, f| f.number = "139".parse().ok()),
    ("calls: one agent", |_, _, f| f.agent = "1003".parse().ok()),
    ("calls: an agent on a day long ago", |rng, days, f| {
        f.agent = "1003".parse().ok();
        f.to = Some(time(rng.random_range(1..days) * DAY_US));
    }),
    ("calls: an agent nobody knows", |_, _, f| f.agent = "77".parse().ok()),
    ("calls: a supervisor's two queues", |_, _, f| {
        f.within = Some((vec![QueueId(1), QueueId(2)], (1..=6).map(AgentId).collect()));
    }),
    ("calls: a supervisor whose queue had none", |_, _, f| {
        f.within = Some((vec![QueueId(99)], vec![AgentId(99)]));
    }),
    ("calls: those given up", |_, _, f| f.disposition = Some(Disposition::Abandoned)),
    ("calls: a disposition that never was", |_, _, f| {
        f.disposition = Some(Disposition::Vacant);
    }),
];

fn time(us: i64) -> WallTime {
    WallTime::from_unix_micros(BEGAN_US + us)
}

fn ask(clock: &RealClock, reader: &Reader, days: u64, calls: u64) -> Result<Vec<Answered>> {
    let mut rng = SmallRng::seed_from_u64(2);
    let mut answers = Vec::new();
    let end = days as i64;
    for (question, length, by, step) in QUESTIONS {
        answers.push(timed(clock, question, || {
            // Any days, cut anywhere on a quarter hour.
            let quarter = rng.random_range(0..96) * 900_000_000;
            let first = rng.random_range(0..=(end - length).max(0));
            let (from, to) = match length {
                0 => ((end - 1) * DAY_US, end * DAY_US),
                _ => (first * DAY_US + quarter, (first + length) * DAY_US + quarter),
            };
            let (from, to, now) = (time(from), time(to), time(end * DAY_US));
            let query = FigureQuery { from, to, now, by, step, ..Default::default() };
            reader.figures(&query).map(|rows| rows.len())
        })?);
    }
    for (question, narrow) in LISTS {
        answers.push(timed(clock, question, || {
            let mut filter = CallFilter { limit: 50, ..CallFilter::default() };
            narrow(&mut rng, end, &mut filter);
            reader.calls(&filter).map(|page| page.calls.len())
        })?);
    }
    let mut rng = SmallRng::seed_from_u64(3);
    answers.push(timed(clock, "one call", || {
        let call = tipring_line::CallId(rng.random_range(1..=calls));
        reader.call(call).map(|call| usize::from(call.is_some()))
    })?);
    answers.push(timed(clock, "an agent's history", || {
        reader.agent_history(AgentId(3), 100).map(|rows| rows.len())
    })?);
    Ok(answers)
}

/// How often each question is asked.
const TIMES: usize = 100;

fn timed(
    clock: &RealClock,
    question: &'static str,
    mut ask: impl FnMut() -> Result<usize, StoreError>,
) -> Result<Answered> {
    let (mut times, mut rows) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let began = clock.now();
        rows = ask()?;
        times.push(seconds(began, clock.now()) * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let (p50_ms, p99_ms) = (times[TIMES / 2], times[TIMES * 99 / 100]);
    Ok(Answered { question, rows, p50_ms, p99_ms })
}

fn print(figures: &Figures) {
    let Figures { events, calls, days, .. } = figures;
    println!("{events} events, {calls} calls, {days} days");
    println!(
        "written: {:.0} events/s, {:.0} bytes to the disk a call, {:.0} bytes kept a call",
        figures.events_per_s, figures.disk_bytes_per_call, figures.store_bytes_per_call
    );
    if let Some(rebuild_s) = figures.rebuild_s {
        println!("made again from the log: {rebuild_s:.1} s");
    }
    println!("{:<44}{:>7}{:>10}{:>10}", "question", "rows", "p50 ms", "p99 ms");
    for answer in &figures.answers {
        let Answered { question, rows, p50_ms, p99_ms } = answer;
        println!("{question:<44}{rows:>7}{p50_ms:>10.2}{p99_ms:>10.2}");
    }
}

//! All channels talk, in real time.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Clock, Duration, Instant, RealClock};
use tipring_line::{CallerId, ChannelCommand, ChannelEvent, ChannelId};
use tipring_media::recorder::thread as recorder;
use tipring_media::thread::{self, ThreadConfig};
use tipring_media::{
    Control, LATENESS_BUCKETS_US, MediaConfig, MediaEvent, MetricsSnapshot, RecordingId,
};
use tipring_sim::{CallPlan, SpanFaults, Speech, span};
use tipring_test_scenarios::span_entry;
use tipring_tipringd::spans::{BChannel, FarEnd, SpanPlan, Spans, plan, well};

use super::cpu;

const SPANS: u8 = 8;
const TICK: Duration = Duration::from_millis(20);
/// How long all calls may take to come up.
const UP: Duration = Duration::from_secs(20);
/// When each caller presses a key, after the answer.
const KEY: &str = "5@12s";

/// What was measured.
pub(super) struct Talked {
    pub(super) channels: u32,
    pub(super) seconds: f64,
    pub(super) media_s: f64,
    pub(super) recorder_s: f64,
    pub(super) core_s: f64,
    pub(super) late_p99_ms: f64,
    pub(super) late_max_ms: f64,
    pub(super) ticks_missed: u64,
    pub(super) keys_pressed: u32,
    pub(super) keys_heard: u32,
}

/// The box's side: what the core thread does, less the calls' logic.
struct Near {
    control: Control,
    spans: Spans,
    up: Vec<ChannelId>,
    keys_heard: u32,
}

impl Near {
    /// Answers what comes in; every two that talk are joined and recorded.
    fn turn(&mut self, now: Instant, folder: &Path) -> Result<()> {
        self.spans.handle_timeout(now);
        while let Some((channel, event)) = self.spans.poll_output() {
            if matches!(event, ChannelEvent::Offered { .. }) {
                self.spans.command(now, channel, &ChannelCommand::Answer);
                self.up.push(channel);
                self.control.detect(channel, true);
                if let [.., a, b] = self.up[..]
                    && self.up.len().is_multiple_of(2)
                {
                    let id = RecordingId(self.up.len() as u64);
                    self.control.bridge(a, b);
                    self.control.record(id, folder.join(format!("{}.wav", id.0)))?;
                    self.control.record_sides(id, Some(a), &[b]);
                }
            }
        }
        self.control.clear_wake();
        while let Some(event) = self.control.poll_event() {
            if matches!(event, MediaEvent::Channel(_, ChannelEvent::Digit { .. })) {
                self.keys_heard += 1;
            }
        }
        self.control.flush();
        Ok(())
    }
}

/// Noise in syllables: speech's level and pauses, without anybody's voice.
fn speech() -> Speech {
    let mut random = SmallRng::seed_from_u64(1);
    let sample = |n: usize| {
        let syllable = (std::f64::consts::TAU * 4.0 * n as f64 / 8000.0).sin().max(0.0);
        (syllable * 3000.0 * random.random_range(-1.0..1.0)) as i16
    };
    Speech::from_samples(&(0..8 * 8000).map(sample).collect::<Vec<_>>())
}

pub(super) fn measure(seconds: u64) -> Result<Talked> {
    let folder = std::env::temp_dir().join(format!("tipring-bench-e1-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let clock = RealClock::start();
    // The box's part has a thread of its own, so that its time is known by its name.
    let talk = || -> Result<Talked> {
        std::thread::scope(|scope| {
            let core = std::thread::Builder::new().name("core".to_owned());
            let core = core.spawn_scoped(scope, || talk(&clock, &folder, seconds))?;
            core.join().map_err(|_| anyhow::anyhow!("the bench's core thread panicked"))?
        })
    };
    let talked = talk();
    std::fs::remove_dir_all(&folder)?;
    talked
}

fn talk(clock: &RealClock, folder: &Path, seconds: u64) -> Result<Talked> {
    let config = MediaConfig { recordings_max: 160, ..MediaConfig::default() };
    let (mut control, engine, record) = tipring_media::open(&config)?;
    let (mut spans, mut far) = (Spans::new(), Vec::new());
    for index in 0..SPANS {
        far.push(add(clock.now(), index, &mut spans, &mut control)?);
    }
    let shared: Arc<RealClock> = Arc::new(clock.clone());
    let media = thread::spawn(engine, ThreadConfig::default(), shared.clone())?;
    let recorder = recorder::spawn(record, folder, shared)?;
    let (stop, called) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut core = Near { control, spans, up: Vec::new(), keys_heard: 0 };
    let measured = std::thread::scope(|scope| {
        let street = std::thread::Builder::new().name("street".to_owned());
        street.spawn_scoped(scope, || walk(clock, &mut far, &called, &stop))?;
        let measured = follow(clock, folder, seconds, &mut core, &called);
        stop.store(true, Ordering::Relaxed);
        measured
    });
    drop(media);
    drop(recorder);
    measured
}

/// One span, its channels attached; gives its far end.
fn add(now: Instant, index: u8, spans: &mut Spans, control: &mut Control) -> Result<FarEnd> {
    let mut entry = span_entry("");
    entry.name = format!("e1-{}", index + 1);
    let plan = plan(&entry, Path::new("none"))?;
    let SpanPlan::Isdn(settings) = &plan else { anyhow::bail!("the span is ISDN") };
    let (near, far, _) = span(SpanFaults::default(), u64::from(index));
    for timeslot in near.timeslots {
        let number = timeslot.number();
        if entry.channels() >> number & 1 == 1 {
            let channel = ChannelId::of_span(index, number);
            control.attach(channel, Box::new(BChannel::new(timeslot)))?;
        }
    }
    let hardware = Box::new(near.span);
    spans.add(now, hardware, Some((**settings).clone()), well(&entry, u16::from(index) + 1));
    Ok(FarEnd::new(now, far, &plan, entry.channels()))
}

/// The street: calls in on every channel, and talks.
fn walk(clock: &RealClock, far: &mut [FarEnd], called: &AtomicBool, stop: &AtomicBool) {
    let mut due = clock.now() + TICK;
    let say = speech();
    while !stop.load(Ordering::Relaxed) {
        let now = clock.now();
        if now < due {
            std::thread::park_timeout(due - now);
            continue;
        }
        due += TICK;
        if !called.load(Ordering::Relaxed) && far.iter().all(FarEnd::is_up) {
            for end in far.iter_mut() {
                let plan = CallPlan {
                    caller: CallerId::default(),
                    say: Some(say.clone()),
                    repeat: true,
                    keys: KEY.parse().unwrap_or_default(),
                    ..CallPlan::default()
                };
                let number = "8001".parse().expect("this is a number");
                while end.call(now, number, plan.clone()).is_some() {}
            }
            called.store(true, Ordering::Relaxed);
        }
        for end in far.iter_mut() {
            end.tick(now);
            while end.poll_event().is_some() {}
        }
    }
}

/// The core thread until all has been measured.
fn follow(
    clock: &RealClock,
    folder: &Path,
    seconds: u64,
    core: &mut Near,
    called: &AtomicBool,
) -> Result<Talked> {
    let expected = u32::from(SPANS) * 30;
    let began = clock.now();
    while core.up.len() < expected as usize {
        ensure!(clock.now() < began + UP, "only {} calls came up", core.up.len());
        turn(clock, folder, core)?;
    }
    ensure!(called.load(Ordering::Relaxed), "the street has called");
    let settled = clock.now() + Duration::from_secs(2);
    while clock.now() < settled {
        turn(clock, folder, core)?;
    }
    let (from, before, ticks) = (clock.now(), cpu::by_thread()?, core.control.metrics().snapshot());
    while clock.now() < from + Duration::from_secs(seconds) {
        turn(clock, folder, core)?;
    }
    let (to, after, done) = (clock.now(), cpu::by_thread()?, core.control.metrics().snapshot());
    let used = |name| cpu::between(&before, &after, name);
    Ok(Talked {
        channels: expected,
        seconds: (to - from).as_secs_f64(),
        media_s: used("media"),
        recorder_s: used("media-record") + used("media-flush"),
        core_s: used("core"),
        late_p99_ms: late_p99_ms(&ticks, &done),
        late_max_ms: done.tick_lateness_us_max as f64 / 1000.0,
        ticks_missed: done.ticks_missed - ticks.ticks_missed,
        keys_pressed: expected,
        keys_heard: core.keys_heard,
    })
}

fn turn(clock: &RealClock, folder: &Path, core: &mut Near) -> Result<()> {
    let now = clock.now();
    match core.spans.poll_timeout() {
        Some(due) if due > now => std::thread::park_timeout(due - now),
        _ => {}
    }
    core.turn(clock.now(), folder)
}

/// The upper end of the class into which the 99th of 100 ticks falls.
fn late_p99_ms(before: &MetricsSnapshot, after: &MetricsSnapshot) -> f64 {
    let classes = after.tick_lateness.iter().zip(&before.tick_lateness).map(|(a, b)| a - b);
    let classes: Vec<u64> = classes.collect();
    let enough = classes.iter().sum::<u64>() * 99 / 100;
    let mut seen = 0;
    for (count, upper_us) in classes.iter().zip(LATENESS_BUCKETS_US) {
        seen += count;
        if seen >= enough {
            return upper_us as f64 / 1000.0;
        }
    }
    after.tick_lateness_us_max as f64 / 1000.0
}

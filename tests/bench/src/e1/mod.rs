//! `e1`: eight simulated spans whose 240 channels talk through the box in pairs, each with DTMF
//! detection, each pair recorded, in real time; and how many ISDN calls can be set up a second.
//!
//! The exchange at the far ends runs in a thread of its own, whose time is not counted.

mod cpu;
mod setups;
mod talk;

use anyhow::Result;
use serde::Serialize;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A shorter talk and fewer calls: under a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line.
    #[arg(long)]
    json: bool,
}

/// The figures, under the names by which they are compared.
#[derive(Serialize)]
struct Figures {
    channels: u32,
    /// Of one processor, by the media thread, the recorder and the signalling together.
    cpu_pct_per_channel: f64,
    media_pct_per_channel: f64,
    recorder_pct_per_channel: f64,
    signalling_pct_per_channel: f64,
    /// The upper end of the class of lateness that the 99th of 100 ticks falls into.
    tick_late_p99_ms: f64,
    tick_late_max_ms: f64,
    ticks_missed: u64,
    keys_pressed: u32,
    keys_heard: u32,
    setups_per_s: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let talked = talk::measure(if options.quick { 15 } else { 60 })?;
    let setups = setups::measure(if options.quick { 1_000 } else { 10_000 })?;
    let channels = f64::from(talked.channels);
    let share = |seconds: f64| 100.0 * seconds / talked.seconds / channels;
    let figures = Figures {
        channels: talked.channels,
        cpu_pct_per_channel: share(talked.media_s + talked.recorder_s + talked.core_s),
        media_pct_per_channel: share(talked.media_s),
        recorder_pct_per_channel: share(talked.recorder_s),
        signalling_pct_per_channel: share(talked.core_s),
        tick_late_p99_ms: talked.late_p99_ms,
        tick_late_max_ms: talked.late_max_ms,
        ticks_missed: talked.ticks_missed,
        keys_pressed: talked.keys_pressed,
        keys_heard: talked.keys_heard,
        setups_per_s: setups.per_s,
    };
    println!(
        "{} channels of eight spans talk in pairs for {:.0} s, recorded, with DTMF detection: \
         {:.4} CPU-seconds a call-second ({:.3} % of a processor a channel: media {:.3}, recorder \
         {:.3}, signalling {:.3}).",
        figures.channels,
        talked.seconds,
        figures.cpu_pct_per_channel / 50.0,
        figures.cpu_pct_per_channel,
        figures.media_pct_per_channel,
        figures.recorder_pct_per_channel,
        figures.signalling_pct_per_channel
    );
    println!(
        "Ticks: 99 of 100 at most {} ms late, the latest {:.2} ms, {} missed. Keys: {} of {} heard.",
        figures.tick_late_p99_ms,
        figures.tick_late_max_ms,
        figures.ticks_missed,
        figures.keys_heard,
        figures.keys_pressed
    );
    println!(
        "ISDN: {} calls set up, answered and released, both ends and the core on one processor: \
         {:.0} a second.",
        setups.calls, figures.setups_per_s
    );
    if options.json {
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

//! `echo`: the line echo canceller on simulated lines, in the manner of ITU-T G.168's tests, and
//! what it costs.
//!
//! Echo is told from everything else by a twin of the line that has the same noise and the same
//! near end but no echo.

mod cost;
#[path = "../../../../drivers/dsp/tests/echo_line/mod.rs"]
mod echo_line;
mod suppression;
mod trials;

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;

use self::echo_line::HYBRIDS;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Shorter signals: under a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line, or into this file.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    json: Option<Option<PathBuf>>,
}

/// The figures, under the names by which they are compared.
#[derive(Serialize)]
struct Figures {
    us_per_frame_512: f64,
    us_per_frame_512_first_two_seconds: f64,
    us_per_frame_512_portable: f64,
    us_per_frame_256: f64,
    us_per_frame_256_portable: f64,
    /// Mean over all hybrids and talks; never reached counts as the length of the talk.
    erle20_s_speech_512: f64,
    erle20_s_speech_512_median: f64,
    erle20_s_speech_512_worst: f64,
    /// The same mean in time with echo: pauses of the speech do not count.
    erle20_s_speech_512_active: f64,
    diverged: u32,
    /// Echo of speech behind canceller and suppressor, noise included, and without the suppressor.
    suppressed_dbm0: f32,
    cancelled_dbm0: f32,
    comfort_noise_off_db: f32,
    near_lost_db: f32,
    near_clipped_pct: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (mut speech_s, mut active_s) = (Vec::new(), Vec::new());
    let mut diverged = 0;
    trials::head();
    for hybrid in &HYBRIDS {
        let row = trials::row(hybrid, options.quick);
        row.print(hybrid);
        speech_s.extend(&row.speech_s);
        active_s.extend(&row.active_s);
        diverged += row.diverged;
    }
    trials::legend();
    speech_s.sort_by(f64::total_cmp);
    let [mean, active] =
        [&speech_s, &active_s].map(|times| times.iter().sum::<f64>() / times.len() as f64);
    let (median, worst) = (speech_s[speech_s.len() / 2], speech_s[speech_s.len() - 1]);
    println!(
        "20 dB on speech at −16 dBm0, 512 taps: mean {mean:.2} s, median {median:.2} s, worst \
         {worst:.2} s of {} talks; mean in time with echo {active:.2} s; diverged {diverged} times.",
        speech_s.len()
    );
    let behind = suppression::measure();
    println!(
        "Suppressor, line noise −62 dBm0: echo of speech at most {:.1} dBm0, without it {:.1}; \
         comfort noise {:+.1} dB off; near speech in double talk loses at most {:.2} dB, {:.2} % \
         of it more than 3 dB.",
        behind.left_dbm0,
        behind.left_without_dbm0,
        behind.comfort_off_db,
        behind.near_lost_db,
        behind.near_clipped_pct
    );
    let cost = cost::measure(options.quick);
    println!(
        "CPU a frame of 20 ms, speech: 512 taps {:.2} µs ({:.2} in the first two seconds of \
         sound), 256 taps {:.2} µs; without AVX2 {:.2} and {:.2} µs.",
        cost.long, cost.long_first, cost.short, cost.long_portable, cost.short_portable
    );
    if let Some(file) = &options.json {
        let json = serde_json::to_string(&Figures {
            us_per_frame_512: cost.long,
            us_per_frame_512_first_two_seconds: cost.long_first,
            us_per_frame_512_portable: cost.long_portable,
            us_per_frame_256: cost.short,
            us_per_frame_256_portable: cost.short_portable,
            erle20_s_speech_512: mean,
            erle20_s_speech_512_median: median,
            erle20_s_speech_512_worst: worst,
            erle20_s_speech_512_active: active,
            diverged,
            suppressed_dbm0: behind.left_dbm0,
            cancelled_dbm0: behind.left_without_dbm0,
            comfort_noise_off_db: behind.comfort_off_db,
            near_lost_db: behind.near_lost_db,
            near_clipped_pct: behind.near_clipped_pct,
        })?;
        match file {
            Some(path) => std::fs::write(path, json + "\n")
                .with_context(|| format!("cannot write {}", path.display()))?,
            None => println!("{json}"),
        }
    }
    Ok(())
}

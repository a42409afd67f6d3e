//! `dtmf`: what our detector hears and what it does not, beside SpanDSP's plain one, which hears
//! the very same sounds.

mod ears;
mod mitel;
mod noise;
mod q24;
mod signal;
mod speech;
mod speed;
mod talkoff;

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

/// Options of `dtmf`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Fewer digits: under a minute.
    #[arg(long)]
    quick: bool,
    /// One JSON object on the last line.
    #[arg(long)]
    json: bool,
    /// Where the packages with speech are unpacked, if not in the system.
    #[arg(long, default_value = "/")]
    speech_root: PathBuf,
}

/// The figures, under the names by which they are compared.
#[derive(Serialize)]
struct Figures {
    false_digits: usize,
    spandsp_false_digits: usize,
    speech_min: f64,
    spandsp_speech_min: f64,
    ok_pct_freq_1_5: f64,
    spandsp_ok_pct_freq_1_5: f64,
    ok_pct_twist: f64,
    spandsp_ok_pct_twist: f64,
    ok_pct_snr_10db: f64,
    spandsp_ok_pct_snr_10db: f64,
    ns_per_frame: f64,
    spandsp_ns_per_frame: f64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let speech = speech::load(&options.speech_root)?;
    let q24 = q24::run(options.quick)?;
    mitel::run()?;
    let talkoff = talkoff::run(&speech)?;
    talkoff::run_other_voices(&speech, options.quick)?;
    if let Some(prompts) = speech.last() {
        talkoff::run_echo(prompts)?;
    }
    let ns = speed::run(&speech, options.quick)?;
    if options.json {
        let [false_digits, spandsp_false_digits] = talkoff.false_digits;
        let [ok_pct_freq_1_5, spandsp_ok_pct_freq_1_5] = q24.freq_1_5;
        let [ok_pct_twist, spandsp_ok_pct_twist] = q24.twist;
        let [ok_pct_snr_10db, spandsp_ok_pct_snr_10db] = q24.snr_10db;
        let [ns_per_frame, spandsp_ns_per_frame] = ns;
        let figures = Figures {
            false_digits,
            spandsp_false_digits,
            speech_min: talkoff.minutes,
            spandsp_speech_min: talkoff.minutes,
            ok_pct_freq_1_5,
            spandsp_ok_pct_freq_1_5,
            ok_pct_twist,
            spandsp_ok_pct_twist,
            ok_pct_snr_10db,
            spandsp_ok_pct_snr_10db,
            ns_per_frame,
            spandsp_ns_per_frame,
        };
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

//! Bring-up of an analog card: what answers on an SPI device, and whether the PCM carries samples.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use tipring_clock::{Duration, Instant};
use tipring_daa::pcm::{AudioLink, Pace};
use tipring_daa::{
    ChipSelect, DAA_CHAIN_MAX, Framing, PcmHighway, PcmSettings, open_spi, si3050, si3210,
};
use tipring_line::SILENCE;

const USAGE: &str = "\
tipring-daa-check spi DEVICE                 says which chips answer, for example on /dev/spidev0.0
tipring-daa-check loop PCM SLOTS FRAMES      sends every slot back what it hears, so many frames
                                             of 20 ms; with the PCM's own clock
tipring-daa-check loop-unpaced PCM SLOTS FRAMES   the same for a PCM without a clock";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["spi", device] => look(Path::new(device)),
        ["loop", pcm, slots, frames] => send_back(pcm, slots, frames, Pace::Device),
        ["loop-unpaced", pcm, slots, frames] => send_back(pcm, slots, frames, Pace::Caller),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for each chip that answers; without one, why not.
fn look(device: &Path) -> Result<(), String> {
    let mut spi = open_spi(device, None).map_err(|e| e.to_string())?;
    let mut why = Vec::new();
    let mut found = 0;
    for place in 0..DAA_CHAIN_MAX {
        let framing = Framing::Daa { place, select: ChipSelect::PerAccess };
        match si3050::probe(&mut spi, framing) {
            Ok(chip) => {
                println!("{} place {place}: {chip}", device.display());
                found += 1;
            }
            Err(error) => {
                why.push(error.to_string());
                break;
            }
        }
    }
    if found > 0 {
        return Ok(());
    }
    match si3210::probe(&mut spi, Framing::SLIC) {
        Ok(chip) => {
            println!("{}: {chip}", device.display());
            Ok(())
        }
        Err(error) => {
            why.push(error.to_string());
            Err(why.join("\n"))
        }
    }
}

fn send_back(pcm: &str, slots: &str, frames: &str, pace: Pace) -> Result<(), String> {
    let slots = slots.parse().map_err(|_| format!("`{slots}` is no number of slots"))?;
    let frames: u64 = frames.parse().map_err(|_| format!("`{frames}` is no number of frames"))?;
    let settings = PcmSettings { pcm: pcm.to_owned(), slots, pace };
    let mut highway = PcmHighway::alsa(&settings);
    let mut links = Vec::new();
    for slot in 0..slots {
        links.push((highway.connect(slot).map_err(|e| e.to_string())?, SILENCE));
    }
    while highway.counters().frames < frames {
        let exchanged = highway.exchange(Instant::ZERO);
        if let Some(error) = highway.error() {
            return Err(error.to_string());
        }
        for _ in 0..exchanged {
            links.iter_mut().for_each(echo);
        }
        if highway.is_paced_by_device() {
            highway.wait(Duration::from_millis(100));
        }
    }
    let counters = highway.counters();
    println!(
        "{pcm}: {} frames, {} xruns, {} frames dropped",
        counters.frames, counters.xruns, counters.frames_dropped
    );
    Ok(())
}

fn echo((link, heard): &mut (AudioLink, tipring_line::Frame)) {
    let sent = *heard;
    link.exchange(&sent, heard);
}

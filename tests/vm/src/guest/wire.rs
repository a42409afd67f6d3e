//! What a line does, end to end: ringing, hook, flash, pulses, audio, battery.

use anyhow::{Result, bail, ensure};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_clock::{Clock, RealClock};
use tipring_dsp::{DtmfDetector, DtmfEvent, DtmfGenerator, g711};
use tipring_line::{Digit, Law, PortCommand, PortEvent, SILENCE};

use crate::rig::{Line, SECOND, Side};
use crate::{Trial, report};

fn ring(line: &mut Line) -> Trial {
    let mut waits = Vec::new();
    for _ in 0..2 {
        line.fxs.order(PortCommand::Ring(true))?;
        waits.push(line.await_event(Side::Fxo, PortEvent::Ringing(true), 4)?);
        line.run(SECOND)?;
        line.fxs.order(PortCommand::Ring(false))?;
        waits.push(line.await_event(Side::Fxo, PortEvent::Ringing(false), 8)?);
        line.expect_quiet(2 * SECOND)?;
    }
    Ok(format!("two bursts; frames until begin and end were told: {waits:?}"))
}

fn answer(line: &mut Line) -> Trial {
    line.fxs.order(PortCommand::Ring(true))?;
    line.await_event(Side::Fxo, PortEvent::Ringing(true), 4)?;
    line.run(10)?;
    line.fxo.order(PortCommand::OffHook(true))?;
    let frames = line.await_event(Side::Fxs, PortEvent::OffHook(true), 4)?;
    line.await_event(Side::Fxo, PortEvent::Ringing(false), 8)?;
    // What the signalling orders when it sees the answer must not disturb the line.
    line.fxs.order(PortCommand::Ring(false))?;
    line.expect_quiet(SECOND)?;
    Ok(format!("off-hook in the burst, told after {frames} frames; the ringing stopped"))
}

/// Random codes each way, which must come out as they went in, all of them.
fn audio(line: &mut Line) -> Trial {
    const FRAMES: usize = 500;
    let mut random = SmallRng::seed_from_u64(1);
    let clock = RealClock::start();
    let (mut sent, mut heard) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
    let (before, began) = (line.fxo.port.stats(), clock.now());
    for _ in 0..FRAMES {
        for (end, sent) in [&mut line.fxo, &mut line.fxs].into_iter().zip(&mut sent) {
            let codes: [u8; 160] = core::array::from_fn(|_| random.random());
            g711::decode(Law::A, &codes, &mut end.tx);
            sent.extend_from_slice(&end.tx);
        }
        line.frame()?;
        heard[0].extend_from_slice(&line.fxs.rx);
        heard[1].extend_from_slice(&line.fxo.rx);
    }
    let took = clock.now() - began;
    (line.fxo.tx, line.fxs.tx) = (SILENCE, SILENCE);
    ensure!(line.fxo.port.stats().slips == before.slips, "slips: {:?}", line.fxo.port.stats());
    let mut delays = Vec::new();
    for (sent, heard) in sent.iter().zip(&heard) {
        delays.push(delay(sent, heard)?);
    }
    let rate = FRAMES as f64 / took.as_secs_f64();
    ensure!((rate - 50.0).abs() < 0.2, "{rate} frames a second");
    Ok(format!(
        "{FRAMES} frames each way bit-exact at {rate:.2} a second, {} and {} ms of delay, no slip",
        delays[0] / 8,
        delays[1] / 8
    ))
}

/// By how many samples `heard` is later than `sent`, all of it being the same.
fn delay(sent: &[i16], heard: &[i16]) -> Result<usize> {
    let probe = &sent[..32];
    let Some(delay) = heard.windows(32).position(|w| w == probe) else {
        bail!("what was sent was not heard");
    };
    let whole = heard.len() - delay;
    ensure!(heard[delay..] == sent[..whole], "what was heard differs from what was sent");
    Ok(delay)
}

fn dtmf(line: &mut Line) -> Trial {
    const KEYS: &str = "0123456789*#ABCD";
    let mut generator = DtmfGenerator::new();
    let mut detector = DtmfDetector::new();
    ensure!(KEYS.chars().filter_map(Digit::from_char).all(|d| generator.push(d)), "keys are full");
    let mut heard = String::new();
    let mut quiet = 0;
    while quiet < 10 {
        quiet += u32::from(generator.is_idle());
        line.fxo.tx = SILENCE;
        generator.tx(&mut line.fxo.tx);
        line.frame()?;
        detector.rx(&line.fxs.rx);
        while let Some(event) = detector.poll() {
            if let DtmfEvent::Start(digit) = event {
                heard.push(digit.as_char());
            }
        }
    }
    line.fxo.tx = SILENCE;
    ensure!(heard == KEYS, "heard {heard}");
    Ok(heard)
}

fn flash(line: &mut Line) -> Trial {
    let mut shown = Vec::new();
    for ms in [230, 400, 700] {
        line.fxo.order(PortCommand::Flash { ms })?;
        line.await_event(Side::Fxs, PortEvent::OffHook(false), 60)?;
        shown.push(20 * line.await_event(Side::Fxs, PortEvent::OffHook(true), 60)?);
        line.expect_quiet(SECOND)?;
    }
    ensure!(shown.iter().all(|ms| (80..=800).contains(ms)), "shown as openings of {shown:?} ms");
    Ok(format!("openings of 230, 400, 700 ms are told as openings of {shown:?} ms"))
}

/// Opens and closes the loop as a dial does: 60 ms open, 40 ms closed.
fn pulse(line: &mut Line, digit: Digit) -> Result<()> {
    let pulses = if digit.event() == 0 { 10 } else { digit.event() };
    for _ in 0..pulses {
        line.fxo.order(PortCommand::OffHook(false))?;
        line.run(3)?;
        line.fxo.order(PortCommand::OffHook(true))?;
        line.run(2)?;
    }
    line.await_event(Side::Fxs, PortEvent::PulseDigit(digit), 20)?;
    line.expect_quiet(SECOND)
}

fn pulses(line: &mut Line) -> Trial {
    const KEYS: &str = "31905";
    for digit in KEYS.chars().filter_map(Digit::from_char) {
        pulse(line, digit)?;
    }
    Ok(format!("{KEYS}, 60 ms open and 40 ms closed"))
}

fn hang_up(line: &mut Line) -> Trial {
    line.fxo.order(PortCommand::OffHook(false))?;
    let frames = line.await_event(Side::Fxs, PortEvent::OffHook(false), 20)?;
    line.expect_quiet(3 * SECOND)?;
    Ok(format!("told after {frames} frames"))
}

fn battery(line: &mut Line) -> Trial {
    line.fxo.order(PortCommand::OffHook(true))?;
    line.await_event(Side::Fxs, PortEvent::OffHook(true), 8)?;
    line.run(2 * SECOND)?;
    line.fxs.order(PortCommand::Battery(false))?;
    let gone = line.await_event(Side::Fxo, PortEvent::Battery(false), 8)?;
    let back = line.await_event(Side::Fxo, PortEvent::Battery(true), 2 * SECOND)?;
    line.fxo.order(PortCommand::OffHook(false))?;
    // While the kernel drops the battery and for a while after it looks away from the loop.
    line.await_event(Side::Fxs, PortEvent::OffHook(false), 2 * SECOND)?;
    line.expect_quiet(3 * SECOND)?;
    Ok(format!("gone after {gone} frames, back after {back} more"))
}

/// The burst right after a call, of which the kernel tells only the end.
fn late_ring(line: &mut Line) -> Trial {
    line.fxo.order(PortCommand::OffHook(true))?;
    line.await_event(Side::Fxs, PortEvent::OffHook(true), 8)?;
    line.run(SECOND)?;
    line.fxo.order(PortCommand::OffHook(false))?;
    line.await_event(Side::Fxs, PortEvent::OffHook(false), SECOND)?;
    line.fxs.order(PortCommand::Ring(true))?;
    line.run(3 * SECOND)?;
    ensure!(line.fxo.events.is_empty(), "the kernel did tell: {:?}", line.fxo.events);
    line.fxs.order(PortCommand::Ring(false))?;
    line.await_event(Side::Fxo, PortEvent::Ringing(true), 8)?;
    let frames = line.await_event(Side::Fxo, PortEvent::Ringing(false), SECOND)?;
    line.expect_quiet(SECOND)?;
    Ok(format!("told as a burst of {} ms after its end", frames * 20))
}

fn unable(line: &mut Line) -> Trial {
    let commands = [
        PortCommand::OnHookAudio(true),
        PortCommand::MessageLamp(true),
        PortCommand::Polarity(tipring_line::LinePolarity::Reverse),
    ];
    let mut lines = Vec::new();
    for command in commands {
        match line.fxs.order(command) {
            Ok(()) => lines.push(format!("{command:?}: done")),
            Err(error) => lines.push(error.to_string()),
        }
    }
    line.run(2)?;
    Ok(lines.join("; "))
}

fn held_up(line: &mut Line) -> Trial {
    let (fxo, fxs) = (line.fxo.port.stats(), line.fxs.port.stats());
    ensure!(fxo.held_up > 0 && fxs.held_up > 0, "no event held up audio: {fxo:?} {fxs:?}");
    ensure!(fxo.events_dropped == 0 && fxs.events_dropped == 0, "{fxo:?} {fxs:?}");
    Ok(format!(
        "FXO {} times, {} events; FXS {} times, {} events",
        fxo.held_up, fxo.events, fxs.held_up, fxs.events
    ))
}

/// A handset with keys alone: openings are told as they are.
fn plain_loop(line: &mut Line) -> Trial {
    line.fxo.order(PortCommand::OffHook(true))?;
    line.await_event(Side::Fxs, PortEvent::OffHook(true), 4)?;
    // For a while after the handset was lifted the kernel takes openings for bounces.
    line.run(SECOND)?;
    let mut lengths = Vec::new();
    for ms in [60, 100, 300] {
        line.fxo.order(PortCommand::Flash { ms })?;
        line.await_event(Side::Fxs, PortEvent::OffHook(false), 10)?;
        let frames = line.await_event(Side::Fxs, PortEvent::OffHook(true), 20)?;
        ensure!((frames * 20).abs_diff(u32::from(ms)) <= 20, "{ms} ms told as {frames} frames");
        lengths.push(frames * 20);
        line.expect_quiet(SECOND)?;
    }
    line.fxo.order(PortCommand::OffHook(false))?;
    let frames = line.await_event(Side::Fxs, PortEvent::OffHook(false), 4)?;
    line.expect_quiet(3 * SECOND)?;
    Ok(format!("60, 100, 300 ms told as {lengths:?} ms; hang-up told after {frames} frames"))
}

type Step = fn(&mut Line) -> Trial;

pub(crate) fn trials() -> bool {
    let steps: &[(&str, Step)] = &[
        ("ring", ring),
        ("answer", answer),
        ("audio", audio),
        ("dtmf", dtmf),
        ("flash", flash),
        ("pulses", pulses),
        ("hang-up", hang_up),
        ("battery", battery),
        ("late-ring", late_ring),
        ("unable", unable),
        ("errno-500", held_up),
    ];
    counting(steps) && report("plain-loop", Line::open(false).and_then(|mut l| plain_loop(&mut l)))
}

/// Runs steps on a line whose kernel counts pulses. Each begins as the one before has left the
/// line, so a failed one ends the trial.
fn counting(steps: &[(&str, Step)]) -> bool {
    match Line::open(true) {
        Ok(mut line) => steps.iter().all(|(name, step)| report(name, step(&mut line))),
        Err(why) => report("open", Err(why)),
    }
}

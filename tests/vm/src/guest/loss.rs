//! A span that is taken away and comes back, while both its ports and its peer's are in use.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use tipring_dahdi::Tended;
use tipring_line::{Alarm, PortCommand, PortEvent};

use crate::rig::{Line, SECOND, Side, next_frame};
use crate::span_loss::device_of;
use crate::{Trial, report};

/// The kernel's folder of the device that carries the FXS ports' span.
fn device() -> Result<PathBuf> {
    device_of("DYN/loc/1:1")
}

/// Lets the FXO end run while the FXS end is gone.
fn run_alone(line: &mut Line, frames: u32) -> Result<()> {
    for _ in 0..frames {
        next_frame(&line.clock)?;
        line.fxo.exchange()?;
        ensure!(line.fxs.exchange().is_err(), "the FXS port exchanged a frame");
    }
    Ok(())
}

/// Takes the span away. The kernel lets a second pass for programs to notice.
fn take_away(line: &mut Line) -> Trial {
    let file = device()?.join("unassign_span");
    let taking = std::thread::spawn(move || std::fs::write(file, "1"));
    let mut frames = 0;
    while line.fxs.exchange().is_ok() {
        next_frame(&line.clock)?;
        line.fxo.exchange()?;
        frames += 1;
        ensure!(frames < 3 * SECOND, "the FXS port goes on");
    }
    let gone = PortEvent::Alarm(Some(Alarm::DeviceLost));
    ensure!(line.fxs.events.contains(&gone), "told {:?}", line.fxs.events);
    let error = line.fxs.order(PortCommand::Ring(true)).err().context("a gone port rings")?;
    let Tended::Gone(kept) = line.keepers[1].tend() else { bail!("the keeper opened it") };
    run_alone(line, 3 * SECOND)?;
    taking.join().ok().context("the span's taker failed")?.context("unassign_span")?;
    Ok(format!("told {gone:?} after {frames} frames; {error}; its keeper: {kept}"))
}

fn stays_gone(line: &mut Line) -> Trial {
    let Tended::Gone(error) = line.keepers[1].tend() else { bail!("the keeper found it") };
    // The other spans keep the clock going, and the span's last word is that it hears nothing.
    let mut frames = 0;
    while !line.fxo.events.contains(&PortEvent::Alarm(Some(Alarm::Yellow))) {
        run_alone(line, 1)?;
        frames += 1;
        ensure!(frames < 5 * SECOND, "FXO: {:?}", line.fxo.events);
    }
    Ok(format!("its keeper: {error}; the other end of the line told {:?}", line.fxo.events))
}

fn bring_back(line: &mut Line) -> Trial {
    line.fxo.events.clear();
    line.fxs.events.clear();
    std::fs::write(device()?.join("assign_span"), "1:2:5").context("assign_span")?;
    let status = Command::new("/bin/dahdi_cfg").args(["-c", "/etc/dahdi/again.conf"]).status()?;
    ensure!(status.success(), "dahdi_cfg: {status}");
    // Its alarm ends only when the peer's frames come again.
    let mut frames = 0;
    while !matches!(line.keepers[1].tend(), Tended::Returned) {
        run_alone(line, 1)?;
        frames += 1;
        ensure!(frames < 5 * SECOND, "the keeper: {:?}", line.keepers[1].tend());
    }
    line.await_event(Side::Fxs, PortEvent::Alarm(None), 5)?;
    let heard = line.await_event(Side::Fxo, PortEvent::Alarm(None), 2 * SECOND)?;
    ensure!(matches!(line.keepers[1].tend(), Tended::Working), "the keeper finds it gone again");
    line.run(2 * SECOND)?;
    line.fxs.order(PortCommand::Ring(true))?;
    line.await_event(Side::Fxo, PortEvent::Ringing(true), 4)?;
    line.fxs.order(PortCommand::Ring(false))?;
    line.await_event(Side::Fxo, PortEvent::Ringing(false), 8)?;
    let stats = line.fxs.port.stats();
    ensure!((stats.losses, stats.returns) == (1, 1), "{stats:?}");
    Ok(format!("the alarm ended, at the other end too after {heard} frames; it rings"))
}

pub(crate) fn trials() -> bool {
    type Step = fn(&mut Line) -> Trial;
    let steps: [(&str, Step); 3] =
        [("taken-away", take_away), ("stays-gone", stays_gone), ("brought-back", bring_back)];
    let mut line = match Line::open(false) {
        Ok(line) => line,
        Err(why) => return report("open", Err(why)),
    };
    steps.iter().all(|(name, step)| report(name, step(&mut line)))
}

//! An exchanging clock that is slower or faster than the channels'.

use anyhow::{Result, ensure};
use tipring_dahdi::Slips;

use crate::rig::{Line, SECOND, next_frame};
use crate::{Trial, report};

/// Seconds for which a clock is wrong.
const SECONDS: u32 = 20;

/// Exchanges at the FXO end, `exchanges` for each 50 frames of the channels, spread over them.
fn at(line: &mut Line, exchanges: u32) -> Result<Slips> {
    for frame in 0..SECONDS * SECOND {
        next_frame(&line.clock)?;
        let due = |frames: u32| frames * exchanges / SECOND;
        for _ in due(frame)..due(frame + 1) {
            line.fxo.exchange()?;
        }
        line.fxs.exchange()?;
    }
    Ok(line.fxo.port.stats().slips)
}

fn slow() -> Trial {
    let slips = at(&mut Line::open(false)?, 49)?;
    let (rx, tx) = (slips.rx_skipped, slips.tx_underruns);
    let right = SECONDS - 4..=SECONDS + 4;
    ensure!(right.contains(&rx) && right.contains(&tx), "{slips:?}");
    ensure!(slips.rx_overruns == 0 && slips.tx_skipped == 0, "{slips:?}");
    Ok(format!("{SECONDS} s at 49 exchanges a second: {slips:?}"))
}

fn fast() -> Trial {
    let slips = at(&mut Line::open(false)?, 51)?;
    let (rx, tx) = (slips.rx_underruns, slips.tx_skipped);
    let right = SECONDS - 4..=SECONDS + 4;
    ensure!(right.contains(&rx) && right.contains(&tx), "{slips:?}");
    ensure!(slips.tx_overruns == 0 && slips.rx_skipped == 0, "{slips:?}");
    Ok(format!("{SECONDS} s at 51 exchanges a second: {slips:?}"))
}

/// A pause of a tenth of a second, as of a busy machine, and the delay afterwards.
fn pause() -> Trial {
    let mut line = Line::open(false)?;
    line.run(2 * SECOND)?;
    let before = line.fxo.port.stats().slips;
    for _ in 0..5 {
        next_frame(&line.clock)?;
        line.fxs.exchange()?;
    }
    line.run(25 * SECOND)?;
    let after = line.fxo.port.stats().slips;
    line.run(25 * SECOND)?;
    let settled = line.fxo.port.stats().slips;
    ensure!(after != before, "a pause without a slip: {after:?}");
    ensure!(settled == after, "slips go on after a pause: {settled:?}");
    Ok(format!("five frames missed: {after:?}, then none"))
}

pub(crate) fn trials() -> bool {
    report("slow-clock", slow()) & report("fast-clock", fast()) & report("pause", pause())
}

//! A span with an ISDN call that is taken away: for less than T309, and for more.

use anyhow::{Context, Result, anyhow, bail, ensure};
use tipring_clock::{Clock, RealClock};
use tipring_dahdi::{ChannelUse, Control, FrameClock, Tended};
use tipring_isdn::q921::Side;
use tipring_line::Cause;

use crate::isdn::End;
use crate::rig::{SECOND, next_frame};
use crate::span::{D_CHANNEL, FIRST, SPANS};
use crate::span_loss::device;
use crate::{Trial, report};

/// The timeslot of the call.
const TIMESLOT: u8 = 3;

struct Pair {
    ends: [End; 2],
    clock: FrameClock,
    time: RealClock,
}

impl Pair {
    fn open() -> Result<Self> {
        let (clock, time) = (FrameClock::open()?, RealClock::start());
        let now = time.now();
        let ends = [End::open(0, Side::User, now)?, End::open(1, Side::Network, now)?];
        let mut pair = Pair { ends, clock, time };
        pair.await_that("the D-channel comes up", 20, |ends| {
            ends.iter().all(|end| end.signalling.is_up())
        })?;
        Ok(pair)
    }

    fn frame(&mut self) -> Result<()> {
        next_frame(&self.clock)?;
        let now = self.time.now();
        self.ends.iter_mut().try_for_each(|end| end.frame(now))
    }

    /// Waits at most so many seconds: the frames it took.
    fn await_that(
        &mut self,
        what: &str,
        seconds: u32,
        done: impl Fn(&[End; 2]) -> bool,
    ) -> Result<u32> {
        for frames in 0..seconds * SECOND {
            if done(&self.ends) {
                return Ok(frames);
            }
            self.frame()?;
        }
        bail!("within {seconds} seconds it did not happen that {what}")
    }

    /// Calls until one is answered; others are refused or only rung.
    fn talk(&mut self) -> Result<u32> {
        let answered = self.ends[0].answered;
        for call in 1..20 {
            let now = self.time.now();
            self.ends[0].dial(now, TIMESLOT);
            for _ in 0..SECOND {
                self.frame()?;
            }
            if self.ends[0].answered > answered {
                return Ok(call);
            }
            self.hang_up()?;
        }
        bail!("no call was answered")
    }

    fn hang_up(&mut self) -> Result<()> {
        let now = self.time.now();
        self.ends[0].hang_up(now);
        self.await_that("both ends are idle", 10, |ends| {
            ends.iter().all(|end| end.calls.is_empty())
        })?;
        Ok(())
    }

    /// The far span goes, and both ends notice.
    fn take_away(&mut self) -> Result<()> {
        let file = device()?.join("unassign_span");
        let taking = std::thread::spawn(move || std::fs::write(file, "1"));
        self.await_that("both ends have no D-channel", 5, |ends| {
            ends.iter().all(|end| !end.signalling.is_up())
        })?;
        let Tended::Gone(_) = self.ends[1].keeper.tend() else { bail!("its D-channel opened") };
        taking.join().map_err(|_| anyhow!("the span's taker failed"))?.context("unassign_span")
    }

    /// It comes back, and the D-channel comes up: the frames that took.
    fn bring_back(&mut self) -> Result<u32> {
        let (span, first) = (SPANS[1], FIRST[1]);
        std::fs::write(device()?.join("assign_span"), format!("1:{span}:{first}"))
            .context("assign_span")?;
        Control::open()?.configure_channel(first + D_CHANNEL - 1, ChannelUse::Hdlc)?;
        let Tended::Returned = self.ends[1].keeper.tend() else {
            bail!("its D-channel stays gone")
        };
        self.await_that("the D-channel comes up again", 20, |ends| {
            ends.iter().all(|end| end.signalling.is_up())
        })
    }

    fn released(&self) -> [usize; 2] {
        self.ends.each_ref().map(|end| end.released.len())
    }
}

fn short(pair: &mut Pair) -> Trial {
    pair.talk()?;
    let before = pair.released();
    pair.take_away()?;
    let frames = pair.bring_back()?;
    // Longer than T309.
    for _ in 0..10 * SECOND {
        pair.frame()?;
    }
    ensure!(pair.released() == before, "the call was released: {:?}", pair.ends[0].released);
    ensure!(pair.ends.iter().all(|end| end.calls.contains(&TIMESLOT)), "the call is gone");
    pair.hang_up()?;
    ensure!(pair.ends[0].released.last() == Some(&Cause::NormalClearing), "another end");
    Ok(format!("the talk went on; the D-channel was up again after {} ms", frames * 20))
}

fn long(pair: &mut Pair) -> Trial {
    pair.talk()?;
    pair.take_away()?;
    let frames = pair
        .await_that("T309 ends the call", 60, |ends| ends.iter().all(|end| end.calls.is_empty()))?;
    let causes = pair.ends.each_ref().map(|end| end.released.last().copied());
    ensure!(causes == [Some(Cause::DestinationOutOfOrder); 2], "{causes:?}");
    pair.bring_back()?;
    let calls = pair.talk()?;
    pair.hang_up()?;
    let left = pair.ends.each_ref().map(|end| end.signalling.calls().channels_in_use());
    ensure!(left == [0, 0], "channels in use: {left:?}");
    Ok(format!(
        "released at both ends after {} ms; after the return a call was answered, of {calls}",
        frames * 20
    ))
}

pub(crate) fn trials() -> bool {
    type Step = fn(&mut Pair) -> Trial;
    let steps: [(&str, Step); 2] = [("isdn-short-loss", short), ("isdn-long-loss", long)];
    match Pair::open() {
        Ok(mut pair) => steps.iter().all(|(name, step)| report(name, step(&mut pair))),
        Err(why) => report("isdn-open", Err(why)),
    }
}

//! A line of the kernel: an FXO port at one end, an FXS port at the other, ticked by the kernel's
//! own pace.

use anyhow::{Result, anyhow, bail};
use tipring_dahdi::{ChannelSettings, DahdiKeeper, DahdiPort, FrameClock, open};
use tipring_line::{AnalogPort, Frame, Law, PortCommand, PortEvent, PortKind, SILENCE};

/// The first channel of the span with FXS signalling.
pub(crate) const FXO: u16 = 1;
/// The first channel of the span with FXO signalling; the spans are cross-connected.
pub(crate) const FXS: u16 = 5;
/// Frames a second.
pub(crate) const SECOND: u32 = 50;

/// Opens a channel in A-law; `pulses`: the kernel counts a handset's.
pub(crate) fn opened(
    channel: u16,
    kind: PortKind,
    pulses: bool,
) -> Result<(DahdiPort, DahdiKeeper)> {
    Ok(open(ChannelSettings { channel, kind, law: Some(Law::A), pulses })?)
}

/// Opens a channel in the law it is configured for, as the box does at the other end.
pub(crate) fn opened_as_configured(
    channel: u16,
    kind: PortKind,
) -> Result<(DahdiPort, DahdiKeeper)> {
    Ok(open(ChannelSettings { channel, kind, law: None, pulses: false })?)
}

/// Waits for the next 20 ms.
pub(crate) fn next_frame(clock: &FrameClock) -> Result<()> {
    match clock.wait(1_000) {
        Ok(true) => Ok(()),
        Ok(false) => bail!("no tick of the timer for a second"),
        Err(code) => bail!("the timer failed: error {code}"),
    }
}

/// One end of the line, with what it was told and what it heard in this frame.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) port: DahdiPort,
    pub(crate) tx: Frame,
    pub(crate) rx: Frame,
    pub(crate) events: Vec<PortEvent>,
}

impl End {
    pub(crate) fn new(port: DahdiPort) -> Self {
        End { port, tx: SILENCE, rx: SILENCE, events: Vec::new() }
    }

    /// Exchanges one frame.
    pub(crate) fn exchange(&mut self) -> Result<()> {
        let result = self.port.exchange(&self.tx, &mut self.rx);
        self.events.extend(core::iter::from_fn(|| self.port.poll_event()));
        Ok(result?)
    }

    pub(crate) fn order(&mut self, command: PortCommand) -> Result<()> {
        self.port.command(command).map_err(|error| anyhow!("{command:?}: {error}"))
    }

    fn take(&mut self, wanted: PortEvent) -> bool {
        match self.events.iter().position(|e| *e == wanted) {
            Some(place) => {
                self.events.drain(..=place);
                true
            }
            None => false,
        }
    }
}

/// Both ends.
pub(crate) struct Line {
    pub(crate) clock: FrameClock,
    pub(crate) fxo: End,
    pub(crate) fxs: End,
    pub(crate) keepers: [DahdiKeeper; 2],
}

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Fxo,
    Fxs,
}

impl Line {
    pub(crate) fn open(pulses: bool) -> Result<Self> {
        let (fxo, fxo_keeper) = opened(FXO, PortKind::Fxo, pulses)?;
        let (fxs, fxs_keeper) = opened(FXS, PortKind::Fxs, pulses)?;
        let mut line = Line {
            clock: FrameClock::open()?,
            fxo: End::new(fxo),
            fxs: End::new(fxs),
            keepers: [fxo_keeper, fxs_keeper],
        };
        // For two seconds after an exchange line was opened or hung up, the kernel does not tell
        // when ringing begins.
        line.run(2 * SECOND + 10)?;
        Ok(line)
    }

    pub(crate) fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Fxo => &mut self.fxo,
            Side::Fxs => &mut self.fxs,
        }
    }

    /// Lets one frame pass.
    pub(crate) fn frame(&mut self) -> Result<()> {
        next_frame(&self.clock)?;
        self.fxo.exchange()?;
        self.fxs.exchange()
    }

    /// Lets so many frames pass.
    pub(crate) fn run(&mut self, frames: u32) -> Result<()> {
        (0..frames).try_for_each(|_| self.frame())
    }

    /// Waits for an event: the frames until it came.
    pub(crate) fn await_event(
        &mut self,
        side: Side,
        wanted: PortEvent,
        frames: u32,
    ) -> Result<u32> {
        for passed in 0..=frames {
            if self.end(side).take(wanted) {
                return Ok(passed);
            }
            self.frame()?;
        }
        let seen = &self.end(side).events;
        bail!("{side:?} did not tell {wanted:?} within {frames} frames, but {seen:?}")
    }

    /// Both ends have told nothing more.
    pub(crate) fn expect_quiet(&mut self, frames: u32) -> Result<()> {
        self.run(frames)?;
        for side in [Side::Fxo, Side::Fxs] {
            let events = core::mem::take(&mut self.end(side).events);
            if !events.is_empty() {
                bail!("{side:?} told {events:?}");
            }
        }
        Ok(())
    }
}

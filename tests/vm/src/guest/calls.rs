//! Whole calls between the box's own machines: an exchange line's at one end, a handset's at the
//! other, in both directions, ended by either side.

use anyhow::{Context, Result, bail, ensure};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::{Dialling, Fxo, FxoSettings, Fxs, FxsSettings};
use tipring_clock::Instant;
use tipring_dahdi::{DahdiPort, FrameClock, PortStats};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Digits, Endpoint, Frame, FrameChannel,
    Number, PortId, PortKind, SILENCE,
};

use crate::rig::{FXO, FXS, SECOND, Side, next_frame, opened};
use crate::{Trial, report};

/// Calls in a row.
const CALLS: u32 = 20;

struct Ends {
    clock: FrameClock,
    frames: u64,
    fxo: Fxo<DahdiPort>,
    fxs: Fxs<DahdiPort>,
    events: [Vec<ChannelEvent>; 2],
    /// Whether the handset's side makes a noise, as people do who answer.
    voice: bool,
    random: SmallRng,
}

impl Ends {
    /// `counted`: the kernel counts pulses.
    fn open(dialling: Dialling, counted: bool) -> Result<Self> {
        let (fxo, _) = opened(FXO, PortKind::Fxo, counted)?;
        let (fxs, _) = opened(FXS, PortKind::Fxs, counted)?;
        let settings = FxsSettings { extension: Some(number("801")?), ..FxsSettings::default() };
        Ok(Ends {
            clock: FrameClock::open()?,
            frames: 0,
            fxo: Fxo::new(fxo, FxoSettings { dialling, ..FxoSettings::default() }),
            fxs: Fxs::new(fxs, settings),
            events: [Vec::new(), Vec::new()],
            voice: false,
            random: SmallRng::seed_from_u64(1),
        })
    }

    fn now(&self) -> Instant {
        Instant::from_millis(self.frames * 20)
    }

    fn frame(&mut self) -> Result<()> {
        next_frame(&self.clock)?;
        self.frames += 1;
        let now = self.now();
        let mut rx: Frame = SILENCE;
        self.fxo.tick(now, &SILENCE, &mut rx);
        let mut tx = SILENCE;
        // Syllables: a quarter of a second of noise, a tenth of silence.
        if self.voice && self.frames % 17 < 12 {
            tx = core::array::from_fn(|_| self.random.random_range(-6_000..6_000));
        }
        self.fxs.tick(now, &tx, &mut rx);
        self.events[0].extend(core::iter::from_fn(|| self.fxo.poll_event()));
        self.events[1].extend(core::iter::from_fn(|| self.fxs.poll_event()));
        Ok(())
    }

    fn run(&mut self, frames: u32) -> Result<()> {
        (0..frames).try_for_each(|_| self.frame())
    }

    fn order(&mut self, side: Side, command: &ChannelCommand) {
        let now = self.now();
        match side {
            Side::Fxo => self.fxo.command(now, command),
            Side::Fxs => self.fxs.command(now, command),
        }
    }

    /// Waits for an event that `wanted` takes; those before it are dropped.
    fn wait<T>(
        &mut self,
        side: Side,
        what: &str,
        seconds: u32,
        wanted: impl Fn(&ChannelEvent) -> Option<T>,
    ) -> Result<T> {
        let mut seen = Vec::new();
        for _ in 0..seconds * SECOND {
            for event in core::mem::take(&mut self.events[usize::from(side == Side::Fxs)]) {
                if let Some(found) = wanted(&event) {
                    return Ok(found);
                }
                seen.push(event);
            }
            self.frame()?;
        }
        bail!("{side:?} did not tell {what} within {seconds} s, but {seen:?}")
    }

    fn released(&mut self, side: Side, seconds: u32) -> Result<Cause> {
        self.wait(side, "the release", seconds, |e| match e {
            ChannelEvent::Released(cause) => Some(*cause),
            _ => None,
        })
    }

    /// A key each way.
    fn talk(&mut self) -> Result<()> {
        self.run(SECOND)?;
        for (from, to, key) in [(Side::Fxo, Side::Fxs, '5'), (Side::Fxs, Side::Fxo, '7')] {
            let digit = Digit::from_char(key).context("a key")?;
            self.order(from, &ChannelCommand::SendDigits(Digits::from_iter([digit])));
            self.wait(to, "the key", 2, |e| {
                matches!(e, ChannelEvent::Digit { digit: d, .. } if *d == digit).then_some(())
            })?;
        }
        Ok(())
    }

    /// Ends the call from one side; the other must find out by itself.
    fn end(&mut self, by: Side) -> Result<()> {
        self.voice = false;
        self.order(by, &ChannelCommand::Release(Cause::NormalClearing));
        self.released(by, 1)?;
        let other = if by == Side::Fxo { Side::Fxs } else { Side::Fxo };
        self.released(other, 6)?;
        // Exchange lines rest for two seconds after a call.
        self.run(4 * SECOND)?;
        for events in &mut self.events {
            ensure!(events.is_empty(), "after the call: {events:?}");
        }
        Ok(())
    }

    /// The handset's side calls as an exchange does: rings, tells the caller, is answered.
    fn call_in(&mut self, caller: &Number, ended_by: Side) -> Result<()> {
        let endpoint = Endpoint::Port(PortId(1));
        self.order(Side::Fxs, &ChannelCommand::Seize(endpoint));
        let caller = CallerId::from_number(*caller);
        self.order(Side::Fxs, &ChannelCommand::Ring { caller, pattern: 0 });
        let told = self.wait(Side::Fxo, "the call", 12, |e| match e {
            ChannelEvent::Offered { caller, .. } => Some(caller.number),
            _ => None,
        })?;
        ensure!(told == caller.number, "the caller id was read as {told:?}");
        self.order(Side::Fxo, &ChannelCommand::Answer);
        self.wait(Side::Fxs, "the answer", 2, |e| {
            matches!(e, ChannelEvent::Answered(_)).then_some(())
        })?;
        self.talk()?;
        self.end(ended_by)
    }

    /// The exchange line's side calls out: seizes, hears dial tone, dials, is answered.
    fn call_out(&mut self, called: &Number, ended_by: Side) -> Result<()> {
        self.order(Side::Fxo, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let caller = CallerId::default();
        self.order(Side::Fxo, &ChannelCommand::Dial { number: *called, caller });
        let told = self.wait(Side::Fxs, "the number", 15, |e| match e {
            ChannelEvent::Offered { called, .. } => Some(*called),
            _ => None,
        })?;
        ensure!(told == Some(*called), "the number was read as {told:?}");
        self.order(Side::Fxs, &ChannelCommand::Alert);
        self.wait(Side::Fxo, "ringback", 12, |e| matches!(e, ChannelEvent::Ringing).then_some(()))?;
        self.order(Side::Fxs, &ChannelCommand::Answer);
        self.voice = true;
        self.wait(Side::Fxo, "the answer", 20, |e| {
            matches!(e, ChannelEvent::Answered(_)).then_some(())
        })?;
        self.voice = false;
        self.talk()?;
        self.end(ended_by)
    }
}

fn number(text: &str) -> Result<Number> {
    text.parse().with_context(|| format!("the number {text}"))
}

fn calls() -> Trial {
    let mut ends = Ends::open(Dialling::Tone, false)?;
    ends.run(SECOND)?;
    for call in 0..CALLS {
        let far = number(&format!("138001380{call:02}"))?;
        let ended_by = if call % 4 < 2 { Side::Fxo } else { Side::Fxs };
        let result = if call % 2 == 0 {
            ends.call_in(&far, ended_by)
        } else {
            ends.call_out(&far, ended_by)
        };
        result.with_context(|| {
            let (fxo, fxs) = (ends.fxo.port().stats(), ends.fxs.port().stats());
            format!("call {call}, FXO {fxo:?}, FXS {fxs:?}")
        })?;
    }
    let (fxo, fxs) = (ends.fxo.port().stats(), ends.fxs.port().stats());
    let quiet = |s: &PortStats| s.events_dropped == 0 && s.losses == 0;
    ensure!(quiet(&fxo) && quiet(&fxs), "{fxo:?} {fxs:?}");
    Ok(format!(
        "{CALLS} in a row, in and out, caller ids and numbers read right, {} s; \
         FXO {:?} {:?}; FXS {:?} {:?}",
        ends.frames / u64::from(SECOND),
        ends.fxo.faults(),
        fxo.slips,
        ends.fxs.faults(),
        fxs.slips,
    ))
}

/// Calls out with dial pulses.
fn pulse_calls(counted: bool) -> Trial {
    let mut ends = Ends::open(Dialling::Pulse, counted)?;
    ends.run(SECOND)?;
    for called in ["10086", "95598"] {
        ends.call_out(&number(called)?, Side::Fxo).with_context(|| called)?;
    }
    let by = if counted { "the kernel" } else { "the signalling" };
    Ok(format!("10086 and 95598 dialled, counted by {by}"))
}

pub(crate) fn trials() -> bool {
    report("calls", calls())
        & report("pulse-calls", pulse_calls(false))
        & report("counted-pulse-calls", pulse_calls(true))
}

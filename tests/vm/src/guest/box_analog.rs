//! The whole box's analog sockets: a call on its exchange line, and a handset that calls out over
//! the E1, consults by a hook flash and joins the two parties by hanging up.

use anyhow::{Context, Result, bail, ensure};
use tipring_analog::{Fxs, FxsSettings};
use tipring_dahdi::DahdiPort;
use tipring_dsp::DtmfGenerator;
use tipring_events::Party;
use tipring_line::{
    CallerId, ChannelCommand, ChannelEvent, Digit, Digits, Endpoint, FrameChannel, Number,
    PortCommand, PortId, PortKind, SILENCE,
};
use tipring_sim::Speech;

use crate::Trial;
use crate::box_calls::{Town, read_records, speech, was_heard};
use crate::rig::{End, FXS, SECOND, opened_as_configured};

/// The far end of the box's handset socket.
const HANDSET: u16 = 2;
/// The caller on the exchange line.
const CALLER: &str = "13711112222";
/// Whom the handset calls, with the 9 before.
const CALLED: [&str; 2] = ["13500001111", "13500002222"];

/// The exchange's end of the box's line.
struct FarLine {
    end: Fxs<DahdiPort>,
    events: Vec<ChannelEvent>,
    heard: Vec<i16>,
}

impl FarLine {
    fn frame(&mut self, town: &mut Town) -> Result<()> {
        town.exchange.frame()?;
        let mut rx = SILENCE;
        self.end.tick(town.exchange.now(), &SILENCE, &mut rx);
        self.heard.extend_from_slice(&rx);
        self.events.extend(core::iter::from_fn(|| self.end.poll_event()));
        Ok(())
    }

    fn await_event(
        &mut self,
        town: &mut Town,
        what: &str,
        wanted: impl Fn(&ChannelEvent) -> bool,
    ) -> Result<u32> {
        for frames in 0..20 * SECOND {
            if let Some(place) = self.events.iter().position(&wanted) {
                self.events.drain(..=place);
                return Ok(frames);
            }
            self.frame(town)?;
        }
        bail!(
            "the exchange was not told {what}, but {:?}; {:?}",
            self.events,
            self.end.port().stats()
        )
    }
}

/// The exchange rings the box's line, presses a key when it is answered, and is hung up.
pub(crate) fn line(town: &mut Town) -> Trial {
    let (port, _keeper) = opened_as_configured(FXS, PortKind::Fxs)?;
    let end = Fxs::new(port, FxsSettings::default());
    let mut far = FarLine { end, events: Vec::new(), heard: Vec::new() };
    let order = |far: &mut FarLine, town: &Town, command| {
        far.end.command(town.exchange.now(), &command);
    };
    order(&mut far, town, ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    let caller = CallerId::from_number(CALLER.parse()?);
    order(&mut far, town, ChannelCommand::Ring { caller, pattern: 0 });
    let is_answer = |event: &ChannelEvent| matches!(event, ChannelEvent::Answered(_));
    let answered = far.await_event(town, "of the answer", is_answer)?;
    (0..SECOND).try_for_each(|_| far.frame(town))?;
    let key = Digits::from_iter([Digit::from_char('1').context("a key")?]);
    order(&mut far, town, ChannelCommand::SendDigits(key));
    far.heard.clear();
    let is_end = |event: &ChannelEvent| matches!(event, ChannelEvent::Released(_));
    let ended = far.await_event(town, "of the release", is_end)?;
    let level = level(&far.heard);
    ensure!(level > 200, "the caller heard next to nothing: {level}");
    town.await_idle()?;
    let of_line = |r: &tipring_store::CallSummary| r.source == "fxo-1";
    let record = read_records()?.into_iter().find(of_line).context("no record of the line")?;
    let found = (record.caller.map(|c| c.to_string()), record.ended_by);
    ensure!(found == (Some(CALLER.to_owned()), Some(Party::Box)), "{record:?}");
    Ok(format!(
        "answered {} ms after the first ring, caller {CALLER} read; key 1 taken; hung up by the box \
         {} ms later",
        answered * 20,
        ended * 20
    ))
}

/// Mean magnitude.
fn level(heard: &[i16]) -> u32 {
    let sum: u64 = heard.iter().map(|sample| u64::from(sample.unsigned_abs())).sum();
    u32::try_from(sum / heard.len().max(1) as u64).unwrap_or(u32::MAX)
}

/// The handset on the box's socket, driven from the far end of its wires.
struct Handset {
    end: End,
    keys: DtmfGenerator,
    heard: Vec<i16>,
}

impl Handset {
    fn frame(&mut self, town: &mut Town) -> Result<()> {
        town.exchange.frame()?;
        self.end.tx = SILENCE;
        self.keys.tx(&mut self.end.tx);
        self.end.exchange()?;
        self.heard.extend_from_slice(&self.end.rx);
        Ok(())
    }

    fn run(&mut self, town: &mut Town, frames: u32) -> Result<()> {
        (0..frames).try_for_each(|_| self.frame(town))
    }

    /// Calls out, until the called party has answered.
    fn dial(&mut self, town: &mut Town, number: &str) -> Result<()> {
        // The dial tone.
        self.run(town, SECOND)?;
        let digits = format!("9{number}#");
        let pushed = digits.chars().filter_map(Digit::from_char).all(|key| self.keys.push(key));
        ensure!(pushed, "the keys are full");
        let called: Number = number.parse()?;
        for _ in 0..20 * SECOND {
            if town.exchange.heard_by(called).is_some() {
                return self.run(town, SECOND);
            }
            self.frame(town)?;
        }
        bail!("{number} was not called")
    }
}

/// Out to one party, a flash, out to another, down: the two talk to each other over the box.
pub(crate) fn handset(town: &mut Town) -> Trial {
    let (port, _keeper) = opened_as_configured(HANDSET, PortKind::Fxo)?;
    let mut handset =
        Handset { end: End::new(port), keys: DtmfGenerator::new(), heard: Vec::new() };
    let (first, second) = (speech("en/greeting")?, speech("en/goodbye")?);
    town.exchange.called_say = vec![Speech::from_samples(&second), Speech::from_samples(&first)];
    handset.end.order(PortCommand::OffHook(true))?;
    handset.dial(town, CALLED[0])?;
    handset.heard.clear();
    handset.run(town, SECOND)?;
    let level = level(&handset.heard);
    ensure!(level > 200, "the handset heard next to nothing: {level}");
    handset.end.order(PortCommand::Flash { ms: 230 })?;
    handset.dial(town, CALLED[1])?;
    handset.end.order(PortCommand::OffHook(false))?;
    handset.run(town, 4 * SECOND)?;
    let [a, b] = CALLED.map(|number| number.parse::<Number>());
    let (a, b) = (a?, b?);
    let heard = |town: &Town, by| town.exchange.heard_by(by).unwrap_or_default().to_vec();
    ensure!(was_heard(&heard(town, b), &first[400..4400]), "the second did not hear the first");
    ensure!(was_heard(&heard(town, a), &second[400..4400]), "the first did not hear the second");
    town.exchange.hang_up(a);
    handset.run(town, 2 * SECOND)?;
    ensure!(town.exchange.heard_by(b).is_none(), "the second is not released with the first");
    town.await_idle()?;
    let records = read_records()?;
    let from_handset =
        |r: &&tipring_store::CallSummary| r.caller.is_some_and(|c| c.as_str() == "8101");
    let calls = records.iter().filter(from_handset).count();
    ensure!(calls == 2, "{calls} calls of the handset");
    Ok("out over the E1, held by a flash, out again; after hanging up the two parties heard each \
        other bit by bit, and both were released when one hung up"
        .to_owned())
}

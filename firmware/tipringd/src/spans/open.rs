//! Opening the configured spans and attaching their channels to the media side.
//!
//! A span that cannot be opened is one line in the journal and an alarm on its channels.

use std::path::Path;

use anyhow::Context;
use tipring_board::Board;
use tipring_clock::{Clock, Instant, RealClock};
use tipring_config::{Resolved, SpanEntry};
use tipring_dahdi::{
    ChannelUse, Control as Dahdi, DahdiKeeper, OpenError, SpanKeeper, SpanPlan as WirePlan,
    SpanSettings as DahdiSettings, TimeslotSettings,
};
use tipring_line::{ChannelId, FrameChannel, Law, Timeslot};
use tipring_media::Control;
use tipring_r2::R2;
use tipring_sim::{SpanFaults, span};

use super::status::{LineState, described, well};
use super::{BChannel, FarEnd, SimSpans, SpanPlan, Spans, plan};
use crate::journal::{Level, note};
use crate::span_traces::SpanTraces;

/// What the spans are made of, and where they stand.
struct Opening<'a> {
    media: &'a mut Control,
    now: Instant,
    index: u8,
    entry: &'a SpanEntry,
    plan: SpanPlan,
    clock: &'a RealClock,
    traces: &'a SpanTraces,
}

/// The bits of an idle timeslot of R2 before the box takes it: blocked (ITU-T Q.421, table 1).
const R2_BLOCKED: u8 = 0b1101;

/// What looks after a DAHDI span and its timeslots in another thread.
pub(crate) struct KeptSpan {
    pub(crate) name: String,
    pub(crate) span: SpanKeeper,
    pub(crate) timeslots: Vec<DahdiKeeper>,
}

/// Opens every span and begins its signalling. Gives the spans, the simulated exchange at the far
/// ends of simulated ones, and the keepers of those of DAHDI.
///
/// # Errors
/// The media side has fewer legs than there are channels, or an R2 variant's file is wrong.
pub(crate) fn attach(
    resolved: &Resolved,
    board: &Board,
    variants: &Path,
    seed: u64,
    media: &mut Control,
    (clock, traces): (&RealClock, &SpanTraces),
) -> anyhow::Result<(Spans, SimSpans, Vec<KeptSpan>)> {
    let (mut spans, mut far, mut kept) = (Spans::new(), Vec::new(), Vec::new());
    spans.entries.clone_from(&resolved.spans);
    let now = clock.now();
    for (index, entry) in (0u8..).zip(&resolved.spans) {
        let plan = plan(entry, variants).with_context(|| format!("span {}", entry.name))?;
        let mut opening = Opening { media, now, index, entry, plan, clock, traces };
        if entry.simulated {
            far.push(opening.simulated(&mut spans, seed ^ u64::from(index) << 32)?);
            continue;
        }
        match opening.dahdi(&mut spans, board) {
            Ok(keepers) => kept.push(keepers),
            Err(why) => {
                note(Level::Error, &format!("{}: {why:#}", entry.name));
                let missing = LineState::missing(entry, u16::from(index) + 1, format!("{why:#}"));
                spans.add_missing(now, entry.channels(), missing);
            }
        }
    }
    Ok((spans, SimSpans::new(far, clock), kept))
}

impl Opening<'_> {
    fn simulated(
        &mut self,
        spans: &mut Spans,
        seed: u64,
    ) -> anyhow::Result<(String, FarEnd, tipring_sim::SpanControl)> {
        let (near, far, control) = span(SpanFaults::default(), seed);
        for timeslot in near.timeslots {
            let number = timeslot.number();
            self.channel(number, timeslot)?;
        }
        let line = well(self.entry, u16::from(self.index) + 1);
        self.add(spans, Box::new(near.span), line);
        let far = FarEnd::new(self.now, far, &self.plan, self.entry.channels());
        Ok((self.entry.name.clone(), far, control))
    }

    fn dahdi(&mut self, spans: &mut Spans, board: &Board) -> anyhow::Result<KeptSpan> {
        let socket = |label: &String| board.spans.iter().find(|span| span.label == *label);
        let by_board = self.entry.port.as_ref().and_then(socket).map(|span| span.dahdi);
        let number = self.entry.dahdi.or(by_board).context("the board has no such span")?;
        let driver = Dahdi::open()?;
        driver.span(number).ok_or(OpenError::NoSpan(number))?;
        let first = driver.channels().into_iter().find(|channel| channel.span == number);
        let first = first.with_context(|| format!("DAHDI span {number} has no channels"))?.number;
        let wire = self.wire_plan(number, first);
        let as_found = match driver.set_up(&wire) {
            Ok(done) => {
                if !done.is_nothing() {
                    let name = &self.entry.name;
                    note(Level::Notice, &format!("{name}: DAHDI span {number} is set up: {done}"));
                }
                None
            }
            Err(why @ (OpenError::SpanInUse { .. } | OpenError::NotSet { .. })) => Some(why),
            Err(why) => return Err(why.into()),
        };
        // What was found may do as well; if it does not, why it was not changed says most.
        match (self.opened(spans, &driver, &wire), as_found) {
            (opened, None) => opened,
            (Ok(kept), Some(why)) => {
                let name = &self.entry.name;
                note(Level::Error, &format!("{name}: {why}; it runs as it was found"));
                Ok(kept)
            }
            (Err(_), Some(why)) => Err(why.into()),
        }
    }

    /// What a DAHDI span is to be, whose first channel this is.
    fn wire_plan(&self, span: u16, first: u16) -> WirePlan {
        let signalling = self.entry.is_isdn().then_some((self.entry.d_channel, ChannelUse::Hdlc));
        let usage = match signalling {
            Some(_) => ChannelUse::Clear,
            None => ChannelUse::Cas { idle: R2_BLOCKED },
        };
        let mut uses: Vec<_> = self.timeslots().map(|timeslot| (timeslot, usage)).collect();
        uses.extend(signalling);
        uses.sort_by_key(|(timeslot, _)| *timeslot);
        let channel = |(timeslot, usage)| (first + u16::from(timeslot) - 1, usage);
        WirePlan {
            span,
            line: described(self.entry, self.index.saturating_add(1)),
            channels: uses.into_iter().map(channel).collect(),
        }
    }

    /// The timeslots that carry calls.
    fn timeslots(&self) -> impl Iterator<Item = u8> + use<> {
        let channels = self.entry.channels();
        (1..32u8).filter(move |timeslot| channels >> timeslot & 1 == 1)
    }

    /// Opens a DAHDI span as it now is, and attaches its timeslots.
    fn opened(
        &mut self,
        spans: &mut Spans,
        driver: &Dahdi,
        wire: &WirePlan,
    ) -> anyhow::Result<KeptSpan> {
        let isdn = self.entry.is_isdn();
        let by_use =
            |usage| wire.channels.iter().filter(move |(_, u)| (*u == ChannelUse::Hdlc) == usage);
        let d_channel = by_use(true).map(|(number, _)| *number).next();
        let settings = DahdiSettings { span: wire.span, d_channel };
        let (hardware, keeper) = tipring_dahdi::open_span(settings, Some(wire.clone()))?;
        // All are opened before any is attached, so that a span is there as a whole or not at all.
        let mut opened = Vec::new();
        for (timeslot, (channel, _)) in self.timeslots().zip(by_use(false)) {
            let settings = TimeslotSettings { channel: *channel, cas: !isdn, law: Law::A };
            opened.push((timeslot, tipring_dahdi::open_timeslot(settings)?));
        }
        let status = driver.span(wire.span).ok_or(OpenError::NoSpan(wire.span))?;
        let mut timeslots = Vec::new();
        for (timeslot, (wire, keeper)) in opened {
            timeslots.push(keeper);
            self.channel(timeslot, wire)?;
        }
        let line = LineState::new(self.entry, status, wire.line);
        self.add(spans, Box::new(hardware), line);
        Ok(KeptSpan { name: self.entry.name.clone(), span: keeper, timeslots })
    }

    fn add(&self, spans: &mut Spans, hardware: Box<dyn tipring_line::Span>, line: LineState) {
        let SpanPlan::Isdn(settings) = &self.plan else {
            return spans.add(self.now, hardware, None, line);
        };
        let ring = self.traces.ring(&self.entry.name, settings.calls.side);
        let clock = self.clock.clone();
        let traced = ring.tap(hardware, move || clock.wall());
        spans.add(self.now, Box::new(traced), Some((**settings).clone()), line);
    }

    /// Attaches a timeslot that carries calls.
    fn channel<T: Timeslot + 'static>(&mut self, number: u8, timeslot: T) -> anyhow::Result<()> {
        if self.entry.channels() >> number & 1 == 0 {
            return Ok(());
        }
        let frames: Box<dyn FrameChannel> = match &self.plan {
            SpanPlan::Isdn(_) => Box::new(BChannel::new(timeslot)),
            SpanPlan::R2(settings) => Box::new(R2::new(timeslot, (**settings).clone())),
        };
        Ok(self.media.attach(ChannelId::of_span(self.index, number), frames)?)
    }
}

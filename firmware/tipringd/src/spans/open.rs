//! Opening the configured spans and attaching their channels to the media side.
//!
//! A span that cannot be opened is one line in the journal and an alarm on its channels.

use std::path::Path;

use anyhow::Context;
use tipring_board::Board;
use tipring_clock::{Clock, Instant, RealClock};
use tipring_config::{Resolved, SpanEntry};
use tipring_dahdi::{Control as Dahdi, SpanSettings as DahdiSettings, TimeslotSettings};
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

/// What looks after a DAHDI channel in another thread.
pub(crate) type Keepers = Vec<(String, tipring_dahdi::DahdiKeeper)>;

/// Opens every span and begins its signalling. Gives the spans, the simulated exchange at the far
/// ends of simulated ones, and the keepers of DAHDI channels.
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
) -> anyhow::Result<(Spans, SimSpans, Keepers)> {
    let (mut spans, mut far, mut keepers) = (Spans::new(), Vec::new(), Keepers::new());
    spans.entries.clone_from(&resolved.spans);
    let now = clock.now();
    for (index, entry) in (0u8..).zip(&resolved.spans) {
        let plan = plan(entry, variants).with_context(|| format!("span {}", entry.name))?;
        let mut opening = Opening { media, now, index, entry, plan, clock, traces };
        if entry.simulated {
            far.push(opening.simulated(&mut spans, seed ^ u64::from(index) << 32)?);
        } else if let Err(why) = opening.dahdi(&mut spans, board, &mut keepers) {
            note(Level::Error, &format!("{}: {why:#}", entry.name));
            let missing = LineState::missing(entry, u16::from(index) + 1, format!("{why:#}"));
            spans.add_missing(now, entry.channels(), missing);
        }
    }
    Ok((spans, SimSpans::new(far, clock), keepers))
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

    fn dahdi(
        &mut self,
        spans: &mut Spans,
        board: &Board,
        keepers: &mut Keepers,
    ) -> anyhow::Result<()> {
        let socket = |label: &String| board.spans.iter().find(|span| span.label == *label);
        let by_board = self.entry.port.as_ref().and_then(socket).map(|span| span.dahdi);
        let number = self.entry.dahdi.or(by_board).context("the board has no such span")?;
        let driver = Dahdi::open()?;
        let status = driver.spans().into_iter().find(|span| span.number == number);
        let status = status.with_context(|| {
            format!("DAHDI has no span {number}; `lsdahdi` shows what there is")
        })?;
        let channels = driver.channels();
        let first = channels.iter().find(|channel| channel.span == number);
        let first = first.with_context(|| format!("DAHDI span {number} has no channels"))?.number;
        let channel_of = |timeslot: u8| first + u16::from(timeslot) - 1;
        let isdn = self.entry.is_isdn();
        let d_channel = isdn.then(|| channel_of(self.entry.d_channel));
        let hardware = tipring_dahdi::open_span(DahdiSettings { span: number, d_channel })?;
        // All are opened before any is attached, so that a span is there as a whole or not at all.
        let mut opened = Vec::new();
        for timeslot in (1..32u8).filter(|t| self.entry.channels() >> t & 1 == 1) {
            let channel = channel_of(timeslot);
            let settings = TimeslotSettings { channel, cas: !isdn, law: Law::A };
            opened.push((timeslot, tipring_dahdi::open_timeslot(settings)?));
        }
        for (timeslot, (wire, keeper)) in opened {
            keepers.push((format!("{}:{timeslot}", self.entry.name), keeper));
            self.channel(timeslot, wire)?;
        }
        let described = described(self.entry, self.index.saturating_add(1));
        let line = LineState::new(self.entry, status, described);
        self.add(spans, Box::new(hardware), line);
        Ok(())
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

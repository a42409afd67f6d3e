//! The whole box on a span that nobody has configured: it sets the span up, takes a hundred calls
//! from the exchange, loses the span in a call and takes calls again when it is back.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use tipring_dahdi::{ChannelUse, Control};
use tipring_dsp::g711;
use tipring_events::{LiveSpan, LiveState, Party, SpanLink};
use tipring_line::{Cause, Disposition, Law, Number};
use tipring_store::{CallFilter, CallSummary, Reader};
use tipring_tts::Catalogue;

use crate::exchange::{Caller, Exchange, Over};
use crate::rig::SECOND;
use crate::span_loss::device_of;
use crate::the_box::{BOARD, STATE, TheBox, status, tipring};
use crate::{Trial, box_analog, box_span, report};

/// The spans that are made without a configuration, and the first channel of each.
const SPANS: [u16; 2] = [5, 6];
const FIRST: [u16; 2] = [71, 102];
pub(crate) const SITE: &str = "/etc/tipring/site.toml";
const SERVICE: &str = "96777";
const CALLS: u32 = 100;
/// Frames between two calls.
const SPACING: u32 = 8;

/// The box on the near span, the exchange on the far one.
pub(crate) struct Town {
    the_box: TheBox,
    pub(crate) exchange: Exchange,
}

pub(crate) fn service() -> Number {
    SERVICE.parse().expect("it is a number")
}

/// Callers in turns: one presses 1, hears it out and is hung up by the box; the other presses 2 and
/// hangs up while the box speaks.
fn caller(call: u32) -> Result<Caller> {
    let by_box = is_ended_by_box(call);
    Ok(Caller {
        number: number_of(call).parse()?,
        keys: if by_box { "1@300ms" } else { "2@300ms" }.parse()?,
        hangs_up: (!by_box).then_some(SECOND + call % 40),
    })
}

fn number_of(call: u32) -> String {
    format!("1390000{call:04}")
}

const fn is_ended_by_box(call: u32) -> bool {
    call.is_multiple_of(2)
}

/// A sound of the box, as the wire carries it.
pub(crate) fn speech(name: &str) -> Result<Vec<i16>> {
    let sound = Catalogue::shipped(name).with_context(|| format!("there is no sound {name}"))?;
    let mut samples = vec![0; sound.samples.len()];
    g711::decode(Law::A, &sound.samples, &mut samples);
    Ok(samples)
}

/// Whether these samples were heard, bit by bit.
pub(crate) fn was_heard(heard: &[i16], wanted: &[i16]) -> bool {
    heard.windows(wanted.len()).any(|window| window == wanted)
}

impl Town {
    fn open() -> Result<Self> {
        let bare = Control::open()?.channels();
        let bare = bare.iter().filter(|channel| SPANS.contains(&channel.span));
        ensure!(bare.clone().count() == 62, "62 channels are there");
        ensure!(bare.clone().all(|channel| channel.usage == ChannelUse::Unused), "{bare:?}");
        let the_box = TheBox::start()?.restart_with(&std::fs::read_to_string(SITE)?)?;
        Ok(Town { the_box, exchange: Exchange::open(SPANS[1], FIRST[1], false)? })
    }

    /// A call that lasts: the frames until it was answered.
    fn talk(&mut self, call: u32) -> Result<u32> {
        let caller = Caller { keys: "2@300ms".parse()?, hangs_up: None, ..caller(call)? };
        ensure!(self.exchange.call(service(), caller), "no channel is free");
        self.exchange.await_answer()
    }

    /// Waits until the live state is so.
    fn await_live(&mut self, what: &str, is_so: impl Fn(&LiveState) -> bool) -> Result<()> {
        for _ in 0..20 {
            let live = status()?;
            if is_so(&live) {
                return Ok(());
            }
            (0..SECOND).try_for_each(|_| self.exchange.frame())?;
        }
        bail!("within twenty seconds it did not happen that {what}: {:?}", status()?)
    }

    /// All calls over, and no channel busy at either end.
    pub(crate) fn await_idle(&mut self) -> Result<()> {
        self.exchange.await_that("all calls are over", 30, |far| far.talking() == 0)?;
        self.await_live("the box has no calls and its link is up", |live| {
            let is_idle = |span: &LiveSpan| span.in_use == 0 && span.status.link == SpanLink::Up;
            live.calls.is_empty() && live.spans.first().is_some_and(is_idle)
        })?;
        let left = self.exchange.signalling.calls().channels_in_use();
        ensure!(left == 0, "the exchange has {left} channels in use");
        Ok(())
    }
}

/// What the box set up, in its own words.
fn set_up(town: &mut Town) -> Trial {
    let line = town.the_box.await_line("DAHDI span 5 is set up")?;
    let wanted = "channels 71-85,87-101 clear; channel 86 a D-channel";
    ensure!(line.contains(wanted), "{line}");
    let channels = Control::open()?.channels();
    let count = |usage| {
        let of_span = channels.iter().filter(|channel| channel.span == SPANS[0]);
        of_span.filter(|channel| channel.usage == usage).count()
    };
    ensure!((count(ChannelUse::Clear), count(ChannelUse::Hdlc)) == (30, 1), "{channels:?}");
    let frames = town.exchange.await_up()?;
    let board = tipring(&["board", "check", "--board", BOARD])?;
    ensure!(board.lines().count() == 4 && !board.contains("wrong"), "{board}");
    let span = board.lines().find(|line| line.contains("E1")).context(board.clone())?;
    Ok(format!("{line}; the D-channel is up after {} ms; board check: {span}", frames * 20))
}

fn hundred_calls(town: &mut Town) -> Trial {
    let (mut begun, mut most, mut frames) = (0, 0, 0);
    while begun < CALLS || town.exchange.talking() > 0 {
        if begun < CALLS && frames % SPACING == 0 && town.exchange.call(service(), caller(begun)?) {
            begun += 1;
        }
        most = most.max(town.exchange.talking());
        town.exchange.frame()?;
        frames += 1;
        ensure!(frames < 300 * SECOND, "{begun} calls begun, {} left", town.exchange.talking());
    }
    town.await_idle()?;
    let over = std::mem::take(&mut town.exchange.over);
    ensure!(over.len() == CALLS as usize, "{} calls are over", over.len());
    let heard = heard_right(&over)?;
    let records = records(CALLS)?;
    Ok(format!(
        "{CALLS} calls, {most} at once, in {} s; {heard} heard their prompt bit by bit; {records} \
         records with caller, number, cause and end as they were; no channel in use at either end",
        frames / SECOND
    ))
}

/// Each caller heard what its key asked for: how many.
fn heard_right(over: &[Over]) -> Result<usize> {
    let (goodbye, greeting) = (speech("en/goodbye")?, speech("en/greeting")?);
    let by_number: BTreeMap<String, &Over> =
        over.iter().map(|over| (over.number.to_string(), over)).collect();
    let mut heard = 0;
    for call in 0..CALLS {
        let over = by_number.get(&number_of(call)).context("every call is over")?;
        ensure!(over.answered && over.cause == Cause::NormalClearing, "{call}: {:?}", over.cause);
        let right = match is_ended_by_box(call) {
            true => was_heard(&over.heard, &goodbye[8_000..12_000]),
            false => was_heard(&over.heard, &greeting[400..4_400]),
        };
        heard += usize::from(right);
        ensure!(right, "call {call} heard something else in {} samples", over.heard.len());
    }
    Ok(heard)
}

/// The box's records are as the calls were: how many.
fn records(calls: u32) -> Result<usize> {
    let records = read_records()?;
    ensure!(records.len() == calls as usize, "{} records", records.len());
    for call in 0..calls {
        let number = number_of(call);
        let mut of_caller =
            records.iter().filter(|r| r.caller.is_some_and(|c| c.as_str() == number));
        let record = of_caller.next().with_context(|| format!("no record of {number}"))?;
        let ended_by = if is_ended_by_box(call) { Party::Box } else { Party::Caller };
        let wanted = (Some(service()), "e1", Some(Disposition::Answered), Some(ended_by));
        let found = (record.called, &*record.source, record.disposition, record.ended_by);
        ensure!(found == wanted && of_caller.next().is_none(), "{record:?}");
        ensure!(record.cause == Some(Cause::NormalClearing), "{record:?}");
    }
    Ok(records.len())
}

pub(crate) fn read_records() -> Result<Vec<CallSummary>> {
    let filter = CallFilter { limit: 200, ..CallFilter::default() };
    Ok(Reader::open(STATE.as_ref())?.calls(&filter)?.calls)
}

/// The box's own span goes in a call, and comes back as the driver makes it.
fn loss(town: &mut Town) -> Trial {
    town.the_box.forget_lines();
    town.talk(CALLS)?;
    let folder = device_of("DYN/loc/3:0")?;
    let file = folder.join("unassign_span");
    let taking = std::thread::spawn(move || std::fs::write(file, "1"));
    town.the_box.await_line("e1: the device is gone")?;
    town.exchange.await_that("the exchange has an alarm", 5, |far| !far.signalling.is_up())?;
    taking.join().ok().context("the span's taker failed")?.context("unassign_span")?;
    let number = number_of(CALLS);
    let of_call = |record: &CallSummary| record.caller.is_some_and(|c| c.as_str() == number);
    let record = read_records()?.into_iter().find(of_call).context("no record of the call")?;
    ensure!(record.cause == Some(Cause::NetworkOutOfOrder), "{record:?}");
    town.await_live("the page says that the span is gone", |live| {
        let says = |span: &LiveSpan| span.status.trouble.starts_with("the device is gone");
        live.calls.is_empty() && live.spans.first().is_some_and(says)
    })?;

    std::fs::write(folder.join("assign_span"), format!("1:{}:{}", SPANS[0], FIRST[0]))
        .context("assign_span")?;
    let set_up = town.the_box.await_line("e1: is set up again")?;
    town.the_box.await_line("e1: in service again")?;
    town.exchange.await_that("the call is over at the exchange", 120, |far| far.talking() == 0)?;
    let cause = town.exchange.over.last().map(|over| over.cause);
    let up = town.exchange.await_up()?;
    town.talk(CALLS + 1)?;
    town.exchange.hang_up(number_of(CALLS + 1).parse()?);
    town.await_idle()?;
    town.the_box.read_on();
    let journal = town.the_box.journal.join(" | ");
    Ok(format!(
        "released with {:?} at the box, {cause:?} at the exchange; {set_up}; up after {} ms, and a \
         call was answered; journal: {journal}",
        record.cause,
        up * 20
    ))
}

pub(crate) fn trials() -> bool {
    type Step = fn(&mut Town) -> Trial;
    let steps: [(&str, Step); 5] = [
        ("box-set-up", set_up),
        ("box-calls", hundred_calls),
        ("box-loss", loss),
        ("box-line", box_analog::line),
        ("box-handset", box_analog::handset),
    ];
    let mut town = match Town::open() {
        Ok(town) => town,
        Err(why) => return report("box-open", Err(why)),
    };
    steps.iter().all(|(name, step)| report(name, step(&mut town))) && box_span::trials(town.the_box)
}

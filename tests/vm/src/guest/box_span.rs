//! What the box makes of a span's line: CRC-4 and clock are set where they are described otherwise,
//! and left alone while somebody else uses the span.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use tipring_dahdi::{
    ChannelUse, Control, DahdiTimeslot, SpanPlan, SpanStatus, TimeslotSettings, TimingSource,
    open_timeslot,
};
use tipring_line::{Cause, Law, PortKind};

use crate::box_calls::{SITE, service};
use crate::exchange::{Caller, Exchange};
use crate::rig::SECOND;
use crate::the_box::TheBox;
use crate::{Trial, report};

/// The box on one end of the pair whose driver keeps a line.
struct Access {
    the_box: Option<TheBox>,
    exchange: Exchange,
    /// The span's number and its first channel.
    near: (u16, u16),
}

/// The pair's span of this name: its number and its first channel.
fn span(name: &str) -> Result<(u16, u16)> {
    let control = Control::open()?;
    let number = control.spans().into_iter().find(|span| span.name == name);
    let number = number.with_context(|| format!("no span {name}"))?.number;
    let first = control.channels().into_iter().find(|channel| channel.span == number);
    Ok((number, first.context("the span has channels")?.number))
}

impl Access {
    /// The configuration with the span's line as it is to be.
    fn site(&self, line: &str) -> Result<String> {
        let place = format!("dahdi = {}\n{line}", self.near.0);
        Ok(std::fs::read_to_string(SITE)?.replace("port = \"e1-1\"", &place))
    }

    fn open(the_box: TheBox) -> Result<Self> {
        let loaded = Command::new("/bin/insmod").arg("/modules/e1_pair.ko").status()?;
        ensure!(loaded.success(), "insmod: {loaded}");
        let (near, far) = (span("E1P/0")?, span("E1P/1")?);
        let exchange = Exchange::open(far.0, far.1, true)?;
        Ok(Access { the_box: Some(the_box), exchange, near })
    }

    fn restart_with(&mut self, line: &str) -> Result<()> {
        let site = self.site(line)?;
        let running = self.the_box.take().context("the box runs")?;
        self.the_box = Some(running.restart_with(&site)?);
        Ok(())
    }

    fn journal(&mut self, words: &str) -> Result<String> {
        self.the_box.as_mut().context("the box runs")?.await_line(words)
    }

    fn runs(&self) -> Result<SpanStatus> {
        Control::open()?.span(self.near.0).context("the span is there")
    }

    /// A call that is answered.
    fn talk(&mut self) -> Result<()> {
        self.exchange.await_up()?;
        let number = "13912345678".parse()?;
        let caller = Caller { number, keys: "2@300ms".parse()?, hangs_up: Some(SECOND) };
        ensure!(self.exchange.call(service(), caller), "no channel is free");
        self.exchange.await_answer()?;
        self.exchange.await_that("the call is over", 10, |far| far.talking() == 0)?;
        let cause = self.exchange.over.pop().map(|over| over.cause);
        ensure!(cause == Some(Cause::NormalClearing), "{cause:?}");
        Ok(())
    }
}

/// From nothing to CRC-4 with the clock of the far side.
fn set(access: &mut Access) -> Trial {
    ensure!(access.runs()?.coding.is_none(), "somebody has set it up: {:?}", access.runs()?);
    access.restart_with("crc4 = true")?;
    let line = access.journal("is set up")?;
    ensure!(line.contains("CCS, CRC-4, clock from the far side (priority 1), HDB3"), "{line}");
    access.talk()?;
    ensure!(access.exchange.set_up()?.is_nothing(), "what is set up already is set up again");
    let runs = access.runs()?;
    ensure!(runs.crc4 && !runs.cas && runs.coding.is_some(), "{runs:?}");
    ensure!(runs.timing == TimingSource::Span(access.near.0), "{runs:?}");
    Ok(format!("{line}; read back so, and a call was answered"))
}

/// The settings are changed: what is set is the line alone.
fn change(access: &mut Access) -> Trial {
    access.restart_with("clock = \"own\"\ntimeslots = [1, 2, 3]")?;
    let line = access.journal("is set up")?;
    ensure!(line.ends_with("is set up: CCS, no CRC-4, its own clock, HDB3"), "{line}");
    let runs = access.runs()?;
    ensure!(!runs.crc4 && runs.timing == TimingSource::Own, "{runs:?}");
    access.journal("whether the far side wants CRC-4")?;
    Ok(format!("{line}; read back so; with CRC-4 at the far end alone the box says RAI"))
}

/// Described as it was at first, while somebody has a timeslot open that the box does not use.
fn in_use(access: &mut Access) -> Trial {
    let settings = TimeslotSettings { channel: access.near.1 + 30, cas: false, law: Law::A };
    let held: (DahdiTimeslot, _) = open_timeslot(settings)?;
    access.restart_with("crc4 = true\ntimeslots = [1, 2, 3]")?;
    let line = access.journal("cannot be set up")?;
    ensure!(line.contains("another program has its channel"), "{line}");
    ensure!(line.ends_with("it runs as it was found"), "{line}");
    ensure!(!access.runs()?.crc4, "it was set all the same");
    access.journal("runs without CRC-4 but is described with it")?;
    drop(held);
    access.restart_with("crc4 = true\ntimeslots = [1, 2, 3]")?;
    let set = access.journal("is set up")?;
    access.talk()?;
    Ok(format!("{line}; freed: {set}; a call was answered"))
}

/// What no card can, and what is no E1: one line each.
fn refused(access: &mut Access) -> Trial {
    let control = Control::open()?;
    let far = access.exchange.plan();
    let analog = far.channels[0].0;
    let wrong = ChannelUse::Analog(PortKind::Fxo);
    let free = control.configure_channel(analog, wrong).err().context("an E1 has an FXO port")?;
    let short = SpanPlan { span: 1, channels: vec![(4, ChannelUse::Clear), (5, wrong)], ..far };
    let short = control.set_up(&short).err().context("span 1 has 31 channels")?;
    Ok(format!("{free} | {short}"))
}

pub(crate) fn trials(the_box: TheBox) -> bool {
    type Step = fn(&mut Access) -> Trial;
    let steps: [(&str, Step); 4] = [
        ("box-span-set", set),
        ("box-span-changed", change),
        ("box-span-in-use", in_use),
        ("box-span-refused", refused),
    ];
    match Access::open(the_box) {
        Ok(mut access) => steps.iter().all(|(name, step)| report(name, step(&mut access))),
        Err(why) => report("box-span-open", Err(why)),
    }
}

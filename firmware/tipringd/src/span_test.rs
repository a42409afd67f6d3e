//! `tipring span`: spans of DAHDI and their timeslots, tested from here without the box.

use anyhow::{bail, ensure};
use tipring_dahdi::{
    Control, FrameClock, SpanSettings, SpanStatus, TimeslotSettings, TimingSource, open_loop,
    open_span, test_timeslot,
};
use tipring_dsp::BitErrors;
use tipring_line::{Language, Law, Span as _, SpanEvent, SpanFraming, SpanTest, SpanWatch};

use crate::options::{CardTest, SpanChannel, SpanCommand, parse_ms};

/// Does what was asked.
///
/// # Errors
/// What went wrong and what to do, in one line; a test whose pattern did not come back whole.
pub(crate) fn run(what: &SpanCommand) -> anyhow::Result<()> {
    match what {
        SpanCommand::Show => show(),
        SpanCommand::Test(channel) => test(channel),
        SpanCommand::Loop(channel) => close_loop(channel),
        SpanCommand::Card { span, test } => card(*span, *test),
    }
}

fn show() -> anyhow::Result<()> {
    let spans = Control::open()?.spans();
    ensure!(!spans.is_empty(), "DAHDI has no span: load the card's driver, then run `dahdi_cfg`");
    for span in spans {
        println!("{}", in_words(&span));
    }
    Ok(())
}

/// How a span runs, and what is wrong with it as it runs.
fn in_words(span: &SpanStatus) -> String {
    let line = match (span.coding, span.cas, span.crc4) {
        (None, ..) => "no line, or none set up yet".to_owned(),
        (Some(coding), cas, crc4) => {
            let signalling = if cas { "CAS" } else { "CCS" };
            format!("{signalling}, {coding}{}", if crc4 { ", CRC-4" } else { "" })
        }
    };
    let clock = match span.timing {
        TimingSource::Own => "its own clock".to_owned(),
        TimingSource::Span(number) => format!("clock from span {number}"),
    };
    // Nothing describes it here, so that its alarms alone tell what is wrong.
    let as_it_runs = SpanFraming { cas: span.cas, crc4: span.crc4, takes_clock: false };
    let mut watch = SpanWatch::new(as_it_runs);
    watch.on_event(SpanEvent::Alarms(span.alarms));
    let state = watch.trouble().map_or("no alarm", |trouble| trouble.text(Language::English));
    let errors = span.errors;
    format!(
        "span {} ({}): {line}, {clock}, {} of {} channels configured; {state}; \
         {} code violations, {} CRC-4 errors, {} at the far end",
        span.number,
        span.name,
        span.configured,
        span.channels,
        errors.line_code,
        errors.crc4,
        errors.far_end,
    )
}

fn seconds(channel: &SpanChannel) -> anyhow::Result<u32> {
    let ms = parse_ms(&channel.duration).map_err(anyhow::Error::msg)?;
    Ok(u32::try_from(ms.div_ceil(1000))?)
}

fn settings(channel: &SpanChannel) -> TimeslotSettings {
    TimeslotSettings { channel: channel.channel, cas: channel.cas, law: Law::A }
}

fn test(channel: &SpanChannel) -> anyhow::Result<()> {
    let found = test_timeslot(settings(channel), seconds(channel)?, |second, found| {
        println!("{second:4} s: {}", figures(found));
    })?;
    verdict(found)
}

fn figures(found: BitErrors) -> String {
    match found.ratio() {
        Some(ratio) => format!(
            "{} bits, {} wrong ({ratio:.1e}), pattern {}, lost {} times",
            found.bits,
            found.errors,
            if found.in_sync { "there" } else { "not there" },
            found.losses,
        ),
        None => "the pattern has not come back".to_owned(),
    }
}

fn verdict(found: BitErrors) -> anyhow::Result<()> {
    if found.bits == 0 {
        bail!(
            "the pattern did not come back: loop the timeslot at its far end (`tipring span loop` \
             on a box, a plug, or the exchange), and see that nothing else uses it"
        );
    }
    ensure!(
        found.losses == 0 && found.in_sync,
        "the pattern was lost {} times: octets slip (see that one end alone gives the clock), or \
         the span is interrupted",
        found.losses
    );
    ensure!(
        found.errors == 0,
        "{} bits came back wrong: check cable, plugs and earthing of the span",
        found.errors
    );
    println!("the timeslot is sound");
    Ok(())
}

/// Keeps the loop closed for as long as was asked, by the span's own clock.
fn close_loop(channel: &SpanChannel) -> anyhow::Result<()> {
    let clock = FrameClock::open()?;
    let _loop = open_loop(settings(channel))?;
    println!("channel {} sends back what it receives", channel.channel);
    for _ in 0..seconds(channel)? * 50 {
        let ticked = clock.wait(1_000);
        ensure!(ticked == Ok(true), "DAHDI's timer gives no ticks: see `dmesg`");
    }
    Ok(())
}

fn card(span: u16, test: CardTest) -> anyhow::Result<()> {
    let order = match test {
        CardTest::Off => SpanTest::Off,
        CardTest::Local => SpanTest::LocalLoop,
        CardTest::Remote => SpanTest::RemoteLoop,
        CardTest::Payload => SpanTest::PayloadLoop,
        CardTest::Pattern => SpanTest::Prbs,
    };
    let (mut span, _) = open_span(SpanSettings { span, d_channel: None }, None)?;
    span.test(order)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_said_with_what_to_do() {
        let clean = BitErrors { bits: 640_000, in_sync: true, ..BitErrors::default() };
        assert!(verdict(clean).is_ok());
        assert_eq!(figures(clean), "640000 bits, 0 wrong (0.0e0), pattern there, lost 0 times");
        let cases = [
            (BitErrors::default(), "loop the timeslot at its far end"),
            (BitErrors { losses: 3, ..clean }, "one end alone gives the clock"),
            (BitErrors { errors: 7, ..clean }, "7 bits came back wrong"),
            (BitErrors { in_sync: false, ..clean }, "interrupted"),
        ];
        for (found, said) in cases {
            let line = verdict(found).unwrap_err().to_string();
            assert!(line.contains(said) && !line.contains('\n'), "{line}");
        }
        assert_eq!(figures(BitErrors::default()), "the pattern has not come back");
    }
}

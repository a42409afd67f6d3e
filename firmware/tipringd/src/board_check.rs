//! `tipring board check`: what is on the buses, against what the board says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use tipring_api::{BoardFinding, BoardReport};
use tipring_board::{Board, Chip, Driver, Light, Pin, Port, SpanPort};
use tipring_dahdi::{ChannelStatus, SpanStatus};

use crate::hardware::{RELAY, framing, kind_name, light_of};

/// How a socket of an E1 is called, and how many channels the driver counts of one.
const SPAN: &str = "E1";
const SPAN_CHANNELS: u16 = 31;

/// A line for each port and span, and whether all of them are as the board says.
pub(crate) fn check(board: &Board) -> (String, bool) {
    let dahdi = Dahdi::look(board);
    let ports = board.ports.iter().map(|port| {
        let found = match &port.driver {
            Driver::Sim => Ok("simulated".to_owned()),
            Driver::Dahdi { channel } => dahdi.channel(port, *channel),
            Driver::Daa(daa) => line_chip(daa),
        };
        (&port.label, kind_name(port.kind), found)
    });
    let spans = board.spans.iter().map(|span| (&span.label, SPAN, dahdi.span(span.dahdi)));
    let mut text = format!("{} revision {}\n", board.name, board.revision);
    let mut all_well = true;
    for (label, kind, found) in ports.chain(spans) {
        all_well &= found.is_ok();
        let (mark, what) = match &found {
            Ok(what) => ("ok   ", what),
            Err(why) => ("wrong", why),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark} {label:8} {kind:3}  {what}");
    }
    (text, all_well)
}

/// What a running box knows of its board: what drives each socket, and what was wrong there when
/// it was opened.
pub(crate) fn report(board: &Board, problems: &BTreeMap<String, String>) -> BoardReport {
    let finding = |port: &Port| BoardFinding {
        label: port.label.clone(),
        kind: kind_name(port.kind).to_owned(),
        found: match &port.driver {
            Driver::Sim => "simulated".to_owned(),
            Driver::Dahdi { channel } => format!("DAHDI channel {channel}"),
            Driver::Daa(daa) => format!("{:?}, {} slot {}", daa.chip, daa.device, daa.slot),
        },
        problem: problems.get(&port.label).cloned().unwrap_or_default(),
    };
    let problem = |what: &str| problems.get(what).cloned().unwrap_or_default();
    // What is wrong with a span is told with its channels.
    let span = |span: &SpanPort| BoardFinding {
        label: span.label.clone(),
        kind: SPAN.to_owned(),
        found: format!("DAHDI span {}", span.dahdi),
        problem: String::new(),
    };
    let lights = board.sockets_with_lights().map(|(label, light)| BoardFinding {
        label: label.to_owned(),
        kind: "LED".to_owned(),
        found: match light {
            Light::Pin(pin) => pin_name(pin),
            Light::Class(name) => name.clone(),
        },
        problem: problem(&light_of(label)),
    });
    let relay = board.power_fail.as_ref().map(|relay| BoardFinding {
        label: RELAY.to_owned(),
        kind: "GPIO".to_owned(),
        found: pin_name(&relay.pin),
        problem: problem(RELAY),
    });
    let sockets = board.ports.iter().map(finding).chain(board.spans.iter().map(span));
    BoardReport {
        name: board.name.clone(),
        revision: board.revision,
        findings: sockets.chain(lights).chain(relay).collect(),
    }
}

fn pin_name(pin: &Pin) -> String {
    format!("{} line {}", pin.chip, pin.line)
}

/// What the DAHDI driver shows, asked once.
enum Dahdi {
    NotNeeded,
    There { channels: Vec<ChannelStatus>, spans: Vec<SpanStatus> },
    None(String),
}

impl Dahdi {
    fn look(board: &Board) -> Self {
        let needed = board.ports.iter().any(|p| matches!(p.driver, Driver::Dahdi { .. }));
        if !needed && board.spans.is_empty() {
            return Dahdi::NotNeeded;
        }
        match tipring_dahdi::Control::open() {
            Ok(control) => Dahdi::There { channels: control.channels(), spans: control.spans() },
            Err(e) => Dahdi::None(e.to_string()),
        }
    }

    fn channel(&self, port: &Port, number: u16) -> Result<String, String> {
        let channels = match self {
            Dahdi::There { channels, .. } => channels,
            Dahdi::None(why) => return Err(why.clone()),
            Dahdi::NotNeeded => return Ok(String::new()),
        };
        let Some(found) = channels.iter().find(|c| c.number == number) else {
            return Err(format!("DAHDI has no channel {number}; it has {}", channels.len()));
        };
        let wanted: tipring_line::PortKind = port.kind.into();
        match found.kind {
            Some(kind) if kind == wanted => Ok(format!("DAHDI channel {number}, {}", found.name)),
            Some(_) => Err(format!("DAHDI channel {number} is the other end of a line")),
            None if found.configured => Err(format!("DAHDI channel {number} is no analog port")),
            None => Err(format!("DAHDI channel {number} has no signalling; run `dahdi_cfg`")),
        }
    }

    fn span(&self, number: u16) -> Result<String, String> {
        match self {
            Dahdi::There { spans, .. } => span_among(spans, number),
            Dahdi::None(why) => Err(why.clone()),
            Dahdi::NotNeeded => Ok(String::new()),
        }
    }
}

fn span_among(spans: &[SpanStatus], number: u16) -> Result<String, String> {
    let Some(found) = spans.iter().find(|span| span.number == number) else {
        let there: Vec<_> =
            spans.iter().map(|span| format!("{} ({})", span.number, span.name)).collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        return Err(format!("DAHDI has no span {number}; it has {there}"));
    };
    if found.channels != SPAN_CHANNELS {
        return Err(format!(
            "DAHDI span {number} has {} channels and not the {SPAN_CHANNELS} of an E1; if it is a \
             T1, set the card's jumper, or its `default_linemode` to `e1`",
            found.channels
        ));
    }
    // What is plugged in is not the board's matter.
    let alarm = found.alarms.gravest().map(|alarm| format!(", alarm {alarm:?}"));
    Ok(format!("DAHDI span {number}, {}{}", found.name, alarm.unwrap_or_default()))
}

fn line_chip(daa: &tipring_board::Daa) -> Result<String, String> {
    let mut spi = tipring_daa::open_spi(Path::new(&daa.device), Some(daa.speed_hz))
        .map_err(|e| e.to_string())?;
    let at = format!("{} slot {}", daa.device, daa.slot);
    match daa.chip {
        Chip::Si3050 => tipring_daa::si3050::probe(&mut spi, framing(daa))
            .map(|found| format!("{at}: {found}"))
            .map_err(|e| format!("{at}: {e}")),
        Chip::Si3210 => tipring_daa::si3210::probe(&mut spi, framing(daa))
            .map(|found| format!("{at}: {found}"))
            .map_err(|e| format!("{at}: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dahdi::TimingSource;
    use tipring_line::{SpanAlarms, SpanErrors};

    #[test]
    fn the_simulated_board_is_as_it_says() {
        let (text, all_well) = check(&Board::sim());
        assert!(all_well, "{text}");
        assert_eq!(text.lines().count(), 7);
        assert!(text.contains("ok    fxs-2    FXS  simulated"), "{text}");
    }

    #[test]
    fn a_span_is_there_and_an_e1() {
        let span = |number, channels, alarms| SpanStatus {
            number,
            name: format!("TE2/0/{number}"),
            description: String::new(),
            device: String::new(),
            configured: channels,
            channels,
            alarms,
            errors: SpanErrors::default(),
            timing: TimingSource::Own,
            coding: None,
            crc4: false,
            cas: false,
        };
        let dark = SpanAlarms { no_signal: true, ..SpanAlarms::default() };
        let spans = [span(1, 31, dark), span(2, 24, SpanAlarms::default())];
        assert_eq!(span_among(&spans, 1), Ok("DAHDI span 1, TE2/0/1, alarm Red".to_owned()));
        let why = span_among(&spans, 2).unwrap_err();
        assert!(why.starts_with("DAHDI span 2 has 24 channels and not the 31 of an E1"), "{why}");
        let why = "DAHDI has no span 3; it has 1 (TE2/0/1), 2 (TE2/0/2)";
        assert_eq!(span_among(&spans, 3), Err(why.to_owned()));
        assert_eq!(span_among(&[], 3), Err("DAHDI has no span 3; it has none".to_owned()));
    }

    #[test]
    fn spans_and_their_lights_are_in_the_report() {
        let board = Board::parse(
            "b.toml",
            "name = \"x\"\nrevision = 1\n\
             [[pin]]\nname = \"green\"\nled_class = \"e1:green\"\n\
             [[span]]\nlabel = \"e1-1\"\ndahdi = 2\nled = \"green\"\n",
        );
        let board = board.unwrap();
        let dark = BTreeMap::from([("light of e1-1".to_owned(), "no such LED".to_owned())]);
        let report = report(&board, &dark);
        let found: Vec<_> =
            report.findings.iter().map(|f| (&*f.label, &*f.kind, &*f.found)).collect();
        assert_eq!(found, [("e1-1", "E1", "DAHDI span 2"), ("e1-1", "LED", "e1:green")]);
        assert_eq!(report.findings[1].problem, "no such LED");
        let (text, _) = check(&board);
        assert!(text.lines().nth(1).is_some_and(|line| line.contains(" e1-1     E1   ")), "{text}");
    }

    #[test]
    fn what_is_not_there_is_one_line_a_port() {
        let board = Board::parse(
            "b.toml",
            "name = \"x\"\nrevision = 1\n\
             [[bus]]\nname = \"spi\"\ndevice = \"/dev/spidev99.0\"\n\
             [[pcm]]\nname = \"tdm\"\ndevice = \"null\"\nslots = 2\n\
             [[port]]\nlabel = \"fxo-1\"\nkind = \"fxo\"\n\
             daa = { chip = \"si3050\", bus = \"spi\", pcm = \"tdm\", slot = 0 }\n\
             [[port]]\nlabel = \"fxo-2\"\nkind = \"fxo\"\nsim = true\n",
        );
        let (text, all_well) = check(&board.unwrap());
        assert!(!all_well);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("wrong fxo-1    FXO  /dev/spidev99.0: No such file"),
            "{text}"
        );
        assert!(lines[2].starts_with("ok    fxo-2"), "{text}");
    }
}

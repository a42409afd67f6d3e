//! `tipring board check`: what is on the buses, against what the board says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use tipring_api::{BoardFinding, BoardReport};
use tipring_board::{Board, Chip, Driver, Light, Pin, Port};
use tipring_dahdi::ChannelStatus;

use crate::hardware::{RELAY, framing, kind_name, light_of};

/// A line for each port, and whether all of them are as the board says.
pub(crate) fn check(board: &Board) -> (String, bool) {
    let mut text = format!("{} revision {}\n", board.name, board.revision);
    let mut all_well = true;
    let dahdi = Dahdi::look(board);
    for port in &board.ports {
        let found = match &port.driver {
            Driver::Sim => Ok("simulated".to_owned()),
            Driver::Dahdi { channel } => dahdi.channel(port, *channel),
            Driver::Daa(daa) => line_chip(daa),
        };
        all_well &= found.is_ok();
        let (mark, what) = match &found {
            Ok(what) => ("ok   ", what),
            Err(why) => ("wrong", why),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark} {:8} {}  {what}", port.label, kind_name(port.kind));
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
    let light = |port: &Port| {
        let found = match port.led.as_ref()? {
            Light::Pin(pin) => pin_name(pin),
            Light::Class(name) => name.clone(),
        };
        let problem = problem(&light_of(&port.label));
        Some(BoardFinding { label: port.label.clone(), kind: "LED".to_owned(), found, problem })
    };
    let relay = board.power_fail.as_ref().map(|relay| BoardFinding {
        label: RELAY.to_owned(),
        kind: "GPIO".to_owned(),
        found: pin_name(&relay.pin),
        problem: problem(RELAY),
    });
    let sockets = board.ports.iter().map(finding);
    BoardReport {
        name: board.name.clone(),
        revision: board.revision,
        findings: sockets.chain(board.ports.iter().filter_map(light)).chain(relay).collect(),
    }
}

fn pin_name(pin: &Pin) -> String {
    format!("{} line {}", pin.chip, pin.line)
}

/// What the DAHDI driver shows, asked once.
enum Dahdi {
    NotNeeded,
    Channels(Vec<ChannelStatus>),
    None(String),
}

impl Dahdi {
    fn look(board: &Board) -> Self {
        let needed = board.ports.iter().any(|p| matches!(p.driver, Driver::Dahdi { .. }));
        if !needed {
            return Dahdi::NotNeeded;
        }
        match tipring_dahdi::Control::open() {
            Ok(control) => Dahdi::Channels(control.channels()),
            Err(e) => Dahdi::None(e.to_string()),
        }
    }

    fn channel(&self, port: &Port, number: u16) -> Result<String, String> {
        let channels = match self {
            Dahdi::Channels(channels) => channels,
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

    #[test]
    fn the_simulated_board_is_as_it_says() {
        let (text, all_well) = check(&Board::sim());
        assert!(all_well, "{text}");
        assert_eq!(text.lines().count(), 7);
        assert!(text.contains("ok    fxs-2    FXS  simulated"), "{text}");
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

//! Boards as data: which port is what, what drives it, and what is printed beside it on the case.
//!
//! A board is a folder `board/<name>-<revision>/` with a `board.toml`. It comes in layers: what
//! the file names as its `base` first, then the file itself, then the site's own file if there is
//! one; a later layer changes the entries of an earlier one by their names and adds its own.
//! Unknown keys, names that lead nowhere and places taken twice are refused with file and line, so
//! that a typing error is found before a line is dead.
//!
//! Left out on purpose: driving anything. Only `tipringd` picks drivers.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod layer;
mod lights;
mod load;
mod resolve;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use tipring_line::{PortId, PortKind};

pub use lights::{Blink, Light, Lights};

/// The most ports a board can have: four cards of 24 and a little.
pub const PORTS_MAX: usize = 128;

const SIM: &str = include_str!("../sim-1/board.toml");

/// A board's description, all layers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The board's name.
    pub name: String,
    /// The hardware revision.
    pub revision: u32,
    /// Its analog ports; a port's [`PortId`] is its place here.
    pub ports: Vec<Port>,
    /// Its E1 spans.
    pub spans: Vec<SpanPort>,
    /// Its PCM highways.
    pub pcms: Vec<Pcm>,
    /// The relay for times without power.
    pub power_fail: Option<PowerFail>,
    /// How the lights show what their sockets do.
    pub lights: Lights,
}

/// One analog port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// What is printed on the case.
    pub label: String,
    /// Which end of a line it is.
    pub kind: Kind,
    /// What drives it.
    pub driver: Driver,
    /// The light beside it.
    pub led: Option<Light>,
}

/// What drives an analog port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The simulated exchange or handset.
    Sim,
    /// A DAHDI channel.
    Dahdi {
        /// Its number, from 1.
        channel: u16,
    },
    /// A line chip on SPI, its audio on a PCM highway.
    Daa(Daa),
}

/// A line chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daa {
    /// Which chip.
    pub chip: Chip,
    /// The SPI device file: `/dev/spidev0.0`.
    pub device: String,
    /// The clock of the SPI bus, in Hz.
    pub speed_hz: u32,
    /// Place in the daisy chain on this device, from 0; `None` for a chip alone.
    pub chain: Option<u8>,
    /// The PCM highway, by its place in [`Board::pcms`].
    pub pcm: usize,
    /// The slot there, from 0.
    pub slot: u8,
    /// The reset line.
    pub reset: Option<Pin>,
}

/// A line chip's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chip {
    /// A DAA with Si3018 or Si3019: FXO.
    Si3050,
    /// A SLIC: FXS.
    Si3210,
}

impl Chip {
    /// Which end of a line it makes.
    pub fn kind(self) -> Kind {
        match self {
            Chip::Si3050 => Kind::Fxo,
            Chip::Si3210 => Kind::Fxs,
        }
    }
}

/// A PCM highway: an ALSA device that carries one channel for every slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcm {
    /// What the board's file calls it.
    pub name: String,
    /// The ALSA device: `hw:tiptdm,0`.
    pub device: String,
    /// How many slots a frame has.
    pub slots: u8,
}

/// A GPIO line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The chip's device file: `/dev/gpiochip0`.
    pub chip: String,
    /// The line's number there.
    pub line: u32,
    /// Whether low means on.
    pub active_low: bool,
}

/// One E1 span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanPort {
    /// What is printed on the case.
    pub label: String,
    /// The DAHDI span, from 1.
    pub dahdi: u16,
    /// The light beside it.
    pub led: Option<Light>,
}

/// The relay that connects a line with a handset when the box has no power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerFail {
    /// The line that holds it.
    pub pin: Pin,
    /// The exchange line.
    pub fxo: PortId,
    /// The handset.
    pub fxs: PortId,
}

/// Which end of a line a port is, as the file says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Faces the exchange.
    Fxo,
    /// Faces a handset.
    Fxs,
}

impl From<Kind> for PortKind {
    fn from(kind: Kind) -> PortKind {
        match kind {
            Kind::Fxo => PortKind::Fxo,
            Kind::Fxs => PortKind::Fxs,
        }
    }
}

/// Why a board's description cannot be used.
#[derive(Debug, Error)]
pub enum BoardError {
    /// A file cannot be read.
    #[error("{}: {source}; name a folder with a board.toml in it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not a board's description.
    #[error("{file}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        message: String,
    },
}

impl Board {
    /// The simulated board.
    ///
    /// # Panics
    /// Never: its file is part of the program and is read by a test.
    pub fn sim() -> Self {
        Board::parse("board/sim-1/board.toml", SIM).expect("the built-in board is tested")
    }

    /// Reads a board's folder with the layers below it and, on top, the site's own file.
    ///
    /// # Errors
    /// [`BoardError`] with file and line.
    pub fn load(folder: &Path, site: Option<&Path>) -> Result<Self, BoardError> {
        let mut layers = load::layers(folder)?;
        layers.extend(site.map(load::read).transpose()?);
        resolve::resolve(layers)
    }

    /// Reads a board's description that consists of one layer; `file` names it in errors.
    ///
    /// # Errors
    /// [`BoardError::Invalid`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, BoardError> {
        resolve::resolve(vec![load::parse(file, text)?])
    }

    /// The labels of the ports and spans that have a light, and their lights.
    pub fn sockets_with_lights(&self) -> impl Iterator<Item = (&str, &Light)> {
        let ports = self.ports.iter().map(|port| (&*port.label, &port.led));
        let spans = self.spans.iter().map(|span| (&*span.label, &span.led));
        ports.chain(spans).filter_map(|(label, led)| Some((label, led.as_ref()?)))
    }

    /// The ports with their ids.
    pub fn numbered_ports(&self) -> impl Iterator<Item = (PortId, &Port)> {
        self.ports.iter().enumerate().map(|(i, port)| (PortId(i as u16), port))
    }
}

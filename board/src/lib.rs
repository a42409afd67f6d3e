//! Boards as data: which port is what, and what is printed beside it on the case.
//!
//! A board is a folder `board/<name>-<revision>/` with a `board.toml`. Unknown keys are refused
//! with file and line, so that a typing error is found before a line is dead.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use tipring_line::{PortId, PortKind};

/// The most ports a board can have: four cards of 24 and a little.
pub const PORTS_MAX: usize = 128;

const SIM: &str = include_str!("../sim-1/board.toml");

/// A board's description.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The board's name.
    pub name: String,
    /// The hardware revision.
    pub revision: u32,
    /// Its analog ports; a port's [`PortId`] is its place here.
    #[serde(default, rename = "port")]
    pub ports: Vec<Port>,
}

/// One analog port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// What is printed on the case.
    pub label: String,
    /// Which end of a line it is.
    pub kind: Kind,
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
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not a board's description.
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

    /// Reads a board's folder.
    ///
    /// # Errors
    /// [`BoardError`] with file and line.
    pub fn load(folder: &Path) -> Result<Self, BoardError> {
        let path = folder.join("board.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|source| BoardError::Unreadable { path: path.clone(), source })?;
        Board::parse(&path.to_string_lossy(), &text)
    }

    /// Reads a board's description; `file` names it in errors.
    ///
    /// # Errors
    /// [`BoardError::Invalid`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, BoardError> {
        let invalid = |message: String| BoardError::Invalid { file: file.to_owned(), message };
        let board: Board = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text[..s.start].matches('\n').count() + 1);
            invalid(format!("line {line}: {}", e.message()))
        })?;
        if board.ports.len() > PORTS_MAX {
            return Err(invalid(format!(
                "{} ports, but a board has at most {PORTS_MAX}",
                board.ports.len()
            )));
        }
        for (i, port) in board.ports.iter().enumerate() {
            if board.ports[..i].iter().any(|other| other.label == port.label) {
                return Err(invalid(format!("two ports are labelled `{}`", port.label)));
            }
        }
        Ok(board)
    }

    /// The ports with their ids.
    pub fn numbered_ports(&self) -> impl Iterator<Item = (PortId, &Port)> {
        self.ports.iter().enumerate().map(|(i, port)| (PortId(i as u16), port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulated_board_has_exchange_lines_and_handsets() {
        let board = Board::sim();
        let labels: Vec<_> = board.ports.iter().map(|p| p.label.as_str()).collect();
        assert_eq!(labels, ["fxo-1", "fxo-2", "fxo-3", "fxo-4", "fxs-1", "fxs-2"]);
        assert_eq!(PortKind::from(board.ports[4].kind), PortKind::Fxs);
    }

    #[test]
    fn a_wrong_key_is_refused_with_file_and_line() {
        let text =
            "name = \"x\"\nrevision = 1\n\n[[port]]\nlabel = \"a\"\nkind = \"fxo\"\npni = 3\n";
        let e = Board::parse("site.toml", text).unwrap_err().to_string();
        assert!(e.starts_with("site.toml: line 7: unknown field `pni`"), "{e}");
        let e = Board::parse(
            "b.toml",
            "name = \"x\"\nrevision = 1\n[[port]]\nlabel=\"a\"\nkind=\"e1x\"\n",
        );
        assert!(e.unwrap_err().to_string().contains("line 5"));
    }

    #[test]
    fn a_label_stands_once() {
        let port = "[[port]]\nlabel = \"a\"\nkind = \"fxo\"\n";
        let e =
            Board::parse("b", &format!("name = \"x\"\nrevision = 1\n{port}{port}")).unwrap_err();
        assert_eq!(e.to_string(), "b: two ports are labelled `a`");
    }
}

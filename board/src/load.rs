//! From files to layers.

use std::path::Path;

use crate::BoardError;
use crate::layer::Layer;

/// How many layers a board may have: a chain of bases longer than this names itself.
const LAYERS_MAX: usize = 8;

/// A layer, and where it came from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) layer: Layer,
}

impl Source {
    /// The line, from 1, of a place in the text.
    pub(crate) fn line(&self, at: usize) -> usize {
        line_of(&self.text, at)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// A board's layers, the lowest first.
pub(crate) fn layers(folder: &Path) -> Result<Vec<Source>, BoardError> {
    let mut folder = folder.to_owned();
    let mut layers = Vec::new();
    loop {
        let source = read(&folder.join("board.toml"))?;
        let base = source.layer.base.clone();
        layers.push(source);
        let Some(base) = base else { break };
        if layers.len() == LAYERS_MAX {
            let last = layers.pop().map(|s| s.file).unwrap_or_default();
            let message = format!("more than {LAYERS_MAX} layers: does a `base` name itself?");
            return Err(BoardError::Invalid { file: last, message });
        }
        folder = folder.join(base);
    }
    layers.reverse();
    Ok(layers)
}

/// Reads one file.
pub(crate) fn read(path: &Path) -> Result<Source, BoardError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| BoardError::Unreadable { path: path.to_owned(), source })?;
    parse(&path.to_string_lossy(), &text)
}

/// Reads one layer.
pub(crate) fn parse(file: &str, text: &str) -> Result<Source, BoardError> {
    let layer = toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map_or(1, |span| line_of(text, span.start));
        let message = format!("line {line}: {}", e.message());
        BoardError::Invalid { file: file.to_owned(), message }
    })?;
    Ok(Source { file: file.to_owned(), text: text.to_owned(), layer })
}

//! The state folder and its parts. The store locks it against a second box.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The state folder of a box.
#[derive(Clone, Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// Makes the folder and its parts where they are missing.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        for part in [path.to_path_buf(), path.join("recordings"), path.join("prompts")] {
            std::fs::create_dir_all(&part).with_context(|| {
                format!(
                    "the state folder {} cannot be made; choose another with --state",
                    path.display()
                )
            })?;
        }
        Ok(StateFolder { path: path.canonicalize()? })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The recordings.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.path.join("recordings")
    }

    /// Country plans of the site's own.
    pub(crate) fn plans(&self) -> PathBuf {
        self.path.join("plans")
    }

    /// What the site says of its board beside the board's own files, if it says anything.
    pub(crate) fn board(&self) -> Option<PathBuf> {
        let file = self.path.join("board.toml");
        file.exists().then_some(file)
    }

    /// Prompts recorded by the owner, in place of the shipped ones.
    pub(crate) fn prompts(&self) -> PathBuf {
        self.path.join("prompts")
    }
}

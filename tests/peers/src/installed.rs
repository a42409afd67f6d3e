//! The programs and sounds of others that the tests need.

use std::path::{Path, PathBuf};

/// The path of a program.
///
/// # Panics
/// It is not installed; says which Debian package has it.
pub fn program(name: &str, package: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed: apt install {package}"))
}

/// A file or folder that a package brings.
///
/// # Panics
/// It is not there.
pub fn file(path: &str, package: &str) -> PathBuf {
    let found = Path::new(path);
    assert!(found.exists(), "{path} is not there: apt install {package}");
    found.to_owned()
}

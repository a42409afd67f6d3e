//! What people would otherwise argue about in reviews, as tests: which crate may depend on which,
//! how long a file and a function may be, that what is listed is used.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::path::{Path, PathBuf};

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace exists")
}

/// Every Rust source below the rooms of the house, build outputs left out.
pub fn rust_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ["firmware", "drivers", "board", "web", "tests"] {
        walk(&root().join(room), &mut found);
    }
    assert!(found.len() > 20, "the walk found almost nothing: is the tree where it should be?");
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && name != "dist" {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The path as people write it, from the workspace's folder.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

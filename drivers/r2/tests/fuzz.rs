//! The fuzz targets, run on the committed corpus and on seeded mutations of it.

#[path = "../../../tests/fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../../tests/fuzz/src/r2.rs"]
mod r2;

use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn channels_live_through_mutated_signals() {
    corpus::run(&folder("tests/corpus/channel"), 10_000, 1, r2::channel);
}

#[test]
fn mutated_variants_are_read_and_written_again_or_refused() {
    corpus::run(&folder("data"), 5_000, 2, r2::variant);
}

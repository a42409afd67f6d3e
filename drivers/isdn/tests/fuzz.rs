//! The fuzz targets, run on the committed corpus and on seeded mutations of it.

#[path = "../../../tests/fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../../tests/fuzz/src/isdn.rs"]
mod isdn;

use std::path::Path;

fn run(name: &str, cases: u32, seed: u64, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    corpus::run(&folder, cases, seed, target);
}

#[test]
fn links_live_through_mutated_frames() {
    run("link", 20_000, 1, isdn::link);
}

#[test]
fn mutated_messages_are_read_and_written_again() {
    run("message", 200_000, 2, isdn::message);
}

#[test]
fn mutated_elements_are_read_and_written_again() {
    run("element", 200_000, 3, isdn::element);
}

#[test]
fn call_control_lives_through_mutated_messages() {
    run("calls", 20_000, 4, isdn::calls);
}

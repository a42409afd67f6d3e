//! The targets without the engine: on the committed corpus and on seeded mutations of it.

use std::fs;
use std::path::Path;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| fs::read(entry.expect("a file").path()).expect("the file can be read"))
        .collect();
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    inputs.sort();
    inputs
}

/// One to six changes of the kinds that find faults in parsers and machines.
fn mutate(rng: &mut ChaCha8Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[rng.random_range(0..corpus.len())].clone();
    for _ in 0..rng.random_range(1..=6) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] = rng.random(),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes.insert(at, rng.random()),
            3 => drop(bytes.drain(at..(at + rng.random_range(0..16)).min(bytes.len()))),
            4 => bytes.truncate(at),
            _ => {
                let other = &corpus[rng.random_range(0..corpus.len())];
                let from = rng.random_range(0..=other.len());
                let to = (from + rng.random_range(0..64)).min(other.len());
                drop(bytes.splice(at..at, other[from..to].iter().copied()));
            }
        }
    }
    bytes
}

/// Runs a target on every file of a folder, and on so many mutations of them.
pub(crate) fn run(folder: &Path, cases: u32, seed: u64, target: fn(&[u8])) {
    let corpus = read(folder);
    corpus.iter().for_each(|bytes| target(bytes));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..cases {
        target(&mutate(&mut rng, &corpus));
    }
}

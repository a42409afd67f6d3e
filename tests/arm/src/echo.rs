//! The echo canceller as a program of its own, for a processor that the tests do not run on.
//!
//! It is the canceller's files and nothing else, so that a bare compiler builds it. Standard input
//! is pairs of samples, 16-bit little-endian: what was sent and what was received; standard output
//! is what the canceller leaves of the latter. The one argument is the instructions: `best` or
//! `portable`.

#[allow(dead_code, unreachable_pub, reason = "of the canceller only its work is of interest here")]
#[path = "../../../drivers/dsp/src/echo/mod.rs"]
mod echo;

use std::io::{Read, Write};

use echo::{EchoCanceller, EchoTail};

fn main() -> std::io::Result<()> {
    let mut canceller = match std::env::args().nth(1).as_deref() {
        Some("best") => EchoCanceller::new(EchoTail::Ms64),
        Some("portable") => EchoCanceller::portable(EchoTail::Ms64),
        _ => return Err(std::io::Error::other("say `best` or `portable`")),
    };
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let sample = |low: u8, high: u8| i16::from_le_bytes([low, high]);
    let (pairs, _) = bytes.as_chunks::<4>();
    let sent: Vec<i16> = pairs.iter().map(|p| sample(p[0], p[1])).collect();
    let mut received: Vec<i16> = pairs.iter().map(|p| sample(p[2], p[3])).collect();
    for (sent, received) in sent.chunks(160).zip(received.chunks_mut(160)) {
        canceller.process(sent, received);
    }
    let left: Vec<u8> = received.iter().flat_map(|s| s.to_le_bytes()).collect();
    std::io::stdout().write_all(&left)
}

//! The fuzz targets, run on the committed messages and on seeded mutations of them.

#[path = "../../../tests/fuzz/src/sip.rs"]
mod sip;

use std::fs;
use std::path::Path;

use proptest::prelude::{ProptestConfig, any, proptest};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tipring_sip::message::{Framing, Message, Writer};

/// Every committed message.
fn corpus() -> Vec<Vec<u8>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut messages = Vec::new();
    for folder in ["vectors", "torture"] {
        for entry in fs::read_dir(tests.join(folder)).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.extension().is_some_and(|extension| extension == "sip") {
                messages.push(fs::read(path).expect("the file can be read"));
            }
        }
    }
    assert!(messages.len() > 90, "{} messages", messages.len());
    messages.sort();
    messages
}

/// One to six changes of the kinds that find faults in parsers.
fn mutate(rng: &mut ChaCha8Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    const ODD: &[u8] = b"\r\n\t \"<>;:,=@%[]\\\0\xff/*?0";
    let mut bytes = corpus[rng.random_range(0..corpus.len())].clone();
    for _ in 0..rng.random_range(1..=6) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] = rng.random(),
            1 => bytes.insert(at, ODD[rng.random_range(0..ODD.len())]),
            2 => drop(bytes.drain(at..(at + rng.random_range(0..16)).min(bytes.len()))),
            3 => bytes.truncate(at),
            4 => {
                let other = &corpus[rng.random_range(0..corpus.len())];
                let from = rng.random_range(0..=other.len());
                let to = (from + rng.random_range(0..64)).min(other.len());
                drop(bytes.splice(at..at, other[from..to].iter().copied()));
            }
            _ if at < bytes.len() => {
                let end = (at + rng.random_range(0..32)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, part));
            }
            _ => {}
        }
    }
    bytes
}

fn run(cases: u32, seed: u64, target: fn(&[u8])) {
    let corpus = corpus();
    corpus.iter().for_each(|bytes| target(bytes));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..cases {
        target(&mutate(&mut rng, &corpus));
    }
}

#[test]
fn mutated_messages_are_read_and_written_again() {
    run(100_000, 1, sip::message);
}

#[test]
fn an_agent_lives_through_mutated_messages() {
    run(50_000, 2, sip::agent);
}

#[test]
fn mutated_streams_are_cut_alike() {
    run(50_000, 3, sip::stream);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(
        user in "[a-z0-9+*]{1,20}",
        lines in proptest::collection::vec(("X-[A-Za-z0-9-]{1,12}", "[!-~][ -~]{0,40}[!-~]"), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = format!("sip:{user}@192.0.2.1");
        let mut out = Vec::new();
        let mut writer = Writer::request(&mut out, b"MESSAGE", uri.as_bytes());
        for (name, value) in &lines {
            writer.put(name.as_bytes()).put(b": ").clean(value.as_bytes()).end();
        }
        writer.finish("text/plain", &body);
        let message = Message::parse(&out, Framing::Stream).expect("what we write is a message");
        let read: Vec<_> = message.headers().filter(|h| h.name_text.starts_with(b"X-")).collect();
        assert_eq!(read.len(), lines.len());
        for (header, (name, value)) in read.iter().zip(&lines) {
            assert_eq!((header.name_text, header.value), (name.as_bytes(), value.as_bytes()));
        }
        assert_eq!(message.body(), body);
        let mut again = Vec::new();
        message.emit(&mut again);
        assert_eq!(again, out);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        sip::message(&bytes);
        sip::stream(&bytes);
        sip::agent(&bytes);
    }
}

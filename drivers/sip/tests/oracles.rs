//! Two other stacks read the same messages: where they can, they must read what we read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tipring_sip::message::{Framing, HeaderName, Message, StartLine};

/// What is compared: the start line, the headers in canonical names and spacing, the body.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    start: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn reading(bytes: &[u8]) -> Option<Reading> {
    let message = Message::parse(bytes, Framing::Datagram).ok()?;
    let text = |bytes: &[u8]| {
        let lossy = String::from_utf8_lossy(bytes);
        lossy.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let start = match message.start_line() {
        StartLine::Request { method_text, uri, .. } => text(&[method_text, b" ", uri].concat()),
        StartLine::Status { code, .. } => code.to_string(),
    };
    let mut headers: Vec<_> = message
        .headers()
        // They write Content-Length anew.
        .filter(|header| header.name != HeaderName::ContentLength)
        .map(|header| {
            let name = match header.name {
                HeaderName::Other => text(header.name_text).to_ascii_lowercase(),
                known => known.as_str().to_ascii_lowercase(),
            };
            (name, text(header.value))
        })
        .collect();
    headers.sort();
    Some(Reading { start, headers, body: message.body().to_vec() })
}

/// What each of the others is known not to read as it was sent, and why.
const GAPS: &[(&str, &str, &str)] = &[
    ("rsipstack", "02-gbk-display-name.sip", "stops reading at bytes that are not UTF-8"),
    ("rsipstack", "03-gbk-unquoted.sip", "stops reading at bytes that are not UTF-8"),
    ("rsipstack", "04-gbk-backslash-byte.sip", "stops reading at bytes that are not UTF-8"),
    ("rsipstack", "22-no-content-length.sip", "takes no Content-Length for an empty body"),
    ("rsipstack", "23-leading-crlf.sip", "takes no line breaks before a message"),
    ("rsipstack", "24-bare-lf.sip", "takes no line breaks without CR"),
    ("rsipstack", "29-unknown-method.sip", "takes no method it does not know"),
    ("rsipstack", "31-escaped-user.sip", "escapes the percent sign of an escape again"),
    ("rsiprtp", "02-gbk-display-name.sip", "takes no bytes that are not UTF-8"),
    ("rsiprtp", "03-gbk-unquoted.sip", "takes no bytes that are not UTF-8"),
    ("rsiprtp", "04-gbk-backslash-byte.sip", "takes no bytes that are not UTF-8"),
    ("rsiprtp", "23-leading-crlf.sip", "takes no line breaks before a message"),
    ("rsiprtp", "29-unknown-method.sip", "takes no method it does not know"),
];

fn compare(name: &str, write_again: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let (mut differing, mut compared) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(folder).expect("the vectors are there") {
        let path = entry.expect("the folder can be read").path();
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        if !file.ends_with(".sip") {
            continue;
        }
        let bytes = fs::read(&path).expect("the file can be read");
        let ours = reading(&bytes).expect("we read every vector");
        compared += 1;
        let theirs = write_again(&bytes).and_then(|bytes| reading(&bytes));
        if theirs.as_ref() != Some(&ours) {
            println!("{name} {file}:\n  {theirs:?}\n  {ours:?}");
            differing.insert(file);
        }
    }
    let known: BTreeSet<String> = GAPS
        .iter()
        .filter(|(stack, ..)| *stack == name)
        .map(|(_, file, _)| (*file).to_owned())
        .collect();
    assert!(compared - differing.len() >= 25, "too few are left to compare");
    assert_eq!(differing, known, "{name} differs in other messages than those known");
}

#[test]
fn rsipstack_reads_what_we_read() {
    compare("rsipstack", |bytes| {
        let message = std::panic::catch_unwind(|| rsipstack::sip::parser::parse_message(bytes));
        message.ok()?.ok().map(|message| message.to_bytes())
    });
}

#[test]
fn rsiprtp_reads_what_we_read() {
    compare("rsiprtp", |bytes| {
        rsiprtp::sip::SipMessage::parse(bytes).ok().map(|message| message.to_bytes().to_vec())
    });
}

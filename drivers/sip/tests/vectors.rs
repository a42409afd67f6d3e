//! Messages as they are seen, and what must be read from them: phones, GBK names, IMS trunks,
//! test tools. Beside them, messages that try a parser, and how the agent must answer each.

mod common;

use std::fs;
use std::path::PathBuf;

use common::Link;
use tipring_sip::message::{
    Essentials, Framing, HeaderName, Message, StartLine, Via, decode_display_name,
};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The lines of a folder's table, with the bytes of the file each is about.
fn table(name: &str) -> Vec<(Vec<String>, Vec<u8>)> {
    let text = fs::read_to_string(folder(name).join("expected.tsv")).expect("the table is there");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let bytes = fs::read(folder(name).join(&cells[0])).expect("the file is there");
            (cells, bytes)
        })
        .collect()
}

#[test]
fn every_message_is_read_as_it_was_meant() {
    let table = table("vectors");
    assert!(table.len() >= 40);
    for (cells, bytes) in &table {
        let [file, kind, display, user, vias, body] = &cells[..] else { panic!("{cells:?}") };
        let message = Message::parse(bytes, Framing::Datagram).expect(file);
        let essentials = Essentials::of(&message).expect(file);
        let found = match message.start_line() {
            StartLine::Request { method_text, .. } => String::from_utf8_lossy(method_text).into(),
            StartLine::Status { code, .. } => code.to_string(),
        };
        assert_eq!(&found, kind, "{file}");
        assert_eq!(decode_display_name(essentials.from.display).as_str(), display, "{file}");
        assert_eq!(essentials.from.uri.user_text().expect(file).as_str(), user, "{file}");
        let values: Vec<_> = message.values(HeaderName::Via).map(Via::parse).collect();
        assert!(values.iter().all(Result::is_ok), "{file}: {values:?}");
        assert_eq!(values.len().to_string(), *vias, "{file}");
        assert_eq!(message.body().len().to_string(), *body, "{file}");
    }
}

#[test]
fn every_message_is_written_as_it_came() {
    for (cells, bytes) in table("vectors") {
        let message = Message::parse(&bytes, Framing::Datagram).expect(&cells[0]);
        let mut out = Vec::new();
        message.emit(&mut out);
        // Line breaks without CR are no well-formed message: its empty line is written right.
        if !cells[0].contains("bare-lf") {
            let start = bytes.iter().position(|b| !b"\r\n".contains(b)).unwrap();
            assert_eq!(out, &bytes[start..], "{}", cells[0]);
        }
    }
}

#[test]
fn the_torture_is_answered_as_it_should_be() {
    let table = table("torture");
    assert!(table.len() >= 45);
    for (cells, bytes) in &table {
        let [file, status, why] = &cells[..] else { panic!("{cells:?}") };
        let mut link = Link::new(1);
        let answers = link.inject(0, "192.0.2.77:5060", bytes);
        let found = answers.first().map_or("none", |answer| &answer[8..11]);
        assert_eq!(found, status, "{file} ({why}): {answers:?}");
        assert!(answers.len() <= 1, "{file}: {answers:?}");
        assert_eq!(link.sides[0].agent.calls(), 0, "{file}");
        assert_eq!(link.sides[0].agent.transactions(), (0, 0), "{file}: nothing is kept");
    }
}

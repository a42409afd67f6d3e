//! Handsets, how they ring, and lines with several numbers, as the document says them.

use tipring_config::{
    BoardPort, Document, HandsetCallerId, HandsetEntry, HandsetLamp, HotLineEntry, Resolved, Site,
};
use tipring_line::{PortId, PortKind};

const WHOLE: &str = r#"
[ringing]
internal = 1
external = 2
cadences = [[400, 200, 400, 3000], [300, 200, 800, 3000]]

[[extension]]
number = "8101"
port = "fxs-1"

[extension.handset]
caller_id = "dtmf"
lamp = "fsk"
message_waiting = false
gain_tx_db = -3
gain_rx_db = 2
reversal_on_answer = true
battery_drop_ms = 500
hot_line = { number = "8102", after_s = 4 }

[[extension]]
number = "8102"
port = "fxs-2"

[[line]]
port = "fxo-1"
number = "5551000"
caller_id = false
flash_ms = 100
ringing = 0

[[line.ring]]
cadence = [400, 200, 400, 2000]
number = "5552000"
flow = "main"
ringing = 2

[[dial]]
number = "5553000"
to = { extension = "8101" }
ringing = 1

[[flow]]
name = "main"
start = "bye"
[flow.node.bye.hangup]
"#;

fn resolve(text: &str) -> Result<Resolved, String> {
    let port = |id, label: &str, kind| BoardPort { id: PortId(id), label: label.into(), kind };
    let ports = [
        port(0, "fxo-1", PortKind::Fxo),
        port(1, "fxs-1", PortKind::Fxs),
        port(2, "fxs-2", PortKind::Fxs),
    ];
    let site = Site { ports: &ports, ..Site::default() };
    Document::parse(text).and_then(|d| d.resolve(site)).map_err(|e| e.to_string())
}

#[test]
fn everything_said_of_a_handset_arrives() {
    let resolved = resolve(WHOLE).unwrap();
    let expected = HandsetEntry {
        caller_id: Some(HandsetCallerId::Dtmf),
        lamp: HandsetLamp::Fsk,
        message_waiting: false,
        gain_tx_db: -3,
        gain_rx_db: 2,
        reversal_on_answer: true,
        battery_drop_ms: 500,
        hot_line: Some(HotLineEntry { number: "8102".parse().unwrap(), after_s: 4 }),
    };
    assert_eq!(resolved.handsets.get("fxs-1"), Some(&expected));
    assert_eq!(resolved.handsets.get("fxs-2"), None, "as usual");
    assert_eq!(resolved.ring_cadences.len(), 2);
    assert_eq!((resolved.switch.ringing.internal, resolved.switch.ringing.external), (1, 2));
    let line = &resolved.switch.lines[0];
    assert_eq!(line.ringing, Some(0));
    assert_eq!(line.numbers[0].number.as_str(), "5552000");
    assert_eq!((line.numbers[0].flow.as_deref(), line.numbers[0].ringing), (Some("main"), Some(2)));
    assert_eq!(resolved.switch.dial[0].ringing, Some(1));
}

#[test]
fn what_is_exported_imports_to_the_same() {
    let document = Document::parse(WHOLE).unwrap();
    let text = document.to_toml();
    assert_eq!(Document::parse(&text).unwrap(), document, "{text}");
    assert!(!Document::default().to_toml().contains("handset"));
}

#[test]
fn unknown_keys_and_values_are_refused_with_their_line_and_the_nearest_name() {
    for (from, to, expected) in [
        (
            "lamp = \"fsk\"",
            "lmap = \"fsk\"",
            "line 13, column 1: unknown key `lmap`; did you mean `lamp`?",
        ),
        (
            "lamp = \"fsk\"",
            "lamp = \"fks\"",
            "line 13, column 8: unknown value `fks`; did you mean `fsk`?",
        ),
        (
            "after_s = 4",
            "after = 4",
            "line 19, column 31: unknown key `after`; did you mean `after_s`?",
        ),
        (
            "internal = 1",
            "intern = 1",
            "line 3, column 1: unknown key `intern`; did you mean `internal`?",
        ),
        (
            "cadence = [400",
            "cadance = [400",
            "line 33, column 1: unknown key `cadance`; did you mean `cadence`?",
        ),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        assert_eq!(resolve(&WHOLE.replacen(from, to, 1)).unwrap_err(), expected);
    }
}

#[test]
fn values_that_cannot_be_are_refused_with_their_place() {
    for (from, to, expected) in [
        ("gain_tx_db = -3", "gain_tx_db = 13", "extension 8101: a gain is -12 to 12 dB"),
        (
            "battery_drop_ms = 500",
            "battery_drop_ms = 50",
            "extension 8101: `battery_drop_ms` is 100",
        ),
        ("after_s = 4", "after_s = 16", "extension 8101: `after_s` of a hot line is 0 to 15"),
        (
            "port = \"fxs-1\"",
            "secret = \"x\"",
            "extension 8101: `handset` is for an extension with a",
        ),
        ("external = 2", "external = 3", "ringing: `external` rings in cadence 3, and"),
        ("ringing = 2\n", "ringing = 9\n", "line fxo-1 rings in cadence 9, and"),
        (
            "[[400, 200, 400, 3000]",
            "[[400, 200, 400]",
            "ringing: a cadence of ringing is on and off",
        ),
        ("[400, 200, 400, 2000]", "[400, 200]", "line fxo-1: `ring`: a cadence of ringing is on"),
        ("flash_ms = 100", "flash_ms = 10", "line fxo-1: `flash_ms` is 50 to 1500"),
        (
            "flow = \"main\"",
            "flow = \"mian\"",
            "line fxo-1: there is no flow `mian`; did you mean `main`?",
        ),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let error = resolve(&WHOLE.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with(expected), "{to}: {error}");
    }
}

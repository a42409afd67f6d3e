//! The document is read, written, checked and resolved.

use tipring_config::{BoardPort, Document, Site, first_document};
use tipring_line::{PortId, PortKind};
use tipring_switch::ConnectedNumber;

fn sim_ports() -> Vec<BoardPort> {
    let kinds = [PortKind::Fxo, PortKind::Fxs];
    let mut ports = Vec::new();
    for (kind, label, count) in [(kinds[0], "fxo", 4), (kinds[1], "fxs", 2)] {
        for n in 1..=count {
            let id = PortId(ports.len() as u16);
            ports.push(BoardPort { id, label: format!("{label}-{n}"), kind });
        }
    }
    ports
}

fn refusal(text: &str) -> String {
    match Document::parse(text).and_then(|d| {
        d.resolve(Site {
            ports: &sim_ports(),
            prompts: Some(&["greeting"]),
            countries: Some(&["cn", "us"]),
            spans: Some(&["e1-1", "e1-2"]),
            r2_variants: Some(&["cn", "itu"]),
        })
    }) {
        Ok(_) => panic!("taken although wrong:\n{text}"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn the_first_configuration_is_right_and_its_passwords_are_new() {
    let mut count = 0;
    let first = first_document(&sim_ports(), |digits| {
        count += 1;
        format!("{}{count}", if digits { "9" } else { "s" })
    })
    .unwrap();
    assert_eq!(first.accounts.len(), 4);
    assert_eq!(first.accounts[0].0.as_str(), "8001");
    assert_eq!(first.agents[1].1, "96");
    let resolved = first.document.resolve(Site { ports: &sim_ports(), ..Site::default() }).unwrap();
    assert_eq!(resolved.switch.extensions.len(), 6);
    assert_eq!(resolved.switch.extensions[4].port, Some(PortId(4)));
    assert_eq!(resolved.accounts[3].secret, "s4");
    assert_eq!(resolved.switch.lines[3].port, PortId(3));
    assert!(!first.document.to_toml().contains("{8001}"));
}

#[test]
fn the_first_configuration_names_no_socket_that_the_board_has_not() {
    let [with_line, bare] = [&sim_ports()[..1], &[]].map(|ports| {
        let first = first_document(ports, |_| "12345678".into()).unwrap().document;
        first.resolve(Site { ports, ..Site::default() }).unwrap().switch
    });
    assert_eq!((with_line.lines.len(), with_line.extensions.len()), (1, 4));
    assert_eq!((bare.lines.len(), bare.extensions.len()), (0, 4));
}

#[test]
fn what_is_exported_imports_to_the_same() {
    let first = first_document(&sim_ports(), |_| "12345678".into()).unwrap().document;
    let again = Document::parse(&first.to_toml()).unwrap();
    assert_eq!(again, first);
}

#[test]
fn ids_are_given_once_and_kept() {
    let text =
        "[[queue]]\nname = \"a\"\n[[queue]]\nname = \"b\"\nid = 1\n[[queue]]\nname = \"c\"\n";
    let ids: Vec<u32> = Document::parse(text).unwrap().queues.iter().map(|q| q.id.0).collect();
    assert_eq!(ids, [2, 1, 3]);
}

#[test]
fn unknown_keys_are_refused_with_line_and_nearest_name() {
    assert_eq!(
        refusal("language = \"en\"\n\n[[extension]]\nnumber = \"8001\"\nsecert = \"x\"\n"),
        "line 5, column 1: unknown key `secert`; did you mean `secret`?"
    );
    let e = refusal("colour = \"blue\"\n");
    assert!(e.starts_with("line 1, column 1: unknown key `colour`; known here: language, "), "{e}");
    let e = refusal(
        "[[trunk]]\nname = \"t\"\nproxy = \"10.0.0.1:5060\"\naddress = [\"10.0.0.1\"]\ndtmf = \"infos\"\n",
    );
    assert_eq!(e, "line 5, column 8: unknown value `infos`; did you mean `info`?");
    let e = refusal("[[extension]\n");
    assert!(e.starts_with("line 1, "), "{e}");
}

#[test]
fn names_that_lead_nowhere_are_refused_with_their_place() {
    let flow = "[[flow]]\nname = \"main\"\nstart = \"bye\"\n[flow.node.bye.hangup]\n";
    for (text, expected) in [
        (
            "[[queue]]\nname = \"service\"\n[[agent]]\nwork_number = \"1\"\npassword = \"1\"\nqueues = [\"servise\"]\n",
            "agent 1: there is no queue `servise`; did you mean `service`?",
        ),
        (
            &format!("[[line]]\nport = \"fxo-1\"\nflow = \"mian\"\n{flow}"),
            "line fxo-1: there is no flow `mian`; did you mean `main`?",
        ),
        (
            &format!("[[line]]\nport = \"fxo-9\"\nflow = \"main\"\n{flow}"),
            "the board has no exchange-line socket (FXO) `fxo-9`; did you mean `fxo-1`?",
        ),
        (
            "[[dial]]\nnumber = \"9X.\"\nto = { trunk = { name = \"carrier\" } }\n",
            "the dial rule for 9X.: there is no group, trunk, span or line `carrier`",
        ),
        (
            "[[group]]\nname = \"street\"\nmembers = [\"street\"]\n",
            "group street: there is no line, span, trunk or earlier group `street`",
        ),
        ("[[group]]\nname = \"street\"\nmembers = []\n", "group street has no members"),
        (
            "[emergency]\nvia = \"street\"\n",
            "emergency: `via`: there is no group, trunk, span or line `street`",
        ),
        ("country = \"zz\"\n", "`country` is `zz`, whose lines are not known; known: cn, us"),
        (
            "[[line]]\nport = \"fxo-1\"\necho_ms = 48\n",
            "line fxo-1: `echo_ms` is 32, 64, or 0 for none",
        ),
        (
            "[[line]]\nport = \"fxo-1\"\nlearnt = [{ hz = [50] }]\n",
            "line fxo-1: a learnt tone has one or two frequencies of 200 to 3400 Hz",
        ),
        (
            "[[extension]]\nnumber = \"8001\"\n",
            "extension 8001 has no `secret`; a SIP account needs one (a handset has a `port`)",
        ),
        (
            "[[extension]]\nrange = \"8001-8003\"\nsecret = \"x\"\n[[extension]]\nnumber = \"8002\"\nsecret = \"x\"\n",
            "extension 8002 stands twice",
        ),
        (
            "[[trunk]]\nname = \"t\"\nproxy = \"10.0.0.1:5060\"\n",
            "trunk t: say by `address` where its calls come from, or by `register` which account it is",
        ),
    ] {
        let found = refusal(text);
        assert!(found.starts_with(expected), "{text}\n{found}");
    }
}

#[test]
fn a_flow_that_names_a_missing_node_is_refused_with_flow_node_and_nearest_name() {
    let e = refusal(
        "[[flow]]\nname = \"main\"\nstart = \"hello\"\n[flow.node.hello.play]\nsay = [\"greeting\"]\nnext = \"goodby\"\n[flow.node.goodbye.hangup]\n",
    );
    for part in ["main", "hello", "goodby", "goodbye"] {
        assert!(e.contains(part), "{e}");
    }
}

#[test]
fn a_range_makes_its_accounts_with_one_secret() {
    let text = "[[extension]]\nrange = \"0098-0102\"\nsecret = \"s\"\n";
    let resolved = Document::parse(text).unwrap().resolve(Site::default()).unwrap();
    let numbers: Vec<&str> = resolved.accounts.iter().map(|a| a.number.as_str()).collect();
    assert_eq!(numbers, ["0098", "0099", "0100", "0101", "0102"]);
    for range in ["9-1", "1-99999", "a-b", "1", "", "1-", "1234567890-1234567899"] {
        let e = refusal(&format!("[[extension]]\nrange = \"{range}\"\nsecret = \"s\"\n"));
        assert!(e.contains("range `"), "{e}");
    }
}

#[test]
fn the_documented_sample_is_right() {
    let text = include_str!("../../../docs/samples/benchmark.toml");
    let resolved = Document::parse(text)
        .and_then(|d| d.resolve(Site { ports: &sim_ports(), ..Site::default() }))
        .unwrap();
    assert_eq!(resolved.accounts.len(), 100);
    assert_eq!(resolved.flows.len(), 2);
}

#[test]
fn the_documented_sample_of_a_span_is_right() {
    let document = Document::parse(include_str!("../../../docs/samples/e1.toml")).unwrap();
    let resolved = document.resolve(Site { ports: &sim_ports(), ..Site::default() }).unwrap();
    assert_eq!((resolved.spans.len(), resolved.accounts.len()), (1, 100));
    assert_eq!(Document::parse(&document.to_toml()).unwrap(), document);
}

/// Everything that queues, agents and calendars can say.
const DESK: &str = r#"
[[calendar]]
name = "office"
week = [{ days = ["mon", "tue"], from = "08:30", to = "17:30" }]
holidays = [{ from = "2026-10-01", to = "2026-10-07", reason = "国庆节" }]
workdays = [{ date = "2026-10-10", like = "mon" }]

[[agent]]
work_number = "1001"
password = "4321"
queues = ["service", { queue = "second", tier = 2, level = 40 }]
skills = { english = 80 }

[[agent_group]]
name = "lv2"
agents = ["1001"]

[[reason]]
key = "lunch"
zh = "午餐"
en = "Lunch"
limit_s = 1800
needs_leave = true

[[vip]]
number = "13911111111"
priority = 5

[[called]]
number = "95588"
priority = 2

[[queue]]
name = "service"
strategy = "skill-match"
hours = "office"
keys = { keep = "1", callback = "3" }
announce = { position = 3, estimate = "on", waiting = "off" }
refuse = { closed = true, waiting_per_agent = 5 }
overflow = [{ after_s = 60, to = { queue = "second" } }, { above = 9, to = { number = "8001" } }]
escalation = { group = "lv2", after_s = 90 }
callback = { first = "agent", tries = 2, interval_s = 60, prefix = "9" }
relax = [{ after_s = 30, by = 20 }]

[[queue]]
name = "second"
groups = [{ group = "lv2", tier = 2 }]
"#;

#[test]
fn queues_agents_and_calendars_are_read_and_written_again() {
    let document = Document::parse(DESK).unwrap();
    document.resolve(Site::default()).unwrap();
    assert_eq!(document.agents[0].queues[1].tier, 2);
    assert_eq!(Document::parse(&document.to_toml()).unwrap(), document);
}

#[test]
fn what_queues_and_agents_name_has_to_be_there() {
    for (good, bad, says) in [
        ("hours = \"office\"", "hours = \"offce\"", "there is no calendar `offce`; did you mean"),
        ("group = \"lv2\", after_s", "group = \"lv3\", after_s", "no group of agents `lv3`"),
        ("agents = [\"1001\"]", "agents = [\"1009\"]", "no agent `1009`"),
        ("to = { queue = \"second\" }", "to = { queue = \"third\" }", "no queue `third`"),
        ("callback = \"3\"", "callback = \"x\"", "'x' is not a key"),
        ("callback = \"3\"", "callback = \"1\"", "key 1 does two things"),
        ("above = 9, ", "", "needs `after_s` or `above`"),
        ("from = \"08:30\"", "from = \"8.30\"", "no time of day"),
        ("position = 3", "position = \"often\"", "neither \"on\", \"off\" nor a number"),
        ("tier = 2, level", "tier = 0, level", "a tier is 1 to 254"),
    ] {
        assert!(DESK.contains(good), "{good}");
        let wrong = Document::parse(&DESK.replace(good, bad))
            .and_then(|document| document.resolve(Site::default()).map(drop));
        let said = wrong.expect_err(bad).to_string();
        assert!(said.contains(says), "{bad}: {said}");
    }
}

/// A span and a group that overflows from it.
const SPAN: &str = r#"
[[line]]
port = "fxo-1"

[[span]]
name = "e1"
port = "e1-1"
signalling = "pri-user"
profile = "china"
crc4 = true
hunt = "cyclic-descending"
out_of_service = [30, 31]
incoming_max = 20
outgoing_max = 25
number = "88886600"
numbers = ["888866XX"]
did_digits = 4
did_original = true
connected = "unified"
caller = "88886600"

[[span]]
name = "r2"
simulated = true
signalling = "r2"
called_digits = 8

[[group]]
name = "city"
members = ["e1", "fxo-1"]
"#;

#[test]
fn spans_are_read_written_again_and_resolved() {
    let document = Document::parse(SPAN).unwrap();
    assert_eq!(Document::parse(&document.to_toml()).unwrap(), document);
    let site = Site { ports: &sim_ports(), spans: Some(&["e1-1"]), ..Site::default() };
    let resolved = document.resolve(site).unwrap();
    let spans = &resolved.switch.spans;
    assert_eq!((spans[0].channels, spans[0].out_of_service), (0xFFFE_FFFE, 0xC000_0000));
    assert_eq!((resolved.spans[1].profile(), spans[1].did_digits), ("cn", 0));
    let connected = [spans[0].connected, spans[1].connected];
    assert_eq!(connected, [ConnectedNumber::Unified, ConnectedNumber::Off]);
    assert!(spans[0].did_original && !spans[1].did_original);
}

#[test]
fn what_is_wrong_with_a_span_is_told_with_what_would_be_right() {
    let changed = |from: &str, to: &str| refusal(&SPAN.replace(from, to));
    for (from, to, said) in [
        (
            "signalling = \"r2\"",
            "signaling = \"r2\"",
            "unknown key `signaling`; did you mean `signalling`?",
        ),
        ("\"pri-user\"", "\"pri-usr\"", "unknown value `pri-usr`; did you mean `pri-user`?"),
        ("port = \"e1-1\"", "port = \"e1-7\"", "no E1 socket `e1-7`; did you mean `e1-1`?"),
        ("\"china\"", "\"chine\"", "no profile `chine`; did you mean `china`?"),
        ("crc4 = true", "crc4 = true\nd_channel = 0", "`d_channel` is a timeslot"),
        ("port = \"e1-1\"", "", "one of `port`, `dahdi` and `simulated`"),
        ("[30, 31]", "[16]", "carries no calls anyway"),
        ("[\"e1\", \"fxo-1\"]", "[\"e2\"]", "there is no line, span, trunk or earlier group `e2`"),
        ("name = \"r2\"", "name = \"e1\"", "group, trunk, span or line `e1` stands twice"),
        ("simulated = true", "port = \"e1-1\"", "another span is there already"),
        ("\"unified\"", "\"unify\"", "unknown value `unify`; did you mean `unified`?"),
        ("called_digits = 8", "connected = \"called\"", "R2 tells neither who led a call on"),
    ] {
        let e = changed(from, to);
        assert!(e.contains(said), "{e}");
    }
}

#[test]
fn how_long_things_are_kept_is_read_and_checked() {
    let text = "[[queue]]\nid = 1\nname = \"gas\"\n[retention]\nrecordings_days = 90\n\
        when_full = \"remove-oldest\"\n[[retention.rule]]\nqueue = \"gas\"\ncalls = \"incoming\"\ndays = 0\n";
    let document = Document::parse(text).unwrap();
    assert_eq!(document.retention.free_mb_min, 500);
    assert_eq!(document.retention.rules[0].days, 0);
    assert_eq!(Document::parse(&document.to_toml()).unwrap(), document);
    let rule = refusal(&text.replace("queue = \"gas\"", "queue = \"water\""));
    assert!(rule.contains("retention") && rule.contains("water"), "{rule}");
    let records = refusal("[retention]\nrecords_days = 10\n");
    assert!(records.contains("at least 31"), "{records}");
    let slip = refusal("[retention]\nrecordings_days = 99999\n");
    assert!(slip.contains("99999 days"), "{slip}");
    let near = refusal("[retention]\nwhen_full = \"remove-oldes\"\n");
    assert!(near.contains("did you mean `remove-oldest`"), "{near}");
}

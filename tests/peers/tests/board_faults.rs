//! A board on which much is wrong: one clear line for each fault, and everything else works.

use tipring_test_peers::site::Site;
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::wait_until;

/// A line chip on a bus that is not there, a DAHDI channel without DAHDI, lights and a relay on pins
/// that are not there; and, between them, simulated ports.
const BOARD: &str = r#"
name = "faulty"
revision = 1

[[bus]]
name = "lines"
device = "/dev/spidev99.0"

[[pcm]]
name = "highway"
device = "null"
slots = 2

[[pin]]
name = "light"
chip = "/dev/gpiochip99"
line = 5

[[pin]]
name = "no-led"
led_class = "no-such-led"

[[pin]]
name = "relay"
chip = "/dev/gpiochip99"
line = 6

[[port]]
label = "fxo-1"
kind = "fxo"
led = "light"
daa = { chip = "si3050", bus = "lines", pcm = "highway", slot = 0 }

[[port]]
label = "fxo-2"
kind = "fxo"
led = "no-led"
sim = true

[[port]]
label = "fxo-3"
kind = "fxo"
dahdi = 1

[[port]]
label = "fxo-4"
kind = "fxo"
sim = true

[[port]]
label = "fxs-1"
kind = "fxs"
sim = true

[[port]]
label = "fxs-2"
kind = "fxs"
sim = true

[power_fail]
pin = "relay"
fxo = "fxo-2"
fxs = "fxs-1"
"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_is_not_there_is_one_line_each_and_the_other_lines_work() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("board.toml"), BOARD).unwrap();
    let tipring = TestBox::start_on_board(folder.path());
    let written = tipring.text();
    for (what, words) in [
        ("fxo-1: ", "/dev/spidev99.0: No such file or directory"),
        ("fxo-3: ", "DAHDI"),
        ("light of fxo-1: ", "/dev/gpiochip99 line 5: "),
        ("light of fxo-2: ", "no-such-led/brightness: No such file or directory"),
        ("power-fail relay: ", "/dev/gpiochip99 line 6: "),
    ] {
        let lines: Vec<&str> = written.lines().filter(|l| l.contains(what)).collect();
        // The relay's pin is one of the lights' chip, so a label alone may stand in two lines.
        let told = lines.iter().filter(|l| l.contains(words)).count();
        assert_eq!(told, 1, "{what}{words}: {lines:?}\n{written}");
    }
    let api = tipring.api();
    let board = api.json("/api/board");
    let problem = |label: &str, kind: &str| {
        let findings = board["findings"].as_array().unwrap();
        let fits = |f: &&serde_json::Value| f["label"] == label && f["kind"] == kind;
        let found = findings.iter().find(fits).unwrap_or_else(|| panic!("{label}: {board}"));
        found["problem"].as_str().unwrap().to_owned()
    };
    assert!(problem("fxo-1", "FXO").contains("/dev/spidev99.0"), "{board}");
    assert!(problem("fxo-1", "LED").contains("/dev/gpiochip99 line 5"), "{board}");
    assert!(problem("power-fail relay", "GPIO").contains("line 6"), "{board}");
    assert_eq!(problem("fxo-2", "FXO"), "");
    wait_until("fxo-1 and fxo-3 are in alarm, fxo-2 is idle", 10, || {
        let lines = api.json("/api/lines");
        let state = |label: &str| {
            lines.as_array()?.iter().find(|l| l["line"] == label)?["state"]
                .as_str()
                .map(str::to_owned)
        };
        let states = [state("fxo-1")?, state("fxo-2")?, state("fxo-3")?];
        (states == ["alarm", "idle", "alarm"]).then_some(())
    });
    let call = tipring.tipring(&["sim", "call", "--line", "fxo-2", "--for", "1s"]);
    assert!(call.status.success(), "{}", text(&call.stderr));
}

#[test]
fn a_board_or_a_country_that_cannot_be_is_refused_in_one_line() {
    let tipring = TestBox::start(&Site::default());
    let folder = tempfile::tempdir().unwrap();
    let wrong = BOARD.replace("led = \"light\"", "led = \"ligth\"");
    std::fs::write(folder.path().join("board.toml"), wrong).unwrap();
    let state = tempfile::tempdir().unwrap();
    let mut command = tipring.command_with(state.path());
    let output = command.arg("--board").arg(folder.path()).output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("board.toml: line 28: there is no pin `ligth`"), "{said}");

    let exported = text(&tipring.tipring(&["config", "export"]).stdout);
    let other = exported.replace("country = \"cn\"", "country = \"zz\"");
    assert_ne!(other, exported);
    let said = text(&tipring.try_import(&other).stderr);
    assert!(said.contains("`country` is `zz`, whose lines are not known; known: ae, ar"), "{said}");

    // A country of the site's own with a mistake in its file.
    let plans = tipring.state().join("plans");
    std::fs::create_dir_all(&plans).unwrap();
    std::fs::write(plans.join("xx.toml"), "code = \"xx\"\nname_zh = 3\n").unwrap();
    let mut tipring = tipring;
    tipring.stop();
    tipring.restart();
    let said = text(&tipring.try_import(&other.replace("\"zz\"", "\"xx\"")).stderr);
    assert!(said.contains("xx.toml: line 2: "), "{said}");
    let call = tipring.tipring(&["sim", "call", "--line", "fxo-1", "--for", "1s"]);
    assert!(call.status.success(), "the lines work on: {}", text(&call.stderr));
}

#[test]
fn a_changed_line_takes_its_settings_without_a_restart() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let exported = text(&tipring.tipring(&["config", "export"]).stdout);
    let entry = "port = \"fxo-1\"\n";
    assert!(exported.contains(entry), "{exported}");
    tipring.import(&exported.replacen(entry, &format!("{entry}number = \"5551234\"\n"), 1));
    wait_until("the line says that its settings are in force", 10, || {
        tipring.text().contains("fxo-1: its new settings are in force").then_some(())
    });
    assert!(!tipring.text().contains("fxo-2: takes its new settings"), "{}", tipring.text());
    let call = tipring.tipring(&["sim", "call", "--line", "fxo-1", "--for", "1s"]);
    assert!(call.status.success(), "{}", text(&call.stderr));
    wait_until("the call was for the new number", 10, || {
        (api.json("/api/calls")["calls"][0]["called"] == "5551234").then_some(())
    });
}

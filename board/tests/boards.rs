//! Boards are read in layers, and what is wrong in one is said with file and line.

use std::path::{Path, PathBuf};

use tipring_board::{Blink, Board, Chip, Driver, Kind, Light, Lights};
use tipring_line::PortId;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

const HEAD: &str = "name = \"x\"\nrevision = 1\n";

/// What is said of a board with these entries.
fn refusal(entries: &str) -> String {
    Board::parse("b.toml", &format!("{HEAD}{entries}")).unwrap_err().to_string()
}

#[test]
fn the_simulated_board_has_exchange_lines_and_handsets() {
    let board = Board::sim();
    let labels: Vec<_> = board.ports.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(labels, ["fxo-1", "fxo-2", "fxo-3", "fxo-4", "fxs-1", "fxs-2"]);
    assert_eq!(board.ports[4].kind, Kind::Fxs);
    assert!(board.ports.iter().all(|p| p.driver == Driver::Sim));
}

#[test]
fn every_board_in_the_folder_can_be_read() {
    let mut read = 0;
    for entry in std::fs::read_dir(folder("")).unwrap() {
        let path = entry.unwrap().path();
        let is_revision = path.file_name().unwrap().to_string_lossy().ends_with("-1");
        if is_revision {
            let board = Board::load(&path, None).unwrap();
            assert!(path.ends_with(format!("{}-{}", board.name, board.revision)));
            read += 1;
        }
    }
    assert_eq!(read, 3);
}

#[test]
fn a_revision_stands_on_its_base() {
    let board = Board::load(&folder("cm4-tdm-1"), None).unwrap();
    let Driver::Daa(daa) = &board.ports[5].driver else { panic!("{:?}", board.ports[5]) };
    assert_eq!((daa.chip, daa.chain, daa.slot), (Chip::Si3210, None, 5));
    assert_eq!((daa.device.as_str(), daa.speed_hz), ("/dev/spidev0.2", 4_000_000));
    let Driver::Daa(daa) = &board.ports[3].driver else { panic!("{:?}", board.ports[3]) };
    assert_eq!((daa.chip, daa.chain, daa.speed_hz), (Chip::Si3050, Some(3), 8_000_000));
    let reset = daa.reset.as_ref().unwrap();
    assert_eq!((reset.line, reset.active_low), (22, true));
    let relay = board.power_fail.unwrap();
    assert_eq!((relay.fxo, relay.fxs, relay.pin.line), (PortId(0), PortId(4), 23));
}

#[test]
fn the_site_changes_single_facts_and_leaves_ports_out() {
    let site = tempfile::NamedTempFile::new().unwrap();
    let text =
        "[[port]]\nlabel = \"fxo-2\"\ndahdi = 12\n\n[[port]]\nlabel = \"fxs-4\"\nabsent = true\n";
    std::fs::write(site.path(), text).unwrap();
    let board = Board::load(&folder("pci-dahdi-1"), Some(site.path())).unwrap();
    assert_eq!(board.ports.len(), 7);
    assert_eq!(board.ports[1].driver, Driver::Dahdi { channel: 12 });
    assert_eq!((board.spans[0].label.as_str(), board.spans[0].dahdi), ("e1-1", 2));
    std::fs::write(site.path(), "[[port]]\nlabel = \"fxo-2\"\ndahdi = 5\n").unwrap();
    let e = Board::load(&folder("pci-dahdi-1"), Some(site.path())).unwrap_err().to_string();
    assert!(e.contains("DAHDI channel 5 belongs to `fxo-2` and `fxs-1`"), "{e}");
}

#[test]
fn a_wrong_key_is_refused_with_file_and_line() {
    let e = refusal("\n[[port]]\nlabel = \"a\"\nkind = \"fxo\"\nsim = true\npni = 3\n");
    assert!(e.starts_with("b.toml: line 8: unknown field `pni`"), "{e}");
    let e = refusal("[[port]]\nlabel=\"a\"\nkind=\"e1x\"\n");
    assert!(e.contains("line 5"), "{e}");
}

#[test]
fn names_that_lead_nowhere_and_places_taken_twice_are_refused_with_their_line() {
    let daa = |label: &str, slot: u8, chain: u8| {
        format!(
            "[[port]]\nlabel = \"{label}\"\nkind = \"fxo\"\ndaa = {{ chip = \"si3050\", \
             bus = \"spi\", chain = {chain}, pcm = \"tdm\", slot = {slot} }}\n"
        )
    };
    let parts = "[[bus]]\nname = \"spi\"\ndevice = \"/dev/spidev0.0\"\n\
                 [[pcm]]\nname = \"tdm\"\ndevice = \"hw:0\"\nslots = 2\n";
    for (entries, expected) in [
        (daa("a", 0, 0), "line 3: there is no bus `spi`; the board has none"),
        (format!("{parts}{}", daa("a", 2, 0)), "line 10: slot 2 of `tdm`: it has slots 0 to 1"),
        (
            format!("{parts}{}{}", daa("a", 0, 0), daa("b", 0, 1)),
            "slot 0 of `tdm` belongs to `a` and `b`",
        ),
        (
            format!("{parts}{}{}", daa("a", 0, 0), daa("b", 1, 0)),
            "place 0 of the chain on /dev/spidev0.0 belongs to `a` and `b`",
        ),
        ("[[port]]\nlabel = \"a\"\nkind = \"fxo\"\n".to_owned(), "does not say what drives it"),
        (
            "[[port]]\nlabel = \"a\"\nkind = \"fxo\"\nsim = true\ndahdi = 1\n".to_owned(),
            "more than one of",
        ),
        (
            "[[port]]\nlabel = \"a\"\nkind = \"fxo\"\nsim = true\nled = \"x\"\n".to_owned(),
            "there is no pin `x`",
        ),
        (
            format!("{parts}{}", daa("a", 0, 0).replace("fxo", "fxs")),
            "is said to be Fxs, but its chip is none",
        ),
    ] {
        let e = refusal(&entries);
        assert!(e.starts_with("b.toml: line ") && e.contains(expected), "{e}");
    }
}

#[test]
fn a_label_stands_once_and_a_base_does_not_name_itself() {
    let port = "[[port]]\nlabel = \"a\"\nkind = \"fxo\"\nsim = true\n";
    assert!(refusal(&format!("{port}{port}")).contains("line 7: `a` stands twice in this file"));
    let loops = tempfile::tempdir().unwrap();
    std::fs::write(loops.path().join("board.toml"), "base = \".\"\n").unwrap();
    let e = Board::load(loops.path(), None).unwrap_err().to_string();
    assert!(e.contains("does a `base` name itself?"), "{e}");
    let e = Board::load(&loops.path().join("gone"), None).unwrap_err().to_string();
    assert!(e.contains("name a folder with a board.toml"), "{e}");
}

#[test]
fn lights_are_pins_or_of_the_led_class_and_show_states_as_the_board_says() {
    let board = Board::parse(
        "b.toml",
        &format!(
            "{HEAD}[[pin]]\nname = \"a\"\nchip = \"/dev/gpiochip0\"\nline = 5\nactive_low = true\n\
             [[pin]]\nname = \"b\"\nled_class = \"port2:green\"\n\
             [[port]]\nlabel = \"fxo-1\"\nkind = \"fxo\"\nsim = true\nled = \"a\"\n\
             [[port]]\nlabel = \"fxo-2\"\nkind = \"fxo\"\nsim = true\nled = \"b\"\n\
             [lights]\nidle = \"on\"\nringing = [100, 200]\n"
        ),
    )
    .unwrap();
    let Some(Light::Pin(pin)) = &board.ports[0].led else { panic!("{:?}", board.ports[0]) };
    assert_eq!((pin.line, pin.active_low), (5, true));
    assert_eq!(board.ports[1].led, Some(Light::Class("port2:green".into())));
    assert_eq!(board.lights.idle, Blink::on());
    assert_eq!(board.lights.ringing.after(250), (false, Some(50)));
    assert_eq!(board.lights.alarm, Lights::default().alarm, "as usual");
}

#[test]
fn lights_that_cannot_be_are_refused_with_their_line() {
    let port = "[[port]]\nlabel = \"x\"\nkind = \"fxo\"\nsim = true\nled = \"a\"\n";
    for (entries, expected) in [
        ("[lights]\nidle = \"maybe\"\n".to_owned(), "b.toml: line 4: a light is \"on\", \"off\""),
        ("[lights]\nidle = [10, 10]\n".to_owned(), "b.toml: line 4: a light is \"on\", \"off\""),
        ("[lights]\nbusy = \"on\"\n".to_owned(), "b.toml: line 4: unknown field `busy`"),
        (
            format!("[[pin]]\nname = \"a\"\nled_class = \"../x\"\n{port}"),
            "b.toml: line 3: `led_class` is `../x`; write the LED's name",
        ),
        (
            format!("[[pin]]\nname = \"a\"\nled_class = \"x\"\nchip = \"/dev/c\"\n{port}"),
            "b.toml: line 3: `a` has a `chip` and a `led_class`; it may have one",
        ),
        (
            format!("[[pin]]\nname = \"a\"\nline = 3\n{port}"),
            "b.toml: line 3: `a` does not say its `chip`",
        ),
    ] {
        let e = refusal(&entries);
        assert!(e.starts_with(expected), "{e}");
    }
}

//! A handset consults, swaps, confers and transfers with its hook.

use tipring_events::Command;
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, Scripted, World};

use crate::{HANDSET, all_hang_up, ext, flash, handset_dials, quick, refused, s};

/// The handset talks with 8001.
fn talking() -> World<Scripted> {
    let mut w = World::new();
    for phone in ["8001", "8002"] {
        w.phone(phone, quick());
    }
    handset_dials(&mut w, "8001");
    w.run(s(3));
    assert_eq!(w.hears(HANDSET), Hears::Party(w.at("8001")));
    w
}

#[test]
fn flash_dial_and_swap() {
    let mut w = talking();
    let first = w.at("8001");
    flash(&mut w);
    assert_eq!((w.hears(first), w.hears(HANDSET)), (Hears::Music, Hears::Tone(Tone::Dial)));
    w.press(HANDSET, "8002");
    w.run(s(3));
    let second = w.at("8002");
    assert_eq!(w.hears(HANDSET), Hears::Party(second));
    flash(&mut w);
    assert_eq!((w.hears(HANDSET), w.hears(second)), (Hears::Party(first), Hears::Music));
    w.run(s(4));
    w.press(HANDSET, "3");
    assert_eq!(w.hears(HANDSET), Hears::Party(first), "3 s after the flash it is a key again");
    all_hang_up(&mut w);
}

#[test]
fn flash_and_three_joins_all_and_one_ends_the_one_just_left() {
    for key in ["3", "1"] {
        let mut w = talking();
        flash(&mut w);
        w.press(HANDSET, "8002");
        w.run(s(3));
        flash(&mut w);
        w.press(HANDSET, key);
        if key == "3" {
            assert!(matches!(w.hears(HANDSET), Hears::Conference(others) if others.len() == 2));
        } else {
            assert_eq!(w.hears(HANDSET), Hears::Party(w.at("8001")));
            assert!(!w.around.is_occupied(ext("8002")));
        }
        all_hang_up(&mut w);
    }
}

#[test]
fn a_second_flash_while_dialling_goes_back() {
    let mut w = talking();
    let first = w.at("8001");
    flash(&mut w);
    w.press(HANDSET, "80");
    flash(&mut w);
    assert_eq!(w.hears(HANDSET), Hears::Party(first));
    flash(&mut w);
    w.run(s(16));
    assert_eq!(w.hears(HANDSET), Hears::Party(first), "nothing was dialled");
    all_hang_up(&mut w);
}

#[test]
fn hanging_up_transfers() {
    let mut w = talking();
    let first = w.at("8001");
    flash(&mut w);
    w.press(HANDSET, "8002");
    w.hang_up(HANDSET);
    w.run(s(3));
    assert_eq!(w.hears(first), Hears::Party(w.at("8002")));
    all_hang_up(&mut w);
}

#[test]
fn flash_and_the_parking_code_parks() {
    let mut w = talking();
    let first = w.at("8001");
    flash(&mut w);
    w.press(HANDSET, "*68#");
    assert_eq!(w.hears(first), Hears::Music);
    assert!(!w.around.is_up(HANDSET));
    let empty = Command::Unpark { extension: ext("8002"), place: ext("*702") };
    refused(&mut w, empty, tipring_events::Refusal::NoSuchPlace);
    assert_eq!(w.live().calls.iter().find_map(|c| c.parked), Some(ext("*701")));
    all_hang_up(&mut w);
}

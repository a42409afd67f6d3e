//! A second call waits for whoever talks.

use tipring_line::ChannelCommand;
use tipring_test_scenarios::{Hears, Phone, Scripted, World, site};

use crate::{HANDSET, all_hang_up, flash, handset_dials, quick, s};

fn world() -> World<Scripted> {
    let mut config = site();
    for extension in &mut config.switch.extensions {
        extension.features.call_waiting = true;
    }
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002"] {
        w.set_registered(extension, true);
        w.phone(extension, quick());
    }
    w
}

fn waits(w: &World<Scripted>) -> usize {
    let is =
        |(_, command): &&(_, ChannelCommand)| matches!(command, ChannelCommand::CallWaiting { .. });
    w.around.told.iter().filter(is).count()
}

#[test]
fn a_handset_takes_it_by_a_flash_and_swaps() {
    let mut w = world();
    handset_dials(&mut w, "8001");
    w.run(s(3));
    let first = w.at("8001");
    let second = w.dial("8002", "8101");
    w.run(s(2));
    assert_eq!(waits(&w), 1);
    flash(&mut w);
    assert_eq!((w.hears(HANDSET), w.hears(first)), (Hears::Party(second), Hears::Music));
    flash(&mut w);
    assert_eq!((w.hears(HANDSET), w.hears(second)), (Hears::Party(first), Hears::Music));
    all_hang_up(&mut w);
}

#[test]
fn the_first_hangs_up_and_the_second_is_there() {
    let mut w = world();
    handset_dials(&mut w, "8001");
    w.run(s(3));
    let second = w.dial("8002", "8101");
    w.run(s(2));
    w.hang_up(w.at("8001"));
    assert_eq!(w.hears(HANDSET), Hears::Party(second));
    all_hang_up(&mut w);
}

#[test]
fn the_handset_hangs_up_and_rings_for_the_second() {
    let mut w = world();
    w.around.set_line(tipring_line::PortId(8), Phone { answers_after: Some(s(2)), ..quick() });
    handset_dials(&mut w, "8001");
    w.run(s(3));
    let second = w.dial("8002", "8101");
    w.run(s(2));
    w.hang_up(HANDSET);
    w.run(s(3));
    assert_eq!(w.hears(second), Hears::Party(HANDSET));
    all_hang_up(&mut w);
}

#[test]
fn the_second_may_give_up_and_a_third_is_busy() {
    let mut w = world();
    handset_dials(&mut w, "8001");
    w.run(s(3));
    let second = w.dial("8002", "8101");
    w.run(s(1));
    let third = w.trunk_call("13800138000", "8101");
    w.run(s(1));
    assert!(!w.around.is_there(third));
    w.hang_up(second);
    let ends = w.around.told.iter().filter(|(_, c)| *c == ChannelCommand::CallWaitingEnd).count();
    assert_eq!(ends, 1);
    assert_eq!(w.hears(HANDSET), Hears::Party(w.at("8001")));
    all_hang_up(&mut w);
}

#[test]
fn a_sip_phone_is_rung_a_second_time() {
    let mut w = world();
    let first = w.trunk_call("13800138000", "8001");
    w.run(s(3));
    let second = w.trunk_call("13800138001", "8001");
    w.run(s(3));
    assert!(matches!(w.hears(second), Hears::Party(_)));
    assert!(matches!(w.hears(first), Hears::Party(_)));
    let third = w.trunk_call("13800138002", "8001");
    w.run(s(1));
    assert!(!w.around.is_there(third), "two calls at most");
    all_hang_up(&mut w);
}

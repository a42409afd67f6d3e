//! Telephone features at analog handsets by their hooks and keys, sample by sample: what is heard at
//! each handset, through the signalling of real ports and the media engine.

mod rig;

use rig::Rig;
use tipring_events::EventKind;

/// 8101 has called 8102; port numbers for the box's own use.
fn talking(ports: u16) -> Rig {
    let mut rig = Rig::new(ports);
    rig.dial(0, "8102");
    rig.run(8000);
    assert_eq!(rig.voices(0), [1], "8101 hears 8102");
    rig
}

/// The same, and 8103 was called after a hook flash.
fn consulting(ports: u16) -> Rig {
    let mut rig = talking(ports);
    rig.flash(0, "8103");
    rig.run(5000);
    assert_eq!(rig.voices(0), [2], "8101 hears 8103");
    rig
}

#[test]
fn who_is_put_aside_hears_music_and_is_taken_back() {
    let mut rig = talking(28_000);
    rig.flash(0, "");
    assert!(rig.hears_music(1), "held");
    assert!(rig.voices(0).is_empty(), "dial tone");
    rig.flash(0, "");
    assert_eq!(rig.voices(0), [1], "taken back");
    assert!(!rig.hears_music(1));
}

#[test]
fn consult_and_swap_and_swap_again() {
    let mut rig = consulting(28_010);
    assert!(rig.hears_music(1));
    rig.flash(0, "");
    rig.run(4000);
    assert_eq!(rig.voices(0), [1], "swapped");
    assert!(rig.hears_music(2));
    rig.flash(0, "");
    assert_eq!(rig.voices(0), [2], "swapped again");
}

#[test]
fn three_way_and_who_stays_when_one_leaves() {
    let mut rig = consulting(28_020);
    rig.flash(0, "3");
    rig.run(1000);
    assert_eq!(rig.voices(0), [1, 2]);
    assert_eq!((rig.voices(1), rig.voices(2)), (vec![2], vec![1]));
    rig.hang_up(0);
    assert_eq!((rig.voices(1), rig.voices(2)), (vec![2], vec![1]), "the others go on");
}

#[test]
fn transferred_by_hanging_up_after_the_answer_and_before() {
    let mut rig = consulting(28_030);
    rig.hang_up(0);
    assert_eq!((rig.voices(1), rig.voices(2)), (vec![2], vec![1]));
    let mut rig = talking(28_040);
    rig.flash(0, "8103");
    rig.run(1500);
    rig.hang_up(0);
    rig.run(4000);
    assert_eq!((rig.voices(1), rig.voices(2)), (vec![2], vec![1]));
}

#[test]
fn parked_after_a_flash_and_taken_elsewhere() {
    let mut rig = talking(28_050);
    rig.flash(0, "*68");
    rig.run(6000);
    assert!(rig.hears_music(1), "parked");
    rig.hang_up(0);
    rig.dial(0, "*701");
    rig.run(9000);
    assert_eq!(rig.voices(0), [1], "taken from its place");
    let parked = rig.log.iter().filter(|e| matches!(e, EventKind::CallParked { .. })).count();
    assert_eq!(parked, 1);
}

#[test]
fn muted_and_held_by_code_after_a_flash() {
    let mut rig = talking(28_060);
    rig.flash(0, "*72");
    rig.run(6000);
    assert_eq!(rig.voices(0), [1], "the talk goes on");
    let muted = rig.log.iter().any(|e| matches!(e, EventKind::PartyMuted { muted: true, .. }));
    assert!(muted, "8101 is muted");
    rig.flash(0, "*71");
    rig.run(6000);
    assert!(rig.hears_music(1), "held by code");
}

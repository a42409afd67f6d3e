//! Hold, mute and recording of the own call by code: from a SIP phone's second line, and after a
//! hook flash.

use tipring_events::{Command, EventKind};
use tipring_line::ChannelId;
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, Scripted, World};

use crate::{HANDSET, all_hang_up, customer_with_agent, ext, flash, handset_dials, quick, s};

/// The phone at 8001 dials a code on its second line, and is told how it went.
fn by_code(w: &mut World<Scripted>, code: &str, says: &str) {
    let line = w.dial("8001", code);
    w.run(s(1));
    assert!(w.hears_prompt(line, says), "{code}: {:?}", w.hears(line));
    w.run(s(4));
    assert!(!w.around.is_there(line));
}

fn recordings(w: &World<Scripted>) -> Vec<&'static str> {
    w.all(|e| match e {
        EventKind::RecordingBegan { .. } => Some("began"),
        EventKind::RecordingPaused { .. } => Some("paused"),
        EventKind::RecordingResumed { .. } => Some("resumed"),
        EventKind::RecordingEnded { .. } => Some("ended"),
        _ => None,
    })
}

#[test]
fn from_a_phones_second_line() {
    let mut w = World::new();
    let customer = customer_with_agent(&mut w);
    let agent = w.at("8001");
    by_code(&mut w, "*71", "feature-on");
    assert_eq!(w.hears(customer), Hears::Music);
    by_code(&mut w, "*71", "feature-off");
    assert_eq!(w.hears(customer), Hears::Party(agent));
    by_code(&mut w, "*72", "feature-on");
    assert!(w.around.is_muted(agent));
    by_code(&mut w, "*72", "feature-off");
    assert!(!w.around.is_muted(agent));
    by_code(&mut w, "*77", "feature-on");
    assert_eq!(w.around.recorded(1), (None, vec![]));
    by_code(&mut w, "*77", "feature-off");
    by_code(&mut w, "*73", "feature-off");
    by_code(&mut w, "*73", "feature-on");
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    assert_eq!(recordings(&w), ["began", "paused", "resumed", "ended", "began"]);
    w.hang_up(customer);
    w.close();
}

#[test]
fn without_a_call_there_is_nothing_to_change() {
    let mut w = World::new();
    for code in ["*71", "*72", "*73", "*77"] {
        by_code(&mut w, code, "feature-failed");
    }
    w.close();
}

#[test]
fn after_a_hook_flash_the_talk_goes_on_at_once() {
    let mut w = World::new();
    w.phone("8001", quick());
    handset_dials(&mut w, "8001");
    w.run(s(3));
    let other = w.at("8001");
    let flash_and = |w: &mut World<Scripted>, code: &str| {
        flash(w);
        w.press(HANDSET, code);
        w.run(s(5));
    };
    flash_and(&mut w, "*73");
    assert_eq!(w.hears(other), Hears::Party(HANDSET));
    assert_eq!(w.around.recorded(1), (Some(HANDSET), vec![other]));
    flash_and(&mut w, "*71");
    assert_eq!(w.hears(other), Hears::Music);
    flash(&mut w);
    flash(&mut w);
    assert_eq!(w.hears(other), Hears::Party(HANDSET), "there and back takes it off hold");
    let beeps: Vec<(ChannelId, Tone)> = w.around.beeps.clone();
    assert_eq!(beeps, [(HANDSET, Tone::Confirmation); 2]);
    flash_and(&mut w, "*77");
    flash_and(&mut w, "*73");
    let held = Command::Hold { extension: ext("8001"), held: true };
    assert_eq!(w.command(held), Ok(()));
    all_hang_up(&mut w);
    assert_eq!(recordings(&w), ["began", "paused", "ended"]);
}

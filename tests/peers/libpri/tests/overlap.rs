//! Numbers that come digit by digit, in both directions and both roles.

mod common;

use std::time::Duration;

use common::{SECOND, each_side, hang_up, profile, released};
use tipring_isdn::q931::{OverlapReceiving, Profile};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Digit};
use tipring_test_libpri::Line;

#[test]
fn we_send_the_first_digits_and_the_rest_when_asked() {
    let profile = Profile { overlap_sending: Some(3), ..profile() };
    each_side(&profile, |mut line| {
        line.dial(9, "13800138000", CallerId::default());
        let ring = line.expect_theirs(SECOND, "ring");
        assert_eq!((ring.text("called"), ring.number("complete")), ("138", 0));
        let id = ring.number("id");
        line.theirs.command(&format!("setup-ack {id} 9 1"));
        let info = line.expect_theirs(SECOND, "info");
        assert_eq!(info.text("digits"), "00138000");
        let more = [Digit::from_char('7').unwrap()].into_iter().collect();
        line.command(9, &ChannelCommand::SendDigits(more));
        assert_eq!(line.expect_theirs(SECOND, "info").text("digits"), "7");
        line.theirs.command(&format!("proceed {id} 9 0"));
        line.theirs.command(&format!("answer {id} 9"));
        line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Answered(_)));
        hang_up(&mut line, 9, id);
    });
}

/// libpri begins a call with these digits and sends the others one by one.
fn dial_slowly(line: &mut Line, first: &str, others: &str) {
    line.theirs.command(&format!("setup 1 4 1 - {first} 0 33 0 0 -"));
    line.expect_theirs(SECOND, "setup-ack");
    for digit in others.chars() {
        line.theirs.command(&format!("info 1 {digit}"));
        line.run(SECOND);
    }
}

fn offered(line: &mut Line, time: Duration) -> String {
    let (timeslot, event) = line.expect(time, |_, e| matches!(e, ChannelEvent::Offered { .. }));
    assert_eq!(timeslot, 4);
    let ChannelEvent::Offered { called, .. } = event else { unreachable!("it was just matched") };
    called.expect("a number").to_string()
}

fn end(line: &mut Line) {
    line.command(4, &ChannelCommand::Release(Cause::UserBusy));
    assert_eq!(line.expect_theirs(SECOND, "hangup-req").number("cause"), 17);
    line.theirs.command("hangup 1 17");
    assert_eq!(released(line, SECOND), (4, Cause::UserBusy));
    line.run(SECOND);
    line.assert_idle();
}

#[test]
fn their_digits_are_enough_by_their_count() {
    let on = OverlapReceiving::On { digits: Some(4) };
    each_side(&Profile { overlap_receiving: on, ..profile() }, |mut line| {
        dial_slowly(&mut line, "8", "001");
        assert_eq!(offered(&mut line, SECOND), "8001");
        end(&mut line);
    });
}

#[test]
fn their_digits_are_enough_after_a_hash() {
    each_side(&profile(), |mut line| {
        dial_slowly(&mut line, "-", "80#");
        assert_eq!(offered(&mut line, SECOND), "80");
        end(&mut line);
    });
}

#[test]
fn their_digits_are_enough_when_no_more_come() {
    each_side(&profile(), |mut line| {
        dial_slowly(&mut line, "8", "05");
        line.run(13 * SECOND);
        assert!(line.outputs.is_empty(), "T302 still runs");
        assert_eq!(offered(&mut line, 2 * SECOND), "805");
        end(&mut line);
    });
}

#[test]
fn a_call_without_any_digit_is_refused() {
    each_side(&profile(), |mut line| {
        dial_slowly(&mut line, "-", "");
        assert_eq!(line.expect_theirs(16 * SECOND, "hangup-req").number("cause"), 28);
        line.theirs.command("hangup 1 28");
        line.run(SECOND);
        assert!(line.outputs.is_empty(), "the switch never heard of it");
        line.assert_idle();
    });
}

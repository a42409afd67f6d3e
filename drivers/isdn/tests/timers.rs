//! Every timer of call control: how long it runs, and what its end does (Q.931, 9).

mod common;

use std::time::Duration;

use common::control::Control;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{CallState, MessageType, Output, OverlapReceiving, Profile};
use tipring_line::{Cause, ChannelCommand, ChannelEvent};

const SECOND: Duration = Duration::from_secs(1);
const PROCEEDING: u8 = 0x02;
const ALERTING: u8 = 0x01;
const SETUP_ACK: u8 = 0x0D;
const CONNECT: u8 = 0x07;
const SETUP: u8 = 0x05;
/// Bearer capability and timeslot 1.
const CALL: &[u8] = &[0x04, 3, 0x80, 0x90, 0xA3, 0x18, 3, 0xA9, 0x83, 0x81];

fn user() -> Control {
    Control::up(Side::User, Profile { restart: false, ..Profile::euro_isdn() })
}

fn network() -> Control {
    Control::up(Side::Network, Profile { restart: false, ..Profile::euro_isdn() })
}

fn released(cause: Cause) -> Vec<(u8, ChannelEvent)> {
    vec![(1, ChannelEvent::Released(cause))]
}

#[test]
fn t303_sends_setup_again_and_then_gives_up() {
    let mut c = user();
    c.dial(1);
    c.expire_after(4 * SECOND);
    assert_eq!(c.kinds(), [MessageType::Setup]);
    assert!(c.events().is_empty());
    c.expire_after(4 * SECOND);
    assert_eq!(c.said(), [(MessageType::ReleaseComplete, Some(102))]);
    assert_eq!(c.events(), released(Cause::TimerExpired));
    assert_eq!(c.control.calls(), 0);
}

#[test]
fn t310_t301_and_t304_end_calls_that_do_not_get_on() {
    for (mut c, kind, seconds, cause, value) in [
        (user(), PROCEEDING, 120, Cause::TimerExpired, 102),
        (network(), PROCEEDING, 10, Cause::TimerExpired, 102),
        (user(), ALERTING, 180, Cause::NoAnswer, 19),
        (user(), SETUP_ACK, 30, Cause::TimerExpired, 102),
        (network(), SETUP_ACK, 20, Cause::TimerExpired, 102),
    ] {
        c.dial(1);
        c.hear(false, kind, &[]);
        c.events();
        c.expire_after(seconds * SECOND);
        assert_eq!(c.said(), [(MessageType::Disconnect, Some(value))]);
        c.hear(false, 0x4D, &[]);
        assert_eq!(c.kinds(), [MessageType::ReleaseComplete]);
        assert_eq!(c.events(), released(cause));
    }
}

#[test]
fn progress_lets_a_call_take_its_time() {
    let mut c = user();
    c.dial(1);
    c.hear(false, PROCEEDING, &[]);
    c.hear(false, 0x03, &[0x1E, 2, 0x82, 0x88]);
    assert_eq!(c.control.poll_timeout(), None, "T310 is stopped");
    assert_eq!(c.events(), [(1, ChannelEvent::EarlyAudio)]);
}

#[test]
fn t305_and_t308_end_with_a_free_channel() {
    let mut c = user();
    c.dial(1);
    c.hear(false, CONNECT, &[]);
    c.sent();
    c.events();
    c.command(1, &ChannelCommand::Release(Cause::NormalClearing));
    assert_eq!(c.said(), [(MessageType::Disconnect, Some(16))]);
    c.expire_after(30 * SECOND);
    assert_eq!(c.said(), [(MessageType::Release, Some(16))]);
    c.expire_after(4 * SECOND);
    assert_eq!(c.said(), [(MessageType::Release, Some(16))]);
    c.expire_after(4 * SECOND);
    assert!(c.said().is_empty());
    assert_eq!(c.events(), released(Cause::NormalClearing));
    assert!(c.control.is_free(1));
}

#[test]
fn t308_blocks_the_channel_until_it_is_restarted() {
    let mut c = Control::up(Side::User, Profile::euro_isdn());
    assert_eq!(c.kinds(), [MessageType::Restart]);
    c.hear_raw(&[8, 2, 0x80, 0, 0x4E, 0x79, 1, 0x87]);
    c.dial(1);
    c.hear(false, 0x45, &[8, 2, 0x82, 0x90]);
    assert_eq!(c.kinds(), [MessageType::Release]);
    c.expire_after(4 * SECOND);
    c.sent();
    c.expire_after(4 * SECOND);
    let restart = c.sent();
    assert_eq!(restart[0].2, [8, 2, 0, 0, 0x46, 0x18, 3, 0xA9, 0x83, 0x81, 0x79, 1, 0x80]);
    assert_eq!(c.events(), released(Cause::NormalClearing));
    assert!(!c.control.is_free(1));
    c.hear_raw(&[8, 2, 0x80, 0, 0x4E, 0x18, 3, 0xA9, 0x83, 0x81, 0x79, 1, 0x80]);
    assert!(c.control.is_free(1));
    assert_eq!(c.control.poll_timeout(), None);
}

#[test]
fn t313_ends_a_call_whose_answer_nobody_confirms() {
    let mut c = user();
    c.hear(true, SETUP, &[CALL, &[0x70, 3, 0x81, b'1', b'2', 0xA1]].concat());
    c.command(1, &ChannelCommand::Answer);
    assert_eq!(c.kinds(), [MessageType::CallProceeding, MessageType::Connect]);
    assert_eq!(c.control.state(1), Some(CallState::ConnectRequest));
    c.expire_after(4 * SECOND);
    assert_eq!(c.said(), [(MessageType::Disconnect, Some(102))]);
}

#[test]
fn t302_takes_the_digits_there_are() {
    let on = OverlapReceiving::On { digits: None };
    let mut c = Control::up(
        Side::User,
        Profile { restart: false, overlap_receiving: on, ..Profile::china() },
    );
    c.hear(true, SETUP, &[CALL, &[0x70, 2, 0x81, b'8']].concat());
    assert_eq!(c.kinds(), [MessageType::SetupAcknowledge]);
    c.now += 9 * SECOND;
    c.hear(true, 0x7B, &[0x70, 2, 0x81, b'0']);
    c.expire_after(15 * SECOND);
    assert_eq!(c.kinds(), [MessageType::CallProceeding]);
    let events = c.events();
    let [(1, ChannelEvent::Offered { called: Some(called), .. })] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(called.as_str(), "80");
}

#[test]
fn t306_ends_our_tones() {
    let profile = Profile { restart: false, disconnect_in_band: true, ..Profile::euro_isdn() };
    let mut c = Control::up(Side::Network, profile);
    c.hear(true, SETUP, &[CALL, &[0xA1]].concat());
    c.sent();
    c.command(1, &ChannelCommand::Release(Cause::UnallocatedNumber));
    let (_, _, octets) = &c.sent()[0];
    assert_eq!(octets[5..], [8, 2, 0x82, 0x81, 0x1E, 2, 0x82, 0x88]);
    c.expire_after(30 * SECOND);
    assert_eq!(c.said(), [(MessageType::Release, Some(1))]);
}

#[test]
fn tones_after_disconnect_are_heard_until_the_caller_hangs_up_or_time_is_up() {
    for hangs_up in [true, false] {
        let mut c = user();
        c.dial(1);
        c.hear(false, PROCEEDING, &[]);
        c.hear(false, 0x45, &[8, 2, 0x82, 0x81, 0x1E, 2, 0x82, 0x88]);
        assert!(c.sent().is_empty());
        assert_eq!(c.events(), [(1, ChannelEvent::EarlyAudio)]);
        if hangs_up {
            c.command(1, &ChannelCommand::Release(Cause::NormalClearing));
        } else {
            c.expire_after(30 * SECOND);
        }
        assert_eq!(c.said(), [(MessageType::Release, None)]);
        c.hear(false, 0x5A, &[]);
        assert_eq!(c.events(), released(Cause::UnallocatedNumber));
    }
}

#[test]
fn t309_keeps_talks_and_nothing_else() {
    let mut c = user();
    c.dial(1);
    c.hear(false, CONNECT, &[]);
    c.sent();
    c.dial(2);
    c.events();
    c.control.link_released(c.now);
    assert_eq!(c.events(), [(2, ChannelEvent::Released(Cause::NetworkOutOfOrder))]);
    c.expire_after(6 * SECOND);
    assert_eq!(c.events(), released(Cause::DestinationOutOfOrder));
    // While the link is down no call can begin.
    c.command(3, &ChannelCommand::Seize(tipring_line::Endpoint::Port(tipring_line::PortId(0))));
    assert_eq!(c.events(), [(3, ChannelEvent::Released(Cause::NetworkOutOfOrder))]);
}

#[test]
fn what_waits_for_a_link_that_goes_down_is_not_said_later() {
    let mut c = user();
    c.hear(true, SETUP, &[CALL, &[0xA1]].concat());
    c.control.link_released(c.now);
    c.control.link_established(c.now);
    assert!(c.sent().is_empty());
}

#[test]
fn t322_asks_three_times_after_the_link_is_back() {
    let mut c = user();
    c.dial(1);
    c.hear(false, CONNECT, &[]);
    c.sent();
    c.events();
    c.control.link_released(c.now);
    c.control.link_established(c.now);
    assert_eq!(c.kinds(), [MessageType::StatusEnquiry]);
    for _ in 0..2 {
        c.expire_after(4 * SECOND);
        assert_eq!(c.kinds(), [MessageType::StatusEnquiry]);
    }
    c.expire_after(4 * SECOND);
    assert_eq!(c.said(), [(MessageType::Disconnect, Some(41))]);
}

#[test]
fn t316_asks_twice_and_then_tells_a_technician() {
    let mut c = Control::up(Side::User, Profile::euro_isdn());
    assert!(!c.control.is_free(1), "nothing is free before the restart is done");
    c.expire_after(120 * SECOND);
    assert_eq!(c.kinds(), [MessageType::Restart, MessageType::Restart]);
    c.expire_after(120 * SECOND);
    assert_eq!(c.outputs(), [Output::RestartFailed { timeslots: 0xFFFE_FFFE }]);
    assert!(c.control.is_free(1));
    assert_eq!(c.control.poll_timeout(), None);
}

#[test]
fn an_exchange_that_refuses_restart_is_not_asked_again() {
    let mut c = Control::up(Side::User, Profile::euro_isdn());
    c.hear_raw(&[8, 2, 0x80, 0, 0x7D, 8, 2, 0x82, 0xE1, 0x14, 1, 0]);
    assert_eq!(c.outputs(), [Output::RestartFailed { timeslots: 0xFFFE_FFFE }]);
    c.sent();
    c.control.restart_channel(c.now, 4);
    assert!(c.sent().is_empty());
    assert!(c.control.is_free(4));
}

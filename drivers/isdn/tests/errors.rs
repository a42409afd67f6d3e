//! Messages with something wrong about them (Q.931, 5.8), and what they are answered with.

mod common;

use common::control::Control;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{CallState, ChannelRequest, MessageType, Output, Profile};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, PortId};

const SETUP: u8 = 0x05;
const BEARER: &[u8] = &[0x04, 3, 0x80, 0x90, 0xA3];
const CHANNEL: &[u8] = &[0x18, 3, 0xA9, 0x83, 0x81];

fn user() -> Control {
    Control::up(Side::User, Profile { restart: false, ..Profile::euro_isdn() })
}

fn talk() -> Control {
    let mut c = user();
    c.dial(1);
    c.hear(false, 0x07, &[]);
    c.sent();
    c.events();
    c
}

#[test]
fn set_ups_that_cannot_be_taken_are_refused_with_the_reason() {
    for (body, cause) in [
        (vec![CHANNEL], 96),
        (vec![&[0x04, 1, 0x80], CHANNEL], 100),
        (vec![&[0x04, 2, 0x88, 0x90], CHANNEL], 65),
        (vec![BEARER, &[0x18, 3, 0xA9, 0x83, 0x90]], 82),
        (vec![BEARER, &[0x18, 3, 0xA9, 0x83, 0x80]], 100),
        (vec![BEARER, &[0x18, 1, 0xA0]], 100),
        (vec![BEARER, CHANNEL, &[0x0B, 1, 0]], 99),
    ] {
        let mut c = user();
        c.hear(true, SETUP, &body.concat());
        let sent = c.sent();
        assert_eq!(
            (sent[0].0, sent[0].1),
            (MessageType::ReleaseComplete, Some(cause)),
            "{body:02X?}"
        );
        assert_eq!(sent[0].2[2..4], [0x80, 1], "the reference comes back with the flag");
        assert!(c.events().is_empty());
        assert_eq!(c.control.channels_in_use(), 0);
    }
}

#[test]
fn a_channel_with_a_call_is_refused_or_replaced() {
    let mut c = talk();
    c.hear(true, SETUP, &[BEARER, CHANNEL].concat());
    assert_eq!(c.said(), [(MessageType::ReleaseComplete, Some(44))]);
    c.hear(true, SETUP, &[BEARER, &[0x18, 3, 0xA1, 0x83, 0x81], &[0xA1]].concat());
    let sent = c.sent();
    assert_eq!(sent[0].2[4..], [0x02, 0x18, 3, 0xA9, 0x83, 0x9F], "the first free from the top");
}

#[test]
fn without_a_free_channel_a_call_is_refused() {
    let mut c = user();
    for timeslot in (1..32).filter(|t| *t != 16) {
        c.hear_raw(&[
            8,
            2,
            0,
            timeslot,
            5,
            0xA1,
            4,
            3,
            0x80,
            0x90,
            0xA3,
            0x18,
            3,
            0xA9,
            0x83,
            0x80 | timeslot,
        ]);
    }
    assert_eq!(c.sent().len(), 30);
    c.hear_raw(&[8, 2, 1, 0, 5, 4, 3, 0x80, 0x90, 0xA3, 0x18, 1, 0xA3]);
    assert_eq!(c.said(), [(MessageType::ReleaseComplete, Some(34))]);
}

#[test]
fn messages_for_unknown_calls_are_answered() {
    for (kind, body, answer) in [
        (0x45, &[8, 2, 0x82, 0x90][..], Some((MessageType::ReleaseComplete, Some(81)))),
        (0x4D, &[], Some((MessageType::ReleaseComplete, Some(81)))),
        (0x02, &[], Some((MessageType::ReleaseComplete, Some(81)))),
        (0x5A, &[], None),
        (0x75, &[], Some((MessageType::Status, Some(30)))),
        (0x7D, &[8, 2, 0x82, 0x9E, 0x14, 1, 10], Some((MessageType::ReleaseComplete, Some(101)))),
        (0x7D, &[8, 2, 0x82, 0x9E, 0x14, 1, 0], None),
    ] {
        let mut c = user();
        c.hear(true, kind, body);
        assert_eq!(c.said(), answer.into_iter().collect::<Vec<_>>(), "{kind:#x}");
    }
    // A set-up with the flag of a reference of ours is nobody's (5.8.3.2 d).
    let mut c = user();
    c.hear(false, SETUP, &[BEARER, CHANNEL].concat());
    assert!(c.said().is_empty());
}

#[test]
fn messages_that_do_not_fit_are_answered_with_the_state() {
    let mut c = talk();
    for (kind, body, cause) in
        [(0x01, &[][..], 101), (0x0D, &[], 101), (0x77, &[], 97), (0x6E, &[0x0B, 1, 0], 99)]
    {
        c.hear(false, kind, body);
        let sent = c.sent();
        assert_eq!((sent[0].0, sent[0].1), (MessageType::Status, Some(cause)));
        assert!(sent[0].2.ends_with(&[0x14, 1, 10]), "active");
    }
    assert_eq!(c.control.state(1), Some(CallState::Active));
    // Never an answer to STATUS, or two peers would talk about it for ever.
    c.hear(false, 0x7D, &[8, 2, 0x82, 0xE5, 0x14, 1, 4]);
    c.hear(false, 0x7D, &[]);
    assert!(c.said().is_empty());
}

#[test]
fn unknown_elements_that_need_not_be_understood_do_no_harm() {
    let mut c = user();
    let odd: &[u8] = &[0x33, 2, 1, 2, 0x9D, 0x7F, 1, 0, 0x97, 0x04, 1, 0];
    c.hear(true, SETUP, &[BEARER, CHANNEL, odd].concat());
    assert_eq!(c.kinds(), [MessageType::SetupAcknowledge]);
}

#[test]
fn a_disconnect_without_cause_is_told_so_and_ends_the_call() {
    let mut c = talk();
    c.hear(false, 0x45, &[]);
    assert_eq!(c.said(), [(MessageType::Release, Some(96))]);
    c.hear(false, 0x5A, &[]);
    assert_eq!(c.events(), [(1, ChannelEvent::Released(Cause::NormalUnspecified))]);
}

#[test]
fn both_hanging_up_at_once_ends_the_call_once() {
    let mut c = talk();
    c.command(1, &ChannelCommand::Release(Cause::NormalClearing));
    c.hear(false, 0x45, &[8, 2, 0x82, 0x91]);
    assert_eq!(c.kinds(), [MessageType::Disconnect, MessageType::Release]);
    c.hear(false, 0x4D, &[]);
    assert!(c.sent().is_empty(), "RELEASE crossed RELEASE (5.3.6)");
    assert_eq!(c.events(), [(1, ChannelEvent::Released(Cause::NormalClearing))]);
}

#[test]
fn a_preferred_channel_may_be_moved_and_an_exclusive_one_not() {
    let base = Profile { restart: false, ..Profile::euro_isdn() };
    let mut c = Control::up(Side::User, base.clone());
    c.dial(1);
    c.hear(false, 0x02, &[0x18, 3, 0xA9, 0x83, 0x85]);
    assert_eq!(c.outputs(), [Output::Moved { from: 1, to: 5 }]);
    assert!(c.control.is_free(1) && !c.control.is_free(5));
    c.hear(false, 0x07, &[]);
    assert_eq!(c.events()[0].0, 5);
    let exclusive = Profile { channel_request: ChannelRequest::Exclusive, ..base };
    let mut c = Control::up(Side::User, exclusive);
    c.dial(1);
    c.hear(false, 0x02, &[0x18, 3, 0xA9, 0x83, 0x85]);
    assert_eq!(c.said(), [(MessageType::Disconnect, Some(6))]);
}

#[test]
fn a_call_comes_in_on_a_channel_just_seized() {
    let mut c = user();
    c.command(1, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    c.hear(true, SETUP, &[BEARER, CHANNEL, &[0xA1]].concat());
    let events = c.events();
    assert_eq!(events[0], (1, ChannelEvent::Released(Cause::NoChannel)));
    assert!(matches!(events[1..], [(1, ChannelEvent::Offered { .. })]));
    // The number for the seizure that is over is not dialled.
    let number = "8001".parse().unwrap();
    c.command(1, &ChannelCommand::Dial { number, caller: CallerId::default() });
    assert_eq!(c.kinds(), [MessageType::CallProceeding]);
}

#[test]
fn messages_of_other_protocols_are_ignored() {
    let mut c = talk();
    for octets in [&[][..], &[0x41, 2, 0, 1, 5], &[8, 5, 0, 1], &[8, 0, 0x62], &[8, 2, 0]] {
        c.hear_raw(octets);
    }
    assert!(c.said().is_empty());
    assert_eq!(c.control.counters().unreadable, 4);
}

//! Octets known from elsewhere: a whole SETUP, and what we make of the same call.

mod common;

use common::{NETWORK, Pair, SECOND, USER};
use tipring_isdn::q931::element::{
    BearerCapability, ChannelIdentification, NumberType, NumberingPlan,
};
use tipring_isdn::q931::{Element, Message, MessageType, Profile};
use tipring_line::{CallerId, ChannelEvent, Law};

/// A user's SETUP, reference 1: speech in A-law, timeslot 1 and no other, from 1088886666
/// (national, not screened) to 13800138000, all digits sent.
const SETUP: [u8; 44] = [
    0x08, 0x02, 0x00, 0x01, 0x05, 0x04, 0x03, 0x80, 0x90, 0xA3, 0x18, 0x03, 0xA9, 0x83, 0x81, 0x6C,
    0x0C, 0x21, 0x80, 0x31, 0x30, 0x38, 0x38, 0x38, 0x38, 0x36, 0x36, 0x36, 0x36, 0x70, 0x0C, 0x81,
    0x31, 0x33, 0x38, 0x30, 0x30, 0x31, 0x33, 0x38, 0x30, 0x30, 0x30, 0xA1,
];

#[test]
fn the_known_set_up_says_what_is_known() {
    let message = Message::parse(&SETUP).unwrap();
    assert_eq!((message.kind, message.reference.value), (MessageType::Setup, 1));
    assert!(!message.reference.flag);
    let elements: Vec<_> =
        message.elements().map(|raw| Element::read(raw.unwrap()).unwrap()).collect();
    assert_eq!(elements.len(), 5);
    assert_eq!(elements[0], Element::BearerCapability(BearerCapability::speech(Law::A)));
    assert_eq!(elements[1], Element::ChannelIdentification(ChannelIdentification::exclusive(1)));
    let Element::CallingNumber(calling) = elements[2] else { panic!("{:?}", elements[2]) };
    assert_eq!((calling.number_type, calling.plan), (NumberType::National, NumberingPlan::Isdn));
    assert_eq!(calling.number().unwrap().as_str(), "1088886666");
    let Element::CalledNumber(called) = elements[3] else { panic!("{:?}", elements[3]) };
    assert_eq!(called.digits, b"13800138000");
    assert_eq!(elements[4], Element::SendingComplete);
    assert_eq!(message.emit().as_slice(), SETUP);
}

#[test]
fn our_set_up_of_the_same_call_has_the_same_octets() {
    let profile = Profile { restart: false, ..Profile::china() };
    let national = Profile { calling: Profile::euro_isdn().calling, ..profile };
    let mut pair = Pair::up(&national);
    pair.keep_frames = true;
    let caller = CallerId::from_number("1088886666".parse().unwrap());
    pair.dial(USER, 1, "13800138000", caller);
    // A single octet may stand anywhere; we put it first.
    let mut expected = SETUP[..5].to_vec();
    expected.push(0xA1);
    expected.extend(&SETUP[5..43]);
    let (_, _, frame) = &pair.frames[0];
    assert_eq!(frame[..4], [0x00, 0x01, 0x00, 0x00], "the first I frame of the user");
    assert_eq!(frame[4..], expected);
}

#[test]
fn the_known_set_up_is_a_call() {
    let mut pair = Pair::up(&Profile { restart: false, ..Profile::euro_isdn() });
    let mut frame = vec![0x00, 0x01, 0x00, 0x00];
    frame.extend(SETUP);
    let now = pair.now;
    pair.ends[NETWORK].handle_frame(now, &frame);
    let answer: Vec<_> = core::iter::from_fn(|| pair.ends[NETWORK].poll_frame()).collect();
    // RR, then CALL PROCEEDING with the channel.
    assert_eq!(answer[0][..], [0x00, 0x01, 0x01, 0x02]);
    let proceeding = [0x08, 0x02, 0x80, 0x01, 0x02, 0x18, 0x03, 0xA9, 0x83, 0x81];
    assert_eq!(answer[1][4..], proceeding);
    pair.run(SECOND);
    let events = pair.events(NETWORK);
    let [(1, ChannelEvent::Offered { called, caller, .. })] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(called.unwrap().as_str(), "13800138000");
    assert_eq!(caller.number.unwrap().as_str(), "1088886666");
}

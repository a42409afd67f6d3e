//! What calls tell beyond their numbers: who led them on (Q.952), who answers (Q.951.5), services'
//! components (Q.932) and what the other party does (Q.931, 4.5.22), octet by octet.

mod common;

use common::control::Control;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{MessageType, Profile};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Components, Endpoint, Notice, PortId,
    Presentation, RedirectReason, Redirection,
};

/// SETUP: speech on channel 1, to 8001, whole.
const SETUP: &[u8] = &[
    0xA1, 0x04, 3, 0x80, 0x90, 0xA3, 0x18, 3, 0xA9, 0x83, 0x81, 0x70, 5, 0x81, b'8', b'0', b'0',
    b'1',
];
const COMPONENTS: &[u8] = &[0x91, 0xA1, 0x03, 0x02, 0x01, 0x05];

fn end(side: Side) -> Control {
    Control::up(side, Profile { restart: false, ..Profile::china() })
}

fn incoming(side: Side, more: &[u8]) -> Control {
    let mut control = end(side);
    control.hear(true, 0x05, &[SETUP, more].concat());
    control.sent();
    control
}

fn redirection(control: &mut Control) -> Option<Redirection> {
    control.events().into_iter().find_map(|(_, event)| match event {
        ChannelEvent::Offered { redirection, .. } => redirection.map(|by| *by),
        _ => None,
    })
}

/// What follows the header of the only message of this type that was sent.
fn body(control: &mut Control, kind: MessageType) -> Vec<u8> {
    let mut sent = control.sent();
    sent.retain(|(sent, ..)| *sent == kind);
    assert_eq!(sent.len(), 1, "{kind:?}");
    sent[0].2[5..].to_vec()
}

#[test]
fn a_call_led_here_comes_with_who_led_it_and_why() {
    // Redirecting number: national, ISDN; shown, the network's; on no reply.
    let number = [0x74, 5, 0x21, 0x03, 0x82, b'6', b'6'];
    let original = [0x73, 4, 0x21, 0x83, b'7', b'7'];
    let expected = Redirection {
        number: Some("66".parse().unwrap()),
        presentation: Presentation::Allowed,
        reason: RedirectReason::NoAnswer,
        original: Some("77".parse().unwrap()),
    };
    for side in [Side::User, Side::Network] {
        let mut control = incoming(side, &[&original[..], &number].concat());
        assert_eq!(redirection(&mut control), Some(expected));
        let mut control = incoming(side, &number);
        assert_eq!(redirection(&mut control), Some(Redirection { original: None, ..expected }));
    }
    // One that hides comes without digits; a reason that has no name is none.
    let mut control = incoming(Side::User, &[0x74, 3, 0x21, 0x23, 0x89]);
    let hidden = Redirection { presentation: Presentation::Restricted, ..Redirection::default() };
    assert_eq!(redirection(&mut control), Some(hidden));
    assert_eq!(redirection(&mut incoming(Side::User, &[])), None);
}

#[test]
fn a_call_that_is_led_on_says_so_in_its_set_up_and_in_no_other() {
    let mut control = end(Side::User);
    let by = Redirection {
        number: Some("66".parse().unwrap()),
        reason: RedirectReason::Busy,
        original: Some("77".parse().unwrap()),
        ..Redirection::default()
    };
    let seize = ChannelCommand::Seize(Endpoint::Port(PortId(0)));
    let dial = ChannelCommand::Dial { number: "8".parse().unwrap(), caller: CallerId::default() };
    for command in [&seize, &ChannelCommand::Redirected(by), &dial] {
        control.command(1, command);
    }
    let setup = body(&mut control, MessageType::Setup);
    let expected = [0x73, 3, 0x81, b'7', b'7', 0x74, 5, 0x01, 0x00, 0x81, b'6', b'6'];
    assert!(setup.ends_with(&expected), "{setup:02X?}");
    // What was told for a seizure that came to nothing is not the next call's.
    let release = ChannelCommand::Release(Cause::NormalClearing);
    for command in [&seize, &ChannelCommand::Redirected(by), &release, &seize, &dial] {
        control.command(2, command);
    }
    let setup = body(&mut control, MessageType::Setup);
    assert!(setup.ends_with(&[0x70, 2, 0x81, b'8']), "{setup:02X?}");
}

#[test]
fn an_answer_carries_who_answers() {
    let shown = CallerId::from_number("66".parse().unwrap());
    let hidden = CallerId { presentation: Presentation::Restricted, ..shown };
    for (party, element) in [
        (Some(shown), &[0x4C, 4, 0x01, 0x80, b'6', b'6'][..]),
        (Some(hidden), &[0x4C, 4, 0x01, 0xA0, b'6', b'6']),
        (Some(CallerId { number: None, ..hidden }), &[0x4C, 2, 0x01, 0xA0]),
        (Some(CallerId::default()), &[]),
        (None, &[]),
    ] {
        let mut control = incoming(Side::User, &[]);
        if let Some(party) = party {
            control.command(1, &ChannelCommand::Connected(party));
        }
        control.command(1, &ChannelCommand::Answer);
        assert_eq!(body(&mut control, MessageType::Connect), element, "{party:?}");
    }
}

#[test]
fn who_answers_a_call_of_ours_is_told_before_the_answer() {
    let mut control = end(Side::User);
    control.dial(1);
    control.hear(false, 0x07, &[0x4C, 4, 0x21, 0xA3, b'6', b'6']);
    let events = control.events();
    let party = CallerId {
        presentation: Presentation::Restricted,
        ..CallerId::from_number("66".parse().unwrap())
    };
    assert_eq!(events[0], (1, ChannelEvent::Connected(party)));
    assert!(matches!(events[1..], [(1, ChannelEvent::Answered(_))]));
}

#[test]
fn components_are_told_whatever_message_carries_them() {
    let components: Components = COMPONENTS.iter().copied().collect();
    let facility = [&[0x1C, 6], COMPONENTS].concat();
    let told = ChannelEvent::Facility(components.clone());
    // Those of a SETUP come once the switch knows of the call.
    let mut control = end(Side::User);
    let (before, after) = SETUP.split_at(11);
    control.hear(true, 0x05, &[before, &facility, after].concat());
    let events = control.events();
    assert!(matches!(events[0], (1, ChannelEvent::Offered { .. })));
    assert_eq!(events[1..], [(1, told.clone())]);
    // FACILITY, PROGRESS, ALERTING, and the charge that DISCONNECT carries.
    for kind in [0x62, 0x03, 0x01, 0x45] {
        let mut control = end(Side::User);
        control.dial(1);
        let cause: &[u8] = if kind == 0x45 { &[0x08, 2, 0x80, 0x90] } else { &[] };
        control.hear(false, kind, &[cause, &facility].concat());
        assert_eq!(control.events().first(), Some(&(1, told.clone())), "{kind:#04x}");
    }
    let mut control = end(Side::User);
    control.dial(1);
    control.command(1, &ChannelCommand::Facility(components.clone()));
    assert_eq!(body(&mut control, MessageType::Facility), facility);
    // A call that is being ended, and a channel without a call, pass nothing on.
    control.command(1, &ChannelCommand::Release(Cause::NormalClearing));
    control.sent();
    control.command(1, &ChannelCommand::Facility(components.clone()));
    control.command(2, &ChannelCommand::Facility(components));
    assert_eq!(control.kinds(), []);
}

#[test]
fn notices_are_told_and_passed_on() {
    for (octet, notice) in [
        (0x80, Notice::UserSuspended),
        (0x81, Notice::UserResumed),
        (0xF9, Notice::RemoteHold),
        (0xFA, Notice::RemoteRetrieval),
        (0xE0, Notice::Other(0x60)),
    ] {
        let mut control = end(Side::Network);
        control.dial(1);
        control.hear(false, 0x6E, &[0x27, 1, octet]);
        assert_eq!(control.events(), [(1, ChannelEvent::Notified(notice))]);
        control.command(1, &ChannelCommand::Notify(notice));
        assert_eq!(body(&mut control, MessageType::Notify), [0x27, 1, octet]);
    }
    let mut control = end(Side::User);
    control.dial(1);
    control.hear(false, 0x6E, &[]);
    assert_eq!((control.events().len(), control.control.counters().mandatory), (0, 1));
}

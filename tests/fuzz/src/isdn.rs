//! What the ISDN targets do with arbitrary bytes. Each panics when something is wrong.
#![allow(dead_code, reason = "each target uses one of the functions")]

use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::{Link, LinkEvent, Repr, Settings, Side, State};
use tipring_isdn::q931::element::Element;
use tipring_isdn::q931::{
    CallControl, Message, Output, OverlapReceiving, Profile, RawElement, RawElements,
    Settings as CallSettings,
};
use tipring_isdn::trace::{describe, details};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, Language, PortId,
};

/// Cuts bytes into pieces: one octet of length before each.
fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (len, rest) = bytes.split_first()?;
        let (piece, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        bytes = rest;
        Some(piece)
    })
}

/// Frames come back as they were, and can be told in words. Then two links talk while the bytes are thrown between their
/// frames; after that they find together again, and messages get through.
pub(crate) fn link(bytes: &[u8]) {
    if let Ok(frame) = Repr::parse(bytes) {
        assert_eq!(frame.emit().as_slice(), bytes);
    }
    assert!(!details(Side::User, bytes, Language::English).is_empty());
    let mut now = Instant::ZERO;
    let mut user = Link::new(Settings::primary_rate(Side::User));
    let mut network = Link::new(Settings::primary_rate(Side::Network));
    user.establish(now);
    network.establish(now);
    run(&mut user, &mut network, &mut now, Duration::from_secs(1));
    for piece in pieces(bytes) {
        let Some((first, frame)) = piece.split_first() else { continue };
        match first & 7 {
            0 => drop(user.send(now, frame)),
            1 => drop(network.send(now, frame)),
            2 => user.handle_timeout(now),
            3 => {
                run(&mut user, &mut network, &mut now, Duration::from_millis(u64::from(*first)));
            }
            4 => user.set_physical(now, first & 8 == 0),
            5 => network.handle_frame(now, frame),
            _ => user.handle_frame(now, frame),
        }
    }
    user.set_physical(now, true);
    run(&mut user, &mut network, &mut now, Duration::from_secs(60));
    assert_eq!(user.state(), State::MultipleFrameEstablished);
    assert_eq!(network.state(), State::MultipleFrameEstablished);
    user.send(now, b"through").expect("the queue is empty again");
    assert!(run(&mut user, &mut network, &mut now, Duration::from_secs(5)), "a message comes");
}

/// Lets two links talk over a perfect wire; says whether `through` has arrived.
fn run(user: &mut Link, network: &mut Link, now: &mut Instant, time: Duration) -> bool {
    let end = *now + time;
    let mut through = false;
    for _ in 0..100_000 {
        let mut quiet = true;
        while let Some(frame) = user.poll_frame() {
            network.handle_frame(*now, &frame);
            quiet = false;
        }
        while let Some(frame) = network.poll_frame() {
            user.handle_frame(*now, &frame);
            quiet = false;
        }
        while user.poll_event().is_some() {}
        while let Some(event) = network.poll_event() {
            through |= matches!(event, LinkEvent::Data(data) if data.as_slice() == b"through");
        }
        if !quiet {
            continue;
        }
        let next = [user.poll_timeout(), network.poll_timeout()].into_iter().flatten().min();
        match next.filter(|at| *at <= end) {
            None => {
                *now = end;
                return through;
            }
            Some(at) => {
                *now = (*now).max(at);
                user.handle_timeout(*now);
                network.handle_timeout(*now);
            }
        }
    }
    panic!("two links talk without end");
}

/// A message is read and written alike, and so is every element in it.
pub(crate) fn message(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else { return };
    if bytes.len() <= 260 {
        assert_eq!(message.emit().as_slice(), bytes);
    }
    message.elements().flatten().for_each(check_element);
    if bytes.len() > 260 {
        return;
    }
    let info: Vec<u8> = [2, 1, 0, 0].iter().chain(bytes).copied().collect();
    for language in [Language::Chinese, Language::English] {
        assert!(!describe(Side::Network, &info, language).is_empty());
        assert!(details(Side::Network, &info, language).len() >= 4);
    }
}

/// The first octet says which element the rest are the contents of.
pub(crate) fn element(bytes: &[u8]) {
    let Some((id, content)) = bytes.split_first() else { return };
    let content = &content[..content.len().min(250)];
    check_element(RawElement { codeset: 0, id: id & 0x7F, content: Some(content) });
    check_element(RawElement { codeset: 5, id: id & 0x7F, content: Some(content) });
}

fn check_element(raw: RawElement<'_>) {
    let Ok(element) = Element::read(raw) else { return };
    let written = element.write();
    let mut elements = RawElements::new(&written);
    let again = elements.next().expect("one element").expect("a whole one");
    assert!(elements.next().is_none(), "one element only");
    assert_eq!(Element::read(again), Ok(element), "what was written reads alike");
}

/// Call control hears the bytes as messages, between commands by chance. In the end everything is
/// hung up and every timer has run: no call and no channel is left, and each had its end.
pub(crate) fn calls(bytes: &[u8]) {
    for side in [Side::User, Side::Network] {
        let profile = Profile {
            restart: bytes.len().is_multiple_of(2),
            overlap_receiving: OverlapReceiving::On { digits: None },
            overlap_sending: bytes.len().is_multiple_of(3).then_some(2),
            ..Profile::euro_isdn()
        };
        calls_of(bytes, CallSettings::new(side, profile));
    }
}

fn calls_of(bytes: &[u8], settings: CallSettings) {
    let mut control = CallControl::new(settings);
    let mut now = Instant::ZERO;
    let mut busy = [false; 32];
    control.link_established(now);
    for piece in pieces(bytes) {
        let Some((first, rest)) = piece.split_first() else { continue };
        let timeslot = rest.first().map_or(1, |octet| octet & 31);
        match first & 15 {
            0 => begin(&mut control, now, timeslot, &mut busy),
            1 => control.command(now, timeslot, &ChannelCommand::Alert),
            2 => control.command(now, timeslot, &ChannelCommand::Answer),
            3 => control.command(now, timeslot, &ChannelCommand::Release(Cause::UserBusy)),
            4 => control.command(now, timeslot, &ChannelCommand::OpenEarlyAudio),
            5 => {
                now += Duration::from_millis(u64::from(timeslot) * 1500);
                control.handle_timeout(now);
            }
            6 => control.restart_channel(now, timeslot),
            7 => control.link_released(now),
            8 => control.link_established(now),
            9 => control.link_reset(now),
            10 => control.enquire_status(now, timeslot),
            11 => {
                let digits = rest.iter().filter_map(|o| Digit::from_event(o & 15)).take(9);
                control.command(now, timeslot, &ChannelCommand::SendDigits(digits.collect()));
            }
            _ => control.handle_message(now, rest),
        }
        take(&mut control, &mut busy);
    }
    wind_up(&mut control, now, &mut busy);
}

fn begin(control: &mut CallControl, now: Instant, timeslot: u8, busy: &mut [bool; 32]) {
    if busy[usize::from(timeslot)] || !control.is_free(timeslot) {
        return;
    }
    busy[usize::from(timeslot)] = true;
    control.command(now, timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
    let number = "13800138000".parse().expect("a number");
    let caller = CallerId::default();
    control.command(now, timeslot, &ChannelCommand::Dial { number, caller });
}

/// Takes all there is, and keeps the books of the switch.
fn take(control: &mut CallControl, busy: &mut [bool; 32]) {
    while let Some(message) = control.poll_message() {
        assert!(Message::parse(&message).is_ok_and(|message| message.is_whole()));
    }
    while let Some(output) = control.poll_output() {
        match output {
            Output::Channel { timeslot, event } => {
                let busy = &mut busy[usize::from(timeslot)];
                match event {
                    ChannelEvent::Offered { .. } => {
                        assert!(!*busy, "a call is offered on a free channel only");
                        *busy = true;
                    }
                    ChannelEvent::Released(_) => {
                        assert!(*busy, "a call ends once");
                        *busy = false;
                    }
                    _ => assert!(*busy, "{event:?} without a call"),
                }
            }
            Output::Moved { from, to } => {
                assert!(busy[usize::from(from)] && !busy[usize::from(to)]);
                busy.swap(usize::from(from), usize::from(to));
            }
            _ => {}
        }
    }
}

fn wind_up(control: &mut CallControl, mut now: Instant, busy: &mut [bool; 32]) {
    control.link_established(now);
    for _ in 0..2000 {
        for timeslot in 1..32 {
            control.command(now, timeslot, &ChannelCommand::Release(Cause::NormalClearing));
        }
        take(control, busy);
        let Some(at) = control.poll_timeout() else { break };
        now = now.max(at);
        control.handle_timeout(now);
        take(control, busy);
    }
    assert_eq!(control.poll_timeout(), None, "every timer ends");
    assert_eq!(control.calls(), 0, "every call ends");
    assert_eq!(control.channels_in_use(), 0, "every channel comes back");
    assert!(!busy.contains(&true), "the switch heard of every end");
}

//! Captures of our D-channels, read by tshark: every frame is one, and none is malformed.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use common::{NETWORK, Pair, SECOND, USER};
use tipring_clock::{Instant, WallTime};
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{ChannelRequest, OverlapReceiving, Profile};
use tipring_isdn::trace::{capture_header, capture_record, describe};
use tipring_line::{CallerId, Cause, ChannelCommand, Digit, Language, Name, Presentation};

/// An empty return result (X.880): tshark reads all others as QSIG's.
const RESULT: &[u8] = &[0x91, 0xA2, 3, 2, 1, 1];

const STARTED: i64 = 1_767_225_600_000_000;

fn capture(frames: &[(Instant, Side, Vec<u8>)]) -> Vec<u8> {
    let mut file = capture_header().to_vec();
    for (at, sender, frame) in frames {
        let at = WallTime::from_unix_micros(STARTED + at.as_micros() as i64);
        file.extend(capture_record(at, Side::User, *sender, frame));
    }
    file
}

/// What tshark says of a capture, one line a frame of these fields.
fn tshark(file: &[u8], name: &str, fields: &[&str]) -> Vec<Vec<String>> {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, file).expect("the capture can be written");
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-r"]).arg(&path);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark is not installed: apt install tshark");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn caller(name: &str, presentation: Presentation) -> CallerId {
    CallerId {
        number: Some("88886666".parse().unwrap()),
        name: Name::from(name).unwrap(),
        presentation,
    }
}

/// Calls with all kinds of messages, in both directions.
fn some_calls(pair: &mut Pair) {
    pair.keep_frames = true;
    pair.start();
    pair.run(SECOND);
    for (end, other, timeslot) in [(USER, NETWORK, 1), (NETWORK, USER, 31)] {
        pair.dial(end, timeslot, "13800138000", caller("Wang", Presentation::Allowed));
        pair.run(SECOND);
        for command in
            [ChannelCommand::Alert, ChannelCommand::OpenEarlyAudio, ChannelCommand::Answer]
        {
            pair.command(other, timeslot, &command);
            pair.run(SECOND);
        }
        let now = pair.now;
        pair.ends[end].enquire_status(now, timeslot);
        let components = RESULT.iter().copied().collect();
        pair.ends[end].command(now, timeslot, &ChannelCommand::Facility(components));
        pair.run(SECOND);
        pair.command(end, timeslot, &ChannelCommand::Release(Cause::NormalClearing));
        pair.run(SECOND);
        pair.dial(end, timeslot, "8001", caller("", Presentation::Restricted));
        let digits = [Digit::from_char('5').unwrap()].into_iter().collect();
        pair.command(end, timeslot, &ChannelCommand::SendDigits(digits));
        pair.run(Duration::from_secs(20));
        pair.command(other, timeslot, &ChannelCommand::Release(Cause::UserBusy));
        pair.run(SECOND);
        let now = pair.now;
        pair.ends[end].restart_channel(now, timeslot);
        pair.run(SECOND);
    }
    pair.assert_idle();
}

#[test]
fn tshark_reads_every_frame_and_finds_none_malformed() {
    let euro = Profile {
        overlap_sending: Some(2),
        overlap_receiving: OverlapReceiving::On { digits: None },
        disconnect_in_band: true,
        ..Profile::euro_isdn()
    };
    let china = Profile { channel_request: ChannelRequest::Preferred, ..Profile::china() };
    let mut kinds = BTreeSet::new();
    for (name, profile) in [("euro.pcap", euro), ("china.pcap", china)] {
        let mut pair = Pair::new(profile.clone(), profile, 5);
        some_calls(&mut pair);
        let fields = ["_ws.malformed", "_ws.expert.message", "q931.message_type", "lapd.direction"];
        let read = tshark(&capture(&pair.frames), name, &fields);
        assert_eq!(read.len(), pair.frames.len());
        for ((line, (at, sender, frame)), n) in read.iter().zip(&pair.frames).zip(1..) {
            let words = describe(*sender, frame, Language::English);
            assert_eq!(line[0], "", "frame {n} at {at:?} is malformed: {words}");
            assert_eq!(line[1], "", "frame {n} at {at:?}: {words}");
            assert_eq!(line[3] == "0", *sender == Side::User, "frame {n}: {words}");
            kinds.insert(line[2].clone());
        }
    }
    for kind in [
        "0x01", "0x02", "0x03", "0x05", "0x07", "0x0d", "0x0f", "0x45", "0x46", "0x4d", "0x4e",
        "0x5a", "0x62", "0x75", "0x7b", "0x7d",
    ] {
        assert!(kinds.contains(kind), "no message of type {kind} was seen: {kinds:?}");
    }
}

#[test]
fn tshark_reads_the_numbers_that_we_wrote() {
    let mut pair = Pair::up(&Profile { restart: false, ..Profile::euro_isdn() });
    pair.keep_frames = true;
    pair.dial(USER, 17, "13800138000", caller("", Presentation::Restricted));
    let fields = [
        "q931.called_party_number.digits",
        "q931.calling_party_number.digits",
        "q931.channel.number",
        "q931.presentation_ind",
        "q931.call_ref",
    ];
    let read = tshark(&capture(&pair.frames), "numbers.pcap", &fields);
    assert_eq!(read[0], ["13800138000", "88886666", "17", "0x01", "0001"]);
}

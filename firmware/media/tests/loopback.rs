//! The real-time thread with real sockets on the loopback, by both ways of serving them.

mod common;

use common::{Media, Peer};
use tipring_line::{ChannelEvent, ChannelId, Digit, DigitSource, Law};
use tipring_media::thread::Backend;
use tipring_media::{MediaEvent, PlayId, Playlist, RecordingId};

fn channels() -> (ChannelId, ChannelId) {
    (ChannelId::sip_in(1), ChannelId::sip_out(1))
}

fn bridged(media: &mut Media) -> (Peer, Peer) {
    let (a, b) = channels();
    let (mut caller, mut agent) = (Peer::new(0xA), Peer::new(0xB));
    caller.open(&mut media.control, a, Law::A);
    agent.open(&mut media.control, b, Law::A);
    media.control.bridge(a, b);
    media.control.flush();
    (caller, agent)
}

/// A payload that no other packet of the test has.
fn marked(n: u8) -> Vec<u8> {
    (0..160u8).map(|i| i.wrapping_mul(7) ^ n).collect()
}

/// Says how the sockets were served.
fn relays_both_ways(backend: Backend, ports: u16) -> Backend {
    let mut media = Media::start(backend, ports, "relay");
    let (mut caller, mut agent) = bridged(&mut media);
    let mut last = None;
    for n in 0..50u8 {
        caller.send(Law::A, &marked(n));
        let heard = agent.hear_sound();
        assert_eq!(heard.payload, marked(n));
        assert_ne!(heard.ssrc, caller.ssrc, "a stream of our own");
        if let Some((sequence, timestamp, ssrc)) = last {
            assert_eq!((heard.sequence, heard.timestamp), (sequence, timestamp));
            assert_eq!(heard.ssrc, ssrc);
        }
        last =
            Some((heard.sequence.wrapping_add(1), heard.timestamp.wrapping_add(160), heard.ssrc));
        agent.send(Law::A, &marked(!n));
        assert_eq!(caller.hear_sound().payload, marked(!n));
    }
    let statistics = {
        media.control.close(channels().0);
        media.wait_for(|event| match event {
            MediaEvent::Closed(_, statistics) => Some(*statistics),
            _ => None,
        })
    };
    assert_eq!((statistics.received, statistics.lost), (50, 0));
    media.thread.status().backend
}

#[test]
fn relays_both_ways_by_io_uring() {
    relays_both_ways(Backend::IoUring, 22_000);
}

#[test]
fn relays_both_ways_by_epoll() {
    relays_both_ways(Backend::Epoll, 22_100);
}

/// Refuses io_uring to this thread and those it starts, as container runtimes do.
fn take_io_uring_away() {
    let code = |class: u32, width: u32, how: u32| (class | width | how) as u16;
    let load = code(libc::BPF_LD, libc::BPF_W, libc::BPF_ABS);
    let skip_unless = code(libc::BPF_JMP, libc::BPF_JEQ, libc::BPF_K);
    let give = code(libc::BPF_RET, 0, libc::BPF_K);
    let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    let statement = |code, k| libc::sock_filter { code, jt: 0, jf: 0, k };
    let mut filter = [
        // The first word of what the filter is shown is the system call's number.
        statement(load, 0),
        libc::sock_filter { code: skip_unless, jt: 0, jf: 1, k: libc::SYS_io_uring_setup as u32 },
        statement(give, refused),
        statement(give, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: both calls concern this thread alone; the program outlives the second.
    let results = unsafe {
        [
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program),
        ]
    };
    assert_eq!(results, [0, 0], "{}", std::io::Error::last_os_error());
}

#[test]
fn relays_both_ways_where_io_uring_is_refused() {
    take_io_uring_away();
    assert_eq!(relays_both_ways(Backend::Auto, 22_700), Backend::Epoll);
}

fn ports_come_back(backend: Backend, ports: u16) {
    let mut media = Media::start(backend, ports, "ports");
    // 32 pairs of ports and 32 legs, used three times over.
    for round in 0..96u32 {
        let channel = ChannelId::sip_in(round);
        let mut peer = Peer::new(round);
        peer.open(&mut media.control, channel, Law::A);
        peer.send(Law::A, &marked(1));
        media.wait_for(|event| (*event == MediaEvent::RtpStarted(channel)).then_some(()));
        media.control.close(channel);
        media.wait_for(|event| match event {
            MediaEvent::Closed(closed, _) if *closed == channel => Some(()),
            _ => None,
        });
    }
}

#[test]
fn ports_come_back_by_io_uring() {
    ports_come_back(Backend::IoUring, 22_200);
}

#[test]
fn ports_come_back_by_epoll() {
    ports_come_back(Backend::Epoll, 22_300);
}

#[test]
fn a_prompt_is_heard_and_its_end_told() {
    let mut media = Media::start(Backend::Auto, 22_400, "prompt");
    let (a, _) = channels();
    let mut caller = Peer::new(1);
    caller.open(&mut media.control, a, Law::A);
    let sound: Vec<u8> = (0..1600u32).map(|i| (i % 199) as u8).collect();
    let sounds = vec![sound[..700].into(), sound[700..].into()];
    media.control.play(a, Playlist { sounds, repeat: false, id: PlayId(9) });
    media.wait_for(|event| {
        (*event == MediaEvent::PlayDone { channel: a, id: PlayId(9) }).then_some(())
    });
    let mut heard = caller.hear_sound().payload;
    while heard.len() < sound.len() {
        heard.extend(caller.hear().payload);
    }
    assert!(heard == sound, "{} samples of {}", heard.len(), sound.len());
}

#[test]
fn keys_come_by_event_and_in_band() {
    let mut media = Media::start(Backend::Auto, 22_500, "keys");
    let (mut caller, agent) = bridged(&mut media);
    let (a, _) = channels();
    media.control.detect(a, true);
    caller.send_as(101, &[5, 10, 0, 160]);
    caller.send_as(101, &[5, 0x8A, 3, 0x20]);
    let digit = |source| {
        move |event: &MediaEvent| match event {
            MediaEvent::Channel(_, ChannelEvent::Digit { digit, source: by }) if *by == source => {
                Some(*digit)
            }
            _ => None,
        }
    };
    let five = media.wait_for(digit(DigitSource::Rfc4733));
    assert_eq!(Some(five), Digit::from_char('5'));
    let relayed = agent.hear_sound();
    assert_eq!((relayed.payload_type, &relayed.payload[..]), (101, &[5, 10, 0, 160][..]));
    let mut generator = tipring_dsp::DtmfGenerator::new();
    generator.push(Digit::from_char('#').unwrap());
    for _ in 0..10 {
        let mut samples = [0; 160];
        generator.tx(&mut samples);
        let mut codes = [0; 160];
        tipring_dsp::g711::encode(Law::A, &samples, &mut codes);
        caller.send(Law::A, &codes);
    }
    let hash = media.wait_for(digit(DigitSource::InBand));
    assert_eq!(Some(hash), Digit::from_char('#'));
}

#[test]
fn a_recording_holds_both_sides() {
    let mut media = Media::start(Backend::Auto, 22_600, "record");
    let (mut caller, mut agent) = bridged(&mut media);
    let (a, b) = channels();
    let path = media.dir.join("call.wav");
    media.control.record(RecordingId(4), &path).unwrap();
    media.control.record_sides(RecordingId(4), Some(a), &[b]);
    media.wait_for(|event| (*event == MediaEvent::RecordingStarted(RecordingId(4))).then_some(()));
    for _ in 0..20 {
        caller.send(Law::A, &[1; 160]);
        agent.hear_sound();
        agent.send(Law::A, &[2; 160]);
        caller.hear_sound();
    }
    media.control.record_stop(RecordingId(4));
    let bytes = media.wait_for(|event| match event {
        MediaEvent::RecordingClosed { id: RecordingId(4), bytes, .. } => Some(*bytes),
        _ => None,
    });
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(whole.len() as u64, bytes);
    let pairs = &whole[tipring_media::wav::RECORDING_HEADER_BYTES..];
    let left = pairs.iter().step_by(2).filter(|code| **code == 1).count();
    let right = pairs.iter().skip(1).step_by(2).filter(|code| **code == 2).count();
    // Sent faster than real time, so what lies beyond the end of the recording was cut.
    assert!(left > 0 && right > 0, "{left} {right}");
    assert!(pairs.iter().step_by(2).all(|code| [1, Law::A.silence()].contains(code)));
}

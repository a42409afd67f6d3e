//! The PCM highway: slots, faults, and ALSA's own plug-ins as the device.

mod common;

use std::fs;
use std::process::{Command, Output};

use common::{VecPcm, constant};
use tipring_clock::{Duration, Instant};
use tipring_daa::pcm::{AlsaPcm, ECHO_DELAY_SAMPLES, Pace, PcmFault, PcmHighway, SlotError};
use tipring_line::{FRAME_SAMPLES, Frame, SILENCE};

const SLOTS: u8 = 3;

#[test]
fn every_port_has_its_own_slot() {
    let pcm = VecPcm::default();
    let mut highway = PcmHighway::new(pcm.clone(), SLOTS, Pace::Caller);
    let mut links: Vec<_> = (0..SLOTS).map(|slot| highway.connect(slot).unwrap()).collect();
    let mut heard = vec![];
    for _ in 0..10 {
        pcm.with(|s| (0..FRAME_SAMPLES).for_each(|_| s.to_capture.extend([100, 200, 300])));
        assert_eq!(highway.exchange(Instant::ZERO), 1);
        heard = links
            .iter_mut()
            .enumerate()
            .map(|(slot, link)| {
                let mut rx = SILENCE;
                assert!(link.exchange(&constant(slot as i16 + 1), &mut rx));
                rx
            })
            .collect::<Vec<Frame>>();
    }
    assert_eq!(heard, [constant(100), constant(200), constant(300)]);
    pcm.with(|s| {
        let last: Vec<_> = s.played.chunks(usize::from(SLOTS)).rev().take(FRAME_SAMPLES).collect();
        assert!(last.iter().all(|frame| **frame == [1, 2, 3]), "{:?}", last[0]);
        assert_eq!(s.played.len(), 10 * FRAME_SAMPLES * usize::from(SLOTS));
    });
}

#[test]
fn an_echo_comes_back_after_the_stated_delay() {
    let pcm = VecPcm::default();
    let mut highway = PcmHighway::new(pcm.clone(), 1, Pace::Caller);
    let mut link = highway.connect(0).unwrap();
    // A frame still plays when the next is written, and one is captured meanwhile.
    pcm.with(|s| s.to_capture.extend([0; 2 * FRAME_SAMPLES]));
    let (mut sent, mut heard) = (vec![], vec![]);
    for n in 0..100 {
        highway.exchange(Instant::ZERO);
        pcm.with(|s| s.to_capture.extend(s.played.drain(..)));
        let mut tx = SILENCE;
        if n == 50 {
            tx[0] = 9_000;
        }
        let mut rx = SILENCE;
        link.exchange(&tx, &mut rx);
        sent.extend(tx);
        heard.extend(rx);
    }
    let at = |samples: &[i16]| samples.iter().position(|s| *s == 9_000).expect("an impulse");
    let delay = at(&heard) - at(&sent);
    assert_eq!(delay, ECHO_DELAY_SAMPLES);
}

#[test]
fn a_slot_that_does_not_exist_or_is_taken_is_refused() {
    let mut highway = PcmHighway::new(VecPcm::default(), SLOTS, Pace::Caller);
    let _link = highway.connect(1).unwrap();
    assert_eq!(highway.connect(1).unwrap_err(), SlotError::Taken { slot: 1 });
    let line = highway.connect(3).unwrap_err().to_string();
    assert_eq!(line, "slot 3 does not exist: the PCM highway has slots 0 to 2");
}

#[test]
fn whole_frames_are_exchanged_as_the_device_has_them() {
    let pcm = VecPcm::default();
    let mut highway = PcmHighway::new(pcm.clone(), 1, Pace::Device);
    let mut exchanged = vec![];
    for waiting in [100, 59, 1, 500, 3_000, 0] {
        pcm.with(|s| s.to_capture.extend(std::iter::repeat_n(0, waiting)));
        exchanged.push(highway.exchange(Instant::ZERO));
    }
    // A device far behind is caught up with by four frames a call.
    assert_eq!(exchanged, [0, 0, 1, 3, 4, 4]);
}

#[test]
fn xruns_are_counted_and_restarted_at_once() {
    let pcm = VecPcm::default();
    let mut highway = PcmHighway::new(pcm.clone(), 1, Pace::Caller);
    for n in 0..20 {
        if n % 5 == 4 {
            pcm.with(|s| s.fault = Some(PcmFault::Xrun));
        }
        highway.exchange(Instant::ZERO);
    }
    assert_eq!(highway.counters().xruns, 4);
    assert_eq!(highway.counters().frames, 16);
    assert_eq!(pcm.with(|s| (s.restarted, s.opened)), (4, 1));
    pcm.with(|s| s.has_no_room = true);
    highway.exchange(Instant::ZERO);
    assert_eq!(highway.counters().frames_dropped, 1);
}

#[test]
fn a_device_that_goes_is_opened_again_when_it_is_back() {
    let pcm = VecPcm::default();
    let mut highway = PcmHighway::new(pcm.clone(), 1, Pace::Caller);
    let mut link = highway.connect(0).unwrap();
    let mut now = Instant::ZERO;
    let mut step = |highway: &mut PcmHighway<VecPcm>| {
        now += Duration::from_millis(20);
        highway.exchange(now);
        link.exchange(&SILENCE, &mut SILENCE.clone())
    };
    assert!((0..10).all(|_| step(&mut highway)));
    pcm.with(|s| s.is_away = true);
    assert!((0..200).all(|_| !step(&mut highway)));
    assert_eq!(highway.counters().losses, 1);
    assert_eq!(pcm.with(|s| s.opened), 1 + 3, "looked for once a second");
    let line = highway.error().unwrap().to_string();
    assert!(line.starts_with("ALSA PCM `vectors`: open: No such device"), "{line}");
    pcm.with(|s| s.is_away = false);
    let back = (0..60).position(|_| step(&mut highway));
    assert!(back.is_some_and(|frames| frames <= 50), "{back:?}");
    assert_eq!(highway.error(), None);
}

#[test]
fn alsas_null_plug_in_carries_silence() {
    let mut highway = PcmHighway::new(AlsaPcm::new("null", 8), 8, Pace::Caller);
    let mut link = highway.connect(7).unwrap();
    let mut rx = constant(1);
    for _ in 0..50 {
        assert_eq!(highway.exchange(Instant::ZERO), 1, "{:?}", highway.error());
        assert!(link.exchange(&constant(9), &mut rx));
    }
    assert_eq!(rx, SILENCE);
    assert_eq!((highway.counters().frames, highway.counters().xruns), (50, 0));
}

#[test]
fn a_missing_card_is_one_clear_line() {
    for name in ["hw:CARD=nosuchcard", "no-such-pcm", "zero\0byte"] {
        let mut highway = PcmHighway::new(AlsaPcm::new(name, 2), 2, Pace::Device);
        assert_eq!(highway.exchange(Instant::ZERO), 0);
        let line = highway.error().unwrap().to_string();
        assert!(line.starts_with("ALSA PCM `"), "{line}");
        assert!(line.contains("snd_pcm_open: ") && !line.contains('\n'), "{line}");
    }
}

/// Runs the bring-up program with ALSA configured so.
fn check(configuration: &str, words: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alsa.conf");
    fs::write(&file, configuration).unwrap();
    Command::new(env!("CARGO_BIN_EXE_tipring-daa-check"))
        .args(words)
        .env("ALSA_CONFIG_PATH", &file)
        .output()
        .unwrap()
}

/// A sample that tells its slot and its place in time.
fn sample(slot: usize, at: usize) -> i16 {
    (slot * 5_000 + at % 4_999 + 1) as i16
}

#[test]
fn samples_go_through_alsas_file_plug_in_slot_by_slot() {
    const FRAMES: usize = 60;
    let slots = usize::from(SLOTS);
    let folder = tempfile::tempdir().unwrap();
    let (heard, sent) = (folder.path().join("heard.raw"), folder.path().join("sent.raw"));
    let input: Vec<u8> = (0..FRAMES * FRAME_SAMPLES)
        .flat_map(|at| (0..slots).map(move |slot| sample(slot, at)))
        .flat_map(i16::to_le_bytes)
        .collect();
    fs::write(&heard, &input).unwrap();
    let configuration = format!(
        "pcm.nothing {{ type null }}
         pcm.highway {{
             type asym
             playback.pcm {{ type file slave.pcm nothing file \"{}\" format raw }}
             capture.pcm {{ type file slave.pcm nothing file /dev/null infile \"{}\" format raw }}
         }}",
        sent.display(),
        heard.display()
    );
    let frames = FRAMES.to_string();
    let output = check(&configuration, &["loop-unpaced", "highway", "3", &frames]);
    let line = String::from_utf8_lossy(&output.stdout);
    assert_eq!(line, "highway: 60 frames, 0 xruns, 0 frames dropped\n", "{output:?}");

    let written = fs::read(&sent).unwrap();
    let written: Vec<i16> =
        written.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    // Two frames of silence fill the playback before it starts.
    assert_eq!(written.len(), (FRAMES + 2) * FRAME_SAMPLES * slots);
    let mut delays = vec![];
    for slot in 0..slots {
        let out: Vec<i16> = written.iter().skip(slot).step_by(slots).copied().collect();
        // Filling the buffers at the start drops some samples; from there all is in order.
        let begin = out.iter().position(|s| *s != 0).expect("something came back");
        let steady = begin + 4 * FRAME_SAMPLES;
        let place = |i: usize| usize::try_from(out[i]).unwrap() - slot * 5_000 - 1;
        let delay = steady - place(steady);
        assert!(
            (0..out.len() - steady).all(|i| out[steady + i] == sample(slot, place(steady) + i))
        );
        // Two frames before the playback, and a buffer's target there and back.
        assert!(delay <= 8 * FRAME_SAMPLES, "the way there and back takes {delay} samples");
        delays.push(delay);
    }
    assert!(delays.iter().all(|d| *d == delays[0]), "all slots keep step: {delays:?}");
}

#[test]
fn the_bring_up_program_fails_in_one_line() {
    let output = check("", &["loop", "highway", "2", "10"]);
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(line.starts_with("ALSA PCM `highway`: snd_pcm_open: "), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    let output = check("", &["spi", "/dev/spidev99.0"]);
    let line = String::from_utf8_lossy(&output.stderr);
    assert!(line.starts_with("/dev/spidev99.0: No such file or directory"), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

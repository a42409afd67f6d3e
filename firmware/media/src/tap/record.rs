//! Where a leg's audio belongs in its recording, and its way to the recorder.
//!
//! Each side's position follows its RTP timestamps, so that reordered packets and a receiver's
//! jitter leave no mark, nor does a sender, a network or a box that stood still for a moment and
//! then made up for it. It is anchored to the clock by the packets that travelled fastest, so that
//! both sides stay together although their clocks differ. What an anchor is off by is made good in
//! a pause of the speech, where nobody hears it.

use tipring_clock::Instant;
use tipring_dsp::g711;
use tipring_line::{FRAME_SAMPLES, Law};

use crate::rtp::pause::SpeechLevel;
use crate::rtp::samples_in;

/// Names a recording between engine and recorder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct RecordingSlot(pub(crate) u16);

/// Which channel of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Left,
    Right,
}

/// What a chunk brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChunkKind {
    /// Of one side; `true` where it is added to what others say there at the same time.
    Audio(Side, bool),
    /// The recording ends at the position.
    End,
}

/// A piece of a recording on its way to the recorder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    /// Samples since the recording began.
    pub(crate) position: u32,
    pub(crate) recording: RecordingSlot,
    pub(crate) kind: ChunkKind,
    pub(crate) length: u8,
    /// A-law.
    pub(crate) codes: [u8; FRAME_SAMPLES],
}

/// A position this far ahead of the clock (200 ms) means another stream, or a clock that was set.
const AHEAD_MAX: i64 = 1600;
/// And so does one this far behind it (1 s): packets may be held up, but hardly for longer.
const BEHIND_MAX: i64 = 8000;
/// Packets over which the fastest is looked for: about 5 s.
const WINDOW: u32 = 256;
/// A drift smaller than this (5 ms) is left alone: moving makes a small break.
const DRIFT: i64 = 40;
/// Packets over which a pause is waited for: another 5 s.
const WAIT_MAX: u32 = WINDOW;
/// A drift as large as this (40 ms) breaks speech after that.
const DRIFT_MAX: i64 = 320;

/// One leg's place in a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordTap {
    pub(crate) recording: RecordingSlot,
    pub(crate) side: Side,
    /// Others are on the same side.
    pub(crate) mixed: bool,
    began: Instant,
    /// Timestamp and position of one sample of the stream.
    anchor: Option<(u32, u32)>,
    /// Of the packets of this window: the least arrival minus position.
    fastest: i64,
    seen: u32,
    /// By how much positions are to move, in the next pause, and since how many packets.
    owed: i64,
    waited: u32,
    /// The last packet was part of a pause.
    paused: bool,
    speech: SpeechLevel,
}

impl RecordTap {
    pub(crate) fn new(recording: RecordingSlot, side: Side, began: Instant, mixed: bool) -> Self {
        RecordTap {
            recording,
            side,
            mixed,
            began,
            anchor: None,
            fastest: i64::MAX,
            seen: 0,
            owed: 0,
            waited: 0,
            paused: false,
            speech: SpeechLevel::default(),
        }
    }

    /// The position of a packet's first sample. A packet holds what was spoken before it came, so
    /// its end is at its arrival.
    pub(crate) fn position(
        &mut self,
        now: Instant,
        timestamp: u32,
        law: Law,
        payload: &[u8],
    ) -> u32 {
        let clock = samples_in(now - self.began) as i64 - payload.len() as i64;
        if let Some((anchor, at)) = self.anchor {
            let position = i64::from(at) + i64::from(timestamp.wrapping_sub(anchor) as i32);
            if position >= 0 && (-AHEAD_MAX..=BEHIND_MAX).contains(&(clock - position)) {
                let position = self.settle(position, clock - position, law, payload);
                // The anchor moves along, so that timestamps never get half their range away.
                self.anchor = Some((timestamp, position));
                return position;
            }
        }
        let position = clock.max(0) as u32;
        self.anchor = Some((timestamp, position));
        (self.fastest, self.seen, self.owed, self.waited) = (i64::MAX, 0, 0, 0);
        position
    }

    /// Where a packet belongs whose timestamp says `position` and that came `late` samples after
    /// it would have been spoken there.
    fn settle(&mut self, position: i64, late: i64, law: Law, payload: &[u8]) -> u32 {
        self.fastest = self.fastest.min(late);
        self.seen += 1;
        if self.seen == WINDOW {
            self.owed = if self.fastest.abs() >= DRIFT { self.fastest } else { 0 };
            (self.fastest, self.seen) = (i64::MAX, 0);
        }
        if self.owed == 0 {
            (self.waited, self.paused) = (0, false);
            return position as u32;
        }
        let step = self.step(law, payload);
        if step != 0 {
            self.owed -= step;
            // What was measured before the move counts no more.
            (self.fastest, self.seen) = (i64::MAX, 0);
        }
        (position + step).max(0) as u32
    }

    /// How far to move at this packet: forward at any packet of a pause, which grows; back by a
    /// packet at most, over one that was part of the pause too.
    fn step(&mut self, law: Law, payload: &[u8]) -> i64 {
        self.waited += 1;
        let is_pause = self.is_pause(law, payload);
        let was_pause = std::mem::replace(&mut self.paused, is_pause);
        let is_overdue = self.waited >= WAIT_MAX && self.owed.abs() >= DRIFT_MAX;
        if is_overdue || (is_pause && self.owed > 0) {
            return self.owed;
        }
        let length = payload.len() as i64;
        if is_pause && was_pause { self.owed.max(-length) } else { 0 }
    }

    fn is_pause(&mut self, law: Law, payload: &[u8]) -> bool {
        let mut samples = [0; FRAME_SAMPLES];
        let heard = payload.len().min(FRAME_SAMPLES);
        g711::decode(law, &payload[..heard], &mut samples[..heard]);
        self.speech.follow(&samples[..heard]);
        self.speech.is_pause(&samples[..heard])
    }

    /// The position of the frame that ends now, for a leg that is a frame channel.
    pub(crate) fn frame_position(&self, now: Instant) -> u32 {
        // Frames are counted by the tick, whose lateness must not show.
        let frames = (samples_in(now - self.began) as usize + FRAME_SAMPLES / 2) / FRAME_SAMPLES;
        (frames.saturating_sub(1) * FRAME_SAMPLES) as u32
    }
}

/// Calls `push` with the chunks of a payload.
pub(crate) fn chunks(
    tap: &RecordTap,
    law: Law,
    position: u32,
    payload: &[u8],
    mut push: impl FnMut(Chunk),
) {
    let mut position = position;
    for part in payload.chunks(FRAME_SAMPLES) {
        let mut codes = [0; FRAME_SAMPLES];
        codes[..part.len()].copy_from_slice(part);
        g711::transcode(law, Law::A, &mut codes[..part.len()]);
        push(Chunk {
            position,
            recording: tap.recording,
            kind: ChunkKind::Audio(tap.side, tap.mixed),
            length: part.len() as u8,
            codes,
        });
        position = position.wrapping_add(part.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// A-law's least sample.
    const PAUSE: [u8; 160] = [0xD5; 160];
    /// And a loud one.
    const SPEECH: [u8; 160] = [0xA5; 160];

    fn tap() -> RecordTap {
        RecordTap::new(RecordingSlot(0), Side::Left, Instant::ZERO, false)
    }

    #[test]
    fn positions_follow_timestamps_not_arrival() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut tap = tap();
        let first = tap.position(Instant::from_millis(1020), 7000, Law::A, &PAUSE);
        assert_eq!(first, 8000);
        for n in 1..200u32 {
            let jitter = rng.random_range(0..60_000);
            let now = Instant::from_micros(1_020_000 + u64::from(n) * 20_000 + jitter);
            let position = tap.position(now, 7000u32.wrapping_add(n * 160), Law::A, &PAUSE);
            assert_eq!(position, 8000 + n * 160);
        }
    }

    #[test]
    fn a_slow_first_packet_and_a_fast_clock_are_made_good_to_within_20_ms() {
        let mut tap = tap();
        let mut worst_late = 0;
        for n in 0..100_000u64 {
            // The peer's clock runs 100 ppm fast; the first packet took 100 ms.
            let spoken_us = n * 20_000 - n * 2;
            let transit = if n == 0 { 100_000 } else { 0 };
            let now = Instant::from_micros(spoken_us + 20_000 + transit);
            let position = tap.position(now, n as u32 * 160, Law::A, &PAUSE);
            let off = (i64::from(position) - (spoken_us / 125) as i64).abs();
            if n > 300 {
                worst_late = worst_late.max(off);
            }
        }
        assert!(worst_late <= 160, "{worst_late} samples apart");
    }

    #[test]
    fn a_word_stays_whole_when_its_first_packet_was_slow() {
        let mut tap = tap();
        let mut before = None;
        for n in 0..600u32 {
            let transit = if n == 0 { 9 } else { 0 };
            let now = Instant::from_millis(u64::from(n + 1) * 20 + transit);
            // A pause after eight seconds.
            let payload = if (400..410).contains(&n) { PAUSE } else { SPEECH };
            let position = tap.position(now, n * 160, Law::A, &payload);
            let moved = before.is_some_and(|before: u32| position != before + 160);
            assert_eq!(moved, n == 401, "packet {n}");
            before = Some(position);
        }
        assert_eq!(before, Some(599 * 160));
    }

    #[test]
    fn a_stall_of_whoever_it_was_leaves_no_mark() {
        let mut tap = tap();
        for n in 0..1000u32 {
            // From 2 s on nothing comes through for 900 ms, and then all of it at once.
            let spoken_ms = u64::from(n + 1) * 20;
            let arrived_ms = if (2000..2900).contains(&spoken_ms) { 2900 } else { spoken_ms };
            let now = Instant::from_millis(arrived_ms);
            assert_eq!(tap.position(now, n * 160, Law::A, &SPEECH), n * 160, "packet {n}");
        }
    }

    #[test]
    fn a_sender_that_stood_still_is_moved_on_in_a_pause_and_back_over_a_pause_alone() {
        let mut tap = tap();
        let mut moves = Vec::new();
        let mut expected = 0;
        for n in 0..3000u32 {
            // After 4 s it stands still for 150 ms, and its timestamps with it. Later it makes up
            // for it.
            let lost_ms = if (200..1500).contains(&n) { 150 } else { 0 };
            let now = Instant::from_millis(u64::from(n + 1) * 20 + lost_ms);
            // A pause of 200 ms each two seconds.
            let payload = if n % 100 < 10 { PAUSE } else { SPEECH };
            let position = tap.position(now, n * 160, Law::A, &payload);
            if position != expected {
                moves.push((n % 100, i64::from(position) - i64::from(expected)));
            }
            expected = position + 160;
        }
        let (forward, back) = moves.split_at(1);
        assert_eq!(forward, [(0, 1200)]);
        assert_eq!(back.iter().map(|(_, by)| by).sum::<i64>(), -1200, "{back:?}");
        assert!(back.iter().all(|(n, by)| (1..10).contains(n) && *by >= -160), "{back:?}");
    }

    #[test]
    fn where_there_is_no_pause_a_large_drift_breaks_speech_and_a_small_one_does_not() {
        for (late_ms, moves_at) in [(30, None), (50, Some(WINDOW + WAIT_MAX - 1))] {
            let mut tap = tap();
            let mut expected = 0;
            for n in 0..3000u32 {
                let late_ms = if n == 0 { 0 } else { late_ms };
                let now = Instant::from_millis(u64::from(n + 1) * 20 + late_ms);
                let position = tap.position(now, n * 160, Law::A, &SPEECH);
                let moved = position != expected;
                assert_eq!(moved, moves_at == Some(n), "{late_ms} ms late, packet {n}");
                expected = position + 160;
            }
        }
    }

    #[test]
    fn a_new_stream_is_anchored_anew() {
        let mut tap = tap();
        tap.position(Instant::from_millis(20), 0, Law::A, &PAUSE);
        let position = tap.position(Instant::from_millis(5020), 0x8000_0000, Law::A, &PAUSE);
        assert_eq!(position, 40_000);
    }

    #[test]
    fn frames_have_places_a_frame_apart_however_late_the_tick() {
        let tap = tap();
        let mut last = 0;
        for (n, late) in [0, 3, 9, 0, 8, 1].into_iter().enumerate() {
            let position = tap.frame_position(Instant::from_millis(40 + n as u64 * 20 + late));
            if n > 0 {
                assert_eq!(position, last + 160);
            }
            last = position;
        }
    }
}

//! A small adaptive jitter buffer: packets in as they come, 20 ms frames out as they are due.
//!
//! It keeps 40–120 ms. A late packet raises the delay aimed at by as much as it was late; two
//! seconds in which more was kept than needed lower it by 10 ms. Either is done in the next pause
//! of the sound, so that speech is not stretched or cut in the middle of a word; only packets that
//! go on being late are not let wait for a pause. What is missing is made up from the last frame,
//! faded out within 60 ms, and its time passes: what comes after it is in its place. Used only
//! where frames are needed: relayed packets never wait.

use tipring_dsp::g711;
use tipring_line::{FRAME_SAMPLES, Frame, Law};

use super::pause::SpeechLevel;

const SIZE: usize = 2048;
const FRAME: u32 = FRAME_SAMPLES as u32;
/// Least and first, and greatest delay, in samples.
const DELAY_MIN: u32 = 2 * FRAME;
const DELAY_MAX: u32 = 6 * FRAME;
/// A timestamp this far from what is expected begins another stream: 1 s.
const RESTART: i32 = 8000;
/// Frames between two looks at whether the delay can be lowered: 2 s.
const LOOK_FRAMES: u32 = 100;
/// By how much the delay is lowered at a time: 10 ms.
const SHRINK: usize = 80;
/// Frames without a packet after which the stream has paused: 0.5 s.
const DRY_FRAMES_MAX: u32 = 25;
/// Frames with late packets after which the delay grows at once, pause or not.
const LATE_MAX: u32 = 3;

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pushed {
    Kept,
    /// Its time was over; the delay grows.
    Late,
}

/// What a frame was made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Popped {
    /// The peer's audio.
    Audio,
    /// All or part of it is made up.
    Concealed,
    /// Nothing: the buffer is filling, or the stream pauses.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Empty,
    /// Until the delay is reached; counts the frames waited.
    Filling(u32),
    Playing,
}

/// The packets of one leg, by their timestamps.
#[derive(Clone, Debug)]
pub(crate) struct JitterBuffer {
    codes: [u8; SIZE],
    filled: [u64; SIZE / 64],
    state: State,
    /// Timestamp of the next sample out.
    play: u32,
    /// Timestamp after the last sample in.
    end: u32,
    delay: u32,
    /// Samples by which the delay is still to grow.
    stretch: u32,
    /// Frames in whose time packets came late since the delay last grew.
    late: u32,
    /// One came since the last frame went out.
    late_now: bool,
    dry: u32,
    least_kept: u32,
    looked: u32,
    shrink: bool,
    concealed: u32,
    last: Frame,
    speech: SpeechLevel,
}

impl JitterBuffer {
    pub(crate) fn new() -> Self {
        JitterBuffer {
            codes: [0; SIZE],
            filled: [0; SIZE / 64],
            state: State::Empty,
            play: 0,
            end: 0,
            delay: DELAY_MIN,
            stretch: 0,
            late: 0,
            late_now: false,
            dry: 0,
            least_kept: u32::MAX,
            looked: 0,
            shrink: false,
            concealed: 0,
            last: [0; FRAME_SAMPLES],
            speech: SpeechLevel::default(),
        }
    }

    /// Empties it and lets it play on from `timestamp`: what came before was heard already.
    pub(crate) fn start_at(&mut self, timestamp: u32) {
        self.clear();
        (self.play, self.end) = (timestamp, timestamp);
        self.state = State::Filling(0);
    }

    /// Empties it; the next packet begins anew.
    pub(crate) fn clear(&mut self) {
        self.filled = [0; SIZE / 64];
        self.state = State::Empty;
        self.play = self.end;
        (self.stretch, self.late, self.dry, self.concealed) = (0, 0, 0, 0);
        (self.looked, self.least_kept, self.shrink) = (0, u32::MAX, false);
    }

    /// Takes a packet's payload.
    pub(crate) fn push(&mut self, timestamp: u32, payload: &[u8]) -> Pushed {
        let payload = &payload[..payload.len().min(SIZE / 2)];
        let ahead = timestamp.wrapping_sub(self.play) as i32;
        if self.state == State::Empty || ahead.abs() > RESTART {
            self.start_at(timestamp);
        }
        let ahead = timestamp.wrapping_sub(self.play) as i32;
        let after = ahead + payload.len() as i32;
        if ahead < 0 {
            self.late(ahead.unsigned_abs());
            if self.late >= LATE_MAX && self.delay == DELAY_MAX {
                // No delay helps: the peer's clock lags behind, or has stood still.
                self.delay = DELAY_MIN;
                self.start_at(timestamp);
            } else if after <= 0 {
                return Pushed::Late;
            }
        }
        if after as usize > SIZE - FRAME_SAMPLES {
            self.jump(timestamp.wrapping_add(payload.len() as u32).wrapping_sub(self.delay));
        }
        self.store(timestamp, payload);
        Pushed::Kept
    }

    fn late(&mut self, by: u32) {
        if self.state != State::Playing {
            return;
        }
        let grow = by.saturating_sub(self.stretch).min(DELAY_MAX - self.delay);
        self.delay += grow;
        self.stretch += grow;
        self.late += u32::from(!self.late_now);
        self.late_now = true;
    }

    /// Skips to `play`: so much came at once that the buffer would overflow.
    fn jump(&mut self, play: u32) {
        let skip = play.wrapping_sub(self.play);
        if skip as usize >= SIZE {
            self.filled = [0; SIZE / 64];
        } else {
            for i in 0..skip {
                self.clear_bit(self.play.wrapping_add(i));
            }
        }
        self.play = play;
    }

    fn store(&mut self, timestamp: u32, payload: &[u8]) {
        for (i, code) in payload.iter().enumerate() {
            let at = timestamp.wrapping_add(i as u32);
            if (at.wrapping_sub(self.play) as i32) < 0 {
                continue;
            }
            let place = at as usize % SIZE;
            self.codes[place] = *code;
            self.filled[place / 64] |= 1 << (place % 64);
        }
        let end = timestamp.wrapping_add(payload.len() as u32);
        if end.wrapping_sub(self.end) as i32 > 0 {
            self.end = end;
        }
    }

    /// Samples from the next out to the last in.
    fn kept(&self) -> u32 {
        (self.end.wrapping_sub(self.play) as i32).max(0) as u32
    }

    fn clear_bit(&mut self, at: u32) -> bool {
        let place = at as usize % SIZE;
        let bit = 1 << (place % 64);
        let was = self.filled[place / 64] & bit != 0;
        self.filled[place / 64] &= !bit;
        was
    }

    /// Gives the next 20 ms, decoded from `law`; silence if there is nothing.
    pub(crate) fn pop(&mut self, law: Law, frame: &mut Frame) -> Popped {
        match self.state {
            State::Empty => return self.nothing(frame),
            State::Filling(waited) => {
                // A pause right at the start must not hold back what is there for ever.
                if self.kept() < self.delay && (waited < DELAY_MAX / FRAME || self.kept() == 0) {
                    self.state = State::Filling(waited.saturating_add(1));
                    if waited > DRY_FRAMES_MAX {
                        self.clear();
                    }
                    return self.nothing(frame);
                }
                self.state = State::Playing;
            }
            State::Playing => {}
        }
        self.look();
        self.late_now = false;
        if self.stretch > 0 && (self.late >= LATE_MAX || self.speech.is_pause(&self.last)) {
            self.stretch = self.stretch.saturating_sub(FRAME);
            self.late = 0;
            self.conceal(frame);
            return Popped::Concealed;
        }
        if self.kept() == 0 {
            return self.run_dry(frame);
        }
        self.dry = 0;
        let missing = self.read(law, frame);
        if missing == 0 {
            self.concealed = 0;
            self.speech.follow(frame);
            self.maybe_shrink(law, frame);
            self.last = *frame;
            return Popped::Audio;
        }
        Popped::Concealed
    }

    fn nothing(&mut self, frame: &mut Frame) -> Popped {
        frame.fill(0);
        Popped::Nothing
    }

    fn run_dry(&mut self, frame: &mut Frame) -> Popped {
        self.dry += 1;
        self.play = self.play.wrapping_add(FRAME);
        if self.dry > DRY_FRAMES_MAX {
            self.clear();
            return self.nothing(frame);
        }
        self.conceal(frame);
        Popped::Concealed
    }

    /// Reads 20 ms at `play` and moves on. What is missing is made up; says how much that was.
    fn read(&mut self, law: Law, frame: &mut Frame) -> usize {
        let mut present = [false; FRAME_SAMPLES];
        for (i, present) in present.iter_mut().enumerate() {
            let at = self.play.wrapping_add(i as u32);
            *present = self.clear_bit(at);
            if *present {
                frame[i] = g711::decode_sample(law, self.codes[at as usize % SIZE]);
            }
        }
        self.play = self.play.wrapping_add(FRAME);
        let missing = present.iter().filter(|p| !**p).count();
        if missing > 0 {
            let mut made_up = [0; FRAME_SAMPLES];
            self.conceal(&mut made_up);
            for (i, present) in present.iter().enumerate() {
                if !present {
                    frame[i] = made_up[i];
                }
            }
            if missing < FRAME_SAMPLES {
                self.last = *frame;
                self.concealed = 0;
            }
        }
        missing
    }

    /// The last frame again, each time weaker; silence after 60 ms (ITU-T G.711, appendix I).
    fn conceal(&mut self, frame: &mut Frame) {
        self.concealed += 1;
        let gain = [256, 160, 80, 0][self.concealed.min(4) as usize - 1];
        for (out, last) in frame.iter_mut().zip(&self.last) {
            *out = (i32::from(*last) * gain / 256) as i16;
        }
    }

    /// Every two seconds: was there always more than needed?
    fn look(&mut self) {
        self.least_kept = self.least_kept.min(self.kept());
        self.looked += 1;
        if self.looked == LOOK_FRAMES {
            self.shrink = self.least_kept >= DELAY_MIN + SHRINK as u32;
            (self.looked, self.least_kept) = (0, u32::MAX);
        }
    }

    /// Leaves 10 ms of a pause out, fading from before to after them.
    fn maybe_shrink(&mut self, law: Law, frame: &mut Frame) {
        if !self.shrink || self.kept() < FRAME || !self.speech.is_pause(frame) {
            return;
        }
        let next = |i: usize| self.codes[self.play.wrapping_add(i as u32) as usize % SIZE];
        let left_out: [i16; SHRINK] = std::array::from_fn(|i| g711::decode_sample(law, next(i)));
        if !self.speech.is_pause(&left_out) {
            return;
        }
        self.shrink = false;
        self.delay = self.delay.saturating_sub(SHRINK as u32).max(DELAY_MIN);
        for (i, later) in left_out.into_iter().map(i32::from).enumerate() {
            if !self.clear_bit(self.play.wrapping_add(i as u32)) {
                continue;
            }
            let out = &mut frame[SHRINK + i];
            let (w, n) = (i as i32, SHRINK as i32);
            *out = ((i32::from(*out) * (n - w) + later * w) / n) as i16;
        }
        self.play = self.play.wrapping_add(SHRINK as u32);
    }

    /// Takes out at once, as codes of `law`, all that has not been played, and empties the
    /// buffer. Holes are silence. Gives how much it was.
    pub(crate) fn take_rest(&mut self, law: Law, codes: &mut [u8]) -> usize {
        let count = (self.kept() as usize).min(codes.len());
        for (i, code) in codes[..count].iter_mut().enumerate() {
            let at = self.play.wrapping_add(i as u32);
            *code = if self.clear_bit(at) { self.codes[at as usize % SIZE] } else { law.silence() };
        }
        self.clear();
        count
    }

    /// The delay it aims at, in samples.
    #[cfg(test)]
    fn delay(&self) -> u32 {
        self.delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// A code for each sample, so that order and completeness can be seen after decoding.
    fn payload(first: u32, samples: u32) -> Vec<u8> {
        (first..first + samples).map(|i| (i % 251) as u8).collect()
    }

    fn decoded(first: u32) -> Frame {
        let mut frame = [0; FRAME_SAMPLES];
        g711::decode(Law::A, &payload(first, FRAME), &mut frame);
        frame
    }

    #[test]
    fn reordered_and_doubled_packets_come_out_in_order() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        for n in [0u32, 2, 1, 1, 3] {
            assert_eq!(buffer.push(n * 160, &payload(n * 160, 160)), Pushed::Kept);
        }
        for n in 0..4 {
            assert_eq!(buffer.pop(Law::A, &mut frame), Popped::Audio);
            assert_eq!(frame, decoded(n * 160), "frame {n}");
        }
        assert_eq!(buffer.pop(Law::A, &mut frame), Popped::Concealed);
    }

    #[test]
    fn packets_of_any_length_and_phase_fit_together() {
        let mut buffer = JitterBuffer::new();
        let mut at = 0xFFFF_FF00u32;
        let first = at;
        for length in [80, 240, 160, 480, 33, 127] {
            buffer.push(at, &payload(at.wrapping_sub(first), length));
            at = at.wrapping_add(length);
        }
        let mut frame = [0; FRAME_SAMPLES];
        for n in 0..7 {
            assert_eq!(buffer.pop(Law::A, &mut frame), Popped::Audio);
            assert_eq!(frame, decoded(n * 160), "frame {n}");
        }
    }

    #[test]
    fn a_lost_packet_is_made_up_and_the_next_is_in_its_place() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        for n in [0u32, 1, 3, 4] {
            buffer.push(n * 160, &payload(n * 160, 160));
        }
        let got: Vec<Popped> = (0..5).map(|_| buffer.pop(Law::A, &mut frame)).collect();
        use Popped::{Audio, Concealed};
        assert_eq!(got, [Audio, Audio, Concealed, Audio, Audio]);
        assert_eq!(frame, decoded(640));
    }

    #[test]
    fn jitter_raises_the_delay_within_its_bounds_and_calm_lowers_it() {
        let mut rng = SmallRng::seed_from_u64(5);
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        let mut run = |buffer: &mut JitterBuffer, packets: std::ops::Range<u64>, jitter: u64| {
            let mut arrivals: Vec<(u64, u64)> =
                packets.clone().map(|n| (n * 20 + rng.random_range(0..=jitter), n)).collect();
            arrivals.sort_unstable();
            let mut arrivals = arrivals.into_iter().peekable();
            let mut concealed = 0;
            for tick in packets {
                while let Some((_, n)) = arrivals.next_if(|(at, _)| *at <= tick * 20 + 10) {
                    buffer.push(n as u32 * FRAME, &speech(n as u32));
                }
                concealed += u32::from(buffer.pop(Law::A, &mut frame) == Popped::Concealed);
            }
            concealed
        };
        run(&mut buffer, 0..500, 80);
        assert!((320..=DELAY_MAX).contains(&buffer.delay()), "{}", buffer.delay());
        assert!(run(&mut buffer, 500..1500, 80) < 10, "it has learnt the jitter");
        run(&mut buffer, 1500..4000, 0);
        assert_eq!(buffer.delay(), DELAY_MIN);
        assert_eq!(run(&mut buffer, 4000..4500, 0), 0);
    }

    #[test]
    fn a_restart_of_timestamps_plays_on() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        for n in 0..3u32 {
            buffer.push(n * 160, &payload(n * 160, 160));
        }
        buffer.pop(Law::A, &mut frame);
        for n in 0..3u32 {
            buffer.push(4_000_000_000 + n * 160, &payload(n * 160, 160));
        }
        assert_eq!(buffer.pop(Law::A, &mut frame), Popped::Audio);
        assert_eq!(frame, decoded(0));
    }

    /// Words of 400 ms and pauses of 200 ms, one 20 ms frame of it.
    fn speech(n: u32) -> Vec<u8> {
        if n % 30 < 20 { payload(n * FRAME, FRAME) } else { vec![Law::A.silence(); 160] }
    }

    #[test]
    fn a_word_is_whole_and_the_delay_grows_in_the_pause_after_it() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        let mut heard = Vec::new();
        for tick in 0..60u32 {
            // The network holds packet 5 to 9 until tick 9.
            let arrived = if (5..9).contains(&tick) { 0..0 } else { tick..tick + 1 };
            let arrived = if tick == 9 { 5..10 } else { arrived };
            for n in arrived {
                buffer.push(n * FRAME, &speech(n));
            }
            let popped = buffer.pop(Law::A, &mut frame);
            heard.push((popped, frame));
        }
        let said = |n: u32| {
            let mut frame = [0; FRAME_SAMPLES];
            g711::decode(Law::A, &speech(n), &mut frame);
            frame
        };
        for n in (0..4).chain(9..20) {
            let tick = n as usize + 1;
            assert_eq!(heard[tick], (Popped::Audio, said(n)), "frame {n} in its place");
        }
        assert!(buffer.delay() > DELAY_MIN);
        let grown = ((buffer.delay() - DELAY_MIN).div_ceil(FRAME)) as usize;
        for n in 30..50 {
            assert_eq!(heard[n + 1 + grown].1, said(n as u32), "the next word, all of it later");
        }
    }

    #[test]
    fn a_peer_that_stood_still_and_goes_on_in_its_own_time_is_heard_again() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        let mut last = Popped::Nothing;
        for tick in 0..60u32 {
            let n = if tick < 10 { tick } else { tick.saturating_sub(15) };
            if !(10..25).contains(&tick) {
                buffer.push(n * FRAME, &payload(n * FRAME, FRAME));
            }
            last = buffer.pop(Law::A, &mut frame);
        }
        assert_eq!(last, Popped::Audio);
    }

    #[test]
    fn what_is_left_can_be_taken_at_once() {
        let mut buffer = JitterBuffer::new();
        let mut frame = [0; FRAME_SAMPLES];
        for n in 0..3u32 {
            buffer.push(n * 160, &payload(n * 160, 160));
        }
        buffer.pop(Law::A, &mut frame);
        let mut rest = [0; 960];
        assert_eq!(buffer.take_rest(Law::A, &mut rest), 320);
        assert_eq!(rest[..320], payload(160, 320)[..]);
        assert_eq!(buffer.take_rest(Law::A, &mut rest), 0);
    }
}

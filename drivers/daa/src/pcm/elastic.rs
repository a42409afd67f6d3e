//! A buffer between two clocks.
//!
//! The codecs' clock and the media thread's are never quite the same: at 50 parts in a million a
//! frame is too many or too few every seven minutes. Instead of losing it, the reader stretches or
//! squeezes a frame by one sample whenever the fill strays from its target. Nobody hears that.

use rtrb::{Consumer, Producer, RingBuffer};
use tipring_line::{FRAME_SAMPLES, Frame};

/// Samples that wait, as the reader finds them: the frame it takes, one that may come late (when
/// the slower clock falls behind by a whole frame), and 5 ms against jitter.
pub(super) const TARGET: usize = 2 * FRAME_SAMPLES + 40;
/// The fill may stray so far before it is corrected: less than a frame, for frames are what comes.
const BAND: usize = FRAME_SAMPLES * 3 / 4;
/// A fill of so much more is no drift: the reader was held up, and skips.
const SKIP: usize = TARGET + 3 * FRAME_SAMPLES;
/// Samples that fit.
const CAPACITY: usize = TARGET + 6 * FRAME_SAMPLES;

/// What the reader does about the fill, until it is at its target again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// Waits until the target is reached.
    Filling,
    /// Takes whole frames.
    Even,
    /// Takes a sample less than a frame each time.
    Stretching,
    /// Takes a sample more than a frame each time.
    Squeezing,
}

/// What the two clocks led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slips {
    /// Frames squeezed by a sample because the writer is faster.
    pub squeezed: u64,
    /// Frames stretched by a sample because the writer is slower.
    pub stretched: u64,
    /// Times the buffer ran empty.
    pub underruns: u64,
    /// Times the reader came late and skipped.
    pub skips: u64,
}

/// The reading end.
#[derive(Debug)]
pub(crate) struct ElasticReader {
    samples: Consumer<i16>,
    mode: Mode,
    slips: Slips,
}

/// The writing end.
#[derive(Debug)]
pub(crate) struct ElasticWriter {
    samples: Producer<i16>,
}

pub(crate) fn elastic() -> (ElasticWriter, ElasticReader) {
    let (producer, consumer) = RingBuffer::new(CAPACITY);
    let reader = ElasticReader { samples: consumer, mode: Mode::Filling, slips: Slips::default() };
    (ElasticWriter { samples: producer }, reader)
}

impl ElasticWriter {
    /// Writes a frame, as far as there is room: where there is none, the reader has stopped.
    pub(crate) fn write(&mut self, frame: &Frame) {
        let room = self.samples.slots().min(frame.len());
        if let Ok(chunk) = self.samples.write_chunk_uninit(room) {
            chunk.fill_from_iter(frame.iter().copied());
        }
    }

    /// Whether the reader has gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.samples.is_abandoned()
    }
}

impl ElasticReader {
    /// Reads a frame; silence where there is none.
    pub(crate) fn read(&mut self, frame: &mut Frame) {
        let mut fill = self.samples.slots();
        let is_filled = self.mode == Mode::Filling && fill >= TARGET;
        if fill > SKIP || is_filled {
            self.slips.skips += u64::from(!is_filled);
            self.skip(fill - TARGET);
            (fill, self.mode) = (TARGET, Mode::Even);
        }
        self.mode = match self.mode {
            Mode::Filling => return frame.fill(0),
            _ if fill <= FRAME_SAMPLES => return self.run_dry(fill, frame),
            _ if fill < TARGET - BAND => Mode::Stretching,
            _ if fill > TARGET + BAND => Mode::Squeezing,
            Mode::Stretching if fill < TARGET => Mode::Stretching,
            Mode::Squeezing if fill > TARGET => Mode::Squeezing,
            _ => Mode::Even,
        };
        let take = match self.mode {
            Mode::Stretching => FRAME_SAMPLES - 1,
            Mode::Squeezing => FRAME_SAMPLES + 1,
            Mode::Filling | Mode::Even => FRAME_SAMPLES,
        };
        self.slips.stretched += u64::from(take < FRAME_SAMPLES);
        self.slips.squeezed += u64::from(take > FRAME_SAMPLES);
        let mut taken = [0; FRAME_SAMPLES + 1];
        self.take(&mut taken[..take]);
        fit(&taken[..take], frame);
    }

    /// Gives what is left, and fills up again before the next.
    fn run_dry(&mut self, fill: usize, frame: &mut Frame) {
        self.slips.underruns += 1;
        self.mode = Mode::Filling;
        frame.fill(0);
        self.take(&mut frame[..fill]);
    }

    fn take(&mut self, into: &mut [i16]) {
        if let Ok(chunk) = self.samples.read_chunk(into.len()) {
            into.iter_mut().zip(chunk).for_each(|(to, from)| *to = from);
        }
    }

    fn skip(&mut self, samples: usize) {
        if let Ok(chunk) = self.samples.read_chunk(samples) {
            chunk.commit_all();
        }
    }

    /// Whether the writer has gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.samples.is_abandoned()
    }

    pub(crate) fn slips(&self) -> Slips {
        self.slips
    }
}

/// Spreads samples over a frame by linear interpolation.
fn fit(samples: &[i16], frame: &mut Frame) {
    if let Ok(same) = Frame::try_from(samples) {
        *frame = same;
        return;
    }
    let last = samples.len() - 1;
    for (i, to) in frame.iter_mut().enumerate() {
        // The position among the samples, in parts of `FRAME_SAMPLES - 1`.
        let at = i * last;
        let (whole, part) = (at / (FRAME_SAMPLES - 1), (at % (FRAME_SAMPLES - 1)) as i32);
        let (a, b) = (i32::from(samples[whole]), i32::from(samples[(whole + 1).min(last)]));
        *to = (a + (b - a) * part / (FRAME_SAMPLES as i32 - 1)) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    /// Writes and reads at slightly different rates: before each read, `written` samples a frame on
    /// average. Gives what came out.
    fn run(written_per_frame: f64, frames: usize) -> (Vec<i16>, Slips) {
        let (mut writer, mut reader) = elastic();
        let (mut due, mut at, mut heard) = (3.5 * written_per_frame, 0, vec![]);
        for _ in 0..frames {
            while due >= FRAME_SAMPLES as f64 {
                let tone =
                    |i| (8000.0 * (TAU * 1000.0 * (at + i) as f64 / 8000.0).sin()).round() as i16;
                writer.write(&core::array::from_fn(tone));
                at += FRAME_SAMPLES;
                due -= FRAME_SAMPLES as f64;
            }
            let mut frame = [0; FRAME_SAMPLES];
            reader.read(&mut frame);
            heard.extend(frame);
            due += written_per_frame;
        }
        (heard, reader.slips())
    }

    #[test]
    fn equal_clocks_pass_samples_unchanged() {
        let (heard, slips) = run(160.0, 500);
        assert_eq!(slips, Slips::default());
        assert!(heard[8000..].windows(9).all(|w| w[0] == w[8]), "a tone of 1 kHz repeats");
    }

    #[test]
    fn a_drift_of_200_in_a_million_is_neither_lost_nor_heard() {
        for drift in [-200e-6, 200e-6] {
            let (heard, slips) = run(160.0 * (1.0 + drift), 30_000);
            assert_eq!((slips.underruns, slips.skips), (0, 0), "{slips:?}");
            let corrected = if drift > 0.0 { slips.squeezed } else { slips.stretched };
            // Ten minutes drift by 960 samples; a frame of them may wait.
            assert!((800..=1120).contains(&corrected), "{slips:?}");
            let worst = heard[8000..]
                .windows(2)
                .map(|w| (i32::from(w[1]) - i32::from(w[0])).abs())
                .max()
                .unwrap();
            assert!(
                worst <= 8000,
                "no step is larger than the tone's own, 6,123, by much: {worst}"
            );
        }
    }

    #[test]
    fn a_stopped_writer_gives_silence_and_a_held_up_reader_skips() {
        let (mut writer, mut reader) = elastic();
        let mut frame = [1; FRAME_SAMPLES];
        reader.read(&mut frame);
        assert_eq!(frame, [0; FRAME_SAMPLES]);
        for _ in 0..3 {
            writer.write(&[5; FRAME_SAMPLES]);
        }
        for _ in 0..2 {
            reader.read(&mut frame);
            assert_eq!(frame, [5; FRAME_SAMPLES]);
        }
        reader.read(&mut frame);
        // 5 ms and the sample that stretching saved.
        assert_eq!((frame[40], frame[41]), (5, 0));
        assert_eq!(reader.slips().underruns, 1);
        // What piles up while it fills is dropped, and that is no skip; what piles up later is one.
        for _ in 0..6 {
            writer.write(&[6; FRAME_SAMPLES]);
        }
        reader.read(&mut frame);
        assert_eq!((frame, reader.slips().skips), ([6; FRAME_SAMPLES], 0));
        for _ in 0..5 {
            writer.write(&[7; FRAME_SAMPLES]);
        }
        reader.read(&mut frame);
        assert_eq!((frame, reader.slips().skips), ([7; FRAME_SAMPLES], 1));
    }
}

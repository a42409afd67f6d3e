//! The DTMF detector: SpanDSP's, made safe.
//!
//! It works on blocks of 12.75 ms and wants two in a row, so a digit is told 26–38 ms after it
//! began. Twist: low group up to 8 dB, high group up to 4 dB stronger; −42 dBm0 a tone and above.

use core::ptr::NonNull;
use std::sync::Mutex;

use spandsp_sys as sys;
use tipring_line::Digit;

use crate::queue::Queue;

/// What a [`DtmfDetector`] tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DtmfEvent {
    /// A digit has begun, some 26–38 ms ago.
    Start(Digit),
    /// The digit has ended.
    End {
        /// Which digit.
        digit: Digit,
        /// How long it was seen, in milliseconds: up to 38 less than it lasted.
        ms: u32,
    },
}

/// Recognises digits in a stream of samples.
#[derive(Debug)]
pub struct DtmfDetector {
    state: NonNull<sys::dtmf_rx_state_t>,
    digit: Option<Digit>,
    digit_samples: u32,
    events: Queue<DtmfEvent, 16>,
}

// SAFETY: the state is owned by this value alone, is reached through `&mut self` only, and holds
// no thread-bound resource; the tables it shares with other detectors are written once, under
// `MAKING`, and only read afterwards.
unsafe impl Send for DtmfDetector {}

/// SpanDSP fills its shared tables when the first detector is made, without a lock of its own.
static MAKING: Mutex<()> = Mutex::new(());

/// Shorter than SpanDSP's block of 102 samples, so its state changes at most once in a slice.
const SLICE_SAMPLES: usize = 80;

impl DtmfDetector {
    /// A detector that hears silence. Allocates.
    ///
    /// # Panics
    /// When the C library cannot allocate some 400 bytes.
    pub fn new() -> Self {
        let _guard = MAKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: a null state asks the library to allocate one; no callback is given. Its
        // logging starts at level "none".
        let state =
            unsafe { sys::dtmf_rx_init(core::ptr::null_mut(), None, core::ptr::null_mut()) };
        let state = NonNull::new(state).expect("memory for a DTMF detector");
        DtmfDetector { state, digit: None, digit_samples: 0, events: Queue::new() }
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, samples: &[i16]) {
        for slice in samples.chunks(SLICE_SAMPLES) {
            // SAFETY: the state is live and ours; the slice has the length passed.
            let status = unsafe {
                sys::dtmf_rx(self.state.as_ptr(), slice.as_ptr(), slice.len() as i32);
                sys::dtmf_rx_status(self.state.as_ptr())
            };
            self.digit_samples = self.digit_samples.saturating_add(slice.len() as u32);
            // 'x' says "perhaps": a first block that a second must confirm.
            let now = u8::try_from(status).ok().and_then(|c| Digit::from_char(char::from(c)));
            if now != self.digit {
                self.change(now);
            }
        }
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<DtmfEvent> {
        self.events.pop()
    }

    /// The digit that sounds now.
    pub fn current(&self) -> Option<Digit> {
        self.digit
    }

    /// How many events were dropped because sixteen waited unread.
    pub fn dropped(&self) -> u32 {
        self.events.dropped()
    }

    fn change(&mut self, now: Option<Digit>) {
        if let Some(digit) = self.digit {
            self.events.push(DtmfEvent::End { digit, ms: self.digit_samples / 8 });
        }
        if let Some(digit) = now {
            self.events.push(DtmfEvent::Start(digit));
            self.discard_buffered();
        }
        self.digit = now;
        self.digit_samples = 0;
    }

    /// Empties the library's own buffer of digits, which would fill up otherwise.
    fn discard_buffered(&mut self) {
        let mut buffer = [0; 9];
        // SAFETY: the state is live and ours; the buffer has room for 8 digits and the final NUL.
        unsafe { sys::dtmf_rx_get(self.state.as_ptr(), buffer.as_mut_ptr(), 8) };
    }
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for DtmfDetector {
    fn drop(&mut self) {
        // SAFETY: the state came from `dtmf_rx_init`, is freed once, and is not used afterwards.
        unsafe { sys::dtmf_rx_free(self.state.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DtmfGenerator, DtmfLevels, DtmfTiming};

    const ALL: &str = "123A456B789C*0#D";

    fn digits(text: &str) -> impl Iterator<Item = Digit> + '_ {
        text.chars().map(|c| Digit::from_char(c).unwrap())
    }

    fn starts(detector: &mut DtmfDetector) -> String {
        let mut text = String::new();
        while let Some(event) = detector.poll() {
            if let DtmfEvent::Start(digit) = event {
                text.push(digit.as_char());
            }
        }
        text
    }

    fn heard(levels: DtmfLevels, timing: DtmfTiming) -> String {
        let mut generator = DtmfGenerator::with(levels, timing);
        let mut detector = DtmfDetector::new();
        let mut text = String::new();
        for digit in digits(ALL) {
            assert!(generator.push(digit));
        }
        let mut frame = [0i16; 160];
        while !generator.is_idle() {
            frame.fill(0);
            generator.tx(&mut frame);
            detector.rx(&frame);
            text += &starts(&mut detector);
        }
        detector.rx(&[0; 800]);
        text + &starts(&mut detector)
    }

    #[test]
    fn every_digit_from_minus_30_to_minus_3_dbm0() {
        for level in -30..=-3 {
            let level = level as f32;
            let levels = DtmfLevels { low_dbm0: level, high_dbm0: level };
            assert_eq!(heard(levels, DtmfTiming::default()), ALL, "{level} dBm0");
        }
    }

    #[test]
    fn forty_milliseconds_on_and_off_are_enough() {
        let timing = DtmfTiming { on_ms: 40, off_ms: 40 };
        assert_eq!(heard(DtmfLevels::default(), timing), ALL);
    }

    #[test]
    fn start_and_end_are_told_with_the_duration() {
        let mut generator =
            DtmfGenerator::with(DtmfLevels::default(), DtmfTiming { on_ms: 200, off_ms: 100 });
        generator.push(Digit::from_char('5').unwrap());
        let mut samples = [0i16; 3200];
        generator.tx(&mut samples);
        let mut detector = DtmfDetector::new();
        detector.rx(&samples[..800]);
        assert_eq!(detector.poll(), Digit::from_char('5').map(DtmfEvent::Start));
        assert_eq!(detector.current(), Digit::from_char('5'));
        detector.rx(&samples[800..]);
        let Some(DtmfEvent::End { ms, .. }) = detector.poll() else { panic!("no end") };
        assert!((160..=240).contains(&ms), "{ms}");
        assert_eq!(detector.poll(), None);
    }

    #[test]
    fn unread_events_are_bounded_and_counted() {
        let mut generator = DtmfGenerator::new();
        let mut detector = DtmfDetector::new();
        let mut samples = vec![0i16; 1600 * 16];
        digits(ALL).for_each(|d| assert!(generator.push(d)));
        generator.tx(&mut samples);
        detector.rx(&samples);
        assert_eq!(detector.dropped(), 16);
        assert_eq!(starts(&mut detector).len(), 8);
    }

    #[test]
    fn detectors_can_be_made_on_many_threads_at_once() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope
                    .spawn(|| assert_eq!(heard(DtmfLevels::default(), DtmfTiming::default()), ALL));
            }
        });
    }
}

//! The tones by which fax machines announce themselves (ITU-T T.30, 4.1 and 4.2), heard by
//! SpanDSP's receivers of modem connect tones, made safe.
//!
//! A calling machine sends CNG, 1100 Hz for half a second in every three and a half; an answering
//! one CED, 2100 Hz for about three seconds, or ANSam, the same tone amplitude-modulated and with
//! its phase reversed every 450 ms (V.8). All forms of 2100 Hz are told as [`FaxTone::Ced`].

use core::ptr::NonNull;

use spandsp_sys as sys;

/// SpanDSP's names of its receivers, which the bindings leave out (`modem_connect_tones.h`).
const FAX_CNG: i32 = 1;
const ANS: i32 = 2;

/// One answering machine is told once: its reversals make SpanDSP tell the same tone again.
const CED_HOLD_SAMPLES: u32 = 5 * 8000;

/// What a [`FaxToneDetector`] tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaxTone {
    /// A calling fax machine: told 0.42 s after its 1100 Hz began.
    Cng,
    /// An answering fax machine or modem: told 0.55 s after its 2100 Hz began, or after three
    /// phase reversals.
    Ced,
}

/// Recognises the tones of fax machines in a stream of samples.
#[derive(Debug)]
pub struct FaxToneDetector {
    cng: Receiver,
    ced: Receiver,
    ced_hold: u32,
}

impl FaxToneDetector {
    /// A detector that hears silence. Allocates.
    ///
    /// # Panics
    /// When the C library cannot allocate some 700 bytes.
    pub fn new() -> Self {
        FaxToneDetector { cng: Receiver::new(FAX_CNG), ced: Receiver::new(ANS), ced_hold: 0 }
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, samples: &[i16]) {
        self.cng.rx(samples);
        self.ced.rx(samples);
        self.ced_hold = self.ced_hold.saturating_sub(samples.len() as u32);
    }

    /// A tone that began since the last poll.
    pub fn poll(&mut self) -> Option<FaxTone> {
        if self.cng.take() {
            return Some(FaxTone::Cng);
        }
        if self.ced.take() && self.ced_hold == 0 {
            self.ced_hold = CED_HOLD_SAMPLES;
            return Some(FaxTone::Ced);
        }
        None
    }
}

impl Default for FaxToneDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// One of SpanDSP's receivers.
#[derive(Debug)]
struct Receiver(NonNull<sys::modem_connect_tones_rx_state_t>);

// SAFETY: the state is owned by this value alone, is reached through `&mut self` only, and holds
// no thread-bound resource.
unsafe impl Send for Receiver {}

impl Receiver {
    fn new(tone: i32) -> Self {
        // SAFETY: a null state asks the library to allocate one; no callback is given, so that
        // what is found waits in the state.
        let state = unsafe {
            sys::modem_connect_tones_rx_init(
                core::ptr::null_mut(),
                tone,
                None,
                core::ptr::null_mut(),
            )
        };
        Receiver(NonNull::new(state).expect("memory for a tone receiver"))
    }

    fn rx(&mut self, samples: &[i16]) {
        for slice in samples.chunks(i16::MAX as usize) {
            // SAFETY: the state is live and ours; the slice has the length passed.
            unsafe {
                sys::modem_connect_tones_rx(self.0.as_ptr(), slice.as_ptr(), slice.len() as i32);
            }
        }
    }

    /// Whether a tone began since the last call.
    fn take(&mut self) -> bool {
        // SAFETY: the state is live and ours.
        unsafe { sys::modem_connect_tones_rx_get(self.0.as_ptr()) != 0 }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // SAFETY: the state came from its init function, is freed once, and is not used again.
        unsafe { sys::modem_connect_tones_rx_free(self.0.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbm0_to_peak;
    use crate::oscillator::{Oscillator, to_sample};

    fn tone(hz: f64, dbm0: f32, ms: usize) -> Vec<i16> {
        let mut oscillator = Oscillator::new(hz, dbm0_to_peak(dbm0));
        (0..ms * 8).map(|_| to_sample(oscillator.next())).collect()
    }

    fn heard(samples: &[i16]) -> Vec<FaxTone> {
        let mut detector = FaxToneDetector::new();
        let mut told = vec![];
        for frame in samples.chunks(160) {
            detector.rx(frame);
            told.extend(detector.poll());
        }
        told
    }

    #[test]
    fn cng_is_told_once_a_burst_within_its_tolerances() {
        for hz in [1062.0, 1100.0, 1138.0] {
            for dbm0 in [-10.0, -30.0, -38.0] {
                let mut samples = vec![];
                for _ in 0..3 {
                    samples.extend(tone(hz, dbm0, 500));
                    samples.extend([0; 24_000]);
                }
                assert_eq!(heard(&samples), [FaxTone::Cng; 3], "{hz} Hz, {dbm0} dBm0");
            }
        }
    }

    #[test]
    fn ced_and_ansam_are_told_once() {
        for hz in [2085.0, 2100.0, 2115.0] {
            assert_eq!(heard(&tone(hz, -12.0, 3000)), [FaxTone::Ced], "{hz} Hz");
        }
        let ansam: Vec<i16> = tone(2100.0, -12.0, 4000)
            .into_iter()
            .enumerate()
            .map(|(n, s)| {
                let swing = 1.0 + 0.2 * (core::f32::consts::TAU * 15.0 * n as f32 / 8000.0).sin();
                let sign = if (n / 3600).is_multiple_of(2) { 1.0 } else { -1.0 };
                (f32::from(s) * swing * sign) as i16
            })
            .collect();
        assert_eq!(heard(&ansam), [FaxTone::Ced]);
    }

    #[test]
    fn other_tones_and_short_ones_are_nothing() {
        for hz in [350.0, 425.0, 450.0, 950.0, 1000.0, 1209.0, 1300.0, 1400.0, 1800.0, 2280.0] {
            assert_eq!(heard(&tone(hz, -12.0, 3000)), [], "{hz} Hz");
        }
        assert_eq!(heard(&tone(1100.0, -12.0, 300)), []);
        assert_eq!(heard(&tone(2100.0, -12.0, 350)), []);
    }
}

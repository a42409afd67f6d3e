//! One timeslot of an end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrayvec::ArrayVec;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rtrb::{Consumer, Producer};
use tipring_dsp::g711;
use tipring_line::{Alarm, FRAME_SAMPLES, Frame, Law, PortError, SILENCE, Timeslot, TimeslotEvent};

use super::control::alarms;
use super::end::Loop;
use super::{SpanFaults, Way};

/// A frame as it is on the wire.
pub(super) type Codes = [u8; FRAME_SAMPLES];

/// Silence in A-law.
pub(super) const SILENT: Codes = [0xD5; FRAME_SAMPLES];

/// One timeslot of an end, in A-law.
#[derive(Debug)]
pub struct SimTimeslot {
    number: u8,
    tx: Arc<Way>,
    rx: Arc<Way>,
    sender: Producer<Codes>,
    receiver: Consumer<Codes>,
    faults: SpanFaults,
    random: SmallRng,
    /// The last frame received, to be repeated by a slip.
    last: Codes,
    bits_told: Option<u8>,
    alarm_told: Option<Alarm>,
    events: ArrayVec<TimeslotEvent, 8>,
}

impl SimTimeslot {
    pub(super) fn new(
        number: u8,
        [tx, rx]: &[Arc<Way>; 2],
        (sender, receiver): (Producer<Codes>, Consumer<Codes>),
        faults: SpanFaults,
        seed: u64,
    ) -> Self {
        SimTimeslot {
            number,
            tx: tx.clone(),
            rx: rx.clone(),
            sender,
            receiver,
            faults,
            random: SmallRng::seed_from_u64(seed),
            last: SILENT,
            bits_told: None,
            alarm_told: None,
            events: ArrayVec::new(),
        }
    }

    /// Its number, 1–31.
    pub fn number(&self) -> u8 {
        self.number
    }

    fn happens(&mut self, rate: f64) -> bool {
        rate > 0.0 && self.random.random_bool(rate.min(1.0))
    }

    fn tell(&mut self, event: TimeslotEvent) {
        if self.events.is_full() {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    fn look(&mut self) {
        let alarm = alarms(&self.tx, &self.rx).gravest();
        if core::mem::replace(&mut self.alarm_told, alarm) != alarm {
            self.tell(TimeslotEvent::Alarm(alarm));
        }
        // Bits are frozen while none come.
        if self.rx.fault().silences() {
            return;
        }
        let mut bits = self.rx.bits[usize::from(self.number)].load(Ordering::Relaxed);
        if self.happens(self.faults.signalling_error_rate) {
            bits ^= self.random.random_range(1..16u8);
        }
        if self.bits_told.replace(bits) != Some(bits) {
            self.tell(TimeslotEvent::SignallingBits(bits));
        }
    }

    /// What the wire does to a frame.
    fn spoil(&mut self, mut codes: Codes) -> Codes {
        if self.happens(self.faults.dropout_rate) {
            codes = SILENT;
        }
        if self.happens(self.faults.slip_rate) {
            self.rx.slips.fetch_add(1, Ordering::Relaxed);
            if self.random.random() {
                codes.copy_within(..FRAME_SAMPLES - 1, 1);
                codes[0] = self.last[FRAME_SAMPLES - 1];
            } else {
                codes.copy_within(1.., 0);
            }
        }
        if self.faults.bit_error_rate > 0.0 {
            let octet = 1.0 - (1.0 - self.faults.bit_error_rate).powi(8);
            for code in &mut codes {
                if self.random.random_bool(octet.clamp(0.0, 1.0)) {
                    *code ^= 1 << self.random.random_range(0..8u8);
                    self.rx.bit_errors.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        codes
    }
}

impl Timeslot for SimTimeslot {
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        let mut codes = SILENT;
        g711::encode(Law::A, tx, &mut codes);
        self.look();
        let silenced = self.rx.fault().silences();
        let mut received = self.receiver.pop().unwrap_or(SILENT);
        if !silenced {
            received = self.spoil(received);
            self.last = received;
        }
        // A loop sends back what came, with all that the wire did to it.
        match self.tx.looped() {
            Loop::Open => {}
            Loop::Remote => codes = received,
            Loop::Local => (codes, received) = (SILENT, codes),
        }
        // An end that is four frames ahead of the other loses what it sends.
        let _ = self.sender.push(codes);
        if silenced {
            *rx = SILENCE;
        } else {
            g711::decode(Law::A, &received, rx);
        }
        Ok(())
    }

    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError> {
        self.tx.bits[usize::from(self.number)].store(abcd & 0xF, Ordering::Relaxed);
        Ok(())
    }

    fn poll_event(&mut self) -> Option<TimeslotEvent> {
        self.events.pop_at(0)
    }
}

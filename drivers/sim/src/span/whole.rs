//! What concerns an end as a whole: its alarms, its counters, its D-channel.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rtrb::{Consumer, Producer};
use tipring_line::{PortError, Span, SpanAlarms, SpanErrors, SpanEvent, SpanTest};

use super::control::{SpanFault, alarms};
use super::end::{DChannel, Loop, has_d_channel};
use super::hdlc::HdlcFrame;
use super::{SpanFaults, Way};

/// What concerns an end as a whole.
#[derive(Debug)]
pub struct SimSpan {
    tx: Arc<Way>,
    rx: Arc<Way>,
    sender: Producer<HdlcFrame>,
    receiver: Consumer<HdlcFrame>,
    faults: SpanFaults,
    random: SmallRng,
    alarms_told: SpanAlarms,
    errors_told: SpanErrors,
}

impl SimSpan {
    pub(super) fn new(
        [tx, rx]: &[Arc<Way>; 2],
        (sender, receiver): (Producer<HdlcFrame>, Consumer<HdlcFrame>),
        faults: SpanFaults,
        seed: u64,
    ) -> Self {
        SimSpan {
            tx: tx.clone(),
            rx: rx.clone(),
            sender,
            receiver,
            faults,
            random: SmallRng::seed_from_u64(seed),
            alarms_told: SpanAlarms::default(),
            errors_told: SpanErrors::default(),
        }
    }

    fn errors(&self) -> SpanErrors {
        SpanErrors {
            // What the wire spoils in audio the CRC-4 of its block shows.
            crc4: self.rx.bit_errors.load(Ordering::Relaxed),
            far_end: self.tx.bit_errors.load(Ordering::Relaxed),
            slips: self.rx.slips.load(Ordering::Relaxed),
            hdlc: self.rx.hdlc_errors.load(Ordering::Relaxed),
            ..SpanErrors::default()
        }
    }

    /// Whether a frame of this length comes through.
    fn survives(&mut self, length: usize) -> bool {
        let bits = 8 * (length as i32 + 2);
        let damaged = 1.0 - (1.0 - self.faults.bit_error_rate).powi(bits);
        let lost = damaged + self.faults.hdlc_loss_rate;
        lost <= 0.0 || !self.random.random_bool(lost.clamp(0.0, 1.0))
    }
}

impl Span for SimSpan {
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize> {
        if has_d_channel(&self.tx, &self.rx) == DChannel::Noisy {
            self.rx.hdlc_errors.fetch_add(1, Ordering::Relaxed);
        }
        loop {
            let received = self.receiver.pop().ok()?;
            match (has_d_channel(&self.tx, &self.rx), self.tx.looped()) {
                (DChannel::Heard, Loop::Open) => {}
                (DChannel::Heard, Loop::Remote) => {
                    // What finds no room is lost on the wire.
                    let _ = self.sender.push(received);
                    continue;
                }
                _ => continue,
            }
            let fault = self.rx.fault();
            let arrives = !fault.silences() && fault != SpanFault::NoHdlc;
            if arrives && self.survives(received.len()) && received.len() <= frame.len() {
                frame[..received.len()].copy_from_slice(&received);
                return Some(received.len());
            }
            self.rx.hdlc_errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError> {
        const TOO_LONG: i32 = 90;
        const FULL: i32 = 11;
        let failed = |code| PortError::Failed { what: "the simulated D-channel", code };
        let frame = HdlcFrame::try_from(frame).map_err(|_| failed(TOO_LONG))?;
        if self.tx.looped() != Loop::Open {
            return Ok(());
        }
        self.sender.push(frame).map_err(|_| failed(FULL))
    }

    fn test(&mut self, test: SpanTest) -> Result<(), PortError> {
        let to = Loop::of(test);
        let to = to.ok_or(PortError::Unsupported("send a pattern by itself: it is simulated"))?;
        self.tx.set_loop(to);
        Ok(())
    }

    fn poll_event(&mut self) -> Option<SpanEvent> {
        let alarms = alarms(&self.tx, &self.rx);
        if core::mem::replace(&mut self.alarms_told, alarms) != alarms {
            return Some(SpanEvent::Alarms(alarms));
        }
        let errors = self.errors();
        let changed = core::mem::replace(&mut self.errors_told, errors) != errors;
        changed.then_some(SpanEvent::Errors(errors))
    }
}

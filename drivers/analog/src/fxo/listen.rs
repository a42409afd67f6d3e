//! The ear on an on-hook line: FSK and DTMF caller id, both at once.
//!
//! Which of the two an exchange sends is an attribute of its line that nobody at the site knows,
//! so both are read by default (YD/T 1277.1 permits both).

use tipring_dsp::caller_id::{DtmfCallerId, FskReceiver, MessageContent};
use tipring_dsp::{DtmfDetector, DtmfEvent};
use tipring_line::CallerId;

/// Listens on-hook.
#[derive(Debug)]
pub(super) struct OnHookEar {
    fsk: FskReceiver,
    dtmf: DtmfDetector,
    collected: DtmfCallerId,
}

/// What the ear heard in one frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing new.
    Nothing,
    /// A digit of a caller id by DTMF; more may follow.
    Digit,
    /// A whole caller id.
    Caller(CallerId),
}

impl OnHookEar {
    pub(super) fn new() -> Self {
        OnHookEar {
            fsk: FskReceiver::new(),
            dtmf: DtmfDetector::new(),
            collected: DtmfCallerId::new(),
        }
    }

    /// Listens to one frame.
    pub(super) fn rx(&mut self, samples: &[i16]) -> Heard {
        let mut heard = Heard::Nothing;
        self.dtmf.rx(samples);
        while let Some(event) = self.dtmf.poll() {
            if let DtmfEvent::Start(digit) = event {
                heard = match self.collected.push(digit) {
                    Some(caller) => Heard::Caller(caller),
                    None => Heard::Digit,
                };
            }
        }
        self.fsk.rx(samples);
        if let Some(message) = self.fsk.poll()
            && let MessageContent::Call { caller, .. } = message.content()
        {
            heard = Heard::Caller(caller);
        }
        heard
    }

    /// The DTMF digits have ended (silence, or the first ring): the caller, if they make sense.
    pub(super) fn end_digits(&mut self) -> Option<CallerId> {
        self.collected.finish()
    }

    /// FSK messages that began and were damaged.
    pub(super) fn damaged(&self) -> u32 {
        self.fsk.damaged()
    }
}

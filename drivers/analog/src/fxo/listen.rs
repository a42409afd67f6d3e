//! The ear on an on-hook line: FSK and DTMF caller id, both at once.
//!
//! Which of the two an exchange sends is an attribute of its line that nobody at the site knows,
//! so both are read by default (YD/T 1277.1 permits both), from the moment the line is on-hook:
//! some send before the first ring, some after a reversal, some after a first burst that was cut
//! too short to count.
//!
//! FSK has a checksum; DTMF has none. There a digit that noise has swallowed would make a wrong
//! number that looks right, so a transmission is believed only when it is whole: exchanges send
//! digits at an even pace, and a gap of about two paces is a digit lost; a number must have its
//! end, a letter or `#`, and its start letter too unless it ends with `#`; and what follows a
//! fragment is its rest, not a number of its own.

use arrayvec::ArrayVec;
use tipring_dsp::caller_id::{DtmfCallerId, FskReceiver, MessageContent};
use tipring_dsp::{DtmfDetector, DtmfEvent};
use tipring_line::{CallerId, Digit};

/// Where a caller id came from, the surer one last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CallerSource {
    /// Digits before the first ring.
    Dtmf,
    /// A message with a checksum.
    Fsk,
}

/// Digits that begin this soon after a fragment belong to it, in frames: a second.
const FRAGMENT_FRAMES: u32 = 50;

/// Listens on-hook.
#[derive(Debug)]
pub(super) struct OnHookEar {
    fsk: FskReceiver,
    dtmf: DtmfDetector,
    collected: DtmfCallerId,
    pace: Pace,
    /// Frames listened to.
    frames: u32,
    /// When digits last ended that made no number.
    fragment_at: Option<u32>,
    dtmf_damaged: u32,
}

/// What the ear heard in one frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing new.
    Nothing,
    /// A digit of a caller id by DTMF; more may follow.
    Digit,
    /// A whole caller id.
    Caller(CallerId, CallerSource),
    /// Messages wait, or no more.
    MessageWaiting(bool),
}

impl OnHookEar {
    pub(super) fn new() -> Self {
        OnHookEar {
            fsk: FskReceiver::new(),
            dtmf: DtmfDetector::new(),
            collected: DtmfCallerId::new(),
            pace: Pace::default(),
            frames: 0,
            fragment_at: None,
            dtmf_damaged: 0,
        }
    }

    /// Listens to one frame.
    pub(super) fn rx(&mut self, samples: &[i16]) -> Heard {
        let mut heard = Heard::Nothing;
        self.frames = self.frames.wrapping_add(1);
        self.dtmf.rx(samples);
        while let Some(event) = self.dtmf.poll() {
            if let DtmfEvent::Start(digit) = event {
                self.pace.push(digit, self.frames);
                heard = match self.collected.push(digit) {
                    Some(caller) => self.judge(caller),
                    None => Heard::Digit,
                };
            }
        }
        self.fsk.rx(samples);
        if let Some(message) = self.fsk.poll() {
            match message.content() {
                MessageContent::Call { caller, .. } => {
                    heard = Heard::Caller(caller, CallerSource::Fsk);
                }
                MessageContent::MessageWaiting(waiting) => {
                    heard = Heard::MessageWaiting(waiting);
                }
                MessageContent::Other(_) => {}
            }
        }
        heard
    }

    /// The DTMF digits have ended (silence, or the first ring): the caller, if they make sense.
    pub(super) fn end_digits(&mut self) -> Option<CallerId> {
        let was_collecting = self.is_collecting();
        let Some(caller) = self.collected.finish() else {
            if was_collecting {
                self.pace = Pace::default();
                self.fragment_at = Some(self.frames);
            }
            return None;
        };
        match self.judge(caller) {
            Heard::Caller(caller, _) => Some(caller),
            _ => None,
        }
    }

    /// Whether digits are coming in.
    pub(super) fn is_collecting(&self) -> bool {
        !self.collected.is_empty()
    }

    fn judge(&mut self, caller: CallerId) -> Heard {
        let pace = core::mem::take(&mut self.pace);
        let began = pace.at.first().copied().unwrap_or(self.frames);
        let is_rest =
            self.fragment_at.is_some_and(|end| began.wrapping_sub(end) <= FRAGMENT_FRAMES);
        if pace.is_whole() && !is_rest {
            Heard::Caller(caller, CallerSource::Dtmf)
        } else {
            self.dtmf_damaged = self.dtmf_damaged.saturating_add(1);
            self.fragment_at = Some(self.frames);
            Heard::Nothing
        }
    }

    /// Caller ids that began and were damaged.
    pub(super) fn damaged(&self) -> u32 {
        self.fsk.damaged().saturating_add(self.dtmf_damaged)
    }
}

/// When digits came, in frames, and which came first and last.
#[derive(Debug, Default)]
struct Pace {
    at: ArrayVec<u32, 32>,
    first: Option<Digit>,
    last: Option<Digit>,
}

impl Pace {
    fn push(&mut self, digit: Digit, frame: u32) {
        // A transmission too long for its number is refused anyway.
        let _ = self.at.try_push(frame);
        self.first.get_or_insert(digit);
        self.last = Some(digit);
    }

    /// Whether nothing can be missing at either end or between two digits.
    fn is_whole(&self) -> bool {
        let letter = |d: Option<Digit>| d.is_some_and(|d| d.as_char().is_ascii_uppercase());
        let hash = self.last.is_some_and(|d| d.as_char() == '#');
        (hash || letter(self.first) && letter(self.last)) && self.is_even()
    }

    fn is_even(&self) -> bool {
        let mut gaps: ArrayVec<u32, 32> =
            self.at.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        gaps.sort_unstable();
        let (Some(longest), Some(middle)) = (gaps.last(), gaps.get(gaps.len() / 2)) else {
            return true;
        };
        // Frames are a coarse clock: a pace of four frames may show as five.
        *longest * 10 <= middle * 16 + 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::{DtmfGenerator, DtmfLevels, DtmfTiming};

    /// What is read of these digits, of which a blank is a digit swallowed.
    fn read(text: &str, timing: DtmfTiming) -> Option<String> {
        let mut ear = OnHookEar::new();
        let mut generator = DtmfGenerator::with(DtmfLevels::default(), timing);
        let each = usize::from(timing.on_ms + timing.off_ms) * 8;
        let mut samples = vec![0i16; 555];
        for c in text.chars() {
            let mut one = vec![0i16; each];
            if let Some(digit) = Digit::from_char(c) {
                generator.push(digit);
                generator.tx(&mut one);
            }
            samples.extend(one);
        }
        samples.resize(samples.len() + 4000, 0);
        let heard = samples.chunks(160).find_map(|frame| match ear.rx(frame) {
            Heard::Caller(caller, CallerSource::Dtmf) => Some(caller),
            _ => None,
        });
        heard.or_else(|| ear.end_digits())?.number.map(|n| n.to_string())
    }

    #[test]
    fn whole_numbers_are_read_at_any_pace() {
        for (on_ms, off_ms) in [(40, 40), (50, 50), (70, 60), (90, 50), (100, 100)] {
            for text in ["D13800138000C", "A02164301440C", "A02164301440#", "02164301440#"] {
                let number = text.trim_matches(|c: char| !c.is_ascii_digit());
                let timing = DtmfTiming { on_ms, off_ms };
                assert_eq!(read(text, timing).as_deref(), Some(number), "{text} {timing:?}");
            }
        }
    }

    #[test]
    fn a_number_with_a_digit_swallowed_is_nobodys() {
        for (on_ms, off_ms) in [(40, 40), (70, 60), (100, 100)] {
            for text in
                ["D138 0138000C", "D1380013800 C", "D 3800138000C", "D13800", " 13800138000C"]
            {
                assert_eq!(read(text, DtmfTiming { on_ms, off_ms }), None, "{text} {on_ms}");
            }
        }
    }
}

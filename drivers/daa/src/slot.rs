//! Where a chip's samples stand in the frame of the PCM highway.

/// How a sample is written on the highway.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PcmFormat {
    /// Eight bits, A-law.
    ALaw,
    /// Eight bits, µ-law.
    MuLaw,
    /// Sixteen bits, linear: what an ALSA PCM of `S16_LE` carries without a copy of the law tables.
    #[default]
    Linear,
}

impl PcmFormat {
    /// The PCM format field, PCMF, which both chips code alike.
    pub(crate) fn code(self) -> u8 {
        match self {
            PcmFormat::ALaw => 0b00,
            PcmFormat::MuLaw => 0b01,
            PcmFormat::Linear => 0b11,
        }
    }

    fn bits(self) -> u16 {
        match self {
            PcmFormat::ALaw | PcmFormat::MuLaw => 8,
            PcmFormat::Linear => 16,
        }
    }
}

/// A slot of the PCM highway, the same in both directions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slot {
    /// Its number in the frame, from 0; also the channel of the ALSA PCM.
    pub number: u8,
    /// How its samples are written.
    pub format: PcmFormat,
    /// PCLK cycles from the frame sync to slot 0: 0 where the sync pulse stands with the first
    /// bit, 1 where it stands before it.
    pub offset_bits: u8,
}

impl Slot {
    /// The start count in PCLK cycles, low byte and high byte.
    pub(crate) fn start_count(self) -> [u8; 2] {
        let count = u16::from(self.number) * self.format.bits() + u16::from(self.offset_bits);
        count.to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_each_other_without_gap() {
        let count = |number, format| Slot { number, format, offset_bits: 0 }.start_count();
        assert_eq!(count(0, PcmFormat::Linear), [0, 0]);
        assert_eq!(count(3, PcmFormat::ALaw), [24, 0]);
        assert_eq!(count(31, PcmFormat::Linear), [0xF0, 0x01]);
        let late = Slot { number: 1, format: PcmFormat::Linear, offset_bits: 1 };
        assert_eq!(late.start_count(), [17, 0]);
    }
}

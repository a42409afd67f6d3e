//! The fields of the Si3050's registers that are used here.

/// Register 1, SR: starts a soft reset.
pub(super) const SOFT_RESET: u8 = 1 << 7;

/// Register 2 after a reset: hybrid and receive enabled (HBE, RXE), all else off. No register of
/// the chip holds its part number; this value stands for it.
pub(super) const CONTROL_2_AFTER_RESET: u8 = 0x03;

/// Register 6, PDL: the line side is powered down.
pub(super) const LINE_SIDE_DOWN: u8 = 1 << 4;
/// Register 6: both sides are powered.
pub(super) const POWERED: u8 = 0x00;

/// Register 17, CALD: no calibration at each off-hook, which the fast off-hook leaves no time for.
pub(super) const CALIBRATION_OFF: u8 = 1 << 5;

/// Register 18, RFWE: the ring detector rectifies both half-waves.
pub(super) const FULL_WAVE_RING: u8 = 1 << 1;

/// Register 31 but for OHS2: FULL, off-hook after FOH, FILT, LVFD.
pub(super) const DAA_CONTROL_4_BASE: u8 = 1 << 7 | 1 << 1 | 1;
/// Register 31, OHS2.
pub(super) const ON_HOOK_SPEED_2: u8 = 1 << 3;

/// Register 33, PCME: the chip takes part in the PCM highway.
pub(super) const PCM_ENABLE: u8 = 1 << 5;

/// Registers 38 to 41, bit 4: attenuation instead of gain.
pub(super) const ATTENUATE: u8 = 1 << 4;

/// Register 5: hook, on-hook line monitor, and what the ring detector sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DaaControl1(pub(super) u8);

impl DaaControl1 {
    const OFF_HOOK: u8 = 1;
    const RING_VALID: u8 = 1 << 2;
    const ON_HOOK_MONITOR: u8 = 1 << 3;
    const RING_POSITIVE: u8 = 1 << 5;
    const RING_NEGATIVE: u8 = 1 << 6;

    /// What is written: the line monitor is on in both hook states, as the data sheet asks.
    pub(super) fn hook(off_hook: bool) -> Self {
        DaaControl1(Self::ON_HOOK_MONITOR | if off_hook { Self::OFF_HOOK } else { 0 })
    }

    /// The written bits, as they read back.
    pub(super) fn written(self) -> Self {
        DaaControl1(self.0 & (Self::ON_HOOK_MONITOR | Self::OFF_HOOK))
    }

    /// RDTP: ringing current flows in the positive half-wave.
    pub(super) fn ring_positive(self) -> bool {
        self.0 & Self::RING_POSITIVE != 0
    }

    /// RDTN: ringing current flows in the negative half-wave.
    pub(super) fn ring_negative(self) -> bool {
        self.0 & Self::RING_NEGATIVE != 0
    }

    /// RDT: the chip's own validation accepts the ringing.
    pub(super) fn ring_valid(self) -> bool {
        self.0 & Self::RING_VALID != 0
    }
}

/// Register 12, FDT: the isolation link has frame lock.
pub(super) fn frame_locked(line_status: u8) -> bool {
    line_status & 1 << 6 != 0
}

/// Register 28: the loop current in milliamperes, 1.1 mA a bit.
pub(super) fn loop_current_ma(register: u8) -> u16 {
    (u16::from(register) * 11 + 5) / 10
}

/// Register 23, RCC and RTO, with no ring delay: ringing is valid after 150 ms, and over after
/// 128 ms without a threshold crossing.
pub(super) const RING_CONFIRM_150_END_128_MS: u8 = 1 << 3 | 1;

/// Register 24, RNGV: ring validation is on.
const RING_VALIDATION_ON: u8 = 1 << 7;

/// Registers 22 and 24 for a window of ringing frequencies (data sheet, "Ring Validation").
///
/// A timer is loaded with RAS at each half-wave and counts down in 2 ms steps. Ringing is too slow
/// if the next half-wave comes after the timer's end, and too fast if more than RMX is left; the
/// data sheet adds one to RMX for the tolerance of the clock.
pub(super) const fn ring_window(min_hz: u32, max_hz: u32) -> [u8; 2] {
    // Half a period in steps of 2 ms is 1000 / (2 · f) / 2.
    let ras = 250_u32.div_ceil(min_hz);
    let rmx = ras - 250 / max_hz + 1;
    [(rmx & 0x3F) as u8, (ras & 0x3F) as u8 | RING_VALIDATION_ON]
}

//! In service: line feed, ringing and ring trip, loop closure, the power alarm.

use embedded_hal::spi::SpiDevice;
use tipring_clock::{Duration, Instant};
use tipring_line::{LinePolarity, LineReading, PortCommand, PortEvent};

use super::register_table::{LINEFEED, LOOP_CURRENT, LOOP_STATUS, RING_VOLTAGE, TIP_VOLTAGE};
use super::{MessageLamp, Slic};
use crate::ChipError;
use crate::framing::Chip;

/// How often the loop is looked at: dial pulses break it for 60 ms.
const POLL: Duration = Duration::from_millis(8);
/// Line feed and voltages are read at every sixteenth poll.
const MEASURE_POLLS: u32 = 16;
/// After ringing or without battery the loop takes this long to settle; it is not judged then.
const SETTLE: Duration = Duration::from_millis(48);
/// Register 68 may read wrongly this often in a row before the chip is started again.
const MISREADS_MAX: u8 = 8;
/// The power alarm may open the line this often, one forgotten every ten seconds.
const POWER_ALARMS_MAX: u8 = 10;
const POWER_ALARM_FORGET: Duration = Duration::from_secs(10);

/// The state of the line feed (register 64, LF).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Linefeed {
    Open = 0,
    ForwardActive = 1,
    /// On-hook transmission: audio passes while the handset lies.
    ForwardOnHookTransmission = 2,
    Ringing = 4,
    ReverseActive = 5,
    ReverseOnHookTransmission = 6,
}

/// Register 64: the bits of LF.
const LINEFEED_MASK: u8 = 0x07;

/// Register 68.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct LoopStatus(u8);

impl LoopStatus {
    /// LCR: the loop is closed.
    fn loop_closed(self) -> bool {
        self.0 & 1 != 0
    }

    /// RTP: the handset was lifted while ringing current flowed.
    fn ring_trip(self) -> bool {
        self.0 & 1 << 1 != 0
    }

    /// The upper five bits always read zero.
    fn is_valid(self) -> bool {
        self.0 >> 3 == 0
    }
}

/// A voltage of registers 80 to 82, in tenths of a volt below ground, 0.376 V a bit.
pub(super) fn decivolts(register: u8) -> i32 {
    i32::from(register) * 376 / 100
}

/// The line feed as it shall be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feed {
    lamp: MessageLamp,
    ringing: bool,
    polarity: LinePolarity,
    on_hook_audio: bool,
    lamp_lit: bool,
    fed: bool,
    off_hook: bool,
    /// The loop is not judged before.
    settle: Instant,
}

impl Feed {
    pub(super) fn new(lamp: MessageLamp) -> Self {
        Feed {
            lamp,
            ringing: false,
            polarity: LinePolarity::Forward,
            on_hook_audio: false,
            lamp_lit: false,
            fed: true,
            off_hook: false,
            settle: Instant::ZERO,
        }
    }

    /// Takes a command; `false` if it is none for an FXS port or not for this one.
    pub(super) fn take(&mut self, now: Instant, command: PortCommand) -> bool {
        match command {
            PortCommand::Ring(on) => {
                if self.ringing && !on {
                    self.settle = now + SETTLE;
                }
                self.ringing = on && !self.off_hook;
            }
            PortCommand::Polarity(polarity) => self.polarity = polarity,
            PortCommand::OnHookAudio(on) => self.on_hook_audio = on,
            PortCommand::Battery(fed) => {
                self.fed = fed;
                self.settle = now + SETTLE;
            }
            PortCommand::MessageLamp(lit) if self.lamp == MessageLamp::Reversal => {
                self.lamp_lit = lit;
            }
            _ => return false,
        }
        true
    }

    /// The line is no longer fed; gives whether the loop was closed.
    pub(super) fn end(&mut self) -> bool {
        core::mem::take(&mut self.off_hook)
    }

    fn linefeed(&self) -> Linefeed {
        if !self.fed {
            return Linefeed::Open;
        }
        if self.ringing {
            return Linefeed::Ringing;
        }
        let lamp_reverses = self.lamp_lit && !self.off_hook;
        let reversed = (self.polarity == LinePolarity::Reverse) != lamp_reverses;
        match (reversed, self.on_hook_audio && !self.off_hook) {
            (false, false) => Linefeed::ForwardActive,
            (false, true) => Linefeed::ForwardOnHookTransmission,
            (true, false) => Linefeed::ReverseActive,
            (true, true) => Linefeed::ReverseOnHookTransmission,
        }
    }
}

/// When to look next, and at what.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Polls {
    next: Instant,
    count: u32,
    misreads: u8,
    power_alarms: u8,
    forget_alarm: Instant,
}

impl Polls {
    pub(super) fn from(now: Instant) -> Self {
        Polls { next: now + POLL, ..Polls::default() }
    }

    pub(super) fn next(&self) -> Instant {
        self.next
    }
}

impl Slic {
    pub(super) fn apply_feed<S: SpiDevice>(
        &mut self,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        chip.write(LINEFEED, self.feed.linefeed() as u8)
    }

    pub(super) fn run<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        if now < self.polls.next {
            return Ok(());
        }
        self.polls.next = now + POLL;
        self.polls.count = self.polls.count.wrapping_add(1);
        self.look_at_loop(now, chip)?;
        if self.polls.count.is_multiple_of(MEASURE_POLLS) {
            self.look_at_feed(now, chip)?;
            self.measure(chip)?;
        }
        Ok(())
    }

    fn look_at_loop<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let status = LoopStatus(chip.read(LOOP_STATUS)?);
        if !status.is_valid() {
            self.polls.misreads += 1;
            if self.polls.misreads >= MISREADS_MAX {
                let (written, read) = (0, status.0);
                return Err(ChipError::NotKept { register: LOOP_STATUS, written, read });
            }
            return Ok(());
        }
        self.polls.misreads = 0;
        // Without battery no current says what the handset does; it is asked again afterwards.
        if now < self.feed.settle || !self.feed.fed {
            return Ok(());
        }
        // Lifted while it rings, the chip shows the trip, ends the ringing by itself, and shows a
        // closed loop from then on: whichever is seen first.
        let off_hook = status.loop_closed() || (self.feed.ringing && status.ring_trip());
        if off_hook == self.feed.off_hook {
            return Ok(());
        }
        self.feed.off_hook = off_hook;
        self.feed.ringing = false;
        self.events.push(PortEvent::OffHook(off_hook));
        self.apply_feed(chip)
    }

    /// The power alarm opens the line by itself; it is fed again unless that happens too often.
    fn look_at_feed<S: SpiDevice>(
        &mut self,
        now: Instant,
        chip: &mut Chip<'_, S>,
    ) -> Result<(), ChipError> {
        let read = chip.read(LINEFEED)?;
        if read & LINEFEED_MASK != Linefeed::Open as u8 || !self.feed.fed {
            if now >= self.polls.forget_alarm {
                self.polls.power_alarms = self.polls.power_alarms.saturating_sub(1);
                self.polls.forget_alarm = now + POWER_ALARM_FORGET;
            }
            return Ok(());
        }
        self.counters.line_losses = self.counters.line_losses.saturating_add(1);
        self.polls.power_alarms += 1;
        self.polls.forget_alarm = now + POWER_ALARM_FORGET;
        if self.polls.power_alarms > POWER_ALARMS_MAX {
            return Err(ChipError::PowerAlarm { register: LINEFEED, read });
        }
        self.apply_feed(chip)
    }

    fn measure<S: SpiDevice>(&mut self, chip: &mut Chip<'_, S>) -> Result<(), ChipError> {
        let tip = decivolts(chip.read(TIP_VOLTAGE)?);
        let ring = decivolts(chip.read(RING_VOLTAGE)?);
        // Sign in bit 6, 1.25 mA a bit.
        let current = chip.read(LOOP_CURRENT)? & 0x3F;
        self.reading = LineReading {
            voltage_v: i16::try_from((ring - tip) / 10).ok(),
            current_ma: Some(u16::from(current) * 5 / 4),
        };
        Ok(())
    }
}

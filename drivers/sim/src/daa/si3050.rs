//! The Si3050 with its line side, and the exchange line behind it.

use core::f64::consts::TAU;

use tipring_clock::{Duration, Instant};

/// A soft reset takes this long; accesses meanwhile are lost.
const RESET: Duration = Duration::from_millis(90);
/// From power to the isolation link's frame lock.
const LINK_UP: Duration = Duration::from_millis(240);
/// The ringing voltage from which the detector's bits are set.
const RING_THRESHOLD_V: f64 = 20.0;
/// The line's voltage at the terminal while the loop is closed.
const OFF_HOOK_V: i16 = 8;
/// Registers of the chip.
const REGISTERS: usize = 60;

/// The power-down bit of the line side in register 6.
const LINE_SIDE_DOWN: u8 = 0x10;

/// The isolation link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    /// The line side is without power.
    Down,
    /// Up from this time on.
    Up(Instant),
    /// Lost; only a power cycle brings it back.
    Lost,
}

/// The chip and its line.
#[derive(Clone, Debug)]
pub struct Si3050Model {
    now: Instant,
    registers: [u8; REGISTERS],
    reset_until: Instant,
    link: Link,
    /// The identity of the line side: 1 Si3018, 3 Si3019.
    line_side: u8,
    /// What every read gives, for a chip that is not there or is another.
    reads_always: Option<u8>,
    wrong_id: bool,
    link_stays_down: bool,
    battery_v: i16,
    current_ma: u8,
    ringing_since: Option<Instant>,
    ring_hz: f64,
    ring_peak_v: f64,
    lost_accesses: u32,
    hook_changes: Vec<(Instant, bool)>,
    link_power_cycles: u32,
}

impl Default for Si3050Model {
    fn default() -> Self {
        let mut model = Si3050Model {
            now: Instant::ZERO,
            registers: [0; REGISTERS],
            reset_until: Instant::ZERO,
            link: Link::Down,
            line_side: 3,
            reads_always: None,
            wrong_id: false,
            link_stays_down: false,
            battery_v: 48,
            current_ma: 22,
            ringing_since: None,
            ring_hz: 25.0,
            ring_peak_v: 127.0,
            lost_accesses: 0,
            hook_changes: Vec::new(),
            link_power_cycles: 0,
        };
        model.reset_registers();
        model
    }
}

impl Si3050Model {
    /// A chip fresh from power-up on an idle line of 48 V.
    pub fn new() -> Self {
        Self::default()
    }

    /// A chip that is not there: the data line rests at this level.
    pub fn absent(level: u8) -> Self {
        Si3050Model { reads_always: Some(level), ..Self::default() }
    }

    /// Some other chip.
    pub fn other_chip() -> Self {
        Si3050Model { wrong_id: true, ..Self::default() }
    }

    /// A chip with an Si3018, which does not measure the line's voltage.
    pub fn with_si3018() -> Self {
        Si3050Model { line_side: 1, ..Self::default() }
    }

    /// A chip whose line side never answers.
    pub fn without_line_side() -> Self {
        Si3050Model { link_stays_down: true, ..Self::default() }
    }

    fn reset_registers(&mut self) {
        self.registers = [0; REGISTERS];
        for (address, value) in
            [(2, 0x03), (6, LINE_SIDE_DOWN), (22, 0x96), (23, 0x2D), (24, 0x19), (31, 0x20)]
        {
            self.registers[address] = value;
        }
        self.link = Link::Down;
    }

    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Feeds the line with this voltage, negative when reversed; 0 cuts it.
    pub fn set_battery(&mut self, volts: i16) {
        self.battery_v = volts;
    }

    /// The current that flows while the loop is closed.
    pub fn set_loop_current(&mut self, milliamperes: u8) {
        self.current_ma = milliamperes;
    }

    /// Applies ringing current, or takes it off.
    pub fn ring(&mut self, on: bool) {
        self.ringing_since = on.then_some(self.now);
    }

    /// The ringing's frequency and peak voltage.
    pub fn set_ringing(&mut self, hz: f64, peak_v: f64) {
        (self.ring_hz, self.ring_peak_v) = (hz, peak_v);
    }

    /// Breaks the isolation link.
    pub fn lose_link(&mut self) {
        self.link = Link::Lost;
    }

    /// Takes the chip away or puts it back, as with a card pulled out.
    pub fn set_absent(&mut self, level: Option<u8>) {
        self.reads_always = level;
        if level.is_none() {
            self.reset_registers();
        }
    }

    /// Forgets all registers, as after a dip in the supply.
    pub fn brown_out(&mut self) {
        self.reset_registers();
    }

    /// Whether the loop is closed.
    pub fn is_off_hook(&self) -> bool {
        self.link_is_up() && self.registers[5] & 1 != 0
    }

    /// Every change of the hook with its time.
    pub fn hook_changes(&self) -> &[(Instant, bool)] {
        &self.hook_changes
    }

    /// What a register holds, as the last write left it.
    pub fn register(&self, address: u8) -> u8 {
        self.registers.get(usize::from(address)).copied().unwrap_or_default()
    }

    /// Accesses that came during a reset and were lost.
    pub fn lost_accesses(&self) -> u32 {
        self.lost_accesses
    }

    /// How often the line side was powered up.
    pub fn link_power_cycles(&self) -> u32 {
        self.link_power_cycles
    }

    fn link_is_up(&self) -> bool {
        matches!(self.link, Link::Up(at) if self.now >= at)
    }

    /// The ringing voltage on the line now.
    fn ringing_v(&self) -> f64 {
        let Some(since) = self.ringing_since else { return 0.0 };
        if self.is_off_hook() {
            return 0.0;
        }
        let seconds = (self.now - since).as_secs_f64();
        self.ring_peak_v * (TAU * self.ring_hz * seconds).sin()
    }

    pub(super) fn read(&mut self, address: u8) -> u8 {
        if let Some(level) = self.reads_always {
            return level;
        }
        if self.now < self.reset_until {
            self.lost_accesses += 1;
            return 0;
        }
        match address {
            2 if self.wrong_id => 0x5A,
            5 => self.hook_register(),
            11 => {
                if self.link_is_up() {
                    self.line_side << 4 | 0x05
                } else {
                    0x05
                }
            }
            12 => {
                if self.link_is_up() {
                    0x40 | self.current_sense()
                } else {
                    0
                }
            }
            28 => (u16::from(self.current_now()) * 10 / 11) as u8,
            29 => self.line_voltage(),
            _ => self.register(address),
        }
    }

    fn hook_register(&self) -> u8 {
        let volts = if self.link_is_up() { self.ringing_v() } else { 0.0 };
        let positive = u8::from(volts > RING_THRESHOLD_V) << 5;
        let negative = u8::from(volts < -RING_THRESHOLD_V) << 6;
        // The validated bit: RNGV set, and the ringing as long as register 23 asks for.
        let confirmed = self.ringing_since.is_some_and(|since| {
            self.now - since >= Duration::from_millis(150) && !self.is_off_hook()
        });
        let valid = u8::from(confirmed && self.registers[24] & 0x80 != 0) << 2;
        self.registers[5] & 0x09 | positive | negative | valid
    }

    fn current_now(&self) -> u8 {
        if self.is_off_hook() && self.battery_v != 0 { self.current_ma } else { 0 }
    }

    /// Register 12's five bits of loop current, 3.3 mA each.
    fn current_sense(&self) -> u8 {
        (u16::from(self.current_now()) * 10 / 33).min(31) as u8
    }

    /// Register 29. A voltage within ±127 V, which ringing exceeds; the Si3018 has none.
    fn line_voltage(&self) -> u8 {
        if !self.link_is_up() || self.line_side != 3 {
            return 0;
        }
        let dc =
            if self.is_off_hook() { OFF_HOOK_V * self.battery_v.signum() } else { self.battery_v };
        let volts = (f64::from(dc) + self.ringing_v()).clamp(-127.0, 127.0) as i8;
        // Below 3 V the chip shows 0 unless LVFD (register 31) says otherwise.
        let forced = volts.abs() < 3 && self.registers[31] & 1 == 0;
        if forced { 0 } else { volts.cast_unsigned() }
    }

    pub(super) fn write(&mut self, address: u8, data: u8) {
        if self.reads_always.is_some() {
            return;
        }
        if self.now < self.reset_until {
            self.lost_accesses += 1;
            return;
        }
        let was_off_hook = self.is_off_hook();
        match address {
            1 if data & 0x80 != 0 => {
                self.reset_registers();
                self.reset_until = self.now + RESET;
            }
            6 => self.power(data),
            11..=13 | 28 | 29 => {}
            _ => {
                if let Some(register) = self.registers.get_mut(usize::from(address)) {
                    *register = data;
                }
            }
        }
        if self.is_off_hook() != was_off_hook {
            self.hook_changes.push((self.now, !was_off_hook));
        }
    }

    fn power(&mut self, data: u8) {
        self.registers[6] = data;
        if data & LINE_SIDE_DOWN != 0 {
            self.link = Link::Down;
        } else if self.link == Link::Down && !self.link_stays_down {
            self.link = Link::Up(self.now + LINK_UP);
            self.link_power_cycles += 1;
        }
    }
}

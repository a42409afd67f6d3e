//! The Si3210, and the telephone on its line.

use tipring_clock::{Duration, Instant};

/// Volts in a bit of the voltage registers.
const VOLTS_PER_BIT: f64 = 0.376;
/// The converter brings the battery up in this time.
const BATTERY_RISE: Duration = Duration::from_millis(120);
/// A calibration takes this long.
const CALIBRATION: Duration = Duration::from_millis(300);
/// The loop's debounce interval after a reset: ten steps of 1.25 ms.
const DEBOUNCE: Duration = Duration::from_micros(12_500);
/// The ring trip bit shows for so long before the loop closure bit takes over.
const TRIP_SHOWN: Duration = Duration::from_millis(4);
/// Ringing current takes this long to die down when it is switched off.
const RINGING_DIES_DOWN: Duration = Duration::from_millis(30);
const REGISTERS: usize = 109;
const INDIRECT: usize = 128;

/// Linefeed codes (register 64).
const OPEN: u8 = 0;
const FORWARD_ACTIVE: u8 = 1;
const RINGING: u8 = 4;

/// The chip and its telephone.
#[derive(Clone, Debug)]
pub struct Si3210Model {
    now: Instant,
    registers: [u8; REGISTERS],
    indirect: [u16; INDIRECT],
    reads_always: Option<u8>,
    wrong_id: bool,
    shorted: bool,
    battery_on_since: Option<Instant>,
    calibrating_until: Instant,
    converter_calibrating_until: Instant,
    off_hook: bool,
    hook_changed: Instant,
    linefeeds: Vec<(Instant, u8)>,
    /// When the handset was lifted while it rang.
    tripped: Option<Instant>,
    /// When ringing was taken off the line.
    ringing_ended: Option<Instant>,
    early_feeds: u32,
    /// Data waits in registers 28 and 29 for an address to go to.
    indirect_data: bool,
}

impl Default for Si3210Model {
    fn default() -> Self {
        let mut registers = [0; REGISTERS];
        for (address, value) in [
            (0, 0x05),
            (1, 0x08),
            (8, 0x02),
            (10, 0x08),
            (11, 0x33),
            (14, 0x10),
            (66, 0x03),
            (67, 0x1F),
            (69, 0x0A),
            (70, 0x0A),
            (72, 0x20),
            (73, 0x02),
            (74, 0x32),
            (75, 0x10),
            (92, 0xFF),
            (93, 0x14),
            (96, 0x1F),
            (97, 0x1F),
            (107, 0x08),
        ] {
            registers[address] = value;
        }
        Si3210Model {
            now: Instant::ZERO,
            registers,
            indirect: [0; INDIRECT],
            reads_always: None,
            wrong_id: false,
            shorted: false,
            battery_on_since: None,
            calibrating_until: Instant::ZERO,
            converter_calibrating_until: Instant::ZERO,
            off_hook: false,
            hook_changed: Instant::ZERO,
            linefeeds: Vec::new(),
            tripped: None,
            ringing_ended: None,
            early_feeds: 0,
            indirect_data: false,
        }
    }
}

impl Si3210Model {
    /// A chip fresh from its hardware reset, a telephone on-hook behind it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A chip that is not there: the data line rests at this level.
    pub fn absent(level: u8) -> Self {
        Si3210Model { reads_always: Some(level), ..Self::default() }
    }

    /// Some other chip.
    pub fn other_chip() -> Self {
        Si3210Model { wrong_id: true, ..Self::default() }
    }

    /// A line whose battery does not come up.
    pub fn shorted() -> Self {
        Si3210Model { shorted: true, ..Self::default() }
    }

    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        // Ring trip: the chip itself ends ringing when the handset is lifted.
        if self.registers[64] == RINGING && self.ring_trip() {
            self.registers[64] = FORWARD_ACTIVE;
            self.linefeeds.push((self.now, FORWARD_ACTIVE));
            self.tripped = Some(self.now);
        }
    }

    /// Lifts the handset or lays it down.
    pub fn set_off_hook(&mut self, off_hook: bool) {
        self.off_hook = off_hook;
        self.hook_changed = self.now;
    }

    /// The power alarm switches the line off.
    pub fn power_alarm(&mut self) {
        self.registers[64] = OPEN;
    }

    /// The line feed's code, as register 64 shows it.
    pub fn linefeed(&self) -> u8 {
        self.registers[64]
    }

    /// Every change of the line feed with its time.
    pub fn linefeeds(&self) -> &[(Instant, u8)] {
        &self.linefeeds
    }

    /// A direct register as it was written.
    pub fn register(&self, address: u8) -> u8 {
        self.registers.get(usize::from(address)).copied().unwrap_or_default()
    }

    /// An indirect register.
    pub fn indirect(&self, address: u8) -> u16 {
        self.indirect.get(usize::from(address)).copied().unwrap_or_default()
    }

    /// Times the line was fed before its battery was up and its calibration over.
    pub fn early_feeds(&self) -> u32 {
        self.early_feeds
    }

    fn battery_is_up(&self) -> bool {
        !self.shorted && self.battery_on_since.is_some_and(|at| self.now - at >= BATTERY_RISE)
    }

    fn is_lifted(&self) -> bool {
        // Debounced: a change counts once it has lasted long enough.
        if self.now - self.hook_changed >= DEBOUNCE { self.off_hook } else { !self.off_hook }
    }

    fn ring_trip(&self) -> bool {
        self.is_lifted() && self.battery_is_up()
    }

    /// Tip and ring below ground, in volts.
    fn voltages(&self) -> (f64, f64) {
        if !self.battery_is_up() || self.registers[64] == OPEN {
            return (0.0, 0.0);
        }
        let (common, across) =
            (f64::from(self.registers[73]) * 1.5, if self.off_hook { 7.0 } else { 48.0 });
        let reversed = matches!(self.registers[64], 5 | 6);
        if reversed { (common + across, common) } else { (common, common + across) }
    }

    fn volts(value: f64) -> u8 {
        (value / VOLTS_PER_BIT).round().clamp(0.0, 255.0) as u8
    }

    pub(super) fn read(&mut self, address: u8) -> u8 {
        if let Some(level) = self.reads_always {
            return level;
        }
        let fed = self.registers[64] != OPEN && self.battery_is_up();
        match address {
            11 if self.wrong_id => 0x77,
            68 => self.loop_status(fed),
            79 if fed && self.off_hook => 16,
            79 => 0,
            80 => Self::volts(self.voltages().0),
            81 => Self::volts(self.voltages().1),
            82 if self.battery_is_up() => Self::volts(f64::from(self.registers[74]) * 1.5),
            82 => 3,
            93 if self.now < self.converter_calibrating_until => self.registers[93] | 0x80,
            96 if self.now < self.calibrating_until => self.registers[96],
            96 => 0,
            _ => self.register(address),
        }
    }

    /// Register 68. The trip shows for a moment only, the closed loop from then on; ringing that
    /// dies down looks like a closed loop.
    fn loop_status(&self, fed: bool) -> u8 {
        let within = |since: Option<Instant>, span| since.is_some_and(|at| self.now - at < span);
        let tripped = within(self.tripped, TRIP_SHOWN);
        let dies_down = within(self.ringing_ended, RINGING_DIES_DOWN);
        let closed = fed && self.registers[64] != RINGING && (self.is_lifted() || dies_down);
        u8::from(closed && !tripped) | u8::from(tripped) << 1
    }

    pub(super) fn write(&mut self, address: u8, data: u8) {
        if self.reads_always.is_some() {
            return;
        }
        match address {
            30 => return self.indirect_access(data),
            28 | 29 => self.indirect_data = true,
            14 if data & 0x10 != 0 => self.battery_on_since = None,
            14 => self.battery_on_since = self.battery_on_since.or(Some(self.now)),
            64 => self.feed(data & 0x07),
            93 if data & 0x80 != 0 => {
                self.converter_calibrating_until = self.now + CALIBRATION;
            }
            96 if data & 0x40 != 0 && self.battery_is_up() => {
                self.calibrating_until = self.now + CALIBRATION;
            }
            68 | 79..=82 => return,
            _ => {}
        }
        let kept = if address == 93 { data & 0x7F } else { data };
        if let Some(register) = self.registers.get_mut(usize::from(address)) {
            *register = kept;
        }
    }

    /// With data waiting in registers 28 and 29 the address starts a write, otherwise a read.
    fn indirect_access(&mut self, address: u8) {
        let is_write = core::mem::take(&mut self.indirect_data);
        let Some(place) = self.indirect.get_mut(usize::from(address)) else { return };
        let [low, high] = [self.registers[28], self.registers[29]];
        if is_write {
            *place = u16::from_le_bytes([low, high]);
        } else {
            [self.registers[28], self.registers[29]] = place.to_le_bytes();
        }
    }

    fn feed(&mut self, linefeed: u8) {
        let calibrating = self.now < self.calibrating_until;
        if linefeed != OPEN && (!self.battery_is_up() || calibrating) {
            self.early_feeds += 1;
        }
        if self.registers[64] == RINGING && linefeed != RINGING {
            self.ringing_ended = Some(self.now);
        }
        if self.registers[64] != linefeed {
            self.linefeeds.push((self.now, linefeed));
        }
    }
}

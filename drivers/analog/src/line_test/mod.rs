//! The line test: what is wrong with an exchange line, before anybody asks.
//!
//! ```text
//! OnHook ──▶ Settling ──▶ DialTone ──▶ Dialling ──▶ Quiet ──▶ Noise ──▶ Echo ──▶ HangingUp ──▶ Done
//!   │ no battery, in use     │ none              │ tone stays              ▲ each balance │
//!   ▼                        └───────────────────┴────────────────────────────────────────┘
//!  Done
//! ```
//! On-hook the voltage and the noise are taken; a line without battery or in use by another set is
//! not touched. Off-hook follow loop current and dial tone; a digit breaks it, and in the silence
//! after it noise (ITU-T O.41) and echo return loss are measured, the latter with each balance the
//! hardware offers. The test counts frames: at most 20 s off-hook, and most exchanges wait 10 s
//! and more for the second digit.
//!
//! The test drives a port whose line is idle and has had its guard time. [`LineTest::tick`] stands
//! for the channel's own tick while it runs; port events are passed on to the owner, because an
//! incoming call ends the test and is the owner's to take.

mod echo;
mod report;

use tipring_dsp::{
    DtmfGenerator, DtmfLevels, DtmfTiming, LevelMeter, ProgressDetector, ProgressPlan, Psophometer,
    Sound, ToneMeter, ToneReading,
};
use tipring_line::{
    AnalogPort, Digit, FRAME_MS, Frame, PortCommand, PortError, PortEvent, SILENCE,
};

use crate::plans::{CallerIdKind, CountryPlan};
use echo::EchoProbe;
pub use echo::EchoReading;
pub use report::{DialToneReading, LineLimits, LineReport, Verdict};

/// The most balances that are tried.
pub const BALANCES_MAX: usize = 8;

const fn frames(ms: u32) -> u32 {
    ms / FRAME_MS
}

/// Two seconds on-hook: seven spectra of noise, and readings that have settled.
const ON_HOOK: u32 = frames(2_000);
/// What the line does right after it was seized is not judged (facts: 300–500 ms).
const SETTLE: u32 = frames(500);
/// No dial tone within this, counted from seizure, is none.
const DIAL_TONE_MAX: u32 = frames(5_500);
/// Dial tone that lasts this long is believed; there are 512 ms to measure.
const DIAL_TONE_MIN: u32 = frames(520);
/// Special dial tone is broken for 40 ms; more is no dial tone.
const DIAL_TONE_GAP_MAX: u32 = frames(100);
/// Between two looks at a tone the plan does not know.
const UNKNOWN_LOOK: u32 = frames(600);
/// Where a tone's breaks spoil half a second, a fifth is measured.
const SHORT_LOOK: u32 = frames(200);
/// From the digit's end the exchange has this long to take dial tone away …
const QUIET_MAX: u32 = frames(2_000);
/// … and it must stay away for this long.
const QUIET_MIN: u32 = frames(300);
/// Four spectra of noise.
const NOISE: u32 = frames(1_040);
/// Before echo is measured: buffers below, and a balance that was just set.
const ECHO_SETTLE: u32 = frames(200);
const ECHO: u16 = 10;
/// The line rests before anybody seizes it again.
const GUARD: u32 = frames(2_000);
/// Battery away for this long off-hook ends the test.
const BATTERY_LOST: u32 = frames(400);

/// What a test needs to know.
#[derive(Clone, Debug)]
pub struct LineTestSettings {
    /// The tones of this exchange.
    pub tones: ProgressPlan,
    /// The digit that breaks dial tone; one with which no call can be complete.
    pub digit: Digit,
    /// Levels of the digit.
    pub dtmf_levels: DtmfLevels,
    /// Times of the digit.
    pub dtmf_timing: DtmfTiming,
    /// How many balances the hardware offers, at most [`BALANCES_MAX`]; 0 if it has one only.
    pub balances: u8,
    /// From where on a figure is bad.
    pub limits: LineLimits,
}

impl LineTestSettings {
    /// A line in this country, on hardware with so many balances.
    pub fn new(plan: &CountryPlan, balances: u8) -> Self {
        LineTestSettings {
            tones: plan.progress(),
            digit: Digit::from_char('1').expect("a key"),
            dtmf_levels: plan.dtmf.levels(),
            dtmf_timing: plan.dtmf.timing(),
            balances: balances.min(BALANCES_MAX as u8),
            limits: LineLimits::default(),
        }
    }
}

/// Where the test stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineTestPhase {
    /// Measuring the idle line.
    OnHook,
    /// Seized a moment ago.
    Settling,
    /// Listening for dial tone.
    DialTone,
    /// Sending a digit.
    Dialling,
    /// Waiting for silence.
    Quiet,
    /// Measuring noise.
    Noise,
    /// Measuring echo with this balance.
    Echo(u8),
    /// Giving the exchange time to see the release.
    HangingUp,
    /// The report is ready.
    Done,
}

/// Tests one exchange line.
#[derive(Clone, Debug)]
pub struct LineTest {
    settings: LineTestSettings,
    phase: LineTestPhase,
    /// Frames in this phase, and since the line was seized.
    in_phase: u32,
    off_hook: Option<u32>,
    report: LineReport,
    /// The verdict that ended the test before its end.
    fault: Option<Verdict>,
    no_battery: u32,
    psophometer: Psophometer,
    progress: ProgressDetector,
    meter: ToneMeter,
    level: LevelMeter,
    generator: DtmfGenerator,
    probe: EchoProbe,
    tone_frames: u32,
    gap_frames: u32,
    unknown: Option<ToneReading>,
    quiet_frames: u32,
    balance: Option<u8>,
}

impl LineTest {
    /// A test about to begin on a line that is on-hook; `battery` as the line's owner knows it.
    /// Allocates; nothing afterwards does.
    pub fn new(settings: LineTestSettings, battery: bool) -> Self {
        LineTest {
            phase: LineTestPhase::OnHook,
            in_phase: 0,
            off_hook: None,
            report: LineReport::new(battery),
            fault: None,
            no_battery: 0,
            psophometer: Psophometer::new(),
            progress: ProgressDetector::new(&settings.tones),
            meter: ToneMeter::new(),
            level: LevelMeter::new(),
            generator: DtmfGenerator::with(settings.dtmf_levels, settings.dtmf_timing),
            probe: EchoProbe::new(),
            tone_frames: 0,
            gap_frames: 0,
            unknown: None,
            quiet_frames: 0,
            balance: None,
            settings,
        }
    }

    /// Says whether there is battery, before the first tick.
    pub fn set_battery(&mut self, there: bool) {
        self.report.battery = there;
    }

    /// Notes which caller id came with the last calls.
    pub fn set_caller_id(&mut self, kind: CallerIdKind) {
        self.report.caller_id = Some(kind);
    }

    /// Where the test stands.
    pub fn phase(&self) -> LineTestPhase {
        self.phase
    }

    /// What was found; `None` while the test goes on.
    pub fn report(&self) -> Option<&LineReport> {
        (self.phase == LineTestPhase::Done).then_some(&self.report)
    }

    /// A balance that the hardware is to be set to now, told once each time. It must be set before
    /// the next tick, or within the 200 ms that follow.
    pub fn poll_balance(&mut self) -> Option<u8> {
        self.balance.take()
    }

    /// Ends the test, as for an emergency call; a line that was seized is released. The owner
    /// keeps its own guard time then.
    pub fn cancel<P: AnalogPort>(&mut self, port: &mut P) {
        if self.phase != LineTestPhase::Done {
            self.fault.get_or_insert(Verdict::Cancelled);
            if self.off_hook.is_some() && self.phase != LineTestPhase::HangingUp {
                self.order(port, PortCommand::OffHook(false));
            }
            self.finish();
        }
    }

    /// Goes on by one frame: exchanges it, takes up what the port tells and orders what is next.
    /// Every port event is passed on to `seen`.
    pub fn tick<P: AnalogPort>(&mut self, port: &mut P, seen: &mut dyn FnMut(PortEvent)) {
        let tx = self.fill_tx();
        let mut rx = SILENCE;
        if port.exchange(&tx, &mut rx) == Err(PortError::Gone) {
            self.fault = Some(Verdict::DeviceLost);
            self.finish();
        }
        while let Some(event) = port.poll_event() {
            self.on_event(event);
            seen(event);
        }
        if self.phase == LineTestPhase::Done {
            return;
        }
        self.in_phase += 1;
        if let Some(frames) = &mut self.off_hook {
            *frames += 1;
        }
        self.watch_battery(port);
        match self.phase {
            LineTestPhase::OnHook => self.on_hook(port, &rx),
            LineTestPhase::Settling | LineTestPhase::DialTone => self.await_dial_tone(port, &rx),
            LineTestPhase::Dialling => {
                if self.generator.is_idle() {
                    self.progress.reset();
                    self.enter(LineTestPhase::Quiet);
                }
            }
            LineTestPhase::Quiet => self.await_quiet(port, &rx),
            LineTestPhase::Noise => self.measure_noise(&rx),
            LineTestPhase::Echo(balance) => self.measure_echo(port, balance, &rx),
            LineTestPhase::HangingUp => {
                if self.in_phase >= GUARD {
                    self.finish();
                }
            }
            LineTestPhase::Done => {}
        }
    }

    fn on_event(&mut self, event: PortEvent) {
        match event {
            PortEvent::Battery(there) => self.report.battery = there,
            PortEvent::Ringing(true) if self.phase == LineTestPhase::OnHook => {
                self.fault = Some(Verdict::IncomingCall);
                self.finish();
            }
            _ => {}
        }
    }

    /// A line that loses its battery while it is tested is cut, or was released by the exchange.
    fn watch_battery<P: AnalogPort>(&mut self, port: &mut P) {
        self.no_battery = if self.report.battery { 0 } else { self.no_battery + 1 };
        let talking = self.off_hook.is_some() && self.phase != LineTestPhase::HangingUp;
        if talking && self.no_battery >= BATTERY_LOST {
            self.fault = Some(Verdict::NoBattery);
            self.hang_up(port);
        }
    }

    fn fill_tx(&mut self) -> Frame {
        let mut out = SILENCE;
        match self.phase {
            LineTestPhase::Echo(_) => out = *self.probe.signal(),
            LineTestPhase::Dialling => {
                let written = self.generator.tx(&mut out);
                out[written..].fill(0);
            }
            _ => {}
        }
        out
    }

    fn enter(&mut self, phase: LineTestPhase) {
        self.phase = phase;
        self.in_phase = 0;
    }

    fn order<P: AnalogPort>(&mut self, port: &mut P, command: PortCommand) {
        if port.command(command).is_err() {
            self.fault = Some(Verdict::DeviceLost);
        }
    }

    fn finish(&mut self) {
        self.report.verdict =
            self.fault.unwrap_or_else(|| self.report.judge(&self.settings.limits));
        self.enter(LineTestPhase::Done);
    }

    fn hang_up<P: AnalogPort>(&mut self, port: &mut P) {
        self.order(port, PortCommand::OffHook(false));
        self.enter(LineTestPhase::HangingUp);
    }

    fn on_hook<P: AnalogPort>(&mut self, port: &mut P, rx: &Frame) {
        self.psophometer.rx(rx);
        self.report.idle_voltage_v = port.reading().voltage_v;
        if self.in_phase < ON_HOOK {
            return;
        }
        self.report.idle_noise = Some(self.psophometer.take());
        if self.report.on_hook_fault(&self.settings.limits).is_some() {
            return self.finish();
        }
        self.off_hook = Some(0);
        self.order(port, PortCommand::OffHook(true));
        if self.fault.is_some() {
            return self.finish();
        }
        self.enter(LineTestPhase::Settling);
    }

    fn await_dial_tone<P: AnalogPort>(&mut self, port: &mut P, rx: &Frame) {
        self.progress.rx(rx);
        self.meter.rx(rx);
        let off_hook = self.off_hook.unwrap_or_default();
        if self.phase == LineTestPhase::Settling {
            if off_hook < SETTLE {
                return self.follow_tone();
            }
            let reading = port.reading();
            self.report.loop_voltage_v = reading.voltage_v;
            self.report.loop_current_ma = reading.current_ma;
            self.enter(LineTestPhase::DialTone);
        }
        self.follow_tone();
        let after_ms = (off_hook - self.tone_frames.min(off_hook)) * FRAME_MS;
        if self.tone_frames >= DIAL_TONE_MIN {
            // Where its breaks leave no pure stretch it is not waited for for ever.
            let tone = self.read_dial_tone();
            if tone.is_some() || self.tone_frames >= 4 * DIAL_TONE_MIN {
                return self.on_dial_tone(tone, after_ms, true);
            }
        } else if self.tone_frames == 0 && self.in_phase.is_multiple_of(UNKNOWN_LOOK) {
            let last = core::mem::replace(&mut self.unknown, self.meter.read());
            let same = |a: &ToneReading, b: &ToneReading| (a.hz[0] - b.hz[0]).abs() < 5.0;
            if let (Some(last), Some(tone)) = (last, self.unknown)
                && same(&last, &tone)
            {
                let after_ms = after_ms.saturating_sub(2 * UNKNOWN_LOOK * FRAME_MS);
                return self.on_dial_tone(Some(tone), after_ms, false);
            }
        }
        if off_hook >= DIAL_TONE_MAX && self.tone_frames == 0 {
            self.hang_up(port);
        }
    }

    /// How long a tone of the plan has been sounding, short breaks left out.
    fn follow_tone(&mut self) {
        if matches!(self.progress.current().0, Sound::Tone(_)) {
            self.tone_frames += 1 + core::mem::take(&mut self.gap_frames);
        } else if self.tone_frames > 0 {
            self.gap_frames += 1;
            if self.gap_frames > DIAL_TONE_GAP_MAX {
                (self.tone_frames, self.gap_frames) = (0, 0);
            }
        }
    }

    fn read_dial_tone(&mut self) -> Option<ToneReading> {
        let over = self.tone_frames - DIAL_TONE_MIN;
        if !over.is_multiple_of(SHORT_LOOK) {
            return None;
        }
        let tone = self.meter.read();
        self.meter.clear();
        tone
    }

    fn on_dial_tone(&mut self, tone: Option<ToneReading>, after_ms: u32, known: bool) {
        self.report.dial_tone = Some(DialToneReading { tone, after_ms, known, broken: false });
        // A fresh generator always has room for one digit.
        self.generator.push(self.settings.digit);
        self.enter(LineTestPhase::Dialling);
    }

    fn await_quiet<P: AnalogPort>(&mut self, port: &mut P, rx: &Frame) {
        self.progress.rx(rx);
        self.level.rx(rx);
        let level = self.level.take().dbm0;
        let tone = self.report.dial_tone.and_then(|d| d.tone);
        let softer = tone.is_none_or(|tone| level < tone.level_dbm0 - 6.0);
        let sounds = matches!(self.progress.current().0, Sound::Tone(_));
        self.quiet_frames = if softer && !sounds { self.quiet_frames + 1 } else { 0 };
        if self.quiet_frames >= QUIET_MIN {
            if let Some(dial_tone) = &mut self.report.dial_tone {
                dial_tone.broken = true;
            }
            self.enter(LineTestPhase::Noise);
        } else if self.in_phase >= QUIET_MAX {
            self.hang_up(port);
        }
    }

    fn measure_noise(&mut self, rx: &Frame) {
        self.psophometer.rx(rx);
        if self.in_phase >= NOISE {
            self.report.noise = Some(self.psophometer.take());
            self.start_echo(0);
        }
    }

    fn start_echo(&mut self, balance: u8) {
        if self.settings.balances > 0 {
            self.balance = Some(balance);
        }
        self.enter(LineTestPhase::Echo(balance));
    }

    fn measure_echo<P: AnalogPort>(&mut self, port: &mut P, balance: u8, rx: &Frame) {
        if self.in_phase <= ECHO_SETTLE {
            return;
        }
        self.probe.rx(rx);
        if self.probe.frames() < ECHO {
            return;
        }
        let number = (self.settings.balances > 0).then_some(balance);
        // There are no more balances than there is room for.
        let _ = self.report.echoes.try_push(self.probe.take(number));
        if balance + 1 < self.settings.balances {
            return self.start_echo(balance + 1);
        }
        self.report.balance = self.report.best_echo().and_then(|echo| echo.balance);
        self.balance = self.report.balance;
        self.hang_up(port);
    }
}

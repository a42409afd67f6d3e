//! What differs from handset line to handset line.

use arrayvec::ArrayVec;
use tipring_clock::{Duration, Instant, WallTime};
use tipring_dsp::caller_id::{CallTime, DtmfCallerIdStyle, MessageForm, Modem, NameEncoding};
use tipring_dsp::{DtmfLevels, DtmfTiming, ToneCadence, tones};
use tipring_line::{Name, Number};

pub use super::hook::HookTiming;
use super::millis;
use crate::plan::DialPlan;
use crate::plans::{CallerIdKind, CallerIdStart, CountryPlan, PulseDigits};

/// The calendar as known when the channel was made; caller id carries month, day and time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WallReference {
    /// The monotonic time at which `wall` was read.
    pub at: Instant,
    /// The calendar time then.
    pub wall: WallTime,
    /// Minutes east of UTC.
    pub utc_offset_minutes: i32,
}

impl WallReference {
    pub(super) fn call_time(&self, now: Instant) -> CallTime {
        let civil = self.wall.plus(now - self.at).civil(self.utc_offset_minutes);
        CallTime { month: civil.month, day: civil.day, hour: civil.hour, minute: civil.minute }
    }
}

/// How and when the handset is told who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerIdSending {
    /// Not at all.
    None,
    /// By FSK (GR-30, YDN 069; ETSI EN 300 659-1).
    Fsk(CallerIdStart),
    /// By DTMF (YD/T 1277.1, EN 300 659-3 annex).
    Dtmf {
        /// How the digits are framed.
        style: DtmfCallerIdStyle,
        /// What comes before them.
        start: CallerIdStart,
    },
}

impl CallerIdSending {
    /// By FSK in the way of a country, or of China where the country has none; and from what comes
    /// before it to its beginning.
    pub fn fsk_of(plan: &CountryPlan) -> (Self, Duration) {
        let (start, delay_ms) = plan
            .caller_id
            .fsk
            .map_or((CallerIdStart::FirstRing, 600), |style| (style.start, style.delay_ms));
        (CallerIdSending::Fsk(start), millis(delay_ms))
    }

    /// By DTMF in the way of a country, or of China where the country has none; and from what comes
    /// before it to its beginning.
    pub fn dtmf_of(plan: &CountryPlan) -> (Self, Duration) {
        let (style, start, delay_ms) = plan
            .caller_id
            .dtmf
            .map_or((DtmfCallerIdStyle::DNumberC, CallerIdStart::Reversal, 300), |style| {
                (style.frame, style.start, style.delay_ms)
            });
        (CallerIdSending::Dtmf { style, start }, millis(delay_ms))
    }

    /// What comes before caller id, if it is sent.
    pub(super) fn start(self) -> Option<CallerIdStart> {
        match self {
            CallerIdSending::None => None,
            CallerIdSending::Fsk(start) | CallerIdSending::Dtmf { start, .. } => Some(start),
        }
    }
}

/// How FSK messages are sent to the handset: who calls, who waits, messages wait.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FskSending {
    /// The modem.
    pub modem: Modem,
    /// The form of the message.
    pub form: MessageForm,
    /// How names are written.
    pub encoding: NameEncoding,
    /// Level in dBm0.
    pub level_dbm0: f32,
}

impl Default for FskSending {
    fn default() -> Self {
        FskSending {
            modem: Modem::Bell202,
            form: MessageForm::Mdmf,
            encoding: NameEncoding::Gbk,
            level_dbm0: -13.5,
        }
    }
}

/// How a handset shows that messages wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MessageLamp {
    /// It has no lamp; special dial tone says it.
    None,
    /// By the line's voltage, driven by the port.
    #[default]
    Voltage,
    /// By an FSK message while on-hook (GR-30; ETSI EN 300 659-1, 6.2: without ringing).
    Fsk,
    /// Both ways.
    Both,
}

impl MessageLamp {
    pub(super) fn is_by_voltage(self) -> bool {
        matches!(self, MessageLamp::Voltage | MessageLamp::Both)
    }

    pub(super) fn is_by_fsk(self) -> bool {
        matches!(self, MessageLamp::Fsk | MessageLamp::Both)
    }
}

/// Ringing current on and off in turn: one to four pairs, over and over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RingCadence {
    times_ms: [u16; Self::TIMES_MAX],
    len: usize,
}

impl RingCadence {
    /// How many times a cadence can have.
    pub const TIMES_MAX: usize = 8;

    /// These times in milliseconds, on first; `None` unless they are one to four pairs of
    /// 50–15,000 ms.
    pub fn from_times(times_ms: &[u16]) -> Option<Self> {
        let fits = !times_ms.is_empty()
            && times_ms.len() <= Self::TIMES_MAX
            && times_ms.len().is_multiple_of(2)
            && times_ms.iter().all(|ms| (50..=15_000).contains(ms));
        let mut all = [0; Self::TIMES_MAX];
        fits.then(|| all[..times_ms.len()].copy_from_slice(times_ms))?;
        Some(RingCadence { times_ms: all, len: times_ms.len() })
    }

    /// The times in milliseconds, on first.
    pub fn times_ms(&self) -> &[u16] {
        &self.times_ms[..self.len]
    }

    /// Which of the times is the longest pause: caller id is sent in it.
    pub(super) fn longest_pause(&self) -> usize {
        let pauses = (1..self.len).step_by(2);
        pauses.max_by_key(|i| (self.times_ms[*i], usize::MAX - i)).unwrap_or(1)
    }
}

impl Default for RingCadence {
    /// China: 1 s on, 4 s off.
    fn default() -> Self {
        Self::from_times(&tones::china::RINGING_MS).expect("a pair of times")
    }
}

/// The tones a handset hears.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FxsTones {
    /// Before dialling.
    pub dial: ToneCadence,
    /// The same where messages wait or calls are forwarded. A cadence that is played once is
    /// followed by the ordinary dial tone.
    pub special_dial: ToneCadence,
    /// While the called party is being rung.
    pub ringback: ToneCadence,
    /// The call is over, or the called party is busy.
    pub busy: ToneCadence,
    /// No way through.
    pub congestion: ToneCadence,
    /// No such number.
    pub vacant: ToneCadence,
    /// A second call waits; mixed with the call's audio. Its last pause is silent.
    pub call_waiting: ToneCadence,
    /// The handset was left off-hook. Its level is [`Howler`]'s.
    pub howler: ToneCadence,
}

impl Default for FxsTones {
    /// China, GB/T 3380-1982.
    fn default() -> Self {
        FxsTones {
            dial: tones::china::DIAL,
            special_dial: tones::china::SPECIAL_DIAL,
            ringback: tones::china::RINGBACK,
            busy: tones::china::BUSY,
            congestion: tones::china::CONGESTION,
            vacant: tones::china::VACANT,
            call_waiting: tones::china::CALL_WAITING,
            howler: tones::china::HOWLER,
        }
    }
}

/// The howler's steps. An exchange goes up to +25 dBm at the line; a codec ends at +3.14 dBm0,
/// and an ear held close by then should not suffer, so 0 dBm0 is the most here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Howler {
    /// The first step's level, in dBm0.
    pub from_dbm0: f32,
    /// The last step's level, in dBm0; taken as 0 if more.
    pub to_dbm0: f32,
    /// How many steps, at least 1.
    pub steps: u8,
    /// How long each step but the last is heard.
    pub step: Duration,
    /// How long the howler is heard in all; then silence, until the handset is put back.
    pub in_all: Duration,
}

impl Howler {
    /// The level of a step, counted from 0, in dBm0.
    pub(super) fn level_dbm0(&self, step: u8) -> f32 {
        let last = self.steps.max(1) - 1;
        let to = self.to_dbm0.min(0.0);
        let part = if last == 0 { 1.0 } else { f32::from(step.min(last)) / f32::from(last) };
        (self.from_dbm0 + (to - self.from_dbm0) * part).min(0.0)
    }
}

impl Default for Howler {
    fn default() -> Self {
        Howler {
            from_dbm0: -20.0,
            to_dbm0: 0.0,
            steps: 5,
            step: Duration::from_secs(5),
            in_all: Duration::from_secs(60),
        }
    }
}

/// A number that is called without dialling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HotLine {
    /// The number.
    pub number: Number,
    /// Dial tone is heard for this long, and a key pressed meanwhile begins an ordinary call
    /// (warm line); zero calls at once (hot line).
    pub after: Duration,
}

/// Settings of an FXS channel. The defaults suit a handset in China.
#[derive(Clone, PartialEq, Debug)]
pub struct FxsSettings {
    /// The extension's number, told with the calls it makes.
    pub extension: Option<Number>,
    /// The name shown with the calls it makes.
    pub name: Name,
    /// When dialling is complete.
    pub dial_plan: DialPlan,
    /// A number called without dialling.
    pub hot_line: Option<HotLine>,
    /// Times of the hook contact: lifting, pulses, flash, putting back.
    pub hook: HookTiming,
    /// Which digit has how many pulses.
    pub pulse_digits: PulseDigits,
    /// The ordinary ringing.
    pub ringing: RingCadence,
    /// Distinctive ringings: the first is pattern 1 of
    /// [`ChannelCommand::Ring`](tipring_line::ChannelCommand::Ring).
    pub distinctive: ArrayVec<RingCadence, 7>,
    /// How and when the handset is told who calls.
    pub caller_id: CallerIdSending,
    /// From what comes before caller id to its beginning: after a burst 500–1,500 ms (GR-30),
    /// after a reversal 200 ms and more, after an alert signal 45–500 ms.
    pub caller_id_delay: Duration,
    /// How FSK messages are sent.
    pub fsk: FskSending,
    /// Whether the handset is told who waits while it is in a call (type II): it is asked by an
    /// alerting signal, and only one that acknowledges gets the message.
    pub call_waiting_caller_id: bool,
    /// What the port's buffers hold, there and back: added to the time in which an
    /// acknowledgement must come.
    pub port_round_trip: Duration,
    /// The calendar; without it caller id says the first of January, midnight.
    pub wall: Option<WallReference>,
    /// The tones.
    pub tones: FxsTones,
    /// Special dial tone in any case, for a service the switch does not tell of.
    pub special_dial_tone: bool,
    /// Whether the handset shows that messages wait, by its dial tone and by its lamp.
    pub shows_messages: bool,
    /// How its lamp is lit.
    pub message_lamp: MessageLamp,
    /// Whether polarity is reversed while a call the handset made is answered.
    pub reversal_on_answer: bool,
    /// When the far side ends a call: no battery for this long (GR-506: open switching interval;
    /// "CPC"), by which answering machines and trunk equipment know.
    pub battery_drop: Option<Duration>,
    /// Busy tone for this long is followed by the howler.
    pub busy_max: Duration,
    /// The howler.
    pub howler: Howler,
    /// Levels of digits sent to the handset.
    pub dtmf_levels: DtmfLevels,
    /// Times of digits sent to the handset in a call.
    pub dtmf_timing: DtmfTiming,
    /// Whether keys pressed during a call are recognised here in the audio and told as digits.
    /// Dial pulses always are.
    pub detect_digits: bool,
    /// Gain of the call's audio towards the handset, in dB. Tones and messages have levels of
    /// their own.
    pub gain_to_handset_db: f32,
    /// Gain of the call's audio from the handset, in dB. Keys are recognised before it.
    pub gain_from_handset_db: f32,
}

impl FxsSettings {
    /// What suits the handsets of a country: ringing, tones, caller id, flash, digits.
    pub fn from_plan(plan: &CountryPlan) -> Self {
        let mut settings = FxsSettings::default();
        if let Some(ringing) = RingCadence::from_times(plan.ringing.ms.on_off_ms()) {
            settings.ringing = ringing;
        }
        settings.tones = plan.fxs_tones();
        let [flash_min, flash_max] = plan.line.flash_range_ms;
        settings.hook.flash_min = millis(flash_min);
        settings.hook.flash_max = millis(flash_max);
        settings.pulse_digits = plan.line.pulse.digits;
        settings.dtmf_levels = plan.dtmf.levels();
        settings.dtmf_timing = plan.dtmf.timing();
        if let Some(style) = plan.caller_id.fsk {
            settings.fsk.modem = style.modem;
            settings.fsk.form = style.form;
            settings.fsk.encoding = style.names;
        }
        (settings.caller_id, settings.caller_id_delay) = match plan.caller_id.usual {
            CallerIdKind::Fsk => CallerIdSending::fsk_of(plan),
            CallerIdKind::Dtmf => CallerIdSending::dtmf_of(plan),
            CallerIdKind::None => (CallerIdSending::None, settings.caller_id_delay),
        };
        settings
    }
}

impl Default for FxsSettings {
    fn default() -> Self {
        FxsSettings {
            extension: None,
            name: Name::new(),
            dial_plan: DialPlan::default(),
            hot_line: None,
            hook: HookTiming::default(),
            pulse_digits: PulseDigits::default(),
            ringing: RingCadence::default(),
            distinctive: [[400, 200, 400, 3000], [300, 200, 800, 3000]]
                .iter()
                .filter_map(|times| RingCadence::from_times(times))
                .collect(),
            caller_id: CallerIdSending::Fsk(CallerIdStart::FirstRing),
            caller_id_delay: Duration::from_millis(600),
            fsk: FskSending::default(),
            call_waiting_caller_id: true,
            port_round_trip: Duration::from_millis(40),
            wall: None,
            tones: FxsTones::default(),
            special_dial_tone: false,
            shows_messages: true,
            message_lamp: MessageLamp::default(),
            reversal_on_answer: false,
            battery_drop: None,
            busy_max: Duration::from_secs(40),
            howler: Howler::default(),
            dtmf_levels: DtmfLevels::default(),
            dtmf_timing: DtmfTiming::default(),
            detect_digits: true,
            gain_to_handset_db: 0.0,
            gain_from_handset_db: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ringing_is_in_pairs_within_bounds() {
        for times in
            [&[][..], &[1000], &[1000, 4000, 400], &[20, 4000], &[1000, 20_000], &[500; 10]]
        {
            assert_eq!(RingCadence::from_times(times), None, "{times:?}");
        }
        let uk = RingCadence::from_times(&[400, 200, 400, 2000]).unwrap();
        assert_eq!((uk.longest_pause(), uk.times_ms().len()), (3, 4));
        assert_eq!(RingCadence::from_times(&[500; 8]).unwrap().longest_pause(), 1);
    }

    #[test]
    fn the_howler_rises_in_steps_and_never_above_nought() {
        let howler = Howler { to_dbm0: 25.0, ..Howler::default() };
        let levels: Vec<f32> = (0..7).map(|step| howler.level_dbm0(step)).collect();
        assert_eq!(levels, [-20.0, -15.0, -10.0, -5.0, 0.0, 0.0, 0.0]);
        assert_eq!(Howler { steps: 0, ..howler }.level_dbm0(3), 0.0);
        assert_eq!(Howler { from_dbm0: 10.0, ..howler }.level_dbm0(0), 0.0);
    }
}

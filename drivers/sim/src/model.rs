//! What the simulated line and exchange are like: data alone.

use arrayvec::ArrayVec;
use tipring_dsp::caller_id::{CallTime, DtmfCallerIdStyle, MessageForm, Modem, NameEncoding};
use tipring_dsp::{DtmfLevels, ToneCadence, ToneStep, tones};

use crate::echo::EchoPath;
use crate::talker::Speech;

/// How the exchange tells who calls.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CallerIdDelivery {
    /// By FSK.
    Fsk(FskDelivery),
    /// By DTMF before the first burst.
    Dtmf(DtmfDelivery),
    /// By DTMF before the first burst and by FSK after it.
    Both(FskDelivery, DtmfDelivery),
    /// Not at all.
    None,
}

/// Caller id by FSK (Telcordia GR-30, ETSI EN 300 659-1, YDN 069).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FskDelivery {
    /// The modem.
    pub modem: Modem,
    /// The form of the message.
    pub form: MessageForm,
    /// How names are written.
    pub encoding: NameEncoding,
    /// Level at the exchange, in dBm0.
    pub level_dbm0: f32,
    /// What goes before it.
    pub alert: FskAlert,
}

impl Default for FskDelivery {
    fn default() -> Self {
        FskDelivery {
            modem: Modem::Bell202,
            form: MessageForm::Mdmf,
            encoding: NameEncoding::Gbk,
            level_dbm0: -13.5,
            alert: FskAlert::FirstBurst,
        }
    }
}

/// What goes before caller id by FSK (ETSI EN 300 659-1, clause 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FskAlert {
    /// The first burst of ringing; the message comes in the pause after it.
    #[default]
    FirstBurst,
    /// A short ring pulse of its own (RP-AS); ringing proper begins after the message.
    RingPulse,
    /// A line reversal and the dual tone alert (LR + DT-AS), before any ringing.
    AlertTone,
    /// A line reversal alone, before any ringing.
    Reversal,
}

/// Caller id by DTMF (YD/T 1277.1).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DtmfDelivery {
    /// How the digits are framed.
    pub style: DtmfCallerIdStyle,
    /// Whether polarity is reversed before.
    pub reversal: bool,
    /// Tone of each digit, in milliseconds.
    pub on_ms: u16,
    /// Pause after each digit, in milliseconds.
    pub off_ms: u16,
    /// Levels at the exchange.
    pub levels: DtmfLevels,
}

impl Default for DtmfDelivery {
    fn default() -> Self {
        DtmfDelivery {
            style: DtmfCallerIdStyle::DNumberC,
            reversal: false,
            on_ms: 70,
            off_ms: 60,
            levels: DtmfLevels::default(),
        }
    }
}

/// A stretch of a caller-id transmission that does not reach the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where it begins, in milliseconds from the transmission's start.
    pub at_ms: u16,
    /// How long it lasts, in milliseconds.
    pub ms: u16,
}

/// Bits of a caller id by FSK that arrive turned over, each counted from the first octet's
/// lowest, beyond the end from the beginning again.
pub type BitErrors = ArrayVec<u16, 4>;

/// Ringing current.
#[derive(Clone, PartialEq, Debug)]
pub struct Ringing {
    /// Bursts and pauses in turn, in milliseconds; the last is the pause before they repeat.
    pub cadence_ms: ArrayVec<u16, 8>,
    /// Frequency, in Hz.
    pub hz: u16,
    /// The first burst's length where it differs, as with exchanges whose cadence runs freely.
    pub first_burst_ms: Option<u16>,
}

impl Ringing {
    /// 25 Hz in this cadence, of which at most eight times are taken.
    pub fn cadence(on_off_ms: &[u16]) -> Self {
        let cadence_ms = on_off_ms.iter().copied().take(8).collect();
        Ringing { cadence_ms, hz: 25, first_burst_ms: None }
    }

    /// The length of this burst or pause of the cadence; the cadence starts over at its end.
    pub(crate) fn step_ms(&self, step: usize) -> u32 {
        let count = self.cadence_ms.len().max(1);
        self.cadence_ms.get(step % count).copied().map_or(1000, u32::from)
    }

    /// Whether this step is the pause that ends a round of the cadence.
    pub(crate) fn ends_round(&self, step: usize) -> bool {
        (step + 1).is_multiple_of(self.cadence_ms.len().max(1))
    }
}

/// The exchange's tones.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExchangeTones {
    /// It waits for digits.
    pub dial: ToneCadence,
    /// The called party is rung.
    pub ringback: ToneCadence,
    /// The called party is busy, or the far side has gone.
    pub busy: ToneCadence,
    /// No way through.
    pub congestion: ToneCadence,
    /// No such number.
    pub vacant: ToneCadence,
    /// Sent once before a refusal's announcement, where the exchange does so (SIT).
    pub special: Option<ToneCadence>,
}

impl ExchangeTones {
    /// China, GB/T 3380-1982.
    pub const CHINA: ExchangeTones = ExchangeTones {
        dial: tones::china::DIAL,
        ringback: tones::china::RINGBACK,
        busy: tones::china::BUSY,
        congestion: tones::china::CONGESTION,
        vacant: tones::china::VACANT,
        special: None,
    };

    /// The same with every cadenced time multiplied by `times`: an exchange whose clock is off.
    pub fn stretched(self, times: f32) -> Self {
        let stretch = |cadence: ToneCadence| stretched(&cadence, times);
        ExchangeTones {
            dial: self.dial,
            ringback: stretch(self.ringback),
            busy: stretch(self.busy),
            congestion: stretch(self.congestion),
            vacant: stretch(self.vacant),
            special: self.special,
        }
    }
}

fn stretched(cadence: &ToneCadence, times: f32) -> ToneCadence {
    let steps: ArrayVec<ToneStep, { ToneCadence::STEPS_MAX }> = cadence
        .steps()
        .iter()
        .map(|step| ToneStep { ms: (f32::from(step.ms) * times).round() as u16, ..*step })
        .collect();
    ToneCadence::from_steps(&steps, true).unwrap_or(*cadence).times(cadence.times_played())
}

/// What the exchange does on the line when the far side hangs up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ReleaseSign {
    /// Busy tone until the line is released.
    BusyTone,
    /// Congestion tone.
    CongestionTone,
    /// A tone of this exchange alone, in no country's plan.
    OwnTone(ToneCadence),
    /// Battery away for this many milliseconds, then busy tone.
    BatteryDrop {
        /// How long.
        ms: u16,
    },
    /// Polarity back to forward (if it was reversed), then busy tone.
    Polarity,
    /// Dial tone.
    DialTone,
    /// Nothing at all.
    Silence,
}

/// Direct current on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Feeding {
    /// Voltage of the idle line.
    pub idle_v: i16,
    /// Voltage at the box with the loop closed.
    pub closed_v: i16,
    /// Loop current, in milliampere.
    pub loop_ma: u16,
}

impl Default for Feeding {
    /// 48 V and 25 mA, as in China.
    fn default() -> Self {
        Feeding { idle_v: 48, closed_v: 8, loop_ma: 25 }
    }
}

/// Hum of the mains.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hum {
    /// 50 or 60 Hz.
    pub hz: u8,
    /// Level with all harmonics, in dBm0.
    pub dbm0: f32,
}

/// The line between box and exchange, and the exchange's habits. Levels are at the box's end of
/// a line without loss.
#[derive(Clone, PartialEq, Debug)]
pub struct LineModel {
    /// Loss of the line each way, in dB.
    pub loss_db: f32,
    /// Echo of what the box sends, at the box.
    pub box_echo: EchoPath,
    /// The port's hybrid balance that fits the line, 0 to 2: with another the echo is 6 dB more.
    pub fitting_balance: u8,
    /// Echo of what the far side sends, at the far side.
    pub far_echo: EchoPath,
    /// Noise at each end, in dBm0.
    pub noise_dbm0: f32,
    /// Hum at each end.
    pub hum: Option<Hum>,
    /// Battery.
    pub feeding: Feeding,
    /// Ringing.
    pub ringing: Ringing,
    /// How callers are told.
    pub caller_id: CallerIdDelivery,
    /// What is missing of it.
    pub caller_id_gap: Option<Gap>,
    /// What is turned over in it.
    pub caller_id_errors: BitErrors,
    /// The exchange's calendar, for caller id.
    pub time: CallTime,
    /// The exchange's tones.
    pub tones: ExchangeTones,
    /// What happens when the far side hangs up.
    pub release: ReleaseSign,
    /// What the exchange says before the tone of a refusal or of a release.
    pub announcement: Option<Speech>,
    /// Whether polarity is reversed when a called party answers.
    pub reversal_on_answer: bool,
    /// Metering pulses of calls from the box: one with the answer and one every so many
    /// milliseconds.
    pub metering_ms: Option<u32>,
    /// From seizure to dial tone, in milliseconds.
    pub dial_tone_delay_ms: u16,
    /// A pause in dialling this long ends the number, in milliseconds.
    pub digit_pause_ms: u16,
}

impl Default for LineModel {
    fn default() -> Self {
        LineModel {
            loss_db: 3.0,
            box_echo: EchoPath::hybrid(14.0),
            fitting_balance: 0,
            far_echo: EchoPath::hybrid(20.0),
            noise_dbm0: -65.0,
            hum: None,
            feeding: Feeding::default(),
            ringing: Ringing::cadence(&tones::china::RINGING_MS),
            caller_id: CallerIdDelivery::Fsk(FskDelivery::default()),
            caller_id_gap: None,
            caller_id_errors: BitErrors::new(),
            time: CallTime { month: 1, day: 1, hour: 8, minute: 0 },
            tones: ExchangeTones::CHINA,
            release: ReleaseSign::BusyTone,
            announcement: None,
            reversal_on_answer: false,
            metering_ms: None,
            dial_tone_delay_ms: 300,
            digit_pause_ms: 2000,
        }
    }
}

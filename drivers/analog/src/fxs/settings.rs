//! What differs from handset line to handset line.

use tipring_clock::{Duration, Instant, WallTime};
use tipring_dsp::caller_id::{CallTime, MessageForm, Modem, NameEncoding};
use tipring_dsp::{DtmfLevels, DtmfTiming, ToneCadence, tones};
use tipring_line::{Name, Number};

use crate::plan::DialPlan;

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

/// How caller id is sent to the handset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallerIdSending {
    /// The modem.
    pub modem: Modem,
    /// The form of the message.
    pub form: MessageForm,
    /// How names are written.
    pub encoding: NameEncoding,
}

/// The tones a handset hears.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FxsTones {
    /// Before dialling.
    pub dial: ToneCadence,
    /// While the called party is being rung.
    pub ringback: ToneCadence,
    /// The call is over, or the called party is busy.
    pub busy: ToneCadence,
    /// No way through.
    pub congestion: ToneCadence,
    /// No such number.
    pub vacant: ToneCadence,
    /// The handset was left off-hook.
    pub howler: ToneCadence,
}

/// Settings of an FXS channel. The defaults suit a handset in China.
#[derive(Clone, Debug)]
pub struct FxsSettings {
    /// The extension's number, told with the calls it makes.
    pub extension: Option<Number>,
    /// The name shown with the calls it makes.
    pub name: Name,
    /// When dialling is complete.
    pub dial_plan: DialPlan,
    /// Ringing on and off, in milliseconds.
    pub ringing_ms: [u16; 2],
    /// Caller id after the first burst of ringing, or none.
    pub caller_id: Option<CallerIdSending>,
    /// From the first burst's end to caller id (GR-30: 500–1,500 ms).
    pub caller_id_delay: Duration,
    /// The calendar; without it caller id says the first of January, midnight.
    pub wall: Option<WallReference>,
    /// The tones.
    pub tones: FxsTones,
    /// An opening of the loop shorter than this is a disturbance.
    pub flash_min: Duration,
    /// An opening shorter than this, but no disturbance, is a flash; a longer one hangs up.
    pub flash_max: Duration,
    /// Busy tone for this long is followed by the howler.
    pub busy_max: Duration,
    /// The howler for this long; then silence, until the handset is put back.
    pub howler_max: Duration,
    /// Levels of digits sent to the handset.
    pub dtmf_levels: DtmfLevels,
    /// Times of digits sent to the handset.
    pub dtmf_timing: DtmfTiming,
    /// Whether keys pressed during a call are recognised here and told as digits.
    pub detect_digits: bool,
}

impl Default for FxsSettings {
    fn default() -> Self {
        FxsSettings {
            extension: None,
            name: Name::new(),
            dial_plan: DialPlan::default(),
            ringing_ms: tones::china::RINGING_MS,
            caller_id: Some(CallerIdSending {
                modem: Modem::Bell202,
                form: MessageForm::Mdmf,
                encoding: NameEncoding::Gbk,
            }),
            caller_id_delay: Duration::from_millis(600),
            wall: None,
            tones: FxsTones {
                dial: tones::china::DIAL,
                ringback: tones::china::RINGBACK,
                busy: tones::china::BUSY,
                congestion: tones::china::CONGESTION,
                vacant: tones::china::VACANT,
                howler: tones::china::HOWLER,
            },
            flash_min: Duration::from_millis(80),
            flash_max: Duration::from_millis(800),
            busy_max: Duration::from_secs(40),
            howler_max: Duration::from_secs(60),
            dtmf_levels: DtmfLevels::default(),
            dtmf_timing: DtmfTiming::default(),
            detect_digits: true,
        }
    }
}

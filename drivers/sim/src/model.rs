//! What the simulated line and exchange are like.

use tipring_dsp::caller_id::{CallTime, DtmfCallerIdStyle, MessageForm, Modem, NameEncoding};

use tipring_dsp::{ToneCadence, tones};

use crate::echo::EchoPath;

/// How the exchange tells who calls.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum CallerIdDelivery {
    /// FSK between the first two bursts of ringing.
    Fsk {
        /// The modem.
        modem: Modem,
        /// The form of the message.
        form: MessageForm,
        /// How names are written.
        encoding: NameEncoding,
        /// Level at the exchange, in dBm0.
        level_dbm0: f32,
    },
    /// DTMF before the first burst.
    Dtmf {
        /// How the digits are framed.
        style: DtmfCallerIdStyle,
        /// Whether polarity is reversed before.
        reversal: bool,
    },
    /// Not at all.
    None,
}

/// What the exchange does on the line when the far side hangs up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleaseSign {
    /// Busy tone, 450 Hz 0.35/0.35, until the line is released.
    BusyTone,
    /// Congestion tone, 450 Hz 0.7/0.7.
    CongestionTone,
    /// Battery away for this many milliseconds, then busy tone.
    BatteryDrop {
        /// How long.
        ms: u16,
    },
    /// Polarity back to forward (if it was reversed), then busy tone.
    Polarity,
    /// Dial tone.
    DialTone,
}

/// The line between box and exchange, and the exchange's habits. Levels are at the box's end of
/// a line without loss.
#[derive(Clone, PartialEq, Debug)]
pub struct LineModel {
    /// Loss of the line each way, in dB.
    pub loss_db: f32,
    /// Echo of what the box sends, at the box.
    pub box_echo: EchoPath,
    /// Echo of what the far side sends, at the far side.
    pub far_echo: EchoPath,
    /// Noise at each end, in dBm0.
    pub noise_dbm0: f32,
    /// Ringing on and off, in milliseconds.
    pub ringing_ms: [u16; 2],
    /// How callers are told.
    pub caller_id: CallerIdDelivery,
    /// The exchange's calendar, for caller id.
    pub time: CallTime,
    /// What happens when the far side hangs up.
    pub release: ReleaseSign,
    /// Whether polarity is reversed when a called party answers.
    pub reversal_on_answer: bool,
    /// Dial tone.
    pub dial_tone: ToneCadence,
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
            far_echo: EchoPath::hybrid(20.0),
            noise_dbm0: -65.0,
            ringing_ms: [1000, 4000],
            caller_id: CallerIdDelivery::Fsk {
                modem: Modem::Bell202,
                form: MessageForm::Mdmf,
                encoding: NameEncoding::Gbk,
                level_dbm0: -13.5,
            },
            time: CallTime { month: 1, day: 1, hour: 8, minute: 0 },
            release: ReleaseSign::BusyTone,
            reversal_on_answer: false,
            dial_tone: tones::china::DIAL,
            dial_tone_delay_ms: 300,
            digit_pause_ms: 2000,
        }
    }
}

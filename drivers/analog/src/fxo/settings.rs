//! What differs from exchange line to exchange line.

use arrayvec::ArrayVec;
use tipring_clock::Duration;
use tipring_dsp::{DtmfLevels, DtmfTiming, EchoTail, ProgressPlan, ToneCadence};
use tipring_line::Number;

/// What a reversal of the battery's polarity means on this line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PolarityUse {
    /// Nothing: the operator does not provide it.
    #[default]
    Ignore,
    /// The called party answers (reversed) and hangs up (back), 反极 service.
    AnswerAndRelease,
}

/// How numbers are dialled on this line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialling {
    /// By tones (DTMF).
    #[default]
    Tone,
    /// By pulses, 10 a second, 60 ms open and 40 ms closed.
    Pulse,
}

/// Settings of an FXO channel. The defaults suit a line in China.
#[derive(Clone, Debug)]
pub struct FxoSettings {
    /// The line's own number, told as the called number of calls that come in.
    pub number: Option<Number>,
    /// Whether a call is offered only when its caller is known: after caller id has been read,
    /// with the second burst of ringing, or after `caller_id_wait`. Otherwise it is offered with
    /// the first valid ring, and the caller follows.
    pub wait_for_caller_id: bool,
    /// How long after the first burst's end a call is held back for caller id. Longer than any
    /// pause of ringing, so that exchanges without caller id offer by the second burst.
    pub caller_id_wait: Duration,
    /// Ringing shorter than this is a disturbance (tapping sets, a burst cut short).
    pub ring_min: Duration,
    /// No ringing for this long after a burst: the caller has given up.
    pub ring_timeout: Duration,
    /// How long the line rests on-hook before it is seized again, so that the exchange sees the
    /// release.
    pub guard: Duration,
    /// Battery gone for this long during a call: the exchange has released.
    pub battery_release: Duration,
    /// Battery gone for this long: the line is cut.
    pub battery_alarm: Duration,
    /// An idle line shows more volts than this. With fewer another set on the pair is off-hook;
    /// with fewer than 3 the cable is out. Looked at before seizure, where the hardware measures;
    /// 0 turns it off. Idle lines have 40 V and more, private exchanges 24; a set off-hook
    /// leaves 3–20.
    pub idle_v_min: u16,
    /// What polarity means here.
    pub polarity: PolarityUse,
    /// Reversals this soon after an answer belong to it.
    pub polarity_settle: Duration,
    /// The tones of this exchange.
    pub tones: ProgressPlan,
    /// Tones learnt on this line by which its exchange says that the far side has gone.
    pub learnt: ArrayVec<ToneCadence, 2>,
    /// Both sides silent for this long: the call is dead. `None`: never. A call on hold with
    /// music is not silent. Recommended: 30–120 s.
    pub silence_release: Option<Duration>,
    /// What the line does right after seizure is not judged for this long.
    pub seize_settle: Duration,
    /// Dial tone that lasts this long is believed.
    pub dial_tone_min: Duration,
    /// How long to wait for dial tone.
    pub dial_tone_timeout: Duration,
    /// Whether to dial after the wait although no tone was heard (private exchanges without one).
    pub dial_without_tone: bool,
    /// Whether somebody's voice instead of dial tone is a call that came in at the moment of
    /// seizure. Otherwise it is a fault, like silence.
    pub glare_by_voice: bool,
    /// How numbers are dialled.
    pub dialling: Dialling,
    /// Levels of dialled digits.
    pub dtmf_levels: DtmfLevels,
    /// Times of dialled digits.
    pub dtmf_timing: DtmfTiming,
    /// Without ringback or any other sign, an outgoing call counts as answered after this long.
    /// Music or speech without ringback before it is no sign: coloured ringback (彩铃) is both,
    /// and where it ends nobody can hear. Such calls are answered by this timer, and the record
    /// says so.
    pub answer_timer: Duration,
    /// Ringback silent for this long has ended: the called party has answered without a word.
    pub ringback_end: Duration,
    /// Gain of what the switch sends, in dB.
    pub tx_gain_db: f32,
    /// Gain of what the switch hears, in dB. What listens to the line does so before it.
    pub rx_gain_db: f32,
    /// What the switch hears is not louder than this for long, in dBm0 (howler, overload).
    pub rx_limit_dbm0: f32,
    /// How long an echo the canceller covers; `None` turns it off.
    pub echo_tail: Option<EchoTail>,
    /// Whether what the canceller leaves of an echo is taken down, with comfort noise in its
    /// place. Where there is no canceller there is nothing to take down.
    pub suppress_echo: bool,
    /// Length of a hook flash, in milliseconds.
    pub flash_ms: u16,
    /// Whether the far side's keys are recognised here and told as digits.
    pub detect_digits: bool,
}

impl Default for FxoSettings {
    fn default() -> Self {
        FxoSettings {
            number: None,
            wait_for_caller_id: true,
            caller_id_wait: Duration::from_millis(4_600),
            ring_min: Duration::from_millis(150),
            ring_timeout: Duration::from_secs(8),
            guard: Duration::from_secs(2),
            battery_release: Duration::from_millis(250),
            battery_alarm: Duration::from_secs(2),
            idle_v_min: 22,
            polarity: PolarityUse::Ignore,
            polarity_settle: Duration::from_millis(600),
            tones: ProgressPlan::china(),
            learnt: ArrayVec::new(),
            silence_release: Some(Duration::from_secs(120)),
            seize_settle: Duration::from_millis(300),
            dial_tone_min: Duration::from_millis(500),
            dial_tone_timeout: Duration::from_secs(5),
            dial_without_tone: false,
            glare_by_voice: true,
            dialling: Dialling::Tone,
            dtmf_levels: DtmfLevels::default(),
            dtmf_timing: DtmfTiming::default(),
            answer_timer: Duration::from_secs(20),
            ringback_end: Duration::from_secs(8),
            tx_gain_db: 0.0,
            rx_gain_db: 0.0,
            rx_limit_dbm0: -6.0,
            echo_tail: Some(EchoTail::Ms32),
            suppress_echo: true,
            flash_ms: 200,
            detect_digits: true,
        }
    }
}

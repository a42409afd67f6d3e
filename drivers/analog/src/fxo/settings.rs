//! What differs from exchange line to exchange line.

use arrayvec::ArrayVec;
use tipring_clock::Duration;
use tipring_dsp::{DtmfLevels, DtmfTiming, EchoTail, ProgressPlan, ToneCadence};
use tipring_line::Number;

use crate::fxs::RingCadence;
use crate::plans::{CountryPlan, Pulses, ReleaseSign};

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
    /// By pulses, in the way of [`FxoSettings::pulses`].
    Pulse,
}

/// A further number of a line, told by the cadence of its ringing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineRing {
    /// The cadence.
    pub cadence: RingCadence,
    /// The number that is called when it rings so.
    pub number: Number,
}

impl LineRing {
    /// How many further numbers a line can have.
    pub const MAX: usize = 4;
}

/// Settings of an FXO channel. The defaults suit a line in China.
#[derive(Clone, PartialEq, Debug)]
pub struct FxoSettings {
    /// The line's own number, told as the called number of calls that come in.
    pub number: Option<Number>,
    /// The line's further numbers, which its exchange tells apart by how it rings (distinctive
    /// ringing). Where there are any, a call is offered once its first round of ringing is over.
    pub rings: ArrayVec<LineRing, { LineRing::MAX }>,
    /// How the exchange rings for the line's own number.
    pub ringing: RingCadence,
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
    /// Dial pulses, if numbers are dialled by them.
    pub pulses: Pulses,
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
    /// The port's hybrid balance, where another than its own was found to fit the line.
    pub balance: u8,
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
            rings: ArrayVec::new(),
            ringing: RingCadence::default(),
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
            pulses: Pulses::default(),
            dtmf_levels: DtmfLevels::default(),
            dtmf_timing: DtmfTiming::default(),
            answer_timer: Duration::from_secs(20),
            ringback_end: Duration::from_secs(8),
            tx_gain_db: 0.0,
            rx_gain_db: 0.0,
            rx_limit_dbm0: -6.0,
            echo_tail: Some(EchoTail::Ms32),
            balance: 0,
            suppress_echo: true,
            flash_ms: 200,
            detect_digits: true,
        }
    }
}

/// Battery away for so long is the exchange's release where releases are told so.
const BATTERY_DROP: Duration = Duration::from_millis(250);
/// The same where they are not, so that a disturbance of the line ends no call.
const BATTERY_DROP_UNUSUAL: Duration = Duration::from_millis(800);

impl FxoSettings {
    /// What suits the lines of a country: tones, ringing, caller id, digits, pulses, flash, guard
    /// time, and what a missing battery means.
    pub fn from_plan(plan: &CountryPlan) -> Self {
        let usual = FxoSettings::default();
        let ringing = plan.ringing.ms.on_off_ms();
        let times = |first| ringing.iter().skip(first).step_by(2).copied();
        let ms = |ms: u16| Duration::from_millis(u64::from(ms));
        let longest_pause = times(1).max().map_or(Duration::ZERO, ms);
        let shortest_burst = times(0).min().map_or(usual.ring_min, ms);
        let drops = plan.line.release.contains(&ReleaseSign::BatteryDrop);
        FxoSettings {
            ringing: RingCadence::from_times(ringing).unwrap_or_default(),
            wait_for_caller_id: plan.caller_id.comes_after_ringing(),
            caller_id_wait: longest_pause + ms(600),
            ring_min: usual.ring_min.min(shortest_burst / 2),
            ring_timeout: usual.ring_timeout.max(longest_pause + ms(3000)),
            guard: ms(plan.line.guard_ms),
            battery_release: if drops { BATTERY_DROP } else { BATTERY_DROP_UNUSUAL },
            tones: plan.progress(),
            pulses: plan.line.pulse,
            dtmf_levels: plan.dtmf.levels(),
            dtmf_timing: plan.dtmf.timing(),
            flash_ms: plan.line.flash_ms,
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> FxoSettings {
        FxoSettings::from_plan(&CountryPlan::named(code).expect("a built-in plan"))
    }

    #[test]
    fn every_country_has_lines_of_its_own_practice() {
        for code in CountryPlan::codes() {
            let line = of(code);
            let pause = line.ringing.times_ms().iter().skip(1).step_by(2).max();
            let pause = Duration::from_millis(u64::from(*pause.expect("a pause")));
            assert!(line.caller_id_wait > pause && line.ring_timeout > pause, "{code}");
            assert!(line.ring_min >= Duration::from_millis(100), "{code}");
        }
        let (cn, us, uk, se) = (of("cn"), of("us"), of("uk"), of("se"));
        assert_eq!(cn.battery_release, BATTERY_DROP_UNUSUAL);
        assert_eq!(us.battery_release, BATTERY_DROP);
        assert!(cn.wait_for_caller_id && us.wait_for_caller_id);
        assert!(!uk.wait_for_caller_id, "BT tells before it rings");
        assert_eq!((uk.pulses.break_ms, uk.pulses.make_ms), (67, 33));
        assert_eq!(String::from(se.pulses.digits), "0123456789");
        assert_eq!((us.flash_ms, cn.flash_ms), (500, 200));
    }
}

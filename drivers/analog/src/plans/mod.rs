//! Country plans: tones, ringing, caller id and line practice of a country's exchanges, as data.
//!
//! A plan is a TOML file. Those of `drivers/analog/data` are part of the program; a file
//! `<code>.toml` in the site's own folder stands in for one of them, or adds a country. Unknown
//! keys and impossible values are refused with file and line.
//!
//! Sources: China by GB/T 3380-1982, YDN 069-1997 and YD/T 1277.1-2003; other countries' tones by
//! ITU-T E.180 supplement 2 as DAHDI's zone table and SpanDSP's tone table carry them. Call-waiting
//! cadences of most countries are indicative, and so is who sends which caller id.

mod caller_id;
mod embedded;
mod pulse;
mod tone;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tipring_dsp::{
    DtmfLevels, DtmfTiming, ProgressPlan, ProgressTone, ToneCadence, ToneStep, tones,
};
use tipring_line::Number;

use crate::fxs::FxsTones;
pub use caller_id::{CallerIdKind, CallerIdStart, CallerIdStyles, DtmfStyle, FskStyle};
pub use pulse::{PulseDigits, Pulses};
pub use tone::Tone;

/// Everything about a country that analog lines need to know.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CountryPlan {
    /// Two small letters (ISO 3166-1; `uk` for the United Kingdom), as in the file's name.
    pub code: String,
    /// The country's name in Chinese.
    pub name_zh: String,
    /// The country's name in English.
    pub name_en: String,
    /// Ringing current.
    pub ringing: Ringing,
    /// Call-progress tones.
    pub tones: Tones,
    /// Digits as a telephone set of the country sends them.
    pub dtmf: DtmfSending,
    /// How callers are told.
    pub caller_id: CallerIdStyles,
    /// What exchanges and sets do to the loop.
    pub line: LinePractice,
    /// Numbers that nothing may block.
    #[serde(default)]
    pub emergency: Vec<EmergencyNumber>,
}

/// Ringing current as exchanges send it, and as handsets of the country expect it.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ringing {
    /// Its frequency in Hz.
    pub hz: u16,
    /// On and off in turn, in milliseconds: two or four times.
    pub ms: RingingCadence,
}

/// Two or four times in milliseconds: on, off, and so on.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "Vec<u16>", into = "Vec<u16>")]
pub struct RingingCadence(Vec<u16>);

impl RingingCadence {
    /// The times in order.
    pub fn on_off_ms(&self) -> &[u16] {
        &self.0
    }
}

impl TryFrom<Vec<u16>> for RingingCadence {
    type Error = String;

    fn try_from(ms: Vec<u16>) -> Result<Self, String> {
        if !matches!(ms.len(), 2 | 4) || ms.iter().any(|ms| !(100..=10_000).contains(ms)) {
            return Err("`ms` must be on and off in turn, two or four times of 100–10000 \
                 milliseconds, as [1000, 4000]"
                .into());
        }
        Ok(RingingCadence(ms))
    }
}

impl From<RingingCadence> for Vec<u16> {
    fn from(ringing: RingingCadence) -> Self {
        ringing.0
    }
}

/// Call-progress tones by meaning.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tones {
    /// The exchange waits for digits.
    pub dial: Tone,
    /// Dial tone while a service is active or messages wait.
    pub special_dial: Option<Tone>,
    /// The called party is being rung.
    pub ringback: Tone,
    /// The called party is busy, or the far side has hung up.
    pub busy: Tone,
    /// No way through; where a country has none, busy tone says it.
    pub congestion: Option<Tone>,
    /// A second call waits; heard during a call.
    pub call_waiting: Option<Tone>,
    /// No such number.
    pub vacant: Option<Tone>,
    /// A trunk call waits; heard during a call.
    pub trunk_notice: Option<Tone>,
    /// A third party listens; heard during a call.
    pub reminder: Option<Tone>,
    /// The handset was left off-hook.
    pub howler: Option<Tone>,
    /// Before an announcement that the call has failed (ITU-T E.180, clause 6.4).
    pub special_information: Option<Tone>,
}

/// How a telephone set sends digits.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DtmfSending {
    /// Low group, 697–941 Hz, in dBm0.
    pub low_dbm0: f32,
    /// High group, 1209–1633 Hz, in dBm0; sets send it about 2 dB stronger.
    pub high_dbm0: f32,
    /// Tone, in milliseconds.
    pub on_ms: u16,
    /// Pause, in milliseconds.
    pub off_ms: u16,
}

impl DtmfSending {
    /// The levels as the generator takes them.
    pub fn levels(&self) -> DtmfLevels {
        DtmfLevels { low_dbm0: self.low_dbm0, high_dbm0: self.high_dbm0 }
    }

    /// The times as the generator takes them.
    pub fn timing(&self) -> DtmfTiming {
        DtmfTiming { on_ms: self.on_ms, off_ms: self.off_ms }
    }
}

/// By what an exchange tells that the far side has hung up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseSign {
    /// Busy or congestion tone.
    Tone,
    /// The battery goes away for a moment.
    BatteryDrop,
    /// Polarity goes back to what it was before the answer.
    Reversal,
}

/// What exchanges and telephone sets do to the loop.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinePractice {
    /// How the far side's hanging up is told, the usual sign first.
    pub release: Vec<ReleaseSign>,
    /// Whether exchanges can reverse polarity when the called party answers (in China the
    /// operator's 反极 service, to be ordered).
    pub reversal_on_answer: bool,
    /// The hook flash that is sent, in milliseconds.
    pub flash_ms: u16,
    /// The shortest and the longest opening of a handset's loop that is a flash.
    pub flash_range_ms: [u16; 2],
    /// How long a line rests on-hook until its exchange takes the next seizure for a new call, in
    /// milliseconds.
    #[serde(default = "guard_default")]
    pub guard_ms: u16,
    /// Dial pulses.
    pub pulse: Pulses,
}

const fn guard_default() -> u16 {
    2000
}

/// A number that nothing may block: sent as it is, without prefix, and lines are pre-empted for it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyNumber {
    /// The number.
    pub number: ShortNumber,
    /// Who answers, in Chinese.
    pub zh: String,
    /// Who answers, in English.
    pub en: String,
}

/// Two to eight digits.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShortNumber(Number);

impl ShortNumber {
    /// The number.
    pub fn number(&self) -> &Number {
        &self.0
    }
}

impl TryFrom<String> for ShortNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| fits);
        number.map(ShortNumber).ok_or_else(|| {
            format!("`{text}` is no emergency number: write two to eight digits, as \"119\"")
        })
    }
}

impl From<ShortNumber> for String {
    fn from(number: ShortNumber) -> Self {
        number.0.to_string()
    }
}

/// Why a plan cannot be used.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("{}: {source}: make it readable, or remove it to use the built-in plan", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no country plan.
    #[error("{file}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong and what to do, with the line.
        message: String,
    },
    /// No such country.
    #[error("no plan for the country `{code}`: use one of {}, or add {code}.toml", known())]
    Unknown {
        /// The code asked for.
        code: String,
    },
}

fn known() -> String {
    CountryPlan::codes().collect::<Vec<_>>().join(", ")
}

impl CountryPlan {
    /// The codes of the built-in plans, in order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        embedded::PLANS.iter().map(|(code, _)| *code)
    }

    /// A built-in plan.
    ///
    /// # Errors
    /// [`PlanError::Unknown`] with the codes there are.
    pub fn named(code: &str) -> Result<Self, PlanError> {
        let found = embedded::PLANS.iter().find(|(known, _)| *known == code);
        let (_, text) = found.ok_or_else(|| PlanError::Unknown { code: code.to_owned() })?;
        CountryPlan::parse(&format!("drivers/analog/data/{code}.toml"), text)
    }

    /// China's plan.
    ///
    /// # Panics
    /// Never: its file is part of the program and is read by a test.
    pub fn china() -> Self {
        CountryPlan::named("cn").expect("the built-in plan of China is tested")
    }

    /// The site's own plan, `<code>.toml` in `folder`, or the built-in one.
    ///
    /// # Errors
    /// [`PlanError`] in words for whoever wrote the file.
    pub fn load(folder: &Path, code: &str) -> Result<Self, PlanError> {
        if !is_code(code) {
            return Err(PlanError::Unknown { code: code.to_owned() });
        }
        let path = folder.join(format!("{code}.toml"));
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let file = path.to_string_lossy();
                let plan = CountryPlan::parse(&file, &text)?;
                if plan.code == code {
                    return Ok(plan);
                }
                Err(PlanError::Invalid {
                    message: format!("`code` is \"{}\": make it \"{code}\"", plan.code),
                    file: file.into_owned(),
                })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => CountryPlan::named(code),
            Err(source) => Err(PlanError::Unreadable { path, source }),
        }
    }

    /// Reads a plan; `file` names it in errors.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, PlanError> {
        let invalid = |at: Option<usize>, what: &str| {
            let line = at.map_or(1, |at| text[..at.min(text.len())].matches('\n').count() + 1);
            PlanError::Invalid { file: file.to_owned(), message: format!("line {line}: {what}") }
        };
        let plan: CountryPlan =
            toml::from_str(text).map_err(|e| invalid(e.span().map(|s| s.start), e.message()))?;
        match plan.impossible() {
            // Ranges are checked after reading, so the line is that of the key.
            Some((key, what)) => Err(invalid(place_of(text, key), &what)),
            None => Ok(plan),
        }
    }

    /// The plan as a file that [`CountryPlan::parse`] reads.
    pub fn to_text(&self) -> String {
        toml::to_string(self).expect("a plan has string keys and finite numbers only")
    }

    /// A value out of range: its key, and what to do.
    fn impossible(&self) -> Option<(&'static str, String)> {
        let wrong = |key: &'static str, must: &str| Some((key, format!("`{key}` must be {must}")));
        let within = |value: u16, low: u16, high: u16| (low..=high).contains(&value);
        let level = |dbm0: f32| (-30.0..=0.0).contains(&dbm0);
        let [flash_min, flash_max] = self.line.flash_range_ms;
        let pulse = self.line.pulse;
        if !is_code(&self.code) {
            wrong("code", "two small letters, as \"cn\"")
        } else if !within(self.ringing.hz, 15, 70) {
            wrong("hz", "15–70 Hz for ringing, as 25")
        } else if !level(self.dtmf.low_dbm0) {
            wrong("low_dbm0", "-30–0 dBm0, as -10.0")
        } else if !level(self.dtmf.high_dbm0) {
            wrong("high_dbm0", "-30–0 dBm0, as -8.0")
        } else if !within(self.dtmf.on_ms, 40, 1000) {
            wrong("on_ms", "40–1000 ms: shorter digits are not heard (Q.24)")
        } else if !within(self.dtmf.off_ms, 40, 1000) {
            wrong("off_ms", "40–1000 ms: shorter pauses are not heard (Q.24)")
        } else if self.line.release.is_empty() {
            wrong("release", "at least one of \"tone\", \"battery-drop\", \"reversal\"")
        } else if !within(self.line.flash_ms, 50, 1500) {
            wrong("flash_ms", "50–1500 ms")
        } else if !(20 <= flash_min && flash_min < flash_max && flash_max <= 2000) {
            wrong("flash_range_ms", "the shortest and the longest flash in ms, as [80, 800]")
        } else if !within(self.line.guard_ms, 200, 10_000) {
            wrong("guard_ms", "200–10000 ms, as 2000")
        } else if !within(pulse.break_ms, 20, 100) {
            wrong("break_ms", "20–100 ms, as 61")
        } else if !within(pulse.make_ms, 20, 100) {
            wrong("make_ms", "20–100 ms, as 39")
        } else if !within(pulse.pause_ms, 300, 2000) {
            wrong("pause_ms", "300–2000 ms, as 800")
        } else {
            None
        }
    }

    /// What a detector on a line of this country listens for.
    pub fn progress(&self) -> ProgressPlan {
        let tones = &self.tones;
        let meanings = [
            (ProgressTone::Dial, Some(&tones.dial)),
            (ProgressTone::Dial, tones.special_dial.as_ref()),
            (ProgressTone::Ringback, Some(&tones.ringback)),
            (ProgressTone::Busy, Some(&tones.busy)),
            // Where both sound the same, it is taken for busy tone.
            (ProgressTone::Congestion, tones.congestion.as_ref().filter(|c| **c != tones.busy)),
            (ProgressTone::Vacant, tones.vacant.as_ref()),
            (ProgressTone::Howler, tones.howler.as_ref()),
            (ProgressTone::SpecialInformation, tones.special_information.as_ref()),
        ];
        let known: Vec<(ProgressTone, ToneCadence)> =
            meanings.into_iter().filter_map(|(tone, t)| Some((tone, t?.cadence()))).collect();
        let in_call = [&tones.call_waiting, &tones.trunk_notice, &tones.reminder];
        let others: Vec<ToneCadence> = in_call.into_iter().flatten().map(Tone::cadence).collect();
        ProgressPlan::new(&known).beside(&others)
    }

    /// What a handset in this country hears.
    pub fn fxs_tones(&self) -> FxsTones {
        let congestion = self.tones.congestion.as_ref().unwrap_or(&self.tones.busy).cadence();
        FxsTones {
            dial: self.tones.dial.cadence(),
            special_dial: self
                .tones
                .special_dial
                .as_ref()
                .map_or_else(|| broken(self.tones.dial.cadence()), Tone::cadence),
            call_waiting: self
                .tones
                .call_waiting
                .as_ref()
                .map_or(tones::china::CALL_WAITING, Tone::cadence),
            ringback: self.tones.ringback.cadence(),
            busy: self.tones.busy.cadence(),
            congestion,
            vacant: self.tones.vacant.as_ref().map_or(congestion, Tone::cadence),
            howler: self.tones.howler.as_ref().map_or(tones::china::HOWLER, Tone::cadence),
        }
    }
}

/// Dial tone with short breaks, for countries whose special dial tone is not known. A dial tone
/// that has breaks already stays as it is.
fn broken(dial: ToneCadence) -> ToneCadence {
    let [on] = dial.steps() else { return dial };
    let steps = [ToneStep { ms: 400, ..*on }, ToneStep::silence(40)];
    ToneCadence::from_steps(&steps, true).expect("two steps")
}

fn is_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())
}

/// Where a key stands at the beginning of a line.
fn place_of(text: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let here = at;
        at += line.len();
        let rest = line.trim_start().strip_prefix(key)?;
        rest.trim_start().starts_with('=').then_some(here)
    })
}

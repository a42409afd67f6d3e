//! A tone as a plan's file writes it.
//!
//! ```toml
//! busy = { hz = "480+620", ms = [500, 500], dbm0 = -24.0 }
//! dial = { hz = "400*25" }
//! congestion = { parts = [{ hz = "425", ms = [375, 375] }, { hz = "425", ms = [375, 375], dbm0 = -20.0 }] }
//! ```
//! `a+b` are two frequencies at once, `a*b` is `a` with its amplitude modulated by `b`. Without
//! `ms` a tone is continuous; a last time of 0 is silence for ever. `dbm0` is the level of each
//! frequency, −10 unless told. `times` says how often the cadence is played, for ever unless told.

use serde::{Deserialize, Serialize};
use tipring_dsp::{ToneCadence, ToneStep};

const LEVEL_DBM0: f32 = -10.0;

/// A tone of a plan; valid by construction.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize, Serialize)]
#[serde(try_from = "ToneText", into = "ToneText")]
pub struct Tone(ToneCadence);

impl Tone {
    /// A tone learnt or set up elsewhere.
    pub const fn new(cadence: ToneCadence) -> Self {
        Tone(cadence)
    }

    /// What it sounds like.
    pub fn cadence(&self) -> ToneCadence {
        self.0
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ToneText {
    #[serde(skip_serializing_if = "Option::is_none")]
    hz: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ms: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dbm0: Option<f32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u8>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PartText {
    hz: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ms: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dbm0: Option<f32>,
}

impl TryFrom<ToneText> for Tone {
    type Error = String;

    fn try_from(text: ToneText) -> Result<Self, String> {
        let parts = match (text.hz, text.parts) {
            (Some(hz), parts) if parts.is_empty() => {
                vec![PartText { hz, ms: text.ms, dbm0: text.dbm0 }]
            }
            (None, parts) if !parts.is_empty() && text.ms.is_empty() && text.dbm0.is_none() => {
                parts
            }
            _ => {
                return Err(
                    "a tone has either `hz` with `ms` and `dbm0`, or `parts` of them".into()
                );
            }
        };
        let alone = parts.len() == 1;
        let mut steps = Vec::new();
        for part in &parts {
            part.add_steps(alone, &mut steps)?;
        }
        if steps[..steps.len() - 1].iter().any(|s| s.ms == 0) {
            return Err("a time of 0 (for ever) can only be the last of `ms`".into());
        }
        let times = text.times.unwrap_or(0);
        let endless = steps.last().is_some_and(|s| s.ms == 0);
        if endless && steps.len() == 1 && times > 0 {
            return Err("a continuous tone has no `times`: leave it out, or give `ms`".into());
        }
        let cadence = ToneCadence::from_steps(&steps, true)
            .ok_or_else(|| format!("a tone has at most {} times in all", ToneCadence::STEPS_MAX))?;
        Ok(Tone(cadence.times(times)))
    }
}

impl PartText {
    fn add_steps(&self, alone: bool, steps: &mut Vec<ToneStep>) -> Result<(), String> {
        let (hz, am_hz) = read_hz(&self.hz)?;
        let level_dbm0 = self.dbm0.unwrap_or(LEVEL_DBM0);
        if !(-40.0..=3.0).contains(&level_dbm0) {
            return Err(format!("`dbm0` is {level_dbm0}: write a level of -40–3 dBm0, as -10.0"));
        }
        let on = |ms| ToneStep { hz, am_hz, level_dbm0, ms };
        if self.ms.is_empty() {
            if !alone {
                return Err("each of several `parts` needs its `ms`".into());
            }
            steps.push(on(0));
            return Ok(());
        }
        for (i, &ms) in self.ms.iter().enumerate() {
            if ms > 0 && ms < 20 {
                return Err(format!("`ms` has {ms}: shorter than 20 ms is no part of a tone"));
            }
            steps.push(if i % 2 == 0 { on(ms) } else { ToneStep::silence(ms) });
        }
        Ok(())
    }
}

/// The frequencies and the modulation of `450`, `350+440` or `400*25`.
fn read_hz(text: &str) -> Result<([u16; 2], u16), String> {
    let number = |part: &str, low: u16, high: u16| {
        let hz: Option<u16> = part.trim().parse().ok();
        hz.filter(|hz| (low..=high).contains(hz)).ok_or_else(|| {
            format!(
                "`hz` is \"{text}\": write one frequency of 200–3400 Hz as \"450\", two as \
                 \"350+440\", a modulated one as \"400*25\""
            )
        })
    };
    if let Some((a, b)) = text.split_once('+') {
        return Ok(([number(a, 200, 3400)?, number(b, 200, 3400)?], 0));
    }
    if let Some((carrier, by)) = text.split_once('*') {
        return Ok(([number(carrier, 200, 3400)?, 0], number(by, 10, 100)?));
    }
    Ok(([number(text, 200, 3400)?, 0], 0))
}

impl From<Tone> for ToneText {
    fn from(tone: Tone) -> Self {
        let mut parts: Vec<PartText> = Vec::new();
        for (i, step) in tone.0.steps().iter().enumerate() {
            let hz = match (step.hz, step.am_hz) {
                ([a, 0], 0) => a.to_string(),
                ([a, 0], am) => format!("{a}*{am}"),
                ([a, b], _) => format!("{a}+{b}"),
            };
            let dbm0 = (step.level_dbm0 != LEVEL_DBM0).then_some(step.level_dbm0);
            match parts.last_mut() {
                Some(last) if step.is_silence() => last.ms.push(step.ms),
                Some(last)
                    if i > 0 && last.ms.len() % 2 == 0 && last.hz == hz && last.dbm0 == dbm0 =>
                {
                    last.ms.push(step.ms);
                }
                _ => {
                    let ms = if step.ms == 0 { vec![] } else { vec![step.ms] };
                    parts.push(PartText { hz, ms, dbm0 });
                }
            }
        }
        let times = (!tone.0.repeats()).then_some(tone.0.times_played());
        let whole = |part: PartText| (Some(part.hz), part.ms, part.dbm0, vec![]);
        let (hz, ms, dbm0, parts) = match parts.len() {
            1 => whole(parts.remove(0)),
            _ => (None, vec![], None, parts),
        };
        ToneText { hz, ms, dbm0, parts, times }
    }
}

//! What the machines of the analog lines are told: the country's plan, and what the site says of
//! each line.

use std::path::Path;

use anyhow::Context;
use tipring_analog::plans::CountryPlan;
use tipring_analog::{DialPlan, Dialling, FxoSettings, FxsSettings, PolarityUse, WallReference};
use tipring_clock::{Clock, Duration, RealClock};
use tipring_config::{LearntTone, LineEntry, Resolved};
use tipring_dsp::{EchoTail, ToneCadence};
use tipring_line::PortId;

use crate::handset_plan::dial_plan;

/// The level at which a learnt tone is looked for is the detector's business, not the tone's.
const LEARNT_DBM0: f32 = -10.0;

/// Settings for every analog port of the board.
pub(crate) struct AnalogSettings<'a> {
    resolved: &'a Resolved,
    plan: CountryPlan,
    handsets: DialPlan,
    wall: WallReference,
}

/// The codes of the countries whose plans are built in, and of those the site has in its folder.
pub(crate) fn countries(folder: &Path) -> Vec<String> {
    let mut codes: Vec<String> = CountryPlan::codes().map(str::to_owned).collect();
    // A folder that is not there, or cannot be read, adds nothing.
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    codes.extend(files.filter_map(|file| {
        let path = file.path();
        let is_plan = path.extension().is_some_and(|e| e == "toml");
        is_plan.then(|| path.file_stem()?.to_str().map(str::to_owned))?
    }));
    codes.sort_unstable();
    codes.dedup();
    codes
}

impl<'a> AnalogSettings<'a> {
    /// Reads the country's plan, the site's own in `folder` before the built-in one.
    ///
    /// # Errors
    /// There is no such plan, or its file is wrong.
    pub(crate) fn new(
        resolved: &'a Resolved,
        folder: &Path,
        clock: &RealClock,
    ) -> anyhow::Result<Self> {
        let plan = CountryPlan::load(folder, &resolved.country).context("`country`")?;
        let wall = WallReference {
            at: clock.now(),
            wall: clock.wall(),
            utc_offset_minutes: resolved.switch.offset_minutes,
        };
        Ok(AnalogSettings { resolved, plan, handsets: dial_plan(&resolved.switch), wall })
    }

    /// The country's plan.
    pub(crate) fn plan(&self) -> &CountryPlan {
        &self.plan
    }

    /// For the exchange line at this socket.
    pub(crate) fn fxo(&self, label: &str) -> FxoSettings {
        let settings = FxoSettings {
            tones: self.plan.progress(),
            dtmf_levels: self.plan.dtmf.levels(),
            dtmf_timing: self.plan.dtmf.timing(),
            flash_ms: self.plan.line.flash_ms,
            // The media side listens for keys where the switch asks for it.
            detect_digits: false,
            ..FxoSettings::default()
        };
        match self.resolved.lines.iter().find(|l| l.port == label) {
            Some(line) => of_line(settings, line),
            None => settings,
        }
    }

    /// For the handset at this port.
    pub(crate) fn fxs(&self, id: PortId) -> FxsSettings {
        let extension = self.resolved.switch.extensions.iter().find(|e| e.port == Some(id));
        FxsSettings {
            extension: extension.map(|e| e.number),
            dial_plan: self.handsets.clone(),
            wall: Some(self.wall),
            // As for exchange lines.
            detect_digits: false,
            ..FxsSettings::from_plan(&self.plan)
        }
    }
}

fn of_line(settings: FxoSettings, line: &LineEntry) -> FxoSettings {
    let silence = Duration::from_secs(u64::from(line.silence_s));
    FxoSettings {
        number: line.number,
        dialling: match line.dialling {
            tipring_config::Dialling::Tone => Dialling::Tone,
            tipring_config::Dialling::Pulse => Dialling::Pulse,
        },
        polarity: if line.polarity { PolarityUse::AnswerAndRelease } else { PolarityUse::Ignore },
        tx_gain_db: f32::from(line.gain_tx_db),
        rx_gain_db: f32::from(line.gain_rx_db),
        echo_tail: match line.echo_ms {
            0 => None,
            32 => Some(EchoTail::Ms32),
            _ => Some(EchoTail::Ms64),
        },
        silence_release: (line.silence_s > 0).then_some(silence),
        learnt: line.learnt.iter().filter_map(cadence).collect(),
        ..settings
    }
}

/// A learnt tone as the detector wants it; `None` for one the configuration's check refuses.
pub(crate) fn cadence(tone: &LearntTone) -> Option<ToneCadence> {
    let hz = [*tone.hz.first()?, tone.hz.get(1).copied().unwrap_or(0)];
    // The configuration's check keeps the times within what a cadence holds.
    let times = tone.on_off_ms.get(..tone.on_off_ms.len().min(ToneCadence::STEPS_MAX))?;
    Some(match tone.am_hz {
        0 => ToneCadence::dual(hz[0], hz[1], LEARNT_DBM0, times),
        am_hz => ToneCadence::modulated(hz[0], am_hz, LEARNT_DBM0, times),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_config::{BoardPort, Document, Site};
    use tipring_line::PortKind;

    fn settings(text: &str) -> FxoSettings {
        let ports = [BoardPort { id: PortId(0), label: "fxo-1".into(), kind: PortKind::Fxo }];
        let site = Site { ports: &ports, ..Site::default() };
        let resolved = Document::parse(text).unwrap().resolve(site).unwrap();
        let clock = RealClock::start();
        AnalogSettings::new(&resolved, Path::new("no such folder"), &clock).unwrap().fxo("fxo-1")
    }

    #[test]
    fn a_line_is_as_its_site_says() {
        let plain = settings("");
        assert_eq!((plain.dialling, plain.flash_ms), (Dialling::Tone, 200));
        let line = settings(
            "[[line]]\nport = \"fxo-1\"\ndialling = \"pulse\"\npolarity = true\n\
             gain_rx_db = -3\necho_ms = 64\nsilence_s = 0\n\
             learnt = [{ hz = [425], on_off_ms = [250, 250] }]\n",
        );
        assert_eq!(line.dialling, Dialling::Pulse);
        assert_eq!(line.polarity, PolarityUse::AnswerAndRelease);
        assert_eq!(line.rx_gain_db, -3.0);
        assert_eq!(line.echo_tail, Some(EchoTail::Ms64));
        assert_eq!(line.silence_release, None);
        assert_eq!(line.learnt[0].steps()[0].hz, [425, 0]);
    }

    #[test]
    fn the_countries_are_those_built_in() {
        let codes = countries(Path::new("no such folder"));
        assert!(codes.len() > 40 && codes.contains(&"cn".to_owned()), "{codes:?}");
    }
}

//! What the machines of the analog lines are told: the country's plan, and what the site says of
//! each line.

use std::path::Path;

use anyhow::Context;
use tipring_analog::plans::CountryPlan;
use tipring_analog::{
    CallerIdSending, DialPlan, Dialling, FxoSettings, FxsSettings, HotLine, LineRing, MessageLamp,
    PolarityUse, RingCadence, WallReference,
};
use tipring_clock::{Clock, Duration, RealClock};
use tipring_config::{
    HandsetCallerId, HandsetEntry, HandsetLamp, LearntTone, LineEntry, LineRingEntry, Resolved,
};
use tipring_dsp::{EchoTail, ToneCadence};
use tipring_line::{Name, PortId};

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
            // The media side listens for keys where the switch asks for it.
            detect_digits: false,
            ..FxoSettings::from_plan(&self.plan)
        };
        match self.resolved.lines.iter().find(|l| l.port == label) {
            Some(line) => of_line(settings, line),
            None => settings,
        }
    }

    /// For the handset at this port.
    pub(crate) fn fxs(&self, id: PortId, label: &str) -> FxsSettings {
        let extension = self.resolved.switch.extensions.iter().find(|e| e.port == Some(id));
        let cadences = self.resolved.ring_cadences.iter();
        let settings = FxsSettings {
            extension: extension.map(|e| e.number),
            name: extension.map(|e| short_name(&e.name)).unwrap_or_default(),
            dial_plan: self.handsets.clone(),
            distinctive: cadences.filter_map(|times| RingCadence::from_times(times)).collect(),
            wall: Some(self.wall),
            // As for exchange lines.
            detect_digits: false,
            ..FxsSettings::from_plan(&self.plan)
        };
        match self.resolved.handsets.get(label) {
            Some(handset) => of_handset(settings, &self.plan, handset),
            None => settings,
        }
    }
}

fn of_line(settings: FxoSettings, line: &LineEntry) -> FxoSettings {
    let silence = Duration::from_secs(u64::from(line.silence_s));
    let ring = |ring: &LineRingEntry| {
        let cadence = RingCadence::from_times(&ring.cadence)?;
        Some(LineRing { cadence, number: ring.number })
    };
    FxoSettings {
        number: line.number,
        rings: line.rings.iter().filter_map(ring).take(LineRing::MAX).collect(),
        wait_for_caller_id: line.caller_id.unwrap_or(settings.wait_for_caller_id),
        flash_ms: line.flash_ms.unwrap_or(settings.flash_ms),
        dialling: match line.dialling {
            tipring_config::Dialling::Tone => Dialling::Tone,
            tipring_config::Dialling::Pulse => Dialling::Pulse,
        },
        polarity: if line.polarity { PolarityUse::AnswerAndRelease } else { PolarityUse::Ignore },
        balance: line.balance,
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

fn of_handset(settings: FxsSettings, plan: &CountryPlan, handset: &HandsetEntry) -> FxsSettings {
    let (caller_id, caller_id_delay) = match handset.caller_id {
        None => (settings.caller_id, settings.caller_id_delay),
        Some(HandsetCallerId::None) => (CallerIdSending::None, settings.caller_id_delay),
        Some(HandsetCallerId::Fsk) => CallerIdSending::fsk_of(plan),
        Some(HandsetCallerId::Dtmf) => CallerIdSending::dtmf_of(plan),
    };
    let hot_line = handset.hot_line.map(|hot_line| HotLine {
        number: hot_line.number,
        after: Duration::from_secs(u64::from(hot_line.after_s)),
    });
    let drop = Duration::from_millis(u64::from(handset.battery_drop_ms));
    FxsSettings {
        caller_id,
        caller_id_delay,
        hot_line,
        shows_messages: handset.message_waiting,
        message_lamp: match handset.lamp {
            HandsetLamp::Voltage => MessageLamp::Voltage,
            HandsetLamp::Fsk => MessageLamp::Fsk,
            HandsetLamp::Both => MessageLamp::Both,
            HandsetLamp::None => MessageLamp::None,
        },
        gain_to_handset_db: f32::from(handset.gain_tx_db),
        gain_from_handset_db: f32::from(handset.gain_rx_db),
        reversal_on_answer: handset.reversal_on_answer,
        battery_drop: (handset.battery_drop_ms > 0).then_some(drop),
        ..settings
    }
}

/// As much of a name as a caller's name can hold, cut between characters.
fn short_name(name: &str) -> Name {
    let mut short = Name::new();
    let fits = |c: char| short.try_push(c).is_ok();
    // The first that does not fit ends it.
    let _ = name.chars().all(fits);
    short
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
    use tipring_analog::plans::CallerIdStart;
    use tipring_config::{BoardPort, Document, Site};
    use tipring_line::PortKind;

    fn both(text: &str) -> (FxoSettings, FxsSettings) {
        let ports = [
            BoardPort { id: PortId(0), label: "fxo-1".into(), kind: PortKind::Fxo },
            BoardPort { id: PortId(1), label: "fxs-1".into(), kind: PortKind::Fxs },
        ];
        let site = Site { ports: &ports, ..Site::default() };
        let resolved = Document::parse(text).unwrap().resolve(site).unwrap();
        let clock = RealClock::start();
        let folder = Path::new("no such folder");
        let analog = AnalogSettings::new(&resolved, folder, &clock).unwrap();
        (analog.fxo("fxo-1"), analog.fxs(PortId(1), "fxs-1"))
    }

    fn settings(text: &str) -> FxoSettings {
        both(text).0
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
    fn a_line_has_its_further_numbers_and_its_exchanges_ways() {
        let line = settings(
            "[[line]]\nport = \"fxo-1\"\ncaller_id = false\nflash_ms = 90\n\
             [[line.ring]]\ncadence = [400, 200, 400, 2000]\nnumber = \"5552000\"\n",
        );
        assert_eq!(line.rings[0].number.as_str(), "5552000");
        assert_eq!(line.rings[0].cadence.times_ms(), [400, 200, 400, 2000]);
        assert_eq!((line.wait_for_caller_id, line.flash_ms), (false, 90));
        let sweden = settings("country = \"se\"\n[[line]]\nport = \"fxo-1\"\n");
        assert_eq!(String::from(sweden.pulses.digits), "0123456789");
        assert_eq!(sweden.ringing.times_ms(), [1000, 5000]);
    }

    #[test]
    fn a_handset_is_as_its_site_says() {
        let extension = "[[extension]]\nnumber = \"8101\"\nname = \"前台\"\nport = \"fxs-1\"\n";
        let usual = both(extension).1;
        assert_eq!((usual.name.as_str(), usual.distinctive.len()), ("前台", 2));
        assert_eq!(usual.message_lamp, MessageLamp::Voltage);
        let own = both(&format!(
            "[ringing]\ncadences = [[500, 1500]]\n{extension}[extension.handset]\n\
             caller_id = \"dtmf\"\nlamp = \"both\"\nmessage_waiting = false\ngain_tx_db = -3\n\
             gain_rx_db = 2\nreversal_on_answer = true\nbattery_drop_ms = 500\n\
             hot_line = {{ number = \"8102\", after_s = 4 }}\n",
        ))
        .1;
        let start = CallerIdStart::Reversal;
        let style = tipring_dsp::caller_id::DtmfCallerIdStyle::DNumberC;
        assert_eq!(own.caller_id, CallerIdSending::Dtmf { style, start });
        assert_eq!(own.caller_id_delay, Duration::from_millis(300));
        assert_eq!((own.message_lamp, own.shows_messages), (MessageLamp::Both, false));
        assert_eq!((own.gain_to_handset_db, own.gain_from_handset_db), (-3.0, 2.0));
        assert!(own.reversal_on_answer);
        assert_eq!(own.battery_drop, Some(Duration::from_millis(500)));
        assert_eq!(own.hot_line.unwrap().after, Duration::from_secs(4));
        assert_eq!(own.distinctive[0].times_ms(), [500, 1500]);
        // A country that knows no DTMF caller id has one all the same, if a site wants it.
        let of = |country: &str, style: &str| {
            both(&format!(
                "country = \"{country}\"\n{extension}handset = {{ caller_id = \"{style}\" }}\n"
            ))
            .1
            .caller_id
        };
        assert!(matches!(of("us", "dtmf"), CallerIdSending::Dtmf { .. }));
        assert!(matches!(of("se", "fsk"), CallerIdSending::Fsk(_)));
        assert_eq!(of("cn", "none"), CallerIdSending::None);
    }

    #[test]
    fn the_countries_are_those_built_in() {
        let codes = countries(Path::new("no such folder"));
        assert!(codes.len() > 40 && codes.contains(&"cn".to_owned()), "{codes:?}");
    }
}

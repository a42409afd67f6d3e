//! What can be wrong with a line of the simulated exchange, as `tipring sim set` says it: one
//! structure that is the command line, what crosses the control socket, and what is in force.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use tipring_sim::{
    CallerIdDelivery, DtmfDelivery, EchoPath, FskDelivery, Gap, Hum, LineModel, Speech,
};

/// Caller id with a stretch missing, which falls among its digits by FSK as by DTMF.
const CORRUPTION: Gap = Gap { at_ms: 450, ms: 120 };
/// The echo return loss of the paths with names, in dB.
const ECHO_LOSS_DB: f32 = 12.0;
/// The loss of a line at its usual level, in dB.
const LOSS_DB: f32 = 3.0;

/// On or off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// It is so.
    On,
    /// It is not.
    Off,
}

impl Switch {
    fn is_on(self) -> bool {
        self == Switch::On
    }
}

/// How the exchange tells who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimCallerId {
    /// By FSK after the first ring.
    Fsk,
    /// By DTMF before the first ring, after a reversal.
    Dtmf,
    /// Both ways.
    Both,
    /// Not at all.
    None,
}

/// The echo of what the box sends, by the line it comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimEcho {
    /// The usual one of a subscriber's loop, 14 dB.
    Usual,
    /// A subscriber's hybrid.
    Subscriber,
    /// A nearly balanced one with an early spike.
    Balanced,
    /// A long loaded loop.
    Loaded,
    /// One that lets back low frequencies.
    Low,
    /// Two hybrids one behind the other.
    Double,
    /// A far hybrid, 9 ms away.
    Far,
    /// None at all.
    None,
}

/// What is set on a line; what is left out stays as it is.
#[derive(Args, Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineFaults {
    /// Length of the first ring in ms, which an exchange may cut short; 0 for a whole one
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub first_ring: Option<u16>,
    /// How the exchange tells who calls
    #[arg(long, value_name = "HOW")]
    pub caller_id: Option<SimCallerId>,
    /// Caller id comes with a piece missing
    #[arg(long, value_name = "ON|OFF")]
    pub corrupt_caller_id: Option<Switch>,
    /// The line is cut
    #[arg(long, value_name = "ON|OFF")]
    pub cut: Option<Switch>,
    /// Another set on the pair is off-hook
    #[arg(long, value_name = "ON|OFF")]
    pub other_set: Option<Switch>,
    /// How much longer tones' and ringing's times are than they should be, in percent
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i8).range(-20..=20))]
    pub cadence: Option<i8>,
    /// Those called from the box have music in place of ringback (彩铃)
    #[arg(long, value_name = "ON|OFF")]
    pub music: Option<Switch>,
    /// Mains hum in dBm0; -99 for none
    #[arg(long, value_name = "DBM0", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i8).range(-99..=-10))]
    pub hum: Option<i8>,
    /// Noise in dBm0
    #[arg(long, value_name = "DBM0", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i8).range(-90..=-20))]
    pub noise: Option<i8>,
    /// Where the echo comes from
    #[arg(long, value_name = "WHERE")]
    pub echo: Option<SimEcho>,
    /// How much louder the line is than usual, in dB
    #[arg(long, value_name = "DB", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i8).range(-6..=6))]
    pub level: Option<i8>,
    /// The exchange reverses polarity when a called party answers
    #[arg(long, value_name = "ON|OFF")]
    pub polarity: Option<Switch>,
    /// From seizure to dial tone, in ms
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(0..=20_000))]
    pub dial_tone: Option<u16>,
    /// A call comes in at the very moment at which the box next seizes the line
    #[arg(long)]
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub glare: bool,
    /// Seed of the line's noise
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

impl LineFaults {
    /// Takes over what `other` says; a glare is an order of the moment and is not kept.
    pub(crate) fn take(&mut self, other: &LineFaults) {
        macro_rules! take {
            ($($field:ident),*) => { $(self.$field = other.$field.or(self.$field);)* };
        }
        take!(
            first_ring,
            caller_id,
            corrupt_caller_id,
            cut,
            other_set,
            cadence,
            music,
            hum,
            noise,
            echo,
            level,
            polarity,
            dial_tone,
            seed
        );
    }

    /// The line that is like this.
    pub(crate) fn model(&self) -> LineModel {
        let mut model = LineModel::default();
        let times = 1.0 + f32::from(self.cadence.unwrap_or(0)) / 100.0;
        model.tones = model.tones.stretched(times);
        for ms in &mut model.ringing.cadence_ms {
            *ms = (f32::from(*ms) * times).round() as u16;
        }
        model.ringing.first_burst_ms = self.first_ring.filter(|ms| *ms > 0);
        let (fsk, dtmf) =
            (FskDelivery::default(), DtmfDelivery { reversal: true, ..DtmfDelivery::default() });
        model.caller_id = match self.caller_id.unwrap_or(SimCallerId::Fsk) {
            SimCallerId::Fsk => CallerIdDelivery::Fsk(fsk),
            SimCallerId::Dtmf => CallerIdDelivery::Dtmf(dtmf),
            SimCallerId::Both => CallerIdDelivery::Both(fsk, dtmf),
            SimCallerId::None => CallerIdDelivery::None,
        };
        model.caller_id_gap = self.corrupt_caller_id.filter(|s| s.is_on()).map(|_| CORRUPTION);
        model.hum =
            self.hum.filter(|dbm0| *dbm0 > -99).map(|dbm0| Hum { hz: 50, dbm0: dbm0.into() });
        model.noise_dbm0 = self.noise.map_or(model.noise_dbm0, f32::from);
        model.box_echo = match self.echo.unwrap_or(SimEcho::Usual) {
            SimEcho::Usual => model.box_echo,
            SimEcho::None => EchoPath::none(),
            SimEcho::Subscriber => EchoPath::nth(0, ECHO_LOSS_DB),
            SimEcho::Balanced => EchoPath::nth(1, ECHO_LOSS_DB),
            SimEcho::Loaded => EchoPath::nth(2, ECHO_LOSS_DB),
            SimEcho::Low => EchoPath::nth(3, ECHO_LOSS_DB),
            SimEcho::Double => EchoPath::nth(4, ECHO_LOSS_DB),
            SimEcho::Far => EchoPath::nth(5, ECHO_LOSS_DB),
        };
        model.loss_db = LOSS_DB - f32::from(self.level.unwrap_or(0));
        model.reversal_on_answer = self.polarity.is_some_and(Switch::is_on);
        model.dial_tone_delay_ms = self.dial_tone.unwrap_or(model.dial_tone_delay_ms);
        model
    }

    /// Whether the line is whole.
    pub(crate) fn has_battery(&self) -> bool {
        !self.cut.is_some_and(Switch::is_on)
    }

    /// Whether another set on the pair is off-hook.
    pub(crate) fn has_other_set(&self) -> bool {
        self.other_set.is_some_and(Switch::is_on)
    }

    /// What is heard in place of ringback.
    pub(crate) fn ringback_music(&self) -> Option<Speech> {
        self.music.filter(|s| s.is_on()).map(|_| melody())
    }

    /// What is not as usual, in the words of the command line; empty if all is.
    pub(crate) fn in_words(&self) -> String {
        let mut words = Vec::new();
        let mut say = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("{name} {value}")));
        };
        let switch = |s: Option<Switch>| s.filter(|s| s.is_on()).map(|_| "on".to_owned());
        let name = |value: Option<String>, usual: &str| value.filter(|v| v != usual);
        let value_name =
            |v: Option<clap::builder::PossibleValue>| v.map(|v| v.get_name().to_owned());
        say("first-ring", self.first_ring.filter(|ms| *ms > 0).map(|ms| format!("{ms} ms")));
        let caller_id = self.caller_id.and_then(|v| v.to_possible_value());
        say("caller-id", name(value_name(caller_id), "fsk"));
        say("corrupt-caller-id", switch(self.corrupt_caller_id));
        say("cut", switch(self.cut));
        say("other-set", switch(self.other_set));
        say("cadence", self.cadence.filter(|p| *p != 0).map(|p| format!("{p:+} %")));
        say("music", switch(self.music));
        say("hum", self.hum.filter(|dbm0| *dbm0 > -99).map(|dbm0| format!("{dbm0} dBm0")));
        say("noise", self.noise.map(|dbm0| format!("{dbm0} dBm0")));
        let echo = self.echo.and_then(|v| v.to_possible_value());
        say("echo", name(value_name(echo), "usual"));
        say("level", self.level.filter(|db| *db != 0).map(|db| format!("{db:+} dB")));
        say("polarity", switch(self.polarity));
        say("dial-tone", self.dial_tone.map(|ms| format!("after {ms} ms")));
        say("seed", self.seed.map(|seed| seed.to_string()));
        words.join(", ")
    }
}

/// Eight seconds of a tune, each note struck and fading, with its octave.
fn melody() -> Speech {
    const NOTES_HZ: [f32; 8] = [392.0, 440.0, 523.3, 587.3, 523.3, 440.0, 659.3, 523.3];
    const NOTE: usize = 8000;
    let sample = |n: usize| {
        let turn = std::f32::consts::TAU * NOTES_HZ[n / NOTE] * n as f32 / 8000.0;
        let fade = (-((n % NOTE) as f32) / 3000.0).exp();
        ((turn.sin() + 0.4 * (2.0 * turn).sin()) * 6000.0 * fade) as i16
    };
    Speech::from_samples(&(0..NOTES_HZ.len() * NOTE).map(sample).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_stays_until_it_is_set_otherwise() {
        let mut line = LineFaults::default();
        assert_eq!((line.model(), line.in_words()), (LineModel::default(), String::new()));
        line.take(&LineFaults {
            cut: Some(Switch::On),
            cadence: Some(-20),
            ..LineFaults::default()
        });
        line.take(&LineFaults { caller_id: Some(SimCallerId::None), ..LineFaults::default() });
        assert_eq!(line.in_words(), "caller-id none, cut on, cadence -20 %");
        let model = line.model();
        assert_eq!(model.ringing.cadence_ms.as_slice(), [800, 3200]);
        assert_eq!(model.tones.busy.steps()[0].ms, 280);
        assert_eq!(model.caller_id, CallerIdDelivery::None);
        assert!(!line.has_battery());
        line.take(&LineFaults {
            cut: Some(Switch::Off),
            cadence: Some(0),
            ..LineFaults::default()
        });
        assert_eq!(line.in_words(), "caller-id none");
        assert!(line.has_battery());
    }

    #[test]
    fn every_fault_reaches_the_line() {
        let model = LineFaults {
            first_ring: Some(120),
            corrupt_caller_id: Some(Switch::On),
            hum: Some(-30),
            noise: Some(-45),
            echo: Some(SimEcho::Far),
            level: Some(6),
            polarity: Some(Switch::On),
            dial_tone: Some(2500),
            ..LineFaults::default()
        }
        .model();
        assert_eq!(model.ringing.first_burst_ms, Some(120));
        assert_eq!(model.caller_id_gap, Some(CORRUPTION));
        assert_eq!(model.hum, Some(Hum { hz: 50, dbm0: -30.0 }));
        assert_eq!((model.noise_dbm0, model.loss_db), (-45.0, -3.0));
        assert_eq!(model.box_echo, EchoPath::nth(5, ECHO_LOSS_DB));
        assert!(model.reversal_on_answer);
        assert_eq!(model.dial_tone_delay_ms, 2500);
    }
}

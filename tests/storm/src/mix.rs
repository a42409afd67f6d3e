//! What a seed makes of a line and its call.

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tipring_analog::{Dialling, FxoSettings, PolarityUse};
use tipring_clock::Duration;
use tipring_dsp::caller_id::{DtmfCallerIdStyle, MessageForm, Modem};
use tipring_dsp::{EchoTail, ToneCadence};
use tipring_line::{CallerId, Number, Presentation};
use tipring_sim::{
    CalledOutcome, CallerIdDelivery, DtmfDelivery, EchoPath, FskAlert, FskDelivery, Gap, Hum,
    LineModel, ReleaseSign, Ringing,
};

use crate::country::{self, COUNTRIES};

/// What somebody says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// Recorded speech.
    Speech,
    /// Recorded or made-up music.
    Music,
    /// Nothing.
    Silence,
}

/// What happens to the line itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hazard {
    /// Nothing.
    None,
    /// The line is cut in the middle of the call.
    Cut,
    /// The line is cut before the box wants it.
    CutBefore,
    /// Another set on the pair is off-hook when the box wants it.
    OtherSet,
    /// It has rung for so many milliseconds when the box wants it.
    Glare(u16),
    /// A call comes in at the very moment of seizure.
    GlareAtSeizure,
    /// The exchange gives no dial tone.
    NoDialTone,
}

/// A call from the box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing {
    pub(crate) outcome: CalledOutcome,
    /// Coloured ringback.
    pub(crate) music: bool,
    pub(crate) number: Number,
}

/// One line, its faults and its call.
#[derive(Clone, Debug)]
pub struct Mix {
    /// The seed it was drawn by.
    pub seed: u64,
    /// The country, by its code.
    pub country: &'static str,
    /// Its faults in words.
    pub faults: Vec<&'static str>,
    pub(crate) model: LineModel,
    pub(crate) settings: FxoSettings,
    pub(crate) hazard: Hazard,
    pub(crate) caller: CallerId,
    pub(crate) far: Content,
    pub(crate) near: Content,
    pub(crate) keys: bool,
    pub(crate) announcement: bool,
    pub(crate) talk_ms: u32,
    pub(crate) box_hangs_up: bool,
    pub(crate) outgoing: Option<Outgoing>,
}

/// Draws what happens to a seed's call itself, apart from what the line is like.
pub(crate) fn rng_of(seed: u64, salt: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt)
}

impl Mix {
    /// The mix of this seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = rng_of(seed, 1);
        // China is a third of the storm.
        let country = if rng.random_bool(0.33) { "cn" } else { COUNTRIES[rng.random_range(1..6)] };
        let plan = country::plan(country);
        let mut mix = Mix {
            seed,
            country,
            faults: vec![],
            model: country::line(plan),
            settings: FxoSettings {
                tones: plan.progress(),
                dtmf_levels: plan.dtmf.levels(),
                dtmf_timing: plan.dtmf.timing(),
                ..FxoSettings::default()
            },
            hazard: Hazard::None,
            caller: caller(&mut rng),
            far: content(&mut rng),
            near: content(&mut rng),
            keys: false,
            announcement: rng.random_bool(0.2),
            talk_ms: rng.random_range(4_000..20_000),
            box_hangs_up: rng.random_bool(0.1),
            outgoing: None,
        };
        mix.draw_wire(&mut rng);
        mix.draw_release(&mut rng);
        if rng.random_bool(0.45) {
            mix.draw_outgoing(&mut rng);
        } else {
            mix.draw_incoming(&mut rng);
        }
        mix.draw_rare(&mut rng_of(seed, 6));
        mix
    }

    fn fault(&mut self, words: &'static str) {
        self.faults.push(words);
    }

    fn draw_wire(&mut self, rng: &mut SmallRng) {
        // ±6 dB around 6 dB of loss.
        self.model.loss_db = rng.random_range(0.0..12.0);
        self.model.noise_dbm0 = rng.random_range(-70.0..-50.0);
        self.model.box_echo = echo_path(rng);

        self.model.far_echo = echo_path(rng);
        if rng.random_bool(0.5) {
            self.settings.echo_tail = Some(EchoTail::Ms64);
        }
        if rng.random_bool(0.25) {
            self.fault("hum");
            let hz = if self.country == "us" { 60 } else { 50 };
            // With less than 15 dB between a tone and the hum in its pauses no cadence is left.
            let tone = self.model.tones.busy.level_dbm0() - self.model.loss_db;
            let dbm0 = rng.random_range(-58.0f32..-42.0).min(tone - 15.0);
            self.model.hum = Some(Hum { hz, dbm0 });
        }
        if rng.random_bool(0.4) {
            self.fault("cadence off");
            let times = rng.random_range(0.8..1.2);
            self.model.tones = self.model.tones.stretched(times);
        }
        self.settings.polarity =
            if rng.random() { PolarityUse::AnswerAndRelease } else { PolarityUse::Ignore };
        self.model.reversal_on_answer = rng.random_bool(0.4);
    }

    fn draw_release(&mut self, rng: &mut SmallRng) {
        self.model.release = match rng.random_range(0..20) {
            0..9 => ReleaseSign::BusyTone,
            9..12 => ReleaseSign::CongestionTone,
            12 => ReleaseSign::BatteryDrop { ms: rng.random_range(300..900) },
            13 => {
                self.fault("short battery drop");
                ReleaseSign::BatteryDrop { ms: rng.random_range(40..180) }
            }
            14 => ReleaseSign::DialTone,
            15 | 16 => ReleaseSign::Polarity,
            17 | 18 => self.learnt_tone(rng),
            _ => self.falls_silent(),
        };
    }

    fn learnt_tone(&mut self, rng: &mut SmallRng) -> ReleaseSign {
        self.fault("learnt tone");
        let hz = *[540, 560, 600, 660].choose(rng).expect("four frequencies");
        let on_off = *[[150, 250], [280, 280], [600, 200]].choose(rng).expect("three cadences");
        let tone = ToneCadence::single(hz, -12.0, &on_off);
        self.settings.learnt.push(tone);
        ReleaseSign::OwnTone(tone)
    }

    fn falls_silent(&mut self) -> ReleaseSign {
        self.fault("silent hang-up");
        self.settings.silence_release = Some(Duration::from_secs(30));
        self.model.hum = None;
        self.faults.retain(|f| *f != "hum");
        self.model.noise_dbm0 = self.model.noise_dbm0.min(-56.0);
        self.near = Content::Silence;
        self.announcement = false;
        ReleaseSign::Silence
    }

    fn draw_incoming(&mut self, rng: &mut SmallRng) {
        self.draw_caller_id(rng);
        self.keys = self.far == Content::Silence && rng.random_bool(0.5);
        if rng.random_bool(0.15) {
            self.fault("short first burst");
            self.model.ringing.first_burst_ms = Some(rng.random_range(60..400));
        } else if rng.random_bool(0.15) {
            self.fault("distinctive ringing");
            let cadences: [&[u16]; 3] =
                [&[800, 400, 800, 4000], &[300, 200, 1000, 200, 300, 4000], &[1500, 3500]];
            let hz = self.model.ringing.hz;
            self.model.ringing = Ringing::cadence(cadences[rng.random_range(0..3)]);
            self.model.ringing.hz = hz;
        }
        if rng.random_bool(0.05) {
            self.fault("line cut");
            self.hazard = Hazard::Cut;
        }
    }

    fn draw_caller_id(&mut self, rng: &mut SmallRng) {
        if rng.random_bool(0.5) {
            self.model.caller_id = any_delivery(rng);
        }
        if self.model.caller_id == CallerIdDelivery::None {
            self.fault("no caller id");
        } else if rng.random_bool(0.15) {
            self.fault("damaged caller id");
            let at_ms = rng.random_range(0..1_400);
            self.model.caller_id_gap = Some(Gap { at_ms, ms: rng.random_range(15..90) });
        }
    }

    /// Faults drawn by themselves, so that the rest of a seed's line stays as it is without them.
    fn draw_rare(&mut self, rng: &mut SmallRng) {
        let by_fsk =
            matches!(self.model.caller_id, CallerIdDelivery::Fsk(_) | CallerIdDelivery::Both(..));
        let whole = self.model.caller_id_gap.is_none() && self.outgoing.is_none();
        if by_fsk && whole && rng.random_bool(0.25) {
            self.fault("bit errors in caller id");
            let errors = rng.random_range(1..=4);
            self.model.caller_id_errors = (0..errors).map(|_| rng.random()).collect();
        }
        let tone = country::howler(country::plan(self.country));
        let is_busy = self.model.release == ReleaseSign::BusyTone;
        if let (Some(tone), true) = (tone, is_busy && rng.random_bool(0.15)) {
            self.fault("howler");
            self.model.release = ReleaseSign::OwnTone(tone);
        }
    }

    fn draw_outgoing(&mut self, rng: &mut SmallRng) {
        let outcome = match rng.random_range(0..20) {
            0..12 => CalledOutcome::Answers { after_ms: rng.random_range(0..12_000) },
            12 => CalledOutcome::NoAnswer,
            13..16 => CalledOutcome::Busy,
            16 => CalledOutcome::Congestion,
            17 | 18 => CalledOutcome::Vacant,
            _ => CalledOutcome::Silence,
        };
        let music = rng.random_bool(0.3);
        if music {
            self.fault("coloured ringback");
        }
        if self.announcement && rng.random() {
            self.model.tones.special = country::special(country::plan(self.country));
        }
        if outcome == CalledOutcome::Silence {
            self.falls_silent();
        }
        if rng.random_bool(0.2) {
            self.settings.dialling = Dialling::Pulse;
        }
        if rng.random_bool(0.3) {
            self.fault("slow dial tone");
            self.model.dial_tone_delay_ms = rng.random_range(1_000..4_300);
        }
        if rng.random_bool(0.2) {
            self.model.metering_ms = Some(rng.random_range(2_000..6_000));
        }
        self.hazard = match rng.random_range(0..40) {
            0 => Hazard::CutBefore,
            1 => Hazard::OtherSet,
            2 => Hazard::NoDialTone,
            3 | 4 => Hazard::Glare(rng.random_range(20..300)),
            5 => Hazard::GlareAtSeizure,
            6 => Hazard::Cut,
            _ => Hazard::None,
        };
        self.draw_hazard();
        self.outgoing = Some(Outgoing { outcome, music, number: number(rng) });
    }

    fn draw_hazard(&mut self) {
        match self.hazard {
            Hazard::None => {}
            Hazard::Cut | Hazard::CutBefore => self.fault("line cut"),
            Hazard::OtherSet => self.fault("other set off-hook"),
            Hazard::NoDialTone => {
                self.fault("no dial tone");
                self.model.dial_tone_delay_ms = 12_000;
            }
            Hazard::Glare(_) | Hazard::GlareAtSeizure => {
                self.fault("glare");
                // Whoever calls says something, and nothing is told before it rings.
                self.far = Content::Speech;
                self.model.caller_id = CallerIdDelivery::Fsk(FskDelivery::default());
            }
        }
    }
}

fn content(rng: &mut SmallRng) -> Content {
    match rng.random_range(0..10) {
        0..5 => Content::Speech,
        5..8 => Content::Music,
        _ => Content::Silence,
    }
}

/// Six kinds of hybrid, 8–24 dB of return loss.
fn echo_path(rng: &mut SmallRng) -> EchoPath {
    EchoPath::nth(rng.random_range(0..EchoPath::KINDS), rng.random_range(8.0..24.0))
}

fn number(rng: &mut SmallRng) -> Number {
    let (first, length) = match rng.random_range(0..4) {
        0 => ("1", 11),
        1 => ("0", 11),
        2 => ("6", 8),
        _ => ("9", 5),
    };
    let rest = (1..length).map(|_| char::from(b'0' + rng.random_range(0..10u8)));
    let text: String = first.chars().chain(rest).collect();
    text.parse().expect("digits are a number")
}

fn caller(rng: &mut SmallRng) -> CallerId {
    match rng.random_range(0..20) {
        0 => CallerId { presentation: Presentation::Restricted, ..CallerId::default() },
        1..4 => {
            let mut caller = CallerId::from_number(number(rng));
            caller.name.push_str("王小明");
            caller
        }
        _ => CallerId::from_number(number(rng)),
    }
}

fn any_delivery(rng: &mut SmallRng) -> CallerIdDelivery {
    let alerts =
        [FskAlert::FirstBurst, FskAlert::RingPulse, FskAlert::AlertTone, FskAlert::Reversal];
    let fsk = FskDelivery {
        modem: if rng.random() { Modem::Bell202 } else { Modem::V23 },
        form: if rng.random() { MessageForm::Mdmf } else { MessageForm::Sdmf },
        alert: alerts[rng.random_range(0..4)],
        level_dbm0: rng.random_range(-18.0..-10.0),
        ..FskDelivery::default()
    };
    let styles = [
        DtmfCallerIdStyle::DNumberC,
        DtmfCallerIdStyle::ANumberC,
        DtmfCallerIdStyle::ANumberHash,
        DtmfCallerIdStyle::NumberHash,
    ];
    let dtmf = DtmfDelivery {
        style: styles[rng.random_range(0..4)],
        reversal: rng.random(),
        on_ms: rng.random_range(50..100),
        off_ms: rng.random_range(50..100),
        ..DtmfDelivery::default()
    };
    match rng.random_range(0..10) {
        0..4 => CallerIdDelivery::Fsk(fsk),
        4..8 => CallerIdDelivery::Dtmf(dtmf),
        8 => CallerIdDelivery::Both(FskDelivery { alert: FskAlert::FirstBurst, ..fsk }, dtmf),
        _ => CallerIdDelivery::None,
    }
}

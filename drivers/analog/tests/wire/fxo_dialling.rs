//! Pulse dialling, coloured ringback, special tones and announcements on the way out.

use crate::common::fxo;
use tipring_analog::plans::CountryPlan;
use tipring_analog::{Dialling, FxoSettings};
use tipring_line::{AnswerCertainty, Cause, ChannelEvent};
use tipring_sim::{
    CalledOutcome, CalledPlan, ExchangeEvent, ExchangeTones, LineModel, Speech, read_wav,
};

/// Recorded speech (Debian's asterisk-core-sounds-en-wav).
fn words() -> Speech {
    let file = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav";
    let bytes = std::fs::read(file)
        .unwrap_or_else(|e| panic!("{file}: {e} (apt install asterisk-core-sounds-en-wav)"));
    Speech::from_samples(&read_wav(&bytes).expect("8 kHz, mono, 16 bit"))
}

/// A minute of a melody around the tones' own pitch.
fn music() -> Speech {
    let notes = [440.0f32, 466.2, 523.3, 440.0, 392.0, 587.3];
    let sample = |n: usize| {
        let t = n as f32 / 8000.0;
        let beat = n % 3200;
        let hz = notes[n / 3200 % notes.len()];
        let turn = std::f32::consts::TAU * hz * t;
        let wave = turn.sin() + 0.3 * (2.0 * turn).sin();
        (wave * 6000.0 * (-(beat as f32) / 2400.0).exp()) as i16
    };
    Speech::from_samples(&(0..480_000).map(sample).collect::<Vec<_>>())
}

fn answered(certainty: AnswerCertainty) -> impl Fn(&ChannelEvent) -> bool {
    move |e| *e == ChannelEvent::Answered(certainty)
}

#[test]
fn a_number_goes_out_by_pulses() {
    let settings = FxoSettings { dialling: Dialling::Pulse, ..FxoSettings::default() };
    let mut rig = fxo(LineModel::default(), settings);
    rig.seize();
    rig.dial("1029");
    rig.until(15_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    rig.run(3_000);
    assert!(rig.street().contains(&ExchangeEvent::Dialled("1029".parse().unwrap())));
    // A key without pulses makes no number.
    let settings = FxoSettings { dialling: Dialling::Pulse, ..FxoSettings::default() };
    let mut rig = fxo(LineModel::default(), settings);
    rig.seize();
    rig.dial("12#");
    assert_eq!(rig.until_released(100).1, Cause::InvalidNumberFormat);
}

#[test]
fn swedish_pulses_are_one_more_than_the_digit() {
    let plan = CountryPlan::named("se").unwrap();
    let settings =
        FxoSettings { dialling: Dialling::Pulse, ..FxoSettings::from_plan(&CountryPlan::china()) };
    let settings = FxoSettings { pulses: plan.line.pulse, ..settings };
    let mut rig = fxo(LineModel::default(), settings);
    rig.seize();
    rig.dial("1029");
    rig.until(15_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    rig.run(3_000);
    // The simulated exchange counts as China's do.
    assert!(rig.street().contains(&ExchangeEvent::Dialled("2130".parse().unwrap())));
}

#[test]
fn giving_up_among_the_pulses_frees_the_line() {
    let settings = FxoSettings { dialling: Dialling::Pulse, ..FxoSettings::default() };
    let mut rig = fxo(LineModel::default(), settings);
    rig.seize();
    rig.dial("0000");
    rig.run(2_500);
    rig.command(tipring_line::ChannelCommand::Release(Cause::NormalClearing));
    rig.run(1_000);
    assert!(rig.street().iter().any(|e| matches!(e, ExchangeEvent::Idle { .. })));
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Released(_))), 1);
}

#[test]
fn coloured_ringback_is_answered_by_the_timer_and_never_releases() {
    let mut rig = fxo(LineModel::default(), FxoSettings::default());
    let party = CalledPlan {
        outcome: CalledOutcome::Answers { after_ms: 10_000 },
        music: Some(music()),
        say: Some(words()),
        repeat: true,
        talk_ms: Some(30_000),
    };
    rig.control.set_called_party(party).unwrap();
    rig.seize();
    rig.dial("13800138000");
    let early = rig.until(6_000, "early audio", |e| *e == ChannelEvent::EarlyAudio);
    let at = rig.until(25_000, "answer", answered(AnswerCertainty::Timer));
    assert_eq!(at - early, 20_000);
    assert_eq!(rig.until_released(40_000).1, Cause::NormalClearing);
}

#[test]
fn busy_tone_after_music_and_words_is_found() {
    let mut rig = fxo(
        LineModel { announcement: Some(words()), ..LineModel::default() },
        FxoSettings { answer_timer: tipring_clock::Duration::from_secs(60), ..Default::default() },
    );
    let party =
        CalledPlan { outcome: CalledOutcome::Busy, music: Some(music()), ..CalledPlan::default() };
    rig.control.set_called_party(party).unwrap();
    rig.seize();
    rig.dial("13800138000");
    let (at, cause) = rig.until_released(59_000);
    assert_eq!(cause, Cause::UserBusy);
    let tone = rig.street().into_iter().find_map(|e| match e {
        ExchangeEvent::ReleaseTone { at_ms } => Some(at_ms),
        _ => None,
    });
    let took = at - tone.expect("the exchange gave its tone");
    assert!(took <= 4 * 700, "{took} ms");
}

#[test]
fn after_the_special_tone_nothing_is_an_answer() {
    let tones = ExchangeTones {
        special: Some(tipring_dsp::tones::special_information()),
        ..ExchangeTones::CHINA
    };
    let model = LineModel { tones, announcement: Some(words()), ..LineModel::default() };
    let plan = tipring_analog::plans::CountryPlan::china().progress();
    let mut rig = fxo(model, FxoSettings { tones: plan, ..FxoSettings::default() });
    let party = CalledPlan { outcome: CalledOutcome::Congestion, ..CalledPlan::default() };
    rig.control.set_called_party(party).unwrap();
    rig.seize();
    rig.dial("12345");
    assert_eq!(rig.until_released(60_000).1, Cause::UnallocatedNumber);
    assert_eq!(rig.count(|e| matches!(e, ChannelEvent::Answered(_))), 0);
}

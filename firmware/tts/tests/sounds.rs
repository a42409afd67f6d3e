//! The shipped sounds: complete, one level, not clipped, small enough; and a site's own.

use std::fs;
use std::path::{Path, PathBuf};

use tipring_tts::{Catalogue, Lang, Piece, Sound, Utterance};

/// Full scale's largest sine is +3.14 dBm0 (ITU-T G.711), so full scale squared is 3.01 dB more.
const FULL_SCALE_RMS_DBM0: f64 = 6.15;

fn linear(code: u8) -> f64 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let mantissa = i32::from(code & 0x0F) << 4;
    let value = if segment == 0 { mantissa + 8 } else { (mantissa + 0x108) << (segment - 1) };
    f64::from(if code & 0x80 != 0 { value } else { -value }) / 32_768.0
}

/// Active speech level in dBm0 by method B of ITU-T P.56: the level over the time in which a
/// smoothed envelope, held for 0.2 s, stays within 15.9 dB of that level.
fn active_level_dbm0(samples: &[f64]) -> f64 {
    let g = (-1.0_f64 / (8_000.0 * 0.03)).exp();
    let (mut p, mut q) = (0.0, 0.0);
    let smooth = |x: &f64| {
        p = g * p + (1.0 - g) * x.abs();
        q = g * q + (1.0 - g) * p;
        q
    };
    let envelope: Vec<f64> = samples.iter().map(smooth).collect();
    let energy: f64 = samples.iter().map(|x| x * x).sum();
    let mut previous: Option<(f64, f64)> = None;
    for step in 1..16 {
        let threshold = 2.0_f64.powi(step - 16);
        let mut held = 0;
        let is_active = |e: &&f64| {
            held = if **e >= threshold { 1_600 } else { i32::max(held - 1, -1) };
            held >= 0
        };
        let active = envelope.iter().filter(is_active).count();
        if active == 0 {
            break;
        }
        let level = 10.0 * (energy / active as f64).log10();
        let margin = level - 20.0 * threshold.log10();
        if let Some((last_level, last_margin)) = previous
            && margin <= 15.9
        {
            let share = (last_margin - 15.9) / (last_margin - margin);
            return last_level + share * (level - last_level) + FULL_SCALE_RMS_DBM0;
        }
        previous = Some((level, margin));
    }
    previous.map_or(-100.0, |(level, _)| level + FULL_SCALE_RMS_DBM0)
}

fn samples(sound: &Sound) -> Vec<f64> {
    sound.samples.iter().map(|code| linear(*code)).collect()
}

fn speech() -> Vec<Sound> {
    let names = ["zh-CN", "en", "demo"].map(Catalogue::shipped_names).concat();
    names.iter().map(|name| Catalogue::shipped(name).unwrap_or_else(|| panic!("{name}"))).collect()
}

#[test]
fn every_key_has_a_sound_in_both_languages() {
    let catalogue = Catalogue::embedded();
    for lang in Lang::ALL {
        let keys = [catalogue.prompt_keys(lang), catalogue.fragment_keys(lang)].concat();
        let missing: Vec<_> = keys.iter().filter(|k| !catalogue.is_recorded(k, lang)).collect();
        assert!(missing.is_empty(), "{lang:?} lacks {missing:?}");
    }
    assert_eq!(catalogue.prompt_keys(Lang::ZhCn), catalogue.prompt_keys(Lang::En));
}

#[test]
fn every_prompt_has_one_level() {
    for sound in speech() {
        let level = active_level_dbm0(&samples(&sound));
        assert!((level + 20.0).abs() <= 2.0, "{sound:?} has {level:.1} dBm0");
    }
}

#[test]
fn the_music_is_quieter_than_speech() {
    let music = Catalogue::shipped("music/hold").expect("music ships");
    let samples = samples(&music);
    let power = samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64;
    let level = 10.0 * power.log10() + FULL_SCALE_RMS_DBM0;
    assert!((level + 24.0).abs() <= 1.0, "{level:.1} dBm0");
    assert!((50_000..90_000).contains(&music.duration_ms()));
}

#[test]
fn nothing_is_clipped() {
    let music = Catalogue::shipped("music/hold");
    for sound in speech().into_iter().chain(music) {
        let peak = samples(&sound).iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
        assert!(peak < 0.95, "{sound:?} peaks at {peak:.2} of full scale");
    }
}

#[test]
fn speech_begins_and_ends_in_silence_without_waiting() {
    for sound in speech().iter().filter(|s| !s.name.starts_with("demo/")) {
        let samples = samples(sound);
        let peak_of = |part: &[f64]| part.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
        let ends = [&samples[..4], &samples[samples.len() - 4..]].map(peak_of);
        assert!(ends.iter().all(|end| *end < 0.02), "{sound:?} clicks: {ends:?}");
        let first = samples.iter().position(|x| x.abs() > 0.02).unwrap_or(samples.len());
        assert!(first < 8 * 200, "{sound:?} waits {} ms", first / 8);
    }
}

#[test]
fn all_sounds_fit_the_flash() {
    let names = ["zh-CN", "en", "demo", "music"].map(Catalogue::shipped_names).concat();
    let bytes: usize = names.iter().map(|n| Catalogue::shipped(n).unwrap().samples.len()).sum();
    assert!(bytes <= 15_000_000, "{bytes} bytes");
}

/// A folder of its own for a test, emptied first.
fn folder(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("zh-CN")).unwrap();
    dir
}

fn pcm_wav(channels: u16, samples: usize) -> Vec<u8> {
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
    wav.extend(channels.to_le_bytes());
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend((samples as u32 * 2).to_le_bytes());
    wav.resize(wav.len() + samples * 2, 0);
    wav
}

#[test]
fn a_sites_own_recording_goes_first() {
    let dir = folder("own");
    fs::write(dir.join("zh-CN/greeting.wav"), pcm_wav(1, 800)).unwrap();
    let (catalogue, problems) = Catalogue::embedded().with_overrides(&dir);
    assert!(problems.is_empty(), "{problems:?}");
    let said = catalogue.say(Lang::ZhCn, &[Utterance::Prompt("greeting".into())]);
    let [Piece::Sound(sound)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((sound.duration_ms(), &*sound.name), (100, "zh-CN/greeting (own)"));
    let [Piece::Sound(_)] = catalogue.say(Lang::En, &[Utterance::Prompt("greeting".into())])[..]
    else {
        panic!("English keeps its sound")
    };
}

#[test]
fn a_file_that_is_no_prompt_is_named_and_the_shipped_sound_stays() {
    let dir = folder("broken");
    fs::write(dir.join("zh-CN/greeting.wav"), b"ID3 this is an MP3").unwrap();
    fs::write(dir.join("zh-CN/goodbye.wav"), pcm_wav(2, 800)).unwrap();
    fs::write(dir.join("zh-CN/notes.txt"), b"not a sound, not looked at").unwrap();
    let shipped = Catalogue::embedded();
    let (catalogue, problems) = Catalogue::embedded().with_overrides(&dir);
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("goodbye.wav") && told[0].contains("save it as mono"), "{told:?}");
    assert!(told[1].contains("greeting.wav") && told[1].contains("not a WAV file"), "{told:?}");
    let greeting = [Utterance::Prompt("greeting".into())];
    assert_eq!(catalogue.say(Lang::ZhCn, &greeting), shipped.say(Lang::ZhCn, &greeting));
}

#[test]
fn a_folder_that_is_not_there_holds_nothing() {
    let (_, problems) = Catalogue::embedded().with_overrides(Path::new("no/such/folder"));
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn what_nobody_recorded_is_asked_for() {
    let mut catalogue = Catalogue::embedded();
    catalogue.set_text(Lang::ZhCn, "own-notice", "今天停水 {n} 小时。");
    let said =
        [Utterance::Template { key: "own-notice".into(), values: vec![Utterance::Number(2)] }];
    assert!(!catalogue.is_recorded("own-notice", Lang::ZhCn));
    assert_eq!(catalogue.text(Lang::ZhCn, &said), "今天停水 2 小时。");
    let pieces = catalogue.say(Lang::ZhCn, &said);
    let missing =
        |n: &str, text: &str| Piece::Missing { key: format!("own-notice.{n}"), text: text.into() };
    assert_eq!(pieces[0], missing("1", "今天停水"));
    assert!(matches!(pieces[1], Piece::Sound(_)));
    assert_eq!(pieces[2], missing("2", "小时。"));
    for n in ["own-notice.1", "own-notice.2"] {
        catalogue.set_sound(Lang::ZhCn, n, Sound::silence(100));
    }
    assert!(catalogue.is_recorded("own-notice", Lang::ZhCn));
    let unknown = catalogue.say(Lang::En, &[Utterance::Prompt("no-such-key".into())]);
    let key = "no-such-key".to_owned();
    assert_eq!(unknown, [Piece::Missing { text: key.clone(), key }]);
}

//! The country plans as files: read, written, overridden, refused.

use tipring_analog::plans::{CallerIdKind, CountryPlan, PlanError};
use tipring_dsp::tones;

#[test]
fn every_file_of_the_folder_is_a_built_in_plan_and_reads_back() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of plans")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<String> = CountryPlan::codes().map(|code| format!("{code}.toml")).collect();
    assert_eq!(files, listed);
    for code in CountryPlan::codes() {
        let plan = CountryPlan::named(code).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(plan.code, code);
        let again = CountryPlan::parse("again", &plan.to_text()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(plan, again, "{code} changes when it is written and read");
        assert!(!plan.emergency.is_empty(), "{code} has no emergency number");
        assert!(plan.dtmf.high_dbm0 >= plan.dtmf.low_dbm0, "{code}");
    }
}

#[test]
fn china_is_what_the_simulated_exchange_sends() {
    let plan = CountryPlan::china();
    let tone = |t: &Option<tipring_analog::plans::Tone>| t.as_ref().unwrap().cadence();
    assert_eq!(plan.tones.dial.cadence(), tones::china::DIAL);
    assert_eq!(plan.tones.ringback.cadence(), tones::china::RINGBACK);
    assert_eq!(plan.tones.busy.cadence(), tones::china::BUSY);
    assert_eq!(tone(&plan.tones.special_dial), tones::china::SPECIAL_DIAL);
    assert_eq!(tone(&plan.tones.congestion), tones::china::CONGESTION);
    assert_eq!(tone(&plan.tones.vacant), tones::china::VACANT);
    assert_eq!(tone(&plan.tones.trunk_notice), tones::china::TRUNK_NOTICE);
    assert_eq!(tone(&plan.tones.call_waiting), tones::china::CALL_WAITING);
    assert_eq!(tone(&plan.tones.reminder), tones::china::REMINDER);
    assert_eq!(tone(&plan.tones.howler), tones::china::HOWLER);
    assert_eq!(tone(&plan.tones.special_information), tones::special_information());
    assert_eq!(plan.ringing.ms.on_off_ms(), tones::china::RINGING_MS);
    assert_eq!(plan.caller_id.usual, CallerIdKind::Fsk);
    assert!(plan.caller_id.dtmf.is_some());
    let emergency: Vec<String> =
        plan.emergency.iter().map(|e| e.number.number().to_string()).collect();
    assert_eq!(emergency, ["110", "119", "120", "122", "12395", "12119", "999"]);
}

#[test]
fn a_handset_hears_breaks_in_dial_tone_in_every_country() {
    assert_eq!(CountryPlan::china().fxs_tones().special_dial, tones::china::SPECIAL_DIAL);
    for code in CountryPlan::codes() {
        let tones = CountryPlan::named(code).unwrap().fxs_tones();
        assert!(tones.special_dial.steps().len() > 1, "{code}");
    }
}

/// China's plan with one text exchanged, and what reading it says.
fn refused(from: &str, to: &str) -> String {
    let text = include_str!("../../data/cn.toml");
    let place = text.find(from).unwrap_or_else(|| panic!("{from} is not in\n{text}"));
    let line = text[..place].matches('\n').count() + 1;
    let text = text.replacen(from, to, 1);
    let error = CountryPlan::parse("site/cn.toml", &text).unwrap_err().to_string();
    let head = format!("site/cn.toml: line {line}: ");
    let what = error.strip_prefix(&head);
    what.unwrap_or_else(|| panic!("`{error}` does not begin with `{head}`")).to_owned()
}

#[test]
fn what_is_wrong_is_told_with_the_line_and_what_to_do() {
    for (from, to, says) in [
        ("name_en", "nam_en", "unknown field `nam_en`"),
        ("hz = \"450\"", "hz = \"450-\"", "write one frequency of 200–3400 Hz as \"450\""),
        ("hz = \"450\"", "hz = \"20\"", "write one frequency of 200–3400 Hz as \"450\""),
        ("ms = [400, 40]", "ms = [400, 4]", "shorter than 20 ms is no part of a tone"),
        ("ms = [350, 350]", "ms = [0, 350]", "a time of 0 (for ever) can only be the last"),
        ("ms = [350, 350]", "ms = [350, -1]", "invalid value"),
        ("dbm0 = -20.0", "dbm0 = 20.0", "write a level of -40–3 dBm0"),
        ("ms = [1000, 4000]", "ms = [1000]", "on and off in turn, two or four times"),
        ("hz = 25", "hz = 250", "`hz` must be 15–70 Hz for ringing"),
        ("on_ms = 100", "on_ms = 20", "`on_ms` must be 40–1000 ms"),
        ("flash_range_ms = [80, 800]", "flash_range_ms = [800, 80]", "shortest and the longest"),
        ("modem = \"bell202\"", "modem = \"bell\"", "unknown variant `bell`"),
        ("number = \"119\"", "number = \"119a\"", "write two to eight digits"),
        ("break_ms = 61", "break_ms = 610", "`break_ms` must be 20–100 ms"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(says), "{to}: {error}");
    }
    let thirteen = "ms = [50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50]";
    let error = refused("ms = [350, 350]", thirteen);
    assert!(error.contains("at most 12 times"), "{error}");
}

#[test]
fn a_usual_caller_id_without_its_table_is_refused() {
    let text = CountryPlan::named("fr").unwrap().to_text();
    let text = text.replace("usual = \"fsk\"", "usual = \"dtmf\"");
    let error = CountryPlan::parse("fr.toml", &text).unwrap_err().to_string();
    assert!(error.contains("add a table [caller_id.dtmf]"), "{error}");
}

#[test]
fn the_sites_own_file_stands_in_for_a_built_in_plan() {
    let folder = std::env::temp_dir().join(format!("tipring-plans-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let built_in = CountryPlan::load(&folder, "cn").unwrap();
    assert_eq!(built_in, CountryPlan::china());
    let text = built_in.to_text().replace("ms = [350, 350]", "ms = [300, 300]");
    std::fs::write(folder.join("cn.toml"), &text).unwrap();
    let own = CountryPlan::load(&folder, "cn").unwrap();
    assert_eq!(own.tones.busy.cadence().steps()[0].ms, 300);
    std::fs::write(folder.join("xx.toml"), &text).unwrap();
    let wrong = CountryPlan::load(&folder, "xx").unwrap_err().to_string();
    assert!(wrong.ends_with("`code` is \"cn\": make it \"xx\""), "{wrong}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_unknown_country_is_told_with_those_there_are() {
    let error = CountryPlan::named("zz").unwrap_err();
    assert!(matches!(error, PlanError::Unknown { .. }));
    let error = error.to_string();
    assert!(error.starts_with("no plan for the country `zz`: use one of ae, ar,"), "{error}");
    assert!(error.ends_with("or add zz.toml"), "{error}");
    let outside = CountryPlan::load(std::path::Path::new("/"), "../cn").unwrap_err();
    assert!(matches!(outside, PlanError::Unknown { .. }));
}

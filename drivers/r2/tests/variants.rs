//! The variants as files: those of the program are read, wrong ones are refused in words, and no
//! text whatever makes the reader panic.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_r2::{Variant, VariantError};

fn refused(text: &str) -> String {
    let error = Variant::parse("x.toml", text).expect_err("it was taken").to_string();
    assert!(error.starts_with("x.toml: line ") && !error.contains('\n'), "{error}");
    error
}

fn china() -> String {
    include_str!("../data/cn.toml").to_owned()
}

#[test]
fn every_variant_of_the_program_is_read_and_written_as_it_is() {
    let mut codes = 0;
    for code in Variant::codes() {
        let variant = Variant::named(code).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(variant.code, code);
        assert_eq!(Variant::parse("again", &variant.to_text()).unwrap(), variant);
        codes += 1;
    }
    assert_eq!(codes, 10);
}

#[test]
fn the_sites_own_file_stands_in_for_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cn.toml"), china().replace("一号", "二号")).unwrap();
    assert_eq!(Variant::load(folder.path(), "cn").unwrap().name_zh, "中国二号信令");
    assert_eq!(Variant::load(folder.path(), "itu").unwrap(), Variant::named("itu").unwrap());
    std::fs::write(folder.path().join("br.toml"), china()).unwrap();
    let error = Variant::load(folder.path(), "br").unwrap_err().to_string();
    assert!(error.ends_with("`code` is \"cn\": make it \"br\""), "{error}");
    assert!(matches!(Variant::load(folder.path(), "../cn"), Err(VariantError::Unknown { .. })));
}

#[test]
fn near_names_are_suggested() {
    let error = Variant::named("itt").unwrap_err().to_string();
    assert!(error.starts_with("no variant `itt` of R2: did you mean `itu`?"), "{error}");
    let error = refused(&china().replace("to_group_b", "to_groupb"));
    assert!(error.ends_with("unknown `to_groupb`; did you mean `to_group_b`?"), "{error}");
    let error = refused(&china().replace("[timers]", "[timer]"));
    assert!(error.contains("did you mean `timers`?"), "{error}");
    let error = refused(&china().replace("after-digits", "after-digit"));
    assert!(error.contains("did you mean `after-digits`?"), "{error}");
}

#[test]
fn impossible_values_are_refused_with_their_line() {
    for (from, to, said) in [
        ("seize = \"00\"", "seize = \"10\"", "line 11: `line.seize` must differ from `idle`"),
        ("answer = \"01\"", "answer = \"11\"", "`line.answer` must differ from `seize_ack`"),
        ("cd = \"11\"", "cd = \"00\"", "`line.cd` must not be \"00\""),
        ("cd = \"11\"", "cd = \"3\"", "\"3\" is no pair of bits"),
        (
            "congestion = 4\nunallocated = 5\n\n[group_b]",
            "congestion = 1\n[group_b]",
            "`group_a.congestion` must not be 1, which `next_digit` is",
        ),
        ("busy = 2", "busy = 1", "`group_b.busy` must not be 1, which `free` is"),
        ("busy = 2", "busy = 16", "16 is no register signal"),
        ("end_of_caller = 15", "end_of_caller = 7", "must be 11–15"),
        ("end_of_caller = 15", "", "`group_1.end_of_caller` must be there"),
        ("digits_max = 20", "digits_max = 40", "`caller.digits_max` must be 0–32"),
        ("accept = 6000", "accept = 16000", "`timers.accept` must be shorter than `forward_on`"),
        ("persistence = 20", "persistence = 0", "0 is no time of 1–300000 milliseconds"),
        ("persistence = 20", "persistence = 600", "`timers.persistence` must be at most 500 ms"),
        ("category = 6\n", "", "next_caller_digit` must not be without `category`"),
    ] {
        let text = china();
        assert!(text.contains(from), "{from}");
        let error = refused(&text.replace(from, to));
        assert!(error.contains(said), "{error}\nnot: {said}");
    }
}

/// Cuts, doubles, swaps and changes lines and characters of all variants. Whatever comes of it is
/// refused in one line, or is a variant that is written and read as it is.
#[test]
fn mutated_files_are_refused_in_one_line_or_taken() {
    let mut random = SmallRng::seed_from_u64(21);
    let texts: Vec<String> =
        Variant::codes().map(|code| Variant::named(code).unwrap().to_text()).collect();
    let (mut taken, mut refusals) = (0u32, 0u32);
    for _ in 0..20_000 {
        let text = &texts[random.random_range(0..texts.len())];
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..random.random_range(1..4) {
            let place = random.random_range(0..lines.len());
            let other = random.random_range(0..lines.len());
            match random.random_range(0..5) {
                0 => drop(lines.remove(place)),
                1 => lines.insert(other, lines[place].clone()),
                2 => lines.swap(place, other),
                3 => {
                    let value = random.random_range(-3..40);
                    if let Some((key, _)) = lines[place].clone().split_once('=') {
                        lines[place] = format!("{key}= {value}");
                    }
                }
                _ => {
                    let mut chars: Vec<char> = lines[place].chars().collect();
                    let at = random.random_range(0..=chars.len());
                    let new =
                        ['"', '=', '[', '0', '1', 'a', '\u{0}', '一'][random.random_range(0..8)];
                    chars.insert(at, new);
                    lines[place] = chars.into_iter().collect();
                }
            }
        }
        match Variant::parse("x.toml", &lines.join("\n")) {
            Ok(variant) => {
                assert_eq!(Variant::parse("again", &variant.to_text()).unwrap(), variant);
                taken += 1;
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.starts_with("x.toml: line ") && !error.contains('\n'), "{error}");
                refusals += 1;
            }
        }
    }
    assert!(taken > 1_000 && refusals > 5_000, "{taken} taken, {refusals} refused");
}

//! How numbers, dates, times and money are read, against words checked by hand.

use proptest::prelude::*;
use tipring_tts::{Catalogue, Lang, Piece, Utterance};

fn words(catalogue: &Catalogue, utterance: &Utterance) -> [String; 2] {
    Lang::ALL.map(|lang| catalogue.words(lang, std::slice::from_ref(utterance)))
}

#[test]
fn whole_numbers() {
    let table: &[(i64, &str, &str)] = &[
        (0, "零", "zero"),
        (1, "一", "one"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (11, "十一", "eleven"),
        (12, "十二", "twelve"),
        (20, "二十", "twenty"),
        (22, "二十二", "twenty-two"),
        (99, "九十九", "ninety-nine"),
        (100, "一百", "one hundred"),
        (101, "一百零一", "one hundred and one"),
        (105, "一百零五", "one hundred and five"),
        (110, "一百一十", "one hundred and ten"),
        (115, "一百一十五", "one hundred and fifteen"),
        (120, "一百二十", "one hundred and twenty"),
        (200, "二百", "two hundred"),
        (222, "二百二十二", "two hundred and twenty-two"),
        (999, "九百九十九", "nine hundred and ninety-nine"),
        (1_000, "一千", "one thousand"),
        (1_001, "一千零一", "one thousand and one"),
        (1_010, "一千零一十", "one thousand and ten"),
        (1_025, "一千零二十五", "one thousand and twenty-five"),
        (1_100, "一千一百", "one thousand one hundred"),
        (2_000, "两千", "two thousand"),
        (2_002, "两千零二", "two thousand and two"),
        (2_222, "两千二百二十二", "two thousand two hundred and twenty-two"),
        (10_000, "一万", "ten thousand"),
        (10_001, "一万零一", "ten thousand and one"),
        (10_010, "一万零一十", "ten thousand and ten"),
        (10_100, "一万零一百", "ten thousand one hundred"),
        (11_000, "一万一千", "eleven thousand"),
        (12_345, "一万二千三百四十五", "twelve thousand three hundred and forty-five"),
        (20_000, "两万", "twenty thousand"),
        (22_000, "两万二千", "twenty-two thousand"),
        (100_000, "十万", "one hundred thousand"),
        (105_000, "十万五千", "one hundred and five thousand"),
        (110_001, "十一万零一", "one hundred and ten thousand and one"),
        (200_000, "二十万", "two hundred thousand"),
        (1_000_000, "一百万", "one million"),
        (2_000_000, "二百万", "two million"),
        (10_000_000, "一千万", "ten million"),
        (20_000_000, "两千万", "twenty million"),
        (20_010_000, "两千零一万", "twenty million ten thousand"),
        (100_000_000, "一亿", "one hundred million"),
        (100_000_001, "一亿零一", "one hundred million and one"),
        (100_005_000, "一亿零五千", "one hundred million five thousand"),
        (100_110_000, "一亿零一十一万", "one hundred million one hundred and ten thousand"),
        (110_000_000, "一亿一千万", "one hundred and ten million"),
        (200_000_000, "两亿", "two hundred million"),
        (1_000_000_000, "十亿", "one billion"),
        (1_000_000_000_000, "一万亿", "one trillion"),
        (1_000_000_000_000_000, "一零零零零零零零零零零零零零零零", DIGITWISE),
        (-5, "负五", "minus five"),
        (-2_000, "负两千", "minus two thousand"),
    ];
    let catalogue = shared();
    for (n, zh, en) in table {
        assert_eq!(words(catalogue, &Utterance::Number(*n)), [*zh, *en], "{n}");
    }
}

const DIGITWISE: &str = "one zero zero zero zero zero zero zero zero zero zero zero zero zero zero \
                         zero";

#[test]
fn money() {
    let table: &[(i64, &str, &str)] = &[
        (0, "零元", "zero yuan"),
        (2, "两分", "two fen"),
        (5, "五分", "five fen"),
        (20, "两角", "twenty fen"),
        (50, "五角", "fifty fen"),
        (55, "五角五分", "fifty-five fen"),
        (100, "一元", "one yuan"),
        (200, "两元", "two yuan"),
        (305, "三元零五分", "three yuan and five fen"),
        (350, "三元五角", "three yuan and fifty fen"),
        (322, "三元二角二分", "three yuan and twenty-two fen"),
        (1_200, "十二元", "twelve yuan"),
        (10_512, "一百零五元一角二分", "one hundred and five yuan and twelve fen"),
        (200_000, "两千元", "two thousand yuan"),
        (-350, "负三元五角", "minus three yuan and fifty fen"),
    ];
    let catalogue = shared();
    for (fen, zh, en) in table {
        assert_eq!(words(catalogue, &Utterance::Money { fen: *fen }), [*zh, *en], "{fen}");
    }
}

#[test]
fn dates() {
    let table: &[((u16, u8, u8), &str, &str)] = &[
        ((2026, 11, 21), "二零二六年十一月二十一日", "November twenty-first twenty twenty-six"),
        ((2030, 1, 1), "二零三零年一月一日", "January first twenty thirty"),
        ((0, 10, 31), "十月三十一日", "October thirty-first"),
        ((1998, 2, 2), "一九九八年二月二日", "February second nineteen ninety-eight"),
        ((1905, 5, 3), "一九零五年五月三日", "May third nineteen oh five"),
        ((1900, 6, 12), "一九零零年六月十二日", "June twelfth nineteen hundred"),
        ((2008, 8, 8), "二零零八年八月八日", "August eighth two thousand and eight"),
        ((2000, 12, 30), "二零零零年十二月三十日", "December thirtieth two thousand"),
        ((2026, 13, 40), "二零二六年十三月四十日", "thirteen forty twenty twenty-six"),
    ];
    let catalogue = shared();
    for ((year, month, day), zh, en) in table {
        let date = Utterance::Date { year: *year, month: *month, day: *day };
        assert_eq!(words(catalogue, &date), [*zh, *en], "{date:?}");
    }
}

#[test]
fn times() {
    let table: &[(u8, u8, &str, &str)] = &[
        (0, 0, "凌晨零点", "midnight"),
        (0, 15, "凌晨零点十五分", "twelve fifteen a.m."),
        (1, 0, "凌晨一点", "one a.m."),
        (8, 30, "上午八点半", "eight thirty a.m."),
        (9, 5, "上午九点零五分", "nine oh five a.m."),
        (12, 0, "中午十二点", "noon"),
        (12, 1, "中午十二点零一分", "twelve oh one p.m."),
        (14, 30, "下午两点半", "two thirty p.m."),
        (17, 45, "下午五点四十五分", "five forty-five p.m."),
        (22, 0, "晚上十点", "ten p.m."),
        (24, 0, "二十四点", "midnight"),
        (25, 61, "二十五六十一", "twenty-five sixty-one"),
    ];
    let catalogue = shared();
    for (hour, minute, zh, en) in table {
        let time = Utterance::Time { hour: *hour, minute: *minute };
        assert_eq!(words(catalogue, &time), [*zh, *en], "{time:?}");
    }
}

#[test]
fn digits() {
    let table: &[(&str, &str, &str)] = &[
        ("1001", "幺零零幺", "one zero zero one"),
        ("12*#", "幺二星号井号", "one two star pound"),
        ("+86 10", "加八六幺零", "plus eight six one zero"),
    ];
    let catalogue = shared();
    for (digits, zh, en) in table {
        assert_eq!(words(catalogue, &Utterance::Digits((*digits).into())), [*zh, *en]);
    }
}

#[test]
fn two_is_liang_before_a_measure_word_only() {
    let catalogue = shared();
    let zh = |utterances: &[Utterance]| catalogue.words(Lang::ZhCn, utterances);
    let template = |key: &str, values: &[Utterance]| Utterance::Template {
        key: key.into(),
        values: values.to_vec(),
    };
    let position = |n| zh(&[template("queue-position", &[Utterance::Number(n)])]);
    assert_eq!(position(2), "您前面还有两位。");
    assert_eq!(position(12), "您前面还有十二位。");
    let minutes = [Utterance::Number(2), Utterance::Prompt("unit-minutes".into())];
    assert_eq!(zh(&minutes), "两分钟");
    assert_eq!(zh(&[Utterance::Number(2)]), "二");
}

#[test]
fn templates_are_said_in_words_and_shown_in_figures() {
    let catalogue = shared();
    let position = |n| {
        let values = vec![Utterance::Number(n)];
        [Utterance::Template { key: "queue-position".into(), values }]
    };
    assert_eq!(catalogue.text(Lang::ZhCn, &position(3)), "您前面还有 3 位。");
    assert_eq!(catalogue.text(Lang::En, &position(3)), "There are 3 people ahead of you.");
    assert_eq!(catalogue.text(Lang::En, &position(1)), "There is one person ahead of you.");
    assert_eq!(catalogue.words(Lang::En, &position(1)), "There is one person ahead of you.");
    let date = Utterance::Date { year: 2026, month: 11, day: 21 };
    let bill = [
        Utterance::Template { key: "bill-due".into(), values: vec![Utterance::Money { fen: 350 }] },
        Utterance::SilenceMs(200),
        Utterance::Template { key: "bill-due-date".into(), values: vec![date] },
    ];
    assert_eq!(
        catalogue.text(Lang::ZhCn, &bill),
        "您应缴的费用是 3.50元。请在 2026年11月21日 前缴清。"
    );
    assert_eq!(
        catalogue.words(Lang::ZhCn, &bill),
        "您应缴的费用是三元五角请在二零二六年十一月二十一日前缴清。"
    );
    let time = [Utterance::Time { hour: 14, minute: 30 }];
    assert_eq!(catalogue.text(Lang::ZhCn, &time), "下午2:30");
    assert_eq!(catalogue.text(Lang::En, &time), "2:30 p.m.");
}

#[test]
fn utterances_are_plain_in_json() {
    let said = vec![
        Utterance::Prompt("queue-wait".into()),
        Utterance::Template { key: "queue-position".into(), values: vec![Utterance::Number(3)] },
        Utterance::Money { fen: 350 },
        Utterance::SilenceMs(200),
    ];
    let json = serde_json::to_string(&said).unwrap();
    assert_eq!(
        json,
        r#"[{"prompt":"queue-wait"},{"template":{"key":"queue-position","values":[{"number":3}]}},{"money":{"fen":350}},{"silence-ms":200}]"#
    );
    assert_eq!(serde_json::from_str::<Vec<Utterance>>(&json).unwrap(), said);
    assert!(serde_json::from_str::<Utterance>(r#"{"money":{"fen":1,"x":2}}"#).is_err());
}

fn is_all_recorded(catalogue: &Catalogue, utterance: &Utterance) -> bool {
    Lang::ALL.iter().all(|lang| {
        let pieces = catalogue.say(*lang, std::slice::from_ref(utterance));
        !pieces.is_empty() && pieces.iter().all(|piece| matches!(piece, Piece::Sound(_)))
    })
}

#[test]
fn everyday_values_need_recorded_fragments_only() {
    let catalogue = shared();
    for n in 0..=10_000 {
        assert!(is_all_recorded(catalogue, &Utterance::Number(n)), "{n}");
    }
    for hour in 0..=24 {
        for minute in 0..60 {
            let time = Utterance::Time { hour, minute };
            assert!(is_all_recorded(catalogue, &time), "{time:?}");
        }
    }
    for year in (1900..=2100).chain([0]) {
        for (month, day) in (1..=31).map(|day| (day % 12 + 1, day)) {
            let date = Utterance::Date { year, month, day };
            assert!(is_all_recorded(catalogue, &date), "{date:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_number_needs_recorded_fragments_only(n in -10_000_000_i64..=10_000_000) {
        prop_assert!(is_all_recorded(shared(), &Utterance::Number(n)));
    }

    #[test]
    fn the_largest_values_are_said_too(n in any::<i64>(), date in any::<(u16, u8, u8)>()) {
        let catalogue = shared();
        let (year, month, day) = date;
        for utterance in [
            Utterance::Number(n),
            Utterance::Money { fen: n },
            Utterance::Date { year, month, day },
            Utterance::Time { hour: month, minute: day },
        ] {
            prop_assert!(is_all_recorded(catalogue, &utterance), "{:?}", utterance);
        }
    }
}

fn shared() -> &'static Catalogue {
    static SHARED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();
    SHARED.get_or_init(Catalogue::embedded)
}

//! Opening hours and business time, by known days and by property.

use proptest::prelude::*;
use tipring_calendar::{Calendar, CalendarConfig, Holiday, Hours, Weekday, Workday};
use tipring_clock::{Duration, WallTime};

const WORKING_WEEK: [Weekday; 5] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
const MINUTE_US: i64 = 60_000_000;

fn hours(days: &[Weekday], from: &str, to: &str) -> Hours {
    Hours { days: days.to_vec(), from: from.into(), to: to.into() }
}

/// Nine to twelve and one to five, Monday to Friday; National Day of 2026 from 1 to 7 October,
/// worked for on Saturday the 10th.
fn office(zone: &str) -> CalendarConfig {
    CalendarConfig {
        name: "office".into(),
        zone: zone.into(),
        week: vec![hours(&WORKING_WEEK, "09:00", "12:00"), hours(&WORKING_WEEK, "13:00", "17:00")],
        holidays: vec![Holiday {
            from: "2026-10-01".into(),
            to: "2026-10-07".into(),
            reason: "国庆节".into(),
        }],
        workdays: vec![Workday { date: "2026-10-10".into(), like: Weekday::Mon, hours: vec![] }],
    }
}

fn calendar(config: &CalendarConfig) -> Calendar {
    Calendar::new(config).expect("the test's calendar is one")
}

/// A local time in the zone, as the calendar time.
fn at(zone: &str, local: &str) -> WallTime {
    let zone = jiff_zone(zone);
    let local: jiff::civil::DateTime = local.parse().expect("a local time");
    let at = zone.to_timestamp(local).expect("a time");
    WallTime::from_unix_micros(at.as_microsecond())
}

fn jiff_zone(zone: &str) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(zone).expect("a zone")
}

fn china(local: &str) -> WallTime {
    at("Asia/Shanghai", local)
}

#[test]
fn the_week_and_its_breaks() {
    let c = calendar(&office("Asia/Shanghai"));
    let open = ["2026-09-28T09:00", "2026-09-28T11:59", "2026-09-28T13:00", "2026-09-30T16:59:59"];
    let closed =
        ["2026-09-28T08:59:59", "2026-09-28T12:00", "2026-09-28T17:00", "2026-09-27T10:00"];
    assert!(open.iter().all(|t| c.is_open(china(t))));
    assert!(!closed.iter().any(|t| c.is_open(china(t))));
    assert_eq!(c.next_change(china("2026-09-28T12:30")), Some(china("2026-09-28T13:00")));
    assert_eq!(c.next_change(china("2026-09-28T13:00")), Some(china("2026-09-28T17:00")));
}

#[test]
fn a_make_up_workday_overrides_the_week_and_a_holiday_the_hours() {
    let mut config = office("Asia/Shanghai");
    let c = calendar(&config);
    assert!(!c.is_open(china("2026-10-05T10:00")), "a Monday on holiday");
    assert_eq!(c.holiday(china("2026-10-05T10:00")), Some("国庆节"));
    assert!(c.is_open(china("2026-10-10T10:00")), "a Saturday one works");
    assert!(!c.is_open(china("2026-10-10T12:30")), "with Monday's hours");
    assert_eq!(c.next_change(china("2026-09-30T17:00")), Some(china("2026-10-08T09:00")));
    // It overrides a holiday too, with hours of its own.
    config.workdays.push(Workday {
        date: "2026-10-03".into(),
        like: Weekday::Mon,
        hours: vec![hours(&[], "10:00", "11:00")],
    });
    let c = calendar(&config);
    assert!(c.is_open(china("2026-10-03T10:30")) && !c.is_open(china("2026-10-03T11:30")));
    assert_eq!(c.holiday(china("2026-10-03T10:30")), None);
}

#[test]
fn deadlines_count_over_holidays_and_midnight() {
    let c = calendar(&office("Asia/Shanghai"));
    let hours = |n: u64| Duration::from_secs(n * 3600);
    // Four hours from three o'clock before the holidays: two that day, two after it.
    let due = c.add(china("2026-09-30T15:00"), hours(4));
    assert_eq!(due, Some(china("2026-10-08T11:00")));
    let between = c.between(china("2026-09-30T15:00"), china("2026-10-08T11:00"));
    assert_eq!(between, hours(4));
    // Eight hours from Friday evening take the Saturday that is worked, and an hour of Monday.
    assert_eq!(c.add(china("2026-10-09T18:00"), hours(8)), Some(china("2026-10-12T10:00")));
}

#[test]
fn a_night_shift_is_worked_to_its_end() {
    let config = CalendarConfig {
        week: vec![hours(&WORKING_WEEK, "22:00", "06:00")],
        ..office("Asia/Shanghai")
    };
    let c = calendar(&config);
    assert!(c.is_open(china("2026-10-01T05:59")), "begun on the last day before the holiday");
    assert!(!c.is_open(china("2026-10-01T06:00")) && !c.is_open(china("2026-10-01T23:00")));
    assert_eq!(c.next_change(china("2026-09-30T23:00")), Some(china("2026-10-01T06:00")));
}

#[test]
fn always_and_never_open() {
    let week = vec![Hours { days: all_days(), from: "00:00".into(), to: "24:00".into() }];
    let always = calendar(&CalendarConfig { week, ..CalendarConfig::default() });
    let t = china("2026-02-17T00:00");
    assert!(always.is_open(t));
    assert_eq!(always.next_change(t), None);
    assert_eq!(
        always.add(t, Duration::from_secs(90_000)),
        Some(t.plus(Duration::from_secs(90_000)))
    );
    let never = calendar(&CalendarConfig::default());
    assert!(!never.is_open(t));
    assert_eq!((never.next_change(t), never.add(t, Duration::from_secs(1))), (None, None));
}

fn all_days() -> Vec<Weekday> {
    [&WORKING_WEEK[..], &[Weekday::Sat, Weekday::Sun]].concat()
}

#[test]
fn a_day_on_which_the_clocks_change_has_its_own_length() {
    let zone = "Europe/Berlin";
    let week = vec![hours(&all_days(), "00:00", "24:00")];
    let config = CalendarConfig { zone: zone.into(), week, ..CalendarConfig::default() };
    let c = calendar(&config);
    let day = |from: &str, to: &str| c.between(at(zone, from), at(zone, to)).as_secs() / 3600;
    assert_eq!(day("2026-03-29T00:00", "2026-03-30T00:00"), 23);
    assert_eq!(day("2026-10-25T00:00", "2026-10-26T00:00"), 25);
    let night = CalendarConfig { week: vec![hours(&all_days(), "01:00", "04:00")], ..config };
    let c = calendar(&night);
    let worked = |from: &str, to: &str| c.between(at(zone, from), at(zone, to)).as_secs() / 3600;
    assert_eq!(worked("2026-03-29T00:00", "2026-03-29T12:00"), 2);
    assert_eq!(worked("2026-10-25T00:00", "2026-10-25T12:00"), 4);
}

#[test]
fn what_is_wrong_is_said() {
    let wrong = |change: &dyn Fn(&mut CalendarConfig)| {
        let mut config = office("Asia/Shanghai");
        change(&mut config);
        Calendar::new(&config).expect_err("it is wrong").to_string()
    };
    assert!(wrong(&|c| c.zone = "Mars/Base".into()).contains("Mars/Base"));
    assert!(wrong(&|c| c.week[0].from = "25:00".into()).contains("25:00"));
    assert!(wrong(&|c| c.week[0].to = "9:5".into()).contains("9:5"));
    assert!(wrong(&|c| c.holidays[0].from = "2026-13-01".into()).contains("2026-13-01"));
    assert!(wrong(&|c| c.holidays[0].to = "2026-09-01".into()).contains("forward"));
    assert!(wrong(&|c| c.workdays[0].date = "tomorrow".into()).contains("tomorrow"));
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let days = prop::sample::subsequence(all_days(), 1..=7);
    (days, 0u16..1440, 0u16..=1440).prop_map(|(days, from, to)| {
        let text = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        Hours { days, from: text(from), to: text(to) }
    })
}

prop_compose! {
    fn any_calendar()(
        zone in prop::sample::select(vec!["Asia/Shanghai", "Europe/Berlin", "America/New_York",
            "Australia/Lord_Howe", "Africa/Casablanca"]),
        week in prop::collection::vec(any_hours(), 1..4),
        holidays in prop::collection::vec((1u8..=12, 1u8..=28, 0u8..9), 0..4),
        workdays in prop::collection::vec((1u8..=12, 1u8..=28), 0..4),
    ) -> CalendarConfig {
        let holiday = |(month, day, _): (u8, u8, u8)| Holiday {
            from: format!("2026-{month:02}-{day:02}"),
            to: String::new(),
            reason: "节日".into(),
        };
        let workday = |(month, day): (u8, u8)| Workday {
            date: format!("2026-{month:02}-{day:02}"),
            like: Weekday::Mon,
            hours: vec![],
        };
        CalendarConfig {
            name: "any".into(),
            zone: zone.into(),
            week,
            holidays: holidays.into_iter().map(holiday).collect(),
            workdays: workdays.into_iter().map(workday).collect(),
        }
    }
}

/// Any minute of 2026.
fn any_time() -> impl Strategy<Value = WallTime> {
    (0..365 * 1440i64).prop_map(|minute| {
        WallTime::from_unix_micros(1_767_225_600_000_000 + minute * MINUTE_US + 30_000_000)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_added_lies_between(config in any_calendar(), from in any_time(), m in 0u64..20_000) {
        let c = calendar(&config);
        let business = Duration::from_secs(m * 60);
        if let Some(due) = c.add(from, business) {
            prop_assert!(due >= from);
            prop_assert_eq!(c.between(from, due), business);
            // The last moment that counts is an open one.
            let before = WallTime::from_unix_micros(due.unix_micros() - 1);
            prop_assert!(m == 0 || c.is_open(before));
        }
    }

    #[test]
    fn business_time_adds_up(
        config in any_calendar(), a in any_time(), b in any_time(), d in any_time(),
    ) {
        let c = calendar(&config);
        let mut t = [a, b, d];
        t.sort_unstable();
        let sum = c.between(t[0], t[1]) + c.between(t[1], t[2]);
        prop_assert_eq!(c.between(t[0], t[2]), sum);
        let passed = (t[2].unix_micros() - t[0].unix_micros()).unsigned_abs();
        prop_assert!(sum <= Duration::from_micros(passed));
    }

    #[test]
    fn nothing_changes_before_the_next_change(config in any_calendar(), from in any_time()) {
        let c = calendar(&config);
        let open = c.is_open(from);
        match c.next_change(from) {
            Some(change) => {
                prop_assert!(change > from);
                prop_assert_eq!(c.is_open(change), !open);
                let length = (change.unix_micros() - from.unix_micros()).unsigned_abs();
                let expected = if open { Duration::from_micros(length) } else { Duration::ZERO };
                prop_assert_eq!(c.between(from, change), expected);
            }
            None => {
                let year = from.plus(Duration::from_secs(86_400 * 380));
                let all = Duration::from_secs(86_400 * 380);
                prop_assert_eq!(c.between(from, year), if open { all } else { Duration::ZERO });
            }
        }
    }
}

//! Q.24's table: what must be heard and what must not, digit by digit.

use anyhow::Result;

use super::ears::Make;
use super::signal::{Background, Key, Line};

/// What is expected of a row.
#[derive(Clone, Copy)]
enum Must {
    /// So many per cent of the digits are heard, each once.
    Hear(f64),
    /// None is.
    NotHear,
    /// Nothing: told for comparison.
    Tell,
}

/// One row of the table.
struct Row {
    name: &'static str,
    keys: Vec<Key>,
    background: Background,
    must: Must,
    /// How often all keys are sent in a full run.
    rounds: usize,
}

/// Per cent of the digits that each detector heard: ours, SpanDSP's.
pub(super) type Heard = [f64; 2];

/// The rows that are compared by name.
pub(super) struct Figures {
    pub(super) freq_1_5: Heard,
    pub(super) twist: Heard,
    pub(super) snr_10db: Heard,
}

/// Offsets of both tones, each alone and together.
fn offsets(pct: f64) -> Vec<[f64; 2]> {
    let each = [-pct, 0.0, pct];
    let all = each.iter().flat_map(|low| each.map(|high| [*low, high]));
    all.filter(|pair| *pair != [0.0; 2]).collect()
}

/// Every key with every one of these changes.
fn every<T: Copy>(values: &[T], change: impl Fn(Key, T) -> Key) -> Vec<Key> {
    values.iter().flat_map(|value| Key::all(|key| change(key, *value))).collect()
}

fn row(name: &'static str, must: Must, rounds: usize, keys: Vec<Key>) -> Row {
    Row { name, keys, background: Background::Silence, must, rounds }
}

fn frequency_rows() -> Vec<Row> {
    let off = |pct| every(&offsets(pct), |key, offset_pct| Key { offset_pct, ..key });
    let one_off = [[3.5, 0.0], [-3.5, 0.0], [0.0, 3.5], [0.0, -3.5]];
    let one_off_other_too = [[3.5, 1.5], [3.5, -1.5], [-1.5, 3.5], [1.5, -3.5]];
    let keys = [one_off, one_off_other_too].concat();
    vec![
        row("frequency ±1.5 %, every tone and both", Must::Hear(100.0), 10, off(1.5)),
        row("frequency ±1.8 %, every tone and both", Must::Hear(100.0), 10, off(1.8)),
        row(
            "frequency ±3.5 % of one tone",
            Must::NotHear,
            10,
            every(&keys, |key, offset_pct| Key { offset_pct, ..key }),
        ),
        row("frequency ±3.5 %, every tone and both", Must::NotHear, 10, off(3.5)),
    ]
}

fn twist_rows() -> Vec<Row> {
    let twists = [[-5.0, -13.0], [-12.0, -20.0], [-25.0, -33.0], [-9.0, -5.0], [-24.0, -20.0]];
    let off_too: Vec<_> =
        twists.iter().flat_map(|dbm0| offsets(1.5).into_iter().map(|o| (*dbm0, o))).collect();
    vec![
        row(
            "twist: low 8 dB or high 4 dB stronger",
            Must::Hear(100.0),
            40,
            every(&twists, |key, dbm0| Key { dbm0, ..key }),
        ),
        row(
            "the same with frequency ±1.5 %",
            Must::Hear(100.0),
            5,
            every(&off_too, |key, (dbm0, offset_pct)| Key { dbm0, offset_pct, ..key }),
        ),
    ]
}

fn level_rows() -> Vec<Row> {
    let levels: Vec<f32> = (0..=35).map(|below| -(below as f32)).collect();
    let at = |levels: &[f32]| every(levels, |key, level| Key { dbm0: [level; 2], ..key });
    vec![
        row("level 0 to −35 dBm0 a tone", Must::Hear(100.0), 10, at(&levels)),
        row("level −36 to −40 dBm0 a tone", Must::Tell, 10, at(&[-36.0, -38.0, -40.0])),
        row("level −55 dBm0 a tone", Must::NotHear, 10, at(&[-55.0, -60.0])),
    ]
}

fn time_rows() -> Vec<Row> {
    let short = |on_ms: f64| move |key| Key { on_ms, off_ms: 40.0, ..key };
    let off_too = every(&offsets(1.5), |key, offset_pct| Key {
        offset_pct,
        on_ms: 40.0,
        off_ms: 40.0,
        ..key
    });
    // One that lasts 40 ms without the interruption and one that lasts longer, cut anywhere.
    let gaps: Vec<(f64, f64)> = [40.0, 80.0]
        .into_iter()
        .flat_map(|on| [0.2, 0.35, 0.5, 0.65, 0.8].map(|part| (on, part * on)))
        .collect();
    let cut =
        every(&gaps, |key, (on, at)| Key { on_ms: on + 10.0, gap_ms: Some((at, 10.0)), ..key });
    vec![
        row("40 ms on, 40 ms off", Must::Hear(100.0), 40, Key::all(short(40.0))),
        row("40/40 ms with frequency ±1.5 %", Must::Hear(100.0), 10, off_too),
        row("35 ms on", Must::Tell, 40, Key::all(short(35.0))),
        row("23 ms on", Must::NotHear, 40, Key::all(short(23.0))),
        row("20 ms on", Must::NotHear, 40, Key::all(short(20.0))),
        row("interrupted for 10 ms: one digit", Must::Hear(100.0), 10, cut),
    ]
}

fn noise_rows() -> Vec<Row> {
    let off_too = every(&offsets(1.5), |key, offset_pct| Key { offset_pct, ..key });
    let noisy = |name, snr_db, must, on_ms| Row {
        background: Background::SnrDb(snr_db),
        ..row(name, must, 250, Key::all(|key| Key { on_ms, ..key }))
    };
    vec![
        noisy("20 dB S/N", 20.0, Must::Hear(100.0), 50.0),
        noisy("15 dB S/N", 15.0, Must::Hear(100.0), 50.0),
        noisy("10 dB S/N", 10.0, Must::Hear(99.5), 50.0),
        noisy("10 dB S/N, 40 ms on", 10.0, Must::Tell, 40.0),
        Row {
            background: Background::SnrDb(10.0),
            ..row("10 dB S/N with frequency ±1.5 %", Must::Tell, 30, off_too)
        },
        noisy("7 dB S/N", 7.0, Must::Tell, 50.0),
    ]
}

/// Runs and prints the table.
pub(super) fn run(quick: bool) -> Result<Figures> {
    println!("Q.24                                    must      ours       SpanDSP   digits sent");
    let print = |rows: Vec<Row>| -> Result<Vec<Heard>> {
        rows.iter().map(|row| print_row(row, quick)).collect()
    };
    print(vec![row("every digit, 50 ms on, 50 off", Must::Hear(100.0), 100, Key::all(|k| k))])?;
    let frequency = print(frequency_rows())?;
    let twist = print(twist_rows())?;
    print(level_rows())?;
    print(time_rows())?;
    let noise = print(noise_rows())?;
    Ok(Figures { freq_1_5: frequency[0], twist: twist[0], snr_10db: noise[2] })
}

fn print_row(row: &Row, quick: bool) -> Result<Heard> {
    let rounds = if quick { row.rounds.div_ceil(10) } else { row.rounds };
    let mut heard = [0.0; 2];
    for (heard, make) in heard.iter_mut().zip(Make::ALL) {
        let score = score(make, &row.keys, row.background, rounds)?;
        let counted = if matches!(row.must, Must::NotHear) { score.any } else { score.right };
        *heard = 100.0 * counted as f64 / (row.keys.len() * rounds) as f64;
    }
    let (must, met) = match row.must {
        Must::Hear(least) => (format!("≥ {least} %"), heard.map(|h| h >= least)),
        Must::NotHear => ("0 %".to_owned(), heard.map(|h| h == 0.0)),
        Must::Tell => (String::new(), [true; 2]),
    };
    let [ours, theirs] =
        [0, 1].map(|i| format!("{:7.2} %{}", heard[i], if met[i] { " " } else { "!" }));
    println!("{:38} {must:>8} {ours} {theirs} {:9}", row.name, row.keys.len() * rounds);
    Ok(heard)
}

/// How many digits were heard.
pub(super) struct Score {
    /// The digit that was sent, once, and no other.
    pub(super) right: usize,
    /// Any digit.
    pub(super) any: usize,
}

/// Sends all keys so many times, one after the other.
pub(super) fn score(
    make: Make,
    keys: &[Key],
    background: Background,
    rounds: usize,
) -> Result<Score> {
    let mut ear = make.ear()?;
    let mut line = Line::new(24, background);
    ear.hear(&line.pause(800));
    let mut score = Score { right: 0, any: 0 };
    for _ in 0..rounds {
        for key in keys {
            ear.hear(&line.key(key));
            let heard = ear.digits();
            score.right += usize::from(heard == key.digit().to_string());
            score.any += usize::from(!heard.is_empty());
        }
    }
    Ok(score)
}

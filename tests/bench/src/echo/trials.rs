//! The trials of one hybrid, numbered as G.168 numbers its tests.

use tipring_dsp::{EchoCanceller, EchoTail};

use super::echo_line::{HYBRIDS, Heard, Hybrid, Trial, composite, level, noise, speech, tones};

/// More echo than without a canceller, by so much over 200 ms, is divergence.
const DIVERGED_DB: f32 = 3.0;
const TALK_MS: usize = 6000;
const TALKS: [usize; 8] = [3, 40, 77, 120, 160, 201, 250, 290];

/// What came of a hybrid's trials; levels and losses in dB.
pub(super) struct Row {
    /// Seconds to 20 dB, a talk each.
    pub(super) speech_s: Vec<f64>,
    /// The same, counted in time with echo.
    pub(super) active_s: Vec<f64>,
    composite_at_1s: f32,
    composite_steady: f32,
    quiet: f32,
    both: f32,
    after_both: f32,
    leak: f32,
    infinite_dbm0: f32,
    narrow: f32,
    narrow_drop: f32,
    change_s: f32,
    long: f32,
    pub(super) diverged: u32,
}

pub(super) fn head() {
    println!(
        "{:15} {:>5} {:>5} {:>5}  {:>6} {:>5}  {:>4} {:>6} {:>5}  {:>5} {:>5}  {:>5}  {:>6}  {:>5} {:>5}  {:>5}  {:>6}",
        "hybrid",
        "delay",
        "disp",
        "ERL",
        "speech",
        "worst",
        "2 1s",
        "steady",
        "−30",
        "3 dur",
        "after",
        "4",
        "5",
        "6",
        "drop",
        "7",
        "change"
    );
}

pub(super) fn legend() {
    println!(
        "speech: mean and worst seconds to 20 dB; 2: ERLE on composite signal at −10 dBm0 between \
         1 and 1.3 s, after that, and at −30 dBm0; 3: during double talk of equal level, and \
         after; 4: after silence; 5: level left in dBm0, noise −62, half a second after the echo \
         ceased; 6: on tones and DTMF, and what they cost; 7: on noise; change: seconds to 20 dB \
         on another hybrid."
    );
}

impl Row {
    pub(super) fn print(&self, hybrid: &Hybrid) {
        let mean = self.speech_s.iter().sum::<f64>() / self.speech_s.len() as f64;
        let worst = self.speech_s.iter().copied().fold(0.0, f64::max);
        println!(
            "{:15} {:5.1} {:5.1} {:5.1}  {:6.2} {:5.2}  {:4.1} {:6.1} {:5.1}  {:5.1} {:5.1}  \
             {:5.1}  {:6.1}  {:5.1} {:5.1}  {:5.1}  {:6.2}",
            hybrid.name,
            hybrid.delay_ms,
            hybrid.dispersion_ms,
            hybrid.erl_db,
            mean,
            worst,
            self.composite_at_1s,
            self.composite_steady,
            self.quiet,
            self.both,
            self.after_both,
            self.leak,
            self.infinite_dbm0,
            self.narrow,
            self.narrow_drop,
            self.long,
            self.change_s,
        );
    }

    /// Takes note of a divergence in this sound, from so many milliseconds on.
    fn watch(&mut self, heard: &Heard, from_ms: usize) {
        self.diverged += u32::from(heard.worst_gain_db(from_ms) > DIVERGED_DB);
    }
}

pub(super) fn row(hybrid: &Hybrid, quick: bool) -> Row {
    let mut row = Row {
        speech_s: vec![],
        active_s: vec![],
        composite_at_1s: 0.0,
        composite_steady: 0.0,
        quiet: 0.0,
        both: 0.0,
        after_both: 0.0,
        leak: 0.0,
        infinite_dbm0: 0.0,
        narrow: f32::MAX,
        narrow_drop: 0.0,
        change_s: 0.0,
        long: 0.0,
        diverged: 0,
    };
    convergence(&mut row, hybrid);
    double_talk(&mut row, hybrid);
    leak(&mut row, hybrid, if quick { 10_000 } else { 120_000 });
    narrow_band(&mut row, hybrid, if quick { 5000 } else { 60_000 });
    changes(&mut row, hybrid);
    let long = trial(hybrid).run(&noise(5, -10.0, if quick { 10_000 } else { 120_000 }), &[]);
    row.watch(&long, 0);
    row.long = long.erle(5000, 10_000);
    row
}

fn trial(hybrid: &Hybrid) -> Trial {
    Trial::new(EchoCanceller::new(EchoTail::Ms64), hybrid, -62.0)
}

fn converged(hybrid: &Hybrid) -> (Trial, f32) {
    let mut trial = trial(hybrid);
    let erle = trial.run(&composite(3, -10.0, 4000), &[]).erle(2000, 4000);
    (trial, erle)
}

fn convergence(row: &mut Row, hybrid: &Hybrid) {
    for talk in TALKS {
        let heard = trial(hybrid).run(&speech(talk, -16.0, TALK_MS), &[]);
        row.watch(&heard, 0);
        let or_never = |time: Option<f32>| time.map_or(TALK_MS as f64 / 1000.0, f64::from);
        row.speech_s.push(or_never(heard.erle20_s()));
        row.active_s.push(or_never(heard.erle20_active_s()));
    }
    let heard = trial(hybrid).run(&composite(3, -10.0, 5000), &[]);
    row.watch(&heard, 0);
    row.composite_at_1s = heard.erle(1000, 1300);
    row.composite_steady = heard.erle(2000, 5000);
    let quiet = trial(hybrid).run(&composite(3, -30.0, 5000), &[]);
    row.watch(&quiet, 0);
    row.quiet = quiet.erle(2000, 5000);
}

fn double_talk(row: &mut Row, hybrid: &Hybrid) {
    let (mut trial, _) = converged(hybrid);
    let both = trial.run(&speech(30, -16.0, 4000), &speech(200, -16.0, 4000));
    let after = trial.run(&composite(9, -10.0, 1000), &[]);
    row.watch(&both, 0);
    row.watch(&after, 0);
    row.both = both.erle(0, 4000);
    row.after_both = after.erle(0, 1000);
    // Both speak from the first sound on; also where there is next to no echo.
    for hybrid in [*hybrid, hybrid.with_erl(24.0), hybrid.with_erl(30.0)] {
        for near_dbm0 in [-10.0, -16.0, -20.0, -26.0] {
            for (far, near) in [(30, 200), (60, 120)] {
                let mut fresh = self::trial(&hybrid);
                let near = speech(near, near_dbm0, 4000);
                row.watch(&fresh.run(&speech(far, -16.0, 4000), &near), 0);
            }
        }
    }
}

fn leak(row: &mut Row, hybrid: &Hybrid, silence_ms: usize) {
    let (mut trial, _) = converged(hybrid);
    let _ = trial.run(&vec![0; 8 * silence_ms], &speech(10, -16.0, silence_ms / 2));
    let after = trial.run(&composite(9, -10.0, 1000), &[]);
    row.watch(&after, 0);
    row.leak = after.erle(0, 500);
}

fn narrow_band(row: &mut Row, hybrid: &Hybrid, tone_ms: usize) {
    let sounds: [&[f32]; 7] = [
        &[450.0],
        &[1000.0],
        &[2100.0],
        &[697.0, 1209.0],
        &[941.0, 1633.0],
        &[350.0, 440.0],
        &[480.0, 620.0],
    ];
    let (mut trial, before) = converged(hybrid);
    for hz in sounds {
        let tone = trial.run(&tones(hz, -10.0, tone_ms), &[]);
        row.watch(&tone, 0);
        row.narrow = row.narrow.min(tone.erle(tone_ms / 2, tone_ms));
        let after = trial.run(&composite(9, -10.0, 1000), &[]);
        row.watch(&after, 0);
        row.narrow_drop = row.narrow_drop.max(before - after.erle(0, 500));
        // And as the first thing on a line.
        row.watch(&self::trial(hybrid).run(&tones(hz, -10.0, 3000), &[]), 0);
    }
}

fn changes(row: &mut Row, hybrid: &Hybrid) {
    let (mut trial, _) = converged(hybrid);
    trial.line.change(None);
    let ceased = trial.run(&composite(9, -10.0, 2000), &[]);
    row.infinite_dbm0 = level(&ceased.out[8 * 500..]);
    let (mut trial, _) = converged(hybrid);
    let at = HYBRIDS.iter().position(|h| h.name == hybrid.name).unwrap_or(0);
    trial.line.change(Some(&HYBRIDS[(at + 3) % HYBRIDS.len()]));
    let changed = trial.run(&composite(9, -10.0, 4000), &[]);
    // Until the change is noticed the old path's echo is in the way.
    row.watch(&changed, 500);
    row.change_s = changed.erle20_s().unwrap_or(4.0);
}

//! What was found on a line, in words for the command line.

use std::fmt::Write;

use tipring_analog::line_test::LineReport;
use tipring_analog::plans::CallerIdKind;
use tipring_config::LearntTone;
use tipring_line::Language;

/// `450 Hz, 350/350 ms`.
pub(super) fn tone_in_words(tone: &LearntTone) -> String {
    let hz: Vec<String> = tone.hz.iter().map(u16::to_string).collect();
    let modulated =
        if tone.am_hz > 0 { format!(" modulated by {} Hz", tone.am_hz) } else { String::new() };
    let times: Vec<String> = tone.on_off_ms.iter().map(u16::to_string).collect();
    let cadence =
        if times.is_empty() { "continuous".to_owned() } else { format!("{} ms", times.join("/")) };
    format!("{} Hz{modulated}, {cadence}", hz.join("+"))
}

/// The verdict in both languages, and the figures.
pub(crate) fn in_words(label: &str, report: &LineReport) -> String {
    let mut text = format!(
        "{label}: {}\n{label}: {}\n",
        report.verdict.text(Language::Chinese),
        report.verdict.text(Language::English)
    );
    let mut figure = |name: &str, value: Option<String>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:24} {}", value.as_deref().unwrap_or("not measured"));
    };
    figure("idle voltage", report.idle_voltage_v.map(|v| format!("{v} V")));
    figure("off-hook voltage", report.loop_voltage_v.map(|v| format!("{v} V")));
    figure("loop current", report.loop_current_ma.map(|ma| format!("{ma} mA")));
    figure(
        "dial tone",
        report.dial_tone.map(|dial| {
            let tone = dial.tone.map_or("unsteady".to_owned(), |tone| {
                let hz: Vec<String> =
                    tone.hz.iter().filter(|hz| **hz > 0.0).map(|hz| format!("{hz:.0}")).collect();
                format!("{} Hz at {:.0} dBm0", hz.join("+"), tone.level_dbm0)
            });
            format!("{tone}, after {} ms", dial.after_ms)
        }),
    );
    figure(
        "noise",
        report.noise.map(|n| format!("{:.0} dBm0p, hum {:.0} dBm0", n.dbm0p, n.hum_dbm0)),
    );
    figure("echo return loss", report.best_echo().map(|echo| format!("{:.0} dB", echo.loss_db)));
    figure("hybrid balance", report.balance.map(|balance| balance.to_string()));
    figure(
        "caller id heard",
        report.caller_id.map(|kind| {
            match kind {
                CallerIdKind::Fsk => "FSK",
                CallerIdKind::Dtmf => "DTMF",
                CallerIdKind::None => "none",
            }
            .to_owned()
        }),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_as_people_read_them() {
        let tone = |hz: &[u16], am_hz, on_off_ms: &[u16]| {
            tone_in_words(&LearntTone { hz: hz.to_vec(), am_hz, on_off_ms: on_off_ms.to_vec() })
        };
        assert_eq!(tone(&[450], 0, &[350, 350]), "450 Hz, 350/350 ms");
        assert_eq!(tone(&[480, 620], 0, &[]), "480+620 Hz, continuous");
        assert_eq!(tone(&[400], 25, &[400, 200]), "400 Hz modulated by 25 Hz, 400/200 ms");
    }
}

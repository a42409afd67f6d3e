//! The technician's desk: testing the exchange lines of a running box, and learning the tone by
//! which a line's exchange releases it.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tipring_analog::line_test::{Language, LineReport, LineTestSettings};
use tipring_analog::plans::{CallerIdKind, CountryPlan};
use tipring_analog::{LineService, ServiceReport};
use tipring_api::{Author, ConfigAccess};
use tipring_config::{Document, LearntTone};
use tokio::sync::Mutex;

use crate::analog::cadence;

/// How often a line is asked how far it is.
const LOOK: Duration = Duration::from_millis(50);
/// The call that teaches the tone must have ended within this time.
const LEARN_MAX: Duration = Duration::from_secs(300);
/// A line holds so many learnt tones; a further one takes the oldest one's place.
const LEARNT_MAX: usize = 2;

/// The technicians' ends of the exchange lines, by their labels.
#[derive(Clone)]
pub(crate) struct LineDesk {
    lines: Arc<HashMap<String, Mutex<LineService>>>,
    plan: Arc<CountryPlan>,
}

impl LineDesk {
    pub(crate) fn new(lines: HashMap<String, LineService>, plan: CountryPlan) -> Self {
        let lines = lines.into_iter().map(|(label, line)| (label, Mutex::new(line))).collect();
        LineDesk { lines: Arc::new(lines), plan: Arc::new(plan) }
    }

    fn line(&self, label: &str) -> anyhow::Result<tokio::sync::MutexGuard<'_, LineService>> {
        let line = self.lines.get(label).with_context(|| {
            let mut known: Vec<&str> = self.lines.keys().map(String::as_str).collect();
            known.sort_unstable();
            format!("the board has no exchange line `{label}`; it has {}", known.join(", "))
        })?;
        line.try_lock().ok().with_context(|| {
            format!("line {label} is being tested, or learns, already; wait for its end")
        })
    }

    /// Tests a line and says what was found.
    ///
    /// # Errors
    /// There is no such line, or it carries a call.
    pub(crate) async fn test(&self, label: &str) -> anyhow::Result<String> {
        let mut line = self.line(label)?;
        line.test(LineTestSettings::new(&self.plan, 0))?;
        match report(&mut line).await {
            ServiceReport::Tested(report) => Ok(in_words(label, &report)),
            _ => {
                bail!("line {label} carries a call, or is out of order; try again when it is idle")
            }
        }
    }

    /// Learns a line's release tone from the next call on it, keeps it in the configuration and
    /// has the line listen for it at once.
    ///
    /// # Errors
    /// There is no such line, or nothing was learnt.
    pub(crate) async fn learn(
        &self,
        label: &str,
        configuration: &impl ConfigAccess,
    ) -> anyhow::Result<String> {
        let mut line = self.line(label)?;
        line.learn()?;
        let heard = match tokio::time::timeout(LEARN_MAX, report(&mut line)).await {
            Ok(heard) => heard,
            Err(_) => {
                line.cancel();
                report(&mut line).await
            }
        };
        let ServiceReport::Learnt(tone) = heard else {
            bail!(
                "line {label}: no tone was learnt; call the line from a mobile, let the box answer, \
                 hang up at the mobile and leave the line alone for ten seconds"
            );
        };
        let learnt = LearntTone {
            hz: tone.hz.iter().filter(|hz| **hz > 0.0).map(|hz| hz.round() as u16).collect(),
            am_hz: tone.am_hz.round() as u16,
            on_off_ms: tone.on_off_ms().to_vec(),
        };
        let all = keep(label, learnt.clone(), configuration)?;
        let mut plan = self.plan.progress();
        for cadence in all.iter().filter_map(cadence) {
            plan.add_disconnect(cadence);
        }
        line.listen_for(&plan)?;
        Ok(format!(
            "{label}: learnt from {} cycles at {:.0} dBm0: {}\nThe line releases by it from now on.\n",
            tone.cycles,
            tone.level_dbm0(),
            tone_in_words(&learnt)
        ))
    }
}

async fn report(line: &mut LineService) -> ServiceReport {
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        if let Some(report) = line.poll() {
            return report;
        }
    }
}

/// Adds the tone to the line's entry in the configuration; gives all of its tones.
fn keep(
    label: &str,
    tone: LearntTone,
    configuration: &impl ConfigAccess,
) -> anyhow::Result<Vec<LearntTone>> {
    let mut document = Document::parse(&configuration.export())?;
    let entry = document.lines.iter_mut().find(|l| l.port == label).with_context(|| {
        format!("learnt {}, but the configuration has no [[line]] {label}", tone_in_words(&tone))
    })?;
    entry.learnt.push(tone);
    let surplus = entry.learnt.len().saturating_sub(LEARNT_MAX);
    entry.learnt.drain(..surplus);
    let all = entry.learnt.clone();
    let written = document.to_toml();
    let author = Author { name: "line learning".to_owned(), address: String::new() };
    configuration
        .import(&written, &author)
        .map_err(|e| anyhow::anyhow!("the tone was not kept: {}", e.message))?;
    Ok(all)
}

fn tone_in_words(tone: &LearntTone) -> String {
    let hz: Vec<String> = tone.hz.iter().map(u16::to_string).collect();
    let modulated =
        if tone.am_hz > 0 { format!(" modulated by {} Hz", tone.am_hz) } else { String::new() };
    let times: Vec<String> = tone.on_off_ms.iter().map(u16::to_string).collect();
    let cadence =
        if times.is_empty() { "continuous".to_owned() } else { format!("{} ms", times.join("/")) };
    format!("{} Hz{modulated}, {cadence}", hz.join("+"))
}

/// The verdict in both languages, and the figures.
fn in_words(label: &str, report: &LineReport) -> String {
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

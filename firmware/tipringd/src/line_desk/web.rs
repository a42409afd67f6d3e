//! The desk as the page sees it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tipring_analog::line_test::{LineReport, Verdict};
use tipring_analog::plans::CallerIdKind;
use tipring_api::{
    BoardReport, ConfigAccess, HeardCallerId, LineFigures, LineTested, LineTone, LineWork,
    Technician, TechnicianLine, TechnicianRefusal,
};
use tipring_config::{Document, LearntTone, LineEntry};
use tipring_line::Language;
use tokio::runtime::Handle;

use super::LineDesk;
use crate::web::SharedConfiguration;

/// What a technician does through the page.
pub(crate) struct WebTechnician {
    /// The lines.
    pub desk: LineDesk,
    /// Where learnt tones are kept.
    pub configuration: SharedConfiguration,
    /// What was found on the board.
    pub board: Arc<BoardReport>,
    /// Where work goes on after it was asked for.
    pub runtime: Handle,
}

impl Technician for WebTechnician {
    fn lines(&self) -> Vec<TechnicianLine> {
        // What is in force was read once already.
        let document = Document::parse(&self.configuration.export()).unwrap_or_default();
        let entry = |label: &str| document.lines.iter().find(|entry| entry.port == label);
        let lines = self.desk.lines.values();
        lines.map(|line| now(&line.label, entry(&line.label), &line.done())).collect()
    }

    fn test(&self, line: &str) -> Result<(), TechnicianRefusal> {
        let at_work = self.desk.begin(line, LineWork::Test)?;
        let configuration = self.configuration.clone();
        // What was found, or that the line was in use, is seen by asking.
        self.runtime.spawn(async move { at_work.test(&configuration).await.map(drop) });
        Ok(())
    }

    fn learn(&self, line: &str, who: &str) -> Result<(), TechnicianRefusal> {
        let at_work = self.desk.begin(line, LineWork::Learn)?;
        let (configuration, who) = (self.configuration.clone(), who.to_owned());
        self.runtime.spawn(async move { at_work.learn(&configuration, &who).await.map(drop) });
        Ok(())
    }

    fn cancel(&self, line: &str) -> Result<(), TechnicianRefusal> {
        let line = self.desk.line(line)?;
        if line.done().working.is_none() {
            return Err(TechnicianRefusal::WrongState(format!(
                "nothing is being done on line {}",
                line.label
            )));
        }
        line.cancelled.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn board(&self) -> BoardReport {
        (*self.board).clone()
    }
}

fn now(label: &str, entry: Option<&LineEntry>, done: &super::Done) -> TechnicianLine {
    TechnicianLine {
        line: label.to_owned(),
        number: entry.and_then(|entry| entry.number),
        working: done.working.clone(),
        tested: done.tested.clone(),
        learnt: done.learnt.clone(),
        tones: entry.map(|entry| entry.learnt.iter().map(tone).collect()).unwrap_or_default(),
    }
}

pub(super) fn tone(tone: &LearntTone) -> LineTone {
    LineTone { hz: tone.hz.clone(), am_hz: tone.am_hz, on_off_ms: tone.on_off_ms.clone() }
}

/// The result of a test; without a report the line carried a call, or was out of order.
pub(super) fn tested(at_ms: i64, report: Option<&LineReport>) -> LineTested {
    let Some(report) = report else {
        return LineTested {
            at_ms,
            usable: false,
            good: false,
            verdict_zh: "线路正在通话或发生故障，未测试：请在空闲时重新测试。".to_owned(),
            verdict_en: "The line carries a call, or is out of order, and was not tested: test \
                         again when it is idle."
                .to_owned(),
            figures: None,
        };
    };
    LineTested {
        at_ms,
        usable: report.verdict.is_usable(),
        good: report.verdict == Verdict::Good,
        verdict_zh: report.verdict.text(Language::Chinese).to_owned(),
        verdict_en: report.verdict.text(Language::English).to_owned(),
        figures: Some(figures(report)),
    }
}

fn figures(report: &LineReport) -> LineFigures {
    let dial_tone = report.dial_tone.and_then(|dial| dial.tone);
    let heard = dial_tone.map(|tone| tone.hz).unwrap_or_default();
    LineFigures {
        idle_voltage_v: report.idle_voltage_v,
        loop_voltage_v: report.loop_voltage_v,
        loop_current_ma: report.loop_current_ma,
        dial_tone_hz: heard.iter().filter(|hz| **hz > 0.0).map(|hz| hz.round() as u16).collect(),
        dial_tone_dbm0: dial_tone.map(|tone| tone.level_dbm0),
        dial_tone_after_ms: report.dial_tone.map(|dial| dial.after_ms),
        noise_dbm0p: report.noise.map(|noise| noise.dbm0p),
        hum_dbm0: report.noise.map(|noise| noise.hum_dbm0),
        echo_return_loss_db: report.best_echo().map(|echo| echo.loss_db),
        balance: report.balance,
        caller_id: report.caller_id.map(|kind| match kind {
            CallerIdKind::Fsk => HeardCallerId::Fsk,
            CallerIdKind::Dtmf => HeardCallerId::Dtmf,
            CallerIdKind::None => HeardCallerId::None,
        }),
    }
}

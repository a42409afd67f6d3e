//! The technician's desk: testing the exchange lines of a running box, and learning the tone by
//! which a line's exchange releases it. The command line waits for the end; the page asks how far
//! it is.

mod web;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tipring_analog::line_test::{LineReport, LineTestSettings};
use tipring_analog::plans::CountryPlan;
use tipring_analog::{LineService, ServiceReport};
use tipring_api::{
    Author, ConfigAccess, LearningOutcome, LineLearnt, LineTested, LineWork, LineWorking,
    TechnicianRefusal,
};
use tipring_clock::{Clock, RealClock};
use tipring_config::{Document, LearntTone};
use tokio::sync::OwnedMutexGuard;

use crate::analog::cadence;
use crate::analog_ports::CurrentPlan;
pub(crate) use web::WebTechnician;

/// How often a line is asked how far it is.
const LOOK: Duration = Duration::from_millis(50);
/// Longer than most lines rest after a call.
const REST: Duration = Duration::from_millis(2500);
/// The call that teaches the tone must have ended within this time.
const LEARN_MAX: Duration = Duration::from_secs(300);
/// A line holds so many learnt tones; a further one takes the oldest one's place.
const LEARNT_MAX: usize = 2;

/// The technicians' ends of the exchange lines, by their labels.
#[derive(Clone)]
pub(crate) struct LineDesk {
    lines: Arc<BTreeMap<String, Arc<Line>>>,
    plan: CurrentPlan,
    clock: RealClock,
}

/// One line, and what was last done on it.
struct Line {
    label: String,
    service: Arc<tokio::sync::Mutex<LineService>>,
    done: Mutex<Done>,
    cancelled: AtomicBool,
}

/// What is done on a line, and what was.
#[derive(Clone, Default)]
struct Done {
    working: Option<LineWorking>,
    tested: Option<LineTested>,
    learnt: Option<LineLearnt>,
}

impl Line {
    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of learning.
pub(crate) struct Learnt {
    /// The tone.
    tone: LearntTone,
    cycles: u8,
    level_dbm0: f32,
}

/// The right to work on a line, which nobody else has meanwhile.
pub(crate) struct AtWork {
    line: Arc<Line>,
    service: OwnedMutexGuard<LineService>,
    plan: Arc<CountryPlan>,
    clock: RealClock,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.line.done().working = None;
    }
}

impl LineDesk {
    pub(crate) fn new(
        services: HashMap<String, LineService>,
        plan: CurrentPlan,
        clock: RealClock,
    ) -> Self {
        let line = |(label, service): (String, LineService)| {
            let line = Line {
                label: label.clone(),
                service: Arc::new(tokio::sync::Mutex::new(service)),
                done: Mutex::default(),
                cancelled: AtomicBool::new(false),
            };
            (label, Arc::new(line))
        };
        let lines = services.into_iter().map(line).collect();
        LineDesk { lines: Arc::new(lines), plan, clock }
    }

    fn line(&self, label: &str) -> Result<&Arc<Line>, TechnicianRefusal> {
        self.lines.get(label).ok_or_else(|| {
            let known: Vec<&str> = self.lines.keys().map(String::as_str).collect();
            TechnicianRefusal::NoSuchLine(format!(
                "the board has no exchange line `{label}`; it has {}",
                known.join(", ")
            ))
        })
    }

    /// Takes a line for this work.
    ///
    /// # Errors
    /// There is no such line, or somebody works on it.
    pub(crate) fn begin(&self, label: &str, what: LineWork) -> Result<AtWork, TechnicianRefusal> {
        let line = self.line(label)?;
        let service = Arc::clone(&line.service).try_lock_owned().map_err(|_| {
            TechnicianRefusal::WrongState(format!(
                "line {label} is being tested, or learns, already; wait for its end"
            ))
        })?;
        line.cancelled.store(false, Ordering::Relaxed);
        let since_ms = self.clock.wall().unix_millis();
        line.done().working = Some(LineWorking { what, since_ms });
        let (plan, clock) = (self.plan.get(), self.clock.clone());
        Ok(AtWork { line: Arc::clone(line), service, plan, clock })
    }

    /// Tests a line and says what was found.
    ///
    /// # Errors
    /// There is no such line, or it carries a call.
    pub(crate) async fn test(
        &self,
        label: &str,
        configuration: &impl ConfigAccess,
    ) -> anyhow::Result<String> {
        let at_work = self.begin(label, LineWork::Test).map_err(in_words)?;
        let report = at_work.test(configuration).await?.with_context(|| {
            format!("line {label} carries a call, or is out of order; try again when it is idle")
        })?;
        Ok(words::in_words(label, &report))
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
        let at_work = self.begin(label, LineWork::Learn).map_err(in_words)?;
        let learnt = at_work.learn(configuration, "line learning").await?.with_context(|| {
            format!(
                "line {label}: no tone was learnt; call the line from a mobile, let the box answer, \
                 hang up at the mobile and leave the line alone for ten seconds"
            )
        })?;
        Ok(format!(
            "{label}: learnt from {} cycles at {:.0} dBm0: {}\nThe line releases by it from now on.\n",
            learnt.cycles,
            learnt.level_dbm0,
            words::tone_in_words(&learnt.tone)
        ))
    }
}

fn in_words(refusal: TechnicianRefusal) -> anyhow::Error {
    match refusal {
        TechnicianRefusal::NoSuchLine(why) | TechnicianRefusal::WrongState(why) => {
            anyhow::Error::msg(why)
        }
    }
}

impl AtWork {
    /// Tests the line; `None` if it carries a call, or is out of order.
    async fn test(
        mut self,
        configuration: &impl ConfigAccess,
    ) -> anyhow::Result<Option<LineReport>> {
        let settings = LineTestSettings::new(&self.plan, self.service.balances());
        self.service.test(settings.clone())?;
        let mut heard = self.report().await;
        if heard == ServiceReport::InUse {
            // A line that rests after a call or a test is not in use for long.
            let mut rest = tokio::time::interval_at(tokio::time::Instant::now() + REST, REST);
            rest.tick().await;
            self.service.test(settings)?;
            heard = self.report().await;
        }
        let report = match heard {
            ServiceReport::Tested(report) => Some(report),
            _ => None,
        };
        let at_ms = self.clock.wall().unix_millis();
        self.line.done().tested = Some(web::tested(at_ms, report.as_ref()));
        if let Some(balance) = report.as_ref().and_then(|report| report.balance) {
            keep_balance(&self.line.label, balance, configuration)?;
        }
        Ok(report)
    }

    /// Learns the line's release tone; `None` if none was heard.
    async fn learn(
        mut self,
        configuration: &impl ConfigAccess,
        who: &str,
    ) -> anyhow::Result<Option<Learnt>> {
        self.service.learn()?;
        let heard = match tokio::time::timeout(LEARN_MAX, self.report()).await {
            Ok(heard) => heard,
            Err(_) => {
                self.service.cancel();
                self.report().await
            }
        };
        let learnt = match heard {
            ServiceReport::Learnt(tone) => Some(Learnt {
                tone: LearntTone {
                    hz: tone
                        .hz
                        .iter()
                        .filter(|hz| **hz > 0.0)
                        .map(|hz| hz.round() as u16)
                        .collect(),
                    am_hz: tone.am_hz.round() as u16,
                    on_off_ms: tone.on_off_ms().to_vec(),
                },
                cycles: tone.cycles,
                level_dbm0: tone.level_dbm0(),
            }),
            _ => None,
        };
        let kept = match &learnt {
            Some(learnt) => self.use_tone(&learnt.tone, configuration, who),
            None => Ok(()),
        };
        self.note_learning(learnt.as_ref(), kept.as_ref().err());
        kept.map(|()| learnt)
    }

    fn note_learning(&self, learnt: Option<&Learnt>, problem: Option<&anyhow::Error>) {
        let outcome = match (learnt, problem) {
            (Some(_), None) => LearningOutcome::Learnt,
            (Some(_), Some(_)) => LearningOutcome::NotKept,
            (None, _) if self.line.cancelled.load(Ordering::Relaxed) => LearningOutcome::Cancelled,
            (None, _) => LearningOutcome::NothingHeard,
        };
        self.line.done().learnt = Some(LineLearnt {
            at_ms: self.clock.wall().unix_millis(),
            outcome,
            tone: learnt.map(|learnt| web::tone(&learnt.tone)),
            level_dbm0: learnt.map(|learnt| learnt.level_dbm0),
            problem: problem.map(|e| format!("{e:#}")).unwrap_or_default(),
        });
    }

    /// Keeps the tone in the line's entry of the configuration, and listens for it.
    fn use_tone(
        &mut self,
        tone: &LearntTone,
        configuration: &impl ConfigAccess,
        who: &str,
    ) -> anyhow::Result<()> {
        let all = keep(&self.line.label, tone.clone(), configuration, who)?;
        let mut plan = self.plan.progress();
        for cadence in all.iter().filter_map(cadence) {
            plan.add_disconnect(cadence);
        }
        Ok(self.service.listen_for(&plan)?)
    }

    async fn report(&mut self) -> ServiceReport {
        let mut look = tokio::time::interval(LOOK);
        let mut told = false;
        loop {
            look.tick().await;
            if let Some(report) = self.service.poll() {
                return report;
            }
            if !told && self.line.cancelled.load(Ordering::Relaxed) {
                told = true;
                self.service.cancel();
            }
        }
    }
}

/// Writes the balance that fits the line into its entry in the configuration, if it has one and
/// says another.
fn keep_balance(label: &str, balance: u8, configuration: &impl ConfigAccess) -> anyhow::Result<()> {
    let mut document = Document::parse(&configuration.export())?;
    let entry = document.lines.iter_mut().find(|l| l.port == label && l.balance != balance);
    let Some(entry) = entry else { return Ok(()) };
    entry.balance = balance;
    configuration
        .import(&document.to_toml(), &by("line test"))
        .map_err(|e| anyhow::anyhow!("the hybrid balance was not kept: {}", e.message))
}

/// Adds the tone to the line's entry in the configuration; gives all of its tones.
fn keep(
    label: &str,
    tone: LearntTone,
    configuration: &impl ConfigAccess,
    who: &str,
) -> anyhow::Result<Vec<LearntTone>> {
    let mut document = Document::parse(&configuration.export())?;
    let entry = document.lines.iter_mut().find(|l| l.port == label).with_context(|| {
        let tone = words::tone_in_words(&tone);
        format!("learnt {tone}, but the configuration has no [[line]] {label}")
    })?;
    entry.learnt.push(tone);
    let surplus = entry.learnt.len().saturating_sub(LEARNT_MAX);
    entry.learnt.drain(..surplus);
    let all = entry.learnt.clone();
    let written = document.to_toml();
    configuration
        .import(&written, &by(who))
        .map_err(|e| anyhow::anyhow!("the tone was not kept: {}", e.message))?;
    Ok(all)
}

/// Who changes the configuration: a person, or the box's own work.
fn by(who: &str) -> Author {
    Author { name: who.to_owned(), address: String::new() }
}

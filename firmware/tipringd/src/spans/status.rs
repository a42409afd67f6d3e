//! The state of a span's line: what its hardware tells, and what is wrong with it in one line.

use tipring_clock::Instant;
use tipring_config::{SpanClock, SpanEntry};
use tipring_dahdi::{SpanLine, SpanStatus as Driver, TimingSource};
use tipring_events::{SpanAlarm, SpanErrorCounts, SpanLink, SpanStatus};
use tipring_line::{
    Language, LinkSight, SpanAlarms, SpanErrors, SpanEvent, SpanFraming, SpanTrouble, SpanWatch,
};

/// The state of a span's line.
#[derive(Clone, Debug)]
pub struct LineState {
    name: String,
    driver: Driver,
    watch: SpanWatch,
    /// Why it could not be opened.
    missing: Option<String>,
    /// What was wrong at the last look.
    trouble: Option<SpanTrouble>,
}

/// How a configuration describes a span's line.
pub(super) fn described(entry: &SpanEntry, priority: u8) -> SpanLine {
    SpanLine {
        cas: !entry.is_isdn(),
        crc4: entry.crc4,
        timing_priority: match entry.clock {
            SpanClock::FarSide => priority,
            SpanClock::Own => 0,
        },
    }
}

/// The line of a span that is as it is described: what a simulated one is.
pub fn well(entry: &SpanEntry, number: u16) -> LineState {
    let described = described(entry, number as u8);
    let driver = Driver {
        number,
        name: entry.name.clone(),
        description: String::new(),
        device: String::new(),
        configured: 31,
        channels: 31,
        alarms: SpanAlarms::default(),
        errors: SpanErrors::default(),
        timing: match described.timing_priority {
            0 => TimingSource::Own,
            _ => TimingSource::Span(number),
        },
        coding: None,
        crc4: described.crc4,
        cas: described.cas,
    };
    LineState::new(entry, driver, described)
}

impl LineState {
    /// The line as its driver shows it and as the configuration describes it.
    pub(super) fn new(entry: &SpanEntry, driver: Driver, described: SpanLine) -> Self {
        let mut watch = SpanWatch::new(described.framing());
        watch.on_event(SpanEvent::Alarms(driver.alarms));
        watch.on_event(SpanEvent::Errors(driver.errors));
        LineState { name: entry.name.clone(), driver, watch, missing: None, trouble: None }
    }

    /// The line of a span that could not be opened, and why.
    pub(super) fn missing(entry: &SpanEntry, number: u16, why: String) -> Self {
        let mut line = well(entry, number);
        line.driver.alarms.gone = true;
        line.missing = Some(why);
        line
    }

    pub(super) fn alarms(&mut self, alarms: SpanAlarms) {
        self.driver.alarms = alarms;
        self.watch.on_event(SpanEvent::Alarms(alarms));
    }

    pub(super) fn errors(&mut self, errors: SpanErrors) {
        self.driver.errors = errors;
        self.watch.on_event(SpanEvent::Errors(errors));
    }

    pub(super) fn framing(&mut self, framing: SpanFraming) {
        self.watch.on_event(SpanEvent::Framing(framing));
    }

    /// Looks whether something is wrong, or no more; a line for the journal if that is new.
    pub(super) fn look(&mut self, now: Instant, link: Option<LinkSight>) -> Option<String> {
        if self.missing.is_some() {
            // That was said when it was not opened.
            return None;
        }
        self.watch.on_link(now, link);
        let trouble = self.watch.trouble();
        if core::mem::replace(&mut self.trouble, trouble) == trouble {
            return None;
        }
        let words = self.words(Language::English);
        let words = if words.is_empty() { "in order again" } else { &words };
        Some(format!("{}: {words}", self.name))
    }

    /// What is wrong, in a line; empty if nothing is.
    fn words(&self, language: Language) -> String {
        let detail = match (&self.missing, self.trouble) {
            (Some(why), _) => why.clone(),
            (None, Some(SpanTrouble::NotRestarted)) => timeslots(self.watch.not_restarted()),
            _ => String::new(),
        };
        let trouble = self.missing.as_ref().map(|_| SpanTrouble::CannotOpen).or(self.trouble);
        let text = trouble.map_or("", |trouble| trouble.text(language));
        if detail.is_empty() {
            return text.to_owned();
        }
        let (open, close) = (language.pick("（", " ("), language.pick("）", ")"));
        format!("{text}{open}{detail}{close}")
    }

    pub(super) fn restart_failed(&mut self, timeslots: u32) {
        self.watch.on_restart_failed(timeslots);
    }

    /// The status; `link_up` is nothing for a span without a D-channel.
    pub(super) fn status(&self, link_up: Option<bool>) -> SpanStatus {
        let errors = self.driver.errors;
        SpanStatus {
            alarms: alarms(self.driver.alarms),
            link: match link_up {
                None => SpanLink::None,
                Some(false) => SpanLink::Down,
                Some(true) => SpanLink::Up,
            },
            trouble: self.words(Language::English),
            trouble_zh: self.words(Language::Chinese),
            errors: SpanErrorCounts {
                line_code: errors.line_code,
                crc4: errors.crc4,
                far_end: errors.far_end,
                frame_alignment: errors.frame_alignment,
                slips: errors.slips,
                hdlc: errors.hdlc,
            },
        }
    }
}

/// The timeslots of a mask, as people write them.
fn timeslots(mask: u32) -> String {
    let named = (1..32u8).filter(|timeslot| mask >> timeslot & 1 == 1);
    named.map(|timeslot| timeslot.to_string()).collect::<Vec<_>>().join(", ")
}

fn alarms(alarms: SpanAlarms) -> Vec<SpanAlarm> {
    [
        (alarms.gone, SpanAlarm::Gone),
        (alarms.no_signal, SpanAlarm::NoSignal),
        (alarms.no_frame, SpanAlarm::NoFrame),
        (alarms.no_multiframe, SpanAlarm::NoMultiframe),
        (alarms.red, SpanAlarm::Red),
        (alarms.ais, SpanAlarm::Ais),
        (alarms.rai, SpanAlarm::Rai),
        (alarms.recovering, SpanAlarm::Recovering),
        (alarms.looped, SpanAlarm::Looped),
    ]
    .into_iter()
    .filter_map(|(on, alarm)| on.then_some(alarm))
    .collect()
}

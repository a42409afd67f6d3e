//! The state of a span's line: what its hardware tells, and what is wrong with it in one line.

use tipring_clock::{Duration, Instant};
use tipring_config::{SpanClock, SpanEntry};
use tipring_dahdi::{LineCoding, SpanLine, SpanStatus as Driver, TimingSource};
use tipring_events::{SpanAlarm, SpanErrorCounts, SpanLink, SpanStatus};
use tipring_isdn::q921::{Link, State};
use tipring_line::{SpanAlarms, SpanErrors};

/// A D-channel that has been down for so long, on a line without an alarm, has nobody at its end.
const SILENT: Duration = Duration::from_secs(10);

/// The state of a span's line.
#[derive(Clone, Debug)]
pub struct LineState {
    name: String,
    d_channel: u8,
    driver: Driver,
    described: SpanLine,
    /// Why it could not be opened.
    missing: Option<String>,
    /// Since when its data link is down although its line is well.
    down_since: Option<Instant>,
    trouble: String,
}

/// How a configuration describes a span's line.
pub(super) fn described(entry: &SpanEntry, priority: u8) -> SpanLine {
    SpanLine {
        cas: !entry.is_isdn(),
        coding: LineCoding::Hdb3,
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
        crc4: described.crc4,
        cas: described.cas,
    };
    LineState::new(entry, driver, described)
}

impl LineState {
    /// The line as its driver shows it and as the configuration describes it.
    pub(super) fn new(entry: &SpanEntry, driver: Driver, described: SpanLine) -> Self {
        LineState {
            name: entry.name.clone(),
            d_channel: entry.d_channel,
            driver,
            described,
            missing: None,
            down_since: None,
            trouble: String::new(),
        }
    }

    /// The line of a span that could not be opened, and why.
    pub(super) fn missing(entry: &SpanEntry, number: u16, why: String) -> Self {
        let mut line = well(entry, number);
        line.driver.alarms.gone = true;
        line.trouble.clone_from(&why);
        line.missing = Some(why);
        line
    }

    pub(super) fn alarms(&mut self, alarms: SpanAlarms) {
        self.driver.alarms = alarms;
    }

    pub(super) fn errors(&mut self, errors: SpanErrors) {
        self.driver.errors = errors;
    }

    /// Looks whether something is wrong, or no more; a line for the journal if that is new.
    pub(super) fn look(&mut self, now: Instant, link: Option<&Link>) -> Option<String> {
        let is_up = |link: &Link| {
            matches!(link.state(), State::MultipleFrameEstablished | State::TimerRecovery)
        };
        let down = link.filter(|link| !is_up(link));
        let by_driver = match &self.missing {
            Some(why) => Some(why.clone()),
            None => self.driver.trouble(self.described),
        };
        self.down_since = match (down, self.driver.alarms.gravest()) {
            (Some(_), None) => Some(self.down_since.unwrap_or(now)),
            _ => None,
        };
        let silent = self.down_since.is_some_and(|since| now - since >= SILENT);
        let by_link = down.filter(|_| silent).map(|link| self.unanswered(link));
        let trouble = by_driver.or(by_link).unwrap_or_default();
        if core::mem::replace(&mut self.trouble, trouble) == self.trouble {
            return None;
        }
        Some(match self.trouble.as_str() {
            "" => format!("{}: in order again", self.name),
            trouble => format!("{}: {trouble}", self.name),
        })
    }

    fn unanswered(&self, link: &Link) -> String {
        if link.same_side_suspected() {
            return "both ends of the D-channel are set to one side: make `signalling` pri-network \
                    here if the far side is the subscriber, else pri-user"
                .to_owned();
        }
        format!(
            "nobody answers on the D-channel in timeslot {}: the exchange has it elsewhere, or \
             signals by R2; ask for what was ordered, and set `d_channel` or `signalling`",
            self.d_channel
        )
    }

    pub(super) fn restart_failed(&self, timeslots: u32) -> String {
        let named: Vec<String> =
            (1..32u8).filter(|t| timeslots >> t & 1 == 1).map(|t| t.to_string()).collect();
        format!(
            "{}: the far side did not restart timeslot {}; a profile without restarts (`china`) \
             may suit it better",
            self.name,
            named.join(", ")
        )
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
            trouble: self.trouble.clone(),
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

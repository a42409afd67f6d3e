//! Spans that are connected or described wrongly: the condition itself is made on a simulated span,
//! and the watch says which it is.

use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::Profile;
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{
    Alarm, Language, SILENCE, Span, SpanEvent, SpanFraming, SpanTrouble, SpanWatch, Timeslot,
    TimeslotEvent,
};
use tipring_sim::{EndSettings, SpanControl, SpanEnd, SpanFault, SpanFaults, span_between};

/// What the owner of an end has.
struct Watched {
    watch: SpanWatch,
    /// A span with signalling bits has no link.
    signalling: Option<SpanSignalling>,
}

impl Watched {
    fn new(side: Side, runs: SpanFraming, described: SpanFraming) -> Self {
        let mut watch = SpanWatch::new(described);
        watch.on_event(SpanEvent::Framing(runs));
        let signalling = (!described.cas).then(|| {
            let settings = SpanSettings::new(side, Profile::euro_isdn());
            let mut signalling = SpanSignalling::new(settings);
            signalling.start(Instant::ZERO);
            signalling
        });
        Watched { watch, signalling }
    }

    fn frame(&mut self, now: Instant, end: &mut SpanEnd) {
        while let Some(event) = end.span.poll_event() {
            self.watch.on_event(event);
            if let (SpanEvent::Alarms(alarms), Some(signalling)) = (event, &mut self.signalling) {
                signalling.handle_alarm(now, alarms.gravest());
            }
        }
        if let Some(signalling) = &mut self.signalling {
            signalling.drive(now, &mut end.span);
            while signalling.poll_output().is_some() {}
        }
        self.watch.on_link(now, self.signalling.as_ref().map(SpanSignalling::sight));
        // Slips are felt where something is exchanged.
        end.timeslots[0].exchange(&SILENCE, &mut SILENCE.clone()).expect("it is simulated");
    }
}

/// A span and what watches its ends; the near one is the box's.
struct Access {
    now: Instant,
    sides: [Side; 2],
    runs: [SpanFraming; 2],
    watches: [Watched; 2],
    ends: [SpanEnd; 2],
    control: SpanControl,
}

impl Access {
    fn new(near: Side, near_end: EndSettings, far: Side, far_end: EndSettings) -> Self {
        let (one, other, control) = span_between([near_end, far_end], SpanFaults::default(), 1);
        let runs = [near_end, far_end].map(|end| end.framing.expect("it is set up"));
        let (sides, ends) = ([near, far], [one, other]);
        let watches = [0, 1].map(|n| Watched::new(sides[n], runs[n], runs[n]));
        Access { now: Instant::ZERO, sides, runs, watches, ends, control }
    }

    /// The ends are described so, however they run.
    fn describe(&mut self, described: [SpanFraming; 2]) {
        self.watches = [0, 1].map(|n| Watched::new(self.sides[n], self.runs[n], described[n]));
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += Duration::from_millis(20);
            for (watch, end) in self.watches.iter_mut().zip(&mut self.ends) {
                watch.frame(self.now, end);
            }
        }
    }

    fn trouble(&self) -> Option<SpanTrouble> {
        self.watches[0].watch.trouble()
    }

    fn far_trouble(&self) -> Option<SpanTrouble> {
        self.watches[1].watch.trouble()
    }
}

const PRI: SpanFraming = SpanFraming { cas: false, crc4: true, takes_clock: false };

fn end(framing: SpanFraming) -> EndSettings {
    EndSettings { framing: Some(framing), ..EndSettings::default() }
}

/// The box's end, user side and taking its clock, against an exchange.
fn against(near: EndSettings, far: EndSettings) -> Access {
    Access::new(Side::User, near, Side::Network, far)
}

fn taking(framing: SpanFraming) -> SpanFraming {
    SpanFraming { takes_clock: true, ..framing }
}

#[test]
fn a_span_in_order_has_none() {
    let mut access = against(end(taking(PRI)), end(PRI));
    access.run(Duration::from_secs(180));
    assert_eq!((access.trouble(), access.far_trouble()), (None, None));
}

#[test]
fn a_span_described_as_cas_but_fed_pri() {
    let cas = SpanFraming { cas: true, crc4: false, takes_clock: true };
    let mut access = against(end(cas), end(SpanFraming { crc4: false, ..PRI }));
    access.run(Duration::from_secs(1));
    assert_eq!(access.trouble(), Some(SpanTrouble::NoCasMultiframe));
    let text = SpanTrouble::NoCasMultiframe.text(Language::English);
    assert!(text.contains("the far side sends ISDN") && text.contains("describe the span as PRI"));
    // The far side, which has ISDN, sees signalling bits where its D-channel is.
    access.run(Duration::from_secs(15));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::NoisyDChannel));
}

#[test]
fn no_call_is_taken_where_the_multiframe_is_missing() {
    let cas = SpanFraming { cas: true, crc4: false, takes_clock: true };
    let far = end(SpanFraming { crc4: false, ..PRI });
    let (mut near, ..) = span_between([end(cas), far], SpanFaults::default(), 1);
    near.timeslots[0].exchange(&SILENCE, &mut SILENCE.clone()).expect("it is simulated");
    assert_eq!(near.timeslots[0].poll_event(), Some(TimeslotEvent::Alarm(Some(Alarm::Red))));
}

#[test]
fn a_d_channel_in_another_timeslot() {
    let far = EndSettings { d_channel: 31, ..end(PRI) };
    let mut access = against(end(taking(PRI)), far);
    access.run(Duration::from_secs(5));
    assert_eq!(access.trouble(), None, "the link may still come up");
    access.run(Duration::from_secs(10));
    assert_eq!(access.trouble(), Some(SpanTrouble::SilentDChannel));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::SilentDChannel));
    let text = SpanTrouble::SilentDChannel.text(Language::English);
    assert!(text.contains("check its timeslot (16 is usual)"));
}

#[test]
fn a_d_channel_that_is_dead_and_comes_back() {
    let mut access = against(end(taking(PRI)), end(PRI));
    access.run(Duration::from_secs(5));
    access.control.fault_at_first(SpanFault::NoHdlc);
    // T203 and N200 repetitions pass until the link knows.
    access.run(Duration::from_secs(60));
    assert!(matches!(
        access.trouble(),
        Some(SpanTrouble::SilentDChannel | SpanTrouble::NoisyDChannel)
    ));
    access.control.fault_at_first(SpanFault::None);
    access.run(Duration::from_secs(10));
    assert_eq!(access.trouble(), None);
}

#[test]
fn both_ends_the_same_side() {
    let mut access = Access::new(Side::User, end(taking(PRI)), Side::User, end(PRI));
    access.run(Duration::from_secs(15));
    assert_eq!(access.trouble(), Some(SpanTrouble::SameSide));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::SameSide));
}

#[test]
fn a_clock_from_nobody() {
    // As the driver tells it: described to take the clock, and taking none.
    let mut access = against(end(PRI), end(PRI));
    access.describe([taking(PRI), PRI]);
    access.run(Duration::from_secs(1));
    assert_eq!(access.trouble(), Some(SpanTrouble::NoClock));
    assert!(SpanTrouble::NoClock.text(Language::English).contains("restart the box"));
    // As it shows where both ends are described to give theirs: octets slip.
    let mut access = against(end(PRI), end(PRI));
    access.run(Duration::from_secs(60));
    assert_eq!(access.trouble(), Some(SpanTrouble::Slips));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::Slips));
}

#[test]
fn crc4_on_one_end_alone() {
    let plain = SpanFraming { crc4: false, ..PRI };
    let mut access = against(end(taking(PRI)), end(plain));
    access.run(Duration::from_secs(1));
    assert_eq!(access.trouble(), Some(SpanTrouble::NoCrc4Multiframe));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::RaiWithoutCrc4));
    let mut access = against(end(taking(plain)), end(PRI));
    access.run(Duration::from_secs(1));
    assert_eq!(access.trouble(), Some(SpanTrouble::RaiWithoutCrc4));
    assert_eq!(access.far_trouble(), Some(SpanTrouble::NoCrc4Multiframe));
}

#[test]
fn a_driver_that_runs_otherwise_than_described() {
    let plain = SpanFraming { crc4: false, ..PRI };
    for (runs, described, trouble) in [
        (PRI, plain, SpanTrouble::RunsCrc4),
        (plain, PRI, SpanTrouble::RunsWithoutCrc4),
        (SpanFraming { cas: true, ..PRI }, PRI, SpanTrouble::RunsCas),
        (PRI, SpanFraming { cas: true, ..PRI }, SpanTrouble::RunsCcs),
    ] {
        let mut access = against(end(runs), end(taking(runs)));
        access.describe([described, taking(runs)]);
        access.run(Duration::from_secs(1));
        assert_eq!(access.trouble(), Some(trouble));
    }
}

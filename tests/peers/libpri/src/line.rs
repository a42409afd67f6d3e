//! The wire between our end and libpri's, under one virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::trace::describe;
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{CallerId, ChannelCommand, ChannelEvent, Endpoint, Language, PortId};

use crate::peer::{Event, LibPri};

/// Both ends and the wire, which takes a millisecond.
#[derive(Debug)]
pub struct Line {
    /// The time.
    pub now: Instant,
    /// Our end.
    pub ours: SpanSignalling,
    /// libpri's.
    pub theirs: LibPri,
    /// What our end told and the test has not yet looked at.
    pub outputs: VecDeque<Output>,
    /// Every frame that went over the wire: when, whether it was ours, and its octets.
    pub frames: Vec<(Instant, bool, Vec<u8>)>,
    /// Whether the wire is cut.
    pub cut: bool,
    to_us: VecDeque<(Instant, Vec<u8>)>,
    to_them: VecDeque<(Instant, Vec<u8>)>,
}

const DELAY: Duration = Duration::from_millis(1);
/// Frames that no test needs more of.
const FRAMES_MAX: usize = 100_000;

impl Line {
    /// Both ends, not yet started.
    pub fn new(settings: SpanSettings, timers: &[&str]) -> Self {
        let side = settings.link.side;
        Line {
            now: Instant::ZERO,
            ours: SpanSignalling::new(settings),
            theirs: LibPri::start(side.other(), timers),
            outputs: VecDeque::new(),
            frames: Vec::new(),
            cut: false,
            to_us: VecDeque::new(),
            to_them: VecDeque::new(),
        }
    }

    /// Our end as `side`, the D-channel up.
    ///
    /// # Panics
    /// It does not come up within five seconds.
    pub fn up(side: Side, profile: Profile) -> Self {
        let mut line = Line::new(SpanSettings::new(side, profile), &[]);
        line.ours.start(line.now);
        line.run(Duration::from_secs(5));
        assert!(line.ours.is_up(), "the D-channel did not come up");
        line.theirs.events.clear();
        line.outputs.clear();
        line
    }

    /// Lets `time` pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
    }

    /// Lets time pass until `done`, at most `time`; says whether it was.
    pub fn run_until(&mut self, time: Duration, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + time;
        loop {
            if done(self) {
                return true;
            }
            if !self.step(end) {
                return false;
            }
        }
    }

    /// Does what is due next, up to `end`; says whether there was anything before it.
    pub fn step(&mut self, end: Instant) -> bool {
        self.exchange();
        let next = [
            self.to_us.front().map(|(at, _)| *at),
            self.to_them.front().map(|(at, _)| *at),
            self.ours.poll_timeout(),
            self.theirs.poll_timeout(),
        ];
        let next = next.into_iter().flatten().min().unwrap_or(end);
        if next > end {
            self.now = end;
            self.theirs.advance(end);
            return false;
        }
        self.now = self.now.max(next);
        let now = self.now;
        self.theirs.advance(now);
        while self.to_us.front().is_some_and(|(at, _)| *at <= now) {
            let (_, frame) = self.to_us.pop_front().expect("just seen");
            self.ours.handle_frame(now, &frame);
        }
        while self.to_them.front().is_some_and(|(at, _)| *at <= now) {
            let (_, frame) = self.to_them.pop_front().expect("just seen");
            self.theirs.receive(&frame);
        }
        if self.ours.poll_timeout().is_some_and(|at| at <= now) {
            self.ours.handle_timeout(now);
        }
        self.exchange();
        true
    }

    /// Takes what both ends have to say.
    pub fn exchange(&mut self) {
        let at = self.now + DELAY;
        while let Some(frame) = self.ours.poll_frame() {
            self.keep(true, &frame);
            if !self.cut {
                self.to_them.push_back((at, frame.to_vec()));
            }
        }
        while let Some(frame) = self.theirs.frames.pop_front() {
            self.keep(false, &frame);
            if !self.cut {
                self.to_us.push_back((at, frame));
            }
        }
        while let Some(output) = self.ours.poll_output() {
            self.outputs.push_back(output);
        }
    }

    fn keep(&mut self, ours: bool, frame: &[u8]) {
        if self.frames.len() >= FRAMES_MAX {
            for (at, ours, frame) in &self.frames[FRAMES_MAX - 40..] {
                let side = self.ours.link().side();
                let sender = if *ours { side } else { side.other() };
                println!("{at:?} {} {frame:02X?}", describe(sender, frame, Language::English));
            }
            panic!("the ends talk without end");
        }
        self.frames.push((self.now, ours, frame.to_vec()));
    }

    /// Tells our channel what to do.
    pub fn command(&mut self, timeslot: u8, command: &ChannelCommand) {
        self.ours.command(self.now, timeslot, command);
        self.exchange();
    }

    /// Begins a call of ours.
    ///
    /// # Panics
    /// The number is none.
    pub fn dial(&mut self, timeslot: u8, number: &str, caller: CallerId) {
        self.command(timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        let number = number.parse().expect("a number");
        self.command(timeslot, &ChannelCommand::Dial { number, caller });
    }

    /// Waits for an event of a channel of ours.
    ///
    /// # Panics
    /// It does not come within the time.
    pub fn expect(
        &mut self,
        time: Duration,
        what: impl Fn(u8, &ChannelEvent) -> bool,
    ) -> (u8, ChannelEvent) {
        let mut found = None;
        self.run_until(time, |line| {
            while let Some(output) = line.outputs.pop_front() {
                if let Output::Channel { timeslot, event } = output
                    && what(timeslot, &event)
                {
                    found = Some((timeslot, event));
                    return true;
                }
            }
            false
        });
        found.expect("our end tells what was waited for")
    }

    /// Waits for an event of libpri's.
    ///
    /// # Panics
    /// It does not come within the time.
    pub fn expect_theirs(&mut self, time: Duration, name: &str) -> Event {
        let mut found = None;
        self.run_until(time, |line| {
            while let Some(event) = line.theirs.events.pop_front() {
                if event.name == name {
                    found = Some(event);
                    return true;
                }
            }
            false
        });
        found.unwrap_or_else(|| panic!("libpri does not tell {name}"))
    }

    /// Asserts that neither end has a call or a channel in use left, and both links are up.
    ///
    /// # Panics
    /// One has.
    pub fn assert_idle(&mut self) {
        assert_eq!(self.ours.calls().calls(), 0, "calls of ours are left");
        assert_eq!(self.ours.calls().channels_in_use(), 0, "channels of ours are left");
        assert_eq!(self.theirs.calls(), 0, "calls of libpri's are left");
        assert!(self.ours.is_up(), "the D-channel is down");
    }
}

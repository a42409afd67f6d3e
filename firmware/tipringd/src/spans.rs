//! The box's E1 spans: their D-channels' signalling between the switch and the hardware.
//!
//! [`Spans`] is sans-IO towards time: the core thread hands it commands and, once every 20 ms, the
//! time; it takes the D-channels' frames from the hardware and gives theirs. The audio of their
//! channels is the media thread's ([`BChannel`]); an R2 channel ([`tipring_r2::R2`]) lives there whole,
//! since its signals are tones, and only its span's state is looked at here. An E1 is four wires
//! without a hybrid, so its channels have no echo canceller.

mod b_channel;
mod far_end;
mod open;
mod settings;
mod sim;
mod status;

use std::collections::VecDeque;

use tipring_clock::{Duration, Instant};
use tipring_config::SpanEntry;
use tipring_events::LiveState;
use tipring_isdn::q931::{CallState, Output};
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{
    Alarm, ChannelCommand, ChannelEvent, ChannelId, Digits, PortError, Span, SpanEvent, SpanTest,
};
use tipring_switch::SpanConfig;

pub use b_channel::BChannel;
pub use far_end::{FarEnd, FarEvent, FarWords};
pub(crate) use open::{KeptSpan, attach};
pub use settings::{SpanPlan, plan};
pub(crate) use sim::{SimSpans, Street};
pub use status::{LineState, well};

/// How often the hardware is looked at: a frame's length.
const TICK: Duration = Duration::from_millis(20);
/// D-channel frames taken from one span in one tick; 64 kbit/s carry no more than 27 of the
/// shortest. The rest waits in the driver.
const FRAMES_A_TICK: usize = 32;
/// Events of the hardware taken from one span in one tick.
const EVENTS_A_TICK: usize = 8;
/// Ticks between two looks at what is wrong: a second.
const LOOK_TICKS: u32 = 50;
/// The longest D-channel frame, with its FCS where the hardware leaves it.
const FRAME_MAX: usize = tipring_sim::HDLC_BYTES_MAX + 2;

/// What becomes of a command for a span's channel.
#[derive(Clone, PartialEq, Debug)]
pub enum Taken {
    /// It was done.
    Done,
    /// The channel's machine in the media thread does it.
    ByChannel,
    /// The keys are tones in the audio.
    Tones(Digits),
}

/// One span.
struct OneSpan {
    hardware: Box<dyn Span>,
    /// Its D-channel's signalling; R2 has none.
    isdn: Option<Box<SpanSignalling>>,
    line: LineState,
    /// D-channel frames that the hardware did not take.
    unsent: u32,
}

/// All spans, in the order of the configuration.
pub struct Spans {
    spans: Vec<OneSpan>,
    due: Option<Instant>,
    ticks: u32,
    out: VecDeque<(ChannelId, ChannelEvent)>,
    notes: VecDeque<String>,
    /// What they were opened as.
    entries: Vec<SpanEntry>,
}

impl Default for Spans {
    fn default() -> Self {
        Spans::new()
    }
}

impl Spans {
    /// No span.
    pub fn new() -> Self {
        let (out, notes) = (VecDeque::new(), VecDeque::new());
        Spans { spans: Vec::new(), due: None, ticks: 0, out, notes, entries: Vec::new() }
    }

    /// Adds the next span and begins its signalling: its D-channel comes up, its channels are
    /// restarted.
    pub fn add(
        &mut self,
        now: Instant,
        hardware: Box<dyn Span>,
        isdn: Option<SpanSettings>,
        line: LineState,
    ) {
        let mut isdn = isdn.map(|settings| Box::new(SpanSignalling::new(settings)));
        if let Some(isdn) = &mut isdn {
            isdn.start(now);
        }
        self.spans.push(OneSpan { hardware, isdn, line, unsent: 0 });
        self.due = Some(self.due.unwrap_or(now));
    }

    /// Adds the next span, which cannot be opened: its channels are out of order.
    pub fn add_missing(&mut self, now: Instant, channels: u32, line: LineState) {
        let index = self.spans.len() as u8;
        for timeslot in (1..=31u8).filter(|timeslot| channels >> timeslot & 1 == 1) {
            let alarm = ChannelEvent::Alarm(Some(Alarm::DeviceLost));
            self.out.push_back((ChannelId::of_span(index, timeslot), alarm));
        }
        self.add(now, Box::new(NoSpan), None, line);
    }

    /// What the switch is told of the spans by a new configuration. The spans stay what they were
    /// opened as; one that is another now, or is new, or gone, waits for the next start.
    pub(crate) fn in_force(&mut self, new: &[SpanEntry]) -> Vec<SpanConfig> {
        let same = |old: &SpanEntry| new.iter().find(|new| new.is_wired_as(old));
        if self.entries.len() != new.len() || !self.entries.iter().all(|old| same(old).is_some()) {
            let note = "the E1 spans stay as they are: restart the box to take up how they are \
                        configured now";
            self.notes.push_back(note.to_owned());
        }
        self.entries.iter().map(|old| same(old).unwrap_or(old).for_switch()).collect()
    }

    /// Does what the switch wants of a span's channel.
    pub fn command(&mut self, now: Instant, channel: ChannelId, command: &ChannelCommand) -> Taken {
        let Some((index, timeslot)) = channel.as_span() else { return Taken::Done };
        let Some(span) = self.spans.get_mut(usize::from(index)) else { return Taken::Done };
        let Some(isdn) = &mut span.isdn else { return Taken::ByChannel };
        if let ChannelCommand::SendDigits(digits) = command
            && isdn.calls().state(timeslot) == Some(CallState::Active)
        {
            return Taken::Tones(digits.clone());
        }
        isdn.command(now, timeslot, command);
        span.send();
        self.collect(index);
        Taken::Done
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The next 20 ms have passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some(due) = self.due.filter(|due| *due <= now) else { return };
        // After a long stop there is no point in catching up tick by tick.
        self.due = Some((due + TICK).max(now));
        self.ticks = self.ticks.wrapping_add(1);
        for index in 0..self.spans.len() {
            self.spans[index].tick(now);
            self.collect(index as u8);
        }
        if self.ticks.is_multiple_of(LOOK_TICKS) {
            for span in &mut self.spans {
                let link = span.isdn.as_deref().map(SpanSignalling::sight);
                self.notes.extend(span.line.look(now, link));
            }
        }
    }

    /// The next event of a channel, oldest first.
    pub fn poll_output(&mut self) -> Option<(ChannelId, ChannelEvent)> {
        self.out.pop_front()
    }

    /// The next line for the journal.
    pub fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front()
    }

    /// Adds to the live state what only the spans' drivers know.
    pub fn annotate(&self, live: &mut LiveState) {
        for (shown, span) in live.spans.iter_mut().zip(&self.spans) {
            let up = span.isdn.as_deref().map(SpanSignalling::is_up);
            shown.status = span.line.status(up);
        }
    }

    /// The signalling of an ISDN span, to look at.
    pub fn signalling(&self, index: usize) -> Option<&SpanSignalling> {
        self.spans.get(index)?.isdn.as_deref()
    }

    /// Passes on what a span's signalling tells.
    fn collect(&mut self, index: u8) {
        let span = &mut self.spans[usize::from(index)];
        let Some(isdn) = &mut span.isdn else { return };
        let channel = |timeslot| ChannelId::of_span(index, timeslot);
        while let Some(output) = isdn.poll_output() {
            match output {
                Output::Channel { timeslot, event } => {
                    self.out.push_back((channel(timeslot), event));
                }
                Output::Moved { from, to } => {
                    self.out.push_back((channel(from), ChannelEvent::Moved(channel(to))));
                }
                Output::RestartFailed { timeslots } => {
                    span.line.restart_failed(timeslots);
                }
            }
        }
    }
}

impl OneSpan {
    fn tick(&mut self, now: Instant) {
        for _ in 0..EVENTS_A_TICK {
            match self.hardware.poll_event() {
                Some(SpanEvent::Alarms(alarms)) => {
                    self.line.alarms(alarms);
                    if let Some(isdn) = &mut self.isdn {
                        isdn.handle_alarm(now, alarms.gravest());
                    }
                }
                Some(SpanEvent::Errors(errors)) => self.line.errors(errors),
                Some(SpanEvent::Framing(framing)) => self.line.framing(framing),
                None => break,
            }
        }
        let Some(isdn) = &mut self.isdn else { return };
        let mut frame = [0; FRAME_MAX];
        for _ in 0..FRAMES_A_TICK {
            let Some(len) = self.hardware.receive_hdlc(&mut frame) else { break };
            isdn.handle_frame(now, &frame[..len.min(FRAME_MAX)]);
        }
        if isdn.poll_timeout().is_some_and(|at| at <= now) {
            isdn.handle_timeout(now);
        }
        self.send();
    }

    /// Gives the hardware what the signalling has to send.
    fn send(&mut self) {
        let Some(isdn) = &mut self.isdn else { return };
        while let Some(frame) = isdn.poll_frame() {
            // A frame the driver does not take is as one lost on the wire.
            if self.hardware.send_hdlc(&frame).is_err() {
                self.unsent = self.unsent.saturating_add(1);
            }
        }
    }
}

/// In the place of a span that cannot be opened.
struct NoSpan;

impl Span for NoSpan {
    fn receive_hdlc(&mut self, _frame: &mut [u8]) -> Option<usize> {
        None
    }

    fn send_hdlc(&mut self, _frame: &[u8]) -> Result<(), PortError> {
        Err(PortError::Gone)
    }

    fn test(&mut self, _test: SpanTest) -> Result<(), PortError> {
        Err(PortError::Gone)
    }

    fn poll_event(&mut self) -> Option<SpanEvent> {
        None
    }
}

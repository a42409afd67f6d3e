//! The signalling of one span: its D-channel's link and call control behind seam 1's frames and
//! seam 2's words.

use tipring_clock::Instant;
use tipring_line::{Alarm, ChannelCommand, ChannelEvent, LinkSight, Span, SpanEvent};

use crate::q921::{self, FRAME_MAX, Link, LinkEvent, Octets, Repr, Side, State};
use crate::q931::{self, CallControl, Output};

/// How a span is set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanSettings {
    /// The data link.
    pub link: q921::Settings,
    /// Call control.
    pub calls: q931::Settings,
}

impl SpanSettings {
    /// An access of thirty channels at this end of a network of this kind.
    pub fn new(side: Side, profile: q931::Profile) -> Self {
        SpanSettings {
            link: q921::Settings::primary_rate(side),
            calls: q931::Settings::new(side, profile),
        }
    }
}

/// The signalling of one span. Frames of the D-channel, commands and the time go in; frames and
/// outputs come out. It does not allocate after its making, but for what supplementary services tell.
///
/// Whoever drives it calls [`start`](Self::start) once, then after every input takes all of
/// [`poll_frame`](Self::poll_frame) and [`poll_output`](Self::poll_output).
#[derive(Debug)]
pub struct SpanSignalling {
    link: Link,
    calls: CallControl,
    alarm: Option<Alarm>,
    channels: u32,
    /// Frames that arrived and were LAPD's.
    frames: u64,
    /// What the alarm's change has to tell for each channel: bits of timeslots still to be told.
    alarm_untold: u32,
}

impl SpanSignalling {
    /// Signalling that does nothing until started.
    pub fn new(settings: SpanSettings) -> Self {
        SpanSignalling {
            channels: settings.calls.channels & q931::ALL_CHANNELS,
            link: Link::new(settings.link),
            calls: CallControl::new(settings.calls),
            alarm: None,
            frames: 0,
            alarm_untold: 0,
        }
    }

    /// Brings the D-channel up, and keeps trying.
    pub fn start(&mut self, now: Instant) {
        self.link.establish(now);
        self.pump(now);
    }

    /// Takes a frame of the D-channel, without flags and FCS.
    pub fn handle_frame(&mut self, now: Instant, frame: &[u8]) {
        self.frames += u64::from(Repr::parse(frame).is_ok());
        self.link.handle_frame(now, frame);
        self.pump(now);
    }

    /// Takes the span's alarm. A red or blue alarm means that nothing arrives, so the link is
    /// down at once; talks are kept for T309. A yellow one means that nothing of ours arrives
    /// there: the link finds out by itself whether that is so for frames.
    pub fn handle_alarm(&mut self, now: Instant, alarm: Option<Alarm>) {
        if alarm == self.alarm {
            return;
        }
        self.alarm = alarm;
        self.alarm_untold = self.channels;
        let carries = matches!(alarm, None | Some(Alarm::Yellow));
        self.link.set_physical(now, carries);
        self.pump(now);
    }

    /// Does what the switch wants of the channel at this timeslot.
    pub fn command(&mut self, now: Instant, timeslot: u8, command: &ChannelCommand) {
        self.calls.command(now, timeslot, command);
        self.pump(now);
    }

    /// Restarts the channel at this timeslot, ending its call.
    pub fn restart_channel(&mut self, now: Instant, timeslot: u8) {
        self.calls.restart_channel(now, timeslot);
        self.pump(now);
    }

    /// Asks the far side for the state of the call on this timeslot.
    pub fn enquire_status(&mut self, now: Instant, timeslot: u8) {
        self.calls.enquire_status(now, timeslot);
        self.pump(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.link.poll_timeout(), self.calls.poll_timeout()].into_iter().flatten().min()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.link.handle_timeout(now);
        self.calls.handle_timeout(now);
        self.pump(now);
    }

    /// The next frame for the D-channel, without flags and FCS.
    pub fn poll_frame(&mut self) -> Option<Octets> {
        self.link.poll_frame()
    }

    /// What there is to tell the switch, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.alarm_untold != 0 {
            let timeslot = self.alarm_untold.trailing_zeros() as u8;
            self.alarm_untold &= self.alarm_untold - 1;
            return Some(Output::Channel { timeslot, event: ChannelEvent::Alarm(self.alarm) });
        }
        self.calls.poll_output()
    }

    /// Drives the signalling by a span's hardware: its events and frames in, ours out. To be
    /// called once a frame of audio.
    pub fn drive(&mut self, now: Instant, span: &mut dyn Span) {
        while let Some(event) = span.poll_event() {
            if let SpanEvent::Alarms(alarms) = event {
                self.handle_alarm(now, alarms.gravest());
            }
        }
        let mut frame = [0; FRAME_MAX + 2];
        while let Some(len) = span.receive_hdlc(&mut frame) {
            self.handle_frame(now, &frame[..len.min(frame.len())]);
        }
        if self.poll_timeout().is_some_and(|at| at <= now) {
            self.handle_timeout(now);
        }
        while let Some(frame) = self.poll_frame() {
            // A frame the driver does not take is as one lost on the wire.
            let _ = span.send_hdlc(&frame);
        }
    }

    /// The link's state.
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Call control, to look at.
    pub const fn calls(&self) -> &CallControl {
        &self.calls
    }

    /// Whether calls can be made.
    pub const fn is_up(&self) -> bool {
        matches!(self.link.state(), State::MultipleFrameEstablished | State::TimerRecovery)
    }

    /// What the link shows to whoever looks for what is wrong with the span
    /// ([`SpanWatch`](tipring_line::SpanWatch)).
    pub const fn sight(&self) -> LinkSight {
        let same_side = self.link.counters().same_side;
        LinkSight { up: self.is_up(), frames: self.frames, same_side }
    }

    /// Passes events up and messages down until there are no more.
    fn pump(&mut self, now: Instant) {
        loop {
            while let Some(event) = self.link.poll_event() {
                match event {
                    LinkEvent::Established => self.calls.link_established(now),
                    LinkEvent::Reset => self.calls.link_reset(now),
                    LinkEvent::Released => self.calls.link_released(now),
                    LinkEvent::Data(message) => self.calls.handle_message(now, &message),
                }
            }
            let Some(message) = self.calls.poll_message() else { return };
            // The link counts what it cannot take; the call's own timers notice.
            let _ = self.link.send(now, &message);
        }
    }
}

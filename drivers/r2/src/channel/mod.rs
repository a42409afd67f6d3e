//! One channel: line signals, registers and audio of a timeslot, and its calls both ways.

mod audio;
mod incoming;
mod line;
mod outgoing;
mod timer;

use tipring_clock::{Instant, Timers};
use tipring_line::{
    Alarm, AnswerCertainty, Cause, ChannelCommand, ChannelEvent, Frame, FrameChannel, PortError,
    Timeslot, TimeslotEvent,
};

use crate::backward::BackwardRegister;
use crate::events::{EventQueue, Faults, Learnt};
use crate::forward::ForwardRegister;
use crate::line_signal::{Persistence, line_bits};
use crate::settings::R2Settings;
use crate::variant::{LineBits, Register, Times};
use audio::Audio;
use timer::Timer;

/// Where a channel is. The states' names are those of Q.422 where it has one.
#[derive(Clone, Debug)]
enum State {
    /// Not to be used until the far side is idle: at the start, in an alarm, blocked by the far
    /// side, or not released by it in time.
    Resting,
    /// Free.
    Idle,

    /// Outgoing: seized; not acknowledged yet. `release`: to be cleared as soon as it is.
    Seized { number: Option<ForwardRegister>, release: Option<Cause> },
    /// Outgoing: acknowledged; the number to send has not been told yet.
    AwaitingNumber,
    /// Outgoing: the registers speak.
    Dialling(ForwardRegister),
    /// Outgoing: accepted; the called party is rung.
    Proceeding,
    /// Outgoing: answered. `pulse`: a metering pulse, or the called party's hanging up.
    OutAnswered { pulse: bool },
    /// Outgoing: cleared; the far side is to become idle.
    ClearForward { cause: Cause },
    /// Both sides have seized.
    Glare,

    /// Incoming: acknowledged; the registers speak.
    Collecting(BackwardRegister),
    /// Incoming: the call is offered and not decided.
    Offered(BackwardRegister),
    /// Incoming: the signal that accepts the call is on its way.
    Accepting { register: BackwardRegister, wish: Wish },
    /// Incoming: accepted.
    Accepted { wish: Wish },
    /// Incoming: answered.
    InAnswered,
    /// Incoming: ended from here; the calling side is to clear. `register`: its last signal is
    /// still on its way.
    ClearBack { cause: Cause, register: Option<BackwardRegister> },
}

/// What is wanted of an accepted call.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    /// To be answered, as soon as it may be.
    answer: bool,
    /// The caller is to hear ringing.
    ringing: bool,
}

/// An R2 channel on a timeslot.
#[derive(Debug)]
pub struct R2<T: Timeslot> {
    timeslot: T,
    bits: LineBits,
    register: Register,
    times: Times,
    settings: R2Settings,
    state: State,
    /// The switch knows of the call, and is to be told its end.
    engaged: bool,
    /// Not to be seized by the far side.
    blocked: bool,
    persistence: Persistence,
    hardware_alarm: Option<Alarm>,
    /// The alarm told last.
    alarm: Option<Alarm>,
    audio: Audio,
    timers: Timers<Timer, { Timer::COUNT }>,
    events: EventQueue,
    learnt: Learnt,
    faults: Faults,
}

impl<T: Timeslot> R2<T> {
    /// A channel that sends idle, and is free once the far side does.
    pub fn new(timeslot: T, settings: R2Settings) -> Self {
        let mut channel = R2 {
            timeslot,
            bits: settings.variant.line_bits(),
            register: settings.register(),
            times: settings.variant.times(),
            state: State::Resting,
            engaged: false,
            blocked: false,
            persistence: Persistence::new(settings.variant.times().persistence.into()),
            hardware_alarm: None,
            alarm: None,
            audio: Audio::new(),
            timers: Timers::new(),
            events: EventQueue::default(),
            learnt: Learnt::default(),
            faults: Faults::default(),
            settings,
        };
        channel.send_rest();
        channel
    }

    /// Whether it carries no call and can be seized.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle) && !self.blocked && self.hardware_alarm.is_none()
    }

    /// Blocks the channel against the far side's seizures, or no more. A call goes on; the channel
    /// is blocked when it has ended.
    pub fn block(&mut self, blocked: bool) {
        self.blocked = blocked;
        if matches!(self.state, State::Idle | State::Resting) {
            self.send_rest();
        }
    }

    /// What was learnt of the call, or of the last one.
    pub fn learnt(&self) -> Learnt {
        self.learnt
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Faults {
        Faults { events_dropped: self.events.dropped(), ..self.faults }
    }

    /// The timeslot, for what only its maker knows.
    pub fn timeslot(&mut self) -> &mut T {
        &mut self.timeslot
    }

    /// Sends a line signal.
    fn send_line(&mut self, ab: u8) {
        if self.timeslot.set_signalling_bits(ab << 2 | self.bits.cd).is_err() {
            self.faults.port_errors = self.faults.port_errors.saturating_add(1);
        }
    }

    /// Sends what a channel without a call sends.
    fn send_rest(&mut self) {
        let rest = if self.blocked { self.bits.blocked } else { self.bits.idle };
        self.send_line(rest);
    }

    fn set(&mut self, now: Instant, timer: Timer) {
        let times = &self.times;
        let time = match timer {
            Timer::SeizeAck => times.seize_ack,
            Timer::GlareHold => times.glare_hold,
            Timer::Register => times.forward_on,
            Timer::Pause => times.digit,
            Timer::Pulse => times.pulse,
            Timer::Accept => times.accept,
            Timer::AnswerDelay => times.answer_delay,
            Timer::Answer => times.answer,
            Timer::Metering => times.metering,
            Timer::ReleaseGuard => times.release_guard,
            Timer::ClearForward => times.clear_forward,
            Timer::LineFault => times.line_fault,
        };
        self.timers.set(timer, now + time.into());
    }

    /// Goes to another state, whose timers the caller sets.
    fn enter(&mut self, state: State) {
        self.timers.stop_all();
        self.state = state;
    }

    /// The call is over and the line at rest: free if the far side is idle too.
    fn finish(&mut self, cause: Cause) {
        let idle = self.persistence.held() == Some(self.bits.idle);
        let free = idle && self.hardware_alarm.is_none();
        self.enter(if free { State::Idle } else { State::Resting });
        self.audio.hush();
        self.send_rest();
        if core::mem::take(&mut self.engaged) {
            self.events.push(ChannelEvent::Released(cause));
        }
        self.tell_alarm();
    }

    /// Tells the alarm, if it is not as it was told last.
    fn tell_alarm(&mut self) {
        let blocked = matches!(self.state, State::Idle | State::Resting)
            && self.persistence.held() == Some(self.bits.blocked);
        let alarm = self.hardware_alarm.or(blocked.then_some(Alarm::Blocked));
        if core::mem::replace(&mut self.alarm, alarm) != alarm {
            self.events.push(ChannelEvent::Alarm(alarm));
        }
    }

    fn on_hardware_alarm(&mut self, alarm: Option<Alarm>) {
        self.hardware_alarm = alarm;
        self.finish(Cause::NetworkOutOfOrder);
    }

    fn answered(&mut self, state: State) {
        self.enter(state);
        self.audio.open();
        if matches!(self.state, State::OutAnswered { .. }) {
            self.events.push(ChannelEvent::Answered(AnswerCertainty::Signalled));
        }
    }

    fn on_timer(&mut self, now: Instant, timer: Timer) {
        let ends_a_call = !matches!(
            timer,
            Timer::Pause
                | Timer::Pulse
                | Timer::Accept
                | Timer::AnswerDelay
                | Timer::GlareHold
                | Timer::Metering
        );
        if ends_a_call {
            self.faults.timeouts = self.faults.timeouts.saturating_add(1);
        }
        match timer {
            Timer::SeizeAck => self.on_no_acknowledgement(now),
            Timer::GlareHold => self.clear_forward(now, Cause::NoChannel),
            Timer::Register => self.on_register_timeout(now),
            Timer::Pause => self.on_pause(now),
            Timer::Pulse => self.on_pulse_over(now),
            Timer::Accept => self.accept(now, Wish::default()),
            Timer::AnswerDelay => self.on_answer_delay(),
            Timer::Answer => self.clear_forward(now, Cause::NoAnswer),
            Timer::Metering => self.clear_forward(now, Cause::NormalClearing),
            Timer::ReleaseGuard => {
                if let State::ClearForward { cause } = self.state {
                    self.finish(cause);
                }
            }
            Timer::ClearForward => {
                if let State::ClearBack { cause, .. } = self.state {
                    self.finish(cause);
                }
            }
            Timer::LineFault => self.on_line_fault(now),
        }
    }

    fn serve(&mut self, now: Instant) {
        while let Some(event) = self.timeslot.poll_event() {
            match event {
                TimeslotEvent::Alarm(alarm) => self.on_hardware_alarm(alarm),
                TimeslotEvent::SignallingBits(abcd) => {
                    self.persistence.on_bits(now, line_bits(abcd));
                }
            }
        }
        if let Some(ab) = self.persistence.poll(now)
            && self.hardware_alarm.is_none()
        {
            self.on_line(now, ab);
        }
    }

    fn released_by_switch(&mut self, now: Instant, cause: Cause) -> bool {
        if !self.engaged {
            return false;
        }
        match &mut self.state {
            State::Resting | State::Idle => return false,
            State::Seized { release, .. } => *release = Some(cause),
            State::AwaitingNumber
            | State::Dialling(_)
            | State::Proceeding
            | State::OutAnswered { .. } => self.clear_forward(now, cause),
            // It is being cleared already.
            State::ClearForward { .. } | State::Glare | State::ClearBack { .. } => {}
            State::Collecting(_)
            | State::Offered(_)
            | State::Accepting { .. }
            | State::Accepted { .. }
            | State::InAnswered => self.clear_back(now, cause),
        }
        true
    }
}

impl<T: Timeslot> FrameChannel for R2<T> {
    fn tick(&mut self, now: Instant, tx: &Frame, rx: &mut Frame) {
        while let Some(timer) = self.timers.expire(now) {
            self.on_timer(now, timer);
        }
        let out = self.fill_tx(tx);
        match self.timeslot.exchange(&out, rx) {
            Ok(()) => {}
            Err(PortError::Gone) => {
                rx.fill(0);
                if self.hardware_alarm != Some(Alarm::DeviceLost) {
                    self.on_hardware_alarm(Some(Alarm::DeviceLost));
                }
            }
            Err(_) => self.faults.port_errors = self.faults.port_errors.saturating_add(1),
        }
        self.serve(now);
        self.listen(now, rx);
        if !self.audio.is_open() {
            rx.fill(0);
        }
    }

    fn command(&mut self, now: Instant, command: &ChannelCommand) {
        let fits = match command {
            ChannelCommand::Seize(_) => self.seize(now),
            ChannelCommand::Dial { number, caller } => self.dial(now, number, caller),
            ChannelCommand::Alert => self.alert(now, true),
            ChannelCommand::OpenEarlyAudio => self.alert(now, false),
            ChannelCommand::Answer => self.answer(now),
            ChannelCommand::SendDigits(digits) => self.audio.press(digits),
            ChannelCommand::Release(cause) => self.released_by_switch(now, *cause),
            ChannelCommand::Block(blocked) => {
                self.block(*blocked);
                true
            }
            // Register signalling has no words for these.
            ChannelCommand::Redirected(_) | ChannelCommand::Connected(_) => true,
            ChannelCommand::Ring { .. }
            | ChannelCommand::Facility(_)
            | ChannelCommand::Notify(_)
            | ChannelCommand::CallWaiting { .. }
            | ChannelCommand::CallWaitingEnd
            | ChannelCommand::MessageWaiting(_)
            | ChannelCommand::Forwarded(_)
            | ChannelCommand::Transferred(_)
            | ChannelCommand::Flash => false,
        };
        if !fits {
            self.faults.commands_refused = self.faults.commands_refused.saturating_add(1);
        }
    }

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        self.events.pop()
    }
}

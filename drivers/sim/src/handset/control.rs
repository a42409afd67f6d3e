//! Who sits at the handset.

use tipring_line::{CallerId, Digits, LinePolarity};

use crate::link::{ControlError, ControlLink};
use crate::talker::Speech;

/// What is done when the handset rings, and in its calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandsetPlan {
    /// It is answered after ringing for this long; `None`: not at all.
    pub answer_after_ms: Option<u32>,
    /// What is said in calls: from the answer on, or once a number has been dialled.
    pub say: Option<Speech>,
    /// Whether it is said again and again.
    pub repeat: bool,
    /// How long after the answer it is hung up; `None`: when busy tone is heard.
    pub talk_ms: Option<u32>,
}

/// What happened at the handset. Times are milliseconds since the line was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandsetEvent {
    /// It has begun to ring.
    Ringing,
    /// Its display shows who calls.
    Caller(CallerId),
    /// It rings no more, unanswered.
    RingingStopped,
    /// It was lifted while ringing.
    Answered {
        /// When.
        at_ms: u64,
    },
    /// Dial tone was heard.
    DialTone,
    /// The keys to dial have been pressed.
    Dialled,
    /// Ringback was heard.
    Ringback,
    /// Busy, congestion or vacant-number tone was heard.
    Busy,
    /// It was put back.
    HungUp {
        /// When.
        at_ms: u64,
    },
    /// Its message lamp was lit or put out, by the line's voltage.
    MessageLamp(bool),
    /// Its display says that messages wait, or no more: read from the line.
    MessagesWait(bool),
    /// Its display shows who waits, while it is in a call.
    SecondCaller(CallerId),
    /// It heard the alerting signal of a second call and acknowledged it.
    Acknowledged,
    /// The line's polarity has changed.
    Polarity(LinePolarity),
    /// The loop had no battery for so long.
    LoopDropped {
        /// How long, in milliseconds.
        ms: u32,
    },
    /// The howler was heard.
    Howler,
}

/// What the port is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum HandsetCommand {
    Plan(HandsetPlan),
    Dial(Digits),
    Press(Digits),
    Lift,
    HangUp,
    Flash { ms: u16 },
    Outage { ms: u32 },
}

/// Whoever sits at the handset; usable from any thread.
#[derive(Debug)]
pub struct HandsetControl {
    link: ControlLink<HandsetCommand, HandsetEvent>,
}

impl HandsetControl {
    pub(super) fn new(link: ControlLink<HandsetCommand, HandsetEvent>) -> Self {
        HandsetControl { link }
    }

    /// Sets what is done when it rings.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_plan(&mut self, plan: HandsetPlan) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Plan(plan))
    }

    /// Lifts the handset, waits for dial tone, and dials.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn dial(&mut self, digits: Digits) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Dial(digits))
    }

    /// Presses keys.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn press(&mut self, digits: Digits) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Press(digits))
    }

    /// Lifts the handset: answers if it rings.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn lift(&mut self) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Lift)
    }

    /// Puts the handset back.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn hang_up(&mut self) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::HangUp)
    }

    /// Opens the loop for so many milliseconds: a flash, if the box takes it as one.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn flash(&mut self, ms: u16) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Flash { ms })
    }

    /// Takes the box's port away for so many milliseconds: a card pulled, a driver that died.
    /// When it is back, it tells anew whether the loop is closed.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn fail_port(&mut self, ms: u32) -> Result<(), ControlError> {
        self.link.send(HandsetCommand::Outage { ms })
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<HandsetEvent> {
        self.link.poll_event()
    }

    /// Appends what was heard since last asked, while lifted, and returns how many samples that
    /// were. Ten seconds may wait.
    pub fn take_heard(&mut self, into: &mut Vec<i16>) -> usize {
        self.link.take_heard(into)
    }

    /// Events and samples lost because they were not asked for in time.
    pub fn lost(&self) -> u64 {
        self.link.lost()
    }
}

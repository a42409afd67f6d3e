//! The street's side of an exchange line: who calls, who is called, what happened.

use tipring_line::{CallerId, Number};

use crate::keys::KeyPlan;
use crate::link::{ControlError, ControlLink};
use crate::model::LineModel;
use crate::talker::{Script, Speech};
use crate::two_wire::TwoWire;

/// A call from the street to the box.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct CallPlan {
    /// Who calls.
    pub caller: CallerId,
    /// What is said once the call is answered.
    pub say: Option<Speech>,
    /// How long after the answer, in milliseconds.
    pub say_after_ms: u32,
    /// Whether it is said again and again.
    pub repeat: bool,
    /// Keys pressed, by the time since the answer.
    pub keys: KeyPlan,
    /// How long after the answer the caller hangs up; `None`: when the box does.
    pub talk_ms: Option<u32>,
    /// How long the caller lets it ring; `None`: for ever.
    pub patience_ms: Option<u32>,
}

impl CallPlan {
    pub(super) fn script(&self) -> Script {
        Script {
            say: self.say.clone(),
            say_after_ms: self.say_after_ms,
            repeat: self.repeat,
            keys: self.keys.clone(),
        }
    }
}

/// What becomes of a call from the box to the street.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalledOutcome {
    /// The called party answers after ringing for this long.
    Answers {
        /// Milliseconds of ringing.
        after_ms: u32,
    },
    /// It rings for a minute and ends in busy tone.
    NoAnswer,
    /// Busy.
    Busy,
    /// No way through.
    Congestion,
    /// No such number.
    Vacant,
    /// The number is taken and then nothing is heard.
    Silence,
}

/// The party that calls from the box reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalledPlan {
    /// What becomes of the call.
    pub outcome: CalledOutcome,
    /// What the called party says.
    pub say: Option<Speech>,
    /// Whether it is said again and again.
    pub repeat: bool,
    /// How long after the answer the called party hangs up; `None`: when the box does.
    pub talk_ms: Option<u32>,
    /// Heard again and again instead of ringback: coloured ringback, 彩铃.
    pub music: Option<Speech>,
}

impl Default for CalledPlan {
    fn default() -> Self {
        CalledPlan {
            outcome: CalledOutcome::Answers { after_ms: 6000 },
            say: None,
            repeat: false,
            talk_ms: None,
            music: None,
        }
    }
}

impl CalledPlan {
    pub(super) fn script(&self) -> Script {
        Script { say: self.say.clone(), repeat: self.repeat, ..Script::default() }
    }
}

/// Why a call on the line ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// The street's side hung up.
    FarHungUp,
    /// The box hung up.
    BoxHungUp,
    /// The caller gave up unanswered.
    GaveUp,
    /// The call was refused with a tone.
    Refused,
}

/// What happened on the line. Times are milliseconds since the line was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExchangeEvent {
    /// A call could not be placed: the line was in use.
    LineBusy,
    /// A call's first ringing has begun.
    Ringing,
    /// The call was answered: by the box, or by the called party.
    Answered {
        /// When.
        at_ms: u64,
    },
    /// The box flashed its hook.
    Flash,
    /// The box has seized the line and dialled this.
    Dialled(Number),
    /// The call is over. The line may still sound busy until the box hangs up.
    Ended {
        /// Why.
        reason: EndReason,
        /// When.
        at_ms: u64,
    },
    /// The tone that tells the box that the call is over has begun.
    ReleaseTone {
        /// When.
        at_ms: u64,
    },
    /// The line is free.
    Idle {
        /// When.
        at_ms: u64,
    },
}

/// What the port is told.
#[derive(Debug)]
pub(super) enum ExchangeCommand {
    Place(CallPlan),
    Called(CalledPlan),
    HangUp,
    Battery(bool),
    Glare(CallPlan),
    OtherSet(bool),
    MessageWaiting(bool),
    Line(Box<NewLine>),
}

/// Another line in place of the one there was.
#[derive(Debug)]
pub(crate) struct NewLine {
    pub(super) model: LineModel,
    pub(super) wire: TwoWire,
}

/// Plays the street on one line; usable from any thread.
#[derive(Debug)]
pub struct ExchangeControl {
    link: ControlLink<ExchangeCommand, ExchangeEvent>,
    model: LineModel,
    battery: bool,
    other_set: bool,
}

impl ExchangeControl {
    pub(super) fn new(link: ControlLink<ExchangeCommand, ExchangeEvent>, model: LineModel) -> Self {
        ExchangeControl { link, model, battery: true, other_set: false }
    }

    /// What the line is like, as set last.
    pub fn model(&self) -> &LineModel {
        &self.model
    }

    /// Whether the line is whole, as set last.
    pub fn has_battery(&self) -> bool {
        self.battery
    }

    /// Whether another set on the pair is off-hook, as set last.
    pub fn has_other_set(&self) -> bool {
        self.other_set
    }

    /// Makes the line another one, with noise of its own by this seed. What goes on at the moment
    /// goes on; a tone that sounds is not changed.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_model(&mut self, seed: u64, model: LineModel) -> Result<(), ControlError> {
        let wire = TwoWire::new(seed, &model);
        let line = Box::new(NewLine { model: model.clone(), wire });
        self.link.send(ExchangeCommand::Line(line))?;
        self.model = model;
        Ok(())
    }

    /// Calls the box. If the line is in use, [`ExchangeEvent::LineBusy`] says so.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn place_call(&mut self, plan: CallPlan) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::Place(plan))
    }

    /// Sets who is reached by the calls the box makes from now on.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_called_party(&mut self, plan: CalledPlan) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::Called(plan))
    }

    /// Hangs up at the street's side.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn hang_up(&mut self) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::HangUp)
    }

    /// Cuts the line (`false`) or mends it.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_battery(&mut self, there: bool) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::Battery(there))?;
        self.battery = there;
        Ok(())
    }

    /// Lets this call reach the line in the very moment in which the box next seizes it, so that
    /// the box has answered before anything rang.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn call_at_seizure(&mut self, plan: CallPlan) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::Glare(plan))
    }

    /// Lifts another set on the same pair (`true`), or puts it back.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_other_set(&mut self, off_hook: bool) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::OtherSet(off_hook))?;
        self.other_set = off_hook;
        Ok(())
    }

    /// Tells the line that messages wait, or no more.
    ///
    /// # Errors
    /// [`ControlError`] if the port takes no commands.
    pub fn set_message_waiting(&mut self, waiting: bool) -> Result<(), ControlError> {
        self.link.send(ExchangeCommand::MessageWaiting(waiting))
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<ExchangeEvent> {
        self.link.poll_event()
    }

    /// Appends what was heard at the street's side since last asked, from answer to end, and
    /// returns how many samples that were. Ten seconds may wait.
    pub fn take_heard(&mut self, into: &mut Vec<i16>) -> usize {
        self.link.take_heard(into)
    }

    /// Events and samples lost because they were not asked for in time.
    pub fn lost(&self) -> u64 {
        self.link.lost()
    }
}

//! What people, through the web or a feature code, may ask of the switch.

use serde::{Deserialize, Serialize};
use tipring_line::{CallId, Number};

use crate::{AgentId, QueueId};

/// When calls to an extension go elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ForwardWhen {
    /// At once.
    Always,
    /// When it carries a call.
    Busy,
    /// When nobody answers within the time the box rings it, or it cannot be reached.
    NoAnswer,
}

/// What a supervisor hears and says in an agent's call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MonitorMode {
    /// The supervisor hears both and is heard by nobody (监听).
    Listen,
    /// The agent hears the supervisor too, the customer does not (密语).
    Whisper,
    /// All three hear each other (强插).
    Barge,
}

/// What is to happen to a call's recording.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordingOrder {
    /// Begin one, if none runs.
    Start,
    /// Silence instead of the parties, until `Resume`: a card number is said.
    Pause,
    /// The parties again.
    Resume,
    /// End it.
    Stop,
}

/// A request to the switch. Each is answered by exactly one [`Reply`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Command {
    /// Log an agent in at an extension. The password is checked by the switch's agent table.
    AgentLogIn {
        /// The work number.
        work_number: Number,
        /// The password, digits.
        password: String,
        /// Where the agent sits.
        extension: Number,
    },
    /// Log an agent out. A call in progress goes on.
    AgentLogOut {
        /// The agent.
        agent: AgentId,
    },
    /// Make an agent ready; ends wrap-up too.
    AgentReady {
        /// The agent.
        agent: AgentId,
    },
    /// Make an agent not ready.
    AgentNotReady {
        /// The agent.
        agent: AgentId,
        /// Why, as shown.
        reason: String,
    },
    /// End an agent's wrap-up now, or make it last so many seconds more.
    AgentWrapUp {
        /// The agent.
        agent: AgentId,
        /// Seconds more; `None` ends it.
        extend_s: Option<u32>,
    },
    /// The agent's desktop is there (`true`), or has been gone for its time of grace.
    AgentDesktop {
        /// The agent.
        agent: AgentId,
        /// Whether it is there.
        present: bool,
    },
    /// Grant or refuse the leave for a break that an agent has asked for.
    AgentLeave {
        /// The agent.
        agent: AgentId,
        /// Whether it is granted.
        granted: bool,
        /// Who decided.
        by: String,
    },
    /// Make an agent not ready (强制离席), whatever the agent's queues say of leave.
    ForceNotReady {
        /// The agent.
        agent: AgentId,
        /// Why, as the agent is told.
        reason: String,
        /// Who ordered it.
        by: String,
    },
    /// Log an agent out (强制签出). A call in progress goes on.
    ForceLogOut {
        /// The agent.
        agent: AgentId,
        /// Why, as the agent is told.
        reason: String,
        /// Who ordered it.
        by: String,
    },
    /// Move a caller who waits into another queue; the place in the box's service is kept.
    QueueMove {
        /// The call.
        call: CallId,
        /// Where to.
        queue: QueueId,
        /// Who ordered it.
        by: String,
    },
    /// Change the priority of a caller who waits.
    QueuePriority {
        /// The call.
        call: CallId,
        /// 0 is the lowest.
        priority: u32,
        /// Who ordered it.
        by: String,
    },
    /// Have a number called back by a queue's agents.
    CallbackAdd {
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
        /// Who asked.
        by: String,
    },
    /// Take a number that is to be called back from a queue's list.
    CallbackCancel {
        /// The queue.
        queue: QueueId,
        /// The number.
        number: Number,
        /// Who asked.
        by: String,
    },
    /// End a call: all its legs (强拆).
    HangUp {
        /// The call.
        call: CallId,
        /// Who ordered it; empty where a party did.
        #[serde(default)]
        by: String,
    },
    /// End the leg of the phone at this extension, as hanging up there would.
    HangUpPhone {
        /// The extension.
        extension: Number,
    },
    /// Ring the phone at this extension and, once it is answered, dial for it.
    Dial {
        /// The extension.
        extension: Number,
        /// What to dial, as it would be keyed there.
        to: Number,
        /// The account the call is booked to.
        account: Option<Number>,
    },
    /// Put the other side on hold, with music (`true`), or take it back.
    Hold {
        /// Whose phone does it.
        extension: Number,
        /// Whether on hold.
        held: bool,
    },
    /// Keep the phone's microphone from being heard (`true`), or let it.
    Mute {
        /// Whose phone.
        extension: Number,
        /// Whether muted.
        muted: bool,
    },
    /// Send digits to the other side, as keyed.
    SendDigits {
        /// Whose phone.
        extension: Number,
        /// The digits.
        digits: Number,
    },
    /// Transfer the other side to a number at once; this phone's leg ends.
    Transfer {
        /// Whose phone.
        extension: Number,
        /// Where to.
        to: Number,
    },
    /// Put the other side on hold and call a number to consult.
    Consult {
        /// Whose phone.
        extension: Number,
        /// Whom.
        to: Number,
    },
    /// Talk to the party on hold; the consulted one is held instead.
    ConsultSwap {
        /// Whose phone.
        extension: Number,
    },
    /// Join the other side and the consulted party; this phone's leg ends.
    ConsultTransfer {
        /// Whose phone.
        extension: Number,
    },
    /// End the consultation and take the other side back.
    ConsultCancel {
        /// Whose phone.
        extension: Number,
    },
    /// Let all of this phone's parties hear each other.
    Conference {
        /// Whose phone.
        extension: Number,
    },
    /// Call a number into the conference of this phone's call.
    ConferenceAdd {
        /// Whose phone.
        extension: Number,
        /// Whom.
        to: Number,
    },
    /// Park the other side; this phone's leg ends.
    Park {
        /// Whose phone.
        extension: Number,
        /// The place; the next free one if none is named.
        place: Option<Number>,
    },
    /// Take a parked call.
    Unpark {
        /// Whose phone.
        extension: Number,
        /// The place.
        place: Number,
    },
    /// Take a call that rings elsewhere.
    PickUp {
        /// Whose phone takes it.
        extension: Number,
        /// Where it rings; any phone of the same pick-up group if none is named.
        from: Option<Number>,
    },
    /// Have calls to an extension go elsewhere, or no longer.
    Forward {
        /// The extension.
        extension: Number,
        /// When.
        when: ForwardWhen,
        /// Where to; `None` ends it.
        to: Option<Number>,
    },
    /// Let an extension not be rung (`true`), or be rung again.
    DoNotDisturb {
        /// The extension.
        extension: Number,
        /// Whether it is left alone.
        on: bool,
    },
    /// Say that messages wait for an extension (`true`), or no more.
    MessageWaiting {
        /// The extension.
        extension: Number,
        /// Whether messages wait.
        waiting: bool,
    },
    /// Change a call's recording.
    Recording {
        /// The call.
        call: CallId,
        /// How.
        order: RecordingOrder,
        /// Who ordered it.
        by: String,
    },
    /// Listen to a call at a supervisor's phone, or change how one takes part in it.
    Monitor {
        /// The call.
        call: CallId,
        /// The supervisor's phone; it is rung unless it already monitors.
        extension: Number,
        /// How.
        mode: MonitorMode,
        /// Who ordered it.
        by: String,
    },
    /// End the monitoring at this phone.
    MonitorStop {
        /// The supervisor's phone.
        extension: Number,
    },
    /// Take channels of an E1 span out of service, or back into it. Calls in progress go on.
    SpanService {
        /// The span's name.
        span: String,
        /// The timeslots; all of its channels if none is named.
        timeslots: Vec<u8>,
        /// Whether they are to carry calls.
        in_service: bool,
    },
    /// Move a call that rings at, or talks with, an agent to a supervisor's phone (代接); the
    /// agent's leg ends.
    TakeOver {
        /// The call.
        call: CallId,
        /// The supervisor's phone.
        extension: Number,
        /// Who ordered it.
        by: String,
    },
}

/// Why the switch refused a [`Command`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No such agent, or a wrong password: the two are not told apart on purpose.
    WrongCredentials,
    /// Too many wrong passwords; try again later.
    Locked,
    /// No such extension, or nobody is registered there.
    NoSuchExtension,
    /// Another agent is logged in at that extension.
    ExtensionTaken,
    /// No such agent.
    NoSuchAgent,
    /// The agent is not logged in.
    NotLoggedIn,
    /// No such call: it may have ended just now.
    NoSuchCall,
    /// No such queue.
    NoSuchQueue,
    /// No such E1 span, or it has no such channel.
    NoSuchSpan,
    /// No phone of this extension is in a call of the kind that is needed.
    NoSuchLeg,
    /// The state it is in does not allow it: a call that is not answered cannot be held.
    NotPossible,
    /// The number cannot be reached from there, or its class of service does not allow it.
    NotAllowed,
    /// The number is on a list of those not to be called.
    DoNotCall,
    /// The place is taken, or there is nothing in it.
    NoSuchPlace,
    /// The agent's queue wants a supervisor's leave: it has been asked for.
    LeaveAsked,
    /// The switch has too much to do; nothing was changed.
    Busy,
}

/// What the switch answered.
pub type Reply = Result<(), Refusal>;

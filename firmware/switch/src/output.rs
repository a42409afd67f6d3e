//! What the switch puts out: to channels, to the media, to the log, to the applications.

use std::sync::Arc;

use tipring_events::{AgentId, EventKind, Party};
use tipring_line::{CallId, Cause, ChannelCommand, ChannelId, Digit, Number};

use crate::MediaRequest;

/// An application that can own a caller's leg.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum App {
    /// A flow.
    Flow,
    /// A queue.
    Queue,
}

/// What an agent's extension asked for by a feature code.
#[derive(Clone, PartialEq, Eq)]
pub enum FeatureRequest {
    /// Log in.
    LogIn {
        /// The work number as keyed.
        work_number: String,
        /// The password as keyed.
        password: String,
    },
    /// Log out.
    LogOut,
    /// Become ready.
    Ready,
    /// Become not ready.
    NotReady,
}

impl core::fmt::Debug for FeatureRequest {
    /// Leaves the password out.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            FeatureRequest::LogIn { work_number, .. } => write!(f, "LogIn({work_number:?}, …)"),
            FeatureRequest::LogOut => f.write_str("LogOut"),
            FeatureRequest::Ready => f.write_str("Ready"),
            FeatureRequest::NotReady => f.write_str("NotReady"),
        }
    }
}

/// What the switch tells the applications.
#[derive(Clone, PartialEq, Debug)]
pub enum AppInput {
    /// A flow shall take this call.
    StartFlow {
        /// The call.
        call: CallId,
        /// The flow's name.
        flow: Arc<str>,
    },
    /// A queue shall take this call, which no flow has had.
    StartQueue {
        /// The call.
        call: CallId,
        /// The queue's name.
        queue: Arc<str>,
    },
    /// The caller pressed a key.
    Digit {
        /// The call.
        call: CallId,
        /// Whose the caller's leg is.
        app: App,
        /// The key.
        digit: Digit,
    },
    /// What the application last had played has ended.
    PlayDone {
        /// The call.
        call: CallId,
        /// Whose the caller's leg is.
        app: App,
    },
    /// The call is over, whoever had it.
    CallOver {
        /// The call.
        call: CallId,
        /// Who ended it.
        by: Party,
    },
    /// An agent answered an offer: connect, or cancel.
    OfferAnswered {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// An offer failed at the agent's phone.
    OfferFailed {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// Why.
        cause: Cause,
    },
    /// An agent has no part any more in a call that goes on: it was transferred, or taken over.
    AgentLeft {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// An agent's talk goes on in another call, with which the one it began in was joined.
    AgentMoved {
        /// The call it began in.
        from: CallId,
        /// The call it goes on in.
        to: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// The phone that a callback's call is made for has answered; the customer is called now.
    Originated {
        /// The call.
        call: CallId,
    },
    /// The number that a callback calls has answered.
    Reached {
        /// The call.
        call: CallId,
    },
    /// Somebody else has taken a call that waits in a queue: it waits no more.
    TakenFromQueue {
        /// The call.
        call: CallId,
    },
    /// An extension asked for something by a feature code; answered by
    /// [`Switch::feature_done`](crate::Switch::feature_done).
    Feature {
        /// The call.
        call: CallId,
        /// The extension.
        extension: Number,
        /// What.
        request: FeatureRequest,
    },
    /// An extension's first leg began (`true`), or its last one has been released.
    ExtensionInUse {
        /// The extension.
        extension: Number,
        /// Whether it carries a leg.
        in_use: bool,
    },
    /// An extension can be rung (`true`), or no longer.
    ExtensionReachable {
        /// The extension.
        extension: Number,
        /// Whether it is registered and in order.
        reachable: bool,
    },
}

/// What the switch puts out.
#[derive(Clone, PartialEq, Debug)]
pub enum SwitchOutput {
    /// Tell a channel.
    Channel(ChannelId, ChannelCommand),
    /// Ask the media.
    Media(MediaRequest),
    /// Write into the log.
    Event(EventKind),
    /// Tell an application.
    App(AppInput),
    /// Tell a SIP phone that messages wait for its extension (`true`), or no more.
    MessageWaiting {
        /// The extension.
        extension: Number,
        /// Whether messages wait.
        waiting: bool,
    },
}

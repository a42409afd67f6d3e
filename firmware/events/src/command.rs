//! What people, through the web or a feature code, may ask of the switch.

use serde::{Deserialize, Serialize};
use tipring_line::{CallId, Number};

use crate::AgentId;

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
    /// End a call: all its legs.
    HangUp {
        /// The call.
        call: CallId,
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
    /// The switch has too much to do; nothing was changed.
    Busy,
}

/// What the switch answered.
pub type Reply = Result<(), Refusal>;

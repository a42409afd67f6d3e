//! What the core is told.

use serde::{Deserialize, Serialize};
use tipring_acd::AcdConfig;
use tipring_ivr::Flow;
use tipring_switch::SwitchConfig;

/// Everything the core is told. Names that lead nowhere are no fault here: a call that meets one
/// is refused, and the configuration's reader complains before.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CoreConfig {
    /// Extensions, lines, trunks, dial rules.
    pub switch: SwitchConfig,
    /// Queues and agents.
    pub acd: AcdConfig,
    /// The flows.
    pub flows: Vec<Flow>,
}

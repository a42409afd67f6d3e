//! The roles, as the API names them.

use serde::{Deserialize, Serialize};
use tipring_store::Role;
use utoipa::ToSchema;

/// What a user may do, as the API names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    /// Everything.
    Administrator,
    /// Lines, phones and the configuration.
    Technician,
    /// Some queues, their agents and their calls.
    Supervisor,
    /// The own desktop.
    Agent,
    /// What is handed over to it.
    Department,
    /// Reads calls and the audit log.
    Auditor,
}

impl RoleName {
    /// Its word, as in JSON.
    pub(crate) fn word(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => RoleName::Administrator,
            Role::Technician => RoleName::Technician,
            Role::Supervisor => RoleName::Supervisor,
            Role::Agent => RoleName::Agent,
            Role::Department => RoleName::Department,
            Role::Auditor => RoleName::Auditor,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Administrator => Role::Administrator,
            RoleName::Technician => Role::Technician,
            RoleName::Supervisor => Role::Supervisor,
            RoleName::Agent => Role::Agent,
            RoleName::Department => Role::Department,
            RoleName::Auditor => Role::Auditor,
        }
    }
}

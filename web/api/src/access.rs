//! Which role may use which route: the one table from which both the guard and the OpenAPI
//! description are made. A route that is not in it is refused to everybody.

use tipring_store::Role;

use Role::{Administrator as A, Agent as G, Auditor as U, Department as D};
use Role::{Supervisor as S, Technician as T};

/// Whom a route is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// Who is not logged in, too.
    Everybody,
    /// Everybody who is logged in, even with a password that is yet to be changed.
    LoggedIn,
    /// These roles, each within its scope.
    Roles(&'static [Role]),
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// The method.
    pub(crate) method: &'static str,
    /// The path, with its parameters in braces.
    pub(crate) path: &'static str,
    /// Whom it is for.
    pub(crate) who: Who,
    /// Whether a page asks for it by itself, again and again: such a request does not show that
    /// somebody is there.
    pub(crate) passive: bool,
}

const EVERY_ROLE: &[Role] = &[A, T, S, G, D, U];

const fn route(method: &'static str, path: &'static str, who: Who) -> Access {
    Access { method, path, who, passive: false }
}

const fn roles(method: &'static str, path: &'static str, roles: &'static [Role]) -> Access {
    route(method, path, Who::Roles(roles))
}

const fn passive(access: Access) -> Access {
    Access { passive: true, ..access }
}

/// Every route.
pub(crate) const ACCESS: &[Access] = &[
    route("GET", "/healthz", Who::Everybody),
    route("GET", "/metrics", Who::Everybody),
    route("GET", "/api/openapi.json", Who::Everybody),
    route("POST", "/api/login", Who::Everybody),
    route("POST", "/api/login/agent", Who::Everybody),
    route("POST", "/api/logout", Who::LoggedIn),
    route("GET", "/api/me", Who::LoggedIn),
    route("POST", "/api/password", Who::LoggedIn),
    roles("PUT", "/api/me/extension", &[A, S]),
    roles("GET", "/api/desk", &[A, T, S, G]),
    passive(roles("GET", "/api/live", &[A, T, S, G])),
    passive(roles("GET", "/api/events", &[A, T, S, G])),
    passive(roles("GET", "/api/today", &[A, T, U])),
    passive(roles("GET", "/api/lines", &[A, T])),
    roles("POST", "/api/lines/{line}/test", &[A, T]),
    roles("POST", "/api/lines/{line}/learn", &[A, T]),
    roles("POST", "/api/lines/{line}/cancel", &[A, T]),
    roles("POST", "/api/spans/{span}/service", &[A, T]),
    roles("GET", "/api/board", &[A, T]),
    passive(roles("GET", "/api/spans/traced", &[A, T])),
    passive(roles("GET", "/api/spans/{span}/trace", &[A, T])),
    roles("GET", "/api/spans/{span}/trace.pcap", &[A, T]),
    roles("GET", "/api/calls", &[A, S, U]),
    roles("GET", "/api/calls/{call}", &[A, S, U]),
    roles("GET", "/api/calls/{call}/recording", &[A, S]),
    roles("PUT", "/api/calls/{call}/hold", &[A, S]),
    roles("DELETE", "/api/calls/{call}/hold", &[A]),
    roles("POST", "/api/calls/{call}/hangup", &[A, S]),
    roles("POST", "/api/calls/{call}/queue", &[A, S]),
    roles("POST", "/api/calls/{call}/priority", &[A, S]),
    roles("POST", "/api/calls/{call}/recording", &[A, S, G]),
    roles("POST", "/api/calls/{call}/monitor", &[A, S]),
    roles("POST", "/api/calls/{call}/take-over", &[A, S]),
    roles("POST", "/api/queues/{queue}/callbacks", &[A, S, G]),
    roles("DELETE", "/api/queues/{queue}/callbacks/{number}", &[A, S]),
    roles("POST", "/api/agents/login", &[A, S]),
    roles("POST", "/api/agents/{agent}/ready", &[A, S, G]),
    roles("POST", "/api/agents/{agent}/not-ready", &[A, S, G]),
    roles("POST", "/api/agents/{agent}/logout", &[A, S, G]),
    roles("POST", "/api/agents/{agent}/wrap-up", &[A, S, G]),
    roles("POST", "/api/agents/{agent}/desktop", &[A, S]),
    roles("POST", "/api/agents/{agent}/leave", &[A, S]),
    roles("POST", "/api/agents/{agent}/force-not-ready", &[A, S]),
    roles("POST", "/api/agents/{agent}/force-logout", &[A, S]),
    roles("POST", "/api/phones/{extension}/hangup", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/dial", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/hold", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/mute", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/digits", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/transfer", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/consult", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/consult-swap", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/consult-transfer", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/consult-cancel", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/conference", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/conference-add", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/park", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/unpark", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/pick-up", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/forward", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/do-not-disturb", &[A, S, G]),
    roles("POST", "/api/phones/{extension}/messages", &[A, S]),
    roles("POST", "/api/phones/{extension}/monitor-stop", &[A, S]),
    roles("GET", "/api/config", &[A, T]),
    roles("PUT", "/api/config", &[A, T]),
    roles("GET", "/api/config/{section}", &[A, T, S]),
    roles("POST", "/api/config/{section}", &[A, T]),
    roles("GET", "/api/config/{section}/{key}", &[A, T, S]),
    roles("PUT", "/api/config/{section}/{key}", &[A, T, S]),
    roles("DELETE", "/api/config/{section}/{key}", &[A, T]),
    roles("GET", "/api/users", &[A]),
    roles("POST", "/api/users", &[A]),
    roles("GET", "/api/users/{name}", &[A]),
    roles("PUT", "/api/users/{name}", &[A]),
    roles("DELETE", "/api/users/{name}", &[A]),
    roles("POST", "/api/users/{name}/password", &[A]),
    roles("GET", "/api/sessions", &[A]),
    roles("DELETE", "/api/sessions/{session}", &[A]),
    roles("GET", "/api/tokens", &[A]),
    roles("POST", "/api/tokens", &[A]),
    roles("DELETE", "/api/tokens/{token}", &[A]),
    roles("GET", "/api/webhooks", &[A]),
    roles("POST", "/api/webhooks", &[A]),
    roles("PUT", "/api/webhooks/{webhook}", &[A]),
    roles("DELETE", "/api/webhooks/{webhook}", &[A]),
    roles("POST", "/api/webhooks/{webhook}/test", &[A]),
    roles("GET", "/api/webhooks/{webhook}/dead", &[A]),
    roles("POST", "/api/webhooks/{webhook}/dead/{event}/retry", &[A]),
    roles("DELETE", "/api/webhooks/{webhook}/dead", &[A]),
    roles("GET", "/api/figures", &[A, S, U]),
    roles("GET", "/api/figures.csv", &[A, S, U]),
    passive(roles("GET", "/api/figures/today", &[A, S, U])),
    roles("GET", "/api/listening", &[A, U]),
    roles("GET", "/api/audit", &[A, U]),
    roles("GET", "/api/audit.csv", &[A, U]),
];

/// What the table says of a route. `HEAD` is answered as `GET` is.
pub(crate) fn access(method: &str, path: &str) -> Option<&'static Access> {
    let method = if method == "HEAD" { "GET" } else { method };
    ACCESS.iter().find(|access| access.method == method && access.path == path)
}

impl Who {
    /// Whether this role may use the route, its password being its own.
    pub(crate) fn includes(self, role: Role) -> bool {
        match self {
            Who::Everybody | Who::LoggedIn => true,
            Who::Roles(roles) => roles.contains(&role),
        }
    }

    /// The roles, for the description.
    pub(crate) fn roles(self) -> &'static [Role] {
        match self {
            Who::Everybody => &[],
            Who::LoggedIn => EVERY_ROLE,
            Who::Roles(roles) => roles,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_stands_once_and_each_role_can_do_something() {
        for (n, access) in ACCESS.iter().enumerate() {
            let twice =
                ACCESS[..n].iter().any(|a| (a.method, a.path) == (access.method, access.path));
            assert!(!twice, "{} {} stands twice", access.method, access.path);
        }
        assert!(access("HEAD", "/api/me").is_some());
        assert!(access("PATCH", "/api/me").is_none());
    }
}

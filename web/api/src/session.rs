//! Who is logged in: random tokens in a bounded table in memory.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, QueueId};
use tipring_line::Number;
use tipring_store::{Role, TokenId, User};

use crate::state::Author;

/// How long a session lasts at most: a shift, with some to spare.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);

/// How long a session lasts in which nobody does anything.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(3600);

/// The most sessions at once; the one that was used longest ago gives way.
const SESSIONS_MAX: usize = 512;

const COOKIE: &str = "tipring_session";

/// A session's secret: 256 random bits.
pub(crate) type Secret = [u8; 32];

/// By what somebody proved who it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Proof {
    /// The cookie of a session.
    Session(Secret),
    /// A token of other software.
    Token(TokenId),
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) proof: Proof,
    /// By which the list of sessions names it; tells nothing of the secret.
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) must_change: bool,
    /// A supervisor's queues.
    pub(crate) queues: Vec<QueueId>,
    /// The agent whose desktop it is.
    pub(crate) agent: Option<AgentId>,
    /// Where the user listens and talks.
    pub(crate) extension: Option<Number>,
    pub(crate) address: IpAddr,
    pub(crate) began: WallTime,
    pub(crate) used: WallTime,
    ends: Instant,
    idle: Instant,
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    pub(crate) proof: Proof,
    pub(crate) id: u64,
    pub(crate) user: User,
    pub(crate) agent: Option<AgentId>,
    pub(crate) address: IpAddr,
    pub(crate) at: WallTime,
}

impl Session {
    /// A session that begins now.
    pub(crate) fn new(now: Instant, beginning: Beginning) -> Self {
        let Beginning { proof, id, user, agent, address, at } = beginning;
        Session {
            proof,
            id,
            name: user.name,
            role: user.role,
            must_change: user.must_change,
            queues: user.queues,
            agent,
            extension: user.extension,
            address,
            began: at,
            used: at,
            ends: now + SESSION_LIFE,
            idle: now + IDLE_MAX,
        }
    }

    /// Who it is, for what is kept with the name of its author.
    pub(crate) fn author(&self) -> Author {
        let known = !self.address.is_unspecified();
        let address = if known { self.address.to_string() } else { String::new() };
        Author { name: self.name.clone(), address }
    }

    fn lasts(&self, now: Instant) -> bool {
        self.ends > now && self.idle > now
    }

    /// Whether a page that is open shows that somebody is there: an agent's desktop and a
    /// supervisor's wallboard are looked at for hours without a click.
    fn page_counts(&self) -> bool {
        matches!(self.role, Role::Supervisor | Role::Agent | Role::Department)
    }
}

/// Every session.
#[derive(Default)]
pub(crate) struct Sessions {
    table: HashMap<Secret, Session>,
}

impl Sessions {
    /// Begins a session.
    pub(crate) fn begin(&mut self, now: Instant, secret: Secret, session: Session) {
        self.table.retain(|_, session| session.lasts(now));
        if self.table.len() >= SESSIONS_MAX {
            let oldest = self.table.iter().min_by_key(|(_, s)| s.idle).map(|(key, _)| *key);
            oldest.map(|key| self.table.remove(&key));
        }
        self.table.insert(secret, session);
    }

    /// The session of this secret, if it lasts. A request that a page makes by itself (`passive`)
    /// keeps only some roles' sessions from ending.
    pub(crate) fn find(
        &mut self,
        (now, wall): (Instant, WallTime),
        secret: &Secret,
        passive: bool,
    ) -> Option<Session> {
        let session = self.table.get_mut(secret).filter(|session| session.lasts(now))?;
        if !passive || session.page_counts() {
            (session.idle, session.used) = (now + IDLE_MAX, wall);
        }
        Some(session.clone())
    }

    /// Every session that lasts, the oldest first.
    pub(crate) fn list(&self, now: Instant) -> Vec<Session> {
        let mut all: Vec<_> = self.table.values().filter(|s| s.lasts(now)).cloned().collect();
        all.sort_by_key(|session| (session.began.unix_micros(), session.id));
        all
    }

    /// Ends a session.
    pub(crate) fn end(&mut self, secret: &Secret) {
        self.table.remove(secret);
    }

    /// Ends a session by its id; gives it, if there was one.
    pub(crate) fn end_by_id(&mut self, id: u64) -> Option<Session> {
        let secret = self.table.iter().find(|(_, s)| s.id == id).map(|(secret, _)| *secret)?;
        self.table.remove(&secret)
    }

    /// Ends every session of a user.
    pub(crate) fn end_all(&mut self, name: &str) {
        self.table.retain(|_, session| session.name != name);
    }

    /// The user of `kept` has a new password: every other session of the same user ends.
    pub(crate) fn password_changed(&mut self, kept: &Session) {
        self.table.retain(|_, s| s.name != kept.name || s.proof == kept.proof);
        for session in self.table.values_mut().filter(|s| s.proof == kept.proof) {
            session.must_change = false;
        }
    }

    /// The user of `session` sits elsewhere now.
    pub(crate) fn moved(&mut self, name: &str, extension: Option<Number>) {
        for session in self.table.values_mut().filter(|s| s.name == name) {
            session.extension = extension;
        }
    }
}

/// The secret in a request's cookies (RFC 6265bis, section 4.2).
pub(crate) fn secret_of(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| from_hex(value))
}

/// The `Set-Cookie` that begins a session, or ends it where there is none. `tls` keeps it from
/// being sent in the clear.
pub(crate) fn set_cookie(secret: Option<&Secret>, tls: bool) -> HeaderValue {
    let mut cookie = format!("{COOKIE}=");
    let mut life_s = 0;
    if let Some(secret) = secret {
        cookie.push_str(&hex(secret));
        life_s = SESSION_LIFE.as_secs();
    }
    let _ = write!(cookie, "; HttpOnly; SameSite=Strict; Path=/; Max-Age={life_s}");
    if tls {
        cookie.push_str("; Secure");
    }
    HeaderValue::from_str(&cookie).expect("hex and ASCII words are a header value")
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn from_hex(text: &str) -> Option<Secret> {
    let mut secret = Secret::default();
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, place) in secret.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const AT: WallTime = WallTime::from_unix_micros(0);

    fn begin(sessions: &mut Sessions, now: Instant, secret: Secret, user: User) -> Session {
        let session = Session::new(
            now,
            Beginning {
                proof: Proof::Session(secret),
                id: u64::from(secret[0]),
                user: User { must_change: true, ..user },
                agent: None,
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                at: AT,
            },
        );
        sessions.begin(now, secret, session.clone());
        session
    }

    fn admin() -> User {
        User::new("admin", Role::Administrator)
    }

    #[test]
    fn a_cookie_reads_back_and_a_bent_one_does_not() {
        let cookie = set_cookie(Some(&[0xA5; 32]), true);
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict;"), "{cookie}");
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        let value = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("other=1; {value}").parse().unwrap());
        assert_eq!(secret_of(&headers), Some([0xA5; 32]));
        for bad in ["tipring_session=zz", "tipring_session=é", "tipring_session"] {
            headers.insert(header::COOKIE, HeaderValue::from_bytes(bad.as_bytes()).unwrap());
            assert_eq!(secret_of(&headers), None);
        }
    }

    #[test]
    fn a_session_ends_by_itself_and_with_a_new_password() {
        let mut sessions = Sessions::default();
        let start = (Instant::ZERO, AT);
        let kept = begin(&mut sessions, Instant::ZERO, [1; 32], admin());
        begin(&mut sessions, Instant::ZERO, [2; 32], admin());
        begin(&mut sessions, Instant::ZERO, [3; 32], User::new("other", Role::Auditor));
        sessions.password_changed(&kept);
        assert!(sessions.find(start, &[1; 32], false).is_some_and(|s| !s.must_change));
        assert!(sessions.find(start, &[2; 32], false).is_none());
        assert!(sessions.find(start, &[3; 32], false).is_some_and(|s| s.must_change));
        assert!(sessions.end_by_id(3).is_some());
        assert!(sessions.find(start, &[3; 32], false).is_none());
        let mut now = Instant::ZERO;
        for _ in 0..12 {
            assert!(sessions.find((now, AT), &[1; 32], false).is_some());
            now += Duration::from_secs(3599);
        }
        now += Duration::from_secs(12);
        assert!(sessions.find((now, AT), &[1; 32], false).is_none(), "no session lasts for ever");
    }

    #[test]
    fn an_open_page_keeps_a_supervisors_session_and_not_an_administrators() {
        let mut sessions = Sessions::default();
        begin(&mut sessions, Instant::ZERO, [1; 32], admin());
        begin(&mut sessions, Instant::ZERO, [2; 32], User::new("li", Role::Supervisor));
        let mut now = Instant::ZERO;
        for _ in 0..5 {
            now += Duration::from_secs(800);
            sessions.find((now, AT), &[1; 32], true);
            assert!(sessions.find((now, AT), &[2; 32], true).is_some());
        }
        assert!(sessions.find((now, AT), &[1; 32], true).is_none());
        assert_eq!(sessions.list(now).len(), 1);
    }

    #[test]
    fn the_table_stays_bounded() {
        let mut sessions = Sessions::default();
        for n in 0..SESSIONS_MAX as u64 + 10 {
            let mut secret = [0; 32];
            secret[..8].copy_from_slice(&n.to_le_bytes());
            begin(&mut sessions, Instant::from_millis(n), secret, admin());
        }
        assert_eq!(sessions.table.len(), SESSIONS_MAX);
        let first = sessions.find((Instant::ZERO, AT), &[0; 32], false);
        assert!(first.is_none(), "the oldest gave way");
    }
}

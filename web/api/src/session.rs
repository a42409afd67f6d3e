//! Who is logged in: random tokens in a bounded table in memory.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use tipring_clock::Instant;
use tipring_store::{Role, User};

/// How long a session lasts: a shift, with some to spare.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);

/// The most sessions at once; the oldest gives way.
const SESSIONS_MAX: usize = 512;

const COOKIE: &str = "tipring_session";

/// A session's secret: 256 random bits.
pub(crate) type Token = [u8; 32];

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) token: Token,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) must_change: bool,
    ends: Instant,
}

/// Every session.
#[derive(Default)]
pub(crate) struct Sessions {
    table: HashMap<Token, Session>,
}

impl Sessions {
    /// Begins a session for `user`.
    pub(crate) fn begin(&mut self, now: Instant, token: Token, user: User) -> Session {
        self.table.retain(|_, session| session.ends > now);
        if self.table.len() >= SESSIONS_MAX {
            let oldest = self.table.values().min_by_key(|s| s.ends).map(|s| s.token);
            oldest.map(|token| self.table.remove(&token));
        }
        let session = Session {
            token,
            name: user.name,
            role: user.role,
            must_change: user.must_change,
            ends: now + SESSION_LIFE,
        };
        self.table.insert(token, session.clone());
        session
    }

    /// The session of this token, if it lasts.
    pub(crate) fn find(&self, now: Instant, token: &Token) -> Option<Session> {
        self.table.get(token).filter(|session| session.ends > now).cloned()
    }

    /// Ends a session.
    pub(crate) fn end(&mut self, token: &Token) {
        self.table.remove(token);
    }

    /// The user of `kept` has a new password: every other session of the same user ends.
    pub(crate) fn password_changed(&mut self, kept: &Session) {
        self.table.retain(|token, s| s.name != kept.name || *token == kept.token);
        if let Some(session) = self.table.get_mut(&kept.token) {
            session.must_change = false;
        }
    }
}

/// The token in a request's cookies (RFC 6265bis, section 4.2).
pub(crate) fn token_of(headers: &HeaderMap) -> Option<Token> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .and_then(|(_, value)| from_hex(value))
}

/// The `Set-Cookie` that begins a session, or ends it where there is none.
pub(crate) fn set_cookie(session: Option<&Session>) -> HeaderValue {
    let mut cookie = format!("{COOKIE}=");
    let mut life_s = 0;
    if let Some(session) = session {
        for byte in session.token {
            // Writing to a String cannot fail.
            let _ = write!(cookie, "{byte:02x}");
        }
        life_s = SESSION_LIFE.as_secs();
    }
    let _ = write!(cookie, "; HttpOnly; SameSite=Strict; Path=/; Max-Age={life_s}");
    HeaderValue::from_str(&cookie).expect("hex and ASCII words are a header value")
}

fn from_hex(text: &str) -> Option<Token> {
    let mut token = Token::default();
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, place) in token.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        User { name: name.to_owned(), role: Role::Administrator, must_change: true }
    }

    #[test]
    fn a_cookie_reads_back_and_a_bent_one_does_not() {
        let mut sessions = Sessions::default();
        let session = sessions.begin(Instant::ZERO, [0xA5; 32], user("admin"));
        let cookie = set_cookie(Some(&session));
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict;"), "{cookie}");
        let value = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("other=1; {value}").parse().unwrap());
        assert_eq!(token_of(&headers), Some([0xA5; 32]));
        for bad in ["tipring_session=zz", "tipring_session=é", "tipring_session"] {
            headers.insert(header::COOKIE, HeaderValue::from_bytes(bad.as_bytes()).unwrap());
            assert_eq!(token_of(&headers), None);
        }
    }

    #[test]
    fn a_session_ends_by_itself_and_with_a_new_password() {
        let mut sessions = Sessions::default();
        let kept = sessions.begin(Instant::ZERO, [1; 32], user("admin"));
        sessions.begin(Instant::ZERO, [2; 32], user("admin"));
        sessions.begin(Instant::ZERO, [3; 32], user("other"));
        sessions.password_changed(&kept);
        assert!(sessions.find(Instant::ZERO, &[1; 32]).is_some_and(|s| !s.must_change));
        assert!(sessions.find(Instant::ZERO, &[2; 32]).is_none());
        assert!(sessions.find(Instant::ZERO, &[3; 32]).is_some_and(|s| s.must_change));
        assert!(sessions.find(Instant::ZERO + SESSION_LIFE, &[1; 32]).is_none());
    }

    #[test]
    fn the_table_stays_bounded() {
        let mut sessions = Sessions::default();
        for n in 0..SESSIONS_MAX as u64 + 10 {
            let mut token = [0; 32];
            token[..8].copy_from_slice(&n.to_le_bytes());
            sessions.begin(Instant::from_millis(n), token, user("admin"));
        }
        assert_eq!(sessions.table.len(), SESSIONS_MAX);
        assert!(sessions.find(Instant::ZERO, &[0; 32]).is_none(), "the oldest gave way");
    }
}

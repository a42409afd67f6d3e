//! Trunks: registering with them, and asking whether they live.

use tipring_clock::{Duration, Instant};

use super::call::Party;
use super::outgoing::trunk_domain;
use super::transactions::ClientUser;
use super::{Context, TimerKey, UserAgent};
use crate::auth::{Challenge, write_credentials};
use crate::dialog::write_via;
use crate::message::scan::decimal;
use crate::message::{HeaderName, Message, NameAddr, Writer};
use crate::transaction::Peer;
use crate::{Output, TrunkAccess, TrunkConfig, TrunkState};

/// The first wait after a registration that failed; it doubles each time.
const RETRY_MIN: Duration = Duration::from_secs(30);
/// The longest wait.
const RETRY_MAX: Duration = Duration::from_secs(600);

/// One trunk as it stands.
#[derive(Debug)]
pub(super) struct Trunk {
    config: TrunkConfig,
    told: TrunkState,
    registration: Option<Registering>,
    /// When to ask next whether it lives.
    qualify_at: Option<Instant>,
    /// Whether it answered when last asked.
    alive: Option<bool>,
}

/// Our registration at a trunk.
#[derive(Debug)]
struct Registering {
    call_id: Box<[u8]>,
    tag: u64,
    cseq: u32,
    /// When to send the next REGISTER; `None` while one is under way.
    next: Option<Instant>,
    /// For how long to ask; longer than configured if the trunk wants that.
    expires: Duration,
    outcome: Outcome,
    failures: u32,
}

/// What became of the last REGISTER.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Unknown,
    Registered,
    Refused(u16),
    NoAnswer,
}

impl Trunk {
    fn state(&self) -> TrunkState {
        match (&self.registration, self.alive) {
            (_, Some(false)) => TrunkState::Unreachable,
            (None, Some(true)) => TrunkState::Up,
            (None, None) => TrunkState::Unknown,
            (Some(registering), _) => match registering.outcome {
                Outcome::Unknown => TrunkState::Unknown,
                Outcome::Registered => TrunkState::Up,
                Outcome::Refused(status) => TrunkState::Refused(status),
                Outcome::NoAnswer => TrunkState::Unreachable,
            },
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let register = self.registration.as_ref().and_then(|registering| registering.next);
        [register, self.qualify_at].into_iter().flatten().min()
    }

    fn peer(&self) -> Peer {
        Peer { transport: self.config.transport, address: self.config.proxy, connection: None }
    }
}

impl UserAgent {
    /// Takes the trunks of the configuration; one that did not change goes on as it is.
    pub(super) fn configure_trunks(&mut self, now: Instant) {
        let mut old = std::mem::take(&mut self.trunks);
        for config in self.config.trunks.clone() {
            let known = old.iter().position(|trunk| trunk.config == config);
            let trunk = match known {
                Some(at) => old.swap_remove(at),
                None => self.new_trunk(now, config),
            };
            if let Some(due) = trunk.poll_timeout() {
                self.timers.push(due, TimerKey::Trunk(trunk.config.index));
            }
            self.trunks.push(trunk);
        }
    }

    fn new_trunk(&mut self, now: Instant, config: TrunkConfig) -> Trunk {
        let registration = match &config.access {
            TrunkAccess::Address(_) => None,
            TrunkAccess::Registration { expires, .. } => Some(Registering {
                call_id: format!("{:016x}{:016x}", self.random(), self.random())
                    .into_bytes()
                    .into(),
                tag: self.random(),
                cseq: 0,
                next: Some(now),
                expires: *expires,
                outcome: Outcome::Unknown,
                failures: 0,
            }),
        };
        let qualify_at = config.qualify.map(|_| now);
        Trunk { config, told: TrunkState::Unknown, registration, qualify_at, alive: None }
    }

    fn trunk_mut(&mut self, index: u16) -> Option<&mut Trunk> {
        self.trunks.iter_mut().find(|trunk| trunk.config.index == index)
    }

    /// How the trunk of this index stands.
    pub fn trunk_state(&self, index: u16) -> TrunkState {
        let trunk = self.trunks.iter().find(|trunk| trunk.config.index == index);
        trunk.map_or(TrunkState::Unknown, Trunk::state)
    }

    pub(super) fn expire_trunk(&mut self, cx: &mut Context<'_>, index: u16) {
        let Some(trunk) = self.trunk_mut(index) else { return };
        if trunk.qualify_at.is_some_and(|at| at <= cx.now) {
            let interval = trunk.config.qualify.unwrap_or(RETRY_MAX);
            trunk.qualify_at = Some(cx.now + interval.max(Duration::from_secs(1)));
            self.send_options(cx, index);
        }
        let Some(trunk) = self.trunk_mut(index) else { return };
        let register = trunk
            .registration
            .as_mut()
            .is_some_and(|registering| registering.next.take_if(|next| *next <= cx.now).is_some());
        if register {
            self.send_register(cx, index, &[]);
        }
        self.arm_trunk(index);
    }

    fn arm_trunk(&mut self, index: u16) {
        let Some(due) = self.trunk_mut(index).and_then(|trunk| trunk.poll_timeout()) else {
            return;
        };
        self.timers.push(due, TimerKey::Trunk(index));
    }

    fn send_options(&mut self, cx: &mut Context<'_>, index: u16) {
        let (branch, tag, call_id) = (self.random(), self.random(), self.random());
        let mut bytes = self.take_buffer();
        let Some(trunk) = self.trunks.iter().find(|trunk| trunk.config.index == index) else {
            return;
        };
        let peer = trunk.peer();
        let local = self.local_for(peer.transport, peer.address.ip());
        let domain = trunk_domain(&trunk.config);
        let uri = format!("sip:{domain}");
        let mut writer = Writer::request(&mut bytes, b"OPTIONS", uri.as_bytes());
        write_via(&mut writer, peer.transport, local, branch);
        writer.line_number(HeaderName::MaxForwards, 70);
        writer.name(HeaderName::From).put(b"<sip:").socket(local).put(b">;tag=").hex(tag).end();
        writer.name(HeaderName::To).put(b"<").put(uri.as_bytes()).put(b">").end();
        writer.name(HeaderName::CallId).hex(call_id).end();
        writer.line(HeaderName::CSeq, b"1 OPTIONS");
        writer.name(HeaderName::Contact).put(b"<sip:").socket(local).put(b">").end();
        writer.line(HeaderName::UserAgent, self.config.product.as_bytes());
        writer.finish("", b"");
        self.begin_client(cx.now, branch, ClientUser::Qualify(index), peer, bytes);
    }

    /// The trunk has answered our question, whatever it said, or has not.
    pub(super) fn qualified(&mut self, _cx: &mut Context<'_>, index: u16, alive: bool) {
        let Some(trunk) = self.trunk_mut(index) else { return };
        trunk.alive = Some(alive);
        self.tell_trunk(index);
    }

    fn tell_trunk(&mut self, index: u16) {
        let Some(trunk) = self.trunk_mut(index) else { return };
        let state = trunk.state();
        if std::mem::replace(&mut trunk.told, state) != state {
            self.output(Output::Trunk { index, state });
        }
    }

    fn send_register(&mut self, cx: &mut Context<'_>, index: u16, credentials: &[u8]) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let product = self.config.product.clone();
        let Some(trunk) = self.trunks.iter().find(|trunk| trunk.config.index == index) else {
            return;
        };
        let peer = trunk.peer();
        let local = self.local_for(peer.transport, peer.address.ip());
        let Some(trunk) = self.trunk_mut(index) else { return };
        let TrunkAccess::Registration { user, .. } = &trunk.config.access else { return };
        let domain = trunk_domain(&trunk.config);
        let Some(registering) = &mut trunk.registration else { return };
        registering.cseq += 1;
        let address = format!("<sip:{user}@{domain}>");
        let mut writer =
            Writer::request(&mut bytes, b"REGISTER", format!("sip:{domain}").as_bytes());
        write_via(&mut writer, peer.transport, local, branch);
        writer.line_number(HeaderName::MaxForwards, 70);
        writer.name(HeaderName::From).put(address.as_bytes()).put(b";tag=").hex(registering.tag);
        writer.end().line(HeaderName::To, address.as_bytes());
        writer.line(HeaderName::CallId, &registering.call_id);
        writer.name(HeaderName::CSeq).number(u64::from(registering.cseq)).put(b" REGISTER").end();
        writer.name(HeaderName::Contact).put(b"<sip:").put(user.as_bytes()).put(b"@").socket(local);
        if peer.transport.is_reliable() {
            writer.put(b";transport=").put(peer.transport.uri_name().as_bytes());
        }
        writer.put(b">").end();
        writer.line_number(HeaderName::Expires, registering.expires.as_secs());
        writer.put(credentials);
        writer.line(HeaderName::UserAgent, product.as_bytes());
        writer.finish("", b"");
        let user = ClientUser::Register(index, !credentials.is_empty());
        if self.begin_client(cx.now, branch, user, peer, bytes).is_none() {
            self.registration_failed(cx, index, None);
        }
    }

    /// The trunk has answered our REGISTER (RFC 3261, section 10.2).
    pub(super) fn registration_answered(
        &mut self,
        cx: &mut Context<'_>,
        index: u16,
        tried: bool,
        message: &Message<'_>,
        status: u16,
    ) {
        match status {
            200..=299 => self.registered(cx, index, message),
            401 | 407 => {
                let stale = Challenge::of(message).is_some_and(|challenge| challenge.stale);
                let domain = self.trunk_config(index).map(trunk_domain).unwrap_or_default();
                let uri = format!("sip:{domain}");
                let party = Party::Trunk(index);
                let credentials = (!tried || stale)
                    .then(|| self.credentials_for(party, message, "REGISTER", uri.as_bytes()))
                    .flatten();
                match credentials {
                    Some(credentials) => self.send_register(cx, index, &credentials),
                    None => self.registration_failed(cx, index, Some(status)),
                }
            }
            423 => self.register_longer(cx, index, message),
            _ => self.registration_failed(cx, index, Some(status)),
        }
    }

    fn registered(&mut self, cx: &mut Context<'_>, index: u16, message: &Message<'_>) {
        let Some(trunk) = self.trunk_mut(index) else { return };
        let TrunkAccess::Registration { user, .. } = &trunk.config.access else { return };
        let Some(registering) = &mut trunk.registration else { return };
        let ours = message.values(HeaderName::Contact).filter_map(|value| {
            NameAddr::parse(value).ok().filter(|c| c.uri.user == Some(user.as_bytes()))
        });
        let granted = ours.filter_map(|contact| contact.params.value(b"expires")).find_map(decimal);
        let granted = granted.or_else(|| message.header(HeaderName::Expires).and_then(decimal));
        let granted = granted.map_or(registering.expires, Duration::from_secs);
        registering.outcome = Outcome::Registered;
        registering.failures = 0;
        let wait = (granted / 2).clamp(Duration::from_secs(10), Duration::from_secs(43_200));
        registering.next = Some(cx.now + wait);
        self.arm_trunk(index);
        self.tell_trunk(index);
    }

    /// 423: the trunk wants us to register for longer (section 10.2.8).
    fn register_longer(&mut self, cx: &mut Context<'_>, index: u16, message: &Message<'_>) {
        let wanted = message.header(HeaderName::MinExpires).and_then(decimal);
        let wanted = wanted.map(Duration::from_secs).filter(|w| *w <= Duration::from_secs(86_400));
        let Some(trunk) = self.trunk_mut(index) else { return };
        let Some(registering) = &mut trunk.registration else { return };
        match wanted.filter(|wanted| *wanted > registering.expires) {
            Some(wanted) => {
                registering.expires = wanted;
                self.send_register(cx, index, &[]);
            }
            None => self.registration_failed(cx, index, Some(423)),
        }
    }

    /// Our registration failed: try again later, and later each time.
    pub(super) fn registration_failed(
        &mut self,
        cx: &mut Context<'_>,
        index: u16,
        status: Option<u16>,
    ) {
        // Boxes that lost one trunk together must not come back together (RFC 5626, 4.5).
        let jitter = 50 + self.random() % 51;
        let Some(trunk) = self.trunk_mut(index) else { return };
        let Some(registering) = &mut trunk.registration else { return };
        registering.outcome = status.map_or(Outcome::NoAnswer, Outcome::Refused);
        let wait = RETRY_MIN * (1 << registering.failures.min(5));
        registering.failures += 1;
        registering.next = Some(cx.now + wait.min(RETRY_MAX) * (jitter as u32) / 100);
        self.arm_trunk(index);
        self.tell_trunk(index);
    }

    /// The header line that answers a challenge with the trunk's account; `None` if the party has
    /// none, or the challenge is none we can answer.
    pub(super) fn credentials_for(
        &mut self,
        party: Party,
        message: &Message<'_>,
        method: &str,
        uri: &[u8],
    ) -> Option<Vec<u8>> {
        let cnonce = self.random();
        let Party::Trunk(index) = party else { return None };
        let TrunkAccess::Registration { user, auth_user, secret, .. } =
            &self.trunk_config(index)?.access
        else {
            return None;
        };
        let mut challenge = Challenge::of(message)?;
        let user = auth_user.as_ref().unwrap_or(user);
        let mut line = Vec::with_capacity(320);
        let mut writer = Writer::lines(&mut line);
        write_credentials(&mut writer, &mut challenge, (user, secret), (method, uri), cnonce);
        Some(line)
    }
}

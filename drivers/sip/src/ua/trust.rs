//! Who a request is from, and whether that is shown.

use tipring_clock::Instant;
use tipring_line::Number;

use super::UserAgent;
use super::reply::Request;
use crate::auth::{Algorithm, Credentials, NonceUse};
use crate::message::HeaderName;
use crate::transaction::Peer;
use crate::{Refusal, TrunkAccess};

/// Who a request outside of dialogs is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Identity {
    /// A trunk, by its address.
    Trunk(u16),
    /// An extension, by its password.
    Extension(Number),
}

impl UserAgent {
    /// Who the request is from. If that is not known it has been challenged or refused.
    ///
    /// Whoever gives credentials is held to them, and whoever claims an extension from where that
    /// extension is registered must prove it, even at an address that is a trunk's too.
    pub(super) fn identify(&mut self, now: Instant, request: &Request<'_, '_>) -> Option<Identity> {
        let claims = request.message.header(HeaderName::Authorization).is_some()
            || self.is_bound_at(now, request);
        if !claims && let Some(trunk) = self.trunk_at(request.source) {
            return Some(Identity::Trunk(trunk));
        }
        self.authenticate(now, request).map(Identity::Extension)
    }

    fn is_bound_at(&self, now: Instant, request: &Request<'_, '_>) -> bool {
        let user = request.essentials.from.uri.user_text();
        let number = user.and_then(|user| user.parse::<Number>().ok());
        number.is_some_and(|number| {
            let mut bindings = self.directory.bindings(number, now);
            bindings.any(|binding| binding.peer.address == request.source.address)
        })
    }

    /// The trunk whose address this is.
    pub(super) fn trunk_at(&self, source: Peer) -> Option<u16> {
        let of = |trunk: &&crate::TrunkConfig| match &trunk.access {
            TrunkAccess::Address(networks) => {
                networks.iter().any(|network| network.contains(source.address))
            }
            TrunkAccess::Registration { .. } => {
                let same_host =
                    trunk.proxy.ip().to_canonical() == source.address.ip().to_canonical();
                // On this machine itself the address says nothing, so the port decides.
                let local = source.address.ip().is_loopback();
                same_host && (!local || trunk.proxy.port() == source.address.port())
            }
        };
        self.config.trunks.iter().find(of).map(|trunk| trunk.index)
    }

    /// The extension that proves itself by digest. If there is none the request has been
    /// challenged (401) or refused (403).
    pub(super) fn authenticate(
        &mut self,
        now: Instant,
        request: &Request<'_, '_>,
    ) -> Option<Number> {
        let realm = self.config.realm.as_bytes();
        let credentials = request
            .message
            .lines(HeaderName::Authorization)
            .filter_map(Credentials::parse)
            .find(|credentials| credentials.realm == realm);
        let Some(credentials) = credentials else {
            self.challenge(now, request, false);
            return None;
        };
        let algorithm = Algorithm::named(credentials.algorithm)
            .filter(|algorithm| self.config.digest.contains(algorithm));
        let user = core::str::from_utf8(credentials.username).ok();
        let number = user.and_then(|user| user.parse::<Number>().ok());
        let secret = number.and_then(|number| self.directory.secret(number));
        let (Some(number), Some(secret), Some(algorithm)) = (number, secret, algorithm) else {
            self.forbid(request, Refusal::UnknownUser);
            return None;
        };
        let method = request.essentials.cseq.method_text;
        if !credentials.are_of(algorithm, secret.ha1(algorithm), method) {
            self.forbid(request, Refusal::WrongCredentials);
            return None;
        }
        match self.nonces.check(now, credentials.nonce, credentials.nonce_count()) {
            NonceUse::Fresh => Some(number),
            NonceUse::Stale => {
                self.challenge(now, request, true);
                None
            }
        }
    }

    pub(super) fn forbid(&mut self, request: &Request<'_, '_>, why: Refusal) {
        self.distrust(request.source.address, why);
        self.reply_stateless(request, 403, |_| {});
    }

    /// 401 with a challenge for each algorithm (RFC 8760, section 2.3).
    fn challenge(&mut self, now: Instant, request: &Request<'_, '_>, stale: bool) {
        self.counters.challenges += 1;
        let nonce = self.nonces.issue(now);
        let (realm, algorithms) = (self.config.realm.clone(), self.config.digest.clone());
        self.reply_stateless(request, 401, |writer| {
            for algorithm in algorithms {
                writer.name(HeaderName::WwwAuthenticate).put(b"Digest realm=\"");
                writer.clean(realm.as_bytes()).put(b"\", nonce=\"").put(&nonce);
                writer.put(b"\", algorithm=").put(algorithm.as_str().as_bytes());
                writer.put(b", qop=\"auth\"");
                if stale {
                    writer.put(b", stale=true");
                }
                writer.end();
            }
        });
    }
}

//! The extensions: their secrets, their contacts, and REGISTER.

use core::str::FromStr as _;

use rustc_hash::{FxHashMap, FxHashSet};
use tipring_clock::{Duration, Instant};
use tipring_line::Number;

use super::reply::Request;
use super::{Context, TimerKey, UserAgent};
use crate::auth::{Algorithm, HexDigest, hash};
use crate::message::HeaderName;
use crate::registrar::{Binding, Bindings, Change, Register};
use crate::{Config, Output, Refusal, Registration};

/// Every extension.
#[derive(Debug, Default)]
pub(super) struct Directory {
    extensions: FxHashMap<Number, Extension>,
}

#[derive(Debug)]
struct Extension {
    secret: Secret,
    bindings: Bindings,
}

/// What a password comes to in our realm (RFC 7616, section 3.4.2, H(A1)).
#[derive(Clone, Debug)]
pub(super) struct Secret {
    sha256: HexDigest,
    md5: HexDigest,
}

impl Secret {
    fn of(number: Number, realm: &str, secret: &str) -> Self {
        let parts = [number.as_str().as_bytes(), realm.as_bytes(), secret.as_bytes()];
        Secret { sha256: hash(Algorithm::Sha256, &parts), md5: hash(Algorithm::Md5, &parts) }
    }

    pub(super) fn ha1(&self, algorithm: Algorithm) -> &[u8] {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Md5 => &self.md5,
        }
    }
}

impl Directory {
    /// Takes the extensions of a configuration; what is to be told of contacts that went with
    /// their extension.
    pub(super) fn configure(&mut self, config: &Config) -> Vec<Output> {
        let numbers: FxHashSet<Number> = config.extensions.iter().map(|e| e.number).collect();
        let mut gone = Vec::new();
        self.extensions.retain(|number, extension| {
            let stays = numbers.contains(number);
            if !stays {
                let all = extension.bindings.current(Instant::ZERO);
                gone.extend(all.map(|binding| unregistered(*number, &binding.uri)));
            }
            stays
        });
        for extension in &config.extensions {
            let secret = Secret::of(extension.number, &config.realm, &extension.secret);
            match self.extensions.get_mut(&extension.number) {
                Some(known) => known.secret = secret,
                None => {
                    let known = Extension { secret, bindings: Bindings::default() };
                    self.extensions.insert(extension.number, known);
                }
            }
        }
        gone
    }

    pub(super) fn secret(&self, number: Number) -> Option<Secret> {
        self.extensions.get(&number).map(|extension| extension.secret.clone())
    }

    /// Where an extension can be reached now, the best first.
    pub(super) fn bindings(&self, number: Number, now: Instant) -> impl Iterator<Item = &Binding> {
        let extension = self.extensions.get(&number);
        extension.into_iter().flat_map(move |extension| extension.bindings.current(now))
    }

    /// Where phones sit whose NAT may forget them: contacts over datagrams, of every `parts`-th
    /// extension beginning with the `part`-th.
    pub(super) fn datagram_peers(
        &self,
        now: Instant,
        part: u64,
        parts: u64,
    ) -> impl Iterator<Item = &Binding> {
        self.extensions
            .values()
            .enumerate()
            .filter(move |(n, _)| *n as u64 % parts == part)
            .flat_map(move |(_, extension)| extension.bindings.current(now))
            .filter(|binding| !binding.peer.is_reliable())
    }

    pub(super) fn registrations(&self, now: Instant) -> impl Iterator<Item = Registration> + '_ {
        self.extensions.iter().flat_map(move |(number, extension)| {
            let of = move |binding: &Binding| registration(*number, binding, now);
            extension.bindings.current(now).map(of)
        })
    }
}

fn registration(extension: Number, binding: &Binding, now: Instant) -> Registration {
    Registration {
        extension,
        contact: String::from_utf8_lossy(&binding.uri).into_owned(),
        source: binding.peer.address,
        transport: binding.peer.transport,
        expires: binding.expires_at - now,
        expires_at: binding.expires_at,
        product: binding.product.to_string(),
    }
}

fn unregistered(extension: Number, uri: &[u8]) -> Output {
    Output::Unregistered { extension, contact: String::from_utf8_lossy(uri).into_owned() }
}

impl UserAgent {
    /// A phone registers, renews, asks or unregisters (RFC 3261, section 10.3).
    pub(super) fn receive_register(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let Some(number) = self.authenticate(cx.now, request) else { return };
        let user = request.essentials.to.uri.user_text();
        if user.and_then(|user| Number::from_str(&user).ok()) != Some(number) {
            return self.forbid(request, Refusal::NotAllowed);
        }
        let register = Register {
            message: request.message,
            call_id: request.essentials.call_id,
            cseq: request.essentials.cseq.number,
            peer: request.source,
        };
        let config = self.config.registrar;
        let Some(extension) = self.directory.extensions.get_mut(&number) else { return };
        match extension.bindings.register(cx.now, &register, &config) {
            Ok(changes) => {
                self.accept_registration(cx.now, request, number);
                self.tell_changes(cx.now, number, &changes);
            }
            Err(423) => self.reply_stateless(request, 423, |writer| {
                writer.line_number(HeaderName::MinExpires, config.expires_min.as_secs());
            }),
            Err(status) => self.reply_stateless(request, status, |_| {}),
        }
    }

    fn accept_registration(&mut self, now: Instant, request: &Request<'_, '_>, number: Number) {
        let mut contacts = self.take_buffer();
        for binding in self.directory.bindings(number, now) {
            contacts.extend_from_slice(b"Contact: <");
            contacts.extend_from_slice(&binding.uri);
            let seconds = (binding.expires_at - now).as_secs();
            contacts.extend_from_slice(b">;expires=");
            contacts.extend_from_slice(seconds.to_string().as_bytes());
            contacts.extend_from_slice(b"\r\n");
        }
        self.reply_whole(now, request, 200, |writer| {
            writer.put(&contacts);
        });
        self.recycle(contacts);
    }

    fn tell_changes(&mut self, now: Instant, number: Number, changes: &[Change]) {
        for change in changes {
            let output = match change {
                Change::Gone(uri) => unregistered(number, uri),
                Change::Bound(uri, _) => {
                    let mut bindings = self.directory.bindings(number, now);
                    let Some(binding) = bindings.find(|binding| binding.uri == *uri) else {
                        continue;
                    };
                    let told = registration(number, binding, now);
                    drop(bindings);
                    self.arm_sweep(told.expires_at);
                    self.arm_keep_alive(now);
                    Output::Registered(told)
                }
            };
            self.output(output);
        }
    }

    fn arm_sweep(&mut self, due: Instant) {
        if self.sweep.is_none_or(|armed| due < armed) {
            self.sweep = Some(due);
            self.timers.push(due, TimerKey::Registrations);
        }
    }

    /// Tells of contacts whose time is over. Looks through all of them, so once a second at most.
    pub(super) fn expire_registrations(&mut self, now: Instant) {
        self.sweep = None;
        let mut gone = Vec::new();
        for (number, extension) in &mut self.directory.extensions {
            if extension.bindings.poll_timeout().is_some_and(|due| due <= now) {
                gone.extend(extension.bindings.expire(now).into_iter().map(|c| (*number, c)));
            }
        }
        for (number, change) in gone {
            self.tell_changes(now, number, &[change]);
        }
        let extensions = self.directory.extensions.values();
        if let Some(next) = extensions.filter_map(|e| e.bindings.poll_timeout()).min() {
            self.arm_sweep(next.max(now + Duration::from_secs(1)));
        }
    }
}

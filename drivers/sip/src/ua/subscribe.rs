//! Phones that want to be told of messages: SUBSCRIBE and NOTIFY of `message-summary` (RFC 3842,
//! over RFC 6665).
//!
//! A phone subscribes to its own extension and to no other; each subscription is a dialog of its
//! own. What is told is whether messages wait, not how many.

use rustc_hash::{FxHashMap, FxHashSet};
use tipring_clock::{Duration, Instant};
use tipring_line::Number;

use super::incoming::host_text;
use super::receive::parse_tag;
use super::reply::Request;
use super::transactions::ClientUser;
use super::{Context, TimerKey, UserAgent};
use crate::dialog::{Dialog, contact_of, next_hop, route_set};
use crate::message::scan::{decimal, trim};
use crate::message::{HeaderName, host_ip};
use crate::slab::{Slab, SlotId};
use crate::{MediaPorts, Refusal};

/// The one event package.
pub(super) const EVENT: &[u8] = b"message-summary";
/// The longest subscription, and that of a phone that says nothing (RFC 3842, section 3.4).
const EXPIRES_S_MAX: u32 = 3600;
/// The shortest.
const EXPIRES_S_MIN: u32 = 60;
/// Subscriptions at once; one more is refused.
const SUBSCRIPTIONS_MAX: usize = 4096;

/// Who is to be told, and what.
#[derive(Debug)]
pub(super) struct Subscriptions {
    all: Slab<Subscription>,
    /// By the tag we gave them.
    by_tag: FxHashMap<u64, SlotId>,
    /// The extensions for which messages wait.
    waiting: FxHashSet<Number>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        let (by_tag, waiting) = Default::default();
        Subscriptions { all: Slab::new(), by_tag, waiting }
    }
}

#[derive(Debug)]
struct Subscription {
    extension: Number,
    dialog: Dialog,
    /// The Event header as it came: its `id` belongs to every NOTIFY.
    event: Box<[u8]>,
    expires_at: Instant,
}

impl UserAgent {
    /// Messages wait for an extension, or no more: its phones that have subscribed are told.
    pub fn message_waiting(
        &mut self,
        now: Instant,
        extension: Number,
        waiting: bool,
        ports: &mut dyn MediaPorts,
    ) {
        let set = &mut self.subscriptions.waiting;
        let changed = if waiting { set.insert(extension) } else { set.remove(&extension) };
        if !changed {
            return;
        }
        let all = self.subscriptions.all.iter();
        let ids: Vec<_> = all.filter(|(_, s)| s.extension == extension).map(|(id, _)| id).collect();
        let cx = &mut Context { now, ports };
        for id in ids {
            self.notify(cx, id, None);
        }
    }

    /// How many subscriptions stand.
    pub fn subscriptions(&self) -> usize {
        self.subscriptions.all.len()
    }

    /// A SUBSCRIBE outside of dialogs.
    pub(super) fn receive_subscribe(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let Some(extension) = self.authenticate(cx.now, request) else { return };
        let event = request.message.header(HeaderName::Event).unwrap_or(b"");
        if !is_of_package(event) {
            return self.reply_stateless(request, 489, |writer| {
                writer.line(HeaderName::AllowEvents, EVENT);
            });
        }
        let whose = request.essentials.to.uri.user_text();
        if whose.and_then(|user| user.parse::<Number>().ok()) != Some(extension) {
            return self.forbid(request, Refusal::NotAllowed);
        }
        let Some(expires) = self.wanted_expires(request) else { return };
        if self.subscriptions.all.len() >= SUBSCRIPTIONS_MAX {
            self.counters.overload += 1;
            return self.reply_overload(request);
        }
        let target = contact_of(request.message);
        let (Some(target), Some(routes)) = (target, route_set(request.message, false)) else {
            return self.reply_stateless(request, 400, |_| {});
        };
        let mut dialog = self.dialog_of(request, &target);
        dialog.peer =
            next_hop(request.source, &routes, target.raw, host_ip(request.essentials.via.host));
        dialog.routes = routes;
        let tag = dialog.local_tag;
        let event = event.into();
        let expires_at = cx.now + expires;
        let subscription = Subscription { extension, dialog, event, expires_at };
        let id = self.subscriptions.all.insert(subscription);
        self.subscriptions.by_tag.insert(tag, id);
        self.accept_subscription(cx, id, request, expires);
    }

    /// A SUBSCRIBE within a subscription: it goes on, or ends with an Expires of 0.
    pub(super) fn receive_resubscribe(&mut self, cx: &mut Context<'_>, request: &Request<'_, '_>) {
        let tag = request.essentials.to.tag().and_then(parse_tag);
        let found = tag.and_then(|tag| self.subscriptions.by_tag.get(&tag).copied());
        let is_it = |subscription: &&mut Subscription| {
            let Dialog { call_id, remote_tag, .. } = &subscription.dialog;
            **call_id == *request.essentials.call_id
                && **remote_tag == *request.essentials.from.tag().unwrap_or(b"")
        };
        let Some(id) =
            found.filter(|id| self.subscriptions.all.get_mut(*id).filter(is_it).is_some())
        else {
            return self.refuse_no_dialog(request);
        };
        let Some(extension) = self.authenticate(cx.now, request) else { return };
        let Some(expires) = self.wanted_expires(request) else { return };
        let Some(subscription) = self.subscriptions.all.get_mut(id) else { return };
        if subscription.extension != extension {
            return self.forbid(request, Refusal::NotAllowed);
        }
        let cseq = request.essentials.cseq.number;
        if subscription.dialog.remote_cseq.is_some_and(|last| cseq <= last) {
            return self.reply_stateless(request, 500, |_| {});
        }
        subscription.dialog.remote_cseq = Some(cseq);
        subscription.dialog.refresh_target(request.message);
        subscription.expires_at = cx.now + expires;
        self.accept_subscription(cx, id, request, expires);
    }

    /// How long the phone wants to be told; it has been refused if that is too short.
    fn wanted_expires(&mut self, request: &Request<'_, '_>) -> Option<Duration> {
        let asked = request.message.header(HeaderName::Expires).map(|value| decimal(trim(value)));
        let seconds = match asked {
            None => EXPIRES_S_MAX,
            Some(Some(seconds)) => {
                u32::try_from(seconds).unwrap_or(EXPIRES_S_MAX).min(EXPIRES_S_MAX)
            }
            Some(None) => {
                self.reply_stateless(request, 400, |_| {});
                return None;
            }
        };
        if (1..EXPIRES_S_MIN).contains(&seconds) {
            self.reply_stateless(request, 423, |writer| {
                writer.line_number(HeaderName::MinExpires, EXPIRES_S_MIN.into());
            });
            return None;
        }
        Some(Duration::from_secs(seconds.into()))
    }

    /// 200, and the state as it is (RFC 6665, section 4.2.1.2).
    fn accept_subscription(
        &mut self,
        cx: &mut Context<'_>,
        id: SlotId,
        request: &Request<'_, '_>,
        expires: Duration,
    ) {
        let Some(subscription) = self.subscriptions.all.get(id) else { return };
        let (contact, tag) = (subscription.dialog.contact, subscription.dialog.local_tag);
        self.reply_in_dialog(cx.now, request, 200, tag, |writer| {
            writer.name(HeaderName::Contact).put(b"<sip:").socket(contact).put(b">").end();
            writer.line_number(HeaderName::Expires, expires.as_secs());
        });
        if expires == Duration::ZERO {
            return self.end_subscription(cx, id, b"terminated;reason=timeout");
        }
        self.timers.push(cx.now + expires, TimerKey::Subscription(id));
        self.notify(cx, id, None);
    }

    /// A subscription's time may be over; one that was renewed comes up again.
    pub(super) fn expire_subscription(&mut self, cx: &mut Context<'_>, id: SlotId) {
        let due = self.subscriptions.all.get(id).map(|subscription| subscription.expires_at);
        if due.is_some_and(|due| due <= cx.now) {
            self.end_subscription(cx, id, b"terminated;reason=timeout");
        }
    }

    fn end_subscription(&mut self, cx: &mut Context<'_>, id: SlotId, state: &[u8]) {
        self.notify(cx, id, Some(state));
        self.drop_subscription(id);
    }

    fn drop_subscription(&mut self, id: SlotId) {
        if let Some(subscription) = self.subscriptions.all.remove(id) {
            self.subscriptions.by_tag.remove(&subscription.dialog.local_tag);
        }
    }

    /// A NOTIFY has its answer: a phone that wants no more, or is gone, is told no more
    /// (RFC 6665, section 4.2.2).
    pub(super) fn notified(&mut self, id: SlotId, status: u16) {
        if status >= 300 {
            self.drop_subscription(id);
        }
    }

    /// Tells one phone; with its last word in `end`.
    fn notify(&mut self, cx: &mut Context<'_>, id: SlotId, end: Option<&[u8]>) {
        let branch = self.random();
        let mut bytes = self.take_buffer();
        let Some(subscription) = self.subscriptions.all.get_mut(id) else { return };
        let Subscription { extension, dialog, event, expires_at } = subscription;
        let waits = self.subscriptions.waiting.contains(extension);
        dialog.local_cseq += 1;
        let (peer, cseq) = (dialog.peer, dialog.local_cseq);
        let host = host_text(dialog.contact.ip());
        let body = format!(
            "Messages-Waiting: {}\r\nMessage-Account: sip:{}@{host}\r\n",
            if waits { "yes" } else { "no" },
            extension.as_str(),
        );
        let active = format!("active;expires={}", (*expires_at - cx.now).as_secs());
        let mut writer = dialog.begin_request(&mut bytes, "NOTIFY", cseq, branch);
        writer.name(HeaderName::Contact).put(b"<sip:").socket(dialog.contact).put(b">").end();
        writer.line(HeaderName::Event, event);
        writer.line(HeaderName::SubscriptionState, end.unwrap_or(active.as_bytes()));
        writer.line(HeaderName::UserAgent, self.config.product.as_bytes());
        writer.finish("application/simple-message-summary", body.as_bytes());
        self.begin_client(cx.now, branch, ClientUser::Notify(id), peer, bytes);
    }
}

fn is_of_package(event: &[u8]) -> bool {
    let end = event.iter().position(|b| *b == b';').unwrap_or(event.len());
    trim(&event[..end]).eq_ignore_ascii_case(EVENT)
}

//! Telephone features, of agents and of plain extensions, one file a feature.

mod agents_own_calls;
mod attended_transfer;
mod blind_transfer;
mod call_waiting;
mod conference;
mod consult;
mod dialling;
mod forwarding;
mod hook_flash;
mod messages;
mod own_call;
mod park;
mod pick_up;
mod recording_announced;
mod recording_rules;
mod refer;
mod replaces;

use tipring_clock::Duration;
use tipring_events::{Command, EventKind, Refusal, Reply, SegmentKind};
use tipring_line::{CallId, CallerId, ChannelEvent, ChannelId, PortId};
use tipring_test_scenarios::{Hears, Phone, Scripted, World, number};

/// Seconds.
const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A phone that answers after a second.
fn quick() -> Phone {
    Phone { answers_after: Some(s(1)), ..Phone::default() }
}

/// A phone that never answers.
fn silent() -> Phone {
    Phone { answers_after: None, ..Phone::default() }
}

/// A customer who talks with agent 1 at 8001: the customer's channel.
fn customer_with_agent(w: &mut World<Scripted>) -> ChannelId {
    w.agent(1);
    let caller = w.trunk_call("13800138000", "95588");
    w.press(caller, "1");
    w.run(s(5));
    assert_eq!(w.hears(caller), Hears::Party(w.at("8001")));
    caller
}

fn ext(n: &str) -> tipring_line::Number {
    number(n)
}

/// The log's talk stretches of a call: kind, handler, length in seconds.
fn talks(w: &World<Scripted>, call: u64) -> Vec<(SegmentKind, String, u64)> {
    let of_people =
        |kind| !matches!(kind, SegmentKind::Ivr | SegmentKind::Queue | SegmentKind::Ring);
    let segments = w.segments(call).into_iter().filter(|(kind, ..)| of_people(*kind));
    segments.map(|(kind, handler, ms)| (kind, handler, (ms + 500) / 1000)).collect()
}

fn ended(w: &World<Scripted>) -> Vec<u64> {
    w.all(|e| match e {
        EventKind::CallEnded { call, .. } => Some(call.0),
        _ => None,
    })
}

/// Everybody hangs up, and nothing is left.
fn all_hang_up(w: &mut World<Scripted>) {
    for _ in 0..3 {
        for channel in w.around.live_channels() {
            w.hang_up(channel);
        }
        w.run(s(1));
    }
    w.close();
}

/// The handset of extension 8101.
const HANDSET: ChannelId = ChannelId::port(PortId(8));

/// The handset goes off-hook and dials.
fn handset_dials(w: &mut World<Scripted>, to: &str) {
    let now = w.now();
    w.around.offer(now, HANDSET, Some(number(to)), CallerId::default(), None, None);
    w.settle();
}

fn tell(w: &mut World<Scripted>, channel: ChannelId, event: ChannelEvent) {
    let now = w.now();
    w.around.soon(now, channel, Duration::ZERO, event);
    w.settle();
}

fn flash(w: &mut World<Scripted>) {
    tell(w, HANDSET, ChannelEvent::HookFlash);
}

fn refused(w: &mut World<Scripted>, command: Command, refusal: Refusal) {
    let reply: Reply = w.command(command.clone());
    assert_eq!(reply, Err(refusal), "{command:?}");
}

const fn call(n: u64) -> CallId {
    CallId(n)
}

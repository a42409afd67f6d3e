//! At any time a key leaves the queue: keep waiting, leave a message, be called back and keep the
//! place, go to the flow.

use tipring_acd::WaitKeys;
use tipring_events::{EventKind, QueueCause, QueueOutcome};
use tipring_ivr::Node;
use tipring_line::ChannelId;

use crate::{Box, all_hang_up, causes, config, opened, places, rest, s, waits};

fn waiting() -> (Box, ChannelId) {
    let mut config = config(|acd| {
        acd.queues[0].keys = WaitKeys { flow: Some('0'), ..WaitKeys::shipped() };
        acd.queues[0].announce_s = 30;
    });
    let flow = &mut config.flows[0];
    flow.nodes
        .insert("leave-message".into(), Node::Hangup { say: vec!["record-after-tone".into()] });
    let wait = flow.nodes.get_mut("wait").expect("the flow has a queue node");
    let Node::Queue(node) = wait else { panic!("not a queue node") };
    node.message = Some("leave-message".into());
    node.key = Some("menu".into());
    let mut w = opened(1, config);
    rest(&mut w, 1);
    let caller = w.trunk_call("13800138000", "95588");
    w.press(caller, "1");
    w.run(s(8));
    (w, caller)
}

#[test]
fn keep_waiting() {
    let (mut w, caller) = waiting();
    w.press(caller, "17");
    assert_eq!((places(&w), waits(&w)), (vec![1], vec![]));
    all_hang_up(&mut w);
}

#[test]
fn leave_a_message() {
    let (mut w, caller) = waiting();
    w.press(caller, "2");
    assert_eq!(waits(&w), [(1, QueueOutcome::LeftByKey, None)]);
    assert_eq!(causes(&w), [Some(QueueCause::Message)]);
    assert!(w.hears_prompt(caller, "record-after-tone"), "the node that the flow names for it");
    all_hang_up(&mut w);
}

#[test]
fn be_called_back() {
    let (mut w, caller) = waiting();
    w.press(caller, "3");
    assert_eq!(waits(&w), [(1, QueueOutcome::CallbackRequested, None)]);
    assert!(w.hears_prompt(caller, "callback-confirmed"));
    let live = w.live();
    let callback = &live.queues[0].callbacks[0];
    assert_eq!((callback.number.as_str(), callback.position), ("13800138000", Some(1)));
    let asked = w.find(|e| match e {
        EventKind::CallbackAsked { waited_ms, .. } => Some(*waited_ms),
        _ => None,
    });
    assert_eq!(asked, Some(8200), "its place is kept from the moment it joined");
    all_hang_up(&mut w);
}

#[test]
fn go_to_the_flow() {
    let (mut w, caller) = waiting();
    w.press(caller, "0");
    assert_eq!(causes(&w), [Some(QueueCause::Key)]);
    assert!(w.hears_prompt(caller, "menu-main"));
    w.press(caller, "1");
    assert_eq!(places(&w), [1]);
    let before = w.all(|e| match e {
        EventKind::QueueEntered { waited_before_ms, .. } => Some(*waited_before_ms),
        _ => None,
    });
    assert!(before[1] >= 8000, "who comes back has the old place: {before:?}");
    all_hang_up(&mut w);
}

//! Calls to an extension go elsewhere; or it is left alone.

use tipring_clock::WallTime;
use tipring_events::{Command, Event, EventKind, ForwardWhen, Refusal};
use tipring_line::Cause;
use tipring_store::Store;
use tipring_test_scenarios::{Hears, Phone, Scripted, World};

use crate::{all_hang_up, ended, ext, quick, refused, s, silent};

fn forward(extension: &str, when: ForwardWhen, to: Option<&str>) -> Command {
    Command::Forward { extension: ext(extension), when, to: to.map(ext) }
}

fn forwarded(w: &World<Scripted>) -> Vec<(String, String, ForwardWhen)> {
    w.all(|e| match e {
        EventKind::CallForwarded { from, to, when, .. } => {
            Some((from.to_string(), to.to_string(), *when))
        }
        _ => None,
    })
}

#[test]
fn always_busy_and_no_answer() {
    let mut w = World::new();
    w.phone("8003", quick());
    assert_eq!(w.command(forward("8002", ForwardWhen::Always, Some("8003"))), Ok(()));
    let caller = w.trunk_call("13800138000", "8002");
    w.run(s(3));
    assert_eq!(w.hears(caller), Hears::Party(w.at("8003")));
    w.hang_up(caller);
    w.run(s(1));
    assert_eq!(w.command(forward("8002", ForwardWhen::Always, None)), Ok(()));
    assert_eq!(w.command(forward("8002", ForwardWhen::Busy, Some("8003"))), Ok(()));
    assert_eq!(w.command(forward("8002", ForwardWhen::NoAnswer, Some("8001"))), Ok(()));
    w.phone("8002", silent());
    w.phone("8001", quick());
    let first = w.trunk_call("13800138000", "8002");
    w.run(s(2));
    let second = w.trunk_call("13800138001", "8002");
    w.run(s(2));
    assert_eq!(w.hears(second), Hears::Party(w.at("8003")));
    w.run(s(19));
    assert_eq!(w.hears(first), Hears::Party(w.at("8001")), "after 20 s");
    let moves = forwarded(&w);
    let whens: Vec<_> = moves.into_iter().map(|(_, _, when)| when).collect();
    assert_eq!(whens, [ForwardWhen::Always, ForwardWhen::Busy, ForwardWhen::NoAnswer]);
    all_hang_up(&mut w);
}

#[test]
fn a_ring_of_forwardings_ends() {
    let mut w = World::new();
    for (from, to) in [("8001", "8002"), ("8002", "8003"), ("8003", "8001")] {
        assert_eq!(w.command(forward(from, ForwardWhen::Always, Some(to))), Ok(()));
    }
    w.trunk_call("13800138000", "8001");
    w.run(s(1));
    assert_eq!(forwarded(&w).len(), 3);
    assert_eq!(ended(&w), [1]);
    w.close();
}

#[test]
fn by_code_and_shown() {
    let mut w = World::new();
    let phone = w.dial("8001", "*218002");
    w.run(s(1));
    assert!(w.hears_prompt(phone, "feature-on"));
    w.run(s(5));
    let live = w.live();
    let line = live.lines.iter().find(|line| line.name == "8001").unwrap();
    assert_eq!((line.forwards.len(), line.forwards[0].to), (1, ext("8002")));
    let phone = w.dial("8001", "*21");
    w.run(s(1));
    assert!(w.hears_prompt(phone, "feature-off"));
    w.run(s(5));
    let changes = w.all(|e| match e {
        EventKind::ForwardChanged { extension, when, to } => Some((*extension, *when, *to)),
        _ => None,
    });
    let always = ForwardWhen::Always;
    assert_eq!(changes, [(ext("8001"), always, Some(ext("8002"))), (ext("8001"), always, None)]);
    w.close();
}

#[test]
fn do_not_disturb_is_busy_and_lets_the_extension_call() {
    let mut w = World::new();
    assert_eq!(w.command(Command::DoNotDisturb { extension: ext("8002"), on: true }), Ok(()));
    w.trunk_call("13800138000", "8002");
    w.run(s(1));
    let cause = w.find(|e| match e {
        EventKind::CallEnded { cause, .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(cause, Some(Cause::UserBusy));
    let own = w.dial("8002", "8001");
    w.run(s(5));
    assert_eq!(w.hears(own), Hears::Party(w.at("8001")));
    w.hang_up(own);
    w.run(s(1));
    let off = w.dial("8002", "*79");
    w.run(s(6));
    assert!(!w.around.is_there(off));
    let caller = w.trunk_call("13800138000", "8002");
    w.run(s(5));
    assert_eq!(w.hears(caller), Hears::Party(w.at("8002")));
    all_hang_up(&mut w);
}

#[test]
fn what_the_log_has_is_there_after_a_restart() {
    let mut w = World::new();
    assert_eq!(w.command(forward("8001", ForwardWhen::Always, Some("8002"))), Ok(()));
    assert_eq!(w.command(Command::DoNotDisturb { extension: ext("8003"), on: true }), Ok(()));
    assert_eq!(w.command(forward("8004", ForwardWhen::Busy, Some("8002"))), Ok(()));
    assert_eq!(w.command(forward("8004", ForwardWhen::Busy, None)), Ok(()));
    let (extension, waiting) = (ext("8101"), true);
    assert_eq!(w.command(Command::MessageWaiting { extension, waiting }), Ok(()));
    let dir = tempfile::tempdir().unwrap();
    let at = WallTime::from_unix_micros(0);
    let (store, _) = Store::open(dir.path(), at, |_| None).unwrap();
    for (_, kind) in &w.log {
        store.log(Event { at, kind: kind.clone() }).unwrap();
    }
    store.close().unwrap();
    let (store, _) = Store::open(dir.path(), at, |_| None).unwrap();
    let settings = store.reader().settings().unwrap();
    assert_eq!(settings.len(), 4, "what was set last of each: {settings:?}");
    let mut again = World::new();
    again.restore(&settings);
    again.phone("8002", Phone { answers_after: Some(s(1)), ..Phone::default() });
    let caller = again.trunk_call("13800138000", "8001");
    again.run(s(3));
    assert_eq!(again.hears(caller), Hears::Party(again.at("8002")));
    let lines = again.live().lines;
    assert!(lines.iter().any(|line| line.name == "8003" && line.do_not_disturb));
    all_hang_up(&mut again);
}

#[test]
fn nobody_forwards_where_it_may_not_call() {
    let mut w = World::new();
    let always = ForwardWhen::Always;
    refused(&mut w, forward("8004", always, Some("913900139000")), Refusal::NotAllowed);
    refused(&mut w, forward("8001", always, Some("8001")), Refusal::NotAllowed);
    refused(&mut w, forward("8001", always, Some("*62")), Refusal::NotAllowed);
    refused(&mut w, forward("8999", always, Some("8001")), Refusal::NoSuchExtension);
    w.close();
}

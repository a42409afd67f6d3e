//! Messages that wait: told by the API and by an exchange on a line, shown at handsets and phones.

use tipring_events::{Command, EventKind, Refusal};
use tipring_line::{ChannelCommand, ChannelEvent, ChannelId, PortId};
use tipring_test_scenarios::{Scripted, World, site};

use crate::{HANDSET, ext, refused};

fn messages(extension: &str, waiting: bool) -> Command {
    Command::MessageWaiting { extension: ext(extension), waiting }
}

fn lamp(w: &World<Scripted>) -> Vec<bool> {
    let told = w.around.told.iter().filter_map(|(channel, command)| match command {
        ChannelCommand::MessageWaiting(waiting) if *channel == HANDSET => Some(*waiting),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_handsets_lamp_and_a_phones_subscription() {
    let mut w = World::new();
    for waiting in [true, true, false] {
        assert_eq!(w.command(messages("8101", waiting)), Ok(()));
        assert_eq!(w.command(messages("8001", waiting)), Ok(()));
    }
    assert_eq!(lamp(&w), [true, false], "told when it changes");
    assert_eq!(w.messages, [(ext("8001"), true), (ext("8001"), false)]);
    refused(&mut w, messages("8999", true), Refusal::NoSuchExtension);
    w.close();
}

#[test]
fn the_exchange_tells_on_a_line() {
    let mut config = site();
    config.switch.lines[1].messages = Some(ext("8101"));
    let mut w = World::with(config, Scripted::default());
    for port in [0, 1] {
        let wall = tipring_clock::WallTime::from_unix_micros(0);
        let told = ChannelEvent::MessageWaiting(true);
        w.core.channel_event(w.now(), wall, ChannelId::port(PortId(port)), told);
        w.settle();
    }
    assert_eq!(lamp(&w), [true], "the other line's messages are nobody's");
    let line = w.find(|e| match e {
        EventKind::MessageWaitingChanged { line, .. } => Some(line.clone()),
        _ => None,
    });
    assert_eq!(line.as_deref(), Some("fxo-2"));
    w.close();
}

#[test]
fn the_log_puts_it_back() {
    let mut w = World::new();
    let (extension, waiting) = (ext("8101"), true);
    let event = EventKind::MessageWaitingChanged { extension, waiting, line: String::new() };
    w.restore(&[event]);
    w.command(messages("8001", true)).expect("an extension");
    assert_eq!(lamp(&w), [true]);
    assert_eq!(
        w.all(|e| matches!(e, EventKind::MessageWaitingChanged { .. }).then_some(())).len(),
        1
    );
    w.close();
}

//! Channels that go and come back, and channels that babble.

use crate::channel::{Scripted, frames, port, told_by, with_events};
use tipring_dahdi::Tended;
use tipring_line::{Alarm, AnalogPort, Law, PortCommand, PortError, PortEvent, PortKind, SILENCE};

const REMOVED: i32 = 20;
const LOST: PortEvent = PortEvent::Alarm(Some(Alarm::DeviceLost));

#[test]
fn a_channel_that_is_removed_is_let_go_and_comes_back() {
    let channel = Scripted::new();
    let (mut fxs, mut keeper) = port(&channel, PortKind::Fxs);
    frames(&mut fxs, &channel, 3);
    channel.script().events.push_back(REMOVED);
    let mut rx = [1; 160];
    assert_eq!(fxs.exchange(&SILENCE, &mut rx), Err(PortError::Gone));
    assert_eq!(rx, SILENCE);
    assert_eq!(told_by(&mut fxs), [LOST]);
    assert_eq!(fxs.command(PortCommand::Ring(true)), Err(PortError::Gone));

    // It is not touched any more.
    channel.script().gone = true;
    let touched = channel.script().touched;
    for _ in 0..10 {
        assert_eq!(fxs.exchange(&SILENCE, &mut rx), Err(PortError::Gone));
    }
    assert_eq!(channel.script().touched, touched);
    assert!(matches!(keeper.tend(), Tended::Gone(_)));

    // It comes back with the handset up.
    channel.script().gone = false;
    channel.script().params.rxhooksig = 1;
    assert!(matches!(keeper.tend(), Tended::Returned));
    frames(&mut fxs, &channel, 1);
    assert_eq!(told_by(&mut fxs), [PortEvent::Alarm(None), PortEvent::OffHook(true)]);
    assert!(matches!(keeper.tend(), Tended::Working));
    assert_eq!((fxs.stats().losses, fxs.stats().returns), (1, 1));
}

#[test]
fn a_channel_that_fails_is_lost_wherever_it_fails() {
    for command in [PortCommand::OffHook(true), PortCommand::Flash { ms: 100 }] {
        let channel = Scripted::new();
        let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
        assert_eq!(with_events(&mut fxo, &channel, &[18]), [PortEvent::Ringing(true)]);
        channel.script().gone = true;
        assert_eq!(fxo.command(command), Err(PortError::Gone));
        assert_eq!(told_by(&mut fxo), [PortEvent::Ringing(false), LOST]);
    }
}

#[test]
fn the_keeper_closes_a_lost_channel_and_not_the_port() {
    let channel = Scripted::new();
    let (mut fxo, mut keeper) = port(&channel, PortKind::Fxo);
    let held = |channel: &Scripted| std::sync::Arc::strong_count(&channel.0);
    let open = held(&channel);
    channel.script().gone = true;
    assert_eq!(fxo.exchange(&SILENCE, &mut [0; 160]), Err(PortError::Gone));
    assert_eq!(held(&channel), open, "the port closed it");
    assert!(matches!(keeper.tend(), Tended::Gone(_)));
    assert_eq!(held(&channel), open - 1, "the keeper did not close it");
}

#[test]
fn an_event_holds_up_no_audio() {
    let channel = Scripted::new();
    let (mut fxo, _keeper) = port(&channel, PortKind::Fxo);
    let mut rx = SILENCE;
    for frame in 0..50 {
        let mut script = channel.script();
        script.received.push_back(0x80);
        script.events.push_back(if frame % 2 == 0 { 18 } else { 2 });
        drop(script);
        fxo.exchange(&[1000; 160], &mut rx).unwrap();
        assert_ne!(rx, SILENCE, "frame {frame}");
        assert_eq!(told_by(&mut fxo), [PortEvent::Ringing(frame % 2 == 0)]);
    }
    let stats = fxo.stats();
    assert_eq!((stats.held_up, stats.events, stats.frames), (50, 50, 50));
    assert_eq!(stats.slips, Default::default());
    // One frame of silence leads.
    let sent: Vec<_> = channel.script().sent.iter().copied().collect();
    assert_eq!(sent.len(), 51);
    assert_eq!(sent[0], Law::A.silence());
    assert!(sent[1..].iter().all(|code| *code != Law::A.silence()));
}

#[test]
fn a_babbling_channel_ends_no_exchange() {
    let channel = Scripted::new();
    let (mut fxs, _keeper) = port(&channel, PortKind::Fxs);
    channel.script().babbles = true;
    for _ in 0..10 {
        fxs.exchange(&SILENCE, &mut [0; 160]).unwrap();
    }
    channel.script().babbles = false;
    // More events than anybody polls: the first are kept, the rest counted.
    let many: Vec<i32> = (0..100).map(|n| if n % 2 == 0 { 2 } else { 1 }).collect();
    channel.script().events.extend(&many);
    frames(&mut fxs, &channel, 2);
    assert!(told_by(&mut fxs).len() <= 64);
}

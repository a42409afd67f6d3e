//! An analog handset (FXS port) is an extension like any other, without registering.

use tipring_line::{
    Alarm, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Endpoint, PortId,
};
use tipring_test_scenarios::{Hears, World, number};

use crate::{endings, s};

const HANDSET: ChannelId = ChannelId::port(PortId(8));

#[test]
fn it_is_rung_by_its_number() {
    let mut w = World::new();
    let caller = w.dial("8001", "8101");
    assert!(w.around.told.contains(&(HANDSET, ChannelCommand::Seize(Endpoint::Port(PortId(8))))));
    w.run(s(4));
    assert_eq!(w.hears(HANDSET), Hears::Party(caller));
    w.hang_up(HANDSET);
    w.close();
}

#[test]
fn it_calls_with_its_own_number() {
    let mut w = World::new();
    let now = w.now();
    let dialled = Some(number("8001"));
    w.around.offer(now, HANDSET, dialled, CallerId::default(), None, None);
    w.settle();
    let ring = w.around.told.iter().find_map(|(_, command)| match command {
        ChannelCommand::Ring { caller, .. } => caller.number,
        _ => None,
    });
    assert_eq!(ring, Some(number("8101")));
    w.run(s(4));
    w.hang_up(HANDSET);
    w.close();
}

#[test]
fn an_agent_sits_at_a_handset() {
    let mut w = World::new();
    let now = w.now();
    let dialled = Some(number("*611001#4321#"));
    w.around.offer(now, HANDSET, dialled, CallerId::default(), None, None);
    w.settle();
    assert!(w.hears_prompt(HANDSET, "agent-logged-in"));
    w.run(s(3));
    let caller = w.trunk_call("13800138000", "600");
    w.run(s(4));
    assert_eq!(w.hears(caller), Hears::Party(HANDSET));
    w.hang_up(caller);
    w.close();
}

#[test]
fn a_port_in_alarm_is_out_of_order() {
    let mut w = World::new();
    let (now, wall) = (w.now(), tipring_clock::WallTime::default());
    let alarm = ChannelEvent::Alarm(Some(Alarm::DeviceLost));
    w.core.channel_event(now, wall, HANDSET, alarm);
    w.dial("8001", "8101");
    assert_eq!(endings(&w)[0].1, Cause::DestinationOutOfOrder);
    w.close();
}

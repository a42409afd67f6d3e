//! Both ends want the same channel at the same moment.

mod common;

use std::time::Duration;

use common::{SECOND, profile, released};
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{ChannelRequest, Profile};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};
use tipring_test_libpri::Line;

fn collide(side: Side, request: ChannelRequest) -> Line {
    let mut line = Line::up(side, Profile { channel_request: request, ..profile() });
    line.theirs.command("setup 1 17 1 - 8001 1 33 0 0 -");
    line.dial(17, "8002", CallerId::default());
    line
}

/// Our user gives way: its own call ends, the network's is offered on the channel.
#[test]
fn the_networks_call_wins_against_our_users() {
    for request in [ChannelRequest::Exclusive, ChannelRequest::Preferred] {
        let mut line = collide(Side::User, request);
        assert_eq!(released(&mut line, SECOND), (17, Cause::NoChannel));
        let (timeslot, _) = line.expect(SECOND, |_, e| matches!(e, ChannelEvent::Offered { .. }));
        assert_eq!(timeslot, 17);
        // The exchange refuses the user's call.
        let ring = line.expect_theirs(SECOND, "ring");
        line.theirs.command(&format!("hangup {} 44", ring.number("id")));
        line.command(17, &ChannelCommand::Answer);
        line.expect_theirs(SECOND, "answer");
        line.run(Duration::from_secs(1));
        assert_eq!(line.ours.calls().calls(), 1, "only the network's call is left");
        line.command(17, &ChannelCommand::Release(Cause::NormalClearing));
        line.expect_theirs(SECOND, "hangup-req");
        line.theirs.command("hangup 1 16");
        assert_eq!(released(&mut line, SECOND), (17, Cause::NormalClearing));
        line.run(SECOND);
        line.assert_idle();
    }
}

/// Our network keeps its call and refuses the user's, which asked for just this channel.
#[test]
fn our_networks_call_wins_against_the_users() {
    let mut line = collide(Side::Network, ChannelRequest::Exclusive);
    let refused = line.expect_theirs(SECOND, "hangup");
    assert_eq!((refused.number("id"), refused.number("cause")), (1, 44));
    line.theirs.command("hangup 1 44");
    while let Some(event) = line.theirs.events.pop_front() {
        assert!(["ring", "gone"].contains(&event.name.as_str()), "{event:?}");
    }
    assert_eq!(line.ours.calls().calls(), 1, "only our call is left");
    assert!(line.outputs.is_empty(), "our call goes on");
    line.theirs.command("proceed 1000 17 0");
    line.theirs.command("answer 1000 17");
    line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Answered(_)));
    common::hang_up(&mut line, 17, 1000);
}

/// libpri's user names no channel: it gets one that is free.
#[test]
fn a_preferred_channel_in_use_is_replaced() {
    let mut line = Line::up(Side::Network, profile());
    let id = common::talk(&mut line, 17);
    line.theirs.command("setup 1 17 0 - 8001 1 33 0 0 -");
    let (timeslot, _) = line.expect(SECOND, |_, e| matches!(e, ChannelEvent::Offered { .. }));
    assert_eq!(timeslot, 31, "the first free one from the top");
    assert_eq!(line.expect_theirs(SECOND, "proceeding").number("channel"), 31);
    line.command(31, &ChannelCommand::Release(Cause::UserBusy));
    line.expect_theirs(SECOND, "hangup-req");
    line.theirs.command("hangup 1 17");
    released(&mut line, SECOND);
    common::hang_up(&mut line, 17, id);
}

//! What the scenarios share.
#![allow(dead_code, reason = "each scenario uses a part")]

use std::time::Duration;

use tipring_isdn::q921::Side;
use tipring_isdn::q931::Profile;
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};
use tipring_test_libpri::Line;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// EuroISDN without restarts, which have a scenario of their own.
pub(crate) fn profile() -> Profile {
    Profile { restart: false, ..Profile::euro_isdn() }
}

/// Runs a scenario with our end as user, then as network.
pub(crate) fn each_side(profile: &Profile, run: impl Fn(Line)) {
    for side in [Side::User, Side::Network] {
        run(Line::up(side, profile.clone()));
    }
}

/// A call of ours on this timeslot, talking; gives libpri's id of it.
pub(crate) fn talk(line: &mut Line, timeslot: u8) -> i32 {
    line.dial(timeslot, "8001", CallerId::default());
    let ring = line.expect_theirs(SECOND, "ring");
    let (id, channel) = (ring.number("id"), ring.number("channel"));
    line.theirs.command(&format!("answer {id} {channel}"));
    line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Answered(_)));
    line.run(SECOND);
    id
}

/// Waits for the end of a call of ours.
pub(crate) fn released(line: &mut Line, time: Duration) -> (u8, Cause) {
    let (timeslot, event) =
        line.expect(time, |_, event| matches!(event, ChannelEvent::Released(_)));
    let ChannelEvent::Released(cause) = event else { unreachable!("it was just matched") };
    (timeslot, cause)
}

/// Hangs up on our side, and lets libpri's user confirm.
pub(crate) fn hang_up(line: &mut Line, timeslot: u8, id: i32) {
    line.command(timeslot, &ChannelCommand::Release(Cause::NormalClearing));
    line.expect_theirs(SECOND, "hangup-req");
    line.theirs.command(&format!("hangup {id} 16"));
    assert_eq!(released(line, SECOND), (timeslot, Cause::NormalClearing));
    line.run(SECOND);
    line.assert_idle();
}

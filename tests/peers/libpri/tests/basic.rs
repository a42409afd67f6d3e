//! Single calls against libpri, both roles: what each end tells of the other.

use std::time::Duration;

use tipring_isdn::q921::Side;
use tipring_isdn::q931::Profile;
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};
use tipring_test_libpri::Line;

const SECOND: Duration = Duration::from_secs(1);

fn profile() -> Profile {
    Profile { restart: false, ..Profile::euro_isdn() }
}

fn each_side(run: impl Fn(Line)) {
    for side in [Side::User, Side::Network] {
        run(Line::up(side, profile()));
    }
}

#[test]
fn a_call_of_ours_rings_is_answered_and_ends() {
    each_side(|mut line| {
        let caller = CallerId::from_number("1088886666".parse().unwrap());
        line.dial(3, "13800138000", caller);
        let ring = line.expect_theirs(SECOND, "ring");
        assert_eq!(ring.number("channel"), 3);
        assert_eq!(ring.text("called"), "13800138000");
        assert_eq!(ring.text("calling"), "1088886666");
        assert_eq!((ring.number("complete"), ring.number("law")), (1, 0x23));
        let id = ring.number("id");
        line.theirs.command(&format!("proceed {id} 3 0"));
        line.theirs.command(&format!("alert {id} 3 1"));
        line.expect(SECOND, |_, event| *event == ChannelEvent::Ringing);
        line.expect(SECOND, |_, event| *event == ChannelEvent::EarlyAudio);
        line.theirs.command(&format!("answer {id} 3"));
        line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Answered(_)));
        line.command(3, &ChannelCommand::Release(Cause::NormalClearing));
        let end = line.expect_theirs(SECOND, "hangup-req");
        assert_eq!(end.number("cause"), 16);
        line.theirs.command(&format!("hangup {id} 16"));
        let (timeslot, event) =
            line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Released(_)));
        assert_eq!((timeslot, event), (3, ChannelEvent::Released(Cause::NormalClearing)));
        line.run(SECOND);
        line.assert_idle();
    });
}

#[test]
fn a_call_of_theirs_is_offered_answered_and_ends() {
    each_side(|mut line| {
        line.theirs.command("setup 1 7 1 13800138000 88886666 1 33 1 0 -");
        let (timeslot, event) =
            line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Offered { .. }));
        assert_eq!(timeslot, 7);
        let ChannelEvent::Offered { called, caller, .. } = event else { unreachable!() };
        assert_eq!(called.unwrap().as_str(), "88886666");
        assert_eq!(caller.number.unwrap().as_str(), "13800138000");
        line.expect_theirs(SECOND, "proceeding");
        line.command(7, &ChannelCommand::Alert);
        line.expect_theirs(SECOND, "ringing");
        line.command(7, &ChannelCommand::Answer);
        line.expect_theirs(SECOND, "answer");
        line.run(SECOND);
        line.theirs.command("hangup 1 16");
        line.expect_theirs(SECOND, "hangup");
        line.theirs.command("hangup 1 16");
        let (_, event) = line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Released(_)));
        assert_eq!(event, ChannelEvent::Released(Cause::NormalClearing));
        line.run(SECOND);
        line.assert_idle();
    });
}

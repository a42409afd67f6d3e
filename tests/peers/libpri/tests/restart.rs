//! Channels restarted by either end.

mod common;

use common::{SECOND, each_side, profile, released, talk};
use tipring_isdn::SpanSettings;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::Profile;
use tipring_line::Cause;
use tipring_test_libpri::Line;

#[test]
fn theirs_ends_the_call_on_the_channel() {
    each_side(&profile(), |mut line| {
        talk(&mut line, 12);
        line.theirs.command("restart 12");
        assert_eq!(released(&mut line, SECOND), (12, Cause::TemporaryFailure));
        line.expect_theirs(SECOND, "restart-ack");
        line.run(SECOND);
        assert_eq!(line.ours.calls().calls(), 0);
        assert!(line.ours.calls().is_free(12));
    });
}

#[test]
fn ours_restarts_everything_at_the_start() {
    for side in [Side::User, Side::Network] {
        let profile = Profile { restart: true, ..profile() };
        let mut line = Line::new(SpanSettings::new(side, profile), &[]);
        line.ours.start(line.now);
        line.expect_theirs(5 * SECOND, "restart");
        line.run(SECOND);
        line.assert_idle();
        assert_eq!(line.ours.poll_timeout(), line.ours.link().poll_timeout(), "T316 has stopped");
    }
}

#[test]
fn ours_ends_a_call_and_frees_its_channel() {
    each_side(&Profile { restart: true, ..profile() }, |mut line| {
        talk(&mut line, 20);
        line.ours.restart_channel(line.now, 20);
        assert_eq!(released(&mut line, SECOND), (20, Cause::TemporaryFailure));
        assert_eq!(line.expect_theirs(SECOND, "restart").number("channel") & 0xFF, 20);
        line.run(SECOND);
        assert!(line.ours.calls().is_free(20));
    });
}

//! The D-channel is cut in the middle of talks, and comes back in time or too late.

mod common;

use common::{SECOND, each_side, hang_up, profile, released, talk};
use tipring_line::{Alarm, CallerId, Cause, ChannelEvent};

#[test]
fn talks_outlive_a_short_cut() {
    each_side(&profile(), |mut line| {
        let id = talk(&mut line, 2);
        line.cut = true;
        line.run(4 * SECOND);
        line.cut = false;
        line.run(20 * SECOND);
        assert!(line.outputs.is_empty(), "nothing was heard of it: {:?}", line.outputs);
        hang_up(&mut line, 2, id);
    });
}

#[test]
fn talks_outlive_an_alarm_shorter_than_t309() {
    each_side(&profile(), |mut line| {
        let id = talk(&mut line, 2);
        line.dial(3, "8002", CallerId::default());
        let unanswered = line.expect_theirs(SECOND, "ring").number("id");
        line.cut = true;
        line.ours.handle_alarm(line.now, Some(Alarm::Red));
        // The call that was not answered yet ends at once, the talk does not.
        let (timeslot, event) =
            line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Released(_)));
        assert_eq!((timeslot, event), (3, ChannelEvent::Released(Cause::NetworkOutOfOrder)));
        line.run(5 * SECOND);
        line.cut = false;
        line.ours.handle_alarm(line.now, None);
        line.run(10 * SECOND);
        assert_eq!(line.ours.calls().calls(), 1, "the talk goes on");
        // libpri's link did not notice; its call ends when it next says something of it.
        line.theirs.command(&format!("proceed {unanswered} 3 0"));
        assert_eq!(line.expect_theirs(SECOND, "hangup").number("cause"), 81);
        line.theirs.command(&format!("hangup {unanswered} 81"));
        hang_up(&mut line, 2, id);
    });
}

#[test]
fn talks_end_when_the_cut_is_longer_than_t309() {
    each_side(&profile(), |mut line| {
        talk(&mut line, 2);
        line.cut = true;
        line.ours.handle_alarm(line.now, Some(Alarm::Red));
        assert_eq!(released(&mut line, 7 * SECOND), (2, Cause::DestinationOutOfOrder));
        line.run(60 * SECOND);
        line.cut = false;
        line.ours.handle_alarm(line.now, None);
        line.run(10 * SECOND);
        while let Some(event) = line.theirs.events.pop_front() {
            if event.name.starts_with("hangup") {
                let id = event.number("id");
                line.theirs.command(&format!("hangup {id} 27"));
            }
        }
        line.run(40 * SECOND);
        line.assert_idle();
    });
}

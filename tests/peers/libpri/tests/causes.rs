//! Every cause the switch knows, told and heard, in both roles.

mod common;

use common::{SECOND, each_side, profile, released};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};

#[test]
fn our_causes_arrive() {
    each_side(&profile(), |mut line| {
        for (n, cause) in Cause::ALL.iter().enumerate() {
            let id = n + 1;
            line.theirs.command(&format!("setup {id} 6 1 - 8001 1 33 0 0 -"));
            line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Offered { .. }));
            line.command(6, &ChannelCommand::Release(*cause));
            let end = line.expect_theirs(SECOND, "hangup-req");
            assert_eq!(end.number("cause"), i32::from(cause.q850()), "{cause:?}");
            line.theirs.command(&format!("hangup {id} {}", cause.q850()));
            assert_eq!(released(&mut line, SECOND), (6, *cause));
            line.run(SECOND);
        }
        line.assert_idle();
    });
}

#[test]
fn their_causes_arrive() {
    each_side(&profile(), |mut line| {
        for cause in Cause::ALL {
            line.dial(6, "8001", CallerId::default());
            let ring = line.expect_theirs(SECOND, "ring");
            let id = ring.number("id");
            line.theirs.command(&format!("proceed {id} 6 0"));
            line.theirs.command(&format!("hangup {id} {}", cause.q850()));
            // The causes by which libpri ends a call at once leave nothing to confirm.
            line.run(SECOND);
            while let Some(event) = line.theirs.events.pop_front() {
                if event.name.starts_with("hangup") && event.name != "hangup-ack" {
                    line.theirs.command(&format!("hangup {id} {}", cause.q850()));
                }
            }
            assert_eq!(released(&mut line, SECOND), (6, *cause));
            line.run(SECOND);
        }
        line.assert_idle();
    });
}

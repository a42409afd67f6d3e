//! Who calls, who is called, who diverted and who answered, as libpri reads and writes it.

mod common;

use common::{SECOND, each_side, hang_up, profile, released};
use tipring_isdn::q931::Output;
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Notice, PortId, Presentation,
    RedirectReason, Redirection,
};

#[test]
fn a_hidden_caller_is_hidden() {
    each_side(&profile(), |mut line| {
        let caller = CallerId {
            number: Some("88886666".parse().unwrap()),
            presentation: Presentation::Restricted,
            ..CallerId::default()
        };
        line.dial(1, "8001", caller);
        let ring = line.expect_theirs(SECOND, "ring");
        assert_eq!(ring.number("pres") & 0x60, 0x20);
        assert_eq!(ring.text("calling"), "88886666");
        let id = ring.number("id");
        line.theirs.command(&format!("answer {id} 1"));
        line.run(SECOND);
        hang_up(&mut line, 1, id);
    });
}

#[test]
fn a_name_arrives() {
    each_side(&profile(), |mut line| {
        let caller = CallerId {
            number: Some("88886666".parse().unwrap()),
            name: tipring_line::Name::from("Wang").unwrap(),
            ..CallerId::default()
        };
        line.dial(1, "8001", caller);
        let ring = line.expect_theirs(SECOND, "ring");
        assert_eq!(ring.text("name"), "Wang");
        let id = ring.number("id");
        line.theirs.command(&format!("answer {id} 1"));
        line.run(SECOND);
        hang_up(&mut line, 1, id);
    });
}

/// libpri tells a diversion by a supplementary service's components, which pass through.
#[test]
fn components_of_a_call_pass_through() {
    each_side(&profile(), |mut line| {
        line.theirs.command("setup 1 30 1 13800138000 8001 1 33 32 16 8005");
        let mut passed = None;
        let mut shown = None;
        line.run_until(SECOND, |line| {
            while let Some(output) = line.outputs.pop_front() {
                match output {
                    Output::Channel { timeslot, event: ChannelEvent::Facility(components) } => {
                        passed = Some((timeslot, components));
                    }
                    Output::Channel { event: ChannelEvent::Offered { caller, .. }, .. } => {
                        shown = Some(caller.presentation);
                    }
                    _ => {}
                }
            }
            shown.is_some()
        });
        let (timeslot, components) = passed.expect("the components came");
        assert_eq!(timeslot, 30);
        assert!(components.windows(4).any(|part| part == b"8005"));
        assert_eq!(shown, Some(Presentation::Restricted));
        line.command(30, &ChannelCommand::Release(Cause::UserBusy));
        line.expect_theirs(SECOND, "hangup-req");
        line.theirs.command("hangup 1 17");
        released(&mut line, SECOND);
        line.run(SECOND);
        line.assert_idle();
    });
}

#[test]
fn who_answered_is_told_and_holding_is_heard() {
    each_side(&profile(), |mut line| {
        line.theirs.command("setup 1 5 1 - 8001 1 33 0 0 -");
        line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Offered { .. }));
        line.command(5, &ChannelCommand::Answer);
        assert_eq!(line.expect_theirs(SECOND, "answer").text("connected"), "8001");
        line.run(SECOND);
        for (info, notice) in [(0x79, Notice::RemoteHold), (0x7A, Notice::RemoteRetrieval)] {
            line.theirs.command(&format!("notify 1 5 {info}"));
            let (_, event) = line.expect(SECOND, |_, e| matches!(e, ChannelEvent::Notified(_)));
            assert_eq!(event, ChannelEvent::Notified(notice));
        }
        line.theirs.command("hangup 1 16");
        line.expect_theirs(SECOND, "hangup");
        line.theirs.command("hangup 1 16");
        released(&mut line, SECOND);
        line.run(SECOND);
        line.assert_idle();
    });
}

#[test]
fn who_led_a_call_on_and_why_is_understood() {
    each_side(&profile(), |mut line| {
        let by = Redirection {
            number: Some("88888003".parse().unwrap()),
            reason: RedirectReason::NoAnswer,
            ..Redirection::default()
        };
        line.command(1, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
        line.command(1, &ChannelCommand::Redirected(by));
        let (number, caller) = ("8001".parse().unwrap(), CallerId::default());
        line.command(1, &ChannelCommand::Dial { number, caller });
        let ring = line.expect_theirs(SECOND, "ring");
        // No reply is 2 (Q.952, octet 3b).
        assert_eq!((ring.text("redirecting"), ring.number("reason")), ("88888003", 2));
        let id = ring.number("id");
        line.theirs.command(&format!("answer {id} 1"));
        line.run(SECOND);
        hang_up(&mut line, 1, id);
    });
}

#[test]
fn who_answers_instead_is_understood() {
    each_side(&profile(), |mut line| {
        line.theirs.command("setup 1 5 1 - 8001 1 33 0 0 -");
        line.expect(SECOND, |_, event| matches!(event, ChannelEvent::Offered { .. }));
        let party = CallerId::from_number("88889990".parse().unwrap());
        line.command(5, &ChannelCommand::Connected(party));
        line.command(5, &ChannelCommand::Answer);
        assert_eq!(line.expect_theirs(SECOND, "answer").text("connected"), "88889990");
        line.run(SECOND);
        line.command(5, &ChannelCommand::Release(Cause::NormalClearing));
        line.expect_theirs(SECOND, "hangup-req");
        line.theirs.command("hangup 1 16");
        released(&mut line, SECOND);
        line.run(SECOND);
        line.assert_idle();
    });
}

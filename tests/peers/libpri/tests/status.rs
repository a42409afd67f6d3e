//! Questions after the state of a call.

mod common;

use common::{SECOND, each_side, hang_up, profile, released, talk};
use tipring_isdn::q921::{Control, Repr};
use tipring_isdn::q931::{Builder, CallReference, CallState, MessageType};
use tipring_line::Cause;
use tipring_test_libpri::Line;

#[test]
fn an_answered_question_changes_nothing() {
    each_side(&profile(), |mut line| {
        let id = talk(&mut line, 8);
        line.ours.enquire_status(line.now, 8);
        line.run(20 * SECOND);
        assert_eq!(line.ours.calls().state(8), Some(CallState::Active));
        assert!(line.outputs.is_empty());
        hang_up(&mut line, 8, id);
    });
}

#[test]
fn a_call_that_libpri_has_forgotten_is_given_up() {
    each_side(&profile(), |mut line| {
        let id = talk(&mut line, 8);
        line.theirs.command(&format!("destroy {id}"));
        line.ours.enquire_status(line.now, 8);
        released(&mut line, 15 * SECOND);
        line.run(SECOND);
        line.assert_idle();
    });
}

/// Hands our end a message as if libpri had sent it, in its own link's numbering: the frame after
/// it is then lost to libpri's counting, so this is for the end of a test only.
fn forge(line: &mut Line, message: &[u8]) {
    let theirs = line.frames.iter().rev().filter(|(_, ours, _)| !ours);
    let (mut next, mut acknowledged) = (None, None);
    for (_, _, frame) in theirs {
        let repr = Repr::parse(frame).expect("libpri sends frames");
        match repr.control {
            Control::I { ns, nr, .. } => {
                next.get_or_insert((repr.cr, (ns + 1) & 127));
                acknowledged.get_or_insert(nr);
            }
            Control::Rr { nr, .. } => drop(acknowledged.get_or_insert(nr)),
            _ => {}
        }
    }
    let ((cr, ns), nr) = next.zip(acknowledged).expect("libpri has sent messages");
    let control = Control::I { ns, nr, p: false };
    let frame = Repr { sapi: 0, cr, tei: 0, control, info: message }.emit();
    line.ours.handle_frame(line.now, &frame);
    line.exchange();
}

#[test]
fn a_question_of_theirs_is_answered_with_our_state() {
    each_side(&profile(), |mut line| {
        talk(&mut line, 8);
        // We chose reference 1; libpri's messages about it carry the flag.
        let enquiry = Builder::new(CallReference::new(1, true), MessageType::StatusEnquiry);
        forge(&mut line, &enquiry.finish());
        let (_, _, answer) =
            line.frames.iter().rev().find(|(_, ours, frame)| *ours && frame.len() > 8).unwrap();
        assert_eq!(answer[4..], [8, 2, 0, 1, 0x7D, 8, 2, answer[11], 0x9E, 0x14, 1, 10]);
    });
}

#[test]
fn a_call_they_do_not_know_ends() {
    each_side(&profile(), |mut line| {
        talk(&mut line, 8);
        let status = [8, 2, 0x80, 1, 0x7D, 8, 2, 0x82, 0xE5, 0x14, 1, 0];
        forge(&mut line, &status);
        assert_eq!(released(&mut line, SECOND), (8, Cause::from_q850(101)));
        assert_eq!(line.ours.calls().calls(), 0);
    });
}

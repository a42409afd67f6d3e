//! Every way in which a single call ends, in both roles: afterwards neither end has anything left.

use std::time::Duration;

use tipring_isdn::q921::Side;
use tipring_isdn::q931::Profile;
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent};
use tipring_test_libpri::{Desk, Line, Manner};

const MANNERS: [(Manner, u8); 8] = [
    (Manner::AnswerAndWait, 16),
    (Manner::AnswerAndHangUp, 16),
    (Manner::RingForEver, 16),
    (Manner::ProceedOnly, 16),
    (Manner::Refuse(17), 17),
    (Manner::Refuse(1), 1),
    (Manner::RingAndRefuse(19), 19),
    (Manner::RingAndRefuse(21), 21),
];

#[test]
fn calls_of_ours_end_in_every_way() {
    for side in [Side::User, Side::Network] {
        let profile = Profile { restart: false, ..Profile::euro_isdn() };
        let mut line = Line::up(side, profile);
        for (manner, cause) in MANNERS {
            let mut desk = Desk::default();
            line.dial(5, "8001", CallerId::default());
            line.run(Duration::from_secs(1));
            desk.serve(&mut line.theirs, |_| manner);
            line.run(Duration::from_secs(1));
            desk.serve(&mut line.theirs, |_| manner);
            line.command(5, &ChannelCommand::Release(Cause::NormalClearing));
            for _ in 0..5 {
                line.run(Duration::from_secs(1));
                desk.serve(&mut line.theirs, |_| manner);
            }
            let (_, event) =
                line.expect(Duration::ZERO, |_, event| matches!(event, ChannelEvent::Released(_)));
            assert_eq!(
                event,
                ChannelEvent::Released(Cause::from_q850(cause)),
                "{side:?} {manner:?}"
            );
            println!("{side:?} {manner:?}");
            line.assert_idle();
        }
    }
}

//! 强拆: the call ends, and the log says by whom.

use tipring_events::{Command, EventKind, Party, Refusal};
use tipring_line::CallId;

use crate::{refused, s, supervised};

#[test]
fn all_legs_end_by_the_supervisors_name() {
    let (mut w, customer, agent) = supervised();
    let release = |call| Command::HangUp { call: CallId(call), by: "wang".into() };
    assert_eq!(w.command(release(1)), Ok(()));
    w.run(s(1));
    assert!(!w.around.is_there(customer) && !w.around.is_there(agent));
    let by = w.find(|e| match e {
        EventKind::ForceReleased { call, by } => Some((call.0, by.clone())),
        _ => None,
    });
    assert_eq!(by, Some((1, "wang".to_owned())));
    let ended = w.find(|e| match e {
        EventKind::CallEnded { by, .. } => Some(*by),
        _ => None,
    });
    assert_eq!(ended, Some(Party::Box));
    refused(&mut w, release(1), Refusal::NoSuchCall);
    w.close();
}

//! 密语: the agent hears the supervisor, the customer does not; nor does the recording.

use tipring_events::{EventKind, MonitorMode};
use tipring_test_scenarios::Hears;

use crate::{monitoring, supervised};

#[test]
fn only_the_agent_hears_it() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Whisper);
    assert_eq!(w.hears(supervisor), Hears::Monitored(agent, true));
    assert_eq!(w.hears(customer), Hears::Party(agent));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    w.hang_up(customer);
    w.close();
}

#[test]
fn keys_change_the_mode() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Listen);
    w.press(supervisor, "5");
    assert_eq!(w.hears(supervisor), Hears::Monitored(agent, true));
    w.press(supervisor, "6");
    assert!(matches!(w.hears(customer), Hears::Conference(others) if others.len() == 2));
    w.press(supervisor, "4");
    assert_eq!(w.hears(supervisor), Hears::Monitored(agent, false));
    assert_eq!((w.hears(customer), w.hears(agent)), (Hears::Party(agent), Hears::Party(customer)));
    w.press(supervisor, "79");
    let modes = w.all(|e| match e {
        EventKind::MonitorChanged { mode, .. } => Some(*mode),
        _ => None,
    });
    assert_eq!(modes, [MonitorMode::Whisper, MonitorMode::Barge, MonitorMode::Listen]);
    w.hang_up(customer);
    w.close();
}

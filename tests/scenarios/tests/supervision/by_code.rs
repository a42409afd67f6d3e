//! The same from a handset, by feature code; for supervisors' extensions only.

use tipring_events::{EventKind, MonitorMode};
use tipring_test_scenarios::Hears;

use crate::{all_hang_up, ended, ext, s, supervised};

#[test]
fn listen_whisper_barge() {
    for (code, mode) in [
        ("*848001", MonitorMode::Listen),
        ("*858001", MonitorMode::Whisper),
        ("*868001", MonitorMode::Barge),
    ] {
        let (mut w, customer, agent) = supervised();
        let supervisor = w.dial("8003", code);
        w.run(s(1));
        match mode {
            MonitorMode::Barge => {
                assert!(matches!(w.hears(customer), Hears::Conference(o) if o.len() == 2));
            }
            mode => {
                let whisper = mode == MonitorMode::Whisper;
                assert_eq!(w.hears(supervisor), Hears::Monitored(agent, whisper));
            }
        }
        assert_eq!(ended(&w), 1, "the supervisor's own call became part of the other");
        let began = w.find(|e| match e {
            EventKind::MonitorBegan { mode, by, .. } => Some((*mode, by.clone())),
            _ => None,
        });
        assert_eq!(began, Some((mode, "8003".to_owned())));
        w.hang_up(supervisor);
        assert_eq!(w.hears(customer), Hears::Party(agent));
        all_hang_up(&mut w);
    }
}

#[test]
fn take_over_and_force_release() {
    let (mut w, customer, agent) = supervised();
    let supervisor = w.dial("8003", "*878001");
    w.run(s(1));
    assert_eq!(w.hears(customer), Hears::Party(supervisor));
    assert!(!w.around.is_there(agent));
    w.hang_up(customer);
    w.run(s(20));
    w.dial("8001", "8002");
    w.run(s(3));
    w.dial("8003", "*888001");
    w.run(s(1));
    assert!(!w.around.is_occupied(ext("8001")) && !w.around.is_occupied(ext("8002")));
    all_hang_up(&mut w);
}

#[test]
fn nobody_else_may() {
    let (mut w, customer, agent) = supervised();
    for code in ["*848001", "*858001", "*868001", "*878001", "*888001"] {
        let phone = w.dial("8002", code);
        w.run(s(1));
        assert!(w.hears_prompt(phone, "feature-failed"), "{code}");
        w.run(s(5));
    }
    assert_eq!(w.hears(customer), Hears::Party(agent));
    all_hang_up(&mut w);
}

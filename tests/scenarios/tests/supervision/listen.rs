//! 监听: the supervisor hears both, and nothing changes for them.

use tipring_events::{AgentId, Command, EventKind, MonitorMode, Refusal};
use tipring_line::CallId;
use tipring_test_scenarios::Hears;

use crate::{ended, ext, monitor, monitoring, refused, s, supervised};

#[test]
fn the_supervisor_hears_both_and_is_no_party() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Listen);
    assert_eq!(w.hears(supervisor), Hears::Monitored(agent, false));
    assert_eq!((w.hears(customer), w.hears(agent)), (Hears::Party(agent), Hears::Party(customer)));
    assert_eq!(w.around.recorded(1), (Some(customer), vec![agent]));
    let live = w.live();
    assert_eq!(live.calls.len(), 1);
    let call = &live.calls[0];
    assert_eq!((call.parties.len(), call.monitors.len()), (2, 1));
    assert_eq!(call.monitors[0].by, "wang");
    let began = w.find(|e| match e {
        EventKind::MonitorBegan { call, extension, mode, by, agent } => {
            Some((call.0, *extension, *mode, by.clone(), *agent))
        }
        _ => None,
    });
    let expected = (1, ext("8003"), MonitorMode::Listen, "wang".to_owned(), Some(AgentId(1)));
    assert_eq!(began, Some(expected));
    w.hang_up(supervisor);
    assert_eq!(ended(&w), 0, "the call goes on");
    assert_eq!(w.hears(customer), Hears::Party(agent));
    let over = w.find(|e| matches!(e, EventKind::MonitorEnded { .. }).then_some(()));
    assert!(over.is_some());
    w.hang_up(customer);
    w.close();
}

#[test]
fn the_calls_end_ends_it() {
    let (mut w, customer, _) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Listen);
    w.hang_up(customer);
    w.run(s(1));
    assert!(!w.around.is_there(supervisor));
    w.close();
}

#[test]
fn stopped_by_the_web_or_never_answered() {
    let (mut w, customer, _) = supervised();
    let stop = || Command::MonitorStop { extension: ext("8003") };
    refused(&mut w, stop(), Refusal::NoSuchLeg);
    let supervisor = monitoring(&mut w, MonitorMode::Listen);
    assert_eq!(w.command(stop()), Ok(()));
    w.run(s(1));
    assert!(!w.around.is_there(supervisor));
    assert_eq!(w.command(monitor(MonitorMode::Listen)), Ok(()));
    w.hang_up(w.at("8003"));
    assert!(w.live().calls[0].monitors.is_empty());
    w.hang_up(customer);
    w.close();
}

#[test]
fn a_supervised_agent_who_consults_stays_supervised() {
    let (mut w, customer, agent) = supervised();
    let supervisor = monitoring(&mut w, MonitorMode::Listen);
    let consult = Command::Consult { extension: ext("8001"), to: ext("8002") };
    assert_eq!(w.command(consult), Ok(()));
    w.run(s(3));
    assert_eq!(w.hears(supervisor), Hears::Monitored(agent, false));
    let transfer = Command::ConsultTransfer { extension: ext("8001") };
    assert_eq!(w.command(transfer), Ok(()));
    assert_eq!(w.hears(supervisor), Hears::Monitored(w.at("8002"), false));
    w.hang_up(customer);
    w.close();
}

#[test]
fn every_refusal_is_exact() {
    let (mut w, customer, _) = supervised();
    let listen = |call, extension| Command::Monitor {
        call: CallId(call),
        extension: ext(extension),
        mode: MonitorMode::Listen,
        by: String::new(),
    };
    refused(&mut w, listen(9, "8003"), Refusal::NoSuchCall);
    refused(&mut w, listen(1, "8999"), Refusal::NoSuchExtension);
    refused(&mut w, listen(1, "8004"), Refusal::NoSuchExtension);
    refused(&mut w, listen(1, "8001"), Refusal::NotPossible);
    w.hang_up(customer);
    w.run(s(20));
    let caller = w.trunk_call("13800138001", "600");
    refused(&mut w, listen(2, "8003"), Refusal::NotPossible);
    w.hang_up(caller);
    w.close();
}

//! When all are busy, agents who talk hear a soft beep while callers wait.

use tipring_acd::{Acd, AcdOutput, Join};
use tipring_clock::{Instant, WallTime};
use tipring_events::AgentId;
use tipring_line::CallId;
use tipring_switch::Moment;
use tipring_switch::Tone;
use tipring_test_scenarios::{Hears, number};

use crate::config;

fn at(s: u64) -> Moment {
    let now = Instant::from_millis(s * 1000);
    Moment { now, wall: WallTime::from_unix_micros(0).plus(now - Instant::ZERO) }
}

/// The beeps up to a time: when, in which call, at which agent.
fn beeps(acd: &mut Acd, until_s: u64) -> Vec<(u64, u64, u32)> {
    let mut heard = Vec::new();
    let mut drain = |acd: &mut Acd, now: u64| {
        while let Some(output) = acd.poll_output() {
            if let AcdOutput::WaitingBeep { call, agent } = output {
                heard.push((now, call.0, agent.0));
            }
        }
    };
    while let Some(due) = acd.poll_timeout().filter(|due| *due <= at(until_s).now) {
        acd.handle_timeout(at(due.as_millis() / 1000));
        drain(acd, due.as_millis() / 1000);
    }
    heard
}

#[test]
fn only_those_who_talk_and_only_while_somebody_waits() {
    let mut acd = Acd::new(at(0), config(|acd| acd.queues[0].beep_s = 15).acd, 1);
    for n in 1..=2 {
        let extension = number(&format!("800{n}"));
        acd.extension_reachable(at(0), extension, true);
        acd.log_in(at(0), &format!("100{n}"), &format!("432{n}"), extension).unwrap();
    }
    acd.not_ready(at(0), AgentId(2), "lunch").unwrap();
    for call in 1..=2 {
        acd.enter(at(0), CallId(call), "service", Join::default());
    }
    acd.offer_answered(at(1), CallId(1), AgentId(1));
    assert_eq!(beeps(&mut acd, 40), [(15, 1, 1), (30, 1, 1)]);
    acd.call_over(at(41), CallId(2), tipring_events::Party::Caller);
    assert_eq!(beeps(&mut acd, 100), []);
}

#[test]
fn the_agent_alone_hears_it() {
    let mut w = crate::desk(1, |acd| acd.queues[0].beep_s = 15);
    let customer = crate::call(&mut w, "13800138000");
    w.run(crate::s(5));
    let agent = w.at("8001");
    assert_eq!(w.hears(customer), Hears::Party(agent));
    let second = crate::call(&mut w, "13900139000");
    w.run(crate::s(35));
    assert_eq!(w.around.beeps, [(agent, Tone::CallersWait); 2]);
    w.hang_up(second);
    w.run(crate::s(60));
    assert_eq!(w.around.beeps.len(), 2);
    crate::all_hang_up(&mut w);
}

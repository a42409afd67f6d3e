//! How many ISDN calls can be set up a second: SETUP to RELEASE COMPLETE through both ends'
//! signalling and the box's core, under virtual time, so that the processor alone is what it takes.

use std::time::Duration;

use anyhow::{Result, ensure};
use tipring_clock::{Clock, RealClock};
use tipring_line::CallerId;
use tipring_sim::CallPlan;
use tipring_test_scenarios::{World, number, span_entry};
use tipring_tipringd::spans::FarEvent;

/// Spans over which the calls come.
const SPANS: usize = 8;
/// Calls that come in at once on each.
const AT_ONCE: usize = 5;

/// What was measured.
pub(super) struct Setups {
    pub(super) calls: usize,
    pub(super) per_s: f64,
}

pub(super) fn measure(wanted: usize) -> Result<Setups> {
    let entries: Vec<_> = (1..=SPANS)
        .map(|n| {
            let mut entry = span_entry("");
            entry.name = format!("e1-{n}");
            entry
        })
        .collect();
    let mut world = World::with_spans(&entries).forgetful();
    let clock = RealClock::start();
    let began = clock.now();
    let mut calls = 0;
    while calls < wanted {
        for span in 0..SPANS {
            for _ in 0..AT_ONCE {
                let caller = CallerId::from_number(number("13800138000"));
                let plan = CallPlan { caller, talk_ms: Some(100), ..CallPlan::default() };
                world.span_call(span, "95588", plan);
                calls += 1;
            }
        }
        world.run(Duration::from_secs(1));
    }
    let took = clock.now() - began;
    let happened = &world.around.happened;
    let answered = happened.iter().filter(|(.., event)| *event == FarEvent::Answered).count();
    ensure!(answered == calls, "of {calls} calls {answered} were answered");
    Ok(Setups { calls, per_s: calls as f64 / took.as_secs_f64() })
}

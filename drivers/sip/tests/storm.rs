//! Many calls both ways over a link that loses, doubles and reorders: every call ends on both
//! sides, and nothing is left of it.

mod common;

use common::{Link, Weather};
use rand::Rng as _;
use tipring_clock::{Duration, Instant};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Digit, Endpoint};
use tipring_sip::TrunkState;

/// Something a side is going to do.
type Plan = (Instant, usize, ChannelId, ChannelCommand);

/// What a called side does, and a caller may do, by chance.
fn plan_for(link: &mut Link, side: usize, channel: ChannelId, event: &ChannelEvent) -> Vec<Plan> {
    let now = link.now;
    let mut after = |ms: u64| now + Duration::from_millis(link.rng.random_range(0..ms));
    let release = |at, cause| (at, side, channel, ChannelCommand::Release(cause));
    match event {
        ChannelEvent::Offered { .. } => {
            let first = match after(4).as_millis() - now.as_millis() {
                0 => return vec![release(after(2000), Cause::UserBusy)],
                1 => ChannelCommand::OpenEarlyAudio,
                2 => ChannelCommand::Alert,
                // Nobody answers: the caller gives up, or the box does in the end.
                _ => return vec![release(after(60_000), Cause::NoAnswer)],
            };
            let answer = after(3000);
            let end = answer + (after(20_000) - now);
            vec![
                (after(100), side, channel, first),
                (answer, side, channel, ChannelCommand::Answer),
                release(end, Cause::NormalClearing),
            ]
        }
        ChannelEvent::Answered(_) => {
            let keys = "12#".chars().filter_map(Digit::from_char).collect();
            vec![
                (after(1000), side, channel, ChannelCommand::SendDigits(keys)),
                release(after(20_000), Cause::NormalClearing),
            ]
        }
        _ => Vec::new(),
    }
}

fn begin_call(link: &mut Link, count: u32) -> Vec<Plan> {
    let side = link.rng.random_range(0..2);
    let channel = ChannelId::sip_out(count);
    let caller = CallerId::from_number("1001".parse().unwrap());
    let (endpoint, next) = if side == 0 {
        (Endpoint::SipPhone("8001".parse().unwrap()), ChannelCommand::Ring { caller, pattern: 0 })
    } else {
        let number = "600".parse().unwrap();
        (Endpoint::SipTrunk(0), ChannelCommand::Dial { number, caller })
    };
    link.command(side, channel, &ChannelCommand::Seize(endpoint));
    link.command(side, channel, &next);
    let at = link.now + Duration::from_millis(link.rng.random_range(0..90_000));
    vec![(at, side, channel, ChannelCommand::Release(Cause::NormalClearing))]
}

/// Runs `calls` calls in this weather; how many were answered.
fn storm(seed: u64, weather: Weather, calls: u32) -> usize {
    let mut link = Link::new(seed);
    link.run(Duration::from_secs(1));
    assert_eq!(link.sides[1].agent.trunk_state(0), TrunkState::Up);
    link.weather = weather;
    let mut plans: Vec<Plan> = Vec::new();
    for count in 0..calls {
        plans.extend(begin_call(&mut link, count));
        let until = link.now + Duration::from_millis(link.rng.random_range(0..400));
        run_plans(&mut link, &mut plans, until);
    }
    let end = link.now + Duration::from_secs(400);
    run_plans(&mut link, &mut plans, end);
    link.weather = common::FAIR;
    link.run(Duration::from_secs(90));
    link.assert_nothing_left();
    let channels = link.sides.iter().flat_map(|side| side.channels.values());
    channels
        .filter(|told| told.events.iter().any(|e| matches!(e, ChannelEvent::Answered(_))))
        .count()
}

fn run_plans(link: &mut Link, plans: &mut Vec<Plan>, until: Instant) {
    loop {
        let next = plans.iter().map(|plan| plan.0).min().filter(|at| *at <= until);
        let stop = next.unwrap_or(until);
        while let Some(events) = link.step(stop) {
            for (side, channel, event) in events {
                plans.extend(plan_for(link, side, channel, &event));
            }
            if plans.iter().any(|plan| plan.0 < stop) {
                break;
            }
        }
        let (due, later): (Vec<Plan>, Vec<Plan>) =
            plans.drain(..).partition(|plan| plan.0 <= link.now);
        *plans = later;
        for (_, side, channel, command) in &due {
            link.command(*side, *channel, command);
        }
        if link.now >= until && due.is_empty() {
            return;
        }
    }
}

#[test]
fn on_a_fair_day_every_call_is_answered_or_ended_on_purpose() {
    let answered = storm(1, common::FAIR, 100);
    assert!(answered > 20, "{answered}");
}

#[test]
fn in_every_weather_nothing_is_left() {
    for seed in 0..12 {
        for lost_percent in [0, 5, 20, 40] {
            let weather = Weather { lost_percent, doubled_percent: 10, delay_ms_max: 300 };
            storm(seed * 7 + u64::from(lost_percent), weather, 30);
        }
    }
}

#[test]
fn a_dead_link_ends_every_call() {
    let weather = Weather { lost_percent: 100, doubled_percent: 0, delay_ms_max: 1 };
    assert_eq!(storm(3, weather, 20), 0);
}

#[test]
fn the_same_seed_gives_the_same_calls() {
    let weather = Weather { lost_percent: 10, doubled_percent: 10, delay_ms_max: 100 };
    assert_eq!(storm(9, weather, 40), storm(9, weather, 40));
}

//! After their making, two ends do not allocate, however many calls pass between them.

use std::time::Duration;

use tipring_clock::Instant;
use tipring_isdn::q921::Side;
use tipring_isdn::q931::{Output, Profile};
use tipring_isdn::{SpanSettings, SpanSignalling};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, Endpoint, Name, PortId};
use tipring_test_allocations::{Counting, count};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Passes frames between the ends until there are no more; answers every call, and counts ends.
fn settle(ends: &mut [SpanSignalling; 2], now: Instant, ended: &mut u32) {
    let mut quiet = false;
    while !quiet {
        quiet = true;
        for from in [0, 1] {
            while let Some(frame) = ends[from].poll_frame() {
                ends[1 - from].handle_frame(now, &frame);
                quiet = false;
            }
            while let Some(output) = ends[from].poll_output() {
                let Output::Channel { timeslot, event } = output else { continue };
                match event {
                    ChannelEvent::Offered { .. } => {
                        for command in [ChannelCommand::Alert, ChannelCommand::Answer] {
                            ends[from].command(now, timeslot, &command);
                        }
                    }
                    ChannelEvent::Released(_) => *ended += 1,
                    _ => {}
                }
                quiet = false;
            }
        }
    }
}

#[test]
fn calls_do_not_allocate() {
    let mut ends = [Side::User, Side::Network]
        .map(|side| SpanSignalling::new(SpanSettings::new(side, Profile::china())));
    let mut now = Instant::ZERO;
    let mut ended = 0;
    let caller = CallerId {
        number: Some("88886666".parse().unwrap()),
        name: Name::from("王刚").unwrap(),
        ..CallerId::default()
    };
    let number = "13800138000".parse().unwrap();
    let allocations = count(|| {
        ends.iter_mut().for_each(|end| end.start(now));
        settle(&mut ends, now, &mut ended);
        for round in 0..100 {
            for timeslot in (1..32).filter(|timeslot| *timeslot != 16) {
                let end = &mut ends[round % 2];
                end.command(now, timeslot, &ChannelCommand::Seize(Endpoint::Port(PortId(0))));
                end.command(now, timeslot, &ChannelCommand::Dial { number, caller });
            }
            settle(&mut ends, now, &mut ended);
            now += Duration::from_secs(1);
            ends.iter_mut().for_each(|end| end.handle_timeout(now));
            for timeslot in 1..32 {
                ends[1].command(now, timeslot, &ChannelCommand::Release(Cause::NormalClearing));
            }
            settle(&mut ends, now, &mut ended);
            assert_eq!(ends[0].calls().calls(), 0);
        }
    });
    assert_eq!(ended, 2 * 30 * 100, "every call ended on both sides");
    assert_eq!(allocations, 0);
}

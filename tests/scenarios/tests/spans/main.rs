//! Calls over E1 spans, through the real core, the real signalling and the simulated exchange.

mod kept;
mod supplementary;

use std::time::Duration;

use tipring_events::{Command, EventKind, Refusal, SpanAlarm, SpanChannelState, SpanLink};
use tipring_line::{CallerId, Cause, Disposition, Endpoint, Number, Presentation};
use tipring_sim::{CallPlan, CalledOutcome, CalledPlan, SpanFault};
use tipring_test_scenarios::{SpanStreet, World, number, span_entry};
use tipring_tipringd::spans::FarEvent;

const SECOND: Duration = Duration::from_secs(1);
const CALLER: &str = "13800138000";

fn plan() -> CallPlan {
    CallPlan { caller: CallerId::from_number(number(CALLER)), ..CallPlan::default() }
}

fn world(toml: &str) -> World<SpanStreet> {
    let mut world = World::with_spans(&[span_entry(toml)]);
    let answers = CalledOutcome::Answers { after_ms: 2000 };
    world.around.far[0].set_called_party(CalledPlan { outcome: answers, ..CalledPlan::default() });
    world
}

/// The numbers, cause and disposition of every call that ended.
fn ended(world: &World<SpanStreet>) -> Vec<(Cause, Disposition)> {
    world.all(|event| match event {
        EventKind::CallEnded { cause, disposition, .. } => Some((*cause, *disposition)),
        _ => None,
    })
}

fn answered(world: &World<SpanStreet>) -> usize {
    world.all(|event| matches!(event, EventKind::CallAnswered { .. }).then_some(())).len()
}

/// The timeslot on which the exchange has the box's last call.
fn called_on(world: &World<SpanStreet>) -> u8 {
    let mut happened = world.around.happened.iter().rev();
    let called = happened.find(|(.., event)| matches!(event, FarEvent::Called(_)));
    called.expect("the box has called").1
}

/// Hangs up every phone, runs until nothing goes on any more, and checks that nothing is left
/// behind at either end.
fn close(mut world: World<SpanStreet>) {
    let now = world.now();
    for channel in world.around.scripted.live_channels().into_iter().filter(|ch| ch.is_sip()) {
        world.around.scripted.hang_up(now, channel, Cause::NormalClearing);
    }
    world.run(600 * SECOND);
    world.ledger.close();
    world.around.scripted.close();
    let counters = world.core.counters();
    assert_eq!((counters.calls, counters.channels), (0, 0));
    for (index, far) in world.around.far.iter().enumerate() {
        assert_eq!(far.in_use(), 0, "a channel of the exchange is left");
        if let Some(near) = world.around.spans.signalling(index) {
            assert_eq!((near.calls().calls(), near.calls().channels_in_use()), (0, 0));
        }
    }
}

#[test]
fn a_call_comes_in_by_its_last_digits_and_its_caller_is_known() {
    let mut world = world("did_digits = 4\nnumbers = [\"8888XXXX\"]\n");
    world.span_call(0, "88888001", CallPlan { talk_ms: Some(30_000), ..plan() });
    world.run(10 * SECOND);
    let began = world.find(|event| match event {
        EventKind::CallBegan { source, called, caller, inbound, .. } => {
            Some((source.clone(), *called, *caller, *inbound))
        }
        _ => None,
    });
    let expected = ("e1".to_owned(), Some(number("8001")), Some(number(CALLER)), true);
    assert_eq!(began, Some(expected));
    assert_eq!(world.around.far_events(0), [FarEvent::Ringing, FarEvent::Answered]);
    let live = world.live();
    assert_eq!((live.spans[0].in_use, live.lines[3].calls), (1, 1));
    world.run(30 * SECOND);
    assert_eq!(ended(&world), [(Cause::NormalClearing, Disposition::Answered)]);
    close(world);
}

#[test]
fn a_caller_who_hides_is_not_shown_and_a_number_of_others_is_refused() {
    let mut world = world("did_digits = 4\nnumbers = [\"8888XXXX\"]\n");
    let mut hidden = CallPlan { talk_ms: Some(5000), ..plan() };
    hidden.caller.presentation = Presentation::Restricted;
    world.span_call(0, "88888001", hidden);
    world.run(20 * SECOND);
    let caller: Option<Option<Number>> = world.find(|event| match event {
        EventKind::CallBegan { caller, .. } => Some(*caller),
        _ => None,
    });
    assert_eq!(caller, Some(None));
    world.span_call(0, "77778001", plan());
    world.run(2 * SECOND);
    let last = world.around.far_events(0).pop();
    assert_eq!(last, Some(FarEvent::Ended(Cause::UnallocatedNumber)));
    close(world);
}

#[test]
fn a_call_goes_out_and_its_end_has_the_exchanges_cause() {
    let mut world = world("caller = \"88886600\"\n");
    let phone = world.phone_dials("8001", "888889999");
    world.run(10 * SECOND);
    assert_eq!(world.around.happened[0], (0, 31, FarEvent::Called(Some(number("88889999")))));
    assert_eq!(answered(&world), 1);
    let now = world.now();
    world.around.scripted.hang_up(now, phone, Cause::NormalClearing);
    world.run(5 * SECOND);
    for (outcome, cause, disposition) in [
        (CalledOutcome::Busy, Cause::UserBusy, Disposition::Busy),
        (CalledOutcome::Vacant, Cause::UnallocatedNumber, Disposition::Vacant),
    ] {
        world.around.far[0].set_called_party(CalledPlan { outcome, ..CalledPlan::default() });
        world.phone_dials("8001", "888889999");
        world.run(60 * SECOND);
        assert_eq!(ended(&world).pop(), Some((cause, disposition)));
    }
    close(world);
}

#[test]
fn an_alarm_in_mid_call_ends_it_and_the_span_comes_back() {
    let mut world = world("");
    world.phone_dials("8001", "888889999");
    world.run(10 * SECOND);
    assert_eq!(answered(&world), 1);
    world.around.wires[0].fault_at_first(SpanFault::NoSignal);
    world.run(2 * SECOND);
    let mut live = world.live();
    world.around.spans.annotate(&mut live);
    let status = &live.spans[0].status;
    assert_eq!(status.alarms, [SpanAlarm::NoSignal, SpanAlarm::Red]);
    assert_eq!(status.link, SpanLink::Down);
    assert!(status.trouble.contains("no signal (LOS): plug the cable in"), "{}", status.trouble);
    assert!(status.trouble_zh.contains("没有信号（LOS）：请插好电缆"), "{}", status.trouble_zh);
    assert_eq!(live.spans[0].channels[0].state, SpanChannelState::Alarm);
    assert_eq!(ended(&world), [], "a talk outlives its D-channel for T309");
    world.run(8 * SECOND);
    assert_eq!(ended(&world), [(Cause::DestinationOutOfOrder, Disposition::Answered)]);
    // While it is out, calls overflow to the analog line.
    world.phone_dials("8002", "888889999");
    world.run(SECOND);
    assert!(world.around.scripted.seized().iter().any(|e| matches!(e, Endpoint::Port(_))));
    world.around.wires[0].fault_at_first(SpanFault::None);
    world.run(60 * SECOND);
    let mut live = world.live();
    world.around.spans.annotate(&mut live);
    assert_eq!(
        (live.spans[0].status.link, live.spans[0].status.trouble.as_str()),
        (SpanLink::Up, "")
    );
    world.span_call(0, "8003", CallPlan { talk_ms: Some(5000), ..plan() });
    world.run(20 * SECOND);
    assert!(
        world.around.far_events(0).contains(&FarEvent::Answered),
        "the span carries calls again"
    );
    close(world);
}

#[test]
fn calls_overflow_from_the_span_to_the_line_to_the_trunk() {
    let mut world = world("outgoing_max = 1\n");
    for extension in ["8001", "8002", "8003"] {
        world.phone_dials(extension, "888889999");
        world.run(2 * SECOND);
    }
    assert_eq!(world.live().spans[0].in_use, 1);
    let lines = world.around.scripted.seized();
    let outside: Vec<_> = lines.iter().filter(|e| !matches!(e, Endpoint::SipPhone(_))).collect();
    assert!(matches!(outside[..], [Endpoint::Port(_), Endpoint::SipTrunk(0)]), "{outside:?}");
    close(world);
}

#[test]
fn both_ends_take_one_channel_and_both_calls_go_on() {
    for profile in ["china", "euro-isdn"] {
        let mut world = world(&format!("profile = \"{profile}\"\n"));
        let now = world.now();
        // The exchange's SETUP for timeslot 31 is on the wire when the box seizes the same.
        let plan = CallPlan { talk_ms: Some(20_000), ..plan() };
        world.around.far[0].call_on(now, 31, number("8003"), plan);
        world.phone_dials("8001", "888889999");
        world.run(15 * SECOND);
        assert_eq!(answered(&world), 2, "{profile}: {:?}", world.around.happened);
        let states = &world.live().spans[0].channels;
        let busy = states.iter().filter(|c| c.state == SpanChannelState::Busy);
        let busy: Vec<u8> = busy.map(|c| c.timeslot).collect();
        // A call given up in the glare may still hold its channel when the next is chosen.
        let ours = called_on(&world);
        assert_eq!(busy, [ours, 31], "{profile}");
        close(world);
    }
}

#[test]
fn the_exchange_puts_a_call_on_another_channel() {
    let mut world = world("profile = \"euro-isdn\"\n");
    // The exchange has a call of its own on the channel, of which the box knows nothing yet: its
    // SETUP was lost once.
    world.around.wires[0].fault_at_first(SpanFault::NoHdlc);
    let now = world.now();
    world.around.far[0].call_on(now, 31, number("8003"), plan());
    world.run(Duration::from_millis(100));
    world.around.wires[0].fault_at_first(SpanFault::None);
    world.phone_dials("8001", "888889999");
    world.run(15 * SECOND);
    assert_eq!(answered(&world), 2, "{:?}", world.around.happened);
    let moved_to = called_on(&world);
    assert_ne!(moved_to, 31);
    let channels = &world.live().spans[0].channels;
    let moved = channels.iter().find(|c| c.timeslot == moved_to);
    assert_eq!(moved.map(|c| c.state), Some(SpanChannelState::Busy));
    close(world);
}

#[test]
fn channels_out_of_service_carry_no_calls() {
    let mut world = world("timeslots = [1, 2]\nout_of_service = [2]\n");
    let mut order = |timeslots: &[u8], in_service| {
        let span = "e1".to_owned();
        world.command(Command::SpanService { span, timeslots: timeslots.to_vec(), in_service })
    };
    assert_eq!(order(&[16], false), Err(Refusal::NoSuchSpan));
    assert_eq!(order(&[1], false), Ok(()));
    let states = world.live().spans[0].channels.iter().map(|c| c.state).collect::<Vec<_>>();
    assert_eq!(states, [SpanChannelState::OutOfService; 2]);
    world.phone_dials("8001", "888889999");
    world.run(2 * SECOND);
    assert!(matches!(world.around.scripted.seized()[..], [Endpoint::Port(_)]));
    world.span_call(0, "8002", plan());
    world.run(2 * SECOND);
    assert_eq!(world.around.far_events(0), [FarEvent::Ended(Cause::NoChannel)]);
    let span = "e1".to_owned();
    world.command(Command::SpanService { span, timeslots: Vec::new(), in_service: true }).unwrap();
    world.span_call(0, "8002", CallPlan { talk_ms: Some(5000), ..plan() });
    world.run(20 * SECOND);
    assert!(world.around.far_events(0).contains(&FarEvent::Answered));
    close(world);
}

#[test]
fn an_emergency_call_takes_a_channel_in_use() {
    let mut world = world("timeslots = [1]\noutgoing_max = 1\n");
    world.phone_dials("8001", "888889999");
    world.run(5 * SECOND);
    world.phone_dials("8002", "119");
    world.run(15 * SECOND);
    let preempted = ended(&world).into_iter().filter(|(cause, _)| *cause == Cause::Preemption);
    assert_eq!(preempted.count(), 1);
    let last = world.around.happened.iter().rev().find_map(|(.., event)| match event {
        FarEvent::Called(number) => Some(*number),
        _ => None,
    });
    assert_eq!(last, Some(Some(number("119"))));
    close(world);
}

#[test]
fn one_call_too_many_is_refused() {
    let mut world = world("incoming_max = 1\n");
    world.span_call(0, "8001", CallPlan { talk_ms: Some(20_000), ..plan() });
    world.run(2 * SECOND);
    world.span_call(0, "8002", plan());
    world.run(2 * SECOND);
    assert!(world.around.far_events(0).contains(&FarEvent::Ended(Cause::Congestion)));
    close(world);
}

#[test]
fn r2_carries_calls_both_ways_and_blocks_what_is_out_of_service() {
    let toml = "signalling = \"r2\"\ncalled_digits = 4\ntimeslots = [1, 2, 3]\n";
    let mut world = world(toml);
    world.span_call(0, "8002", CallPlan { talk_ms: Some(10_000), ..plan() });
    world.run(30 * SECOND);
    let caller: Option<Option<Number>> = world.find(|event| match event {
        EventKind::CallBegan { caller, .. } => Some(*caller),
        _ => None,
    });
    assert_eq!((caller, answered(&world)), (Some(Some(number(CALLER))), 1));
    let phone = world.phone_dials("8001", "88888");
    world.run(20 * SECOND);
    assert_eq!(answered(&world), 2, "{:?}", world.around.happened);
    let now = world.now();
    world.around.scripted.hang_up(now, phone, Cause::NormalClearing);
    world.run(5 * SECOND);
    let span = "e1".to_owned();
    world.command(Command::SpanService { span, timeslots: vec![1, 2], in_service: false }).unwrap();
    world.run(2 * SECOND);
    assert_eq!(world.span_call(0, "8003", CallPlan { talk_ms: Some(1000), ..plan() }), 3);
    world.run(30 * SECOND);
    close(world);
}

#[test]
fn r2_in_alarm_releases_at_once() {
    let mut world = world("signalling = \"r2\"\ncalled_digits = 4\ntimeslots = [1]\n");
    world.span_call(0, "8002", plan());
    world.run(20 * SECOND);
    assert_eq!(answered(&world), 1);
    world.around.wires[0].fault_at_first(SpanFault::NoFrame);
    world.run(SECOND);
    assert_eq!(ended(&world), [(Cause::NetworkOutOfOrder, Disposition::Answered)]);
    world.around.wires[0].fault_at_first(SpanFault::None);
    world.run(5 * SECOND);
    world.span_call(0, "8002", CallPlan { talk_ms: Some(2000), ..plan() });
    world.run(30 * SECOND);
    assert_eq!(answered(&world), 2, "the channel carries calls again");
    close(world);
}

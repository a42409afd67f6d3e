//! What stays over a restart of the box, and what the records keep of calls it does not take.

use tipring_clock::WallTime;
use tipring_events::Event;
use tipring_store::{CallFilter, Store};

use super::*;

/// What a store remembers of settings once a log is written there, the box has stopped, and it
/// starts again.
fn remembered(world: &World<SpanStreet>) -> Vec<EventKind> {
    let folder = tempfile::tempdir().expect("a folder");
    let at = WallTime::from_unix_micros(1_795_222_800_000_000);
    let (store, _) = Store::open(folder.path(), at, |_| None).expect("a new store");
    for (_, kind) in &world.log {
        store.log(Event { at, kind: kind.clone() }).expect("there is room");
    }
    store.close().expect("it closes in order");
    let (store, _) = Store::open(folder.path(), at, |_| None).expect("the same store");
    let before = store.reader().settings().expect("the settings can be read");
    store.rebuild().expect("the tables are made again");
    let again = store.reader().settings().expect("the settings can be read");
    assert_eq!(before, again, "derived from the log alone");
    before
}

fn out_of_service(world: &World<SpanStreet>) -> Vec<u8> {
    let channels = &world.live().spans[0].channels;
    let out = channels.iter().filter(|c| c.state == SpanChannelState::OutOfService);
    out.map(|channel| channel.timeslot).collect()
}

fn order(world: &mut World<SpanStreet>, timeslots: &[u8], in_service: bool) {
    let (span, timeslots) = ("e1".to_owned(), timeslots.to_vec());
    world
        .command(Command::SpanService { span, timeslots, in_service })
        .expect("there is such a span");
}

#[test]
fn channels_out_of_service_stay_so_over_a_restart() {
    let toml = "timeslots = [1, 2, 3, 4]\nout_of_service = [4]\n";
    let mut first = world(toml);
    order(&mut first, &[1, 2, 3], false);
    order(&mut first, &[2], true);
    order(&mut first, &[2], true);
    let changes = first.all(|e| matches!(e, EventKind::SpanServiceChanged { .. }).then_some(()));
    assert_eq!(changes.len(), 2, "what changes nothing is not logged");
    let settings = remembered(&first);
    let mut second = world(toml);
    assert_eq!(out_of_service(&second), [4]);
    second.restore(&settings);
    assert_eq!(out_of_service(&second), [1, 3, 4]);
    second.phone_dials("8001", "888889999");
    second.run(5 * SECOND);
    assert_eq!(called_on(&second), 2);
    second.run(30 * SECOND);
    close(second);
    // A technician who has changed the configuration since meant it.
    let mut third = world("timeslots = [1, 2, 3, 4]\nout_of_service = [3]\n");
    third.restore(&settings);
    assert_eq!(out_of_service(&third), [3]);
    close(third);
}

#[test]
fn a_blocked_r2_channel_is_blocked_again_after_a_restart() {
    let toml = "signalling = \"r2\"\ncalled_digits = 4\ntimeslots = [1, 2]\n";
    let mut first = world(toml);
    order(&mut first, &[1], false);
    let settings = remembered(&first);
    let mut second = world(toml);
    second.restore(&settings);
    second.run(2 * SECOND);
    let plan = CallPlan { talk_ms: Some(1000), ..plan() };
    assert_eq!(second.span_call(0, "8003", plan), 2, "the exchange sees the first one blocked");
    second.run(30 * SECOND);
    close(second);
}

#[test]
fn a_call_that_is_not_taken_stands_in_the_records_with_its_cause() {
    let toml =
        "timeslots = [1, 2, 3]\nincoming_max = 1\ndid_digits = 4\nnumbers = [\"8888XXXX\"]\n";
    let mut world = world(toml);
    world.span_call(0, "77778001", plan());
    world.run(2 * SECOND);
    world.span_call(0, "88887001", plan());
    world.run(2 * SECOND);
    world.span_call(0, "88888001", CallPlan { talk_ms: Some(60_000), ..plan() });
    world.run(5 * SECOND);
    world.span_call(0, "88888002", plan());
    world.run(2 * SECOND);
    order(&mut world, &[1, 2, 3], false);
    world.span_call(0, "88888003", plan());
    world.run(120 * SECOND);
    let folder = tempfile::tempdir().expect("a folder");
    let at = WallTime::from_unix_micros(1_795_222_800_000_000);
    let (store, _) = Store::open(folder.path(), at, |_| None).expect("a new store");
    for (_, kind) in &world.log {
        store.log(Event { at, kind: kind.clone() }).expect("there is room");
    }
    store.flush().expect("the log is written");
    let filter = CallFilter { limit: 20, ..CallFilter::default() };
    let mut records = store.reader().calls(&filter).expect("the calls can be read").calls;
    records.sort_by_key(|record| record.call);
    let seen: Vec<_> = records
        .iter()
        .map(|record| {
            assert_eq!((record.caller, record.source.as_str()), (Some(number(CALLER)), "e1"));
            (record.called.expect("all were called").to_string(), record.cause, record.disposition)
        })
        .collect();
    let refused =
        |called: &str, cause: Cause| (called.to_owned(), Some(cause), Some(cause.disposition()));
    let expected = [
        // One that is not the box's stands there whole.
        refused("77778001", Cause::UnallocatedNumber),
        refused("7001", Cause::UnallocatedNumber),
        ("8001".to_owned(), Some(Cause::NormalClearing), Some(Disposition::Answered)),
        refused("88888002", Cause::Congestion),
        refused("88888003", Cause::NoChannel),
    ];
    assert_eq!(seen, expected);
    close(world);
}

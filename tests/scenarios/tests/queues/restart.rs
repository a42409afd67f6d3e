//! A restart loses nothing of the log: agents sit where they sat, shifts go on, callbacks and the
//! abandoned list stand as before.

use tipring_acd::{BOX_STOPPED, Memory};
use tipring_clock::{Instant, WallTime};
use tipring_events::{AgentId, AgentState, Command, EventKind, QueueId};
use tipring_test_scenarios::{Scripted, World, number};

use crate::{Box, agent, call, config, desk, offers, rest, s, state, talk};

/// The same box, started again two minutes later.
fn restarted(w: &Box, change: impl FnOnce(&mut tipring_acd::AcdConfig)) -> Box {
    let config = config(change);
    let mut memory = Memory::new(&config.acd.desk);
    let epoch = 1_795_222_800_000_000;
    let wall = |at: Instant| WallTime::from_unix_micros(epoch + at.as_micros() as i64);
    for (at, event) in &w.log {
        memory.write(wall(*at), event);
    }
    // As the store closes what the stop has cut off.
    for agent in w.live().agents.iter().filter(|a| a.state != AgentState::LoggedOut) {
        memory.write(
            wall(w.now()),
            &EventKind::AgentChanged {
                agent: agent.agent,
                work_number: agent.work_number,
                state: AgentState::LoggedOut,
                extension: None,
                reason: BOX_STOPPED.to_owned(),
                call: None,
            },
        );
    }
    let mut new = World::with(config, Scripted::default());
    let start = wall(w.now() + s(120));
    new.core.recall(Instant::ZERO, start, memory);
    new.settle();
    new
}

#[test]
fn agents_sit_where_they_sat() {
    let mut w = desk(3, |_| {});
    rest(&mut w, 2);
    w.command(Command::AgentLogOut { agent: AgentId(3) }).unwrap();
    talk(&mut w, 50);
    call(&mut w, "13900139000");
    w.run(s(5));
    assert_eq!(state(&w, 1), AgentState::Talking);
    let mut w = restarted(&w, |_| {});
    assert_eq!(agent(&w, 1).reason, "unreachable", "the phone has not registered yet");
    assert_eq!((state(&w, 2), agent(&w, 2).reason.as_str()), (AgentState::NotReady, "lunch"));
    assert_eq!(state(&w, 3), AgentState::LoggedOut);
    let before = agent(&w, 1);
    assert_eq!((before.answered, before.talk_ms), (2, 52_000), "the shift goes on");
    w.set_registered("8001", true);
    assert_eq!(state(&w, 1), AgentState::Ready);
    call(&mut w, "13800138000");
    assert_eq!(offers(&w), [(1, 1)], "without a new log-in");
}

#[test]
fn callbacks_and_the_abandoned_stand_as_before() {
    let mut w = desk(1, |_| {});
    rest(&mut w, 1);
    let caller = call(&mut w, "13900139000");
    w.run(s(10));
    w.hang_up(caller);
    let (queue, by) = (QueueId(1), "boss".to_owned());
    let add = Command::CallbackAdd { queue, number: number("13700137000"), by };
    assert_eq!(w.command(add), Ok(()));
    w.run(s(30));
    let w = restarted(&w, |_| {});
    let live = w.live();
    let queue = &live.queues[0];
    assert_eq!(queue.abandoned[0].number, number("13900139000"));
    assert_eq!(queue.callbacks[0].number, number("13700137000"));
}

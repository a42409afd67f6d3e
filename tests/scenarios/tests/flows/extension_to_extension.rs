//! 8001 calls 8002: ringback, talk, hang-up from each side; busy, no answer, not there, vacant.

use tipring_events::{Party, SegmentKind};
use tipring_line::{Cause, ChannelCommand, Disposition};
use tipring_test_scenarios::{Hears, Phone, World, number};

use crate::{endings, s};

#[test]
fn they_talk_and_the_caller_hangs_up() {
    let mut w = World::new();
    let caller = w.dial("8001", "8002");
    w.run(s(1));
    assert!(w.around.told.contains(&(caller, ChannelCommand::Alert)));
    assert!(!w.around.is_up(caller));
    w.run(s(3));
    let callee = w.at("8002");
    assert_eq!((w.hears(caller), w.hears(callee)), (Hears::Party(callee), Hears::Party(caller)));
    w.run(s(6));
    w.hang_up(caller);
    let ended = (1, Cause::NormalClearing, Party::Caller, Disposition::Answered);
    assert_eq!(endings(&w), [ended]);
    let segment = |kind, ms| (kind, "8002".to_owned(), ms);
    assert_eq!(w.segments(1), [segment(SegmentKind::Ring, 3000), segment(SegmentKind::Talk, 7000)]);
    assert_eq!(w.around.recordings_closed, 0, "calls inside are not recorded unless told");
    w.close();
}

#[test]
fn the_callee_hangs_up() {
    let mut w = World::new();
    w.phone("8002", Phone { hangs_up_after: Some(s(5)), ..Phone::default() });
    let caller = w.dial("8001", "8002");
    w.run(s(9));
    assert!(!w.around.is_there(caller));
    assert_eq!(endings(&w)[0].2, Party::Callee);
    w.close();
}

#[test]
fn the_caller_gives_up() {
    let mut w = World::new();
    let caller = w.dial("8001", "8002");
    w.run(s(2));
    let callee = w.at("8002");
    w.hang_up(caller);
    assert_eq!(endings(&w)[0].3, Disposition::Abandoned);
    w.run(s(1));
    assert!(!w.around.is_there(callee));
    w.close();
}

#[test]
fn each_failure_has_its_cause() {
    let silent = Phone { answers_after: None, ..Phone::default() };
    let refusing = |cause| Phone { refuses: Some(cause), ..Phone::default() };
    for (to, phone, cause, disposition) in [
        ("8002", silent, Cause::NoAnswer, Disposition::NoAnswer),
        ("8002", refusing(Cause::UserBusy), Cause::UserBusy, Disposition::Busy),
        ("8002", refusing(Cause::Rejected), Cause::Rejected, Disposition::Rejected),
        ("8009", Phone::default(), Cause::UnallocatedNumber, Disposition::Vacant),
        ("8001", Phone::default(), Cause::UserBusy, Disposition::Busy),
    ] {
        let mut w = World::new();
        w.phone("8002", phone);
        let caller = w.dial("8001", to);
        w.run(s(61));
        assert!(
            w.around.told.contains(&(caller, ChannelCommand::Release(cause))),
            "{to} {cause:?}"
        );
        assert_eq!((endings(&w)[0].1, endings(&w)[0].3), (cause, disposition));
        w.close();
    }
}

#[test]
fn a_phone_that_is_not_registered_is_absent() {
    let mut w = World::new();
    w.set_registered("8002", false);
    w.dial("8001", "8002");
    assert_eq!(endings(&w)[0].1, Cause::SubscriberAbsent);
    w.close();
}

#[test]
fn who_talks_is_busy() {
    let mut w = World::new();
    let first = w.dial("8001", "8002");
    w.run(s(4));
    w.dial("8003", "8002");
    assert_eq!(endings(&w)[0].1, Cause::UserBusy);
    w.hang_up(first);
    w.close();
}

#[test]
fn an_agents_own_call_keeps_offers_away() {
    let mut w = World::new();
    w.agent(1);
    let own = w.dial("8001", "8002");
    w.run(s(4));
    let caller = w.trunk_call("13800138000", "600");
    w.run(s(10));
    assert_eq!(crate::offers(&w), []);
    w.hang_up(own);
    w.run(s(1));
    assert!(w.around.channel_at(number("8001")).is_some(), "rung once the phone is free");
    w.hang_up(caller);
    w.close();
}

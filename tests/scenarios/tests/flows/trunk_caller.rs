//! A caller by the SIP trunk gets the same as one from the line; strangers get nothing.

use tipring_events::EventKind;
use tipring_line::{CallerId, Cause, ChannelCommand};
use tipring_test_scenarios::{World, number};

use crate::{endings, queued_caller, s};

#[test]
fn the_service_number_leads_to_the_flow() {
    let mut w = World::new();
    w.agent(1);
    let caller = queued_caller(&mut w, "13800138000");
    w.run(s(5));
    assert!(w.around.is_up(w.at("8001")));
    let began = w.find(|e| match e {
        EventKind::CallBegan { source, called, caller, inbound, .. } => {
            Some((source.clone(), *called, *caller, *inbound))
        }
        _ => None,
    });
    let numbers = (Some(number("95588")), Some(number("13800138000")));
    assert_eq!(began, Some(("sip:city".to_owned(), numbers.0, numbers.1, true)));
    w.hang_up(caller);
    w.close();
}

#[test]
fn an_unknown_number_is_vacant() {
    let mut w = World::new();
    w.trunk_call("13800138000", "12345");
    assert_eq!(endings(&w)[0].1, Cause::UnallocatedNumber);
    w.close();
}

#[test]
fn who_is_neither_trunk_nor_extension_is_turned_away_without_a_call() {
    let mut w = World::new();
    let (stranger, now) = (w.around.new_sip_channel(), w.now());
    w.around.offer(now, stranger, Some(number("95588")), CallerId::default(), None, None);
    w.settle();
    let refused = (stranger, ChannelCommand::Release(Cause::NotAuthorised));
    assert_eq!(w.around.told, [refused]);
    assert_eq!(w.core.counters().unknown_sources, 1);
    assert!(w.log.is_empty());
    w.close();
}

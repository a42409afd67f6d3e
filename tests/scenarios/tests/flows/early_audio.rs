//! A network speaks before it answers: the caller hears it, and is not yet answered.

use tipring_line::{Cause, ChannelCommand, ChannelEvent, Disposition};
use tipring_test_scenarios::{Hears, Phone, World};

use crate::{endings, s};

#[test]
fn the_announcement_is_heard_and_the_call_refused() {
    let mut w = World::new();
    w.around.outside = Phone { answers_after: None, ..Phone::default() };
    let caller = w.dial("8001", "913800138000");
    w.run(s(1));
    let trunk = w.around.live_channels().into_iter().find(|ch| *ch != caller).unwrap();
    let now = w.now();
    w.around.soon(now, trunk, s(0), ChannelEvent::EarlyAudio);
    w.settle();
    assert!(w.around.told.contains(&(caller, ChannelCommand::OpenEarlyAudio)));
    assert_eq!(w.hears(caller), Hears::Party(trunk));
    assert!(!w.around.is_up(caller));
    w.run(s(5));
    let now = w.now();
    w.around.hang_up(now, trunk, Cause::UnallocatedNumber);
    w.settle();
    assert_eq!(
        (endings(&w)[0].1, endings(&w)[0].3),
        (Cause::UnallocatedNumber, Disposition::Vacant)
    );
    assert!(w.around.told.contains(&(caller, ChannelCommand::Release(Cause::UnallocatedNumber))));
    w.close();
}

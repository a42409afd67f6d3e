//! An agent who becomes free cuts the head's announcement short: the caller is offered in the same
//! moment, and the agent who answers hears the caller at once.

use tipring_clock::Duration;
use tipring_test_scenarios::{Hears, Phone};

use crate::{all_hang_up, call, desk, offers, ready, rest, s};

#[test]
fn offered_and_connected_in_the_middle_of_it() {
    let mut w = desk(1, |acd| acd.queues[0].announce_s = 15);
    rest(&mut w, 1);
    let at_once = Some(Duration::from_millis(100));
    w.phone("8001", Phone { answers_after: at_once, ..Phone::default() });
    let caller = call(&mut w, "13800138000");
    w.run(s(1));
    assert!(w.hears_prompt(caller, "queue-next"), "the announcement goes on");
    ready(&mut w, 1);
    assert_eq!(offers(&w), [(1, 1)]);
    w.run(Duration::from_millis(100));
    let agent = w.at("8001");
    assert_eq!(w.hears(caller), Hears::Party(agent));
    assert_eq!(w.hears(agent), Hears::Party(caller));
    all_hang_up(&mut w);
}

//! One call more than the box carries is refused, and counted.

use tipring_line::{Cause, ChannelCommand};
use tipring_test_scenarios::{Scripted, World, site};

use crate::endings;

#[test]
fn the_call_after_the_last_is_refused() {
    let mut config = site();
    config.switch.max_calls = 2;
    let mut w = World::with(config, Scripted::default());
    let calls: Vec<_> = (0..3).map(|_| w.trunk_call("13800138000", "95588")).collect();
    let refused = (calls[2], ChannelCommand::Release(Cause::Congestion));
    assert!(w.around.told.contains(&refused));
    assert_eq!(endings(&w).len(), 1);
    assert_eq!(w.core.counters().calls_refused, 1);
    for call in calls {
        w.hang_up(call);
    }
    w.close();
}

//! A D-channel with nothing to say: each end asks the other whether it lives.

mod common;

use common::{SECOND, each_side, profile};

#[test]
fn an_idle_link_stays_up_for_a_day() {
    each_side(&profile(), |mut line| {
        line.run(24 * 3600 * SECOND);
        let counters = line.ours.link().counters();
        assert_eq!(counters.enquiries_failed, 0);
        assert_eq!(counters.peer_resets, 0);
        assert_eq!(counters.unsolicited, 0);
        line.assert_idle();
    });
}

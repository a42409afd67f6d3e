//! Whether an agent is told of a supervisor is a setting: a tone that the agent alone hears.

use tipring_events::MonitorMode;
use tipring_switch::{TellAgent, Tone};

use crate::{all_hang_up, monitoring, supervised, supervised_by};

#[test]
fn by_a_tone_where_the_configuration_says_so() {
    for mode in [MonitorMode::Listen, MonitorMode::Whisper] {
        let (mut w, _, agent) = supervised_by(TellAgent::Tone);
        monitoring(&mut w, mode);
        assert_eq!(w.around.beeps, [(agent, Tone::Supervised)], "{mode:?}");
        all_hang_up(&mut w);
    }
}

#[test]
fn not_otherwise_and_not_of_one_who_is_heard_anyway() {
    let (mut w, ..) = supervised();
    monitoring(&mut w, MonitorMode::Listen);
    assert_eq!(w.around.beeps, []);
    all_hang_up(&mut w);
    let (mut w, ..) = supervised_by(TellAgent::Tone);
    monitoring(&mut w, MonitorMode::Barge);
    assert_eq!(w.around.beeps, []);
    all_hang_up(&mut w);
}
